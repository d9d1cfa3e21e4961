"""Adding to the record: in order, without gaps, under load, and never with a word that somebody wrote."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import event, text

from eventapp import record
from eventapp.db import db as database
from eventapp.db import reading, transaction, write
from eventapp.errors import DomainError
from eventapp.record import contents, store, tree, verification
from tests.record.conftest import ORIGIN

THREADS, EACH = 8, 12


def test_entries_are_numbered_from_nought_without_gaps(append):
    assert [append().seq for _ in range(5)] == [0, 1, 2, 3, 4]


def test_an_entry_says_what_happened_and_when(append, log_id, now):
    deadline = now + timedelta(days=1)
    appended = append(
        started_at=now - timedelta(minutes=5), deadline_at=deadline, late=False, at=now + timedelta(hours=1)
    )
    told = json.loads(stored(log_id, appended.seq).text)
    assert told | {"parts": None} == {
        "v": 1,
        "case": "narkotika",
        "seq": 0,
        "kind": "answer",
        "ref": "a" * 32,
        "received_at": "2023-09-21T10:00:00.000000Z",
        "recorded_at": "2023-09-21T11:00:00.000000Z",
        "started_at": "2023-09-21T09:55:00.000000Z",
        "deadline_at": "2023-09-22T10:00:00.000000Z",
        "late": False,
        "attachments": [],
        "parts": None,
    }


def test_no_word_of_the_text_and_no_name_is_in_the_entry(append, log_id):
    append("Hjælp mig")
    text = stored(log_id, 0).text
    assert "Hj" not in text
    assert "Anna" not in text


def test_the_same_text_twice_leaves_no_equal_commitments(append, log_id):
    """Else somebody could try likely texts, or see who sent the same."""
    append("Nej tak")
    append("Nej tak")
    one, two = (json.loads(stored(log_id, seq).text)["parts"] for seq in (0, 1))
    assert not {part["commitment"] for part in one} & {part["commitment"] for part in two}


def test_salts_come_back_for_the_author(append, log_id):
    appended = append()
    assert appended.salts == stored(log_id, appended.seq).salts
    assert set(appended.salts) == {"name", "text"}


def test_what_was_sealed_before_is_taken_as_it_is(log_id, now, shelf):
    sealed = record.seal({"text": "Lang tekst"})
    appended = write(lambda conn: add_now(conn, log_id, now, shelf, sealed))
    assert appended.salts == sealed.salts
    assert json.loads(stored(log_id, 0).text)["parts"][0]["commitment"] == sealed.parts[0].commitment


def test_a_case_without_a_log_takes_no_entries(append):
    with pytest.raises(record.NoSuchRecordError):
        append(log_id="f" * 32)


def test_opening_a_log_again_changes_nothing(append, log_id, now):
    append()
    with transaction() as session:
        assert record.open_log(session.connection(), log_id, ORIGIN, now) == log_id
    assert append().seq == 1


def test_an_entry_that_was_rolled_back_leaves_no_gap(append, log_id, now, shelf):
    append()

    def refused(conn):
        add_now(conn, log_id, now, shelf)
        raise DomainError

    with pytest.raises(DomainError):
        write(refused)
    assert append().seq == 1
    assert verification.verify_log(log_id).faults == []


def test_a_kind_or_a_part_that_no_slice_declares_is_refused(append, log_id, shelf):
    """Nobody could ever find its text again."""
    with pytest.raises(record.UndeclaredError):
        append(parts={"shoe_size": 43})
    shelf.kinds["gossip"] = record.Kind("gossip", "Gossip", {"text": "the text"}, shelf.content, shelf.keep)
    with pytest.raises(record.UndeclaredError):
        append(kind="gossip", parts={"text": "Psst"})
    assert verification.verify_log(log_id).log.size == 0


def test_a_new_kind_costs_a_declaration_and_nothing_else(app, append, log_id, shelf):
    shelf.kinds["fishing_rod"] = record.Kind("fishing_rod", "Rod", {"text": "the text"}, shelf.content, shelf.keep)
    record.declare(app, shelf.kinds["fishing_rod"])
    append(kind="fishing_rod", parts={"text": "Lang"})
    assert verification.verify_log(log_id).faults == []


def test_two_slices_cannot_have_the_same_kind(app, log_id, shelf):
    with pytest.raises(record.UndeclaredError):
        record.declare(app, record.Kind("answer", "Answer", {}, shelf.content))


def test_many_at_once_get_numbers_without_gaps(app, log_id, now, shelf):
    def add_some(thread):
        def job(conn):
            appended = add_now(conn, log_id, now, shelf, record.seal({"text": f"Svar fra tråd {thread}"}))
            shelf.texts[appended.seq] = {"text": f"Svar fra tråd {thread}"}
            return appended.seq

        with app.app_context():
            return [write(job) for _ in range(EACH)]

    with ThreadPoolExecutor(THREADS) as pool:
        numbers = [seq for seqs in pool.map(add_some, range(THREADS)) for seq in seqs]
    assert sorted(numbers) == list(range(THREADS * EACH))
    assert verification.verify_log(log_id).faults == []


def test_stored_nodes_give_the_root_and_every_proof(append, log_id):
    leaves = [append(f"Svar {number}").leaf_hash for number in range(13)]
    frontier = tree.Frontier()
    for leaf in leaves:
        frontier.add(leaf)
    with reading() as conn:
        read = store.reader(conn, log_id)
        assert tree.root(read, 13) == frontier.root()
        for index, leaf in enumerate(leaves):
            proof = tree.inclusion_proof(read, index, 13)
            assert tree.verify_inclusion(leaf, index, 13, proof, frontier.root())


def test_an_append_takes_at_most_three_statements(append, log_id):
    """Log and entry; for every second entry one look at those beside it."""
    counts = []
    for _ in range(16):
        statements = []

        def note(_conn, _cursor, statement, *_rest, heard=statements):
            heard.append(statement.split()[0])

        event.listen(database.engine, "before_cursor_execute", note)
        append()
        event.remove(database.engine, "before_cursor_execute", note)
        counts.append(len([one for one in statements if one in {"SELECT", "WITH", "UPDATE", "INSERT"}]))
    assert counts == [2, 3, 2, 3] * 4


@pytest.mark.engines("sqlite")
def test_hashes_of_the_tree_are_looked_up_and_not_searched_for(append, log_id):
    """A plan that looks at every node of the log costs twenty milliseconds at 100,000 entries."""
    plan = f"EXPLAIN QUERY PLAN {store.hashes_at(2).sqlite}"
    with reading() as conn:
        steps = [row.detail for row in conn.execute(text(plan), {"log_id": log_id, "s0": 1, "s1": 7})]
    assert any("(log_id=? AND seq=?)" in step for step in steps), steps


def test_erased_texts_are_gone_and_the_record_still_verifies(append, log_id, now, shelf):
    append("Slet mig")
    append("Behold mig")
    record.checkpoint_covering(log_id)
    erase(log_id, now)
    shelf.texts[0].clear()
    assert stored(log_id, 0).salts == {"name": None, "text": None}
    assert stored(log_id, 0).erased == ["name", "text"]
    assert json.loads(stored(log_id, 2).text)["ref"] == "entry:0"
    assert verification.verify_log(log_id).faults == []
    assert record.verify_receipt(record.receipt(log_id, 0)).entry["seq"] == 0


def test_what_was_erased_is_not_told_even_if_a_slice_still_has_it(append, log_id, now):
    append("Slet mig")
    erase(log_id, now, ["text"])
    with reading() as conn:
        assert contents.values(conn, store.entry(conn, log_id, 0)) == {"name": "Anna Andersen"}


def test_two_who_erase_parts_of_one_entry_both_have_their_way(append, log_id, now):
    append()

    def both(conn):
        for name in ("text", "name"):
            record.erase(conn, log_id=log_id, seq=0, names=[name], reason="Slettet", at=now)

    write(both)
    assert stored(log_id, 0).erased == ["name", "text"]


def test_only_what_an_entry_has_can_be_erased(append, log_id, now):
    append()
    with pytest.raises(record.UndeclaredError):
        erase(log_id, now, ["shoe_size"])
    assert verification.verify_log(log_id).log.size == 1


def test_a_text_that_vanished_without_an_erasure_is_a_fault(append, log_id):
    append("Slet mig i smug")
    with transaction() as session:
        salts = stored(log_id, 0).salts | {"text": None}
        store.SET_SALTS(session.connection(), id=stored(log_id, 0).id, salts=store.salts_text(salts))
    assert [str(fault) for fault in verification.verify_log(log_id).faults] == [
        "entry 0: text: salt and content are gone, and no entry tells of an erasure"
    ]


def erase(log_id, now, names=("text", "name")):
    write(lambda conn: record.erase(conn, log_id=log_id, seq=0, names=names, reason="Trukket tilbage", at=now))


def add_now(conn, log_id, now, shelf, sealed=None):
    return record.append_now(
        conn,
        log_id=log_id,
        kind=shelf.kinds["answer"],
        sealed=sealed or record.seal({"text": "x"}),
        ref=None,
        received_at=now,
        at=now,
    )


def stored(log_id, seq):
    with reading() as conn:
        return store.entry(conn, log_id, seq)
