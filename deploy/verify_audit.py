#!/usr/bin/env python3
"""Verify the e-ID portal's audit without the portal. Needs Python 3.11 and the package `cryptography`.

    verify_audit.py EXPORT --keys audit-public-keys.json [--anchors anchors.jsonl] [--timestamp-keys keys.json]
    verify_audit.py PROOF --keys eid-audit-keys.json [--anchors anchors.jsonl]

PROOF is what a person fetched for one entry of their data log; what holds and what does not is said in plain words.
EXPORT comes from `manage.py export_audit`; the anchors from the folder where the portal leaves them: without them none
can see that the end of the log was cut off; the keys from the portal and from the time-stamp service, {id: base64 of 32
bytes}; a file that holds both sorts them under "signing" and "timestamp". Prints every place that is not as it was
sealed and exits with 1, or with 0 if there is none. Takes about 100 MB of memory for each million events. The bytes are
described in docs/audit.md.
"""

import argparse
import base64
import hashlib
import json
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Content = dict[str, Any]
Keys = dict[str, str]
PROOF_LONGEST = 1 << 20  # bytes: a proof is smaller by far
LONGEST = 20  # digits of a transaction id
PATIENCE = timedelta(minutes=10)  # an event that is older than this when exported must be sealed
SHAPES = {
    "export": {"version": int, "at": str},
    "block": dict.fromkeys(("number", "event_count"), int)
    | dict.fromkeys(("previous_hash", "root", "sealed_at", "horizon"), str)
    | dict.fromkeys(("hash", "key_id", "signature"), str),
    "event": {"block": int, "position": int, "leaf": str, "event": str},
    "receipt": {"block": int, "received_at": str, "key_id": str, "signature": str},
    "unsealed": {"event": str},
    "anchor": {"block": int, "hash": str},
    "proof": {"version": int, "event": str, "index": int, "path": list, "block": dict},
    "proof block": dict.fromkeys(("number", "event_count"), int)
    | dict.fromkeys(("previous_hash", "root", "sealed_at", "horizon"), str)
    | dict.fromkeys(("hash", "key_id", "signature"), str),
    "proof receipt": {"received_at": str, "key_id": str, "signature": str},
    "anchored": {"block": int, "hash": str, "received_at": str, "key_id": str, "signature": str},
}


def sha256(data: bytes) -> bytes:
    """The hash everything is made of."""
    return hashlib.sha256(data).digest()


