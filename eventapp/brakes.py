"""The brake on guessing: what was tried and did not fit is counted, by keyed hashes, for all processes and nodes.

Signing up and answering are never slowed, so a school or a library behind one address is not hurt (reliability S15,
design decision 17). Signing in counts its tries in the same table and has waits of its own (``accounts.rules``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from eventapp.db import Model, Sql, UtcDateTime, new_id
from eventapp.db.personal import AtEnd, Since, personal
from eventapp.tokens import keyed_hash

log = structlog.get_logger("eventapp")

COUNT = Sql(
    "SELECT count(*) FROM attempt WHERE brake = :brake AND address_hash = :address AND NOT succeeded AND at > :since"
)
INSERT = Sql(
    "INSERT INTO attempt (id, brake, account_hash, address_hash, succeeded, at)"
    " VALUES (:id, :brake, :account, :address, FALSE, :at)"
)
FORGET = Sql("DELETE FROM attempt WHERE brake = :brake AND at < :before")


class Attempt(Model):
    """A password, code or number that was tried. Account and address are keyed hashes: enough to count by.

    ``brake`` names what was tried at; ``account_hash`` is empty where no account is tried.
    """

    __tablename__ = "attempt"
    __impersonal__ = ("id", "brake", "succeeded", "at")
    __table_args__ = (
        Index(None, "brake", "address_hash", "at"),
        Index(None, "brake", "account_hash", "at"),
        Index(None, "brake", "at"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True, default=new_id)
    brake: Mapped[str] = mapped_column(String(20))
    account_hash: Mapped[str] = mapped_column(
        String(64),
        default="",
        info=personal(
            "counting wrong passwords and codes, by keyed hashes; those of passwords",
            since=Since.TRIED,
            after=timedelta(days=30),
            at_end=AtEnd.DELETED,
        ),
    )
    address_hash: Mapped[str] = mapped_column(
        String(64),
        info=personal(
            "counting wrong passwords and codes, by keyed hashes; those of passwords",
            since=Since.TRIED,
            after=timedelta(days=30),
            at_end=AtEnd.DELETED,
        ),
    )
    succeeded: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


@dataclass(frozen=True)
class Brake:
    """At most ``most`` misses from one source address within ``window``; ``now`` is always the machine's clock."""

    name: str
    most: int
    window: timedelta

    def is_on(self, conn: Connection, address: str, now: datetime) -> bool:
        """Whether this address must wait."""
        return self._misses(conn, address, now) >= self.most

    def miss(self, conn: Connection, address: str, now: datetime) -> int:
        """Note something that did not fit; returns how many there are within the window.

        In a transaction that is kept although the request is refused.
        """
        FORGET(conn, brake=self.name, before=now - 2 * self.window)
        INSERT(conn, id=new_id(), brake=self.name, account="", address=self._hash(address), at=now)
        misses = self._misses(conn, address, now)
        if misses == self.most:
            log.warning("codes_are_being_guessed", brake=self.name, misses=self.most)
        return misses

    def _misses(self, conn: Connection, address: str, now: datetime) -> int:
        return int(COUNT(conn, brake=self.name, address=self._hash(address), since=now - self.window).scalar_one())

    def _hash(self, address: str) -> str:
        return keyed_hash(f"{self.name}:{address}")
