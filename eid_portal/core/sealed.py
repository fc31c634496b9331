"""Personal data at rest: AES-256-GCM bound to model, column and row; blind indexes to find people by.

A sealed value is ``version | data key id | nonce | ciphertext``. Data keys lie in the database, wrapped by a
key-encryption key from the key file. The column and the row's primary key are authenticated with the text, so a
ciphertext moved elsewhere does not open. A sealed field refuses ``update()``: there is no row to bind to.
"""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.db import models, transaction

from eid_portal.core import keys

if TYPE_CHECKING:
    _Binary = models.BinaryField[Any, Any]
else:
    _Binary = models.BinaryField

_VERSION: Final = b"\x01"
_HEADER: Final = 5
_NONCE: Final = 12
_KEY_NUMBER: Final = 2  # bytes
_LOOK_AGAIN: Final = 30.0  # seconds until a process notices a newer data key
V = TypeVar("V")


class DoesNotOpen(Exception):
    """The ciphertext was changed, or belongs to another row, column or key."""


class SealedNeedsRow(TypeError):
    """A sealed value was to be written or searched without its row."""


class Sealed(bytes):
    """Ciphertext, as it stands in the column."""

    __slots__ = ()


# --- Data keys ----------------------------------------------------------------------------------
_ciphers: dict[int, AESGCM] = {}
_newest: tuple[int, float] | None = None  # the key's id, and when it was looked up


def wrap(key: bytes, context: str) -> tuple[str, bytes]:
    """Encrypt a data key under the current key-encryption key. Returns that key's id and the wrapping."""
    kek_id, kek = keys.current("kek")
    nonce = secrets.token_bytes(_NONCE)
    return kek_id, nonce + AESGCM(kek).encrypt(nonce, key, context.encode())


def unwrap(kek_id: str, wrapped: bytes, context: str) -> bytes:
    """The data key inside a wrapping.

    Raises:
        DoesNotOpen: it was changed, or made for another context.
        KeyMissing: the key file no longer has the key-encryption key.
    """
    try:
        return AESGCM(keys.get("kek", kek_id)).decrypt(
            wrapped[:_NONCE], wrapped[_NONCE:], context.encode()
        )
    except InvalidTag:
        raise DoesNotOpen(context) from None


def new_data_key() -> int:
    """Make a data key that seals from now on; other processes notice within 30 s. Returns its id."""
    model = apps.get_model("core", "DataKey")
    with transaction.atomic():  # nobody sees the row before its key is in it
        row = model.objects.create(kek_id="", wrapped=b"")
        row.kek_id, row.wrapped = wrap(secrets.token_bytes(32), row.context)
        row.save(update_fields=["kek_id", "wrapped"])
    forget_keys()
    return int(row.pk)


def forget_keys() -> None:
    """Read the data keys again at the next use."""
    global _newest  # noqa: PLW0603 - one cache a process
    _newest = None
    _ciphers.clear()


def _cipher(key_id: int) -> AESGCM:
    found = _ciphers.get(key_id)
    if found is None:
        row = apps.get_model("core", "DataKey").objects.filter(pk=key_id).first()
        if row is None:
            raise DoesNotOpen(f"no data key {key_id}")
        found = AESGCM(unwrap(row.kek_id, bytes(row.wrapped), row.context))
        _ciphers[key_id] = found
    return found


def current_data_key() -> int:
    """The id of the data key that seals now."""
    global _newest  # noqa: PLW0603 - one cache a process
    seen = _newest
    if seen is None or time.monotonic() - seen[1] > _LOOK_AGAIN:
        pks = apps.get_model("core", "DataKey").objects.order_by("-pk").values_list("pk", flat=True)
        seen = (pks.first() or new_data_key(), time.monotonic())
        _newest = seen
    return seen[0]


# --- Sealing ------------------------------------------------------------------------------------
def seal(plain: bytes, place: str) -> Sealed:
    """Encrypt ``plain`` for the place (``app.model.column:row``)."""
    key_id = current_data_key()
    header = _VERSION + key_id.to_bytes(4, "big")
    nonce = secrets.token_bytes(_NONCE)
    return Sealed(header + nonce + _cipher(key_id).encrypt(nonce, plain, header + place.encode()))


