"""A plugin of pytest for tools/mutants.py, which runs a slice's tests once a mutant: what is slow is left out."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

SLOW_FIXTURES = {"browser", "open_tab", "address", "live_server", "start_server"}
SLOW_FILES = {"test_races.py", "test_browser.py"}

# A mutant is noticed or not; the smallest example of it is nobody's concern.
settings.register_profile(
    "mutants", max_examples=10, phases=(Phase.explicit, Phase.generate), database=None, deadline=None
)
settings.load_profile("mutants")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out browsers, servers, races and what needs more than two minutes."""
    slow = [one for one in items if is_slow(one)]
    config.hook.pytest_deselected(items=slow)
    items[:] = [one for one in items if one not in slow]


def is_slow(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return bool(fixtures & SLOW_FIXTURES) or item.path.name in SLOW_FILES or bool(item.get_closest_marker("seconds"))
