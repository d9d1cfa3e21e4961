"""An entry is written in the one spelling that its hash is made of, whichever way it is written."""

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from eventapp.record.canonical import canonical
from eventapp.record.commitments import Attachment, seal
from eventapp.record.entries import Facts, entry_text

AT = datetime(2023, 11, 24, 10, 58, 7, tzinfo=UTC)
WORDS = st.text(max_size=20) | st.text(st.characters(max_codepoint=0x7F), max_size=20)
MOMENTS = st.none() | st.timedeltas(timedelta(0), timedelta(days=9)).map(lambda later: AT + later)


@settings(max_examples=300)
@given(WORDS, WORDS, st.none() | WORDS, MOMENTS, st.none() | st.booleans(), st.integers(0, 2**53 - 1))
def test_text_of_an_entry_is_canonical(case, kind, ref, moment, late, number) -> None:
    sealed = seal({"text": "Æ", "name": ""}, [Attachment("0" * 64, number, kind)])
    text = entry_text(Facts(case, number, kind, ref, AT, AT, moment, moment, late), sealed)
    assert canonical(json.loads(text)).decode() == text
