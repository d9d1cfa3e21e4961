"""Who has a name that is typed: one way of looking, for door and staff.

A name is looked up by two of its words at once, so that no list of all the Jensens is read: a search costs the same
however many guests there are (ADR 0067).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from sqlalchemy import ColumnElement, Connection, and_, false, or_, select

from eventapp.db import Sql
from eventapp.formats import searching, typed
from eventapp.formats.names import danish_key
from eventapp.registration.models import NamePart, Registration

LAST_SIGN = "\U0010ffff"  # stands behind every other, byte by byte
LONGEST = 200  # of what is looked at: no name is longer
# SQL: a door waits for it, and on both databases it must be ranges of one index that are read.
_KNOWN = Sql("""
    SELECT w.value FROM each(:words) w
    WHERE EXISTS (SELECT 1 FROM name_part p WHERE p.event_id = :event_id AND p.first = w.value)
""")
_SECOND = """
    p.second >= :second AND p.second < :after AND NOT EXISTS (
        SELECT 1 FROM each(:rest) w JOIN registration r ON r.id = p.registration_id
        WHERE ' ' || r.name_words NOT LIKE '% ' || w.value || '%'
    )
"""
_FOUND = "SELECT p.registration_id AS id FROM name_part p WHERE p.event_id = :event_id AND"
_IS = Sql(f"{_FOUND} p.first = :first AND {_SECOND} ORDER BY p.second, p.registration_id LIMIT :most")
_BEGINS = Sql(f"""
    {_FOUND} p.first >= :first AND p.first < :first_after
    ORDER BY p.first, p.second, p.registration_id LIMIT :most
""")
# Each word that begins so is looked for behind the one before; what stands between them is not read.
_BOTH_BEGIN = Sql(f"""
    WITH RECURSIVE beginning (word) AS (
        SELECT min(first) FROM name_part WHERE event_id = :event_id AND first >= :first AND first < :first_after
        UNION ALL
        SELECT (SELECT min(n.first) FROM name_part n
                WHERE n.event_id = :event_id AND n.first > beginning.word AND n.first < :first_after)
        FROM beginning WHERE beginning.word IS NOT NULL
    )
    SELECT p.registration_id AS id FROM beginning JOIN name_part p ON p.first = beginning.word
    WHERE p.event_id = :event_id AND {_SECOND} LIMIT :most
""")


@dataclass(frozen=True)
class Way:
    """One way in which a name may fit: a word of it is ``first``, or begins so; another begins with ``second``; and
    there are words that begin with each of ``rest``. ``is_near``: there is a typing error in what was typed.
    """

    first: str
    second: str = ""
    rest: tuple[str, ...] = ()
    is_begun: bool = False
    is_near: bool = False


@dataclass(frozen=True)
class Fitting:
    """Whose name fits what was typed, and whose only with a typing error."""

    right: ColumnElement[bool]
    with_error: ColumnElement[bool]


def find(conn: Connection, event_id: str, text: str, most: int) -> list[str]:
    """The ids of the guests of an event whose names fit what was typed, the closest first; at most so many."""
    found: dict[str, None] = {}
    for way in _ways(conn, event_id, text):
        found |= dict.fromkeys(_ids(conn, event_id, way, most))
        if len(found) >= most:
            break
    return list(found)[:most]


def fitting(conn: Connection, event_id: str, text: str) -> Fitting | None:
    """The same as conditions of a query that counts and turns pages.

    None when nothing was typed that a name could be found by.
    """
    ways = [one for one in _ways(conn, event_id, text) if one.is_begun or one.is_near]
    if not ways:
        return None
    right = or_(*(_is_found(event_id, one) for one in ways if not one.is_near))
    return Fitting(right, and_(~right, or_(false(), *(_is_found(event_id, one) for one in ways if one.is_near))))


def closeness(text: str, name: str) -> tuple[int, int, int, bool, str]:
    """By what the finds are sorted: how many words have an error, are only begun, are spelled otherwise; whether there
    is more to the name; and the alphabet.
    """
    wanted, there = searching.words(text), searching.words(name)
    wrong = sum(not any(word.startswith(one) for word in there) for one in wanted)
    begun = sum(one not in there for one in wanted)
    otherwise = sum(one not in _spelled(name) for one in _spelled(text))
    return wrong, begun, otherwise, len(there) > len(wanted), danish_key(name)


def _spelled(name: str) -> list[str]:
    return re.findall(r"\w+", typed.key(name))


def _ways(conn: Connection, event_id: str, text: str) -> Iterator[Way]:
    """From the closest to those with one error, which are only looked for when they are asked for."""
    in_order = searching.words(text[:LONGEST])
    longest_first = sorted(in_order, key=len, reverse=True)
    if not longest_first:
        return
    first, *others = longest_first
    if others:
        yield _with(first, others)
        yield _with(others[0], [first, *others[1:]])
    yield replace(_with(first, others), is_begun=True)
    yield from _near_ways(conn, event_id, in_order)


def _near_ways(conn: Connection, event_id: str, in_order: Sequence[str]) -> Iterator[Way]:
    errors = {one: searching.near(one) for one in in_order}
    parts = {one: list(searching.halves(one)) for one in in_order}
    known = _known(conn, event_id, set().union(*errors.values(), *([one for one, _ in two] for two in parts.values())))
    for word in in_order:
        others = _without(in_order, word)
        for meant in sorted(errors[word] & known):
            yield _with(meant, others, is_near=True)
        for one, other in parts[word]:
            if one in known:
                yield Way(one, other, tuple(others), is_near=True)
    for one, other in pairwise(in_order):
        yield replace(_with(searching.joined(one, other), _without(in_order, one, other), is_near=True), is_begun=True)


def _without(words: Iterable[str], *gone: str) -> list[str]:
    return sorted((one for one in words if one not in gone), key=len, reverse=True)


def _with(first: str, others: Sequence[str], *, is_near: bool = False) -> Way:
    return Way(first, others[0] if others else "", tuple(others[1:]), is_near=is_near)


def _known(conn: Connection, event_id: str, words: Collection[str]) -> set[str]:
    """Those of these words that stand in a name of the event."""
    return set(_KNOWN(conn, event_id=event_id, words=sorted(words)).scalars()) if words else set()


def _ids(conn: Connection, event_id: str, way: Way, most: int) -> list[str]:
    asked = {"event_id": event_id, "first": way.first, "most": most * searching.MOST_WORDS}
    if way.is_begun and not way.second:
        return list(_BEGINS(conn, **asked, first_after=way.first + LAST_SIGN).scalars())
    asked |= {"second": way.second, "after": way.second + LAST_SIGN, "rest": list(way.rest)}
    if way.is_begun:
        return list(_BOTH_BEGIN(conn, **asked, first_after=way.first + LAST_SIGN).scalars())
    return list(_IS(conn, **asked).scalars())


def _is_found(event_id: str, way: Way) -> ColumnElement[bool]:
    part = NamePart
    begun = and_(part.first >= way.first, part.first < way.first + LAST_SIGN)
    is_first = begun if way.is_begun else part.first == way.first
    parts = select(part.registration_id).where(part.event_id == event_id, is_first)
    if way.second:
        parts = parts.where(part.second >= way.second, part.second < way.second + LAST_SIGN)
    rest = [(" " + Registration.name_words).contains(" " + one, autoescape=True) for one in way.rest]
    return and_(Registration.id.in_(parts), *rest)
