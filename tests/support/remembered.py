"""What every application of a process makes alike, kept for the next one: compiled templates and addresses.

A test still has an application of its own, with nothing in it of another test's: what is kept is code, found again by
all that it was made from.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any

import pytest
from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.routing import Rule

from tools import catalogues


class TemplateCode(BytecodeCache):
    """Code of templates in memory, by name and text of the template."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._kept.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        assert bucket.code is not None
        self._kept[bucket.key, bucket.checksum] = bucket.code


def remember(patch: pytest.MonkeyPatch) -> None:
    """Keep compiled templates and addresses; what is kept outlives the patch, for a later session of this process."""
    patch.setattr(Flask, "jinja_options", {**Flask.jinja_options, "bytecode_cache": TEMPLATES})
    patch.setattr(Rule, "_compile_builder", COMPILE_BUILDER)


@cache
def compile_catalogues() -> None:
    """The texts as they were written when the process began."""
    catalogues.compile_all(catalogues.ROOT)


def _remembering(make: Callable[[Rule, bool], Callable[..., Any]]) -> Callable[[Rule, bool], Callable[..., Any]]:
    """Werkzeug writes, parses and compiles a function for each address: nine tenths of what ``create_app()`` costs."""
    kept: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def compile_builder(rule: Rule, append_unknown: bool = True) -> Callable[..., Any]:
        defaults = tuple(sorted((name, repr(value)) for name, value in (rule.defaults or {}).items()))
        converters = tuple(type(converter) for converter in rule._converters.values())
        key = (rule.rule, tuple(rule._trace), defaults, converters, append_unknown)
        if key not in kept:
            kept[key] = make(rule, append_unknown)
        return kept[key]

    return compile_builder


TEMPLATES = TemplateCode()
COMPILE_BUILDER = _remembering(Rule._compile_builder)
