"""The door: who may stand there with which phone, what every ticket that was shown came to, how full the room is.

For volunteers in a dark hall, one hand free; for the organiser, who must know at any moment how many are inside; and
for the slices above, for which who came is :class:`eventapp.checkin.models.Presence`.
"""

from __future__ import annotations

from flask import Flask
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventapp import clock
from eventapp.checkin import api_views, cli, desk_views, queries, session_hooks, staffing_queries, views
from eventapp.web.permissions import url_if_allowed
from eventapp.web.registry import DeskFigure, DeskItem, Registry, Tab


def register(app: Flask) -> None:
    """Bind the slice to the application."""
    for blueprint in (views.bp, api_views.bp, desk_views.bp):
        app.register_blueprint(blueprint)
    app.cli.add_command(cli.group)
    session_hooks.register(app)
    registry: Registry = app.extensions["registry"]
    registry.desk_tabs.append(Tab(40, _l("Door"), "checkin_desk.overview"))
    registry.desk_figures.append(_figures)
    registry.desk_items.append(_items)
    registry.gauges.append(lambda: {"eventapp_scans": queries.scans_taken()})
    registry.scopes["door_id"] = staffing_queries.door_scope
    registry.scopes["shift_id"] = staffing_queries.shift_scope
    registry.scopes["device_id"] = staffing_queries.device_scope
    registry.scopes["scan_id"] = staffing_queries.scan_scope
    registry.api.extend(api_views.OPERATIONS)


def _figures(event_id: str) -> list[DeskFigure]:
    url = url_if_allowed("checkin_desk.overview", event_id=event_id)
    return [DeskFigure(50, _("came"), queries.came(event_id), url)]


def _items(event_id: str) -> list[DeskItem]:
    """Phones that stand still until somebody lets them go on."""
    url = url_if_allowed("checkin_desk.overview", event_id=event_id)
    return [
        DeskItem(
            _("A phone at %(door)s is paused", door=one.session.shift.door.name), url, _("Look"), one.session.paused_at
        )
        for one in staffing_queries.devices(event_id, clock.now())
        if one.session.paused_at
    ]
