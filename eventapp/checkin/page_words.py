"""What the script of the door page needs to know: addresses, and its words in the language of the page."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _

from eventapp import clock
from eventapp.checkin.queries import Post
from eventapp.languages import LANGUAGES, current
from eventapp.web.static import asset

ANY_SCAN = "0" * 32  # stands in the address of a reversal until the script knows the scan


def settings_of(post: Post) -> dict[str, Any]:
    """Read by static/js/door/main.js from the page, as JSON. ``{n}`` in a text is a number."""
    version = asset("js/door/worker.js").partition("?v=")[2]
    return {
        "event": post.event_id,
        "clock": LANGUAGES[current()].clock,
        "now": clock.now().isoformat(),
        "urls": {
            "scans": url_for("checkin_api.create_scan", event_id=post.event_id),
            "walk-ins": url_for("checkin_api.create_walk_in", event_id=post.event_id),
            "reversal": url_for("checkin_api.create_reversal", scan_id=ANY_SCAN),
            "guests": url_for("checkin_api.find_guests", event_id=post.event_id),
            "occupancy": url_for("checkin_api.occupancy", event_id=post.event_id),
            "door": url_for("checkin.open_shift"),
        },
        "camera": {
            "worker": url_for("checkin.worker", v=version),
            "reader": asset("vendor/zxing/reader.js"),
            "wasm": asset("vendor/zxing/zxing_reader.wasm"),
        },
        "texts": _texts(),
    }


def _texts() -> dict[str, str]:
    return {
        "unsent": _("{n} not sent"),
        "aim": _("Hold the QR code in the picture"),
        "refused": _("The camera is refused. Allow it in the browser's settings, or type the code."),
        "missing": _("This phone has no camera that we can use. Type the code, or find the name."),
        "busy": _("Another program uses the camera. Close it and try again, or type the code."),
        "old": _("The number is {n} minutes old: there is no connection."),
        "kept": _("Stored, not sent"),
        "keptDetail": _(
            "There is no connection. The phone sends it later; ask the organiser if the guest may come in."
        ),
        "noDetail": _("The server could not take it. The phone tries again by itself."),
        "notUndone": _("Not undone"),
        "notUndoneDetail": _("There is no connection. Try again in a moment."),
        "nobody": _("Nobody with this name is registered."),
        "more": _("There are more: type more of the name."),
        "searching": _("Searching …"),
        "searchFailed": _("There is no connection, so names cannot be found. Type the code, or write the name down."),
        "letIn": _("Let in"),
        "goesOut": _("Goes out"),
        "undo": _("Undo"),
        "close": _("Back"),
        "stay": _("{n} scans are not sent yet. Wait until they are, or they stay on this phone."),
    }
