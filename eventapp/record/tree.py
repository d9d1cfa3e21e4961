"""The Merkle tree of RFC 6962 / RFC 9162: hashes, root, proofs and their verification.

Nothing here knows a database. What is stored of a tree is the hash of every *complete* subtree, addressed by
``(level, position)``: level 0 are the leaves, a node at level L covers 2^L of them. Each root and each hash of a
proof is folded from at most log2(size) of those, and an append stores only the subtrees that it completes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

Position = tuple[int, int]  # level, position from the left within the level
Read = Callable[[Sequence[Position]], Sequence[bytes]]  # the stored hashes of those subtrees, in the order asked

EMPTY_ROOT = hashlib.sha256(b"").digest()
HASH_BYTES = 32


def leaf_hash(entry: bytes) -> bytes:
    """RFC 9162 §2.1.1; the first byte keeps leaves and nodes apart."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


# --- which subtrees ----------------------------------------------------------------------------------------


def complete_subtrees(start: int, end: int) -> list[Position]:
    """The complete subtrees that cover the leaves ``[start, end)``, left to right, each as large as can be.

    ``start`` must be a multiple of the largest power of two within the length, as it is in all splits of RFC 9162.
    """
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over complete subtrees that stand side by side, largest first."""
    if not hashes:
        return EMPTY_ROOT
    *rest, whole = hashes
    for left in reversed(rest):
        whole = node_hash(left, whole)
    return whole


def _split(length: int) -> int:
    """The largest power of two smaller than ``length``."""
    return 1 << ((length - 1).bit_length() - 1)


def _range_hashes(read: Read, ranges: Sequence[tuple[int, int]]) -> list[bytes]:
    """The hash of each range of leaves, with one read for all of them."""
    parts = [complete_subtrees(start, end) for start, end in ranges]
    hashes = iter(read([position for part in parts for position in part]))
    return [fold([next(hashes) for _ in part]) for part in parts]


# --- making ------------------------------------------------------------------------------------------------


def root(read: Read, size: int) -> bytes:
    """The root of the first ``size`` leaves."""
    return fold(read(complete_subtrees(0, size)))


def inclusion_proof(read: Read, index: int, size: int) -> list[bytes]:
    """The hashes on the way from leaf ``index`` to the root at ``size``, lowest first (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ValueError("The leaf is not in the tree.")
    start, end, ranges = 0, size, []
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return _range_hashes(read, ranges[::-1])


def consistency_proof(read: Read, old: int, new: int) -> list[bytes]:
    """The hashes that show the tree of size ``new`` to begin with that of size ``old`` (RFC 9162 §2.1.4.1)."""
    if not 0 <= old <= new:
        raise ValueError("The older tree is larger than the newer one.")
    if old in {0, new}:
        return []
    start, end, ranges = 0, new, []
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return _range_hashes(read, ranges[::-1])


def left_neighbours(index: int) -> list[Position]:
    """The stored subtrees that leaf ``index`` completes to larger ones, lowest first; none for an even index."""
    found = []
    level, position = 0, index
    while position & 1:
        found.append((level, position - 1))
        level, position = level + 1, position >> 1
    return found


def last_leaf(place: Position) -> int:
    """The leaf that completes a subtree: its last one."""
    level, position = place
    return ((position + 1) << level) - 1


def completed(index: int, leaf: bytes, neighbours: Sequence[bytes]) -> dict[Position, bytes]:
    """The subtrees above the leaves that become complete when ``leaf`` is added at ``index``.

    :param neighbours: hashes of :func:`left_neighbours`.
    """
    found: dict[Position, bytes] = {}
    hashed, position = leaf, index
    for level, left in enumerate(neighbours, start=1):
        hashed, position = node_hash(left, hashed), position >> 1
        found[level, position] = hashed
    return found


class Frontier:
    """A tree that grows leaf by leaf and remembers only what it needs for its root."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """:param hashes: of the complete subtrees over ``[0, size)``, largest first."""
        self.size = size
        self._hashes = list(hashes)

    def add(self, leaf: bytes) -> dict[Position, bytes]:
        """Add a leaf; returns the subtrees above it that it completed."""
        neighbours = [self._hashes.pop() for _ in left_neighbours(self.size)]
        nodes = completed(self.size, leaf, neighbours)
        self._hashes.append(nodes[max(nodes)] if nodes else leaf)
        self.size += 1
        return nodes

    def root(self) -> bytes:
        return fold(self._hashes)


# --- verifying ---------------------------------------------------------------------------------------------


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], wanted_root: bytes) -> bool:
    """Whether ``proof`` shows the leaf hash to stand at ``index`` under the root at ``size`` (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, hashed = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            hashed = node_hash(other, hashed)
            node, last = _up_to_right_turn(node, last)
        else:
            hashed = node_hash(hashed, other)
        node, last = node >> 1, last >> 1
    return last == 0 and hashed == wanted_root


def verify_consistency(old: int, new: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether ``proof`` shows the older tree to be the beginning of the newer one (RFC 9162 §2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    if old == new:
        return not proof and old_root == new_root
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    older = newer = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            older, newer = node_hash(other, older), node_hash(other, newer)
            node, last = _up_to_right_turn(node, last)
        else:
            newer = node_hash(newer, other)
        node, last = node >> 1, last >> 1
    return last == 0 and older == old_root and newer == new_root


def _up_to_right_turn(node: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the path has no neighbour to the right."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last
