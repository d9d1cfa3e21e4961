"""The commands of an operator."""

from eventapp import record
from eventapp.record import signing


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
