"""Adding a kind is one file in each of four places: it is found, proposed, linked, verified and drawn by that alone."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.template import engines
from django.test import Client

from documents import gateways, kinds
from documents.enums import DocumentState
from documents.models import Document, SearchAnswer
from documents.services import linking
from eid_portal.core import clock, jobs
from eid_portal.sandbox import registries, urls
from tests import factories, outside_world
from tests.documents import papers
from tests.documents.wire_samples import AN

pytestmark = pytest.mark.django_db
FILES = Path(__file__).parent / "one_more_kind"
CACHES = (kinds.built_in, gateways.every, registries.every, urls.routes)


def forget() -> None:
    for cached in CACHES:
        cached.cache_clear()


@contextmanager
def also_in(package: ModuleType, folder: Path) -> Iterator[None]:
    """Let a package have the modules of another folder too, as if they stood in its own."""
    before = set(sys.modules)
    package.__path__.append(str(folder))
    try:
        yield
    finally:
        package.__path__.remove(str(folder))
        for name in set(sys.modules) - before:
            if name.startswith(f"{package.__name__}."):
                delattr(package, name.rpartition(".")[2])
                del sys.modules[name]


@pytest.fixture
def one_more_kind() -> Iterator[None]:
    """The portal and the outside world with the four files."""
    jinja: Any = engines["jinja2"]
    searched = [one.env.loader.searchpath for one in (jinja, *jinja._by_language.values())]
    with ExitStack() as stack:
        stack.callback(forget)
        for package in (kinds, gateways, registries):
            folder = FILES / package.__name__.rpartition(".")[2]
            stack.enter_context(also_in(package, folder))
        for folders in searched:
            folders.append(str(FILES / "templates"))
            stack.callback(folders.pop)
        forget()
        yield


def test_the_four_files_are_all_there_is() -> None:
    written = [path for path in FILES.rglob("*.*") if path.suffix in {".py", ".html"}]
    assert sorted(str(path.relative_to(FILES)) for path in written if path.stem != "__init__") == [
        "gateways/libraries.py",
        "kinds/reader_card.py",
        "registries/libraries.py",
        "templates/documents/kinds/reader_card.html",
    ]
    assert "READER_CARD" not in kinds.every()
    with pytest.raises(gateways.NoSuchRegistry):
        gateways.find("libraries")


def test_it_is_found_linked_verified_and_drawn(
    one_more_kind: None, sandbox: outside_world.OutsideWorld, client: Client
) -> None:
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    browser = factories.signed_in(client, papers.known())

    # It is among what can be asked for.
    assert "Register of readers" in browser.get("/papers/add/").content.decode()
    browser.post("/papers/add/", {"some": "1", "registries": ["libraries"]})
    jobs.run_due()
    answer = SearchAnswer.objects.get()
    assert answer.outcome == "FOUND", answer.code

    # It is proposed, and linked by a click.
    found = f"/papers/searches/{answer.search.public_id}/"
    assert "Reader’s card" in browser.get(found).content.decode()
    browser.post(f"{found}link/", {"paper": "libraries.0"})
    row = Document.objects.get()
    assert (row.kind, row.state) == ("READER_CARD", DocumentState.VERIFYING)

    # Its registry verifies it in the background.
    jobs.run_due()
    row.refresh_from_db()
    assert row.state == DocumentState.VERIFIED

    # It is drawn with what only it has.
    page = browser.get(f"/papers/{row.public_id}/").content.decode()
    assert "Kệ Thử Nghiệm" in page
    assert "Books at home" in page
    assert "001 085 000 001" in page
    assert "Reader’s card" in browser.get("/papers/").content.decode()


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        ("88", DocumentState.EXPIRED),
        ("91", DocumentState.MISMATCH),
        ("97", DocumentState.NOT_FOUND),
        ("98", DocumentState.REVOKED),
    ],
)
def test_it_is_linked_by_its_number_whatever_comes_of_it(
    one_more_kind: None, sandbox: Any, ending: str, state: DocumentState
) -> None:
    row = linking.link_by_number(
        session=papers.session_of(papers.known()),
        ward_id="",
        kind="READER_CARD",
        number=f"{AN[:3]} {AN[3:6]} 123 4{ending}",
        now=clock.now(),
    )
    jobs.run_due()

    row.refresh_from_db()
    assert row.state == state