def unseal(sealed: bytes, place: str) -> bytes:
    """Decrypt what :func:`seal` made for the same place.

    Raises:
        DoesNotOpen: see the class.
    """
    header, nonce, text = (
        sealed[:_HEADER],
        sealed[_HEADER : _HEADER + _NONCE],
        sealed[_HEADER + _NONCE :],
    )
    if header[:1] != _VERSION or len(nonce) < _NONCE:
        raise DoesNotOpen(place)
    try:
        return _cipher(int.from_bytes(header[1:], "big")).decrypt(
            nonce, text, header + place.encode()
        )
    except InvalidTag:
        raise DoesNotOpen(place) from None


def key_of(sealed: bytes) -> int:
    """The id of the data key a value was sealed with."""
    return int.from_bytes(sealed[1:_HEADER], "big")


# --- Fields -------------------------------------------------------------------------------------
class _Attribute(Generic[V]):
    """Opens a sealed value when it is first read."""

    def __init__(self, field: "SealedField[V]") -> None:
        self.field = field

    def __get__(self, instance: models.Model | None, owner: type | None = None) -> Any:
        if instance is None:
            return self
        name = self.field.attname
        if name not in instance.__dict__:
            instance.refresh_from_db(fields=[name])
        value = instance.__dict__[name]
        if isinstance(value, Sealed):
            value = self.field.from_bytes(unseal(value, self.field.place(instance)))
            instance.__dict__[name] = value
        return value

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class SealedField(_Binary, Generic[V]):
    """The base of sealed columns; subclasses say how a value becomes bytes."""

    def to_bytes(self, value: V) -> bytes:
        """The value as bytes."""
        raise NotImplementedError

    def from_bytes(self, plain: bytes) -> V:
        """The value back from bytes."""
        raise NotImplementedError

    def contribute_to_class(
        self,
        cls: type[models.Model],
        name: str,
        private_only: bool = False,  # noqa: FBT001, FBT002 - Django's signature
    ) -> None:
        """Put the opening attribute on the model."""
        super().contribute_to_class(cls, name, private_only)
        setattr(cls, self.attname, _Attribute(self))

    def place(self, instance: models.Model) -> str:
        """What a value of this row is bound to."""
        label = instance._meta.concrete_model._meta.label_lower  # type: ignore[union-attr]
        return f"{label}.{self.attname}:{instance.pk}"

    def sealed_for(self, instance: models.Model, value: V | Sealed | None) -> Sealed | None:
        """``value`` sealed for the row, ready for an UPDATE."""
        if value is None or isinstance(value, Sealed):
            return value
        if instance.pk is None:
            raise SealedNeedsRow(f"{self.name}: the row has no key yet")
        return seal(self.to_bytes(value), self.place(instance))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:  # noqa: FBT001 - Django's signature
        """Seal for the row just before it is written; a copied row may not take ciphertext along."""
        value = model_instance.__dict__.get(self.attname)
        if add and isinstance(value, Sealed):
            unseal(value, self.place(model_instance))
        return self.sealed_for(model_instance, value)

    def from_db_value(self, value: Any, _expression: Any, _connection: Any) -> Any:
        """Hand out ciphertext; the attribute opens it."""
        return None if value is None else Sealed(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001, FBT002 - Django's signature
        """Refuse anything that was not sealed for a row."""
        if value is not None and not isinstance(value, Sealed):
            raise SealedNeedsRow(f"{self.name}: sealed; use save() or move()")
        return super().get_db_prep_value(
            None if value is None else bytes(value), connection, prepared
        )

    def get_lookup(self, lookup_name: str) -> Any:
        """Only ``isnull``: a person is found by blind index."""
        if lookup_name == "isnull":
            return super().get_lookup(lookup_name)
        raise SealedNeedsRow(f"{self.name}: sealed; find by blind index")

    def value_to_string(self, obj: models.Model) -> str:
        """Never leaves by serialisation."""
        raise SealedNeedsRow(f"{self.name}: sealed values are not serialised")


class SealedTextField(SealedField[str]):
    """Sealed text."""

    def to_bytes(self, value: str) -> bytes:
        return value.encode()

    def from_bytes(self, plain: bytes) -> str:
        return plain.decode()


class SealedDateField(SealedField[date]):
    """A sealed day."""

    def to_bytes(self, value: date) -> bytes:
        return value.isoformat().encode()

    def from_bytes(self, plain: bytes) -> date:
        return date.fromisoformat(plain.decode())


class SealedJSONField(SealedField[Any]):
    """Sealed structured data (what JSON can say)."""

    def to_bytes(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()

    def from_bytes(self, plain: bytes) -> Any:
        return json.loads(plain)


class SealedBinaryField(SealedField[bytes]):
    """Sealed bytes, a photo for one."""

    def to_bytes(self, value: bytes) -> bytes:
        return bytes(value)

    def from_bytes(self, plain: bytes) -> bytes:
        return plain


def seal_values(row: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` for an UPDATE of exactly this row, sealed where their columns are."""
    ready: dict[str, Any] = {}
    for name, value in values.items():
        field = row._meta.get_field(name)
        ready[name] = field.sealed_for(row, value) if isinstance(field, SealedField) else value
    return ready


# --- Blind indexes and keyed hashes -------------------------------------------------------------
# Both begin with the number of their key: what still needs an old key is found by a range, without opening anything.
def blind_index(purpose: str, value: str) -> UUID:
    """Key number and 112 bits of HMAC-SHA-256 over an already normal value, under the current index key."""
    return _index(*keys.current("index"), purpose, value)


def blind_indexes(purpose: str, value: str) -> list[UUID]:
    """The index under every key still in use, the current first: for look-ups while keys rotate."""
    return [_index(*pair, purpose, value) for pair in keys.every("index").items()]


def index_range(key_id: str) -> tuple[UUID, UUID]:
    """The lowest and the highest blind index a key can make."""
    start = _key_number(key_id)
    return UUID(bytes=start.ljust(16, b"\0")), UUID(bytes=start.ljust(16, b"\xff"))


def _index(key_id: str, key: bytes, purpose: str, value: str) -> UUID:
    digest = hmac.digest(key, f"{purpose}\0{value}".encode(), "sha256")
    return UUID(bytes=(_key_number(key_id) + digest)[:16])


def keyed_hash(purpose: str, value: str) -> bytes:
    """HMAC-SHA-256 with the pepper: for short-lived codes and secrets of 112 bits or more."""
    return _keyed_hash(*keys.current("pepper"), purpose, value)


def keyed_hashes(purpose: str, value: str) -> list[bytes]:
    """The keyed hash under every pepper still in use: to look a secret of 112 bits or more up by."""
    return [_keyed_hash(*pair, purpose, value) for pair in keys.every("pepper").items()]


def keyed_hash_matches(purpose: str, value: str, stored: bytes) -> bool:
    """Whether ``stored`` is the keyed hash of ``value`` under the pepper it names; constant time."""
    key_id = f"pepper-{int.from_bytes(stored[:_KEY_NUMBER], 'big')}"
    try:
        key = keys.get("pepper", key_id)
    except keys.KeyMissing:
        return False
    return hmac.compare_digest(_keyed_hash(key_id, key, purpose, value), stored)


def hash_range(key_id: str) -> tuple[bytes, bytes]:
    """The lowest and the highest keyed hash a key can make."""
    start = _key_number(key_id)
    return start, start + b"\xff" * 32


def _keyed_hash(key_id: str, key: bytes, purpose: str, value: str) -> bytes:
    return _key_number(key_id) + hmac.digest(key, f"{purpose}\0{value}".encode(), "sha256")


def _key_number(key_id: str) -> bytes:
    return keys.number(key_id).to_bytes(_KEY_NUMBER, "big")


def token_hash(token: str) -> bytes:
    """SHA-256 of a 256-bit bearer secret; no key is needed at that length (ASVS 5 V6.5.2)."""
    return hashlib.sha256(token.encode()).digest()
