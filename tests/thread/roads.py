"""The product at a moment, for the tables state × road in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Flask

from tests.support.pages import PageClient, choose_form, form_values

TICK = timedelta(microseconds=1)
DONE = (303, "")
NOT_FOUND = (404, "")


@dataclass
class World:
    """The product at a moment, an event or a hearing in it, and somebody who may do everything at the keyboard."""

    client: PageClient
    app: Flask
    be_at: Callable[[datetime], None]
    ids: dict[str, str]

    def post(self, path: str, **fields: Any) -> tuple[int, str]:
        """Status and sentence of what comes of a post; the sentence only of a refusal."""
        self.app.extensions["kept_briefs"].seconds = 0
        token = {"csrf_token": self.ids["token"]}
        answer = self.client.open(path.format(**self.ids), method="POST", data={**token, **fields})
        refused = answer.status_code >= 400
        return answer.status_code, " ".join(self.client.page.text.split()) if refused else ""

    def form(self, path: str, **fields: Any) -> dict[str, Any]:
        """What a form would send, filled in."""
        return {**form_values(choose_form(self.client.visit(path.format(**self.ids)), fields, "")), **fields}
