"""The key that signs checkpoints: a file of its own beside the database, never in it.

``instance/record-key`` is the private key, ``instance/record-key.retired`` lists the public keys it had before, so
that old receipts keep verifying. Both are outside the database: who can write rows cannot make a key trusted.
"""

from __future__ import annotations

import base64
import os
import secrets
import stat
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key


class KeyFileError(RuntimeError):
    """The signing key is missing, unreadable or readable by others; the text says what to do."""


@dataclass(frozen=True)
class KeyRing:
    """The key in use and the public keys that were in use before, newest last; 32 bytes each."""

    signing: Ed25519PrivateKey
    retired: tuple[bytes, ...] = ()

    @property
    def public(self) -> bytes:
        return self.signing.public_key().public_bytes_raw()

    @property
    def trusted(self) -> tuple[bytes, ...]:
        return (self.public, *self.retired)


def generate_key(path: Path) -> None:
    """Make a signing key in a file that only this user can read. One that is there already is left alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    _write_key(draft, Ed25519PrivateKey.generate())
    try:
        os.link(draft, path)  # fails when the file exists, so two processes that start at once agree on one key
    except FileExistsError:
        return
    finally:
        draft.unlink()


def load_key(path: Path) -> Ed25519PrivateKey:
    """
    :raises KeyFileError: when there is no key that can safely be used.
    """
    if not path.exists():
        raise KeyFileError(f"{path} is missing. Put it back from the backup; without it nothing more can be signed.")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise KeyFileError(f"{path} can be read by other users of this machine. Run `chmod 600 {path}`.")
    try:
        key = load_pem_private_key(path.read_bytes(), password=None)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(f"{path} holds no Ed25519 key. Put it back from the backup.")
    return key


def load_ring(path: Path) -> KeyRing:
    """The keys of this installation, read again when the file changes.

    :raises KeyFileError: as :func:`load_key`.
    """
    changed = path.stat().st_mtime_ns if path.exists() else 0
    return _load_ring(path, changed)


@lru_cache(maxsize=8)
def _load_ring(path: Path, _changed: int) -> KeyRing:
    listed = retired_path(path)
    lines = listed.read_text("ascii").splitlines() if listed.exists() else []
    return KeyRing(load_key(path), tuple(base64.b64decode(line.split()[0]) for line in lines))


def retired_path(path: Path) -> Path:
    """The list of public keys that were in use before: base64 and the day each was retired, one a line."""
    return path.with_name(f"{path.name}.retired")


def next_key(path: Path) -> Ed25519PrivateKey:
    """The key that will replace the current one: made on first asking, the same again after an interruption."""
    generate_key(_next_path(path))
    return load_key(_next_path(path))


def replace_key(path: Path, at: datetime) -> None:
    """Put the next key in place. The old public key is listed first, so that at no moment an old receipt fails."""
    old = base64.b64encode(load_key(path).public_key().public_bytes_raw()).decode()
    with retired_path(path).open("a", encoding="ascii") as file:
        file.write(f"{old} {at:%Y-%m-%d}\n")
        file.flush()
        os.fsync(file.fileno())
    _next_path(path).replace(path)


def _next_path(path: Path) -> Path:
    return path.with_name(f"{path.name}.next")


def _write_key(path: Path, key: Ed25519PrivateKey) -> None:
    written = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(written)
        file.flush()
        os.fsync(file.fileno())
