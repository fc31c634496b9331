"""What operations about papers answer. Codes are those of the enumerations, words are translated."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from rest_framework import serializers

from accounts.api.account.answers import Answer, maybe_moment, moment, string
from accounts.api.account.bodies import OneOf
from documents import enums
from documents.selectors import wallet


def link_of(code: str) -> str:
    """Where a code is read by whoever has it."""
    return f"{settings.PORTAL_URL}{reverse('accounts:verify_code', args=[code])}"


class Labels(serializers.ListField):
    """Names of fields, for people."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.CharField(), **kwargs)


class LineAnswer(Answer):
    """A fact of a paper; ``level`` is the least at which it is shown to others."""

    code = string()
    label = string()  # type: ignore[assignment] # a field, collected before anybody asks the class
    value = string()
    level = OneOf(enums.Level)


class RenewalAnswer(Answer):
    """How it is renewed: a link, if there is one on the portal, and its words."""

    href = string()
    action = string()


class ProgressAnswer(Answer):
    """A verification that waits or runs; ``place`` is which of three steps, the third being the answer."""

    step = OneOf(wallet.Step)
    place = serializers.IntegerField()
    since = moment()
    next_at = maybe_moment(help_text="when the registry is asked again")
    latest = moment(help_text="by when it is done, as people are told")


class AskedAnswer(Answer):
    """A correction that was asked for and not answered yet."""

    id = string(source="public_id")
    requested_at = moment()
    due_at = moment()
    late = serializers.BooleanField()
    office = string()


class WalletPaperAnswer(Answer):
    """A paper in the wallet as a list shows it: of a long number the end alone."""

    id = string(
        source="public_id", help_text="id-card: the ID card, which no registry is asked about"
    )
    kind = string(source="kind.code")
    title = string()
    issuer = string(source="kind.issuer")
    registry = string()
    state = OneOf(enums.DocumentState)
    number = string(source="masked")
    lines = LineAnswer(many=True)
    since = moment()
    verified_at = maybe_moment()
    next_check_at = maybe_moment()
    expires_on = serializers.DateField(allow_null=True)
    days_left = serializers.IntegerField(allow_null=True, help_text="if the end is near")
    can_be_shown = serializers.BooleanField()
    renewal = RenewalAnswer(allow_null=True)
    progress = ProgressAnswer(allow_null=True)
    correction = AskedAnswer(source="asked", allow_null=True)


class WalletAnswer(Answer):
    """A wallet."""

    papers = WalletPaperAnswer(source="entries", many=True)
    has_left = serializers.BooleanField(source="has_history")


class LeftPaperAnswer(Answer):
    """A paper that is no longer in the wallet."""

    id = string(source="public_id")
    title = string()
    ending = string()
    linked_at = moment()
    unlinked_at = moment()


class LeftAnswer(Answer):
    """The last 50 that left."""

    papers = LeftPaperAnswer(many=True)


class DifferenceAnswer(Answer):
    """A field that does not agree, with both values."""

    code = string()
    label = string()  # type: ignore[assignment] # a field, collected before anybody asks the class
    on_paper = string()
    in_register = string()


class CheckAnswer(Answer):
    """One time a registry was asked."""

    at = moment()
    reason = OneOf(enums.VerificationReason)
    outcome = OneOf(enums.VerificationOutcome)
    agreeing = Labels()
    differing = Labels()


class PaperAnswer(Answer):
    """One paper, whole."""

    paper = WalletPaperAnswer(source="entry")
    number = string(source="entry.number")
    facts = LineAnswer(
        source="entry.drawn.facts", many=True, default=(), help_text="what the registry said"
    )
    differences = DifferenceAnswer(source="entry.differences", many=True)
    is_foreign = serializers.BooleanField(
        source="entry.is_foreign", help_text="the registry has this number for somebody else"
    )
    checks = CheckAnswer(many=True)
    has_photo = serializers.BooleanField()


