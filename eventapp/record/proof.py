"""The C2SP "tlog-proof" text: an entry, its place, the way to the root, and the signed root. A receipt is one.

::

    c2sp.org/tlog-proof@v1
    extra <base64 of the entry>
    index 41
    <base64 hash, one a line, the leaf's neighbour first>

    <the checkpoint, word for word>

The format lets an application carry what is needed to rebuild the leaf in ``extra``: here that is the entry as
canonical JSON. Nothing stands before the first line: what a reader sees must be what the proof covers.
Source: c2sp.org/tlog-proof.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from eventapp.record.checkpoint import BadProofError, base64_bytes, hash_of, hash_text, number

FIRST_LINE = "c2sp.org/tlog-proof@v1"
LARGEST_PROOF = 64 * 1024  # bytes; a real one has about 2 kB
MOST_HASHES = 63


@dataclass(frozen=True)
class Proof:
    """A parsed proof that nobody has verified yet. ``checkpoint`` is the signed text."""

    entry: bytes
    index: int
    hashes: list[bytes]
    checkpoint: str


def write(proof: Proof) -> str:
    """The proof as text."""
    lines = [
        FIRST_LINE,
        f"extra {base64.b64encode(proof.entry).decode()}",
        f"index {proof.index}",
        *map(hash_text, proof.hashes),
    ]
    return "\n".join(lines) + f"\n\n{proof.checkpoint}"


def parse(text: str) -> Proof:
    """Read a proof strictly: one text for each proof, so that no altered copy passes.

    :raises BadProofError: format.
    """
    if len(text.encode("utf-8", "surrogatepass")) > LARGEST_PROOF:
        raise BadProofError("format", "Too long for a receipt.")
    head, blank, checkpoint = text.partition("\n\n")
    try:
        first, entry, index, *hashes = head.split("\n")
    except ValueError:
        raise BadProofError("format", "This is not a receipt.") from None
    if not blank or first != FIRST_LINE or len(hashes) > MOST_HASHES:
        raise BadProofError("format", "This is not a receipt.")
    return Proof(
        entry=base64_bytes(_after("extra ", entry)),
        index=number(_after("index ", index)),
        hashes=[hash_of(line) for line in hashes],
        checkpoint=checkpoint,
    )


def _after(word: str, line: str) -> str:
    if not line.startswith(word):
        raise BadProofError("format", f"The line {word.strip()} is missing.")
    return line[len(word) :]
