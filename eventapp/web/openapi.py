"""The machine interface described in OpenAPI 3.1, made from what the slices registered."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from eventapp.config import settings
from eventapp.web.registry import ApiOperation, registry

VERSION = "1"
STATUS = {"type": "object", "properties": {"status": {"type": "string"}}, "required": ["status"]}
READY = {
    "type": "object",
    "properties": {"status": {"type": "string"}, "faults": {"type": "array", "items": {"type": "string"}}},
    "required": ["status", "faults"],
}
ERROR = {
    "type": "object",
    "properties": {
        "code": {"type": "string", "description": "Stable, for programs."},
        "message": {"type": "string", "description": "For people, in the language of the request."},
    },
    "required": ["code", "message"],
}
OWN = (
    ApiOperation("get", "/healthz", "alive", "Whether the process answers", {200: ("It does.", STATUS)}),
    ApiOperation(
        "get",
        "/readyz",
        "ready",
        "Whether everything that a citizen's post needs is there",
        {200: ("It is.", READY), 503: ("Something is missing; faults say what.", READY)},
    ),
)
SECURITY = {
    "staff": {"type": "apiKey", "in": "cookie", "description": "The session of a member of staff."},
    "door": {"type": "apiKey", "in": "cookie", "description": "The shift of a door, opened with its code."},
}


def document() -> dict[str, Any]:
    """The whole description, as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in (*OWN, *registry().api):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Eventapp", "version": VERSION, "contact": {"email": settings().contact_email}},
        "servers": [{"url": settings().public_url.rstrip("/")}],
        "paths": paths,
        "components": {"schemas": {"Error": ERROR}, "securitySchemes": _security_schemes()},
    }


def _security_schemes() -> dict[str, Any]:
    prefix = "__Host-" if settings().is_https else ""
    return {name: {**scheme, "name": f"{prefix}{name}"} for name, scheme in SECURITY.items()}


def _operation(operation: ApiOperation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [
            *(_parameter(name, "path", {"type": "string"}) for name in re.findall(r"{(\w+)}", operation.path)),
            *(_parameter(name, "query", schema) for name, schema in operation.query.items()),
        ],
        "responses": {
            **{str(status): _answer(*answer) for status, answer in operation.answers.items()},
            "default": _answer("A refusal.", {"$ref": "#/components/schemas/Error"}),
        },
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": {operation.media_type: {"schema": operation.body}}}
    if operation.security:
        described["security"] = [{operation.security: []}]
    return described


def _parameter(name: str, place: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _answer(meaning: str, schema: Mapping[str, Any] | None) -> dict[str, Any]:
    content = {"content": {"application/json": {"schema": schema}}} if schema else {}
    return {"description": meaning, **content}
