"""Receipts: a citizen's own proof that an entry is in the record, checkable without the server.

A receipt (``.tlog-proof``) holds the entry, which has commitments and no text, the way to the root and the signed
root. The *opening* is the other half: the salts, and if wanted the texts, of the entry's fields. Receipt and
opening together prove what was sent; the opening goes to its author alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from eventapp.db import reading
from eventapp.record import proof, store, tree
from eventapp.record.canonical import CanonicalError, canonical, encoded
from eventapp.record.checkpoint import BadProofError, Checkpoint
from eventapp.record.checkpoint import verify as verify_checkpoint
from eventapp.record.commitments import attachment_name, commitment
from eventapp.record.errors import NoSuchRecordError, SigningRefusedError
from eventapp.record.signing import checkpoint_covering, key_ring

OPENING_FORM = "eventapp-opening"
SALT = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Receipt:
    """What a verified receipt says. ``entry`` is the parsed entry, see :mod:`eventapp.record.entries`."""

    entry: dict[str, Any]
    entry_text: str
    checkpoint: Checkpoint

    @property
    def received_at(self) -> datetime:
        """Aware UTC."""
        return datetime.fromisoformat(self.entry["received_at"])

    @property
    def commitments(self) -> dict[str, str]:
        """Part name -> commitment, attachments among them."""
        found = {part["name"]: part["commitment"] for part in self.entry["parts"]}
        for place, one in enumerate(self.entry["attachments"]):
            found[attachment_name(place)] = one["commitment"]
        return found


@dataclass(frozen=True)
class Opened:
    """Which parts of an entry an opening and the given originals account for, each sorted by name.

    ``unchecked``: names of files that nothing can be said of, for the keys of some parts are not there.
    """

    shown: list[str]
    not_shown: list[str]
    unchecked: list[str]


def receipt(log_id: str, seq: int) -> str:
    """The receipt of an entry as text. Call it after the entry is committed, outside a write transaction.

    :raises NoSuchRecordError: when there is no such entry.
    :raises SigningRefusedError: when the record cannot be signed, or an earlier signature does not fit it any more.
    """
    checkpoint = checkpoint_covering(log_id, seq + 1)
    with reading() as conn:
        entry = store.entry(conn, log_id, seq)
        try:
            hashes = tree.inclusion_proof(store.reader(conn, log_id), seq, checkpoint.size)
        except LookupError as gap:
            raise SigningRefusedError("More entries were signed than there are.") from gap
    leaf = tree.leaf_hash(entry.text.encode())
    if not tree.verify_inclusion(leaf, seq, checkpoint.size, hashes, checkpoint.root):
        raise SigningRefusedError("The entry is not in the tree that was signed.")
    return proof.write(proof.Proof(entry.text.encode(), seq, hashes, checkpoint.text))


def verify_receipt(text: str, public_keys: Collection[bytes] | None = None) -> Receipt:
    """What a receipt proves.

    :param public_keys: trusted Ed25519 keys of 32 bytes; ``None`` takes those of this installation.
    :raises BadProofError: when it proves nothing; ``code`` says why.
    """
    trusted = key_ring().trusted if public_keys is None else public_keys
    found = proof.parse(text)
    checkpoint = verify_checkpoint(found.checkpoint, trusted)
    leaf = tree.leaf_hash(found.entry)
    if not tree.verify_inclusion(leaf, found.index, checkpoint.size, found.hashes, checkpoint.root):
        raise BadProofError("entry", "The entry is not in the signed record.")
    entry: dict[str, Any] = json.loads(found.entry)  # authentic from here on: we wrote it
    if entry["seq"] != found.index:
        raise BadProofError("entry", "The entry stands at another place than it says.")
    return Receipt(entry, found.entry.decode(), checkpoint)


def held_against_tree(found: Receipt) -> bool | None:
    """Whether the record kept here still holds what a verified receipt states; None when it is of no case here.

    A receipt that somebody got is a witness: of a record that was made anew it says so.
    """
    head = found.checkpoint
    with reading() as conn:
        try:
            log = store.log_of_slug(conn, head.origin.rpartition("/")[2])
        except NoSuchRecordError:
            return None
        if log.origin != head.origin:
            return None
        try:
            entry = store.entry(conn, log.id, found.entry["seq"])
            root = tree.root(store.reader(conn, log.id), head.size)
        except (NoSuchRecordError, LookupError):
            return False
    return head.size <= log.size and entry.text == found.entry_text and root == head.root


def opening(log_id: str, seq: int, values: Mapping[str, Any] | None = None) -> str:
    """The salts of an entry's parts as a small JSON file for its author; parts that were erased are left out.

    :param values: part name -> value, to be put beside the salts; without it the file holds no text, and the
        author shows the own copy to the verifier.
    """
    with reading() as conn:
        entry = store.entry(conn, log_id, seq)
    return opening_text(entry, values or {})


def opening_text(entry: store.Entry, values: Mapping[str, Any]) -> str:
    """The opening of an entry, on one line."""
    told = [_told(name, salt, values) for name, salt in sorted(entry.salts.items()) if salt is not None]
    return canonical({"form": OPENING_FORM, "v": 1, "parts": told}).decode() + "\n"


def _told(name: str, salt: str, values: Mapping[str, Any]) -> dict[str, Any]:
    told = {"name": name, "salt": salt}
    return told | {"value": values[name]} if name in values else told


def verify_opening(found: Receipt, text: str | None, originals: Sequence[tuple[str, bytes]] = ()) -> Opened:
    """Hold an opening, and the author's own files (name, bytes), against the commitments of a verified receipt.

    A part without a value in the opening may be shown by one of ``originals``: as a text file, or as an attachment.
    Without an opening nothing is shown, and no file is checked.

    :raises BadProofError: ``opening``, when it is none or says something else than the receipt; ``file``, when it has
        the key of every part and a file is none of them.
    """
    commitments = found.commitments
    parts = [] if text is None else _opening_parts(text)
    readings = [(name, _readings(content)) for name, content in originals]
    every = [one for _, some in readings for one in some]
    shown = [part["name"] for part in parts if _shows(part, commitments, every)]
    others = [name for name, some in readings if not any(_fits(part, commitments, some) for part in parts)]
    if others and commitments.keys() <= {part["name"] for part in parts}:
        raise BadProofError("file", "A file is not the one that was received.", tuple(others))
    return Opened(sorted(shown), sorted(set(commitments) - set(shown)), others)


def _shows(part: dict[str, Any], commitments: dict[str, str], readings: Sequence[bytes]) -> bool:
    """Whether the part's content was shown; a content that is shown and wrong is a refusal."""
    if part["name"] not in commitments:
        raise BadProofError("opening", "The opening is of another entry.")
    if "value" not in part:
        return _fits(part, commitments, readings)
    if not _fits(part, commitments, [_content(part["value"])]):
        raise BadProofError("opening", "A text is not the one that was received.")
    return True


