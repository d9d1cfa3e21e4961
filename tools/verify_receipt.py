#!/usr/bin/env python3
"""Check a receipt of the record without the server that gave it.

    python verify_receipt.py --key KEY receipt.tlog-proof
    python verify_receipt.py --key KEY receipt.tlog-proof --opening opening.json --original my-answer.txt plan.pdf

KEY is the authority's public key in base64, as printed at /record/key; give it more than once if keys were changed.
Get it by another way than the receipt: from a printed report, a council clerk, an earlier copy.
Says YES with what was proven, or NO with the reason, and ends with 0 or 1.

Needs Python 3.10 or newer and the package "cryptography". Stands alone on purpose: it shares no code with the product
or with the page, so that a mistake in one of them is seen by the others.
Formats: c2sp.org/tlog-proof, c2sp.org/tlog-checkpoint, c2sp.org/signed-note, RFC 6962, RFC 8785.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import sys
import unicodedata
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_BYTES, MAX_HASHES, MAX_SIGNATURES, MAX_NUMBER = 65536, 63, 16, 2**53 - 1
NAME = re.compile(r"[!-*,-~]+\Z")


class ProofError(Exception):
    """The receipt proves nothing; the text says why."""


def require(condition: object, why: str) -> None:
    if not condition:
        raise ProofError(why)


def sha(*pieces: bytes) -> bytes:
    return hashlib.sha256(b"".join(pieces)).digest()


def unbase64(text: str) -> bytes:
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except ValueError:
        raise ProofError("malformed base64") from None
    require(base64.b64encode(raw) == text.encode("ascii"), "base64 in an unusual spelling")
    return raw


def unhash(text: str) -> bytes:
    raw = unbase64(text)
    require(len(raw) == 32, "a hash has not 32 bytes")
    return raw


def whole(text: str) -> int:
    require(re.match(r"(0|[1-9][0-9]{0,15})\Z", text) and int(text) <= MAX_NUMBER, "malformed number")
    return int(text)


def read_head(note: str, keys: list[bytes]) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint that one of the keys signed."""
    match = re.match(r"([^\n]*)\n([^\n]*)\n([^\n]*)\n\n((?:[^\n]*\n)*)\Z", note)
    if match is None:
        raise ProofError("malformed checkpoint")
    origin, size, root = match[1], whole(match[2]), unhash(match[3])
    require(NAME.match(origin), "malformed origin")
    lines = match[4].split("\n")[:-1]
    require(len(lines) <= MAX_SIGNATURES and len(set(lines)) == len(lines), "malformed signatures")
    by_id = {sha(origin.encode(), b"\n\x01", key)[:4]: key for key in keys}
    signed = [read_signature(line) for line in lines]
    ours = [(by_id[raw[:4]], raw[4:]) for name, raw in signed if name == origin and raw[:4] in by_id]
    require(ours, "no trusted key signed the checkpoint")
    for key, signature in ours:
        try:
            Ed25519PublicKey.from_public_bytes(key).verify(signature, note[: match.start(4) - 1].encode())
        except InvalidSignature:
            raise ProofError("wrong signature") from None
    return origin, size, root


def read_signature(line: str) -> tuple[str, bytes]:
    match = re.match("— ([!-*,-~]+) ([A-Za-z0-9+/=]+)\\Z", line)
    if match is None:
        raise ProofError("malformed signature line")
    raw = unbase64(match[2])
    require(len(raw) > 4, "malformed signature line")
    return match[1], raw


