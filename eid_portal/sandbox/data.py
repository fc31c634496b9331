"""The made-up people, and the rule by which the last two digits of a personal number choose what happens.

Every number whose serial is 000000 to 000099 is somebody: those in ``PEOPLE`` have a written life, the others get one
made from the number, always the same. All other numbers are nobody. The rule holds for both.
"""

import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Final

from eid_portal.sandbox import cards


class Outcome(StrEnum):
    """What the population register does when asked about a number."""

    FOUND = "found"
    EXPIRED = "card expired"
    DECEASED = "deceased"
    OTHER_NAME = "the register writes the name with other marks than the card"
    OTHER_BIRTH_DATE = "the register has another birth date than the card"
    SLOW = "slow: 3 seconds"
    BROKEN = "broken: status 500"
    SILENT = "silent: no answer until the caller gives up"
    BUSY_TWICE = "busy: status 503 twice, then an answer"
    NOT_FOUND = "not found"
    REVOKED = "card revoked"
    LOST = "card reported lost"


BY_LAST_TWO_DIGITS: Final = {
    "88": Outcome.EXPIRED,
    "90": Outcome.DECEASED,
    "91": Outcome.OTHER_NAME,
    "92": Outcome.OTHER_BIRTH_DATE,
    "93": Outcome.SLOW,
    "94": Outcome.BROKEN,
    "95": Outcome.SILENT,
    "96": Outcome.BUSY_TWICE,
    "97": Outcome.NOT_FOUND,
    "98": Outcome.REVOKED,
    "99": Outcome.LOST,
}