def _fits(part: dict[str, Any], commitments: dict[str, str], readings: Sequence[bytes]) -> bool:
    salt, wanted = bytes.fromhex(part["salt"]), commitments[part["name"]]
    return any(commitment(salt, one) == wanted for one in readings)


def _opening_parts(text: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(text, parse_float=_whole, parse_constant=_whole, object_pairs_hook=_named_once)
        form, version, parts = told["form"], told["v"], told["parts"]
    except (ValueError, RecursionError, LookupError, TypeError):
        raise BadProofError("opening", "The file is no opening of a receipt.") from None
    is_form = form == OPENING_FORM and repr(version) == "1" and isinstance(parts, list)
    if not is_form or not all(map(_is_part, parts)):
        raise BadProofError("opening", "The file is no opening of a receipt.")
    return list(parts)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a name that comes twice some programs read the first and others the last."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("A name comes twice.")
    return found


def _whole(text: str) -> int:
    """``1.0`` and ``1e2`` are whole numbers to a browser, so they are here."""
    number = float(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)


def _is_part(one: Any) -> bool:
    if not isinstance(one, dict) or not isinstance(one.get("name"), str):
        return False
    return isinstance(one.get("salt"), str) and SALT.fullmatch(one["salt"]) is not None


def _content(value: Any) -> bytes:
    """The server wrote it normalised; another Unicode version must not normalise it once more."""
    try:
        return encoded(value)
    except CanonicalError as fault:
        raise BadProofError("opening", str(fault)) from fault


def _readings(original: bytes) -> list[bytes]:
    """What a file may have been committed as: an attachment, a text, a text without blanks around it."""
    found = [canonical(hashlib.sha256(original).hexdigest())]
    try:
        text = original.decode("utf-8-sig").replace("\r\n", "\n")
    except ValueError:
        return found
    return [*found, encoded(text), canonical(text), canonical(text.strip(" \t\n"))]
