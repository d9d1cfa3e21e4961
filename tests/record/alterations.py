"""Ways to alter a receipt or an opening, each drawn at random."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random

from eventapp.record import proof
from tests.record.paper import ORIGIN, OTHER_KEY, PaperLog

BLANKS = (" {}", "{} ", "{}\r", "{}\ufeff", "{}\t")
ORIGINS = (f"{ORIGIN}x", "aarhus/case/narkotika", "")
VERSIONS = ('"v":2', '"v":true', '"v":1.0', '"v":1e0', '"v":"1"', '"v":NaN')
VALUES = (
    '"\\ud800"',
    "1.5",
    "1e400",
    "9007199254740993",
    "[1.0]",
    '{"b":1,"a":[null,true]}',
    "-0",
    "Infinity",
)


def drawn(log: PaperLog, chance: Random) -> tuple[int, int, str]:
    """Index, size and text of a good receipt."""
    index, size = chance.randrange(9), chance.randint(10, len(log.entries))
    return index, size, log.receipt(index, size)


def other_than(index: int, size: int, chance: Random) -> int:
    return (index + chance.randrange(1, size)) % size


def one_bit(log: PaperLog, chance: Random) -> bytes:
    data = drawn(log, chance)[2].encode()
    place = chance.randrange(len(data))
    return data[:place] + bytes([data[place] ^ 1 << chance.randrange(8)]) + data[place + 1 :]


def lines_swapped(log: PaperLog, chance: Random) -> bytes:
    lines = drawn(log, chance)[2].split("\n")
    one, two = chance.sample([place for place, line in enumerate(lines) if line], 2)
    lines[one], lines[two] = lines[two], lines[one]
    return "\n".join(lines).encode()


def a_blank_more(log: PaperLog, chance: Random) -> bytes:
    lines = drawn(log, chance)[2].split("\n")
    place = chance.randrange(len(lines))
    lines[place] = chance.choice(BLANKS).format(lines[place])
    return "\n".join(lines).encode()


def a_line_fewer_or_twice(log: PaperLog, chance: Random) -> bytes:
    lines = drawn(log, chance)[2].split("\n")
    place = chance.randrange(len(lines) - 1)
    lines[place : place + 1] = chance.choice([[], [lines[place]] * 2])
    return "\n".join(lines).encode()


def another_origin(log: PaperLog, chance: Random) -> bytes:
    return drawn(log, chance)[2].replace(ORIGIN, chance.choice(ORIGINS)).encode()


def another_key(log: PaperLog, chance: Random) -> bytes:
    index, size, _ = drawn(log, chance)
    return log.receipt(index, size, log.head(size, OTHER_KEY)).encode()


def another_proof(log: PaperLog, chance: Random) -> bytes:
    index, size, good = drawn(log, chance)
    other = other_than(index, size, chance)
    hashes = proof.parse(log.receipt(other, size)).hashes
    return proof.write(replace(proof.parse(good), hashes=hashes, index=chance.choice([index, other]))).encode()


def another_entry(log: PaperLog, chance: Random) -> bytes:
    index, size, good = drawn(log, chance)
    return proof.write(replace(proof.parse(good), entry=log.entries[other_than(index, size, chance)])).encode()


def another_head(log: PaperLog, chance: Random) -> bytes:
    _, size, good = drawn(log, chance)
    return proof.write(replace(proof.parse(good), checkpoint=log.head(size - 1).text)).encode()


def cut_off(log: PaperLog, chance: Random) -> bytes:
    data = drawn(log, chance)[2].encode()
    return data[: chance.randrange(len(data) - 1)]  # the end of the last line says nothing


def touched_up(log: PaperLog, chance: Random) -> bytes:
    good = proof.parse(drawn(log, chance)[2])
    old, new = chance.choice([(b'"late":false', b'"late":true'), (b"2023", b"2022"), (b"answer", b"amend")])
    return proof.write(replace(good, entry=good.entry.replace(old, new))).encode()


RECEIPTS: dict[str, Callable[[PaperLog, Random], bytes]] = {
    change.__name__: change
    for change in (
        one_bit,
        lines_swapped,
        a_blank_more,
        a_line_fewer_or_twice,
        another_origin,
        another_key,
        another_proof,
        another_entry,
        another_head,
        cut_off,
        touched_up,
    )
}


def one_sign(log: PaperLog, index: int, chance: Random) -> str:
    text = log.opening(index)
    place = chance.randrange(len(text))
    return text[:place] + chance.choice('"{}[]:,0a eé\\') + text[place + 1 :]


def of_another_entry(log: PaperLog, index: int, chance: Random) -> str:
    return log.opening(other_than(index, len(log.entries), chance))


def another_text(log: PaperLog, index: int, _: Random) -> str:
    return log.opening(index).replace("Svar", "Svaret")


def the_same_spread_out(log: PaperLog, index: int, _: Random) -> str:
    return json.dumps(json.loads(log.opening(index)), indent=2)


def another_version(log: PaperLog, index: int, chance: Random) -> str:
    return log.opening(index).replace('"v":1', chance.choice(VERSIONS))


def another_value(log: PaperLog, index: int, chance: Random) -> str:
    written = json.dumps(log.texts[index], ensure_ascii=False)
    return log.opening(index).replace(written, chance.choice(VALUES))


OPENINGS: list[Callable[[PaperLog, int, Random], str]] = [
    one_sign,
    of_another_entry,
    another_text,
    the_same_spread_out,
    another_version,
    another_value,
]
