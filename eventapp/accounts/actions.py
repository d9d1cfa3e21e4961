"""Signing in and out, and what staff do to their own account.

Every step here writes through :func:`eventapp.db.write`: an attempt must be counted although it is refused, and a
password is compared (for a third of a second) while no transaction is open.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import b32encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pyotp
from sqlalchemy import Connection

from eventapp import audit, brakes
from eventapp.accounts import password_rules, queries, rules
from eventapp.accounts.errors import (
    LinkError,
    NoDemoError,
    WaitError,
    WrongCodeError,
    WrongPasswordError,
    WrongSignInError,
)
from eventapp.accounts.models import LinkPurpose, Staff
from eventapp.accounts.queries import Account, OpenSession
from eventapp.config import settings
from eventapp.db import Sql, new_id, write
from eventapp.errors import NotAllowedError
from eventapp.tokens import keyed_hash, new_token, token_hash
from eventapp.web.permissions import Person
from eventapp.web.registry import registry
from eventapp.web.urls import external_url

# SQL: sign-in writes through the gate, where there is no session, and a code is used up in one guarded statement.
FORGET_ATTEMPT = Sql("DELETE FROM attempt WHERE id = :id")
ATTEMPT_SUCCEEDED = Sql("UPDATE attempt SET succeeded = TRUE WHERE id = :id")
START_SESSION = Sql(
    "INSERT INTO staff_session (id, token_hash, staff_id, created_at, seen_at, second_factor_at, may_set_password)"
    " VALUES (:id, :token_hash, :staff_id, :at, :at, :second_factor_at, :may_set_password)"
)
FORGET_OLD_SESSIONS = Sql("DELETE FROM staff_session WHERE created_at < :before")
END_SESSION = Sql(
    "UPDATE staff_session SET ended_at = :at WHERE id = :id AND staff_id = :staff_id AND ended_at IS NULL"
)
END_ALL_SESSIONS = Sql("UPDATE staff_session SET ended_at = :at WHERE staff_id = :staff_id AND ended_at IS NULL")
USE_STEP = Sql(
    "UPDATE staff SET last_totp_step = :step WHERE id = :id AND (last_totp_step IS NULL OR last_totp_step < :step)"
)
USE_RECOVERY_CODE = Sql(
    "UPDATE recovery_code SET used_at = :at WHERE staff_id = :id AND code_hash = :code_hash AND used_at IS NULL"
)
SET_PASSWORD = Sql("UPDATE staff SET password_hash = :password_hash WHERE id = :id")
SET_TOTP = Sql("UPDATE staff SET totp_secret = :secret, last_totp_step = :step WHERE id = :id")
DROP_RECOVERY_CODES = Sql("DELETE FROM recovery_code WHERE staff_id = :id")
ADD_RECOVERY_CODE = Sql(
    "INSERT INTO recovery_code (id, staff_id, code_hash, created_at) VALUES (:id, :staff_id, :code_hash, :at)"
)
ADD_LINK = Sql(
    "INSERT INTO sign_in_link (id, token_hash, staff_id, purpose, created_at, expires_at)"
    " VALUES (:id, :token_hash, :staff_id, :purpose, :at, :expires_at)"
)
USE_LINK = Sql(
    "UPDATE sign_in_link SET used_at = :at WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :at"
    " AND staff_id IN (SELECT id FROM staff WHERE disabled_at IS NULL) RETURNING staff_id, purpose"
)
SPEND_LINKS = Sql("UPDATE sign_in_link SET used_at = :at WHERE staff_id = :staff_id AND used_at IS NULL")

RECOVERY_CODE_BYTES = 10  # 80 bits: too many to try, few enough to type


# --- signing in ----------------------------------------------------------------------------------------------


def check_password(email: str, password: str, *, address: str, now: datetime) -> str:
    """Take the first step of signing in; returns the token of a session that still lacks the second factor.

    The answer and its time are the same for a wrong password, an unknown e-mail and a disabled account.

    :param address: of the sender's machine, for counting.
    :raises WaitError: after too many failures, before the password is looked at.
    :raises WrongSignInError: when e-mail or password is wrong.

    Source: reliability S4, S5, S6.
    """
    attempt = _admit(email, address, now)
    account = queries.account(email=email)
    right, renewed = password_rules.verify(password, account.password_hash)
    if not (right and account.id):
        write(lambda conn: audit.insert(conn, None, "accounts.sign_in_refused", account.id, reason="password"))
        raise WrongSignInError
    staff_id = account.id

    def begin(conn: Connection) -> str:
        FORGET_ATTEMPT(conn, id=attempt)
        if renewed:
            SET_PASSWORD(conn, id=staff_id, password_hash=renewed)
        return _start(conn, staff_id, now, complete=False)

    return write(begin)


def check_code(session: OpenSession, code: str, *, address: str, now: datetime) -> str:
    """Take the second step, with a code of the app or a recovery code; returns the token of a new, full session.

    :raises WaitError: after too many failures.
    :raises WrongCodeError: when the code is wrong or was used before.

    Source: reliability S1.
    """
    account = queries.account(staff_id=session.staff_id)
    attempt = _admit(account.email, address, now)
    token = write(lambda conn: _finish(conn, session, attempt, now, lambda: _use_code(conn, account, code, now)))
    if token is None:
        raise WrongCodeError
    return token


def enrol(session: OpenSession, code: str, *, address: str, now: datetime) -> tuple[str, list[str]]:
    """Bind the authenticator app whose secret was shown; returns the token of a full session and new recovery codes.

    :raises WrongCodeError: when the code does not belong to the secret that was shown.
    :raises NotAllowedError: when another app is bound and was not shown, or no password was chosen yet.
    """
    account = queries.account(staff_id=session.staff_id)
    if account.link_only or not account.password_hash or (account.totp_secret and not session.second_factor_at):
        raise NotAllowedError  # or a stolen password alone could bind a phone of the thief
    attempt = _admit(account.email, address, now)
    secret = offered_secret(session, account)
    step = matching_step(secret, code, now)
    codes = new_recovery_codes()

    def bind(conn: Connection) -> bool:
        SET_TOTP(conn, id=session.staff_id, secret=secret, step=step)
        _replace_recovery_codes(conn, session.staff_id, codes, now)
        audit.insert(conn, Person(session.staff_id, ""), "accounts.second_factor_enrolled", session.staff_id)
        return True

    token = write(lambda conn: _finish(conn, session, attempt, now, lambda: step is not None and bind(conn)))
    if token is None:
        raise WrongCodeError
    return token, codes


def sign_out(session: OpenSession, *, now: datetime) -> None:
    """End the session on the server, so that a copied cookie is worth nothing."""

    def end(conn: Connection) -> None:
        END_SESSION(conn, id=session.id, staff_id=session.staff_id, at=now)
        audit.insert(conn, Person(session.staff_id, ""), "accounts.signed_out", session.staff_id)

    write(end)


def _admit(email: str, address: str, now: datetime) -> str:
    """Count a try before it is looked at, so that many at once cannot slip through; returns its id.

    :raises WaitError: when it must not be looked at yet.
    """
    account_hash, address_hash, attempt = keyed_hash(email), keyed_hash(address), new_id()

    def count(conn: Connection) -> int:
        brakes.FORGET(conn, brake=rules.SIGN_IN, before=now - rules.ATTEMPTS_KEPT)
        wait = queries.seconds_to_wait(conn, account_hash, address_hash, now)
        if not wait:
            brakes.INSERT(conn, id=attempt, brake=rules.SIGN_IN, account=account_hash, address=address_hash, at=now)
        return wait

    if wait := write(count):
        raise WaitError(wait)
    return attempt


def _start(conn: Connection, staff_id: str, now: datetime, *, complete: bool, may_set_password: bool = False) -> str:
    FORGET_OLD_SESSIONS(conn, before=now - rules.SESSIONS_KEPT)
    token = new_token()
    START_SESSION(
        conn,
        id=new_id(),
        token_hash=token_hash(token),
        staff_id=staff_id,
        at=now,
        second_factor_at=now if complete else None,
        may_set_password=may_set_password,
    )
    return token


def _finish(
    conn: Connection, session: OpenSession, attempt: str, now: datetime, prove: Callable[[], bool]
) -> str | None:
    """End the half session and begin a full one under a new token; None when the proof fails, which is noted."""
    person = Person(session.staff_id, "")
    if not prove():  # the attempt stays counted
        audit.insert(conn, person, "accounts.sign_in_refused", session.staff_id, reason="code")
        return None
    ATTEMPT_SUCCEEDED(conn, id=attempt)
    END_SESSION(conn, id=session.id, staff_id=session.staff_id, at=now)
    audit.insert(conn, person, "accounts.signed_in", session.staff_id)
    return _start(conn, session.staff_id, now, complete=True)


# --- second factor -------------------------------------------------------------------------------------------


def matching_step(secret: str, code: str, now: datetime) -> int | None:
    """Number of the half minute whose code this is, of the one before, this one and the next; None for a wrong code."""
    totp, digits = pyotp.TOTP(secret), "".join(code.split())
    here = rules.totp_step(now)
    return next((step for step in (here, here - 1, here + 1) if _same(totp.generate_otp(step), digits)), None)


def offered_secret(session: OpenSession, account: Account) -> str:
    """The secret that the enrolment page shows: the same until it is bound, and nowhere stored before that."""
    seed = keyed_hash(f"totp:{session.id}:{account.totp_secret or ''}")
    return b32encode(bytes.fromhex(seed)[:20]).decode()


def enrolment_url(secret: str, email: str) -> str:
    """What the QR code says to an authenticator app."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=settings().site_name)


