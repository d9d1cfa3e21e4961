"""At 400 per cent a window of 1,280 pixels is one of 320: every page is read downwards alone (WCAG 1.4.10)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from eventapp import clock
from eventapp.demo import load
from eventapp.demo.models import Stage
from tests.conftest import OpenTab
from tests.support.walk import pages

pytestmark = [pytest.mark.engines("sqlite"), pytest.mark.seconds(300)]
SIDEWAYS = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(params=[Stage.REGISTRATION, Stage.HEARING])
def staged(app: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    with app.app_context():
        load.load(request.param)
    yield app
    clock.follow(timedelta)


def test_at_400_per_cent_nothing_is_read_sideways(staged: Flask, address: str, open_tab: OpenTab) -> None:
    paths = [path for path, _page in pages(staged, staged.test_client(), ["/", "/door/"], lang="da", each=1)]
    page = open_tab(address).page
    page.set_viewport_size({"width": 320, "height": 256})
    wide = []
    for path in paths:
        page.goto(f"{address}{path}")
        wide += [path] if page.evaluate(SIDEWAYS) else []
    assert wide == []
    assert len(paths) > 8
    page.set_content(f"<p>{'bred' * 100}</p>")
    assert page.evaluate(SIDEWAYS)
