"""Signed tree heads in the C2SP text forms "signed note" and "tlog-checkpoint", with Ed25519.

::

    kobenhavn/case/narkotika
    42
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

    — kobenhavn/case/narkotika Az3grlgtzPICa5OS8npVmf1M…

Origin, number of entries, root hash; an empty line; signature lines with key name and base64 of key id and
signature. The key name is the origin, as tlog-checkpoint advises, so one key signs all cases and no signature
fits another case. Sources: c2sp.org/signed-note, c2sp.org/tlog-checkpoint.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from eventapp.record import tree

ED25519 = b"\x01"  # signature type of signed-note
KEY_ID_BYTES = 4
MOST_SIGNATURES = 16
NUMBER = re.compile(r"0|[1-9][0-9]{0,15}")
NAME = re.compile(r"[!-*,-~]+")  # of our origins: ASCII without blanks and plus, a part of what signed-note allows
# Of anybody who signs along: no plus, blank or control (signed-note).
SIGNER = re.compile("[^\0- +\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+")
LARGEST_NUMBER = 2**53 - 1  # what every JSON reader holds exactly


class BadProofError(ValueError):
    """Something that claims to be a proof is none.

    ``code``: format, key, signature, entry, opening, or file, with the names of the ``files`` that are not those that
    were received.
    """

    def __init__(self, code: str, detail: str, files: tuple[str, ...] = ()) -> None:
        super().__init__(detail)
        self.code, self.files = code, files


@dataclass(frozen=True)
class Checkpoint:
    """A tree head and the signed text that states it."""

    origin: str
    size: int
    root: bytes
    text: str


@dataclass(frozen=True)
class SignatureLine:
    """One signature below a note; ``signature`` is without the key id."""

    name: str
    key_id: bytes
    signature: bytes


def key_id(name: str, public_key: bytes) -> bytes:
    """The four bytes by which a signature line names its key."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:KEY_ID_BYTES]


def verifier_key(name: str, public_key: bytes) -> str:
    """The key as other note verifiers take it: ``name+id+base64(type, key)``."""
    encoded = base64.b64encode(ED25519 + public_key).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{encoded}"


def sign(keys: Sequence[Ed25519PrivateKey], origin: str, size: int, root: bytes) -> Checkpoint:
    """The tree head signed with each key; more than one only while keys change."""
    if not NAME.fullmatch(origin):
        raise ValueError("An origin has no blanks and no plus sign.")
    body = f"{origin}\n{size}\n{hash_text(root)}\n"
    lines = [_signature_line(key, origin, body) for key in keys]
    return Checkpoint(origin, size, root, f"{body}\n{''.join(lines)}")


def _signature_line(key: Ed25519PrivateKey, name: str, body: str) -> str:
    signed = key_id(name, key.public_key().public_bytes_raw()) + key.sign(body.encode())
    return f"\N{EM DASH} {name} {base64.b64encode(signed).decode()}\n"


def verify(text: str, public_keys: Collection[bytes], *, origin: str | None = None) -> Checkpoint:
    """The checkpoint that ``text`` states, when a trusted key signed it.

    :param public_keys: trusted Ed25519 keys, 32 bytes each. Lines of unknown keys are passed over, as the
        signed-note text asks; a line of a trusted key that does not verify spoils the whole note.
    :param origin: the log that is meant; ``None`` takes any.
    :raises BadProofError: format, key or signature.
    """
    checkpoint, signatures = parse(text)
    if origin is not None and checkpoint.origin != origin:
        raise BadProofError("key", "The checkpoint is of another log.")
    known = {key_id(checkpoint.origin, key): key for key in public_keys}
    ours = [line for line in signatures if line.name == checkpoint.origin and line.key_id in known]
    if not ours:
        raise BadProofError("key", "No trusted key signed the checkpoint.")
    body = text[: text.index("\n\n") + 1].encode()
    for line in ours:
        _verify_signature(known[line.key_id], line.signature, body)
    return checkpoint


def _verify_signature(public_key: bytes, signature: bytes, body: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, body)
    except InvalidSignature:
        raise BadProofError("signature", "The signature of the checkpoint is wrong.") from None


def parse(text: str) -> tuple[Checkpoint, list[SignatureLine]]:
    """Read a checkpoint without believing it. Lines beyond origin, size and root are refused: we never write any."""
    body, blank, lines = text.partition("\n\n")
    try:
        origin, size, root = body.split("\n")
    except ValueError:
        raise BadProofError("format", "A checkpoint has three lines.") from None
    if not blank or not NAME.fullmatch(origin):
        raise BadProofError("format", "The checkpoint is malformed.")
    checkpoint = Checkpoint(origin, number(size), hash_of(root), text)
    return checkpoint, [_parse_signature(line) for line in _signature_lines(lines)]


def _signature_lines(lines: str) -> list[str]:
    *found, rest = lines.split("\n")
    if rest or len(found) > MOST_SIGNATURES or len(set(found)) < len(found):
        raise BadProofError("format", "The signatures are malformed.")
    return found


def _parse_signature(line: str) -> SignatureLine:
    try:
        dash, name, encoded = line.split(" ")
    except ValueError:
        raise BadProofError("format", "A signature line is malformed.") from None
    signed = base64_bytes(encoded)
    if dash != "\N{EM DASH}" or not SIGNER.fullmatch(name) or len(signed) <= KEY_ID_BYTES:
        raise BadProofError("format", "A signature line is malformed.")
    return SignatureLine(name, signed[:KEY_ID_BYTES], signed[KEY_ID_BYTES:])


def number(text: str) -> int:
    """A whole number without sign and leading zeros, exact in every JSON reader.

    :raises BadProofError: format.
    """
    if not NUMBER.fullmatch(text) or int(text) > LARGEST_NUMBER:
        raise BadProofError("format", "A number is malformed.")
    return int(text)


def hash_text(hashed: bytes) -> str:
    """A hash in base64, as all these texts write it."""
    return base64.b64encode(hashed).decode()


def hash_of(text: str) -> bytes:
    """A SHA-256 in base64.

    :raises BadProofError: format.
    """
    found = base64_bytes(text)
    if len(found) != tree.HASH_BYTES:
        raise BadProofError("format", "A hash has 32 bytes.")
    return found


def base64_bytes(text: str) -> bytes:
    """Bytes in the one base64 spelling that writing them gives; another spelling is an altered text.

    :raises BadProofError: format.
    """
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadProofError("format", "Base64 is malformed.") from None
    if base64.b64encode(found).decode() != text:
        raise BadProofError("format", "Base64 is not in its one spelling.")
    return found
