"""The whole service is killed with SIGKILL in the middle of the rush, and again: nothing that was acknowledged is
lost, and nothing is there twice (reliability R1, R2, R7).
"""

from __future__ import annotations

import random
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Start
from tests.storm import books
from tests.storm.crowd import Crowd, crowd
from tests.storm.places import open_event
from tests.storm.visitors import Kind, Letter, Told, Visitor, answer, sign_up
from tests.support.live import ROOT, LiveServer
from tools import verify_receipt

EACH, CLIENTS, KILLS = 200, 16, 4
SEATS = 130  # so that there are people with a ticket and people in line
WITH_FILE, TWICE = EACH // 10, EACH // 20  # with an attachment of 200 kB; with a double click
ANSWER_FORM = "/hearings/afkriminalisering-af-narkotika/answer"


@pytest.mark.seconds(300)
def test_what_was_acknowledged_survives_kills_of_the_whole_service_and_nothing_is_there_twice(
    start_server: Start, tmp_path: Path
) -> None:
    server = start_server(DEMO_STAGE="hearing")
    form = open_event(server, seats=SEATS)
    earlier = books.keys(server.instance)
    chance = random.Random()
    with crowd(server.address, CLIENTS) as citizens:
        storm(server, citizens, letters(form, chance), chance)
        print(*server.output[-100:], sep="\n")  # shown with a failure
        told = citizens.told()
        assert len({one.key for one in told}) == 2 * EACH
        assert len(told) == 2 * (EACH + TWICE)
        assert len(citizens.street.broken) >= KILLS, "No kill hit anybody: this storm proves nothing."
        assert books.faults(server.instance, told, earlier) == []
        assert ": yes," in server.run("record", "verify")
        assert_own_pages_tell_the_same(server, citizens, told, tmp_path)


def letters(form: str, chance: random.Random) -> list[Letter]:
    """Half sign-ups, half answers, in any order."""
    numbers = range(EACH)
    with_file, twice = chance.sample(numbers, WITH_FILE), chance.sample(numbers, TWICE)
    made = [sign_up(form, number, twice=number in twice) for number in numbers]
    made += [answer(ANSWER_FORM, number, with_file=number in with_file, twice=number in twice) for number in numbers]
    chance.shuffle(made)
    return made


def storm(server: LiveServer, citizens: Crowd, sent: list[Letter], chance: random.Random) -> None:
    """Hand out the letters in as many parts as it takes for each kill to come while every client is at work."""
    part = len(sent) // (KILLS + 1)
    for number in range(KILLS):
        citizens.take(sent[number * part : (number + 1) * part])
        citizens.wait_until_left(chance.randint(CLIENTS, part - CLIENTS))
        server.kill()
        server.start()
    citizens.take(sent[KILLS * part :])
    citizens.wait_until_left(0)


def assert_own_pages_tell_the_same(server: LiveServer, citizens: Crowd, told: list[Told], folder: Path) -> None:
    """Every page that somebody was led to is there, and every receipt proves its own answer."""
    keys = [line for line in Visitor(citizens.street).open("/record/key").text.split() if len(line) == 44]
    entries = books.entries_of(server.instance, told)
    proofs = citizens.all(partial(read_own_pages, citizens), told)
    for one, proof in zip(told, proofs, strict=True):
        if proof is not None:
            entry = verify_receipt.check_receipt(proof, [verify_receipt.unhash(key) for key in keys])
            assert (entry["kind"], entry["ref"], entry["seq"]) == ("answer", *entries[one.key])
    last = folder / "last.tlog-proof"
    last.write_bytes(next(proof for proof in reversed(proofs) if proof is not None))
    command: list[str | Path] = [sys.executable, ROOT / "tools" / "verify_receipt.py", "--key", keys[0], last]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.startswith("YES")


def read_own_pages(citizens: Crowd, told: Told) -> bytes | None:
    """The page itself, and of an answer the receipt as a file."""
    visitor = Visitor(citizens.street)
    visitor.open(told.page)
    return visitor.open(f"{told.page}/proof").content if told.kind is Kind.ANSWER else None
