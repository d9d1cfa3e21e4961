"""What decides over signing in: values in, answer out."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from eventapp.accounts.common_words import COMMON
from eventapp.accounts.models import StaffSession
from eventapp.brakes import Attempt
from eventapp.db.personal import kept_for

IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
HALF_WAY = timedelta(minutes=10)  # from the password to the second factor
SEEN_AGAIN = timedelta(minutes=1)
SIGN_IN = "sign_in"  # the brake that counts passwords and codes of the app
LINK_LIVES = timedelta(minutes=60)

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 1000
FREE_TRIES_ACCOUNT = 10
FREE_TRIES_ADDRESS = 100
ACCOUNT_WINDOW = timedelta(days=1)
ADDRESS_WINDOW = timedelta(hours=1)
ATTEMPTS_KEPT = kept_for(Attempt.account_hash)
SESSIONS_KEPT = kept_for(StaffSession.created_at)
FIRST_WAIT_SECONDS = 15
LONGEST_WAIT_SECONDS = 15 * 60
CODE_SECONDS = 30
RECOVERY_CODES = 10


def seconds_to_wait(failures: Sequence[datetime], free: int, now: datetime) -> int:
    """How long until the next try is looked at; 0 at once. The wait doubles with each failure, up to 15 minutes.

    :param failures: moments of the failures that count, oldest first.

    Source: reliability S4.
    """
    over = len(failures) - free
    if over < 0:
        return 0
    wait = min(LONGEST_WAIT_SECONDS, FIRST_WAIT_SECONDS * 2 ** min(over, 10))
    return max(0, wait - int((now - failures[-1]).total_seconds()))


def is_alive(created_at: datetime, seen_at: datetime, has_second_factor: bool, now: datetime) -> bool:
    """Whether a session still opens anything. Source: reliability S6."""
    if not has_second_factor:
        return now - created_at < HALF_WAY
    return now - seen_at < IDLE and now - created_at < LONGEST


def totp_step(now: datetime) -> int:
    """Number of the half minute that ``now`` lies in, as RFC 6238 counts them."""
    return int(now.timestamp()) // CODE_SECONDS


# --- passwords -----------------------------------------------------------------------------------------------

LOOKALIKES = str.maketrans("013457@$!", "oieastasi")
WORDS_OF_A_PHRASE = 4


def is_too_common(password: str, personal: Collection[str] = ()) -> bool:
    """Whether a password is made of what everybody tries first: a few common words, rows of keys, years, repetitions.

    A phrase of four words or more is fine, whatever the words.

    :param personal: what strangers know about the person: name, e-mail, workplace.

    Source: reliability S2.
    """
    plain = password.casefold()
    return any(_is_exhausted(variant, personal) for variant in (plain, plain.translate(LOOKALIKES)))


def _is_exhausted(password: str, personal: Collection[str]) -> bool:
    """Whether next to nothing is left when the known words are taken out."""
    known = {part for text in personal for part in re.split(r"[\W_]+", text.casefold()) if len(part) > 2}
    found: set[str] = set()
    rest = password
    for word in sorted(COMMON | known, key=lambda one: (-len(one), one)):
        if word in rest:
            found.add(word)
            rest = rest.replace(word, " ")
    if len(found) >= WORDS_OF_A_PHRASE and not found & known:
        return False
    letters = re.sub(r"[\W\d_]+", "", rest)
    return len(set(letters)) < 4 and not _is_random_number(rest, found)


def _is_random_number(rest: str, found: Collection[str]) -> bool:
    """Ten digits or more that are no row and no repetition are as good as words."""
    digits = re.sub(r"\D", "", rest)
    return not found and len(digits) >= SHORTEST_PASSWORD and len(set(digits)) >= 6