def new_recovery_codes() -> list[str]:
    """Ten codes like ``ABCD-EFGH-IJKL-MNOP``."""
    return [
        "-".join(text[at : at + 4] for at in range(0, len(text), 4))
        for text in (b32encode(secrets.token_bytes(RECOVERY_CODE_BYTES)).decode() for _ in range(rules.RECOVERY_CODES))
    ]


def _use_code(conn: Connection, account: Account, code: str, now: datetime) -> bool:
    step = matching_step(account.totp_secret, code, now) if account.totp_secret else None
    if step is not None:
        return USE_STEP(conn, id=account.id, step=step).rowcount == 1
    code_hash = _recovery_hash(str(account.id), code)
    return USE_RECOVERY_CODE(conn, id=account.id, code_hash=code_hash, at=now).rowcount == 1


def _same(expected: str, given: str) -> bool:
    return secrets.compare_digest(expected.encode(), given.encode())


def _recovery_hash(staff_id: str, code: str) -> str:
    plain = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(f"{staff_id}:{plain}".encode()).hexdigest()


def _replace_recovery_codes(conn: Connection, staff_id: str, codes: list[str], now: datetime) -> None:
    DROP_RECOVERY_CODES(conn, id=staff_id)
    for code in codes:
        ADD_RECOVERY_CODE(conn, id=new_id(), staff_id=staff_id, code_hash=_recovery_hash(staff_id, code), at=now)


