"""What documents add to the first page: the last papers, and what to do about those that are not in order."""

from django.utils.translation import gettext as _

from documents.enums import DocumentState
from documents.selectors import overview as selectors
from documents.selectors.overview import Line
from eid_portal.core import home
from eid_portal.core.home import Asker, Card, Contribution, Rows, Todo


def contribute(asker: Asker, rows: Rows) -> Contribution:
    """A few papers with where each stands, the way to show the ID card, and what needs doing."""
    page = selectors.overview(rows, now=asker.now)
    card = Card(template="documents/_home.html", values={"page": page}, rank=10)
    todos = (todo for line in page.lines if (todo := _todo(line)) is not None)
    return Contribution(todos=tuple(todos), cards=(card,))


def _todo(line: Line) -> Todo | None:
    """What to do about a paper; None if nothing, or somebody else is at it."""
    name = f"{line.title} •••• {line.ending}"
    href = f"/papers/{line.public_id}/"
    if line.is_asked or line.is_old:
        return None
    match line.state:
        case DocumentState.MISMATCH:
            return Todo(
                kind="err",
                icon="circle-alert",
                title=_("%(paper)s does not agree") % {"paper": name},
                lines=(_("Look at what differs and ask for a correction."),),
                href=href,
                action=_("Look"),
                rank=20,
            )
        case DocumentState.NOT_FOUND:
            return Todo(
                kind="err",
                icon="search",
                title=_("%(paper)s was not found") % {"paper": name},
                lines=(_("Check the number, or ask the registry to look for it."),),
                href=href,
                action=_("Look"),
                rank=21,
            )
        case DocumentState.UNAVAILABLE:
            return Todo(
                kind="",
                icon="clock",
                title=_("%(paper)s has not been checked of late") % {"paper": name},
                lines=(
                    _("Its registry does not answer, since %(day)s. We go on asking.")
                    % {"day": f"{line.since_day:%d/%m/%Y}"},
                ),
                href=href,
                action=_("Look"),
                rank=60,
            )
        case DocumentState.EXPIRED:
            return Todo(
                kind="err",
                icon="clock",
                title=_("%(paper)s has expired") % {"paper": name},
                href=href,
                action=_("Look"),
                rank=25,
            )
        case DocumentState.REVOKED:
            return Todo(
                kind="err",
                icon="x",
                title=_("%(paper)s was revoked") % {"paper": name},
                href=href,
                action=_("Look"),
                rank=22,
            )
        case _:
            return _ending(line, name, href)


def _ending(line: Line, name: str, href: str) -> Todo | None:
    if line.expires_on is None:
        return None
    return Todo(
        kind="",
        icon="clock",
        title=_("%(paper)s expires on %(day)s")
        % {"paper": name, "day": f"{line.expires_on:%d/%m/%Y}"},
        lines=(str(line.renewal),) if line.renewal else (),
        href=href,
        action=_("Look"),
        rank=30,
    )


def register() -> None:
    """Add our part; called in ``apps.ready()``."""
    home.register(contribute, reads=selectors.FIND)
