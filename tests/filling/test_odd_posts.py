"""Every field of every form: left out, sent twice, far too long. None of it is a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from eventapp.db import new_id
from eventapp.registration.forms import TRAP
from eventapp.web.returned import KEY
from eventapp.web.versions import VERSION
from tests.filling.test_once import LAST, fitting
from tests.filling.walk import Found, Walk

pytestmark = pytest.mark.seconds(900)

LEFT_OUT, TWICE, TOO_LONG = "left out", "twice", "too long"
TAKEN, REFUSED = {200, 201, 303}, {400, 404, 409, 422, 429}
CHOSEN_ALREADY = {("dossier.export", "form")}
ENDS_THE_WALK = {"accounts.sign_out"}
LONG = "a" * 300_000  # more than any field takes, less than what is refused for its size
KEYS = (KEY, "key", "submission_key")


def fresh(found: Found) -> dict[str, Any]:
    """The form as it is taken in, drawn anew: nothing was sent with its keys yet."""
    values = fitting(found)
    return {**values, **{name: new_id() for name in KEYS if name in values}}


def odd(found: Found) -> Iterator[tuple[str, str, MultiDict[str, Any]]]:
    for name in fitting(found):
        yield name, LEFT_OUT, MultiDict({other: one for other, one in fresh(found).items() if other != name})
        yield name, TWICE, MultiDict([*MultiDict(fresh(found)).items(multi=True), (name, "noget andet")])
        yield name, TOO_LONG, MultiDict({**fresh(found), name: LONG})


def is_typed(found: Found, name: str) -> bool:
    """Whether a field takes a text that people write."""
    fields = [one for one in found.form.all("input", "textarea") if one.attributes.get("name") == name]
    kinds = {"textarea" if one.tag == "textarea" else one.attributes.get("type", "text") for one in fields}
    return bool(kinds & {"textarea", "text", "email", "tel"})


def is_required(found: Found, name: str) -> bool:
    fields = [one for one in found.form.all("input", "select", "textarea") if one.attributes.get("name") == name]
    return any("required" in one.attributes for one in fields)


def keeps(found: Found, name: str) -> bool:
    """Whether a field that does not come stays what it is: of a row that is changed, or where a choice is made."""
    return bool(found.form.all("input", name=VERSION)) or (found.endpoint, name) in CHOSEN_ALREADY


def fault(found: Found, name: str, what: str, status: int) -> bool:
    """Whether this is no right answer to a form of which one field is odd."""
    if status in TAKEN:
        return (what == TOO_LONG and is_typed(found, name) and name != TRAP) or (
            what == LEFT_OUT and is_required(found, name) and not keeps(found, name)
        )
    return status not in REFUSED


def test_no_field_of_any_form_is_a_fault_of_ours_or_taken_half(walk: Walk, app: Flask) -> None:
    app.config["PROPAGATE_EXCEPTIONS"] = False
    faults, sent = [], 0
    for one in sorted(walk.posts(), key=lambda found: found.action.endswith(LAST)):
        if one.endpoint in ENDS_THE_WALK:
            continue
        for name, what, data in odd(one):
            sent += 1
            status = walk.client.post(one.action, data=data, buffered=True).status_code
            if fault(one, name, what, status):
                faults.append(f"{one.endpoint}: {name} {what}: {status}")
    assert not faults, "\n".join(faults)
    assert sent > 800