# --- links ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """What a link led to: the token of a session, and what the link was for."""

    token: str
    purpose: LinkPurpose


def make_link(conn: Connection, staff_id: str, purpose: LinkPurpose, *, now: datetime) -> str:
    """A sign-in link that works once within the hour; links made before for the same person stop working."""
    token = new_token()
    SPEND_LINKS(conn, staff_id=staff_id, at=now)
    ADD_LINK(
        conn,
        id=new_id(),
        token_hash=token_hash(token),
        staff_id=staff_id,
        purpose=purpose.value,
        at=now,
        expires_at=now + rules.LINK_LIVES,
    )
    return external_url("accounts.link", token=token)


def demo_link(conn: Connection, staff: Staff, *, now: datetime) -> str:
    """A link that plays a role of the demo case without password and second factor, once within the hour.

    :param conn: the caller's write transaction, such as ``session.connection()`` inside ``with transaction()``.

    :raises NoDemoError: unless the public address is this machine's loopback, the demo case was loaded, and the
        account was made for it.
    """
    if not (staff.link_only and demo_is_open()):
        raise NoDemoError
    return make_link(conn, staff.id, LinkPurpose.DEMO, now=now)


def demo_is_open() -> bool:
    """Whether demo links work here: on one's own machine, with the demo case loaded."""
    return settings().is_loopback and registry().demo_loaded()


