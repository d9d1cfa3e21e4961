"""Holds what clients were told against what is stored, with eyes of its own: no line of the product takes part.

Throughput of a server that loses what it acknowledged is worth nothing, so a run with one fault here is no run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from tools.bench.posts import SEEDED
from tools.bench.world import World

KEYS = {
    "registration": f"SELECT submission_key FROM booking WHERE submission_key NOT LIKE '{SEEDED}%'",
    "answer": "SELECT submission_key FROM answer",
    "check-in": f"SELECT id FROM scan WHERE id NOT LIKE '{SEEDED}%'",
}
# What must be the same number, whatever happened.
EQUAL = {
    "seats taken, and registrations": (
        "SELECT taken FROM quota WHERE kind = 'public'",
        "SELECT count(*) FROM registration WHERE state = 'confirmed'",
    ),
    "tickets, and registrations": ("SELECT count(*) FROM ticket", "SELECT count(*) FROM registration"),
    "mails with a ticket, and sign-ups": (
        "SELECT count(*) FROM outbox_mail WHERE message = 'registration/confirmed'",
        KEYS["registration"].replace("submission_key FROM", "count(*) FROM"),
    ),
    "mails with a receipt, and answers": (
        "SELECT count(*) FROM outbox_mail WHERE message = 'hearing/receipt'",
        "SELECT count(*) FROM answer",
    ),
    "the last answer's number, and answers": ("SELECT answers_issued FROM hearing", "SELECT count(*) FROM answer"),
    "entries of answers in the record, and answers": (
        "SELECT count(*) FROM record_entry WHERE kind = 'answer'",
        "SELECT count(*) FROM answer",
    ),
    "people inside, and scans": ("SELECT inside FROM occupancy", "SELECT count(*) FROM scan WHERE verdict = 'ok'"),
}
FILES = "SELECT sha256 FROM answer_attachment"


def faults(world: World, acknowledged: Mapping[str, Sequence[str]], blobs: Path) -> list[str]:
    """What does not fit, a sentence each; empty when everything acknowledged is stored, once, and nothing else is.

    :param acknowledged: post -> the submission keys that clients were told are stored.
    :param blobs: folder of the files.
    """
    with closing(world.connected()) as conn:
        found = [fault for name, sql in KEYS.items() for fault in _keys(name, conn, sql, acknowledged.get(name, ()))]
        found += [fault for name, pair in EQUAL.items() for fault in _equal(name, conn, *pair)]
        return found + _files(conn, blobs)


def _keys(name: str, conn: Any, statement: str, acknowledged: Sequence[str]) -> Iterable[str]:
    stored = [key for (key,) in conn.execute(statement).fetchall()]
    told = set(acknowledged)
    if lost := told - set(stored):
        yield f"{name}: {len(lost)} acknowledged and not stored"
    if extra := set(stored) - told:
        yield f"{name}: {len(extra)} stored and not acknowledged"
    if twice := len(stored) - len(set(stored)):
        yield f"{name}: {twice} stored twice"


def _equal(name: str, conn: Any, one: str, other: str) -> Iterable[str]:
    (first,), (second,) = conn.execute(one).fetchone(), conn.execute(other).fetchone()
    if first != second:
        yield f"{name}: {first} and {second}"


def _files(conn: Any, blobs: Path) -> list[str]:
    named = [sha256 for (sha256,) in conn.execute(FILES).fetchall()]
    wrong = [one for one in named if not _is_intact(blobs / one[:2] / one)]
    return [f"files: {len(wrong)} of {len(named)} missing or altered"] if wrong else []


def _is_intact(path: Path) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == path.name
