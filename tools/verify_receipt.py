#!/usr/bin/env python3
"""Check a receipt of the record without the server that gave it.

    python verify_receipt.py --key KEY receipt.tlog-proof
    python verify_receipt.py --key KEY receipt.tlog-proof --opening opening.json --original my-answer.txt plan.pdf

KEY is the authority's public key in base64, as printed at /record/key; give it more than once if keys were changed.
Get it by another way than the receipt: from a printed report, a council clerk, an earlier copy.
Says YES with what was proven, or NO with the reason, and ends with 0 or 1. A file that
is not the one that was received is a NO, beside a good receipt too; without its key it is named as not checked.

Needs Python 3.10 or newer and the package "cryptography". Stands alone on purpose: it shares no code with the product
or with the page, so that a mistake in one of them is seen by the others.
Formats: c2sp.org/tlog-proof, c2sp.org/tlog-checkpoint, c2sp.org/signed-note, RFC 6962, RFC 8785.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
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
NO_SIGN_OF_A_SIGNER = "\0- +\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"  # blanks, controls, the plus


class ProofError(Exception):
    """The receipt proves nothing; the text says why."""


class FileError(ProofError):
    """The receipt is good; files are not those that were received."""


def require(condition: object, why: str) -> None:
    if not condition:
        raise ProofError(why)


def sha(*pieces: bytes) -> bytes:
    return hashlib.sha256(b"".join(pieces)).digest()


def read_text(data: bytes) -> str:
    """UTF-8, UTF-16 or Windows-1252 with lines that end in one way; what follows the last line does not count."""
    codings = [("utf-8-sig", b"\xef\xbb\xbf"), ("utf-16", b"\xff\xfe"), ("utf-16", b"\xfe\xff")]
    marked = [name for name, mark in codings if data.startswith(mark)]
    for name in marked or ["utf-8", "cp1252"]:
        try:
            text = data.decode(name)
        except ValueError:
            continue
        bare = text.replace("\r\n", "")
        if "\r\n" in text and "\r" not in bare and "\n" not in bare:
            text = text.replace("\r\n", "\n")
        elif "\n" not in text:
            text = text.replace("\r", "\n")
        return text.rstrip("\n") + "\n"
    raise ProofError("this is no text")


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
    match = re.match(f"— ([^{NO_SIGN_OF_A_SIGNER}]+) ([A-Za-z0-9+/=]+)\\Z", line)
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
    whole_text = read_text(data)
    require(len(whole_text.encode("utf-8", "surrogatepass")) <= MAX_BYTES, "too long for a receipt")
    head, _, note = whole_text.partition("\n\n")
    lines = head.split("\n")
    require(len(lines) >= 3 and lines[0] == "c2sp.org/tlog-proof@v1", "this is not a receipt")
    require(lines[1].startswith("extra ") and lines[2].startswith("index "), "this is not a receipt")
    require(len(lines) - 3 <= MAX_HASHES, "too many hashes")
    text, index, path = unbase64(lines[1][6:]), whole(lines[2][6:]), [unhash(line) for line in lines[3:]]
    origin, size, root = read_head(note, keys)
    require(climb(sha(b"\x00", text), index, size, path) == root, "the entry is not in the signed record")
    try:
        entry: dict[str, Any] = json.loads(text)
        commitments = {part["name"]: part["commitment"] for part in entry["parts"]}
        commitments.update({f"attachment:{i}": one["commitment"] for i, one in enumerate(entry["attachments"])})
        told = entry["seq"], entry["kind"], entry["received_at"]
    except (ValueError, LookupError, TypeError, RecursionError):
        raise ProofError("the entry is of another form than this program knows") from None
    require(told[0] == index, "the entry stands at another place than it says")
    return {**entry, "origin": origin, "size": size, "commitments": commitments}


def check_opening(
    entry: dict[str, Any], text: str | None, originals: list[tuple[str, bytes]]
) -> tuple[list[str], list[str]]:
    """Names of the parts that the opening, or one of the originals, shows to be what was received; and of the files
    (name, bytes) that cannot be checked, for the keys of some parts are not there."""
    commitments, shown, known = entry["commitments"], set[str](), set[str]()
    parts = [] if text is None else read_opening(text)
    for part in parts:
        wanted, salt = commitments.get(part["name"]), bytes.fromhex(part["salt"])
        require(wanted, "the opening is of another entry")
        if "value" in part:
            content = canonical(part["value"])
            require(sha(salt, content).hex() == wanted, f"{part['name']} is not what was received")
            shown.add(part["name"])
        for name, original in originals:
            if any(sha(salt, one).hex() == wanted for one in readings(original)):
                shown.add(part["name"])
                known.add(original_key(name, original))
    others = [name for name, original in originals if original_key(name, original) not in known]
    if others and set(commitments) <= {part["name"] for part in parts}:
        raise FileError("\n    ".join(f"the file {name} is not the one that was received" for name in others))
    return sorted(shown), others


def original_key(name: str, original: bytes) -> str:
    return f"{sha(original).hex()} {name}"


def read_opening(text: str) -> list[dict[str, Any]]:
    try:
        told = json.loads(text, parse_float=integral, parse_constant=integral, object_pairs_hook=named_once)
        parts: list[dict[str, Any]] = told["parts"]
        ok = told["form"] == "eventapp-opening" and repr(told["v"]) == "1" and type(parts) is list
        ok = ok and all(map(is_part, parts))
    except (ValueError, LookupError, TypeError, RecursionError):
        ok = False
    require(ok, "this is not an opening")
    return parts


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a name comes twice")
    return dict(pairs)


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
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a file may be called what the terminal cannot write
    try:
        entry = check_receipt(given.receipt.read_bytes(), [unhash(key) for key in given.key])
        opening = read_text(given.opening.read_bytes()) if given.opening else None
        originals = [(str(one), one.read_bytes()) for one in given.original]
        shown, unchecked = check_opening(entry, opening, originals)
    except (ProofError, OSError) as why:
        print(f"NO: {why}")
        return 1
    print(f"YES: entry {entry['seq']} ({entry['kind']}) of {entry['origin']}, received {entry['received_at']},")
    print(f"     is in the record of {entry['size']} entries that was signed.")
    for name in sorted(entry["commitments"]):
        print(f"     {name}: {'is what was received' if name in shown else 'not shown'}")
    for name in unchecked:
        print(f"     the file {name}: not checked, its key is not here (--opening)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
