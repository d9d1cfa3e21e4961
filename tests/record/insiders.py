"""Twelve kinds of changes that somebody with full rights to database and files might make (R14).

Each takes what it needs from a :class:`Crime`, draws the rest at random, and about half of the time covers its
tracks: hashes and tree are computed anew, so that the rows agree with one another again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from sqlalchemy import Connection, text

from eventapp import blobs
from eventapp.db import as_moment
from eventapp.record import tree
from eventapp.record.canonical import canonical
from eventapp.record.checkpoint import sign
from tests.record.paper import OTHER_KEY, Nodes


@dataclass
class Crime:
    """Where the change is made: an open transaction on the database, and the texts that a slice keeps."""

    conn: Connection
    log_id: str
    origin: str
    kept: dict[str, dict[str, Any]]  # ref -> part name -> value
    files: list[str]  # SHA-256 of attached files
    chance: Random
    undo: list[Callable[[], Any]] = field(default_factory=list)

    def run(self, statement: str, **values: Any) -> Any:
        return self.conn.execute(text(statement), {"log": self.log_id, **values})

    @property
    def size(self) -> int:
        return int(self.run("SELECT size FROM record_log WHERE id = :log").scalar_one())

    def somewhere(self) -> int:
        return self.chance.randrange(self.size - 1)

    def told(self, seq: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(
            self.run("SELECT text FROM record_entry WHERE log_id = :log AND seq = :seq", seq=seq).scalar_one()
        )
        return found

    def tell(self, seq: int, told: dict[str, Any]) -> None:
        self.run(
            "UPDATE record_entry SET text = :text WHERE log_id = :log AND seq = :seq",
            text=canonical(told).decode(),
            seq=seq,
        )

    def perhaps_cover_tracks(self) -> None:
        if self.chance.random() < 0.5:
            self.cover_tracks()

    def cover_tracks(self) -> None:
        """Make leaf hashes and tree agree with the texts."""
        rows = self.run("SELECT id, text FROM record_entry WHERE log_id = :log ORDER BY seq").all()
        leaves = [tree.leaf_hash(row.text.encode()) for row in rows]
        for row, leaf in zip(rows, leaves, strict=True):
            self.run("UPDATE record_entry SET leaf_hash = :leaf WHERE id = :id", leaf=leaf, id=row.id)
        nodes = Nodes(leaves).hashes
        for seq, row in enumerate(rows):
            above = [
                nodes[level, position]
                for level, position in sorted(nodes)
                if level and tree.last_leaf((level, position)) == seq
            ]
            self.run("UPDATE record_entry SET nodes = :nodes WHERE id = :id", nodes=b"".join(above), id=row.id)

    def keep(self, ref: str, name: str, value: str | None) -> None:
        """Put something else in the place of what a slice keeps, or nothing."""
        before = dict(self.kept[ref])
        self.undo.append(lambda: self.kept[ref].update(before))
        del self.kept[ref][name]
        if value is not None:
            self.kept[ref][name] = value

    def remove(self, seq: int) -> None:
        self.run("DELETE FROM record_entry WHERE log_id = :log AND seq = :seq", seq=seq)

    def move(self, seq: int, to: int) -> None:
        self.run("UPDATE record_entry SET seq = :to WHERE log_id = :log AND seq = :seq", seq=seq, to=to)


def edit(crime: Crime) -> None:
    seq = crime.somewhere()
    told = crime.told(seq)
    name, value = crime.chance.choice([("late", True), ("kind", "withdraw"), ("ref", "b" * 32), ("v", 2)])
    crime.tell(seq, told | {name: value})
    crime.perhaps_cover_tracks()


def delete(crime: Crime) -> None:
    seq, size = crime.somewhere(), crime.size
    crime.remove(seq)
    if crime.chance.random() < 0.5:
        for later in range(seq + 1, size):
            crime.move(later, later - 1)
        crime.run("UPDATE record_log SET size = size - 1 WHERE id = :log")
        crime.perhaps_cover_tracks()


def insert(crime: Crime) -> None:
    seq, size = crime.somewhere(), crime.size
    forged = crime.told(seq) | {"received_at": "2023-11-01T00:00:00.000000Z", "parts": [], "attachments": []}
    for later in reversed(range(seq, size)):
        crime.move(later, later + 1)
    crime.run(
        "INSERT INTO record_entry (id, log_id, seq, kind, ref, text, leaf_hash, nodes, salts, created_at)"
        " SELECT :id, log_id, :seq, kind, ref, :text, leaf_hash, nodes, salts, created_at FROM record_entry"
        " WHERE log_id = :log AND seq = :after",
        id="f" * 32,
        seq=seq,
        after=seq + 1,
        text=canonical(forged).decode(),
    )
    crime.run("UPDATE record_log SET size = size + 1 WHERE id = :log")
    crime.perhaps_cover_tracks()


def swap(crime: Crime) -> None:
    one, two = crime.chance.sample(range(crime.size), 2)
    crime.move(one, 999)
    crime.move(two, one)
    crime.move(999, two)
    crime.perhaps_cover_tracks()


def renumber(crime: Crime) -> None:
    seq = crime.somewhere()
    first, second = crime.told(seq), crime.told(seq + 1)
    crime.tell(seq, second | {"seq": seq})
    crime.tell(seq + 1, first | {"seq": seq + 1})
    crime.perhaps_cover_tracks()


def back_date(crime: Crime) -> None:
    seq = crime.somewhere()
    told = crime.told(seq)
    if crime.chance.random() < 0.5:
        crime.tell(seq, told | {"received_at": "2023-11-24T10:59:59.000000Z", "late": False})
        crime.perhaps_cover_tracks()
    else:
        moment = as_moment(
            crime.run("SELECT created_at FROM record_entry WHERE log_id = :log AND seq = :seq", seq=seq).scalar_one()
        )
        earlier = moment - timedelta(seconds=crime.chance.randint(1, 10**6))
        shown = earlier.strftime("%Y-%m-%d %H:%M:%S.%f") if crime.conn.dialect.name == "sqlite" else earlier
        crime.run("UPDATE record_entry SET created_at = :at WHERE log_id = :log AND seq = :seq", at=shown, seq=seq)


def truncate(crime: Crime) -> None:
    """The last entries are gone, and every trace of them in the database."""
    size = crime.chance.randrange(crime.size)
    for seq in range(size, crime.size):
        crime.remove(seq)
    crime.run("UPDATE record_log SET size = :size WHERE id = :log", size=size)
    crime.run("DELETE FROM record_checkpoint WHERE log_id = :log AND size > :size", size=size)
    crime.cover_tracks()


def change_file(crime: Crime) -> None:
    path = blobs.path(crime.chance.choice(crime.files))
    before = path.read_bytes()
    place = crime.chance.randrange(len(before))
    crime.undo.append(lambda: path.write_bytes(before))
    if crime.chance.random() < 0.3:
        path.unlink()
    else:
        path.write_bytes(before[:place] + bytes([before[place] ^ 1]) + before[place + 1 :])


def change_salt(crime: Crime) -> None:
    """Another salt, and perhaps another text with a commitment that fits."""
    seq = crime.somewhere()
    row = crime.run("SELECT ref, salts FROM record_entry WHERE log_id = :log AND seq = :seq", seq=seq).one()
    salts = json.loads(row.salts)
    name = crime.chance.choice(sorted(salts))
    salts[name] = crime.chance.randbytes(32).hex() if crime.chance.random() < 0.8 else None
    crime.run(
        "UPDATE record_entry SET salts = :salts WHERE log_id = :log AND seq = :seq", salts=json.dumps(salts), seq=seq
    )
    if crime.chance.random() < 0.5:
        crime.keep(row.ref, name, "Noget helt andet")


def resign(crime: Crime) -> None:
    """A change, the tree above it made anew, and every head in the database signed again with another key."""
    edit(crime)
    crime.cover_tracks()
    leaves = [
        bytes(row.leaf_hash) for row in crime.run("SELECT leaf_hash FROM record_entry WHERE log_id = :log ORDER BY seq")
    ]
    nodes = Nodes(leaves)
    for (size,) in crime.run("SELECT size FROM record_checkpoint WHERE log_id = :log").all():
        head = sign([OTHER_KEY], crime.origin, size, tree.root(nodes.read, size))
        crime.run(
            "UPDATE record_checkpoint SET root = :root, text = :text WHERE log_id = :log AND size = :size",
            root=head.root,
            text=head.text,
            size=size,
        )


def drop_outbox(crime: Crime) -> None:
    """What a slice keeps is gone or another: the receipt mail that was promised, or the text itself."""
    ref = crime.chance.choice(sorted(crime.kept))
    name = crime.chance.choice(["outbox", "text"])
    crime.keep(ref, name, "noget andet" if crime.chance.random() < 0.5 else None)


def replay(crime: Crime) -> None:
    """The whole database as it was some entries ago, its own heads with it."""
    truncate(crime)


KINDS: list[Callable[[Crime], None]] = [
    edit,
    delete,
    insert,
    swap,
    renumber,
    back_date,
    truncate,
    change_file,
    change_salt,
    resign,
    drop_outbox,
    replay,
]
