"""The page that says what would become of last month's files under a revision, some files at a time."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from procedures import policy
from procedures.admin.writing import WritingMixin
from procedures.services import authoring, simulating

TITLES = {
    simulating.BLOCKED: gettext_lazy("Could not be filed any more"),
    simulating.ROUTED: gettext_lazy("Another desk would decide"),
    simulating.FEE: gettext_lazy("Another fee would be paid, đồng"),
}


class SimulatingMixin(WritingMixin):
    """An admin of revisions with the page of simulations."""

    def simulating_urls(self) -> list[Any]:
        """Its page."""
        view = self.admin_site.admin_view(self.simulate)
        return [path("<uuid:pk>/simulate/", view, name="procedures_revision_simulate")]

    def simulate(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Say what is read; by POST read the next files."""
        row = self.revision(request, pk)
        tally, said = None, ""
        reads = not authoring.faults_of(row)
        if request.method == "POST" and reads:
            try:
                kept = request.POST.get("tally", "")
                tally = simulating.resume(kept, row) if kept else simulating.begin(row)
            except simulating.NoSuchTally:
                said = _("The document was changed, or you waited long. Begin anew.")
            else:
                tally = simulating.go_on(row, tally, **self.acting(request))
        return self.revision_page(
            request,
            row,
            "simulate",
            title=_("Simulate"),
            reads=reads,
            said=said,
            tally=tally,
            kept=simulating.keep(tally) if tally else "",
            unsaid=", ".join(simulating.unsaid(row)) if reads else "",
            found=[(TITLES[kind], lines) for kind, lines in simulating.told(row, tally).items()]
            if tally
            else [],
            note=_(
                "The forms that were filed in the last %(days)s days, the newest %(most)s at most, are settled again"
                " under this document with what the state knew then. Only counts and numbers of files are shown."
            )
            % {"days": policy.SIMULATED_DAYS, "most": policy.SIMULATED_MOST},
        )
