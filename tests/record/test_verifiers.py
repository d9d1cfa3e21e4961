"""Three verifiers that share no code give the same verdict on good and altered receipts (R15, R17)."""

import base64
import random
import subprocess
import sys
from pathlib import Path

import pytest

from eventapp.record.checkpoint import BadProofError
from eventapp.record.receipts import verify_opening, verify_receipt
from tests.record.alterations import OPENINGS, RECEIPTS
from tests.record.page_verifier import Case, PageVerifier
from tests.record.paper import KEY, OTHER_KEY, PUBLIC_TEXT, PaperLog
from tools import verify_receipt as script

SIZE = 50
ALTERED_RECEIPTS, ALTERED_OPENINGS = 1000, 300


@pytest.fixture(scope="module")
def log():
    return PaperLog(SIZE)


def by_product(case):
    try:
        found = verify_receipt(case.receipt.decode(), [base64.b64decode(key) for key in case.keys])
        shown = verify_opening(found, case.opening, case.originals).shown if case.opening is not None else []
    except (BadProofError, UnicodeDecodeError):
        return None
    return {"seq": found.entry["seq"], "shown": shown}


def by_script(case):
    try:
        found = script.check_receipt(case.receipt, [base64.b64decode(key) for key in case.keys])
        shown = script.check_opening(found, case.opening, case.originals) if case.opening is not None else []
    except script.ProofError:
        return None
    return {"seq": found["seq"], "shown": shown}


def by_page(page_verifier, cases):
    return [one if isinstance(one, dict) else None for one in page_verifier.verdicts(cases)]


def verdicts_of_all(page_verifier, cases):
    """The verdicts, once all three agree on each."""
    pages = by_page(page_verifier, cases)
    for case, page in zip(cases, pages, strict=True):
        assert by_product(case) == page == by_script(case), case
    return pages


def test_good_receipts_pass_at_every_size_and_after_growth(log, page_verifier: PageVerifier):
    pairs = [(index, size) for size in (1, 2, 3, 7, 8, 9, 31, 32, 33, SIZE) for index in range(size)]
    cases = [Case(log.receipt(index, size).encode(), [PUBLIC_TEXT]) for index, size in pairs]
    assert verdicts_of_all(page_verifier, cases) == [{"seq": index, "shown": []} for index, _ in pairs]


def test_a_receipt_passes_after_the_key_was_changed(log, page_verifier: PageVerifier):
    new = base64.b64encode(OTHER_KEY.public_key().public_bytes_raw()).decode()
    both = log.receipt(4, SIZE, log.head(SIZE, KEY, OTHER_KEY)).encode()
    cases = [
        Case(log.receipt(4, 9).encode(), [new, PUBLIC_TEXT]),
        Case(both, [new]),
        Case(both, [PUBLIC_TEXT]),
        Case(both, [new, PUBLIC_TEXT]),
    ]
    assert all(verdicts_of_all(page_verifier, cases))


def test_no_altered_receipt_passes_any_of_them(log, page_verifier: PageVerifier):
    chance = random.Random(15)
    kinds = [chance.choice(list(RECEIPTS.items())) for _ in range(ALTERED_RECEIPTS)]
    cases = [Case(alter(log, chance), [PUBLIC_TEXT]) for _, alter in kinds]
    verdicts = verdicts_of_all(page_verifier, cases)
    passed = [name for (name, _), verdict in zip(kinds, verdicts, strict=True) if verdict]
    assert not passed


def test_opening_and_originals_show_what_was_received(log, page_verifier: PageVerifier):
    receipt, keys = log.receipt(7, SIZE).encode(), [PUBLIC_TEXT]
    text, file = log.texts[7], log.files[7]
    salts = log.opening(7, with_text=False)
    cases = [
        Case(receipt, keys, log.opening(7)),
        Case(receipt, keys, log.opening(7), [file]),
        Case(receipt, keys, salts),
        Case(receipt, keys, salts, [text.encode(), file]),
        Case(receipt, keys, salts, [b"\xef\xbb\xbf" + f"\n {text}\n".replace("\n", "\r\n").encode()]),
        Case(receipt, keys, salts, [text.replace("å", "a\u030a").encode(), b"another file", b"\xff\xfe"]),
    ]
    shown = [one["shown"] for one in verdicts_of_all(page_verifier, cases)]
    both = ["attachment:0", "text"]
    assert shown == [["text"], both, [], both, ["text"], ["text"]]


def test_an_altered_opening_never_shows_more(log, page_verifier: PageVerifier):
    """Altered where it matters it is refused; altered in blanks or in the order of names it says the same as before."""
    chance = random.Random(16)
    cases = []
    for _ in range(ALTERED_OPENINGS):
        index = chance.randrange(SIZE)
        opening = chance.choice(OPENINGS)(log, index, chance)
        cases.append(Case(log.receipt(index, SIZE).encode(), [PUBLIC_TEXT], opening, [log.files[index]]))
    verdicts = verdicts_of_all(page_verifier, cases)
    passed = [one for one in verdicts if one is not None]
    assert 0 < len(passed) < len(verdicts), "some of each, or this says nothing"
    for verdict in passed:
        assert set(verdict["shown"]) <= {"text", "attachment:0"}


def test_the_script_says_yes_and_no_from_the_command_line(log, tmp_path):
    receipt, opening, original = tmp_path / "r.tlog-proof", tmp_path / "o.json", tmp_path / "svar.txt"
    receipt.write_text(log.receipt(3, SIZE), "utf-8")
    opening.write_text(log.opening(3, with_text=False), "utf-8")
    original.write_text(log.texts[3], "utf-8")
    yes = run_script(receipt, "--opening", opening, "--original", original)
    assert yes.returncode == 0
    assert yes.stdout.startswith("YES: entry 3 (answer) of kobenhavn/case/narkotika")
    assert "text: is what was received" in yes.stdout
    receipt.write_text(log.receipt(3, SIZE).replace("index 3", "index 4"), "utf-8")
    no = run_script(receipt)
    assert (no.returncode, no.stdout) == (1, "NO: the entry is not in the signed record\n")


def run_script(*arguments):
    path = Path(script.__file__)
    command = [sys.executable, path, "--key", PUBLIC_TEXT, *arguments]
    return subprocess.run([str(one) for one in command], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("path", ["tools/verify_receipt.py", "static/js/verify.js"])
def test_the_verifiers_share_no_code(path):
    source = (Path(__file__).parents[2] / path).read_text("utf-8")
    assert "eventapp." not in source.replace("eventapp-opening", "")
    assert "import { " not in source.split("*/", 1)[-1]
