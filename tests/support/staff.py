"""Staff for tests: signed in without the pages that tests of accounts are about."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from flask.testing import FlaskClient

from eventapp import clock
from eventapp.accounts.models import RoleGrant, Staff, StaffSession
from eventapp.accounts.session_hooks import cookie_name
from eventapp.db import db
from eventapp.tokens import new_token, token_hash
from eventapp.web.permissions import Grant, Role

NUMBERS = itertools.count(1)


def make_staff(*roles: Role, grants: Sequence[Grant] = ()) -> Staff:
    """A member of staff with these roles for the whole authority, and with these grants; commits nothing."""
    now = clock.system_now()
    number = next(NUMBERS)
    staff = Staff(
        email=f"ansat{number}@havneby.example.org",
        name=f"Ansat {number}",
        created_at=now,
        grants=[
            RoleGrant(role=one.role, case_id=one.case_id, event_id=one.event_id, granted_at=now)
            for one in (*map(Grant, roles), *grants)
        ],
    )
    db.session.add(staff)
    db.session.flush()
    return staff


def sign_in(client: FlaskClient, *roles: Role, grants: Sequence[Grant] = ()) -> str:
    """Sign somebody with these roles in at the client; returns the id of the person."""
    with client.application.app_context():
        now = clock.system_now()
        staff, token = make_staff(*roles, grants=grants), new_token()
        db.session.add(
            StaffSession(
                token_hash=token_hash(token), staff_id=staff.id, created_at=now, seen_at=now, second_factor_at=now
            )
        )
        db.session.commit()
        client.set_cookie(cookie_name(), token)
        return staff.id
