"""Every route of the product, with an address that can be asked for: ids that nobody has."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, PathConverter
from werkzeug.test import TestResponse

from eventapp.web.permissions import Permission

READING = {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True)
class Route:
    """One method of one address."""

    method: str
    path: str
    endpoint: str
    permission: Permission | None
    is_marked: bool
    anywhere: bool = False
    arguments: tuple[str, ...] = ()  # of the address that are neither numbers nor one of a few words

    def __str__(self) -> str:
        return f"{self.method} {self.path} ({self.endpoint})"

    @property
    def changes(self) -> bool:
        return self.method not in READING

    def ask(self, client: FlaskClient, **options: Any) -> TestResponse:
        return client.open(self.path, method=self.method, buffered=True, **options)


def json_of(answer: TestResponse) -> Any:
    """What a program reads out of an answer."""
    assert answer.mimetype == "application/json", answer.mimetype
    return json.loads(answer.text)


Values = Callable[[str], Mapping[str, str]]


def routes(app: Flask, given: Values = lambda _blueprint: {}) -> Iterator[Route]:
    """All routes, in the order of their addresses.

    :param given: values for the arguments of the addresses of a blueprint, in the place of ids that nobody has.
    """
    for rule in sorted(app.url_map.iter_rules(), key=lambda one: one.rule):
        known = given(rule.endpoint.partition(".")[0])
        values = {name: known.get(name) or _value(converter) for name, converter in rule._converters.items()}
        built = app.url_map.bind("localhost").build(rule.endpoint, values, append_unknown=False)
        view = app.view_functions[rule.endpoint]
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            marks = view.__dict__
            yield Route(
                method,
                built,
                rule.endpoint,
                marks.get("permission"),
                "permission" in marks,
                marks.get("anywhere", False),
                tuple(name for name, converter in rule._converters.items() if _names_something(converter)),
            )


def _names_something(converter: BaseConverter) -> bool:
    return not isinstance(converter, AnyConverter | IntegerConverter)


def _value(converter: BaseConverter) -> str:
    if isinstance(converter, AnyConverter):
        return sorted(converter.items)[0]
    if isinstance(converter, IntegerConverter):
        return "1"
    return "img/favicon.svg" if isinstance(converter, PathConverter) else "0123456789abcdef" * 2
