"""The commands of an operator."""

from sqlalchemy import text

from eventapp import record
from eventapp.db import transaction
from eventapp.record import published, signing, verification


def test_verify_says_yes(app, append, log_id):
    append()
    record.checkpoint_covering(log_id)
    told = app.test_cli_runner().invoke(args=["record", "verify"])
    assert told.exit_code == 0
    assert told.output == "kobenhavn/case/narkotika: yes, 1 entries, 1 of them signed\n"


def test_verify_says_no_with_every_fault(app, append, log_id, shelf):
    append()
    append()
    record.checkpoint_covering(log_id)
    for texts in shelf.texts.values():
        texts["text"] = "Et andet svar"
    told = app.test_cli_runner().invoke(args=["record", "verify", "--case", "narkotika"])
    assert told.exit_code == 1
    assert told.output.splitlines() == [
        "kobenhavn/case/narkotika: NO, 2 entries, 2 of them signed",
        "  entry 0: text: the content or its salt was changed",
        "  entry 1: text: the content or its salt was changed",
    ]


def test_verify_of_a_case_that_is_not_there_is_no_yes(app, log_id):
    assert app.test_cli_runner().invoke(args=["record", "verify", "--case", "ukendt"]).exit_code == 1


def test_sign_and_rotate_key(app, append, log_id):
    append()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["record", "sign"]).output == "1 signed\n"
    before = signing.key_ring().public
    assert runner.invoke(args=["record", "rotate-key"]).output.startswith("New key in 1 logs.")
    assert signing.key_ring().public != before
    assert runner.invoke(args=["record", "verify"]).exit_code == 0


def test_a_receipt_that_somebody_got_is_a_witness(app, append, log_id, tmp_path):
    """The record was made anew and signed with the same key, every head replaced: only the receipt knows."""
    append("Et")
    append("To")
    mine = tmp_path / "kvittering æ.tlog-proof"
    mine.write_text(record.receipt(log_id, 0), "utf-8")
    command = ["record", "verify", "--receipt", str(mine)]
    told = app.test_cli_runner().invoke(args=command)
    assert (told.exit_code, "yes, the record holds it" in told.output) == (0, True)
    with transaction() as session:
        for statement in (
            "DELETE FROM record_checkpoint",
            "DELETE FROM record_entry",
            "UPDATE record_log SET size = 0",
        ):
            session.execute(text(statement))
    published.path(log_id).unlink()
    append("Et andet")
    append("To")
    signing.sign_first(log_id)
    told = app.test_cli_runner().invoke(args=command)
    assert told.exit_code == 1
    assert "kobenhavn/case/narkotika: yes, 2 entries, 2 of them signed" in told.output
    assert "NO, the record does not hold what it states" in told.output
    mine.write_bytes(b"\x89PNG\r\n\x81")
    told = app.test_cli_runner().invoke(args=command)
    assert (told.exit_code, "NO, it proves nothing" in told.output) == (1, True)


def test_the_worker_verifies_each_day_and_says_what_it_finds(app, append, log_id, shelf, monkeypatch):
    heard = []

    class Log:
        def critical(self, event, **facts):
            heard.append((event, facts))

    monkeypatch.setattr(verification, "log", Log())
    append()
    record.checkpoint_covering(log_id)
    assert verification.verify_all() == 1
    assert heard == []
    shelf.texts[0]["text"] = "Et andet svar"
    assert verification.verify_all() == 0
    first = "entry 0: text: the content or its salt was changed"
    assert heard == [("record_not_intact", {"log_id": log_id, "faults": 1, "first": first})]
