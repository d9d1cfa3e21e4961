"""Changing the signing key: when a person who knew it leaves, when it may have leaked, or once in a while."""

from __future__ import annotations

import base64
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from eventapp.config import settings
from eventapp.db import transaction
from eventapp.record import keys, signing, store
from eventapp.record.actions import append
from eventapp.record.own import KEY


def rotate_key(at: datetime) -> int:
    """Put a new key in place of the current one and tell every log; returns how many logs there are.

    Each log gets an entry in which the old key signs the new one and the new one the old; the head over that entry
    carries both signatures. Old receipts keep verifying, for the old public key stays listed.

    :raises SigningRefusedError: when a log cannot be signed; then nothing has changed.
    """
    signing.sign_all()
    old, new = signing.key_ring().signing, keys.next_key(settings().record_key_path)
    with transaction() as session:
        conn = session.connection()
        ids = [one.id for one in store.logs(conn)]
        for log_id in ids:
            append(conn, log_id=log_id, kind=KEY, parts=_told(old, new), ref=None, received_at=at, at=at)
    keys.replace_key(settings().record_key_path, at)
    for log_id in ids:
        signing.sign_with(log_id, old)
    return len(ids)


def _told(old: Ed25519PrivateKey, new: Ed25519PrivateKey) -> dict[str, str]:
    before, after = old.public_key().public_bytes_raw(), new.public_key().public_bytes_raw()
    return {
        "old_key": base64.b64encode(before).decode(),
        "new_key": base64.b64encode(after).decode(),
        "new_signed_by_old": base64.b64encode(old.sign(after)).decode(),
        "old_signed_by_new": base64.b64encode(new.sign(before)).decode(),
    }
