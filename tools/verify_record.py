#!/usr/bin/env python3
"""Check an exported record of a case without the server that wrote it.

    python verify_record.py --key KEY FOLDER
    python verify_record.py --key KEY FOLDER --head kept-by-a-witness.txt --receipt mine.tlog-proof

FOLDER is one that "record export" wrote, or a ZIP of a case officer, unpacked: there protokol.json, the receipts and
all files are held against the record too. protokol.pdf and the names of files are for reading, and not checked.
KEY is the authority's public key in base64. --head is a checkpoint that somebody kept, --receipt a receipt that
somebody got: the record must still begin with what they state. Says YES, or NO with every fault; ends with 0 or 1.

Needs Python 3.10 or newer, the package "cryptography", and its neighbour verify_receipt.py in the same folder. Shares
no code with the product.
"""

from __future__ import annotations

import argparse
import json
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

receipts = runpy.run_path(str(Path(__file__).with_name("verify_receipt.py")))
ProofError = receipts["ProofError"]
sha = receipts["sha"]


def roots(entries: list[bytes]) -> list[bytes]:
    """The root at each size from 0 on, growing a pile of complete subtrees."""
    pile: list[tuple[int, bytes]] = []  # leaves covered, hash
    found = [sha(b"")]
    for entry in entries:
        pile.append((1, sha(b"\x00", entry)))
        while len(pile) > 1 and pile[-1][0] == pile[-2][0]:
            (width, right), (_, left) = pile.pop(), pile.pop()
            pile.append((width * 2, sha(b"\x01", left, right)))
        root = pile[-1][1]
        for _, left in reversed(pile[:-1]):
            root = sha(b"\x01", left, root)
        found.append(root)
    return found


def check_record(folder: Path, keys: list[bytes], heads: list[str], own: list[bytes]) -> list[str]:
    """Every fault of the record in ``folder``; ``heads`` and ``own`` (receipts) come from elsewhere."""
    bundle = folder if (folder / "kontrol" / "entries.jsonl").is_file() else None
    folder = folder / "kontrol" if bundle else folder
    files = {sha(path.read_bytes()).hex(): path for path in sorted((bundle or folder).rglob("*")) if path.is_file()}
    texts = (folder / "entries.jsonl").read_bytes().splitlines()
    openings = (folder / "openings.jsonl").read_text("utf-8").splitlines()
    heads = [*map(json.loads, (folder / "heads.jsonl").read_text("utf-8").splitlines()), *heads]
    faults = [*head_faults(roots(texts), heads, keys), *receipt_faults(texts, own, keys)]
    if len(texts) != len(openings):
        faults.append(f"{len(texts)} entries, {len(openings)} openings")
    entries = [json.loads(text) for text in texts]
    erased = erasures(entries, openings)
    for number, (entry, opening) in enumerate(zip(entries, openings, strict=False)):
        if entry["seq"] != number or entry["case"] != entries[0]["case"]:
            faults.append(f"entry {number}: says that it is {entry['seq']} of {entry['case']}")
        gone = erased.get(f"entry:{number}", set())
        faults += [f"entry {number}: {one}" for one in content_faults(entry, opening, gone, files)]
    lines = [json.loads(line) for line in (folder / "rows.jsonl").read_text("utf-8").split("\n")[:-1]]
    rows = [line for line in lines if "id" in line]
    kinds = {kind for line in lines for kind in line.get("kinds", [])}
    faults += [*row_faults(rows, entries, openings), *twice(rows), *rows_missing(rows, kinds, entries)]
    for row in rows:
        for sha256 in row["files"]:
            faults += file_faults(f"{row['table']} {row['id']}", files, sha256)
    if bundle:
        faults += bundle_faults(bundle, keys, texts, openings, heads)
    return faults


READ_ONLY = ("LÆSMIG.txt", "protokol.pdf", "protokol.json", "checkpoint.txt", "manifest-sha256.txt")


def bundle_faults(
    bundle: Path, keys: list[bytes], texts: list[bytes], openings: list[str], heads: list[str]
) -> Iterator[str]:
    """What is wrong with the rest of an unpacked ZIP: protokol.json, receipts, files that no entry speaks of."""
    opened = [{part["name"]: part.get("value") for part in json.loads(opening)["parts"]} for opening in openings]
    whole = json.loads((bundle / "protokol.json").read_text("utf-8"), object_pairs_hook=receipts["named_once"])
    yield from (f"protokol.json: {fault}" for fault in report_faults(whole, bundle, texts, opened, heads))
    if (bundle / "checkpoint.txt").read_text("utf-8") not in heads:
        yield "checkpoint.txt: is no head of this record"
    given = sorted((bundle / "kvitteringer").glob("*"))
    yield from receipt_faults(texts, [path.read_bytes() for path in given], keys)
    spoken_of = {one for parts in opened for value in parts.values() for one in hashes_in(value)}
    for path in sorted(bundle.rglob("*")):
        name = path.relative_to(bundle).as_posix()
        is_told = name in READ_ONLY or name.startswith(("kvitteringer/", "kontrol/"))
        if path.is_file() and not is_told and sha(path.read_bytes()).hex() not in spoken_of:
            yield f"{name}: no entry speaks of such a file"


