#!/usr/bin/env python3
"""Verify a printed card of the e-ID portal without the portal and without network. Needs Python 3.11 and nothing else.

    verify_card.py CODE --keys card-keys.json --revoked revoked-cards.jws

CODE is what a scanner reads from the square on the card; `-` takes it from standard input. The two files are fetched
from the portal now and then: /.well-known/eid/card-keys.json and /.well-known/eid/revoked-cards.jws. Without the list
a card may have been revoked, and the answer says so. Ends with 0 if the card is valid, 1 if the signature is wrong or
it is no card, 2 if it has ended, 3 if it is revoked, 4 if the keys or the list cannot be used. The bytes are described
in docs/cards.md.
"""

import argparse
import base64
import hashlib
import json
import re
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

Content = dict[str, Any]
VALID, WRONG, ENDED, REVOKED, UNUSABLE = range(5)
LONGEST_CODE = 4096  # characters
LONGEST_LIST = 64 << 20  # bytes
HOUR, DAY = 3600, 24 * 3600  # seconds
OLD = 7 * DAY  # a list older than this is called old
AHEAD = DAY  # so much clocks may differ
SAYS = {
    "en": {
        VALID: "VALID: the portal signed this card.",
        WRONG: "NOT VALID: {why}",
        ENDED: "ENDED: the card was valid until {until}.",
        REVOKED: "REVOKED: its holder or the portal revoked this card.",
        UNUSABLE: "CANNOT SAY: {why}",
        "no_card": "this is no code of a card.",
        "signature": "the signature is wrong. The card was altered, or another than the portal made it.",
        "unknown_key": "the key {kid} is not among the keys. Fetch them anew; if it still is not, refuse the card.",
        "future": "the card was made in the future. Set the clock of this device.",
        "keys": "the file of keys cannot be read.",
        "list": "the list of revoked cards is not the portal's, or was altered. Fetch it anew.",
        "no_list": "Without the list of revoked cards nobody can say that it was not revoked.",
        "age": "The list of revoked cards is {age} old.",
        "old": "That is old: fetch a new one.",
        "face": "Compare the face with a photo document of the same person: the code holds no photo.",
        "until": "Valid until",
        "made": "Made on",
        "name": "Full name",
        "id": "Card",
        "paper": "Paper",
        "units": ("days", "hours", "minutes"),
    },
    "vi": {
        VALID: "HỢP LỆ: thẻ này do cổng ký.",
        WRONG: "KHÔNG HỢP LỆ: {why}",
        ENDED: "HẾT HẠN: thẻ có giá trị đến {until}.",
        REVOKED: "ĐÃ THU HỒI: chủ thẻ hoặc cổng đã thu hồi thẻ này.",
        UNUSABLE: "CHƯA KẾT LUẬN ĐƯỢC: {why}",
        "no_card": "đây không phải mã của thẻ.",
        "signature": "chữ ký sai. Thẻ đã bị sửa, hoặc không do cổng làm.",
        "unknown_key": "khóa {kid} không có trong tệp khóa. Hãy tải lại tệp; nếu vẫn không có thì đừng nhận thẻ.",
        "future": "thẻ được làm ở thời điểm chưa đến. Hãy chỉnh đồng hồ của thiết bị này.",
        "keys": "không đọc được tệp khóa.",
        "list": "danh sách thẻ bị thu hồi không phải của cổng, hoặc đã bị sửa. Hãy tải lại.",
        "no_list": "Không có danh sách thẻ bị thu hồi thì không biết thẻ còn hiệu lực hay không.",
        "age": "Danh sách thẻ bị thu hồi có từ {age} trước.",
        "old": "Danh sách đã cũ, hãy tải bản mới.",
        "face": "Hãy so khuôn mặt với một giấy tờ có ảnh của cùng người đó: mã không chứa ảnh.",
        "until": "Có giá trị đến",
        "made": "Làm ngày",
        "name": "Họ và tên",
        "id": "Thẻ",
        "paper": "Giấy tờ",
        "units": ("ngày", "giờ", "phút"),
    },
}