# --- Finding and linking --------------------------------------------------------------------------
class AskableAnswer(Answer):
    """A registry that finds papers by their person, and what asking it means one agrees to."""

    registry = string(source="party")
    name = string()
    holds = Labels()
    words = string()


class NumberedAnswer(Answer):
    """A kind of paper whose number may be typed, and what typing it means one agrees to."""

    kind = string(source="code")
    title = string()
    issuer = string()
    hint = string()
    words = string()


class SourcesAnswer(Answer):
    """Where papers come from."""

    registries = AskableAnswer(many=True)
    numbers = NumberedAnswer(many=True)


class SearchBegunAnswer(Answer):
    """A search."""

    id = string(source="public_id")
    asked_at = moment()


class ProposalAnswer(Answer):
    """A paper that a registry found and that is not in the wallet."""

    registry = string()
    place = serializers.IntegerField()
    kind = string(source="kind.code")
    title = string(source="drawn.title")
    number = string(source="drawn.number")
    lines = LineAnswer(source="drawn.lines", many=True)
    expires_on = serializers.DateField(source="drawn.expires_on", allow_null=True)


class SilentAnswer(Answer):
    """A registry that has not answered."""

    name = string()
    holds = Labels()
    is_asked = serializers.BooleanField(help_text="right now, for the first time")
    since = moment()
    next_try_at = maybe_moment(help_text="null: it is not asked again")
    withdrawn = serializers.BooleanField(help_text="the consent was")


class MissingAnswer(Answer):
    """A kind of paper of which a registry that answered has none."""

    kind = string(source="code")
    title = string()


class SearchAnswer(Answer):
    """What came of a search so far; ask again while ``moves``."""

    id = string(source="public_id")
    asked_at = moment()
    registries = serializers.IntegerField()
    answered = serializers.IntegerField()
    moves = serializers.BooleanField()
    proposals = ProposalAnswer(many=True)
    linked = WalletPaperAnswer(many=True)
    silent = SilentAnswer(many=True)
    missing = MissingAnswer(many=True)
    former_numbers = serializers.BooleanField(
        source="had_numbers", help_text="other personal numbers of the person were searched for too"
    )


class LinkedAnswer(Answer):
    """A paper that is in the wallet now, or was already."""

    id = string(source="public_id")
    kind = string()
    state = OneOf(enums.DocumentState)


# --- Corrections ----------------------------------------------------------------------------------
class DisagreementAnswer(DifferenceAnswer):
    """A field that does not agree; of a name also which words the paper lacks."""

    missing = Labels()


class CorrectableAnswer(Answer):
    """What can be corrected about a paper, and who does it."""

    sides = serializers.ListField(source="case.sides", child=OneOf(enums.CorrectionSide))
    words_needed = serializers.BooleanField(source="case.agrees")
    differences = DisagreementAnswer(source="case.differences", many=True)
    agreeing = Labels(source="case.agreeing")
    is_foreign = serializers.BooleanField(source="case.is_foreign")
    open_id = string(source="case.open_id", help_text="the request that waits; empty: none")
    registry = string(source="registry.name")
    corrects = string(source="registry.corrects")


class AskedCorrectionAnswer(Answer):
    """A request to correct."""

    id = string(source="public_id")
    reference = string()
    side = OneOf(enums.CorrectionSide)
    state = OneOf(enums.CorrectionState)
    requested_at = moment()
    due_at = moment()
    answered_at = maybe_moment()


class CorrectionLineAnswer(AskedCorrectionAnswer):
    """A request in the list, and of which paper."""

    paper = string(source="document.public_id")


class ListedCorrectionAnswer(Answer):
    """A request in the list."""

    correction = CorrectionLineAnswer(source="row")
    title = string(source="kind.title")
    number = string()


class CorrectionsAnswer(Answer):
    """The last 50."""

    corrections = ListedCorrectionAnswer(many=True)