def report_faults(
    whole: dict[str, Any], bundle: Path, texts: list[bytes], opened: list[dict[str, Any]], heads: list[str]
) -> Iterator[str]:
    told = whole["entries"]
    answers = sum(json.loads(text)["kind"] == "answer" for text in texts)
    counts = {"entries": len(texts), "shown": len(texts), "answers": answers}
    if whole["counts"] != counts or len(told) != len(texts):
        yield f"does not count {len(texts)} entries, all of them shown, and {answers} answers"
    if whole["checkpoint"] not in heads:
        yield "its checkpoint is no head of this record"
    for number, (text, parts, one) in enumerate(zip(texts, opened, told, strict=False)):
        entry = json.loads(text)
        contents = {name: value for name, value in parts.items() if ":" not in name}
        names = {part["name"] for part in entry["parts"]} | {
            f"attachment:{n}" for n in range(len(entry["attachments"]))
        }
        wanted = {"entry": entry, "leaf_hash": sha(b"\x00", text).hex(), "contents": contents}
        wanted["erased"] = sorted(names - set(parts))
        yield from (f"{name} of entry {number} is not the record's" for name in wanted if one.get(name) != wanted[name])
    facts = [parts for text, parts in zip(texts, opened, strict=True) if json.loads(text)["kind"] == "case"]
    case = {"slug": json.loads(texts[0])["case"], **{name: facts[-1][name] for name in ("number", "title") if facts}}
    yield from (f"the {name} of the case is not the record's" for name in case if whole["case"].get(name) != case[name])
    for file in whole["files"]:
        path = bundle / file["path"]
        if not path.is_file() or sha(path.read_bytes()).hex() != file["sha256"] or path.stat().st_size != file["size"]:
            yield f"the file {file['path']} is not the one it names"


def hashes_in(value: Any) -> Iterator[str]:
    """Texts that may be the hash of a file, wherever they stand in a content."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for one in value:
            yield from hashes_in(one)


def head_faults(root_at: list[bytes], heads: list[str], keys: list[bytes]) -> Iterator[str]:
    size = len(root_at) - 1
    signed, origins = 0, set[str]()
    for head in heads:
        try:
            origin, covered, root = receipts["read_head"](head, keys)
        except ProofError as why:
            yield f"a head is not signed by this key: {why}"
            continue
        signed, origins = max(signed, covered), origins | {origin}
        if covered > size:
            yield f"a head over {covered} entries was signed, there are {size}"
        elif root_at[covered] != root:
            yield f"the first {covered} entries are not those that were signed"
    if signed < size:
        yield f"only {signed} of {size} entries are signed"
    if len(origins) > 1:
        yield f"heads of several records: {', '.join(sorted(origins))}"


def receipt_faults(texts: list[bytes], own: list[bytes], keys: list[bytes]) -> Iterator[str]:
    for receipt in own:
        try:
            number = receipts["check_receipt"](receipt, keys)["seq"]
        except ProofError as why:
            yield f"a receipt proves nothing: {why}"
            continue
        told = receipt.decode().split("\n")[1].removeprefix("extra ")
        if number >= len(texts) or receipts["unbase64"](told) != texts[number]:
            yield f"entry {number}: is not the one that a receipt was given for"


def erasures(entries: list[dict[str, Any]], openings: list[str]) -> dict[str, set[str]]:
    """Reference of an entry -> names of the parts that an entry of the record says were erased."""
    found: dict[str, set[str]] = {}
    for entry, opening in zip(entries, openings, strict=False):
        if entry["kind"] == "erase":
            told = {part["name"]: part.get("value") for part in json.loads(opening)["parts"]}
            found.setdefault(entry["ref"], set()).update(told.get("names") or [])
    return found


def row_faults(rows: list[dict[str, Any]], entries: list[dict[str, Any]], openings: list[str]) -> Iterator[str]:
    """What is wrong with the product's rows that the record tells of: one without its entry, or another content."""
    opened = [{part["name"]: part for part in json.loads(opening)["parts"]} for opening in openings]
    about: dict[str | None, list[int]] = {}
    for number, entry in enumerate(entries):
        about.setdefault(entry["ref"], []).append(number)
    for row in rows:
        near = sorted(number for ref in row["refs"] for number in about.get(ref, []))
        near = near if row["refs"] else [row["seq"]]
        own = [number for number in near if number < len(entries) and is_of(row, number, entries[number])]
        for fault in one_row_faults(row, near, own, entries, opened):
            yield f"{row['table']} {row['id']}: {fault}"


