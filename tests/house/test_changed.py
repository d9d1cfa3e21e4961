"""``make test-changed`` finds the tests that a change can break."""

from __future__ import annotations

import pytest

from tools import changed as tool

WHO_NAMES_WHOM = tool.names(tool.ROOT)


def chosen(*changed: str) -> list[str]:
    return tool.chosen(changed, WHO_NAMES_WHOM, tool.ROOT)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ("eventapp/registration/rules.py", "tests/registration"),  # its own slice
        ("eventapp/registration/seat_actions.py", "tests/checkin"),  # a slice that builds on it
        ("eventapp/mail/outbox.py", "tests/hearing/test_answering.py"),
        ("eventapp/formats/names.py", "tests/formats/test_names.py"),
        ("templates/hearing/show.html", "tests/hearing"),
        ("static/js/answer.js", "tests/hearing"),
        ("static/js/answer.js", "tests/house/test_javascript.py"),
        ("tests/js/answer.test.js", "tests/house/test_javascript.py"),
        ("eventapp/translations/da/hearing.po", "tests/house/test_catalogues.py"),
        ("eventapp/hearing/models.py", "tests/upgrade"),
        ("docs/settings.md", "tests/core/test_settings.py"),
        ("tools/pg.py", "tests/house"),
        ("eventapp/statistics/rules.py", "tests/web"),
        ("tests/support/pictures.py", "tests/formats/test_qr.py"),
        ("tests/record/test_tree.py", "tests/record/test_tree.py"),
    ],
)
def test_what_a_change_can_break_is_run(changed: str, found: str) -> None:
    run = chosen(changed)
    assert any(found == one or one.startswith(f"{found}/") or found.startswith(f"{one}/") for one in run), run


@pytest.mark.parametrize(
    ("changed", "spared"),
    [("eventapp/statistics/rules.py", "tests/record"), ("docs/settings.md", "tests/registration")],
)
def test_what_it_cannot_break_is_not(changed: str, spared: str) -> None:
    assert not any(one.startswith(spared) for one in chosen(changed))


@pytest.mark.parametrize("changed", ["requirements.txt", "tests/conftest.py", "eventapp/db/gate.py", "pyproject.toml"])
def test_what_stands_under_everything_runs_all(changed: str) -> None:
    assert chosen(changed, "README.md") == ["tests"]


def test_nothing_changed_runs_nothing() -> None:
    assert chosen() == []
