"""Documents of procedures for tests: small ones by hand, and random ones with every kind of field and condition."""

import json
from datetime import date
from typing import Any, Final

from hypothesis import strategies as st

from procedures.rules import documents
from procedures.rules.documents import Document

TODAY: Final = date(2026, 11, 26)
KNOWN: Final[dict[str, Any]] = {
    "full_name": "Mẫu Thị Thử",
    "birth_date": date(1990, 2, 28),
    "residence": {"province": "Hà Nội", "commune": "Ba Đình", "line": "99 Hoa Mẫu"},
    "account_locked": False,
}
HELD: Final = {"scan": {"held-1"}, "card": {"held-2"}}
OWNER: Final = "001300000015"
CONSENTS: Final = {("agreed", OWNER): "held-3"}


def words(text: str) -> dict[str, str]:
    return {"vi": f"{text} (vi)", "en": text}


def field(key: str, kind: str, **parts: Any) -> dict[str, Any]:
    return {"key": key, "type": kind, "label": words(key), **parts}


def options(*values: str) -> list[dict[str, Any]]:
    return [{"value": value, "label": words(value)} for value in values]


def step(key: str, *fields: dict[str, Any], **parts: Any) -> dict[str, Any]:
    return {"key": key, "title": words(key), "fields": list(fields), **parts}


def data(*steps: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """A document's data; its parts beside the steps are as small as can be."""
    return {
        "format": 1,
        "code": "sample",
        "national_code": None,
        "name": words("Sample"),
        "summary": words("For tests"),
        "life_events": ["home"],
        "words": {"vi": ["mẫu"], "en": ["sample"]},
        "agency": "commune_police",
        "minutes": 5,
        "sources": [{"words": words("none"), "confidence": "B"}],
        "filers": {"for": ["self"], "age_from": 0},
        "office": {"of": "national"},
        "fee": {"amount": 7000},
        "clock": {"kind": "working_days", "count": 3},
        "silence": "nothing",
        "appeal": {"to": words("the court"), "days": 30},
        "papers": [],
        "result": {"title": words("Result"), "body": [words("done")]},
        "refusals": [{"key": "no", "words": words("no"), "law": words("law")}],
        "steps": list(steps),
        **parts,
    }


def read(made: dict[str, Any]) -> Document:
    """Read as an author's text is, so that a mistake of the test is found."""
    return documents.read(json.dumps(made, ensure_ascii=False))


def document(*steps: dict[str, Any], **parts: Any) -> Document:
    return read(data(*steps, **parts))


def of_fields(*fields: dict[str, Any], **parts: Any) -> Document:
    return document(step("one", *fields), **parts)


# --- Random ones -----------------------------------------------------------------------------------------
KINDS: Final = (
    "text", "choice", "choices", "yes_no", "number", "money", "date", "address", "person", "rows", "file", "paper",
)  # fmt: skip
_IN_ROWS: Final = (
    "text",
    "choice",
    "choices",
    "yes_no",
    "number",
    "money",
    "date",
    "address",
    "person",
)
_COMPARABLE: Final = {"number": "number", "money": "number", "date": "date"}


@st.composite
def conditions(  # noqa: PLR0911
    draw: st.DrawFn, asked: dict[str, str], depth: int = 0
) -> Any:
    """A tree of truth over what is asked before."""
    if depth < 2 and draw(st.booleans()):
        kind = draw(st.sampled_from(["all", "any", "not"]))
        count = 1 if kind == "not" else draw(st.integers(1, 2))
        return {kind: [draw(conditions(asked, depth + 1)) for _each in range(count)]}
    if not asked:
        return draw(st.sampled_from([True, False, {"known": "account_locked"}]))
    key = draw(st.sampled_from(sorted(asked)))
    match asked[key]:
        case "yes_no":
            return draw(st.sampled_from([{"answer": key}, {"given": key}]))
        case "choice" | "choices":
            return {"in": [{"answer": key}, ["a", "b"]]}
        case "number" | "money":
            return {"le": [{"answer": key}, draw(st.integers(-5, 100))]}
        case "date":
            return {"lt": [{"age": [{"answer": key}, {"today": True}]}, draw(st.integers(0, 80))]}
        case "rows":
            return {"le": [{"count": key}, draw(st.integers(0, 3))]}
        case "address":
            return {"eq": [{"part": [{"answer": key}, "province"]}, "Hà Nội"]}
        case _:
            return {"given": key}


@st.composite
def _fields(  # noqa: C901
    draw: st.DrawFn, key: str, asked: dict[str, str], kinds: tuple[str, ...]
) -> dict[str, Any]:
    kind = draw(st.sampled_from(kinds))
    made = field(key, kind)
    if draw(st.booleans()):
        made["when"] = draw(conditions(asked))
    if draw(st.booleans()):
        made["optional"] = True
    match kind:
        case "choice" | "choices":
            made["options"] = options("a", "b", "c")
        case "rows":
            inner = dict(asked)
            made["fields"] = []
            for at in range(draw(st.integers(1, 3))):
                part = draw(_fields(f"{key}_{at}", inner, _IN_ROWS))
                made["fields"].append(part)
                inner[part["key"]] = part["type"]
        case "paper":
            made["papers"] = ["driver_licence"]
        case "text":
            made |= draw(
                st.sampled_from(
                    [
                        {},
                        {"longest": 5},
                        {"lines": 3},
                        {"letters": True, "told": words("A")},
                        {"known": "full_name"},
                    ]
                )
            )
        case "number" | "money":
            made |= draw(st.sampled_from([{}, {"least": 2}, {"most": 9}]))
            made |= draw(st.sampled_from([{}, {"value": {"multiply": [_number(asked), 1000]}}]))
        case "date":
            made |= draw(
                st.sampled_from(
                    [
                        {},
                        {"least": {"today": True}},
                        {"default": {"today": True}},
                        {"known": "birth_date"},
                    ]
                )
            )
        case "address":
            made |= draw(st.sampled_from([{}, {"known": "residence"}, {"suggest": "residence"}]))
        case _:
            pass
    return made


def _number(asked: dict[str, str]) -> Any:
    return next(({"answer": key} for key, kind in asked.items() if kind in {"number", "money"}), 3)


@st.composite
def any_data(draw: st.DrawFn) -> dict[str, Any]:
    """The data of a document that reads without a fault."""
    asked: dict[str, str] = {}
    steps = []
    for at in range(draw(st.integers(1, 3))):
        page = step(f"page{at}")
        if draw(st.booleans()):
            page["when"] = draw(conditions(asked))
        for number in range(draw(st.integers(1, 4))):
            made = draw(_fields(f"f{at}_{number}", asked, KINDS))
            page["fields"].append(made)
            asked[made["key"]] = made["type"]
            if made["type"] == "person" and draw(st.booleans()):
                agreed = field(f"c{at}_{number}", "consent", of=made["key"])
                page["fields"].append(agreed)
                asked[agreed["key"]] = "consent"
        steps.append(page)
    checks = [{"holds": draw(conditions(asked)), "message": words("no"), "at": min(asked)}]
    return data(*steps, checks=draw(st.sampled_from([[], checks])))


_TEXTS: Final = st.text(max_size=8) | st.sampled_from(
    ["", "a", "b", "yes", "no", "001300000015", "００１３００００００１５", "held-1",
     "2026-11-30", "-1", "\x00", "\ud800",
     "Mâ\u0303u", "9223372036854775808", "1,5", "１２"]
)  # fmt: skip
_SCALARS: Final = (
    st.none() | st.booleans() | _TEXTS | st.integers() | st.integers(0, 12) | st.floats() | st.dates()
    | st.sampled_from([2**63, -1, date(1, 1, 1)])
)  # fmt: skip
HOSTILE: Final = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXTS, inner, max_size=3),
    max_leaves=6,
)


