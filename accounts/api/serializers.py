"""The shapes of the JSON API. Events are read one by one in ``services.card_event_reading``; these describe them."""

from typing import Any

from rest_framework import serializers

from accounts import policy
from accounts.enums import CardEventKind, Sex
from eid_portal.core.api import Malformed


class ResidenceSerializer(serializers.Serializer[Any]):
    """Where the person lives: province and commune, no district."""

    province = serializers.CharField()
    commune = serializers.CharField()
    line = serializers.CharField()


class CardSerializer(serializers.Serializer[Any]):
    """The card."""

    number = serializers.CharField(help_text="nine digits, as in the machine-readable zone")
    issued_on = serializers.DateField()
    expires_on = serializers.DateField(allow_null=True, help_text="as printed; null: no expiry")


class CardEventSerializer(serializers.Serializer[Any]):
    """A card that was granted, renewed or re-issued."""

    event_id = serializers.UUIDField(
        help_text="lower case; the same id is answered the same for ever"
    )
    kind = serializers.ChoiceField(choices=CardEventKind.choices)
    occurred_at = serializers.DateTimeField(help_text="ISO 8601 with offset")
    personal_number = serializers.CharField(help_text="twelve digits")
    full_name = serializers.CharField()
    birth_date = serializers.DateField()
    sex = serializers.ChoiceField(choices=Sex.choices)
    nationality = serializers.CharField(help_text="ISO 3166-1 alpha-3")
    residence = ResidenceSerializer(allow_null=True)
    card = CardSerializer()
    phone = serializers.CharField(allow_null=True, help_text="E.164, confirmed by the sender")
    photo = serializers.CharField(allow_null=True, help_text="null")


class CardEventsSerializer(serializers.Serializer[Any]):
    """A batch."""

    events = serializers.ListField(
        child=CardEventSerializer(), min_length=1, max_length=policy.CARD_EVENTS_AT_ONCE
    )


class AnswerSerializer(serializers.Serializer[Any]):
    """What became of one event."""

    event_id = serializers.UUIDField(allow_null=True)
    outcome = serializers.ChoiceField(choices=["issued", "refreshed", "refused", "conflict"])
    code = serializers.CharField(required=False)
    field = serializers.CharField(required=False, help_text="the part the code is about")


class AnswersSerializer(serializers.Serializer[Any]):
    """The answers, in the order of the events."""

    answers = AnswerSerializer(many=True)


class ProblemSerializer(serializers.Serializer[Any]):
    """A refused request (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    request_id = serializers.CharField()


def events_of(body: Any) -> list[Any]:
    """The events of a batch, not yet read.

    Raises:
        Malformed: the body as a whole is wrong: ``no_events`` or ``too_many_events``.
    """
    if not (isinstance(body, dict) and body.keys() == {"events"}):
        raise Malformed('The body is an object with "events" alone.', code="no_events")
    events = body["events"]
    if not (isinstance(events, list) and events):
        raise Malformed('"events" is a list with at least one event.', code="no_events")
    if len(events) > policy.CARD_EVENTS_AT_ONCE:
        raise Malformed(
            f"At most {policy.CARD_EVENTS_AT_ONCE} events come at once.", code="too_many_events"
        )
    return events
