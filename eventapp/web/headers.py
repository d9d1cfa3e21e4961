"""Headers of every answer, errors included (reliability S7, S21, S22, S28)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Flask, Response, current_app, g, request
from flask.typing import ResponseReturnValue

from eventapp.config import settings

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "font-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def _written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


PLAIN = _written(POLICY)
# The door decodes QR codes with WebAssembly; a worker takes the policy of its own script's answer.
WITH_WASM = _written({**POLICY, "script-src": "'self' 'wasm-unsafe-eval'"})
NO_DEVICES = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"
CAMERA = NO_DEVICES.replace("camera=()", "camera=(self)")

# What the page of a fault carries as well, for which no hook need run.
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
STRICT = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}  # over https


def uses_camera(view: View) -> View:
    """This page may use the camera and WebAssembly."""
    view.__dict__["uses_camera"] = True
    return view


def add_headers(response: Response) -> Response:
    """The security headers, and ``no-store`` unless the view said that its answer is public."""
    view = current_app.view_functions.get(request.endpoint or "")
    camera = view is not None and view.__dict__.get("uses_camera", False)
    headers = response.headers
    headers.setdefault("Content-Security-Policy", WITH_WASM if camera or g.get("wasm_worker") else PLAIN)
    headers["Permissions-Policy"] = CAMERA if camera else NO_DEVICES
    headers.update(ALWAYS)
    if "public" not in headers.get("Cache-Control", ""):  # the framework lets a browser keep each file that is sent
        headers["Cache-Control"] = "no-store"
    if settings().is_https:
        headers.update(STRICT)
    return response


def register(app: Flask) -> None:
    app.after_request(add_headers)
