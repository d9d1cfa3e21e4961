"""A second implementation, written from "The formats" in docs/record.md and from nothing else.

It uses neither the product nor its programs, and another way wherever there is one: the tree by its recursive
definition, canonical JSON by hand. :func:`faults` says what is wrong with an unpacked ZIP.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FOR_READING = {"LÆSMIG.txt", "protokol.pdf", "protokol.json", "checkpoint.txt", "manifest-sha256.txt"}
ESCAPED = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
Json = Any


def digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def canonical(value: Json) -> str:
    if isinstance(value, str):
        return '"' + "".join(ESCAPED.get(one, one if one >= " " else f"\\u{ord(one):04x}") for one in value) + '"'
    if isinstance(value, dict):
        ordered = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(f"{canonical(name)}:{canonical(one)}" for name, one in ordered) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    words = {"None": "null", "True": "true", "False": "false"}
    return words.get(repr(value), repr(value))


def root(leaves: list[bytes]) -> bytes:
    if not leaves:
        return digest(b"")
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return digest(b"\x01" + root(leaves[:half]) + root(leaves[half:]))


def head_of(text: str, keys: list[bytes]) -> tuple[str, int, bytes] | None:
    """Origin, size and root of a head that one of the keys signed."""
    body, lines = text.split("\n\n", 1)
    origin, size, encoded = body.split("\n")
    signed = False
    for line in lines.split("\n")[:-1]:
        dash, name, rest = line.split(" ")
        raw = base64.b64decode(rest, validate=True)
        for key in keys:
            if name == origin and raw[:4] == digest(name.encode() + b"\n\x01" + key)[:4]:
                try:
                    Ed25519PublicKey.from_public_bytes(key).verify(raw[4:], f"{body}\n".encode())
                except InvalidSignature:
                    return None
                signed = dash == "\u2014"
    return (origin, int(size), base64.b64decode(encoded)) if signed else None


def contents_of(entry: Json, opening: Json) -> tuple[dict[str, str], dict[str, Json], list[str]]:
    """What an entry commits to, the values that its opening has of it, and what does not fit."""
    wanted = {one["name"]: one["commitment"] for one in entry["parts"]}
    wanted |= {f"attachment:{place}": one["commitment"] for place, one in enumerate(entry["attachments"])}
    values, wrong = {}, []
    for part in opening["parts"]:
        content = bytes.fromhex(part["salt"]) + canonical(part["value"]).encode()
        if wanted.get(part["name"]) != digest(content).hex():
            wrong.append(part["name"])
        values[part["name"]] = part["value"]
    return wanted, values, wrong


def faults(folder: Path, keys: list[bytes]) -> Iterator[str]:
    control = folder / "kontrol"
    entries = (control / "entries.jsonl").read_bytes().split(b"\n")[:-1]
    told = [json.loads(one) for one in entries]
    openings = [json.loads(one) for one in (control / "openings.jsonl").read_text("utf-8").split("\n")[:-1]]
    heads = [json.loads(one) for one in (control / "heads.jsonl").read_text("utf-8").split("\n")[:-1]]
    files = {digest(one.read_bytes()).hex(): one for one in folder.rglob("*") if one.is_file()}
    leaves = [digest(b"\x00" + one) for one in entries]
    yield from head_faults(heads, leaves, keys)
    if len(openings) != len(told):
        yield "not an opening for each entry"
        return
    opened = []
    erased: dict[str, set[str]] = {}
    for entry, opening in zip(told, openings, strict=True):
        opened.append(contents_of(entry, opening))
        if entry["kind"] == "erase":
            erased.setdefault(entry["ref"], set()).update(opened[-1][1]["names"])
    for seq, (entry, (wanted, values, wrong)) in enumerate(zip(told, opened, strict=True)):
        if entry["seq"] != seq or entry["case"] != told[0]["case"]:
            yield f"{seq}: another place or case"
        if wrong or not wanted.keys() - values.keys() <= erased.get(f"entry:{seq}", set()):
            yield f"{seq}: contents"
        for place, one in enumerate(entry["attachments"]):
            path = files.get(values.get(f"attachment:{place}", ""))
            if f"attachment:{place}" in values and (path is None or path.stat().st_size != one["size"]):
                yield f"{seq}: attachment {place}"
    every = [one[1] for one in opened]
    yield from row_faults((control / "rows.jsonl").read_text("utf-8"), told, every, files)
    yield from receipt_faults(folder, entries, keys)
    yield from report_faults(folder, told, leaves, opened, heads, files)


def head_faults(heads: list[str], leaves: list[bytes], keys: list[bytes]) -> Iterator[str]:
    largest, origins = -1, set()
    for text in heads:
        head = head_of(text, keys)
        if head is None or head[1] > len(leaves) or root(leaves[: head[1]]) != head[2]:
            yield "a head"
        else:
            largest = max(largest, head[1])
            origins.add(head[0])
    if largest != len(leaves) or len(origins) != 1:
        yield "not all of one record is signed"


def row_faults(text: str, told: list[Json], values: list[Json], files: dict[str, Path]) -> Iterator[str]:
    lines = [json.loads(line) for line in text.split("\n")[:-1]]
    rows = [line for line in lines if "id" in line]
    taken = set()
    for row in rows:
        where = f"{row['table']} {row['id']}"
        about = [seq for seq, one in enumerate(told) if one["ref"] in row["refs"]] if row["refs"] else [row["seq"]]
        own = [seq for seq in about if told[seq]["kind"] == row["kind"]]
        if row["numbered"]:
            own = [seq for seq in own if seq == row["seq"]]
            if (row["table"], row["seq"]) in taken:
                yield f"{where}: twice"
            taken.add((row["table"], row["seq"]))
        if bool(own) != row["is_told"]:
            yield f"{where}: told or not"
        elif own:
            yield from (f"{where}: {what}" for what in said_faults(row, own[0], about, told, values))
        if not set(row["files"]) <= files.keys():
            yield f"{where}: file"
    there = {(row["kind"], ref) for row in rows for ref in row["refs"]}
    for kind in {kind for line in lines for kind in line.get("kinds", ())}:
        for one in told:
            if one["kind"] == kind and one["ref"] is not None and (kind, one["ref"]) not in there:
                yield f"{one['seq']}: no row"


def said_faults(row: Json, own: int, about: list[int], told: list[Json], values: list[Json]) -> Iterator[str]:
    for name, value in row["facts"].items():
        found = told[own][name]
        if name == "attachments":
            left = [one for place, one in enumerate(found) if f"attachment:{place}" in values[own]]
            found = [{"size": one["size"], "type": one["type"]} for one in left]
        if found != value:
            yield name
    for name, value in row["says"].items():
        having = [seq for seq in about if name in {part["name"] for part in told[seq]["parts"]}]
        if not having and name not in row["newer"]:
            yield name
        if having and name in values[having[-1]] and values[having[-1]][name] != value:
            yield name


def receipt_faults(folder: Path, entries: list[bytes], keys: list[bytes]) -> Iterator[str]:
    for path in (folder / "kvitteringer").iterdir():
        top, note = path.read_text("utf-8").split("\n\n", 1)
        _, extra, index, *way = top.split("\n")
        entry, seq = base64.b64decode(extra.removeprefix("extra ")), int(index.removeprefix("index "))
        head = head_of(note, keys)
        hashes = [base64.b64decode(one) for one in way]
        if head is None or climbed(digest(b"\x00" + entry), seq, head[1], hashes) != head[2] or entries[seq] != entry:
            yield f"{path.name}: receipt"


def climbed(leaf: bytes, index: int, size: int, way: list[bytes]) -> bytes | None:
    if size == 1:
        return leaf if not way else None
    half = 1
    while half * 2 < size:
        half *= 2
    if not way:
        return None
    *rest, other = way
    below = climbed(leaf, index, half, rest) if index < half else climbed(leaf, index - half, size - half, rest)
    if below is None:
        return None
    return digest(b"\x01" + below + other) if index < half else digest(b"\x01" + other + below)


def report_faults(
    folder: Path, told: list[Json], leaves: list[bytes], opened: list[Json], heads: list[str], files: dict[str, Path]
) -> Iterator[str]:
    whole = json.loads((folder / "protokol.json").read_text("utf-8"))
    if [one["entry"] for one in whole["entries"]] != told or whole["checkpoint"] not in heads:
        yield "protokol.json"
        return
    answers = [one for one in told if one["kind"] == "answer"]
    if whole["counts"] != {"entries": len(told), "shown": len(told), "answers": len(answers)}:
        yield "protokol.json: counts"
    _, case, _ = [one for one, entry in zip(opened, told, strict=True) if entry["kind"] == "case"][-1]
    if whole["case"] != {"slug": told[0]["case"], "number": case["number"], "title": case["title"]}:
        yield "protokol.json: case"
    for one, leaf, (wanted, values, _) in zip(whole["entries"], leaves, opened, strict=True):
        contents = {name: value for name, value in values.items() if not name.startswith("attachment:")}
        if (one["leaf_hash"], one["contents"]) != (leaf.hex(), contents) or one["erased"] != sorted(
            wanted.keys() - values.keys()
        ):
            yield f"protokol.json: {one['entry']['seq']}"
    for file in whole["files"]:
        if files.get(file["sha256"]) is None or digest((folder / file["path"]).read_bytes()).hex() != file["sha256"]:
            yield file["path"]
    named = json.dumps([values for _, values, _ in opened])
    for sha256, path in files.items():
        name = path.relative_to(folder).as_posix()
        if name not in FOR_READING and name.split("/")[0] not in {"kontrol", "kvitteringer"} and sha256 not in named:
            yield f"{name}: no content names it"
