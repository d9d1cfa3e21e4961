"""What makes a test depend on a quick machine or a quiet one stands in no test (docs/testing.md, Luck)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
SHORTEST_LIMIT = 60  # seconds, for what never comes; who waits for what does come loses nothing
LIMIT = re.compile(r"\.(?:wait|result|communicate|join)\((?:timeout=)?([\d.]+)\)|Barrier\(.*timeout=([\d.]+)")
KINDS = {
    "a browser waits for a time": re.compile(r"wait_for_timeout\("),
    "a limit of its own in a browser": re.compile(r"expect\(.*timeout="),
    "two readings of a clock, seconds apart": re.compile(r"assert .*now\(.*now\(.*< timedelta\(seconds=\d\)"),
    "a port that was chosen": re.compile(r"port=\d{4,5}\b|bind\(\(.*, [1-9]\d*\)\)"),
    "a server of its own": re.compile(r"make_server\(.*, app\b"),
}
TO_BE_FOUND = {
    "a browser waits for a time": "page.wait_for_timeout(2000)",
    "a limit of its own in a browser": "expect(bar).to_be_hidden(timeout=5000)",
    "two readings of a clock, seconds apart": "assert abs(clock.now() - clock.system_now()) < timedelta(seconds=1)",
    "a port that was chosen": 'start(port=8000, host="127.0.0.1")',
    "a server of its own": 'make_server("127.0.0.1", 0, app, threaded=True)',
}


def lines() -> list[tuple[str, str]]:
    """Place and text of each line of the tests but this file's."""
    return [
        (f"{path.relative_to(TESTS)}:{number}", line)
        for path in sorted(TESTS.rglob("*.py"))
        if path != Path(__file__)
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_no_test_has_this_kind_of_luck(kind: str) -> None:
    assert KINDS[kind].search(TO_BE_FOUND[kind])
    assert [place for place, line in lines() if KINDS[kind].search(line)] == []


def test_whoever_waits_gives_a_busy_machine_a_minute() -> None:
    found = [(place, float(limit[1] or limit[2])) for place, line in lines() for limit in LIMIT.finditer(line)]
    assert len(found) > 10
    assert [place for place, seconds in found if 1 <= seconds < SHORTEST_LIMIT] == []
