"""Merkle trees and the proof that one event is sealed."""

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eid_portal.core import audit, audit_proofs, audit_sealing, keys, merkle
from eid_portal.core.events import SYSTEM
from tests.core.happenings import Happened


def split_root(leaves: list[bytes]) -> bytes:
    """The definition of RFC 6962 §2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    left, right = split_root(leaves[:k]), split_root(leaves[k:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def some_leaves(count: int) -> list[bytes]:
    return [merkle.leaf_hash(str(number).encode()) for number in range(count)]


def test_the_tree_is_that_of_certificate_transparency() -> None:
    # The test vectors of the reference implementation (certificate-transparency, merkle_tree_test).
    inputs = [
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    ]
    leaves = [merkle.leaf_hash(bytes.fromhex(text)) for text in inputs]

    assert leaves[0].hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert (
        merkle.root(leaves).hex()
        == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    )


@pytest.mark.parametrize("count", range(1, 40))
def test_every_path_leads_to_the_root_of_the_definition(count: int) -> None:
    leaves = some_leaves(count)
    root = merkle.root(leaves)

    assert root == split_root(leaves)
    for index, leaf in enumerate(leaves):
        path = merkle.path(leaves, index)
        assert merkle.root_of_path(leaf, index, count, path) == root


@given(count=st.integers(2, 60), data=st.data())
def test_a_path_proves_nothing_else(count: int, data: st.DataObject) -> None:
    leaves = some_leaves(count)
    root = merkle.root(leaves)
    index = data.draw(st.integers(0, count - 1))
    path = merkle.path(leaves, index)
    other = data.draw(st.integers(0, count - 1).filter(lambda other: other != index))

    assert merkle.root_of_path(leaves[other], index, count, path) != root
    assert merkle.root_of_path(leaves[index], other, count, path) != root
    assert merkle.root_of_path(leaves[index], index, count, path[:-1]) != root
    assert merkle.root_of_path(leaves[index], index, count, [*path, leaves[0]]) is None
    assert merkle.root_of_path(leaves[index], count, count, path) is None


def test_a_node_is_no_leaf() -> None:
    left, right = some_leaves(2)

    assert merkle.leaf_hash(left + right) != merkle.node_hash(left, right)


def test_each_sealed_event_has_a_proof_that_holds_and_no_other_does(db: None) -> None:
    events = [audit.record(Happened(what=f"số {n}"), actor=SYSTEM) for n in range(7)]
    audit_sealing.seal()
    public = keys.public_keys("audit_signing")

    proofs = [audit_proofs.prove(event.pk) for event in events]

    for proof in proofs:
        assert audit_proofs.holds(proof, public)
        assert not audit_proofs.holds(replace(proof, event=proof.event.replace("số", "sồ")), public)
        assert not audit_proofs.holds(replace(proof, index=(proof.index + 1) % 7), public)
        assert not audit_proofs.holds(replace(proof, path=proof.path[1:]), public)
        for name in ("number", "event_count"):
            block = replace(proof.block, **{name: getattr(proof.block, name) + 1})
            assert not audit_proofs.holds(replace(proof, block=block), public)
        for name in ("previous_hash", "root", "hash", "signature"):
            value = getattr(proof.block, name)
            block = replace(proof.block, **{name: bytes([value[0] ^ 1]) + value[1:]})
            assert not audit_proofs.holds(replace(proof, block=block), public)
        for name in ("sealed_at", "horizon", "key_id"):
            block = replace(proof.block, **{name: getattr(proof.block, name) + "0"})
            assert not audit_proofs.holds(replace(proof, block=block), public)
    assert not audit_proofs.holds(proofs[0], {})
    assert proofs[0].document()["block"]["root"] == proofs[0].block.root.hex()


def test_an_event_that_waits_has_no_proof_yet(db: None) -> None:
    event = audit.record(Happened(what="now"), actor=SYSTEM)

    with pytest.raises(audit_proofs.NotSealedYet):
        audit_proofs.prove(event.pk)
