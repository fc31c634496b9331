"""What was paid before: a page of it, and all of it as a file."""

from http import HTTPStatus
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import get_language

from eid_portal.core import clock
from payments.forms.history import HistoryForm
from payments.selectors import history, history_file
from payments.views.pages import MoneyView


class History(MoneyView):
    """Payments, newest first."""

    place = "paid"

    def get(self, request: HttpRequest) -> HttpResponse:
        """A page, of what is looked for.

        Raises:
            Http404: it is to begin after a payment that is not there.
        """
        form = HistoryForm(request.GET)
        try:
            page = history.open_page(
                self.here.account,
                filters=form.filters,
                before=request.GET.get("before", ""),
                now=self.now,
            )
        except history.NoSuchPlace as missing:
            raise Http404 from missing
        asked = [(name, value) for name in form.fields if (value := request.GET.get(name, ""))]
        return self.draw(
            "history",
            HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY,
            page=page,
            form=form,
            filters=form.filters,
            is_first="before" not in request.GET,
            query=urlencode(asked),
            older=urlencode([*asked, ("before", page.older)]),
            states={word: text for word, (_states, text) in history.STATES.items()},
        )


class Export(MoneyView):
    """The same as a file for spreadsheets, whole."""

    def get(self, request: HttpRequest) -> HttpResponseBase:
        """It, as it is read."""
        filters = HistoryForm(request.GET).filters
        lines = history_file.file_of(
            self.here.account, filters=filters, language=get_language() or "vi"
        )
        answer = StreamingHttpResponse(
            (line.encode() for line in lines), content_type="text/csv; charset=utf-8"
        )
        name = f"eid-payments-{clock.today(self.now):%Y%m%d}.csv"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
