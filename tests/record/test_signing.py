"""What is signed continues what was signed before, or nothing is signed (R16)."""

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from eventapp import record
from eventapp.config import settings
from eventapp.db import reading, transaction, write
from eventapp.errors import DomainError
from eventapp.record import keys, published, rotation, signing, store, verification
from eventapp.record.checkpoint import verify

ROUNDS = 5


class Alarms(list[tuple[str, str]]):
    """What the signer would write to the log as critical."""

    def critical(self, event, *, log_id, reason):
        assert reason
        self.append((event, log_id))


@pytest.fixture
def alarms(monkeypatch):
    heard = Alarms()
    monkeypatch.setattr(signing, "log", heard)
    return heard


def heads(log_id):
    with reading() as conn:
        return [row.size for row in store.CHECKPOINTS(conn, log_id=log_id)]


def run(statement, **values):
    with transaction() as session:
        session.execute(text(statement), values)


def forget_from(log_id, size):
    """The database as it was when the log had ``size`` entries."""
    run("DELETE FROM record_entry WHERE seq >= :size", size=size)
    run("DELETE FROM record_checkpoint WHERE size > :size", size=size)
    run("UPDATE record_log SET size = :size WHERE id = :id", size=size, id=log_id)


def test_a_head_covers_all_there_is_and_is_kept_twice(append, log_id):
    append()
    append()
    head = record.checkpoint_covering(log_id)
    assert head.size == 2
    assert published.read(log_id) == head.text
    assert heads(log_id) == [0, 2]
    assert verify(head.text, [signing.key_ring().public]) == head


def test_the_empty_log_is_signed_when_it_is_opened(log_id):
    assert heads(log_id) == [0]
    assert published.read(log_id) == record.checkpoint_covering(log_id).text


def test_history_without_any_signature_is_not_signed_as_if_it_were_new(app, append, log_id, alarms):
    """Whoever writes a history anew would have it signed by taking every signature away first."""
    append()
    record.checkpoint_covering(log_id)
    append()
    run("DELETE FROM record_checkpoint")
    published.path(log_id).unlink()
    with pytest.raises(record.SigningRefusedError, match="every signature of it is gone"):
        record.checkpoint_covering(log_id)
    assert record.sign_pending() == 0
    assert heads(log_id) == []
    assert set(alarms) == {("record_signing_refused", log_id)}
    report = verification.verify_log(log_id)
    assert (report.faults, report.is_intact) == ([], False)
    told = app.test_cli_runner().invoke(args=["record", "verify"])
    assert (told.exit_code, "NO, 2 entries, 0 of them signed" in told.output) == (1, True)
    told = app.test_cli_runner().invoke(args=["record", "sign", "--first", "narkotika"])
    assert told.output == "2 entries signed for the first time\n"
    assert verification.verify_log(log_id).is_intact
    again = app.test_cli_runner().invoke(args=["record", "sign", "--first", "narkotika"])
    assert again.exit_code == 1


def test_a_case_that_was_not_opened_after_all_leaves_nothing_that_binds(app, db, now):
    other = "f" * 32

    def thought_better_of(conn):
        record.open_log(conn, other, "kobenhavn/case/fortrudt", now)
        raise DomainError

    with pytest.raises(DomainError):
        write(thought_better_of)
    with pytest.raises(record.NoSuchRecordError):
        record.checkpoint_covering(other)


def test_one_signature_serves_all_it_covers(append, log_id):
    for _ in range(5):
        append()
    assert {record.checkpoint_covering(log_id, size).size for size in (3, 1, 5)} == {5}
    assert heads(log_id) == [0, 5]


def test_a_rush_is_signed_in_few_heads_that_all_fit(app, append, log_id):
    def send(_):
        with app.app_context():
            seq = append().seq
            return record.verify_receipt(record.receipt(log_id, seq)).entry["seq"] == seq

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(send, range(40)))
    assert verification.verify_log(log_id).faults == []


def test_a_head_over_more_than_there_is_is_refused(append, log_id):
    append()
    with pytest.raises(record.SigningRefusedError):
        record.checkpoint_covering(log_id, 2)


def test_a_restored_older_database_is_noticed_and_nothing_more_is_signed(append, log_id, alarms):
    for round_ in range(ROUNDS):
        for _ in range(4):
            append()
        head = record.checkpoint_covering(log_id)
        forget_from(log_id, head.size - 1 - round_ % 3)
        with pytest.raises(record.SigningRefusedError):
            record.checkpoint_covering(log_id)
        assert alarms.pop() == ("record_signing_refused", log_id)
        assert published.read(log_id) == head.text
        published.path(log_id).unlink()  # for the next round: the operator has compared, and accepts


def test_other_entries_in_the_place_of_signed_ones_are_noticed(append, log_id):
    """Two copies of the database were written to, and only one of them knew of the signature."""
    for _ in range(ROUNDS):
        append()
        size = record.checkpoint_covering(log_id).size
        append("Signed here")
        head = record.checkpoint_covering(log_id)
        forget_from(log_id, size)
        append("Another one there")
        append("and one more")
        with pytest.raises(record.SigningRefusedError):
            record.checkpoint_covering(log_id)
        with pytest.raises(record.SigningRefusedError):
            record.receipt(log_id, size)
        assert published.read(log_id) == head.text
        published.path(log_id).unlink()


