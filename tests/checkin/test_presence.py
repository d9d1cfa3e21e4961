"""The one rule of who came and who is inside: in whatever order scans reach us, in Python and in JavaScript."""

import json
import os
import random
import shutil
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp.checkin.models import Direction, Verdict
from eventapp.checkin.rules import Presence, Shown, count, fold, in_turn
from tests.checkin.support import DOORS_OPEN

TESTS = Path(__file__).resolve().parent.parent
VECTORS = TESTS / "vectors" / "presence.json"
IDS = "abcdefgh"


def moment(number):
    return None if number is None else DOORS_OPEN + timedelta(minutes=number)


def as_shown(one):
    return Shown(one["id"], moment(one["at"]), Direction(one["direction"]), Verdict(one["verdict"]), one["undoes_id"])


@pytest.mark.parametrize("vector", json.loads(VECTORS.read_text()), ids=lambda one: one["name"])
def test_the_shared_vectors(vector):
    shown = [as_shown(one) for one in vector["shown"]]
    wanted = vector["presence"]
    expected = Presence(moment(wanted["came_at"]), wanted["entry_id"], wanted["last_id"])
    assert fold(shown, before=moment(vector.get("before"))) == expected


def scans(ids=IDS):
    """Scans of one head: few moments, so that some are the same, and every verdict that there is."""

    def drawn(names):
        one = st.tuples(
            st.integers(0, 5),
            st.sampled_from(Direction),
            st.one_of(st.just(Verdict.OK), st.sampled_from(Verdict)),
            st.sampled_from(ids),
        )
        return st.tuples(st.just(names), st.lists(one, min_size=len(names), max_size=len(names))).map(made)

    def made(drawn):
        names, facts = drawn
        return [
            Shown(name, moment(at), way, verdict, undoes if verdict is Verdict.UNDONE else None)
            for name, (at, way, verdict, undoes) in zip(names, facts, strict=True)
        ]

    return st.lists(st.sampled_from(ids), unique=True).flatmap(drawn)


def replayed(shown):
    """Told in another way: walk through all moments, and look at each what had been shown till then."""
    undone = {one.undoes_id for one in shown}
    stands = sorted((one.at, one.id, one) for one in shown if one.verdict is Verdict.OK and one.id not in undone)
    entries = [one for _at, _id, one in stands if one.direction is Direction.IN]
    exits = [number for number, (_at, _id, one) in enumerate(stands) if one.direction is Direction.OUT]
    since_last_exit = stands[exits[-1] + 1 :] if exits else stands
    return Presence(
        entries[0].at if entries else None,
        since_last_exit[0][1] if since_last_exit else None,
        stands[-1][1] if stands else None,
    )


@given(shown=scans(), data=st.data())
def test_neither_order_nor_repetition_changes_who_is_inside(shown, data):
    again = data.draw(st.permutations(shown)) + data.draw(st.lists(st.sampled_from(shown)) if shown else st.just([]))
    assert fold(again) == fold(shown) == replayed(shown)


@given(heads=st.lists(scans(), max_size=5), data=st.data())
def test_the_count_of_an_event_is_that_of_its_heads_in_any_order(heads, data):
    named = [
        [
            Shown(f"{number}{one.id}", one.at, one.direction, one.verdict, one.undoes_id and f"{number}{one.undoes_id}")
            for one in shown
        ]
        for number, shown in enumerate(heads)
    ]
    counted = count(named)
    assert counted == count([data.draw(st.permutations(shown)) for shown in data.draw(st.permutations(named))])
    presences = [fold(shown) for shown in named]
    assert (counted.inside, counted.came) == (sum(p.is_inside for p in presences), sum(p.came for p in presences))
    inside_then = {
        one.at: sum(fold(shown, before=one.at + timedelta(seconds=1)).is_inside for shown in named)
        for shown in named
        for one in shown
    }
    assert counted.highest >= max(inside_then.values(), default=0)


def test_the_same_rule_in_javascript(tmp_path):
    """On the shared vectors, and on a thousand histories that this rule is asked about here."""
    rng = random.Random(24)
    drawn = [vector_of(rng, number) for number in range(1000)]
    more = tmp_path / "more.json"
    more.write_text(json.dumps(drawn))
    node = shutil.which("node", path=f"{TESTS.parent / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
    assert node, "tools/vendor.py installs Node where there is none."
    for settings in ({}, {"PRESENCE_VECTORS": str(more)}):
        told = subprocess.run(
            [node, "--test", TESTS / "js" / "presence.test.js"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stdout + told.stderr


def vector_of(rng, number):
    verdicts = ["ok", "ok", "ok", "undone", *map(str, Verdict)]
    ids = rng.sample(IDS, rng.randrange(len(IDS)))
    shown = []
    for name in ids:
        verdict = rng.choice(verdicts)
        undoes = rng.choice(IDS) if verdict == "undone" else None
        way = rng.choice(["in", "out"])
        shown.append({"id": name, "at": rng.randrange(6), "direction": way, "verdict": verdict, "undoes_id": undoes})
    before = rng.choice([None, 3])
    found = fold([as_shown(one) for one in shown], before=moment(before))
    came = None if found.came_at is None else int((found.came_at - DOORS_OPEN) / timedelta(minutes=1))
    presence = {"came_at": came, "entry_id": found.entry_id, "last_id": found.last_id}
    vector = {"name": f"drawn {number}", "shown": shown, "presence": presence}
    return vector if before is None else {**vector, "before": before}


# --- where a scan stands among the others --------------------------------------------------------------------


def test_the_first_scan_of_an_event_stands_where_its_time_puts_it():
    assert in_turn(moment(1), moment(2), None) == moment(1)


def test_what_was_answered_at_once_stands_after_what_it_was_answered_by():
    """A clock that was measured wrongly by a second must not put an exit before its entry."""
    second = timedelta(seconds=1)
    assert in_turn(moment(5) - second, moment(5), moment(5)) == moment(5) + timedelta(microseconds=1)
    assert in_turn(moment(5), moment(5), moment(5)) > moment(5)
    assert in_turn(moment(6), moment(6), moment(5)) == moment(6)


def test_what_a_phone_kept_stands_where_its_own_time_puts_it():
    assert in_turn(moment(5), moment(5) + timedelta(seconds=11), moment(30)) == moment(5)
    assert in_turn(moment(5), moment(5) + timedelta(seconds=10), moment(30)) > moment(30)