class CorrectionAnswer(Answer):
    """A request, followed."""

    correction = CorrectionLineAnswer(source="page.row")
    title = string(source="page.kind.title")
    fields_wrong = Labels(source="page.row.fields")
    words = string(source="page.row.words", allow_null=True, help_text="what its holder added")
    has_it = string(help_text="who has it at the moment; empty once answered")
    escalated_at = maybe_moment(source="page.row.escalated_at")
    working_days = serializers.IntegerField(source="page.clock.days")
    working_days_used = serializers.IntegerField(source="page.clock.used")
    answer = string(source="page.row.answer", allow_null=True)
    is_checking = serializers.BooleanField(source="page.is_checking")
    paper_state = OneOf(enums.DocumentState, source="page.state")


# --- Showing --------------------------------------------------------------------------------------
class ChoiceAnswer(Answer):
    """How much may be shown, and in words what that is."""

    level = OneOf(enums.Level)
    fields_shown = string(source="fields")


class LevelsAnswer(Answer):
    """The levels, each showing what the one before does, and more."""

    levels = ChoiceAnswer(many=True)


class CodeAnswer(Answer):
    """A code that shows the paper once, for a minute. Draw ``link`` as a QR code."""

    code = string(source="token")
    link = serializers.SerializerMethodField()
    level = OneOf(enums.Level)
    expires_at = moment()

    def get_link(self, made: Any) -> str:
        """Where it is read."""
        return link_of(str(made.token))


class MadeCodeAnswer(Answer):
    """A code that was made, and when it was read."""

    level = OneOf(enums.Level)
    made_at = moment()
    expires_at = moment()
    read_at = maybe_moment(source="used_at")


class LastCodeAnswer(Answer):
    """The last code made of a paper, if there was one."""

    last = MadeCodeAnswer(allow_null=True)


class ViewAnswer(Answer):
    """Somebody opened a shared copy."""

    at = moment()
    device = string()
    place = string()


class ShareAnswer(Answer):
    """A shared copy."""

    id = string(source="share.public_id")
    paper = string(source="paper_id")
    title = string()
    level = OneOf(enums.Level)
    purpose = string()
    state = OneOf(("open", "ended", "used_up", "revoked"))
    made_at = moment(source="share.made_at")
    ends_at = moment(source="share.ends_at")
    views_allowed = serializers.IntegerField(source="share.views_allowed")
    views_used = serializers.IntegerField(source="share.views_used")


class SharesAnswer(Answer):
    """The last shares of a paper, the newest first."""

    shares = ShareAnswer(many=True)


class OpenShareAnswer(Answer):
    """A shared copy with its link, and who opened it."""

    shared = ShareAnswer(source="*")
    code = string(source="share.token")
    link = serializers.SerializerMethodField()
    views = ViewAnswer(many=True)

    def get_link(self, found: Any) -> str:
        """Where it is opened."""
        return link_of(str(found.share.token))


# --- Copies and cards -----------------------------------------------------------------------------
class CopyAnswer(Answer):
    """A signed copy."""

    id = string(source="public_id")
    purpose = string()
    level = OneOf(enums.Level)
    language = string()
    made_at = moment()
    revoked_at = maybe_moment()


class CardMadeAnswer(Answer):
    """A printed card; its id is what is typed to check it."""

    id = string(source="public_id")
    level = OneOf(enums.Level)
    language = string()
    made_at = moment()
    expires_at = moment()
    revoked_at = maybe_moment()


class MadeAnswer(Answer):
    """What was made."""

    copies = CopyAnswer(many=True)
    cards = CardMadeAnswer(many=True)


# --- The calendar ---------------------------------------------------------------------------------
class CalendarAnswer(Answer):
    """The private link by which calendars fetch when papers expire; null if there is none."""

    id = string(allow_null=True)
    address = string(allow_null=True)
