"""The proof of each entry of the data log is checked by a program that knows nothing of the portal."""

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts import events
from eid_portal.core import audit, audit_anchors, audit_sealing, clock
from eid_portal.core.events import SYSTEM
from eid_portal.env import ROOT
from tests import factories
from tests.core.test_audit_tampering import load_script
from tests.outside_world import OutsideWorld

pytestmark = pytest.mark.django_db

PATH = "/account/data-log/"
SCRIPT = ROOT / "deploy" / "verify_audit.py"
stand_alone = load_script()


@pytest.fixture
def account() -> Any:
    return factories.make_account()


@pytest.fixture
def reader(client: Client, account: Any) -> Client:
    return factories.signed_in(client, account)


def some_events(account: Any, count: int) -> list[Any]:
    return [
        audit.record(
            events.DataUnmasked(fields=["full_name"], reason=f"lý do số {n}"),
            actor=SYSTEM,
            subject_id=account.citizen_id,
        ).pk
        for n in range(count)
    ]


def keys_file(client: Client, folder: Path) -> Path:
    path = folder / "eid-audit-keys.json"
    path.write_bytes(client.get("/.well-known/eid-audit-keys.json").content)
    return path


def verify(folder: Path, proof: bytes, keys: Path, *more: str) -> tuple[int, str]:
    """What the stand-alone verifier, as a process of its own, says."""
    path = folder / "proof.json"
    path.write_bytes(proof)
    done = subprocess.run(
        [sys.executable, "-I", str(SCRIPT), str(path), "--keys", str(keys), *more],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"PYTHONUTF8": "1"},
    )
    assert done.stderr == "", done.stderr
    return done.returncode, done.stdout


def test_each_entrys_proof_is_checked_without_the_portal(
    reader: Client, account: Any, sandbox: OutsideWorld, tmp_path: Path
) -> None:
    made = some_events(account, 9)
    audit_sealing.seal()
    made += some_events(account, 1)
    audit_sealing.seal()
    audit_anchors.write_missing()
    audit_anchors.fetch_receipts()
    keys = keys_file(Client(), tmp_path)
    anchors = audit_anchors.file()

    for event_id in made:
        answer = reader.get(f"{PATH}{event_id}/proof.json")
        assert answer["Content-Disposition"] == f'attachment; filename="eid-proof-{event_id}.json"'
        assert answer["Cache-Control"] == "no-store"
        assert b"\xc3\xbd do" not in answer.content  # the words stay sealed in the file
        code, said = verify(tmp_path, answer.content, keys, "--anchors", str(anchors))
        assert (code, "WRONG" in said) == (0, False), said
        assert str(event_id) in said
        assert "time-stamp service signed" in said
        assert "the anchors know the block with this hash" in said
        assert "stands in the sealed audit" in said


def test_an_altered_byte_fails(
    reader: Client, account: Any, sandbox: OutsideWorld, tmp_path: Path
) -> None:
    (event_id, *_others) = some_events(account, 3)
    audit_sealing.seal()
    audit_anchors.fetch_receipts()
    keys = keys_file(Client(), tmp_path)
    proof = reader.get(f"{PATH}{event_id}/proof.json").content
    known = json.loads(keys.read_text())
    verifier = stand_alone.ProofVerifier(known["signing"], known["timestamp"], None)
    copy = tmp_path / "altered.json"

    def holds(text: bytes) -> bool:
        copy.write_bytes(text)
        read = stand_alone.read_proof(copy)
        return read is not None and all(holds for holds, _what in verifier.check(read))

    assert holds(proof)
    for place in range(len(proof) - 1):  # but the last line feed
        for flipped in (proof[place] ^ 1, proof[place] ^ 32):
            altered = proof[:place] + bytes([flipped]) + proof[place + 1 :]
            assert not holds(altered), altered[max(place - 20, 0) : place + 20]
    swapped = proof.replace(b'"index":', b'"index": ')
    code, said = verify(tmp_path, swapped, keys)
    assert (code, "WRONG" in said) == (1, True)
    code, said = verify(tmp_path, proof.replace(b"data_unmasked", b"data_unmaskee"), keys)
    assert code == 1
    assert "NOT proved" in said


def test_keys_of_somebody_else_prove_nothing(reader: Client, account: Any, tmp_path: Path) -> None:
    (event_id,) = some_events(account, 1)
    audit_sealing.seal()
    keys = tmp_path / "keys.json"
    keys.write_text('{"audit-1":"' + "A" * 43 + '="}')

    code, said = verify(tmp_path, reader.get(f"{PATH}{event_id}/proof.json").content, keys)

    assert code == 1
    assert "WRONG the portal signed the block" in said
    assert "the time-stamp service had not signed yet" in said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("path", ["zz"]),
        ("path", [1]),
        ("index", -1),
        ("index", 99),
        ("block", {}),
        ("receipt", {"key_id": 1}),
        ("event", "[" * 5000),
        ("event", "{}"),
        ("version", 2),
    ],
)
def test_a_proof_that_makes_no_sense_is_said_to_be_none(
    reader: Client, account: Any, tmp_path: Path, name: str, value: Any
) -> None:
    (event_id,) = some_events(account, 1)
    audit_sealing.seal()
    keys = keys_file(Client(), tmp_path)
    proof = json.loads(reader.get(f"{PATH}{event_id}/proof.json").content) | {name: value}
    text = json.dumps(proof, ensure_ascii=False, separators=(",", ":")).encode()

    code, said = verify(tmp_path, text, keys)

    assert (code, "WRONG" in said) == (1, True)


def test_an_entry_not_sealed_yet_says_when_to_come_back(reader: Client, account: Any) -> None:
    now = clock.now()
    with clock.frozen(now):
        (event_id,) = some_events(account, 1)
        answer = reader.get(f"{PATH}{event_id}/proof.json", headers={"Accept-Language": "en"})
    ready = (now + timedelta(seconds=60)).astimezone(clock.VIET_NAM)

    assert answer.status_code == 409
    assert 0 < int(answer["Retry-After"]) <= 60
    assert f"{ready:%H:%M:%S}" in answer.content.decode()


def test_somebody_elses_entry_looks_like_none(reader: Client, account: Any) -> None:
    other = factories.make_account(factories.make_citizen(18))
    (theirs,) = some_events(other, 1)
    hidden = audit.record(
        events.LookSealed(), actor=SYSTEM, subject_id=account.citizen_id
    )  # is not shown to anybody
    audit_sealing.seal()

    for event_id in (theirs, hidden.pk):
        assert reader.get(f"{PATH}{event_id}/proof.json").status_code == 404


def test_the_keys_are_everybodys(client: Client) -> None:
    answer = client.get("/.well-known/eid-audit-keys.json")
    assert set(json.loads(answer.content)) == {"signing", "timestamp"}
