"""Make what one page needs out of many files: one style sheet, one file of drawings, and a ``.gz`` beside each text.

Nothing is transformed: the design system and the files of ``static/css`` stand one after the other in
``static/vendor/site.css``, and each address in it gets the hash of its file, so that it may be kept for ever.

    python tools/assets.py            quick; run it after a change in static/css
"""

from __future__ import annotations

import gzip
import hashlib
import os
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
PACKED = {".css", ".js", ".svg", ".wasm"}
SMALLEST_BYTES = 600  # compressing less gains nothing
HASH_LENGTH = 12  # as in eventapp/web/static.py

# The drawings that templates/components/icon.html can show.
ICONS = (
    "accessibility-new", "account", "arrow-back", "arrow-forward", "attach-file", "calendar-month", "check",
    "chevron-down", "chevron-left", "chevron-right", "chevron-up", "close", "copy", "delete", "document",
    "download", "edit", "email", "error", "file-pdf", "groups", "help", "hourglass", "info", "language",
    "list-check", "location", "lock", "menu", "open-in-new", "person-add", "persons", "photo-camera", "plus",
    "print", "refresh", "save", "search", "send", "settings", "success", "sync", "time", "upload", "warning",
)  # fmt: skip

FONT_FACE = re.compile(r"@font-face\s*\{[^}]*\}")
ICON_CLASS = re.compile(r"\.icon-[a-z-]+:not\(a\)\{background-image:url\([^)]*\)\}")
PLACEHOLDER_LOGO = re.compile(r"background-image:url\([^)]*logo[^)]*\);?")
SOURCE_MAP = re.compile(r"/\*# sourceMappingURL=.*?\*/")
ADDRESS = re.compile(r"url\(\s*[\"']?(?!data:)([^\"')]+)[\"']?\s*\)")


class AssetError(Exception):
    """The files do not fit together; the text says which."""


def main() -> int:
    try:
        write(VENDOR / "site.css", style_sheet())
        write(VENDOR / "icons.svg", drawings())
    except AssetError as error:
        print(error, file=sys.stderr)
        return 1
    for path in sorted(STATIC.rglob("*")):
        if path.suffix in PACKED and path.is_file():
            pack(path)
    return 0


def style_sheet() -> str:
    """The design system without its complete faces (ours are split, a tenth of the size), then our own rules."""
    system = (VENDOR / "dkfds" / "css" / "dkfds.min.css").read_text("utf-8")
    for unwanted in (FONT_FACE, ICON_CLASS, PLACEHOLDER_LOGO, SOURCE_MAP):
        system = unwanted.sub("", system)
    system = system.removeprefix('@charset "UTF-8";')
    css = STATIC / "css"
    own = [css / "fonts.css", css / "app.css", *sorted((css / "blocks").glob("*.css")), css / "print.css"]
    parts = [addressed(system, VENDOR / "dkfds" / "css")] + [
        addressed(path.read_text("utf-8"), path.parent) for path in own
    ]
    return '@charset "UTF-8";\n' + "\n".join(without_comments(part) for part in parts)


def without_comments(css: str) -> str:
    """Comments are for those who read the source."""
    return re.sub(r"\n\s*\n+", "\n", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)).strip()


def addressed(css: str, folder: Path) -> str:
    """The same rules with each ``url()`` as seen from static/vendor, and with the hash of its file."""

    def rewrite(match: re.Match[str]) -> str:
        path = (folder / match[1]).resolve()
        if not path.is_file():
            raise AssetError(f"{match[1]} is named by a style sheet in {folder.relative_to(ROOT)} and does not exist.")
        return f'url("/static/{path.relative_to(STATIC).as_posix()}?v={content_hash(path)}")'

    return ADDRESS.sub(rewrite, css)


def drawings() -> str:
    """The symbols that pages use, out of the design system's 140."""
    source = (VENDOR / "dkfds" / "img" / "all-svg-icons.svg").read_text("utf-8")
    symbols = [re.search(rf'<symbol id="{name}".*?</symbol>', source, re.DOTALL) for name in ICONS]
    if missing := [name for name, found in zip(ICONS, symbols, strict=True) if not found]:
        raise AssetError(f"The design system has no drawing called {', '.join(missing)}.")
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(found[0] for found in symbols if found)}</svg>\n'


def content_hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:HASH_LENGTH]


def write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text("utf-8") != text:
        replace(path, text.encode("utf-8"))


def pack(path: Path) -> None:
    """Write the compressed sibling, unless it is newer than the file."""
    packed = path.with_name(f"{path.name}.gz")
    if path.stat().st_size < SMALLEST_BYTES or (
        packed.exists() and packed.stat().st_mtime_ns >= path.stat().st_mtime_ns
    ):
        return
    replace(packed, gzip.compress(path.read_bytes(), compresslevel=9, mtime=0))


def replace(path: Path, content: bytes) -> None:
    """Write beside and rename: a server that runs meanwhile finds the old file or the new, never half of one."""
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    partial.write_bytes(content)
    partial.replace(path)


if __name__ == "__main__":
    sys.exit(main())
