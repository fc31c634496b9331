"""Examples for the schema, made from the shapes: synthetic people, no real numbers."""

from collections.abc import Mapping
from typing import Any, Final

from rest_framework import serializers

from accounts.api.account.bodies import PasskeyAnswer

_MOMENT: Final = "2026-11-26T09:41:00+07:00"
_ID: Final = "019acd1c-7a50-7d6e-8a0b-3f1c5b2d9e10"
_BY_NAME: Final[dict[str, Any]] = {
    "username": "001 300 000 015",
    "number": "001 310 000 023",
    "name": "Đặng Thị Mẫu",
    "password": "bốn từ không liên quan",
    "code": "482913",
    "flow": "Zm9yIHRoZSBzY2hlbWE",
    "session_key": "c2Vzc2lvbiBmb3IgdGhl",
    "device_token": "ZGV2aWNlIGZvciB0aGU",
    "token": "c3RvcCBmb3IgdGhlIHNj",
    "device": "App, Android",
    "label": "Máy tính bảng",
    "contact": "0912 000 099",
    "reference": "DL-261126-4M7TQ2",
    "document": "117/2017, Phường Bến Thành",
    "question": "Phường của tôi ghi sai, xin sửa lại.",
    "network": "203.0.113.0/24",
    "phone_ending": "099",
    "language": "vi",
    "form_id": "c2FtcGxlZm9ybWlkMDAwMQ",
    "level": 2,
    "idle_minutes": 15,
    "open": True,
}


_BY_KIND: Final[tuple[tuple[type[serializers.Field[Any, Any, Any, Any]], Any], ...]] = (
    (PasskeyAnswer, {"id": "AQID", "rawId": "AQID", "type": "public-key", "response": {}}),
    (serializers.DictField, {}),
    (serializers.DateTimeField, _MOMENT),
    (serializers.DateField, _MOMENT[:10]),
    (serializers.UUIDField, _ID),
    (serializers.BooleanField, False),
    (serializers.IntegerField, 1),
)


class ProblemSerializer(serializers.Serializer[Any]):
    """A refused request (RFC 9457). Programs go by ``code``; ``title`` and ``detail`` are for people, translated."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    request_id = serializers.CharField()
    errors = serializers.DictField(  # type: ignore[assignment] # a field
        required=False, help_text="by field: messages and codes"
    )
    retry_after = serializers.IntegerField(required=False, help_text="seconds")
    until = serializers.DateTimeField(required=False)
    left = serializers.IntegerField(required=False, help_text="tries that remain")
    reason = serializers.CharField(required=False)
    stage = serializers.CharField(required=False)
    state = serializers.CharField(required=False)
    action = serializers.CharField(required=False, help_text="what needs a fresh proof")
    passkey_only = serializers.BooleanField(required=False)
    prove_at = serializers.CharField(required=False)
    unlock = serializers.CharField(required=False, help_text="the flow that unlocks")
    needs_passkey = serializers.BooleanField(required=False)

    class Meta:
        ref_name = "AccountProblem"


def register(by_name: Mapping[str, Any]) -> None:
    """Add samples of another app's fields, or of objects whose parts exclude each other."""
    for name, value in by_name.items():
        _BY_NAME[name] = value


def of(shape: Any, name: str = "") -> Any:
    """An example of a field or of an object."""
    if isinstance(shape, serializers.ListSerializer):
        return [of(shape.child)]
    if isinstance(shape, serializers.Serializer):
        if isinstance(_BY_NAME.get(name), Mapping):
            return _BY_NAME[name]
        return {name: of(field, name) for name, field in shape.fields.items()}
    if isinstance(shape, serializers.ListField):
        return [of(shape.child, name)]
    if isinstance(shape, serializers.ChoiceField):
        return next(iter(shape.choices))
    if name in _BY_NAME:
        return _BY_NAME[name]
    return _of_kind(shape)


def _of_kind(shape: Any) -> Any:
    return next((value for kind, value in _BY_KIND if isinstance(shape, kind)), "…")
