"""The tree against the standard: known roots, and every proof against the recursive definition (R13)."""

import hashlib
import random

import pytest

from eventapp.record import tree
from tests.record.paper import Nodes

# The eight leaves and roots with which implementations of RFC 6962 are commonly tested.
LEAVES = [
    bytes.fromhex(one)
    for one in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LARGEST = 64
HASHES = [tree.leaf_hash(str(number).encode()) for number in range(LARGEST)]


# --- the definition, as RFC 6962 §2.1 writes it ---


def defined_root(leaves):
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = split(len(leaves))
    return tree.node_hash(defined_root(leaves[:half]), defined_root(leaves[half:]))


def defined_path(index, leaves):
    if len(leaves) == 1:
        return []
    half = split(len(leaves))
    if index < half:
        return [*defined_path(index, leaves[:half]), defined_root(leaves[half:])]
    return [*defined_path(index - half, leaves[half:]), defined_root(leaves[:half])]


def defined_consistency(old, leaves, whole=True):
    if old == len(leaves):
        return [] if whole else [defined_root(leaves)]
    half = split(len(leaves))
    if old <= half:
        return [*defined_consistency(old, leaves[:half], whole), defined_root(leaves[half:])]
    return [*defined_consistency(old - half, leaves[half:], False), defined_root(leaves[:half])]


def split(size):
    half = 1
    while half * 2 < size:
        half *= 2
    return half


@pytest.fixture(scope="module")
def nodes():
    return Nodes(HASHES)


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_the_reference_vectors(size):
    leaves = [tree.leaf_hash(leaf) for leaf in LEAVES[:size]]
    assert tree.root(Nodes(leaves).read, size).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_hash_of_nothing():
    assert tree.root(Nodes([]).read, 0) == hashlib.sha256(b"").digest()


def test_every_inclusion_proof_up_to_64_leaves_is_the_defined_one_and_verifies(nodes):
    for size in range(1, LARGEST + 1):
        root = defined_root(HASHES[:size])
        assert tree.root(nodes.read, size) == root
        for index in range(size):
            proof = tree.inclusion_proof(nodes.read, index, size)
            assert proof == defined_path(index, HASHES[:size])
            assert tree.verify_inclusion(HASHES[index], index, size, proof, root)


def test_every_consistency_proof_up_to_64_leaves_is_the_defined_one_and_verifies(nodes):
    roots = [defined_root(HASHES[:size]) for size in range(LARGEST + 1)]
    for new in range(1, LARGEST + 1):
        for old in range(1, new + 1):
            proof = tree.consistency_proof(nodes.read, old, new)
            assert proof == defined_consistency(old, HASHES[:new])
            assert tree.verify_consistency(old, new, proof, roots[old], roots[new])
        assert tree.verify_consistency(0, new, [], roots[0], roots[new])


def test_a_forged_inclusion_proof_is_refused(nodes):
    """Another leaf, place, size or hash; one hash more, one fewer, two swapped."""
    chance = random.Random(1)
    for _ in range(5000):
        size = chance.randint(2, LARGEST)
        index = chance.randrange(size)
        root, leaf, proof = tree.root(nodes.read, size), HASHES[index], tree.inclusion_proof(nodes.read, index, size)
        match chance.randrange(6):
            case 0:
                leaf = HASHES[(index + 1) % size]
            case 1:
                index = chance.choice([one for one in range(size) if one != index] + [size, -1])
            case 2:
                proof = proof[:-1]
            case 3:
                proof = [*proof, chance.randbytes(32)]
            case 4:
                place = chance.randrange(len(proof))
                proof[place] = flipped(proof[place], chance)
            case 5:
                root = flipped(root, chance)
        assert not tree.verify_inclusion(leaf, index, size, proof, root)


def test_a_forged_consistency_proof_is_refused(nodes):
    chance = random.Random(2)
    for _ in range(5000):
        new = chance.randint(3, LARGEST)
        old = chance.randrange(1, new)
        proof = tree.consistency_proof(nodes.read, old, new)
        old_root, new_root = tree.root(nodes.read, old), tree.root(nodes.read, new)
        match chance.randrange(5):
            case 0:
                old_root = flipped(old_root, chance)
            case 1:
                new_root = flipped(new_root, chance)
            case 2:
                proof = proof[:-1]
            case 3:
                proof = [*proof, chance.randbytes(32)]
            case 4:
                place = chance.randrange(len(proof))
                proof[place] = flipped(proof[place], chance)
        assert not tree.verify_consistency(old, new, proof, old_root, new_root)


def test_a_leaf_cannot_pass_for_a_node():
    """Without the byte in front, the two hashes of a node would be a leaf of 64 bytes (second preimage)."""
    assert tree.leaf_hash(HASHES[0] + HASHES[1]) != tree.node_hash(HASHES[0], HASHES[1])


def test_a_growing_frontier_has_the_root_and_the_nodes_of_the_stored_tree(nodes):
    frontier, made = tree.Frontier(), {}
    for size, leaf in enumerate(HASHES, start=1):
        made |= frontier.add(leaf)
        assert (frontier.size, frontier.root()) == (size, tree.root(nodes.read, size))
    assert made == {place: hashed for place, hashed in nodes.hashes.items() if place[0] > 0}


def test_a_frontier_can_begin_in_the_middle(nodes):
    for began in range(LARGEST):
        frontier = tree.Frontier(began, nodes.read(tree.complete_subtrees(0, began)))
        for leaf in HASHES[began:]:
            frontier.add(leaf)
        assert frontier.root() == tree.root(nodes.read, LARGEST)


def test_a_proof_in_a_large_tree_reads_few_hashes():
    size = 100_000
    nodes = Nodes([number.to_bytes(32, "big") for number in range(size)])
    nodes.asked = 0
    proof = tree.inclusion_proof(nodes.read, 54_321, size)
    assert len(proof) == 17
    assert nodes.asked <= 2 * 17


def flipped(hashed, chance):
    place = chance.randrange(len(hashed))
    return hashed[:place] + bytes([hashed[place] ^ 1 << chance.randrange(8)]) + hashed[place + 1 :]
