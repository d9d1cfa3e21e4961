"""One search for names, for door and staff: what a person takes for the same name, the closest first."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import Connection, event, func, select, update

from eventapp import db as core
from eventapp.checkin import queries as at_door
from eventapp.db import kept
from eventapp.registration import actions, name_queries, rules, staff_queries
from eventapp.registration.models import NamePart, Registration
from eventapp.registration.staff_queries import Wish
from tests.checkin.support import Hall, make_guest, make_hall

SAME: dict[str, list[tuple[str, str]]] = json.loads(
    (Path(__file__).parents[1] / "formats" / "same_names.json").read_text("utf-8")
)
NAMES = sorted({name for _typed, name in SAME["found"] + SAME["not found"]})


@pytest.fixture
def hall(db: SQLAlchemy) -> Hall:
    return make_hall(db)


def fill(db: SQLAlchemy, hall: Hall, *names: str) -> None:
    for name in names:
        make_guest(db, hall.event_id, name)


def at_the_door(hall: Hall, typed: str) -> list[str]:
    return [one.name for one in at_door.guests(hall.event_id, typed).guests]


def at_the_desk(db: SQLAlchemy, hall: Hall, typed: str) -> list[str]:
    found = [row.name for row in staff_queries.found(hall.event_id, Wish(typed)).rows]
    db.session.rollback()
    return found


def test_door_and_desk_find_what_a_person_takes_for_the_same_name(db: SQLAlchemy, hall: Hall) -> None:
    fill(db, hall, *NAMES)
    for typed, name in SAME["found"]:
        assert name in at_the_door(hall, typed), typed
        assert name in at_the_desk(db, hall, typed), typed
    for typed, name in SAME["not found"]:
        assert name not in at_the_door(hall, typed), typed
        assert name not in at_the_desk(db, hall, typed), typed


def test_the_best_match_stands_first(db: SQLAlchemy, hall: Hall) -> None:
    fill(db, hall, "Jans Holm", "Jensine Holm", "Jens Holmgård", "Jens Holm", "Holm, Jens Åge")
    order = ["Jens Holm", "Holm, Jens Åge", "Jens Holmgård", "Jensine Holm", "Jans Holm"]
    assert at_the_door(hall, "jens holm") == order
    assert at_the_desk(db, hall, "jens holm")[-1] == "Jans Holm"
    fill(db, hall, "Mie Møller", "Mie Moller", "Mie Muller")
    assert at_the_door(hall, "møller") == ["Mie Møller", "Mie Moller", "Mie Muller"]
    assert at_the_door(hall, "moller") == ["Mie Moller", "Mie Møller", "Mie Muller"]


def test_one_error_is_forgiven_and_two_are_not(db: SQLAlchemy, hall: Hall) -> None:
    fill(db, hall, "Kirsten Madsen")
    for typed in ("kirsten madsne", "krsten madsen", "kirsten", "kiersten mad", "madsen kirste"):
        assert at_the_door(hall, typed) == at_the_desk(db, hall, typed) == ["Kirsten Madsen"], typed
    for typed in ("krsten madsne", "krstn", "kirsten madsen holm", "kirsten kirsten madsenx y"):
        assert at_the_door(hall, typed) == at_the_desk(db, hall, typed) == [], typed


def test_twenty_of_more_are_the_closest(db: SQLAlchemy, hall: Hall) -> None:
    fill(db, hall, *(f"Jensine Aa{number}" for number in range(22)), "Jens Zacho", "Jans Aa")
    found = at_the_door(hall, "jens")
    assert (len(found), found[0]) == (20, "Jens Zacho")
    assert "Jans Aa" not in found


def test_a_name_is_found_under_its_event_and_its_present_form_alone(db: SQLAlchemy, hall: Hall) -> None:
    guest = make_guest(db, hall.event_id, "Kirsten Madsen Holm")
    fill(db, make_hall(db), "Kirsten Andetsteds")
    assert at_the_door(hall, "kirsten") == ["Kirsten Madsen Holm"]
    core.write(lambda conn: renamed(conn, guest.id, "Karen Bech"))
    assert (at_the_door(hall, "kirsten"), at_the_door(hall, "bech karen")) == ([], ["Karen Bech"])
    core.write(lambda conn: renamed(conn, guest.id, ""))
    with core.transaction() as session:
        mine = select(func.count()).select_from(NamePart).where(NamePart.registration_id == guest.id)
        assert session.scalar(mine) == 0
        assert kept.recount(session.connection()) == 0


def test_an_erased_name_is_found_no_more(db: SQLAlchemy, hall: Hall) -> None:
    guest = make_guest(db, hall.event_id, "Kirsten Madsen")
    key = db.session.get_one(Registration, guest.id).booking.submission_key
    db.session.rollback()
    core.write(lambda conn: actions.forget_name(conn, key, "Kirsten Madsen"))
    assert at_the_door(hall, "kirsten") == []
    assert db.session.scalar(select(func.count()).select_from(NamePart)) == 0


def test_what_was_spoiled_is_made_anew(db: SQLAlchemy, hall: Hall) -> None:
    fill(db, hall, "Kirsten Madsen", "Bo")
    db.session.execute(update(NamePart).where(NamePart.first == "bo").values(first="ob"))
    db.session.commit()
    with core.transaction() as session:
        assert kept.recount(session.connection()) == 2, "one is missing, and one has nobody"
        assert kept.recount(session.connection()) == 0
    assert at_the_door(hall, "bo") == ["Bo"]


@pytest.mark.parametrize("typed", ["jens jensen", "jen", "xq", "jens xqz", "jense xqz", "je xq", "hans peter jensen"])
def test_no_list_of_all_with_a_name_is_read(db: SQLAlchemy, hall: Hall, typed: str) -> None:
    """Nothing is read but ranges of an index: no plan looks through the guests of an event, or through all words."""
    fill(db, hall, "Jens Jensen", "Hans Peter Jensen")
    plans: list[str] = []
    with core.reading() as conn:
        if conn.dialect.name != "sqlite":
            conn.exec_driver_sql("SET LOCAL enable_seqscan = off")

        def explain(_conn: Connection, _cursor: Any, statement: str, values: Any, *_more: Any) -> None:
            if not statement.startswith("EXPLAIN") and "name_part" in statement:
                prefix = "EXPLAIN QUERY PLAN " if conn.dialect.name == "sqlite" else "EXPLAIN "
                plans.extend(str(row[-1]) for row in conn.exec_driver_sql(prefix + statement, values))

        event.listen(conn, "before_cursor_execute", explain)
        name_queries.find(conn, hall.event_id, typed, 20)
    assert plans
    for line in plans:
        assert not re.search(r"SCAN (p|n|r|name_part)\b|Seq Scan on (name_part|registration)\b", line), line


def renamed(conn: Connection, registration_id: str, name: str) -> None:
    conn.execute(update(Registration).where(Registration.id == registration_id).values(**rules.name_columns(name)))


def test_the_door_says_that_there_are_more_only_where_there_are(db: SQLAlchemy, hall: Hall) -> None:
    fill(db, hall, *(f"Jens Holm {number}" for number in range(20)))
    found = at_door.guests(hall.event_id, "jens holm")
    assert (len(found.guests), found.are_more) == (20, False)
    fill(db, hall, "Jens Holm 20")
    found = at_door.guests(hall.event_id, "jens holm")
    assert (len(found.guests), found.are_more) == (20, True)