def use_link(token: str, *, now: datetime) -> Opened:
    """Spend a link. One for setting up opens a half session; one of the demo opens a full one.

    :raises LinkError: when it was used before or is too old.
    :raises NoDemoError: for a demo link where demo links do not work (any more).
    """
    demo_open = demo_is_open()

    def spend(conn: Connection) -> Opened:
        row = USE_LINK(conn, token_hash=token_hash(token), at=now).one_or_none()
        if row is None:
            raise LinkError
        purpose = LinkPurpose(row.purpose)
        if purpose is LinkPurpose.DEMO and not demo_open:
            raise NoDemoError
        audit.insert(conn, Person(row.staff_id, ""), "accounts.link_used", row.staff_id, purpose=purpose.value)
        is_demo = purpose is LinkPurpose.DEMO
        return Opened(_start(conn, row.staff_id, now, complete=is_demo, may_set_password=not is_demo), purpose)

    return write(spend)


# --- one's own account ---------------------------------------------------------------------------------------


def confirm_password(session: OpenSession, password: str, *, address: str, now: datetime) -> None:
    """Make sure that the owner sits at the browser, before a change that could lock them out.

    :raises WaitError: after too many failures.
    :raises WrongPasswordError: when it is not theirs.
    """
    account = queries.account(staff_id=session.staff_id)
    attempt = _admit(account.email, address, now)
    if not password_rules.verify(password, account.password_hash)[0]:
        raise WrongPasswordError
    write(lambda conn: FORGET_ATTEMPT(conn, id=attempt))


def set_password(session: OpenSession, password: str, *, now: datetime) -> str:
    """Store a new password and end every session of the account; returns the token of the one that goes on.

    :raises NotAllowedError: in a session that was begun with the old password and has no second factor yet.
    """
    if not (session.may_set_password or session.second_factor_at):
        raise NotAllowedError
    password_hash = password_rules.hash_password(password)

    def change(conn: Connection) -> str:
        SET_PASSWORD(conn, id=session.staff_id, password_hash=password_hash)
        END_ALL_SESSIONS(conn, staff_id=session.staff_id, at=now)
        audit.insert(conn, Person(session.staff_id, ""), "accounts.password_set", session.staff_id)
        return _start(conn, session.staff_id, now, complete=session.second_factor_at is not None)

    return write(change)


def renew_recovery_codes(session: OpenSession, *, now: datetime) -> list[str]:
    """New recovery codes; the old ones stop working."""
    codes = new_recovery_codes()

    def renew(conn: Connection) -> None:
        _replace_recovery_codes(conn, session.staff_id, codes, now)
        audit.insert(conn, Person(session.staff_id, ""), "accounts.recovery_codes_renewed", session.staff_id)

    write(renew)
    return codes


def end_session(session: OpenSession, session_id: str, *, now: datetime) -> None:
    """Sign out another browser of the same person; nothing happens when it has ended already."""

    def end(conn: Connection) -> None:
        if END_SESSION(conn, id=session_id, staff_id=session.staff_id, at=now).rowcount:
            audit.insert(conn, Person(session.staff_id, ""), "accounts.signed_out", session.staff_id)

    write(end)