# --- Ed25519 (RFC 8032 §5.1.7 and §6), to verify alone: there is no secret here that time could tell ---------------
SIZES = (32, 64)  # bytes of a public key and of a signature
P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)
Point = tuple[int, int, int, int]


def add(a: Point, b: Point) -> Point:
    """The sum of two points in extended coordinates."""
    e, f = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    g, h = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    i, j, k, m = f - e, h - g, h + g, f + e
    return i * j % P, k * m % P, j * k % P, i * m % P


def times(number: int, point: Point) -> Point:
    """A point added to itself so many times."""
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    return total


def point_of(raw: bytes) -> Point | None:
    """A point from its 32 bytes, if they are those of one."""
    y = int.from_bytes(raw, "little")
    odd, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P or (x == 0 and odd):
        return None
    if x & 1 != odd:
        x = P - x
    return x, y, 1, x * y % P


Y = 4 * pow(5, P - 2, P) % P
BASE = point_of(Y.to_bytes(32, "little")) or (0, 1, 1, 0)


def verifies(public: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the owner of the public key signed the text."""
    if (len(public), len(signature)) != SIZES:
        return False
    key, mark = point_of(public), point_of(signature[:32])
    number = int.from_bytes(signature[32:], "little")
    if key is None or mark is None or number >= L:
        return False
    hashed = hashlib.sha512(signature[:32] + public + text).digest()
    left = times(number, BASE)
    right = add(mark, times(int.from_bytes(hashed, "little") % L, key))
    across = left[0] * right[2] - right[0] * left[2]
    up = left[1] * right[2] - right[1] * left[2]
    return across % P == 0 == up % P


# --- Signed texts --------------------------------------------------------------------------------------------------
class Refused(Exception):
    """The text is not to be believed: ``code`` says why."""

    def __init__(self, code: str, kid: str = "") -> None:
        super().__init__(code)
        self.code, self.kid = code, kid


def decoded(part: str) -> bytes:
    """Base64url without padding, written in the one way there is."""
    raw = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    if base64.urlsafe_b64encode(raw).rstrip(b"=").decode() != part:
        raise ValueError
    return raw


def once(pairs: list[tuple[str, Any]]) -> Content:
    """An object, if no name stands in it twice."""
    if len({name for name, _value in pairs}) != len(pairs):
        raise ValueError
    return dict(pairs)


def read(text: str, kind: str, keys: dict[str, bytes]) -> Content:
    """What a signed text says, once its signature is verified."""
    try:
        head, body, signature = text.split(".")
        header = json.loads(decoded(head), object_pairs_hook=once)
        raw = decoded(signature)
        kid = header["kid"]
        if header != {"alg": "EdDSA", "kid": kid, "typ": kind} or not isinstance(kid, str):
            raise Refused("no_card")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("no_card") from None
    if kid not in keys:
        raise Refused("unknown_key", kid if re.fullmatch(r"[a-z_]{1,30}-\d{1,6}", kid) else "?")
    if not verifies(keys[kid], f"{head}.{body}".encode(), raw):
        raise Refused("signature")
    try:
        content = json.loads(decoded(body), object_pairs_hook=once)
        if content["v"] != 1:
            raise Refused("no_card")
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("no_card") from None
    return dict(content)


def keys_of(path: Path) -> dict[str, bytes]:
    """The portal's public keys by id."""
    found = json.loads(path.read_text(encoding="utf-8"))["keys"]
    return {key["kid"]: decoded(key["x"]) for key in found if key["crv"] == "Ed25519"}


def fingerprint(card_id: str) -> str:
    """How a card stands in the list."""
    return base64.urlsafe_b64encode(hashlib.sha256(card_id.encode()).digest()[:12]).decode()


# --- The answer ----------------------------------------------------------------------------------------------------
def day(moment: int) -> str:
    """A day in Viet Nam, which has no summer time."""
    return time.strftime("%d/%m/%Y", time.gmtime(moment + 7 * HOUR))


def clean(value: object) -> str:
    """A text without characters that could write elsewhere on the screen."""
    return "".join(letter if letter.isprintable() else "?" for letter in str(value))


def age(seconds: int, units: tuple[str, str, str]) -> str:
    """How long that is, in its largest unit."""
    days, hours, minutes = units
    if seconds >= DAY:
        return f"{seconds // DAY} {days}"
    if seconds >= HOUR:
        return f"{seconds // HOUR} {hours}"
    return f"{max(seconds, 0) // 60} {minutes}"


class Told(Exception):
    """The answer is known: the outcome, and what is said line by line."""

    def __init__(self, outcome: int, *lines: str) -> None:
        super().__init__(outcome)
        self.outcome, self.lines = outcome, lines


def read_card(code: str, keys: dict[str, bytes], now: int, says: dict[Any, Any]) -> Content:
    """The card, if the portal signed it."""
    if len(code) > LONGEST_CODE:
        raise Told(WRONG, says[WRONG].format(why=says["no_card"]))
    try:
        card = read(code, "eid-card", keys)
    except Refused as refused:
        why = says[refused.code].format(kid=refused.kid)
        raise Told(WRONG, says[WRONG].format(why=why)) from None
    if card["iat"] > now + AHEAD:
        raise Told(UNUSABLE, says[UNUSABLE].format(why=says["future"]))
    return card


def read_list(path: Path, keys: dict[str, bytes], says: dict[Any, Any]) -> Content:
    """The list of revoked cards, if the portal signed it."""
    with suppress(OSError, ValueError, Refused):  # said below, as for one that is too long
        if path.stat().st_size <= LONGEST_LIST:
            return read(path.read_text(encoding="ascii").strip(), "eid-revoked-cards", keys)
    raise Told(UNUSABLE, says[UNUSABLE].format(why=says["list"]))


def answer(code: str, keys_path: Path, list_path: Path | None, says: dict[Any, Any]) -> Told:
    """What is to be said of a card now."""
    now = int(time.time())
    try:
        keys = keys_of(keys_path)
    except (OSError, ValueError, KeyError, TypeError):
        return Told(UNUSABLE, says[UNUSABLE].format(why=says["keys"]))
    try:
        card = read_card(code, keys, now, says)
        known = read_list(list_path, keys, says) if list_path else None
    except Told as told:
        return told
    lines = [says["no_list"]]
    if known:
        old = now - known["iat"]
        lines = [says["age"].format(age=age(old, says["units"]))]
        if old > OLD:
            lines.append(says["old"])
        if fingerprint(card["id"]) in known["revoked"]:
            return Told(REVOKED, says[REVOKED], *lines)
    until = day(card["exp"] - 1)
    if card["exp"] <= now:
        return Told(ENDED, says[ENDED].format(until=until), *lines)
    return Told(VALID, says[VALID], *facts_of(card, until, says), *lines, says["face"])


def facts_of(card: Content, until: str, says: dict[Any, Any]) -> list[str]:
    """What stands on the card, a line each."""
    facts = [[says["paper"], card["paper"]]]
    if "name" in card:
        facts.append([says["name"], card["name"]])
    facts += card["facts"]
    facts += [[says["made"], day(card["iat"])], [says["until"], until], [says["id"], card["id"]]]
    return [f"  {clean(label)}: {clean(value)}" for label, value in facts]


def main() -> int:
    """Read what is given and say what holds."""
    parser = argparse.ArgumentParser(description="Verify a printed card, without network.")
    parser.add_argument("code", help="what the scanner read, or - for standard input")
    parser.add_argument("--keys", type=Path, required=True, help="card-keys.json")
    parser.add_argument("--revoked", type=Path, help="revoked-cards.jws")
    parser.add_argument("--language", choices=sorted(SAYS), default="vi")
    given = parser.parse_args()
    text = sys.stdin.read(2 * LONGEST_CODE) if given.code == "-" else given.code
    told = answer(text.strip(), given.keys, given.revoked, SAYS[given.language])
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    sys.stdout.write("\n".join(told.lines) + "\n")
    return told.outcome


if __name__ == "__main__":
    sys.exit(main())
