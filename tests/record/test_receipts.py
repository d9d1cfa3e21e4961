"""The receipt of an entry that is stored, and what its author can show with it."""

import pytest
from sqlalchemy import text

from eventapp import record
from eventapp.db import transaction, write
from eventapp.record.receipts import verify_opening


def test_every_entry_has_a_receipt_that_verifies_now_and_after_growth(append, log_id):
    early = []
    for number in range(17):
        append(f"Svar {number}")
        early.append(record.receipt(log_id, number))
    late = [record.receipt(log_id, number) for number in range(17)]
    for number, receipt in [*enumerate(early), *enumerate(late)]:
        found = record.verify_receipt(receipt)
        assert (found.entry["seq"], found.entry["case"]) == (number, "narkotika")


def test_a_receipt_outlives_the_erasure_of_other_answers(append, log_id, now):
    append("Mit svar")
    append("En andens svar")
    mine = record.receipt(log_id, 0)
    write(lambda conn: record.erase(conn, log_id=log_id, seq=1, names=["text"], reason="Ønsket slettet", at=now))
    record.checkpoint_covering(log_id)
    assert record.verify_receipt(mine).checkpoint.size == 2
    assert record.verify_receipt(record.receipt(log_id, 0)).checkpoint.size == 3


def test_there_is_no_receipt_for_what_is_not_there(append, log_id):
    append()
    with pytest.raises(record.SigningRefusedError):
        record.receipt(log_id, 1)
    with pytest.raises(record.NoSuchRecordError):
        record.receipt("f" * 32, 0)


def test_the_opening_with_texts_shows_them_and_without_leaves_that_to_the_author(append, log_id):
    append("Mit svar")
    found = record.verify_receipt(record.receipt(log_id, 0))
    told = verify_opening(found, record.opening(log_id, 0, {"text": "Mit svar"}))
    assert (told.shown, told.not_shown) == (["text"], ["name"])
    salts = record.opening(log_id, 0)
    assert "svar" not in salts
    assert verify_opening(found, salts).shown == []
    assert verify_opening(found, salts, [("svar.txt", b"Mit svar")]).shown == ["text"]


def test_an_opening_of_another_answer_is_refused(append, log_id):
    append("Mit svar")
    append("En andens svar")
    found = record.verify_receipt(record.receipt(log_id, 0))
    for other in (record.opening(log_id, 0, {"text": "Rettet"}), record.opening(log_id, 1, {"text": "En andens svar"})):
        with pytest.raises(record.BadProofError) as refusal:
            verify_opening(found, other)
        assert refusal.value.code == "opening"


def test_what_was_erased_has_no_salt_left_to_give(append, log_id, now):
    append("Mit svar")
    write(lambda conn: record.erase(conn, log_id=log_id, seq=0, names=["text"], reason="Ønsket slettet", at=now))
    assert '"text"' not in record.opening(log_id, 0)


def test_a_changed_text_gets_no_receipt(append, log_id):
    append("Mit svar")
    record.checkpoint_covering(log_id)
    with transaction() as session:
        session.execute(text("UPDATE record_entry SET text = replace(text, 'null', 'true')"))
    with pytest.raises(record.SigningRefusedError):
        record.receipt(log_id, 0)
