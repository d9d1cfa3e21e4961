"""The privacy notice is kept in the versions that people were shown (LAW-03)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from eventapp.registration import notice_words

FOLDER = Path(__file__).parents[2] / "templates"


def test_a_notice_that_was_shown_is_never_changed() -> None:
    found = {
        path.stem: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (FOLDER / notice_words.template()).parent.glob("*.html")
    }
    assert found == notice_words.FINGERPRINTS, "Add a new version instead; see eventapp/registration/notice_words.py"


def test_the_newest_version_is_the_one_in_use() -> None:
    assert max(notice_words.FINGERPRINTS) == notice_words.CURRENT
