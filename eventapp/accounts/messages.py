"""Words of the accounts slice that several pages say."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from eventapp.web.permissions import Role

# Source: domain.md ch. 8; the door is staffed by shift codes and has no accounts.
ROLE_NAMES = {
    Role.ORGANISER: _l("Organiser"),
    Role.PROTOCOL: _l("Protocol"),
    Role.SAFETY: _l("Person in charge of safety"),
    Role.CHAIR: _l("Chair and clerk"),
    Role.OFFICER: _l("Case officer"),
    Role.APPROVER: _l("Approver"),
    Role.ACCESS_OFFICER: _l("Accessibility officer"),
    Role.AUDITOR: _l("Auditor"),
    Role.ADMIN: _l("System administrator"),
}

# What the log says of each act; an act of another slice is shown by its code until that slice names it.
ACT_NAMES = {
    "accounts.signed_in": _l("Signed in"),
    "accounts.signed_out": _l("Signed out"),
    "accounts.sign_in_refused": _l("Sign-in refused"),
    "accounts.link_made": _l("Sign-in link made"),
    "accounts.link_used": _l("Sign-in link used"),
    "accounts.password_set": _l("Password chosen"),
    "accounts.second_factor_enrolled": _l("Second factor set up"),
    "accounts.second_factor_removed": _l("Second factor removed"),
    "accounts.recovery_codes_renewed": _l("New recovery codes"),
    "accounts.created": _l("Account created"),
    "accounts.roles_set": _l("Roles changed"),
    "accounts.disabled": _l("Account closed"),
    "accounts.enabled": _l("Account opened again"),
    "web.refused": _l("Refused: no access"),
}
