"""Files that citizens sent, as their owner gets them back."""

from django.http import Http404, HttpRequest, HttpResponse

from accounts.views.access import CitizenView
from procedures.services import attachments
from procedures.services.attachments import Given


class OwnFile(CitizenView):
    """One file of mine."""

    def get(self, request: HttpRequest, public_id: str) -> HttpResponse:
        """It, to be kept.

        Raises:
            Http404: there is none.
        """
        try:
            return attached(attachments.open_own(session=self.here, public_id=public_id))
        except attachments.NoSuchFile:
            raise Http404 from None


def attached(given: Given) -> HttpResponse:
    """A file to be kept by who may have it: never shown within a page of ours, and by no cache."""
    answer = HttpResponse(given.content, content_type=given.media_type)
    answer["Content-Disposition"] = f'attachment; filename="{given.name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Cache-Control"] = "no-store"
    return answer
