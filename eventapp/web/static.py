"""Static files: kept for a year under an address that holds their hash, sent compressed where that lies ready."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, current_app, request, send_from_directory

HASH_LENGTH = 12  # hexadecimal characters of the SHA-256: 48 bits, enough to tell versions of one file apart
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "public, no-cache"  # may be kept, but must be asked for with its ETag
TYPES = {
    ".ico": "image/vnd.microsoft.icon",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


def asset(name: str) -> str:
    """Address of a static file, with the hash of what it holds: ``/static/vendor/site.css?v=0f1e2d3c4b5a``.

    :raises FileNotFoundError: when there is no such file; tools/vendor.py makes those under ``vendor/``.
    """
    path = Path(current_app.static_folder or "") / name
    return f"{current_app.static_url_path}/{name}?v={content_hash(path, path.stat().st_mtime_ns)}"


@lru_cache(maxsize=1024)
def content_hash(path: Path, _changed_at: int) -> str:
    """The start of a file's SHA-256; ``_changed_at`` makes a changed file a new question."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]


def serve(filename: str) -> Response:
    """One file. Whoever asked with the right hash may keep it for ever; anything else is asked for again."""
    folder = Path(current_app.static_folder or "")
    packed = folder / f"{filename}.gz"
    is_packed = request.accept_encodings.quality("gzip") > 0 and _is_up_to_date(packed, folder / filename)
    response = send_from_directory(folder, f"{filename}.gz" if is_packed else filename, mimetype=_type(filename))
    if is_packed:
        response.headers["Content-Encoding"] = "gzip"
    if packed.is_file():
        response.vary.add("Accept-Encoding")
    response.headers["Cache-Control"] = FOREVER if _asked_by_hash(folder / filename) else ASK_AGAIN
    return response


def _is_up_to_date(packed: Path, original: Path) -> bool:
    """A file that was edited after it was compressed is sent as it is."""
    return packed.is_file() and original.is_file() and packed.stat().st_mtime_ns >= original.stat().st_mtime_ns


def _asked_by_hash(path: Path) -> bool:
    return path.is_file() and request.args.get("v") == content_hash(path, path.stat().st_mtime_ns)


def _type(filename: str) -> str:
    """The content type, by our own list first: what a machine's table says of .js and .wasm varies."""
    return TYPES.get(Path(filename).suffix) or mimetypes.guess_type(filename)[0] or "application/octet-stream"


def init_static(app: Flask) -> None:
    """Serve the static folder this way, and give templates ``asset()``."""
    serve.__dict__["permission"] = None  # everybody gets in, as with @public; the guard reads this mark
    app.view_functions["static"] = serve
    app.jinja_env.globals["asset"] = asset