def test_without_the_file_the_last_head_in_the_database_still_binds(append, log_id):
    """A fresh node has no file yet; it must not start a history of its own."""
    append()
    append()
    record.checkpoint_covering(log_id)
    published.path(log_id).unlink()
    run("UPDATE record_log SET size = 1")
    with pytest.raises(record.SigningRefusedError):
        record.checkpoint_covering(log_id)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE record_entry SET leaf_hash = (SELECT leaf_hash FROM record_entry WHERE seq = 0) WHERE seq = 3",
        "UPDATE record_entry SET text = replace(text, 'answer', 'amend') WHERE seq = 3",
        "UPDATE record_entry SET nodes = leaf_hash WHERE seq = 5",
        "UPDATE record_entry SET nodes = substr(nodes, 1, 32) WHERE seq = 3",
    ],
)
def test_rows_that_do_not_fit_together_are_not_signed(append, log_id, change):
    """Computed once more from the texts before signing, as a flipped bit once spoiled a log for good."""
    for _ in range(6):
        append()
    before = published.read(log_id)
    run(change)
    with pytest.raises(record.SigningRefusedError):
        record.checkpoint_covering(log_id)
    assert published.read(log_id) == before


def test_signing_inside_a_write_transaction_would_wait_for_itself_and_is_refused(db, append, log_id):
    append()
    db.session.execute(text("SELECT 1"))
    with pytest.raises(RuntimeError, match="committed"):
        record.checkpoint_covering(log_id)
    db.session.rollback()


def test_the_worker_signs_what_is_pending(append, log_id):
    append()
    assert record.sign_pending() == 1
    assert record.sign_pending() == 0
    assert heads(log_id) == [0, 1]


def test_the_worker_notices_a_restored_database_although_nobody_writes(append, log_id, alarms):
    append()
    append()
    record.checkpoint_covering(log_id)
    assert signing.compare_all() == 1
    forget_from(log_id, 1)
    assert signing.compare_all() == 0
    assert alarms == [("record_signing_refused", log_id)]


def test_the_first_use_makes_a_key_that_only_this_user_can_read(append, log_id):
    append()
    record.checkpoint_covering(log_id)
    assert settings().record_key_path.stat().st_mode & 0o777 == 0o600


def test_a_lost_key_is_not_replaced_in_silence(append, log_id):
    append()
    record.checkpoint_covering(log_id)
    append()
    settings().record_key_path.unlink()
    with pytest.raises(keys.KeyFileError, match="backup"):
        record.checkpoint_covering(log_id)


def test_a_key_that_others_can_read_is_not_used(append, log_id):
    append()
    record.checkpoint_covering(log_id)
    settings().record_key_path.chmod(0o640)
    append()
    with pytest.raises(keys.KeyFileError, match="chmod 600"):
        keys.load_key(settings().record_key_path)


def test_two_who_start_at_once_agree_on_one_key(tmp_path):
    path = tmp_path / "record-key"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(keys.generate_key, [path] * 16))
    keys.load_key(path)
    assert [one.name for one in tmp_path.iterdir()] == ["record-key"]


def test_after_a_change_of_key_old_and_new_receipts_verify(append, log_id, now):
    append()
    before = record.receipt(log_id, 0)
    old = signing.key_ring().public
    assert rotation.rotate_key(now) == 1
    append()
    new = signing.key_ring().public
    assert new != old
    assert old in signing.key_ring().trusted
    assert record.verify_receipt(before).checkpoint.size == 1
    assert record.verify_receipt(record.receipt(log_id, 2), [new]).entry["kind"] == "answer"
    both = rotation_head(log_id)
    assert verify(both, [old]) == verify(both, [new])
    assert verification.verify_log(log_id).faults == []


def rotation_head(log_id):
    with reading() as conn:
        return next(row.text for row in store.CHECKPOINTS(conn, log_id=log_id) if row.size == 2)


def test_a_change_of_key_that_was_interrupted_goes_on_with_the_same_new_key(append, log_id, now):
    append()
    record.checkpoint_covering(log_id)
    path = settings().record_key_path
    planned = keys.next_key(path).public_key().public_bytes_raw()
    rotation.rotate_key(now)
    assert signing.key_ring().public == planned
    assert sorted(one.name for one in Path(path).parent.glob("record-key*")) == ["record-key", "record-key.retired"]


def test_a_key_of_somebody_else_signs_nothing_we_believe(append, log_id, tmp_path):
    append()
    record.checkpoint_covering(log_id)
    append()
    path = settings().record_key_path
    keys.generate_key(tmp_path / "own")
    shutil.copy(tmp_path / "own", path)
    with pytest.raises(record.SigningRefusedError):
        record.checkpoint_covering(log_id)
