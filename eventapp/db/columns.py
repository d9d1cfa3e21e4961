"""What tables are made of: their common ground, and the column types that both databases understand alike."""

from __future__ import annotations

import enum
import json
import re
import uuid
from datetime import UTC, datetime
from typing import Any

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import DateTime, Dialect, Enum, MetaData, Text
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

from eventapp.languages import Wording

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Model(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Model)


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware UTC in Python, ``timestamptz`` on PostgreSQL, text in UTC on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else as_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """A small JSON value kept as text, the same on both databases."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, sort_keys=True)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class Words(TypeDecorator[Wording]):
    """A text in more than one language, kept as one JSON text (:meth:`Wording.load` reads it from plain SQL)."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Wording | None, dialect: Dialect) -> str | None:
        return None if value is None else value.dump()

    def process_result_value(self, value: str | None, dialect: Dialect) -> Wording | None:
        return None if value is None else Wording.load(value)


class OfficialText(TypeDecorator[Wording]):
    """What the authority wrote in its own language and in no other, kept as it was written: it shows what it is in."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Wording | None, dialect: Dialect) -> str | None:
        return None if value is None else value.official

    def process_result_value(self, value: str | None, dialect: Dialect) -> Wording | None:
        return None if value is None else Wording(value)


def enum_column(states: type[enum.StrEnum]) -> Enum:
    """A column type for a closed list, kept as text with a CHECK."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", states.__name__).lower()
    return Enum(
        states,
        name=name,
        native_enum=False,
        create_constraint=True,
        length=40,
        values_callable=lambda members: [one.value for one in members],
    )


def new_id() -> str:
    """A random row id: 32 hexadecimal characters that tell nothing about order or number."""
    return uuid.uuid4().hex


def as_utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("A moment without time zone was about to be stored.")
    return moment.astimezone(UTC)