# Today's provinces by the codes in personal numbers (Circular 07/2016, Resolution 202/2025/QH15).
_PROVINCES: Final = {
    "Hà Nội": "001", "Tuyên Quang": "002 008", "Cao Bằng": "004", "Thái Nguyên": "006 019", "Lào Cai": "010 015",
    "Điện Biên": "011", "Lai Châu": "012", "Sơn La": "014", "Phú Thọ": "017 025 026", "Lạng Sơn": "020",
    "Quảng Ninh": "022", "Bắc Ninh": "024 027", "Hải Phòng": "030 031", "Hưng Yên": "033 034",
    "Ninh Bình": "035 036 037", "Thanh Hóa": "038", "Nghệ An": "040", "Hà Tĩnh": "042", "Quảng Trị": "044 045",
    "Huế": "046", "Đà Nẵng": "048 049", "Quảng Ngãi": "051 062", "Gia Lai": "052 064", "Đắk Lắk": "054 066",
    "Khánh Hòa": "056 058", "Lâm Đồng": "060 067 068", "Đồng Nai": "070 075", "Tây Ninh": "072 080",
    "Thành phố Hồ Chí Minh": "074 077 079", "Đồng Tháp": "082 087", "Vĩnh Long": "083 084 086",
    "An Giang": "089 091", "Cần Thơ": "092 093 094", "Cà Mau": "095 096",
}  # fmt: skip
PROVINCES: Final = {code: name for name, codes in _PROVINCES.items() for code in codes.split()}
_NUMBER: Final = re.compile(r"(\d{3})(\d)(\d{2})0000(\d{2})", re.ASCII)
VIET_NAM: Final = timezone(timedelta(hours=7))
_SURNAMES: Final = (
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương",
)  # fmt: skip
_MIDDLE: Final = {
    "M": ("Văn", "Hữu", "Đức", "Minh", "Quốc", "Gia", "Tuấn"),
    "F": ("Thị", "Ngọc", "Thu", "Minh", "Thanh", "Bảo", "Mỹ"),
}
_GIVEN: Final = {
    "M": ("An", "Bình", "Cường", "Dũng", "Giang", "Hải", "Khoa", "Long", "Nam", "Phong", "Quân", "Sơn", "Thành"),
    "F": ("Anh", "Chi", "Dung", "Hà", "Hạnh", "Hương", "Lan", "Linh", "Mai", "Nga", "Oanh", "Phượng", "Thảo"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """A made-up person, as their card shows them."""

    number: str
    name: str
    born: date
    province: str
    commune: str
    line: str
    issued: date = date(2024, 8, 15)
    old_number: str = ""  # of nine digits, from before 2021
    former: str = ""  # the personal number before it was re-established
    household: str = ""  # people of one household share a word; the first is its head
    relation: str = "head"  # to the head: spouse, child, parent, other
    guardians: tuple[str, ...] = ()
    basis: str = ""  # of the guardianship
    note: str = ""

    @property
    def sex(self) -> str:
        """M or F, from the number."""
        return "MF"[int(self.number[3]) % 2]

    @property
    def outcome(self) -> Outcome:
        """What asking about this person does."""
        return BY_LAST_TWO_DIGITS.get(self.number[-2:], Outcome.FOUND)

    @property
    def expires(self) -> date | None:
        """When the card runs out."""
        return cards.expiry(self.born, self.issued)

    @property
    def card_number(self) -> str:
        """The number in the card's machine-readable zone."""
        return self.number[3:]

    @property
    def qr(self) -> str:
        """What the scanner reads from the card's QR code."""
        address = f"{self.line}, {self.commune}, {self.province}"
        return cards.qr(
            self.number, self.old_number, self.name, self.born, self.sex, address, self.issued
        )

    @property
    def mrz(self) -> tuple[str, str, str]:
        """The three lines on the back of the card."""
        return cards.mrz(self.number, self.name, self.born, self.sex, self.expires)

    @property
    def phone(self) -> str:
        """A number in the unassigned range 050, in E.164."""
        return f"+8450{int(self.number[:4]) % 1000:03d}{self.number[-4:-2]}{self.number[-2:]}"


def _family(number: str, name: str, born: date, relation: str, **more: object) -> Person:
    guardians = ("001085000001", "001187000002") if relation == "child" else ()
    basis = "parent" if guardians else ""
    return Person(
        number, name, born, "Hà Nội", "Phường Hoàn Kiếm", "Số 12 Phố Thử Nghiệm",
        household="family", relation=relation, guardians=guardians, basis=basis, **more,  # type: ignore[arg-type] # fields of a person
    )  # fmt: skip


def _soon_14(today: date) -> date:
    """The birth date of who turns 14 some weeks after the sandbox began, so that the story never ages."""
    due = today + timedelta(days=25)
    if (due.month, due.day) == (2, 29):
        due -= timedelta(days=1)
    return due.replace(year=due.year - 14)


_SOON_14: Final = _soon_14(datetime.now(VIET_NAM).date())
_HOME: Final = ("Thành phố Hồ Chí Minh", "Phường Bến Thành", "Số 26 Đường Mẫu")
_DESK: Final = ("Hà Nội", "Phường Cửa Nam", "Số 1 Phố Công Vụ")
_PEOPLE: Final = (
    _family("001085000001", "Nguyễn Văn An", date(1985, 3, 12), "head", note="father; has an old 9-digit number",
            old_number="000000001"),
    _family("001187000002", "Trần Thị Bình", date(1987, 7, 25), "spouse", note="mother"),
    _family("001312000003", "Nguyễn Minh Châu", date(2012, 5, 9), "child", note="14: has an account of her own"),
    _family("001216000004", "Nguyễn Gia Đức", date(2016, 9, 1), "child", note="10: a guardian acts for him"),
    _family("001153000005", "Lê Thị Yên", date(1953, 2, 14), "parent", note="grandmother: a card without end"),
    Person("079090000006", "Lê Hoàng Phúc", date(1990, 11, 2), "Thành phố Hồ Chí Minh", "Phường Bến Thành",
           "Số 6 Đường Mẫu"),
    Person("048195000007", "Phạm Thị Quỳnh Như", date(1995, 4, 18), "Đà Nẵng", "Phường Hải Châu", "Số 7 Đường Mẫu"),
    Person("092178000008", "Võ Thị Thu Hà", date(1978, 6, 30), "Cần Thơ", "Phường Ninh Kiều", "Số 8 Đường Mẫu"),
    Person("031202000009", "Đặng Quốc Huy", date(2002, 12, 24), "Hải Phòng", "Phường Hồng Bàng", "Số 9 Phố Mẫu",
           issued=date(2025, 3, 3), note="under 25: the card ends in 2027"),
    Person("038075000010", "Bùi Văn Khánh", date(1975, 1, 19), "Thanh Hóa", "Phường Hạc Thành", "Số 10 Phố Mẫu"),
    Person("046199000011", "Hoàng Thị Lan", date(1999, 8, 8), "Huế", "Phường Thuận Hóa", "Số 11 Đường Mẫu",
           household="ward", note="guardian of her brother"),
    Person("046096000015", "Hoàng Văn Sơn", date(1996, 10, 10), "Huế", "Phường Thuận Hóa", "Số 11 Đường Mẫu",
           household="ward", relation="other", guardians=("046199000011",), basis="court decision",
           note="an adult under guardianship"),
    Person("079191000030", "Nguyễn Thị Minh Anh", date(1991, 8, 14), *_HOME, household="wards",
           note="guardian of two children, and of her mother by a court's decision"),
    Person("079089000031", "Nguyễn Quang Huy", date(1989, 10, 2), *_HOME, household="wards", relation="spouse",
           note="the children's father"),
    Person("079317000032", "Nguyễn Bảo Ngọc", date(2017, 5, 2), *_HOME, household="wards", relation="child",
           guardians=("079191000030", "079089000031"), basis="parent", note="9: both parents act for her"),
    Person(f"0792{_SOON_14:%y}000033", "Nguyễn Gia Bảo", _SOON_14, *_HOME, household="wards", relation="child",
           guardians=("079191000030",), basis="parent", note="turns 14 soon"),
    Person("079153000034", "Lê Thị Xuân", date(1953, 6, 11), *_HOME, household="wards", relation="parent",
           guardians=("079191000030",), basis="court decision 08/2026/QĐST-DS",
           note="her daughter waits for a counter to confirm the guardianship"),
    Person("075064000012", "Ngô Đình Nam", date(1964, 2, 29), "Đồng Nai", "Phường Trấn Biên", "Số 12 Đường Mẫu",
           note="over 60, born on 29 February"),
    Person("040188000013", "Đỗ Thị Mỹ Oanh", date(1988, 9, 21), "Nghệ An", "Phường Thành Vinh", "Số 13 Đường Mẫu"),
    Person("091083000014", "Huỳnh Tấn Lộc", date(1983, 4, 4), "An Giang", "Phường Long Xuyên", "Số 14 Đường Mẫu"),
    Person("033188000016", "Mai Thanh Thảo", date(1988, 3, 21), "Hưng Yên", "Phường Mỹ Hào", "Số 16 Đường Mẫu",
           former="033088000016", note="number re-established: 033088000016 before"),
    Person("048190000040", "Trương Thị Hoài Thương", date(1990, 5, 5), "Đà Nẵng", "Phường Hòa Khánh",
           "Số 40 Đường Mẫu", note="has an account, and nothing in the wallet yet"),
    Person("092093000041", "Lê Trung Tín", date(1993, 2, 17), "Cần Thơ", "Phường Cái Răng", "Số 41 Đường Mẫu",
           note="has an account, and nothing in the wallet yet"),
    Person("040081000042", "Hồ Xuân Trường", date(1981, 11, 3), "Nghệ An", "Phường Vinh Phú", "Số 42 Đường Mẫu",
           note="has an account, and nothing in the wallet yet"),
    Person("040195000043", "Đinh Thị Kiều Trang", date(1995, 9, 9), "Nghệ An", "Phường Vinh Hưng",
           "Số 43 Đường Mẫu", note="has an account, and nothing in the wallet yet"),
    Person("001192000020", "Vũ Thị Hạnh", date(1992, 5, 5), *_DESK, note="counter officer"),
    Person("001089000021", "Phan Văn Thắng", date(1989, 10, 3), *_DESK, note="counter officer, a colleague"),
    Person("001176000022", "Đinh Thị Mai", date(1976, 3, 8), *_DESK, note="supervisor who approves"),
    Person("001080000023", "Cao Minh Tuấn", date(1980, 1, 31), *_DESK, note="administrator"),
    Person("001184000024", "Dương Thị Hồng", date(1984, 7, 7), *_DESK, note="second administrator"),
    Person("001090000025", "Hà Quốc Việt", date(1990, 11, 11), *_DESK, note="traffic officer"),
    Person("001088000026", "Ngô Quốc Bảo", date(1988, 6, 15), *_DESK, note="case officer"),
    Person("001183000027", "Tạ Thị Ngân", date(1983, 9, 2), *_DESK, note="case officer, a colleague"),
    Person("001079000028", "Đỗ Văn Hải", date(1979, 4, 21), *_DESK, note="head of a desk"),
    Person("079201000088", "Lý Minh Khôi", date(2001, 6, 1), "Thành phố Hồ Chí Minh", "Phường Sài Gòn",
           "Số 88 Đường Mẫu", issued=date(2021, 9, 1), note="card ended at 25"),
    Person("026050000090", "Tạ Văn Lâm", date(1950, 12, 1), "Phú Thọ", "Phường Vĩnh Yên", "Số 90 Đường Mẫu"),
    Person("042093000091", "Trần Văn Hùng", date(1993, 3, 3), "Hà Tĩnh", "Phường Thành Sen", "Số 91 Đường Mẫu"),
    Person("034186000091", "Lê Thị Thuý Hằng", date(1986, 12, 20), "Hưng Yên", "Phường Phố Hiến", "Số 91 Phố Mẫu",
           note="only the place of the tone mark differs"),
    Person("001182000092", "Trịnh Thị Kim Cúc", date(1982, 5, 17), "Hà Nội", "Phường Tây Hồ", "Số 92 Phố Mẫu"),
    Person("010079000093", "Hồ Văn Chậm", date(1979, 9, 9), "Lào Cai", "Phường Sa Pa", "Số 93 Phố Mẫu"),
    Person("022194000094", "Phùng Thị Vỡ", date(1994, 2, 2), "Quảng Ninh", "Phường Hồng Gai", "Số 94 Phố Mẫu"),
    Person("020087000095", "Nông Văn Lặng", date(1987, 11, 11), "Lạng Sơn", "Phường Đông Kinh", "Số 95 Phố Mẫu"),
    Person("066185000096", "Đoàn Thị Bận", date(1985, 8, 18), "Đắk Lắk", "Phường Buôn Ma Thuột", "Số 96 Phố Mẫu"),
    Person("096091000097", "Lâm Văn Vắng", date(1991, 1, 9), "Cà Mau", "Phường An Xuyên", "Số 97 Phố Mẫu"),
    Person("082188000098", "Châu Thị Thu", date(1988, 4, 14), "Đồng Tháp", "Phường Mỹ Tho", "Số 98 Phố Mẫu"),
    Person("072086000099", "Kiều Văn Mất", date(1986, 6, 16), "Tây Ninh", "Phường Tân Ninh", "Số 99 Phố Mẫu"),
)  # fmt: skip
PEOPLE: Final = {person.number: person for person in _PEOPLE}
FORMER: Final = {person.former: person for person in _PEOPLE if person.former}
# What the register writes where card and register differ.
REGISTER_NAMES: Final = {"042093000091": "Trần Văn Hưng", "034186000091": "Lê Thị Thúy Hằng"}


def find(number: str, *, today: date) -> Person | None:
    """The person with this number; None if it is not a made-up one."""
    if number in PEOPLE or number in FORMER:
        return PEOPLE.get(number) or FORMER[number]
    parts = _NUMBER.fullmatch(number)
    if parts is None or parts[1] not in PROVINCES:
        return None
    year = 1900 + 100 * (int(parts[2]) // 2) + int(parts[3])
    if year >= today.year:
        return None
    seed = hashlib.sha256(number.encode()).digest()
    born = date(year, 1, 1) + timedelta(days=int.from_bytes(seed[:2], "big") % 365)
    sex = "MF"[int(parts[2]) % 2]
    name = " ".join(
        words[seed[place] % len(words)]
        for place, words in enumerate((_SURNAMES, _MIDDLE[sex], _GIVEN[sex]), start=2)
    )
    expired = BY_LAST_TWO_DIGITS.get(parts[4]) is Outcome.EXPIRED
    return Person(
        number,
        name,
        born,
        PROVINCES[parts[1]],
        "Phường Thử Nghiệm",
        f"Số {1 + seed[5]} Đường Mẫu",
        issued=_issue_of_expired(born, today) if expired else max(date(2024, 8, 15), born),
    )


def register_name(person: Person) -> str:
    """The name as the register writes it."""
    if person.outcome is not Outcome.OTHER_NAME:
        return person.name
    return REGISTER_NAMES.get(person.number) or cards.plain(person.name)


def register_birth_date(person: Person) -> date:
    """The birth date as the register has it."""
    if person.outcome is not Outcome.OTHER_BIRTH_DATE:
        return person.born
    return person.born.replace(day=person.born.day % 28 + 1)


def household_of(person: Person) -> list[Person]:
    """The people registered at one address with this person, the head first."""
    if not person.household:
        return [person]
    return [other for other in _PEOPLE if other.household == person.household]


def wards_of(person: Person) -> list[Person]:
    """Those this person is a guardian of."""
    return [other for other in _PEOPLE if person.number in other.guardians]


def _issue_of_expired(born: date, today: date) -> date:
    """Three years before the last age at which a card ended; a child's cannot have."""
    ended = [end for age in cards.AGES if (end := cards.birthday(born, age)) < today]
    return max(born, ended[-1] - timedelta(days=3 * 365)) if ended else max(born, date(2024, 8, 15))
