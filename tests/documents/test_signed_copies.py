"""Signed copies: genuine by the published certificate, for one purpose, made once, checked and revoked."""

import io
import re
import threading
from datetime import timedelta
from typing import Any

import pytest
from asn1crypto import pem, x509
from django.db import connection, transaction
from django.test import Client
from pyhanko.pdf_utils.reader import PdfFileReader

from accounts.models import Guardianship
from accounts.services import assurance
from documents import events, policy
from documents.enums import DocumentState, Level
from documents.models import SignedCopy
from documents.services import copied_papers, showable, signed_copies, wallets
from eid_portal.core import certificates, clock, keys, pdf, verify
from eid_portal.core.errors import Busy
from eid_portal.core.events import ANYONE
from eid_portal.core.models import AuditEvent
from eid_portal.core.passwords import Gate
from eid_portal.core.verify import Genuine, Nothing, Peek, Viewer, Why
from tests import factories
from tests.documents import pdfs
from tests.documents.wallets import make_paper, session_of

pytestmark = pytest.mark.django_db

PURPOSE = "Công ty Vận tải Sao Mai, hồ sơ xin việc"


@pytest.fixture
def account() -> Any:
    account = factories.make_account()
    factories.make_card(account.citizen)
    return account


@pytest.fixture
def holder(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


def make(account: Any, **changes: Any) -> SignedCopy:
    """A copy of the ID card."""
    values: dict[str, Any] = {
        "session": session_of(account),
        "wallet": wallets.open_own(session_of(account)),
        "public_id": "id-card",
        "purpose": PURPOSE,
        "level": Level.FULL,
        "language": "vi",
        "now": clock.now(),
    }
    return signed_copies.make(**values | changes)


def code_on(row: SignedCopy) -> str:
    """The code as somebody reads it off the copy."""
    words = pdfs.words(bytes(row.pdf)).replace(" ", "")
    (typed,) = re.findall(r"B[0-9A-Z]{3}(?:-[0-9A-Z]{4}){5}", words)
    code = verify.read(typed)
    assert code
    return code


def check(code: str) -> Genuine | Nothing:
    viewer = Viewer(actor=ANYONE, press="p", device="", place="")
    return verify.open_code(code, viewer=viewer, now=clock.now())


# --- The document -----------------------------------------------------------------------------------
def test_a_reader_who_trusts_our_authority_finds_it_genuine(account: Any) -> None:
    document = bytes(make(account).pdf)

    assert pdfs.verdict(document) == pdfs.Verdict(intact=True, valid=True, trusted=True, whole=True)


def test_one_flipped_bit_is_seen_wherever_it_is(account: Any) -> None:
    document = bytes(make(account).pdf)
    (signature,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
    hole = range(signature.byte_range[1], signature.byte_range[2])
    places = [at for at in range(500, len(document), len(document) // 12) if at not in hole]
    assert len(places) > 8

    for place in places:
        changed = bytearray(document)
        changed[place] ^= 1
        try:
            found = pdfs.verdict(bytes(changed))
        except Exception:  # noqa: BLE001, S112 - it is no PDF any more, which a reader says too
            continue
        assert not (found.intact and found.valid and found.whole), place


def test_it_stays_what_is_kept_in_archives_after_signing(account: Any) -> None:
    document = bytes(make(account).pdf)
    reader = PdfFileReader(io.BytesIO(document))
    metadata = document[document.index(b"<?xpacket") :]

    assert document.startswith(b"%PDF-1.7")
    assert "/Version" not in reader.root  # else it would be PDF 2.0, which PDF/A-2 is not
    assert document.count(b"<?xpacket begin") == 1  # as it was drawn: nothing was rewritten
    assert b"<pdfaid:part>2</pdfaid:part>" in metadata
    assert b"<pdfaid:conformance>A</pdfaid:conformance>" in metadata
    assert reader.root["/MarkInfo"]["/Marked"]
    assert str(reader.root["/Lang"]).startswith("vi")
    assert "/OutputIntents" in reader.root
    widget = reader.root["/AcroForm"]["/Fields"][0].get_object()
    assert int(widget["/F"]) & 4  # annotations of PDF/A are printed


def test_it_says_the_facts_of_the_chosen_level_and_no_other(account: Any) -> None:
    full = pdfs.words(bytes(make(account).pdf))
    least = pdfs.words(bytes(make(account, level=Level.MINIMUM, language="en").pdf))

    number = account.citizen.personal_number
    assert f"{number[:3]} {number[3:6]}" in full
    assert account.citizen.full_name.upper() in full
    assert PURPOSE in full
    assert "Aged 18 or over Yes" in least
    assert account.citizen.full_name.upper() not in least
    assert number[-4:] not in least


def test_the_published_certificates_are_the_ones_that_count(holder: Client, account: Any) -> None:
    document = bytes(make(account).pdf)

    for name, purpose in (("document-ca", "document_ca"), ("document-signing", "document_signing")):
        answer = Client().get(f"/.well-known/eid/{name}.pem")
        assert answer.status_code == 200
        published = [der for _type, _headers, der in pem.unarmor(answer.content, multiple=True)]
        assert published == list(keys.certificates_of(purpose).values())
    (signature,) = PdfFileReader(io.BytesIO(document)).embedded_signatures
    signer = x509.Certificate.load(keys.certificates_of(certificates.SIGNER)["document_signing-1"])
    assert signature.signer_cert.dump() == signer.dump()


@pytest.mark.parametrize(
    "purpose",
    [
        '"); #panic("x") #read("/etc/passwd") $x^2$ *b* _i_ @ref <label> // \\',
        "#set text(fill: white)",
        "{{ 7 * 7 }} <script>alert(1)</script> &amp; 100%",
        "ngân hàng \u2013 “vay vốn” ₫, Đặng Thị Mẫu",
    ],
)
def test_what_looks_like_markup_is_printed_as_it_was_typed(account: Any, purpose: str) -> None:
    row = make(account, purpose=purpose)

    assert "".join(purpose.split()) in pdfs.words(bytes(row.pdf)).replace(" ", "")
    assert pdfs.verdict(bytes(row.pdf)).valid


def test_letters_our_fonts_lack_are_refused_and_nothing_is_kept(account: Any) -> None:
    with pytest.raises(signed_copies.PurposeUnprintable):
        make(account, purpose="会社 😀")
    assert not SignedCopy.objects.exists()


# --- Made once --------------------------------------------------------------------------------------
def test_the_same_copy_is_made_once(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    first = make(account)
    monkeypatch.setattr(pdf, "sign", lambda *_args, **_more: pytest.fail("made again"))

    assert make(account, now=clock.now() + timedelta(minutes=1)).pk == first.pk
    assert AuditEvent.objects.filter(name=events.CopySigned.name).count() == 1


@pytest.mark.parametrize(
    "change", [{"purpose": "khác"}, {"level": Level.BASIC}, {"language": "en"}]
)
def test_another_copy_is_another(account: Any, change: dict[str, Any]) -> None:
    assert make(account, **change).pk != make(account).pk


def test_a_paper_that_was_verified_anew_makes_another(account: Any) -> None:
    paper = make_paper(account)
    first = make(account, public_id=paper.public_id)

    paper.verified_at = clock.now() + timedelta(minutes=5)
    paper.save(update_fields=["verified_at"])

    assert make(account, public_id=paper.public_id).pk != first.pk


def test_a_revoked_copy_is_made_anew(account: Any) -> None:
    first = make(account)
    signed_copies.revoke(
        wallet=wallets.open_own(session_of(account)),
        public_id=first.public_id,
        now=clock.now(),
    )

    assert make(account).pk != first.pk


@pytest.mark.django_db(transaction=True)
def test_of_many_presses_at_once_one_is_kept(account: Any) -> None:
    session = session_of(account)
    made: list[Any] = []

    def press() -> None:
        try:
            made.append(make(account, session=session).pk)
        except Busy:
            made.append(None)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert SignedCopy.objects.count() == 1
    assert len({pk for pk in made if pk}) == 1
    assert AuditEvent.objects.filter(name=events.CopySigned.name).count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_make_the_same_keep_one(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each has a gate of its own, so both draw; the database keeps the first."""
    drawn = threading.Barrier(2, timeout=30)
    sign = pdf.sign
    session = session_of(account)
    made: list[Any] = []

    def sign_together(document: bytes, *, reason: str) -> bytes:
        signed = sign(document, reason=reason)
        drawn.wait()
        return signed

    monkeypatch.setattr(pdf, "sign", sign_together)
    monkeypatch.setattr(pdf, "gate", Gate(width=2))

    def press() -> None:
        made.append(make(account, session=session).pk)
        connection.close()

    threads = [threading.Thread(target=press) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(made) == 2
    assert len(set(made)) == 1
    assert SignedCopy.objects.count() == 1


def test_nothing_is_drawn_or_signed_within_a_transaction(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    depth: list[int] = []
    before = len(connection.savepoint_ids)
    for name in ("draw", "sign"):
        real = getattr(pdf, name)

        def look(*args: Any, _real: Any = real, **more: Any) -> bytes:
            depth.append(len(connection.savepoint_ids))
            return bytes(_real(*args, **more))

        monkeypatch.setattr(pdf, name, look)

    make(account)

    assert depth == [before, before]


# --- Who may, and of what ---------------------------------------------------------------------------
@pytest.mark.parametrize(
    "state", [DocumentState.MISMATCH, DocumentState.REVOKED, DocumentState.UNAVAILABLE]
)
def test_only_verified_papers_are_vouched_for(
    holder: Client, account: Any, state: DocumentState
) -> None:
    paper = make_paper(account, state=state)

    with pytest.raises(showable.NotVerified):
        make(account, public_id=paper.public_id)
    answer = holder.get(f"/papers/{paper.public_id}/copies/")
    assert answer.status_code == 200
    assert b"id_purpose" not in answer.content


def test_a_paper_that_changes_while_its_copy_is_drawn_gets_none(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    paper = make_paper(account)
    sign = pdf.sign

    def change(document: bytes, *, reason: str) -> bytes:
        from documents import states
        from eid_portal.core.events import SYSTEM
        from eid_portal.core.transitions import move

        move(
            paper,
            states.DOCUMENT,
            to=DocumentState.REVOKED,
            event=events.PaperRevoked(kind=paper.kind, reason="EVENT", differing=[]),
            actor=SYSTEM,
            subject_id=paper.citizen_id,
            now=clock.now(),
        )
        return sign(document, reason=reason)

    monkeypatch.setattr(pdf, "sign", change)
    with pytest.raises(showable.NotVerified):
        make(account, public_id=paper.public_id)
    assert not SignedCopy.objects.exists()


def test_a_stale_session_proves_afresh_who_it_is(holder: Client, account: Any) -> None:
    row = make(account)
    later = clock.now() + timedelta(minutes=10)

    with clock.frozen(later):
        with pytest.raises(assurance.StepUpNeeded):
            make(account, session=session_of(account, began=clock.now() - timedelta(minutes=10)))
        page = holder.get("/papers/id-card/copies/")
        file = holder.get(f"/papers/copies/{row.public_id}/pdf/")
    for answer in (page, file):
        assert answer.status_code == 303
        assert "/sign-in/again/" in answer["Location"]
    assert "pdf" not in file["Location"]  # it leads back to the page with the button


def test_what_is_somebody_elses_is_not_there(account: Any) -> None:
    row = make(account)
    other = factories.make_account(factories.make_citizen(16))
    factories.make_card(other.citizen)
    stranger = factories.signed_in(Client(), other)

    for path in (f"/papers/copies/{row.public_id}/", f"/papers/copies/{row.public_id}/pdf/"):
        assert stranger.get(path).status_code == 404
    assert stranger.post(f"/papers/copies/{row.public_id}/revoke/").status_code == 404
    assert make_paper(account).public_id not in stranger.get("/papers/copies/").content.decode()
    row.refresh_from_db(fields=["revoked_at"])
    assert row.revoked_at is None


def test_so_many_an_hour(account: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "sign", lambda document, **_more: document)
    for number in range(policy.SIGN_COPY.allowed):
        make(account, purpose=f"số {number}")
    with pytest.raises(copied_papers.TooManyMade):
        make(account, purpose="one more")


def test_a_full_queue_sheds_and_says_when_to_come_back(
    holder: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "gate", Gate(width=1, queue=0))
    with pdf.gate.entered():
        answer = holder.post(
            "/papers/id-card/copies/", {"purpose": PURPOSE, "level": "FULL", "language": "vi"}
        )
    assert answer.status_code == 503
    assert int(answer["Retry-After"]) > 0
    assert not SignedCopy.objects.exists()


# --- Pages ------------------------------------------------------------------------------------------
def test_a_copy_is_made_fetched_and_revoked(holder: Client, account: Any) -> None:
    form = holder.get("/papers/id-card/copies/")
    assert form.status_code == 200
    made = holder.post(
        "/papers/id-card/copies/", {"purpose": PURPOSE, "level": "BASIC", "language": "vi"}
    )
    row = SignedCopy.objects.get()
    assert (made.status_code, made["Location"]) == (303, f"/papers/copies/{row.public_id}/")

    page = holder.get(made["Location"])
    assert page["Cache-Control"] == "no-store"
    file = holder.get(f"{made['Location']}pdf/")
    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"].startswith('attachment; filename="eid-copy-')
    assert file["Cache-Control"] == "no-store"
    assert file.content == bytes(row.pdf)

    for _press in range(2):
        answer = holder.post(f"{made['Location']}revoke/")
        assert (answer.status_code, answer["Location"]) == (303, made["Location"])
    assert AuditEvent.objects.filter(name=events.CopyRevoked.name).count() == 1
    assert holder.get(f"{made['Location']}pdf/").status_code == 404
    for path in (made["Location"], "/papers/copies/", "/papers/id-card/copies/"):
        assert PURPOSE in holder.get(path).content.decode()


@pytest.mark.parametrize(
    "purpose", ["", "ab", "x" * 81, "x" * 10_000, "to \u202eknab", "a\u200bb c", "two\nlines"]
)
def test_bad_purposes_get_clear_words(holder: Client, purpose: str) -> None:
    answer = holder.post(
        "/papers/id-card/copies/", {"purpose": purpose, "level": "FULL", "language": "vi"}
    )
    assert answer.status_code == 422
    assert b'href="#id_purpose"' in answer.content
    assert not SignedCopy.objects.exists()


def test_letters_that_cannot_be_printed_are_said_at_the_field(holder: Client) -> None:
    answer = holder.post(
        "/papers/id-card/copies/", {"purpose": "会社 xin", "level": "FULL", "language": "vi"}
    )
    assert answer.status_code == 422
    assert b'href="#id_purpose"' in answer.content


@pytest.mark.parametrize("field", ["level", "language"])
def test_choices_nobody_offered_are_refused(holder: Client, field: str) -> None:
    values = {"purpose": PURPOSE, "level": "FULL", "language": "vi"} | {field: "../x"}
    assert holder.post("/papers/id-card/copies/", values).status_code == 422


def test_nothing_personal_stands_in_clear(
    personal_data_alarm: Any, holder: Client, account: Any
) -> None:
    personal_data_alarm.watch(PURPOSE)
    holder.post("/papers/id-card/copies/", {"purpose": PURPOSE, "level": "FULL", "language": "vi"})
    check(code_on(SignedCopy.objects.get()))


# --- Checked ----------------------------------------------------------------------------------------
def test_its_code_says_what_it_was_made_for(account: Any) -> None:
    row = make(account)
    code = code_on(row)

    asked = verify.peek(code, now=clock.now())
    found = check(code)

    assert isinstance(asked, Peek)
    assert account.citizen.full_name not in asked.about
    assert isinstance(found, Genuine)
    assert found.values["purpose"] == PURPOSE
    assert found.values["facts"] == row.says["facts"]
    seen = AuditEvent.objects.get(name=events.CopyChecked.name)
    assert (seen.subject_id, seen.shown, seen.target_id) == (account.citizen_id, True, row.pk)


def test_asking_what_a_code_is_about_writes_nothing(account: Any) -> None:
    code = code_on(make(account))
    before = AuditEvent.objects.count()
    verify.peek(code, now=clock.now())
    assert AuditEvent.objects.count() == before


def test_a_revoked_copy_says_so(account: Any) -> None:
    row = make(account)
    code = code_on(row)
    signed_copies.revoke(
        wallet=wallets.open_own(session_of(account)),
        public_id=row.public_id,
        now=clock.now(),
    )

    assert check(code) == Nothing(why=Why.REVOKED)


def test_a_code_nobody_made_says_nothing(account: Any) -> None:
    code = verify.new_code(signed_copies.COPIES)
    assert check(code) == Nothing(why=Why.NOT_OURS)
    assert verify.peek(code, now=clock.now()) == Nothing(why=Why.NOT_OURS)


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (DocumentState.MISMATCH, Why.REVOKED),
        (DocumentState.NOT_FOUND, Why.REVOKED),
        (DocumentState.REVOKED, Why.REVOKED),
        (DocumentState.UNLINKED, Why.REVOKED),
        (DocumentState.EXPIRED, Why.EXPIRED),
    ],
)
def test_a_paper_that_changed_since_is_not_relied_on(
    account: Any, state: DocumentState, why: Why
) -> None:
    paper = make_paper(account)
    code = code_on(make(account, public_id=paper.public_id))
    with transaction.atomic():
        make_paper(account, state=state, instead_of=paper)

    found = check(code)

    assert isinstance(found, Nothing)
    assert found.why == why
    assert "2026" in found.text or f"{clock.today():%d/%m/%Y}" in found.text


def test_a_silent_registry_is_said_and_the_copy_stays_genuine(account: Any) -> None:
    paper = make_paper(account)
    code = code_on(make(account, public_id=paper.public_id))
    make_paper(account, state=DocumentState.UNAVAILABLE, instead_of=paper)

    found = check(code)

    assert isinstance(found, Genuine)
    assert found.values["silent"]


def test_whoever_types_its_code_reads_what_it_says(account: Any) -> None:
    code = code_on(make(account))
    visitor = Client()

    asked = visitor.get(f"/verify/{code}/").content.decode()
    answer = visitor.post(f"/verify/{code}/")

    assert PURPOSE not in asked
    assert answer.status_code == 200
    assert PURPOSE in answer.content.decode()


def test_a_guardian_has_a_copy_made_while_the_guardianship_lasts(
    holder: Client, account: Any
) -> None:
    born = clock.today() - timedelta(days=8 * 365)
    number = f"0013{born.year % 100:02d}000017"
    child = factories.make_citizen(17, personal_number=number, birth_date=born)
    Guardianship.objects.create(
        state="ACTIVE", until_age=14, ward=child, guardian=account.citizen, basis="PARENT",
        claimed_at=clock.now(), confirmed_at=clock.now(),
    )  # fmt: skip
    paper = make_paper(account, citizen=child)
    values = {"purpose": PURPOSE, "level": "BASIC", "language": "vi"}

    made = holder.post(f"/papers/{paper.public_id}/copies/", values)
    row = SignedCopy.objects.get()

    assert (row.citizen_id, row.made_by_id) == (child.pk, account.pk)
    assert holder.get(f"{made['Location']}pdf/").status_code == 200
    assert AuditEvent.objects.get(name=events.CopySigned.name).subject_id == child.pk
    Guardianship.objects.update(state="ENDED", ended_at=clock.now(), end_reason="DECISION")
    assert holder.get(f"{made['Location']}pdf/").status_code == 404
    assert holder.post(f"{made['Location']}revoke/").status_code == 404