def merkle_root(level: list[bytes]) -> bytes:
    """RFC 6962 §2.1 over leaf hashes."""
    while len(level) > 1:
        pairs = [sha256(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + level[len(level) // 2 * 2 :]
    return level[0] if level else b""


def parse(line: str) -> Content | None:
    """A line's content, if it is written exactly as the portal writes one."""
    try:
        content = json.loads(line)
        if json.dumps(content, ensure_ascii=False, separators=(",", ":")) != line:
            return None
    except (ValueError, RecursionError):
        return None
    return content if isinstance(content, dict) else None


def shaped(content: Content, kind: str) -> bool:
    """Whether the line has exactly the fields of its kind."""
    shape = {name: type(value) for name, value in content.items() if name != "kind"}
    if kind == "event" and shape.get("event") is type(None):  # the event is missing
        shape["event"] = str
    return shape == SHAPES[kind]


class Verifier:
    """Reads the export once, then the anchors; each method yields what is wrong."""

    def __init__(self, keys: Keys, witness_keys: Keys | None) -> None:
        self.keys, self.witness_keys = keys, witness_keys
        self.hashes: dict[int, str] = {}
        self.receipts: set[int] = set()
        self.seen: set[str] = set()
        self.block: Content | None = None
        self.leaves: list[bytes] = []
        self.previous = "00" * 32
        self.exported_at: datetime | None = None
        self.horizon = self.waiting = 0

    # --- The export ------------------------------------------------------------------------------
    def export(self, lines: Iterable[str]) -> Iterator[str]:
        """Every line of the export, in order."""
        for count, line in enumerate(lines, start=1):
            content = parse(line.rstrip("\n"))
            kind = str(content.get("kind")) if content else ""
            if content is None or kind not in SHAPES or not shaped(content, kind):
                yield f"line {count}: not a line of an export"
            elif (kind == "export") != (count == 1) or (
                kind == "export" and content["version"] != 1
            ):
                yield f"line {count}: the head must come first, of version 1"
            else:
                yield from getattr(self, f"on_{kind}", self.on_anything)(content)
        yield from self.close_block()

    def on_anything(self, content: Content) -> Iterator[str]:
        """A line where it has no place."""
        yield f"a line of kind {content['kind']} has no place in an export"

    def on_export(self, content: Content) -> Iterator[str]:
        """The head."""
        self.exported_at = moment(content["at"])
        if self.exported_at is None:
            yield "the head's time cannot be read"

    def on_block(self, block: Content) -> Iterator[str]:
        """Number, chain, hash and signature."""
        yield from self.close_block()
        where, expected = f"block {block['number']}", len(self.hashes) + 1
        if block["number"] != expected:
            yield f"{where}: block {expected} should come here"
        if block["previous_hash"] != self.previous:
            yield f"{where}: does not follow the block before it"
        if block_hash(block) != block["hash"]:
            yield f"{where}: its hash is not that of its columns"
        if not signed_block(self.keys, block):
            yield f"{where}: its signature does not hold"
        self.block, self.leaves, self.previous = block, [], block["hash"]
        self.hashes[block["number"]] = block["hash"]
        horizon = block["horizon"]
        self.horizon = int(horizon) if horizon.isdecimal() and len(horizon) < LONGEST else 0

    def on_event(self, content: Content) -> Iterator[str]:
        """Its place, and that it is as it was sealed."""
        where = f"event in block {content['block']}, place {content['position']}"
        if self.block is None or content["block"] != self.block["number"]:
            yield f"{where}: its block is not there"
        elif content["position"] != len(self.leaves):
            yield f"{where}: place {len(self.leaves)} should come here"
        self.leaves.append(bytes.fromhex(content["leaf"]) if is_hex(content["leaf"]) else b"")
        if content["event"] is None:
            yield f"{where}: missing"
            return
        if sha256(b"\x00" + content["event"].encode()).hex() != content["leaf"]:
            yield f"{where}: {event_id(content['event'])} is not as it was sealed"
        if event_id(content["event"]) in self.seen:
            yield f"{where}: {event_id(content['event'])} is sealed twice"
        self.seen.add(event_id(content["event"]))

    def close_block(self) -> Iterator[str]:
        """The root over all events of the block."""
        if self.block is not None:
            where = f"block {self.block['number']}"
            if self.block["event_count"] != len(self.leaves):
                yield f"{where}: seals {self.block['event_count']} events, has {len(self.leaves)}"
            if merkle_root(self.leaves).hex() != self.block["root"]:
                yield f"{where}: its events are not those that were sealed, in their order"
        self.block = None

    def on_receipt(self, content: Content) -> Iterator[str]:
        """The witness's word for a block."""
        yield from self.close_block()
        number, expected = content["block"], len(self.receipts) + 1
        if number != expected:
            yield f"receipt of block {number}: that of block {expected} should come here"
        self.receipts.add(number)
        signature = bytes.fromhex(content["signature"]) if is_hex(content["signature"]) else b""
        encoded = base64.b64encode(signature).decode()
        if signature.hex() != content["signature"]:
            yield f"receipt of block {number}: cannot be read"
        yield from self.receipt(
            content | {"hash": self.hashes.get(number, ""), "signature": encoded}
        )

    def on_unsealed(self, content: Content) -> Iterator[str]:
        """An event in no block must be a new one."""
        yield from self.close_block()
        try:
            columns = json.loads(content["event"])
            recorded_at, xid = moment(columns[1]), int(columns[-2])
        except (ValueError, RecursionError, IndexError, TypeError, KeyError):
            recorded_at, xid = None, 0
        where = f"event {event_id(content['event'])} (not sealed)"
        if recorded_at is None:
            yield f"{where}: cannot be read"
        elif xid < self.horizon:
            yield f"{where}: later ones were sealed without it"
        elif self.exported_at is None or recorded_at < self.exported_at - PATIENCE:
            yield f"{where}: is older than {PATIENCE}"
        self.waiting += 1

    # --- What outside witnesses know ---------------------------------------------------------------
    def receipt(self, content: Content) -> Iterator[str]:
        """The signature of the witness."""
        if self.witness_keys is None:
            return
        try:
            signature = base64.b64decode(content["signature"], validate=True).hex()
        except ValueError:
            signature = ""
        if not witnessed(self.witness_keys, content | {"signature": signature}):
            yield f"receipt of block {content['block']}: the witness did not sign this"

    def anchors(self, lines: Iterable[str]) -> Iterator[str]:
        """Every line of the file, and that no block lacks one."""
        anchored: set[int] = set()
        for count, line in enumerate(lines, start=1):
            content = parse(line.rstrip("\n"))
            kind = "anchored" if content and "signature" in content else "anchor"
            if content is None or not shaped(content, kind) or "kind" in content:
                yield f"anchor in line {count}: cannot be read"
                continue
            number = content["block"]
            if number not in self.hashes:
                yield f"block {number}: was anchored and is not there: the log was cut"
            elif self.hashes[number] != content["hash"]:
                yield f"block {number}: had another hash when it was anchored"
            if kind == "anchor":
                anchored.add(number)
                continue
            yield from self.receipt(content)
            if number not in self.receipts:
                yield f"receipt of block {number}: was given and is not there"
        last = max(anchored, default=0)
        yield from (
            f"block {n}: has no anchor" for n in self.hashes if n < last and n not in anchored
        )
        late = len(self.hashes) - last
        if late > 0:
            sys.stderr.write(f"note: the last {late} blocks have no anchor yet\n")


class ProofVerifier:
    """Checks the proof of one event; ``check`` yields whether something holds, and what, in plain words."""

    def __init__(self, keys: Keys, witness_keys: Keys | None, anchors: list[str] | None) -> None:
        self.keys, self.witness_keys, self.anchors = keys, witness_keys, anchors

    def check(self, proof: Content) -> Iterator[tuple[bool, str]]:
        """Every check, in order."""
        if not proof_shaped(proof):
            yield False, "the file is not a proof as the portal writes one"
            return
        block, receipt = proof["block"], proof["receipt"]
        try:
            said = told(proof["event"])
        except (ValueError, RecursionError, IndexError, TypeError, KeyError):
            yield False, "the entry cannot be read"
            return
        yield True, f"the entry says: {said}"
        leaf = sha256(b"\x00" + proof["event"].encode())
        size, index = block["event_count"], proof["index"]
        root = root_of_path(leaf, index, size, [bytes.fromhex(one) for one in proof["path"]])
        yield (
            root.hex() == block["root"],
            f"the entry, letter by letter, is number {index + 1} of the {size} in block {block['number']}",
        )
        yield (
            block_hash(block) == block["hash"],
            "the block's hash is that of what it says of itself",
        )
        yield (
            signed_block(self.keys, block),
            f"the portal signed the block with its key {block['key_id']} and says it was at {block['sealed_at']}",
        )
        if receipt is not None and self.witness_keys is not None:
            whole = receipt | {"block": block["number"], "hash": block["hash"]}
            yield (
                witnessed(self.witness_keys, whole),
                f"the time-stamp service signed that it had the block at {receipt['received_at']}",
            )
        if self.anchors is not None:
            yield self.anchored(block)

    def anchored(self, block: Content) -> tuple[bool, str]:
        """What the file of anchors says of the block."""
        for line in self.anchors or ():
            content = parse(line.rstrip("\n"))
            if content and content.get("block") == block["number"]:
                holds = content.get("hash") == block["hash"]
                return holds, "the anchors know the block with this hash"
        return False, "the anchors know the block"

    def unchecked(self, proof: Content) -> Iterator[str]:
        """What this could not tell."""
        if proof.get("receipt") is None:
            yield "the time-stamp service had not signed yet: fetch the proof again in a minute"
        elif self.witness_keys is None:
            yield "without the time-stamp service's keys its signature was not checked"
        yield "personal words inside the entry are sealed: the proof is over their sealed form"


def proof_shaped(proof: Content) -> bool:
    """Whether the file has exactly the fields of a proof, and hexadecimal where it should."""
    fields = {name: value for name, value in proof.items() if name not in {"kind", "receipt"}}
    if {name: type(value) for name, value in fields.items()} != SHAPES["proof"]:
        return False
    block, receipt = proof["block"], proof.get("receipt", "")
    shapes = [(block, "proof block")] + ([] if receipt is None else [(receipt, "proof receipt")])
    return (
        proof["version"] == 1
        and all(isinstance(part, dict) and shaped(part, kind) for part, kind in shapes)
        and all(isinstance(one, str) and is_hex(one) for one in proof["path"])
    )


def root_of_path(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 6962 §2.1.1: the root that a leaf and its siblings give; nothing if there are too few or too many."""
    if not 0 <= index < size:
        return b""
    rest = iter(path)
    while size > 1:
        if index ^ 1 < size:
            sibling = next(rest, b"")
            leaf = sha256(b"\x01" + (sibling + leaf if index & 1 else leaf + sibling))
        index, size = index // 2, (size + 1) // 2
    return b"" if next(rest, None) is not None else leaf


def told(event: str) -> str:
    """An entry in plain words, from its array of columns."""
    columns = json.loads(event)
    event_id_, at, name, _shown, actor_kind = columns[:5]
    words = f"{name} at {at}, by: {actor_kind}"
    for label, value in (("office", columns[7]), ("system", columns[8]), ("for", columns[12])):
        words += f", {label} {value}" if value else ""
    data = json.dumps(columns[14], ensure_ascii=False)
    return f"{words}, about person {columns[9]}, with {data} (entry {event_id_})"


def block_hash(block: Content) -> str:
    """What the hash of a block must be."""
    names = ("number", "previous_hash", "root", "event_count", "sealed_at", "horizon")
    text = "eid-audit-block-v1\n" + "".join(f"{block[name]}\n" for name in names)
    return sha256(text.encode()).hex()


def signed_block(keys: Keys, block: Content) -> bool:
    """Whether the key that the block names signed it."""
    text = f"eid-audit-signature-v1\n{block['key_id']}\n{block['hash']}\n"
    return signed(keys, block["key_id"], block["signature"], text)


def witnessed(keys: Keys, receipt: Content) -> bool:
    """Whether the witness signed for the block and hash; the signature is hexadecimal."""
    lines = (receipt["block"], receipt["hash"], receipt["received_at"])
    text = "eid-anchor-v1\n" + "".join(f"{line}\n" for line in lines)
    return signed(keys, receipt["key_id"], receipt["signature"], text)


def signed(keys: Keys, key_id: str, signature: str, text: str) -> bool:
    """Whether the key signed the text; the signature is hexadecimal."""
    try:
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(keys[key_id]))
        public.verify(bytes.fromhex(signature), text.encode())
    except (KeyError, ValueError, InvalidSignature):
        return False
    return signature == signature.lower()


def moment(text: object) -> datetime | None:
    """A time in UTC as the portal writes it."""
    try:
        read = datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return read if read.strftime("%Y-%m-%dT%H:%M:%S.%fZ") == text else None


def is_hex(text: str) -> bool:
    """Lower case, whole bytes."""
    return len(text) % 2 == 0 and not set(text) - set("0123456789abcdef")


def event_id(text: str) -> str:
    """The id is the first value of the event's array."""
    return text[2:38]


def findings(
    export: Path, keys: Keys, anchors: Path | None, witness_keys: Keys | None
) -> Iterator[str]:
    """All that is wrong."""
    verifier = Verifier(keys, witness_keys)
    with export.open(encoding="utf-8", errors="replace", newline="\n") as lines:
        yield from verifier.export(lines)
    if anchors is not None:
        with anchors.open(encoding="utf-8", errors="replace", newline="\n") as lines:
            yield from verifier.anchors(lines)
    sys.stderr.write(
        f"{len(verifier.hashes)} blocks, {len(verifier.seen)} sealed events, {verifier.waiting} not sealed\n"
    )


def read_proof(path: Path) -> Content | None:
    """The proof in a file; None if it is something else."""
    with path.open("rb") as file:
        start = file.read(PROOF_LONGEST + 1)
    if len(start) > PROOF_LONGEST:
        return None
    text = start.decode(errors="replace").removesuffix("\n")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict) or content.get("kind") != "eid-audit-proof":
        return None
    return parse(text) or {}  # written in another way: no proof


def verify_proof(verifier: ProofVerifier, proof: Content) -> int:
    """Say what holds and what does not; how much does not."""
    wrong = 0
    for holds, what in verifier.check(proof):
        wrong += not holds
        sys.stdout.write(f"{'HOLDS' if holds else 'WRONG'} {what}\n")
    for what in verifier.unchecked(proof):
        sys.stdout.write(f"note: {what}\n")
    told_ = "this is NOT proved" if wrong else "the entry stands in the sealed audit as it is here"
    sys.stdout.write(f"{told_}\n")
    return wrong


def read_keys(path: Path, kind: str) -> Keys:
    """The keys of a file, or of that kind in a file that holds several kinds."""
    content = json.loads(path.read_text(encoding="utf-8"))
    return dict(content.get(kind, content))


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("file", type=Path, metavar="EXPORT or PROOF")
    parser.add_argument("--keys", type=Path, required=True)
    parser.add_argument("--anchors", type=Path)
    parser.add_argument("--timestamp-keys", type=Path)
    given = parser.parse_args()
    keys, witness = read_keys(given.keys, "signing"), None
    if given.timestamp_keys or "timestamp" in json.loads(given.keys.read_text(encoding="utf-8")):
        witness = read_keys(given.timestamp_keys or given.keys, "timestamp")
    proof = read_proof(given.file)
    if proof is not None:
        lines = given.anchors.read_text(encoding="utf-8").splitlines() if given.anchors else None
        return 1 if verify_proof(ProofVerifier(keys, witness, lines), proof) else 0
    wrong = 0
    for finding in findings(given.file, keys, given.anchors, witness):
        wrong += 1
        sys.stdout.write(f"WRONG {finding}\n")
    sys.stdout.write(f"{wrong} findings\n" if wrong else "the audit is as it was sealed\n")
    if given.anchors is None:
        sys.stdout.write("without anchors nobody can see that the end was cut off\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