def one_row_faults(
    row: dict[str, Any], near: list[int], own: list[int], entries: list[dict[str, Any]], opened: list[dict[str, Any]]
) -> Iterator[str]:
    if bool(own) != row["is_told"]:
        yield f"entry {own[0]} tells of it, and the row does not" if own else "no entry tells of it"
    if not own or not row["is_told"]:
        return
    for name, value in row["facts"].items():
        if stated(entries[own[0]], opened[own[0]], name) != value:
            yield f"{name} is not as entry {own[0]} has it"
    for name, value in row["says"].items():
        last = last_with(name, near, entries)
        if last is None:
            is_right = name in row["newer"]
        else:
            part = opened[last].get(name)  # without: erased
            is_right = part is None or part.get("value") == value
        if not is_right:
            yield f"{name} is not what the record was told"


def is_of(row: dict[str, Any], number: int, entry: dict[str, Any]) -> bool:
    return entry["kind"] == row["kind"] and (not row["numbered"] or number == row["seq"])


def stated(entry: dict[str, Any], opened: dict[str, Any], name: str) -> Any:
    """A field of an entry; of attachments that were not erased what is in the open."""
    if name != "attachments":
        return entry.get(name)
    left = [one for place, one in enumerate(entry["attachments"]) if f"attachment:{place}" in opened]
    return [{"size": one["size"], "type": one["type"]} for one in left]


def last_with(name: str, near: list[int], entries: list[dict[str, Any]]) -> int | None:
    """The number of the last of these entries that commits to such a part."""
    found = (place for place in near if any(part["name"] == name for part in entries[place]["parts"]))
    return max(found, default=None)


def rows_missing(rows: list[dict[str, Any]], kinds: set[str], entries: list[dict[str, Any]]) -> Iterator[str]:
    """What entries of these kinds tell of, and no row is left of."""
    there = {(row["kind"], ref) for row in rows for ref in row["refs"]}
    for number, entry in enumerate(entries):
        if entry["kind"] in kinds and entry["ref"] is not None and (entry["kind"], entry["ref"]) not in there:
            yield f"entry {number}: no row is left of what it tells of"


def twice(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Rows of one table that claim the same entry."""
    seen: set[tuple[str, int]] = set()
    for row in rows:
        if row["numbered"] and row["seq"] is not None:
            if (row["table"], row["seq"]) in seen:
                yield f"{row['table']} {row['id']}: another row has entry {row['seq']} too"
            seen.add((row["table"], row["seq"]))


def content_faults(entry: dict[str, Any], opening: str, erased: set[str], files: dict[str, Path]) -> Iterator[str]:
    commitments = {part["name"]: part["commitment"] for part in entry["parts"]}
    sizes = {f"attachment:{place}": one["size"] for place, one in enumerate(entry["attachments"])}
    for place, one in enumerate(entry["attachments"]):
        commitments[f"attachment:{place}"] = one["commitment"]
    parts = {part["name"]: part for part in receipts["read_opening"](opening)}
    if extra := sorted(set(parts) - set(commitments)):
        yield f"parts that it does not commit to: {', '.join(extra)}"
    for name, wanted in commitments.items():
        part = parts.get(name)
        if part is None:
            if name not in erased:
                yield f"{name}: the salt is gone, and no entry tells of an erasure"
        elif "value" not in part:
            yield f"{name}: the content is gone"
        elif sha(bytes.fromhex(part["salt"]), receipts["canonical"](part["value"])).hex() != wanted:
            yield f"{name}: the content or its salt was changed"
        elif name in sizes:
            yield from file_faults(name, files, part["value"], sizes[name])


def file_faults(name: str, files: dict[str, Path], sha256: str, size: int | None = None) -> Iterator[str]:
    """:param files: SHA-256 of each file that is there -> where."""
    if sha256 not in files:
        yield f"{name}: the file is missing or was changed"
    elif size not in (None, files[sha256].stat().st_size):
        yield f"{name}: the file has another size"


def main() -> int:
    asked = argparse.ArgumentParser(description="Check an exported record of a case.")
    asked.add_argument("folder", type=Path)
    asked.add_argument("--key", action="append", required=True, help="trusted public key in base64")
    asked.add_argument("--head", type=Path, action="append", default=[], help="a checkpoint that somebody kept")
    asked.add_argument("--receipt", type=Path, action="append", default=[], help="a receipt that somebody got")
    given = asked.parse_args()
    try:
        faults = check_record(
            given.folder,
            [receipts["unhash"](key) for key in given.key],
            [head.read_text("utf-8") for head in given.head],
            [receipt.read_bytes() for receipt in given.receipt],
        )
    except (ProofError, OSError, ValueError, LookupError, TypeError) as why:
        faults = [f"the record cannot be read: {why}"]
    print("\n".join(["NO:", *faults]) if faults else "YES: the record is whole, unchanged and signed.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
