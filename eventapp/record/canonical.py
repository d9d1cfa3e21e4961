"""One spelling for every value, so that the same thing always has the same hash.

The spelling is RFC 8785 (JSON canonicalisation). It leaves Unicode as it finds it, so we bring every text into
normal form C first: an "é" typed as one sign and as two is the same letter to the one who wrote it.
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

import rfc8785

TEXT = json.JSONEncoder(ensure_ascii=False)


class CanonicalError(ValueError):
    """A value has no canonical form: a fraction, too large a number, half a surrogate pair, two equal names."""


def normalised(value: Any) -> Any:
    """The value with every text in normal form C, tuples as lists.

    :raises CanonicalError: for what two JSON readers might understand differently. Fractions are among it: their
        spelling is the part of RFC 8785 that implementations get wrong, and a record has no use for them.
    """
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Mapping):
        return _normalised_object(value)
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [normalised(one) for one in value]
    raise CanonicalError(f"A {type(value).__name__} has no place in the record.")


def _normalised_object(value: Mapping[Any, Any]) -> dict[str, Any]:
    pairs = {normalised(name): normalised(one) for name, one in value.items()}
    if len(pairs) != len(value):
        raise CanonicalError("Two names are the same after normalising.")
    return pairs


def canonical(value: Any) -> bytes:
    """The normalised value as canonical JSON in UTF-8.

    :raises CanonicalError: when it has none.
    """
    return encoded(normalised(value))


def encoded(value: Any) -> bytes:
    """A value that is normalised already, or must be taken as it is, as canonical JSON in UTF-8.

    :raises CanonicalError: when it has none.
    """
    try:
        if isinstance(value, str):  # most content: json's C encoder writes RFC 8785 §3.2.2.2 too, 18 times faster
            return TEXT.encode(value).encode("utf-8")
        return rfc8785.dumps(value)
    except (ValueError, RecursionError) as error:
        raise CanonicalError(str(error)) from error
