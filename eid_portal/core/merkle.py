"""Merkle trees as in RFC 6962 §2.1: one root stands for a list of leaves; a path proves that one leaf is among them.

Leaves and nodes are hashed with different first bytes, so that no node can be passed off as a leaf.
"""

import hashlib
from collections.abc import Sequence


def leaf_hash(data: bytes) -> bytes:
    """SHA-256 of 0x00 and the data."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and the two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes, which are in order and at least one."""
    level = list(leaves)
    while len(level) > 1:
        level = _above(level)
    return level[0]


def path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from a leaf up to the root (RFC 6962 §2.1.1)."""
    level, siblings = list(leaves), []
    while len(level) > 1:
        if index ^ 1 < len(level):
            siblings.append(level[index ^ 1])
        level, index = _above(level), index // 2
    return siblings


def root_of_path(leaf: bytes, index: int, size: int, siblings: Sequence[bytes]) -> bytes | None:
    """The root that a leaf at ``index`` of ``size`` and its siblings give; None if there are too few or too many."""
    if not 0 <= index < size:
        return None
    rest = iter(siblings)
    while size > 1:
        if index ^ 1 < size:
            sibling = next(rest, None)
            if sibling is None:
                return None
            leaf = node_hash(sibling, leaf) if index & 1 else node_hash(leaf, sibling)
        index, size = index // 2, (size + 1) // 2
    return leaf if next(rest, None) is None else None


def _above(level: list[bytes]) -> list[bytes]:
    """The next level; an odd last node rises as it is, which gives the same tree as the RFC's split."""
    pairs = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
    return pairs + level[len(level) // 2 * 2 :]