def sent_for(of: documents.Field) -> st.SearchStrategy[Any]:
    """What may be sent for a field: often what it takes, sometimes anything."""
    match of.kind:
        case "choice":
            right: st.SearchStrategy[Any] = st.sampled_from(["a", "b", "c", "d"])
        case "choices":
            right = st.lists(st.sampled_from(["a", "b", "c"]), max_size=4)
        case "yes_no":
            right = st.booleans()
        case "number" | "money":
            right = st.integers(0, 12)
        case "date":
            right = st.dates(date(1950, 1, 1), date(2050, 1, 1))
        case "address":
            right = st.fixed_dictionaries(
                {
                    "province": st.sampled_from(["Hà Nội", "Huế"]),
                    "commune": st.just("Ba Đình"),
                    "line": st.just("1"),
                }
            )
        case "person":
            right = st.just("001 300 000 015")
        case "rows":
            row = st.fixed_dictionaries(
                {}, optional={each.key: sent_for(each) for each in of.fields}
            )
            right = st.lists(row, max_size=3)
        case "file" | "paper" | "consent":
            right = st.sampled_from(["held-1", "held-9"])
        case _:
            right = st.sampled_from(["Mẫu", "Mâ\u0303u Thị", "một\r\nhai"])
    return right | HOSTILE


def sent_to(made: Document) -> st.SearchStrategy[dict[str, Any]]:
    """Answers to a document: right, wrong and hostile."""
    return st.builds(
        lambda right, more: more | right,
        st.fixed_dictionaries({}, optional={each.key: sent_for(each) for each in made.fields}),
        st.dictionaries(_TEXTS, HOSTILE, max_size=2),
    )
