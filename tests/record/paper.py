"""A log on paper: entries, tree, heads and receipts without a database."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eventapp.record import proof, tree
from eventapp.record.canonical import canonical
from eventapp.record.checkpoint import Checkpoint, sign
from eventapp.record.commitments import Attachment, Sealed, seal
from eventapp.record.entries import Facts, entry_text
from eventapp.record.tree import Position

ORIGIN = "kobenhavn/case/narkotika"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = KEY.public_key().public_bytes_raw()
PUBLIC_TEXT = base64.b64encode(PUBLIC).decode()
AT = datetime(2023, 11, 24, 10, 58, 7, tzinfo=UTC)


class Nodes:
    """What a log keeps of a tree, and how many hashes were read from it."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.hashes: dict[Position, bytes] = {}
        self.asked = 0
        for index, leaf in enumerate(leaves):
            neighbours = [self.hashes[place] for place in tree.left_neighbours(index)]
            self.hashes.update(tree.completed(index, leaf, neighbours))
            self.hashes[0, index] = leaf

    def read(self, positions: Sequence[Position]) -> list[bytes]:
        self.asked += len(positions)
        return [self.hashes[place] for place in positions]


class PaperLog:
    """So many answers, each with a text, a name and one attachment."""

    def __init__(self, size: int) -> None:
        self.texts = [f"Svar nummer {number}\nmed æ, ø og å" for number in range(size)]
        self.files = [f"Bilag {number}".encode() for number in range(size)]
        self.sealed = [self._sealed(number) for number in range(size)]
        self.entries = [self._entry(number) for number in range(size)]
        self.nodes = Nodes([tree.leaf_hash(entry) for entry in self.entries])

    def head(self, size: int, *keys: Ed25519PrivateKey, origin: str = ORIGIN) -> Checkpoint:
        return sign(keys or (KEY,), origin, size, tree.root(self.nodes.read, size))

    def receipt(self, index: int, size: int, head: Checkpoint | None = None) -> str:
        hashes = tree.inclusion_proof(self.nodes.read, index, size)
        return proof.write(proof.Proof(self.entries[index], index, hashes, (head or self.head(size)).text))

    def opening(self, index: int, *, with_text: bool = True) -> str:
        parts: list[dict[str, Any]] = [
            {"name": part.name, "salt": part.salt.hex()} for part in self.sealed[index].all_parts
        ]
        for part in parts:
            if with_text and part["name"] == "text":
                part["value"] = self.texts[index]
        return canonical({"form": "eventapp-opening", "v": 1, "parts": parts}).decode()

    def _sealed(self, number: int) -> Sealed:
        file = Attachment(hashlib.sha256(self.files[number]).hexdigest(), len(self.files[number]), "text/plain")
        return seal({"text": self.texts[number], "name": "Anna Andersen"}, [file])

    def _entry(self, number: int) -> bytes:
        facts = Facts("narkotika", number, "answer", f"{number:032x}", AT, AT, None, AT, False)
        return entry_text(facts, self.sealed[number]).encode()