def climb(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """The root that the path leads to: first inside the largest subtree around the leaf, then along its right edge."""
    require(index < size, "the entry is beyond the end of the record")
    inner = (index ^ (size - 1)).bit_length()
    require(len(path) == inner + bin(index >> inner).count("1"), "the proof has not the right length")
    for level, other in enumerate(path):
        is_left = level < inner and not index >> level & 1
        leaf = sha(b"\x01", leaf, other) if is_left else sha(b"\x01", other, leaf)
    return leaf


def check_receipt(data: bytes, keys: list[bytes]) -> dict[str, Any]:
    """The entry that the receipt proves, with ``origin``, ``size`` and ``commitments`` beside."""
    require(len(data) <= MAX_BYTES, "too long for a receipt")
    try:
        head, _, note = data.decode("utf-8").partition("\n\n")
    except ValueError:
        raise ProofError("not UTF-8") from None
    lines = head.split("\n")
    require(len(lines) >= 3 and lines[0] == "c2sp.org/tlog-proof@v1", "this is not a receipt")
    require(lines[1].startswith("extra ") and lines[2].startswith("index "), "this is not a receipt")
    require(len(lines) - 3 <= MAX_HASHES, "too many hashes")
    text, index, path = unbase64(lines[1][6:]), whole(lines[2][6:]), [unhash(line) for line in lines[3:]]
    origin, size, root = read_head(note, keys)
    require(climb(sha(b"\x00", text), index, size, path) == root, "the entry is not in the signed record")
    entry: dict[str, Any] = json.loads(text)
    require(entry["seq"] == index, "the entry stands at another place than it says")
    commitments = {part["name"]: part["commitment"] for part in entry["parts"]}
    commitments.update({f"attachment:{i}": one["commitment"] for i, one in enumerate(entry["attachments"])})
    return {**entry, "origin": origin, "size": size, "commitments": commitments}


def check_opening(entry: dict[str, Any], text: str, originals: list[bytes]) -> list[str]:
    """Names of the parts whose content the opening, or one of the originals, shows to be the one received."""
    parts, shown = read_opening(text), []
    candidates = [one for original in originals for one in readings(original)]
    for part in parts:
        wanted, salt = entry["commitments"].get(part["name"]), bytes.fromhex(part["salt"])
        require(wanted, "the opening is of another entry")
        if "value" in part:
            content = canonical(part["value"])
            require(sha(salt, content).hex() == wanted, f"{part['name']} is not what was received")
        if "value" in part or any(sha(salt, one).hex() == wanted for one in candidates):
            shown.append(part["name"])
    return sorted(shown)


def read_opening(text: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(text, parse_float=integral, parse_constant=integral)
        parts: list[dict[str, Any]] = told["parts"]
        ok = told["form"] == "eventapp-opening" and repr(told["v"]) == "1" and type(parts) is list
        ok = ok and all(map(is_part, parts))
    except (ValueError, LookupError, TypeError, RecursionError):
        ok = False
    require(ok, "this is not an opening")
    return parts


def is_part(part: dict[str, Any]) -> bool:
    return isinstance(part["name"], str) and re.match(r"[0-9a-f]{64}\Z", part["salt"]) is not None


def integral(text: str) -> int:
    number = float(text)
    if not number.is_integer():
        raise ValueError(text)
    return int(number)


def readings(original: bytes) -> list[bytes]:
    found = [canonical(hashlib.sha256(original).hexdigest())]
    try:
        text = original.decode("utf-8-sig").replace("\r\n", "\n")
    except ValueError:
        return found
    composed = unicodedata.normalize("NFC", text)
    return [*found, canonical(text), canonical(composed), canonical(composed.strip(" \t\n"))]


def canonical(value: Any) -> bytes:
    """RFC 8785 for what the record takes: texts, whole numbers, booleans, null, lists and objects of them."""
    try:
        return written(value).encode("utf-8")
    except ValueError:
        raise ProofError("a value has no canonical form") from None


def written(value: Any) -> str:
    if isinstance(value, dict):
        names = sorted(value, key=lambda name: name.encode("utf-16-be"))
        return "{" + ",".join(f"{written(name)}:{written(value[name])}" for name in names) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    if isinstance(value, int) and abs(value) > MAX_NUMBER:
        raise ValueError(value)
    return json.dumps(value, ensure_ascii=False)


def main() -> int:
    asked = argparse.ArgumentParser(description="Check a receipt of the record.")
    asked.add_argument("receipt", type=Path)
    asked.add_argument("--key", action="append", required=True, help="trusted public key in base64")
    asked.add_argument("--opening", type=Path, help="the file with the salts of the entry")
    asked.add_argument("--original", type=Path, nargs="*", default=[], help="texts or files that were sent")
    given = asked.parse_args()
    try:
        entry = check_receipt(given.receipt.read_bytes(), [unhash(key) for key in given.key])
        shown = []
        if given.opening:
            shown = check_opening(entry, given.opening.read_text("utf-8"), [one.read_bytes() for one in given.original])
    except ProofError as why:
        print(f"NO: {why}")
        return 1
    print(f"YES: entry {entry['seq']} ({entry['kind']}) of {entry['origin']}, received {entry['received_at']},")
    print(f"     is in the record of {entry['size']} entries that was signed.")
    for name in sorted(entry["commitments"]):
        print(f"     {name}: {'is what was received' if name in shown else 'not shown'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
