"""Request plumbing: languages, permissions, CSRF, headers, static files, health. Knows no slice."""

from __future__ import annotations

from flask import Flask, g
from werkzeug.middleware.proxy_fix import ProxyFix

from eventapp.config import Settings
from eventapp.formats import display, files
from eventapp.web import bodies, compress, csrf, faults, headers, health, house, languages, logs, returned, static, urls
from eventapp.web.registry import Registry, registry


def register(app: Flask, settings: Settings) -> None:
    """Everything but the permission guard, which must run after whoever finds out who is asking."""
    app.extensions["registry"] = Registry()
    app.url_map.converters["int"] = urls.StorableInteger
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.__dict__["wsgi_app"] = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=0)
    app.request_class = bodies.FormRequest
    for part in (logs, urls, languages, display, headers, compress, csrf, files, returned):
        part.register(app)
    static.init_static(app)
    app.jinja_env.tests["invented"] = lambda row: registry().is_invented(row.id)
    app.register_blueprint(health.bp)
    app.register_blueprint(house.bp)

    @app.context_processor
    def common() -> dict[str, object]:
        return {
            "site_name": settings.site_name,
            "contact_email": settings.contact_email,
            "contact_phone": settings.contact_phone,
            "current_person": g.get("person"),
        }

    faults.register(app, settings)
