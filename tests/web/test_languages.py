"""What languages are called, in the language of the page."""

from __future__ import annotations

import pytest
from flask import Flask

from eventapp.web.languages import language_name


@pytest.mark.parametrize(
    ("page", "code", "name"),
    [("da", "en", "engelsk"), ("da", "da", "dansk"), ("en", "da", "Danish"), ("en", "en", "English")],
)
@pytest.mark.engines("sqlite")
def test_a_language_is_called_by_the_name_that_the_page_uses(app: Flask, page: str, code: str, name: str) -> None:
    with app.test_request_context(f"/?lang={page}"):
        assert language_name(code) == name
