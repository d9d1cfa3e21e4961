"""Three verifiers that share no code give the same verdict on good and altered receipts (R15, R17)."""

import base64
import json
import os
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest

from eventapp.record.checkpoint import BadProofError
from eventapp.record.receipts import verify_opening, verify_receipt
from eventapp.record.texts import read_text
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
        found = verify_receipt(read_text(case.receipt), [base64.b64decode(key) for key in case.keys])
        keys = None if case.opening is None else read_text(case.opening_bytes, "opening")
        told = verify_opening(found, keys, case.files)
    except BadProofError as refusal:
        return {"files": list(refusal.files)} if refusal.code == "file" else None
    return {"seq": found.entry["seq"], "shown": told.shown, "unchecked": told.unchecked}


def by_script(case):
    try:
        found = script.check_receipt(case.receipt, [base64.b64decode(key) for key in case.keys])
        keys = None if case.opening is None else script.read_text(case.opening_bytes)
        shown, unchecked = script.check_opening(found, keys, case.files)
    except script.FileError as refusal:
        return {"files": re.findall("the file (file [0-9]+) is not", str(refusal))}
    except script.ProofError:
        return None
    return {"seq": found["seq"], "shown": shown, "unchecked": unchecked}


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
    assert verdicts_of_all(page_verifier, cases) == [{"seq": index, "shown": [], "unchecked": []} for index, _ in pairs]


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
        Case(receipt, keys, salts, [text.replace("å", "a\u030a").encode()]),
    ]
    shown = [one["shown"] for one in verdicts_of_all(page_verifier, cases)]
    both = ["attachment:0", "text"]
    assert shown == [["text"], both, [], both, ["text"], ["text"]]


def test_a_file_that_is_not_what_was_received_is_a_no_beside_a_good_receipt(log, page_verifier: PageVerifier):
    """And one that nothing can be said of is named, never passed over."""
    receipt, keys = log.receipt(7, SIZE).encode(), [PUBLIC_TEXT]
    file, salts = log.files[7], log.opening(7, with_text=False)
    lacking = json.loads(log.opening(7))
    lacking["parts"] = [one for one in lacking["parts"] if one["name"] != "attachment:0"]
    cases = [
        Case(receipt, keys, log.opening(7), [file[:-1] + b"!"]),
        Case(receipt, keys, log.opening(7), [file, b"another file", b"\xff\xfe"]),
        Case(receipt, keys, salts, [log.texts[7].encode() + b" og mere", log.files[8]]),
        Case(receipt, keys, None, [file, b"another file"]),
        Case(receipt, keys, json.dumps(lacking), [file, log.texts[7].encode()]),
    ]
    text = ["text"]
    assert verdicts_of_all(page_verifier, cases) == [
        {"files": ["file 0"]},
        {"files": ["file 1", "file 2"]},
        {"files": ["file 0", "file 1"]},
        {"seq": 7, "shown": [], "unchecked": ["file 0", "file 1"]},
        {"seq": 7, "shown": text, "unchecked": ["file 0"]},
    ]


SAVED = {  # as programs save, mail and copy a text
    "Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "an old Mac": lambda text: text.replace("\n", "\r").encode(),
    "Notepad": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
    "Notepad, Unicode": lambda text: text.replace("\n", "\r\n").encode("utf-16"),
    "the other end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "ANSI": lambda text: text.replace("\n", "\r\n").encode("cp1252"),
    "copied": lambda text: text.rstrip("\n").encode(),
    "a blank line more": lambda text: f"{text}\n\n".encode(),
}
BROKEN = {
    "ends mixed": lambda text: text.replace("\n", "\r\n", 2).encode(),
    "UTF-16 without its mark": lambda text: text.encode("utf-16-le"),
    "half a sign": lambda text: text.encode("utf-16")[:-1],
    "quoted in a mail": lambda text: "".join(f"> {line}\n" for line in text.splitlines()).encode(),
    "the dash lost": lambda text: text.replace("\u2014", "?").encode(),
    "nothing": lambda _: b"",
    "a mark alone": lambda _: b"\xff\xfe",
    "no text": lambda _: b"\x89PNG\r\n\x1a\n\x81\xff",
}


def test_a_receipt_is_the_same_however_a_program_saved_it(log, page_verifier: PageVerifier):
    text, keys, opening = log.receipt(7, SIZE), [PUBLIC_TEXT], log.opening(7) + "\n"
    receipts = [Case(saved(text), keys) for saved in SAVED.values()]
    openings = [Case(text.encode(), keys, saved(opening)) for saved in SAVED.values()]
    bare, shown = {"seq": 7, "shown": [], "unchecked": []}, {"seq": 7, "shown": ["text"], "unchecked": []}
    assert verdicts_of_all(page_verifier, [*receipts, *openings]) == [bare] * len(SAVED) + [shown] * len(SAVED)
    broken = [Case(spoiled(text), keys) for spoiled in BROKEN.values()]
    assert verdicts_of_all(page_verifier, broken) == [None] * len(BROKEN)


def test_whoever_signs_along_may_be_called_anything(log, page_verifier: PageVerifier):
    """A witness with letters of its own is passed over, as signed-note asks; no blank or control hides in a name."""
    good, line = log.receipt(7, SIZE), base64.b64encode(bytes(range(76))).decode()
    signers = ["vidne.æøå.dk", "證人", "kobenhavn/case/x", "e\u0301", "\U0001f600"]
    nobody = ["", "to navne", "a+b", "a\u00a0b", "a\u2028b", "a\x85b", "a\x7fb", "a\tb", "a\u3000b"]
    cases = [Case(f"{good}\u2014 {name} {line}\n".encode(), [PUBLIC_TEXT]) for name in (*signers, *nobody)]
    verdicts = verdicts_of_all(page_verifier, cases)
    assert verdicts == [{"seq": 7, "shown": [], "unchecked": []}] * len(signers) + [None] * len(nobody)


def test_an_opening_that_says_two_things_under_one_name_is_none(log, page_verifier: PageVerifier):
    """Some programs read the first and others the last, so each would see what it was meant to see."""
    receipt, good = log.receipt(7, SIZE).encode(), log.opening(7)
    doubled = [
        good.replace('"v":1', '"v":1,"v":1'),
        good.replace('"name":"text"', '"name":"name","name":"text"'),
        good.replace('"name":"text"', '"n\\u0061me":"x","name":"text"'),
        good.replace('"value":', '"value":"Noget andet","value":'),
        good.replace('"parts":[', '"parts":[],"parts":['),
    ]
    twice_in_lists = good.replace('"v":1', '"v":1,"more":[{"a":1},{"a":"\\"a\\":2, {"},{"b":[{"a":1}]}]')
    cases = [Case(receipt, [PUBLIC_TEXT], one) for one in (*doubled, twice_in_lists)]
    assert verdicts_of_all(page_verifier, cases) == [
        *[None] * len(doubled),
        {"seq": 7, "shown": ["text"], "unchecked": []},
    ]


def test_an_altered_opening_never_shows_more(log, page_verifier: PageVerifier):
    """Altered where it matters it is refused; altered in blanks or in the order of names it says the same as before."""
    chance = random.Random(16)
    cases = []
    for _ in range(ALTERED_OPENINGS):
        index = chance.randrange(SIZE)
        opening = chance.choice(OPENINGS)(log, index, chance)
        cases.append(Case(log.receipt(index, SIZE).encode(), [PUBLIC_TEXT], opening, [log.files[index]]))
    verdicts = verdicts_of_all(page_verifier, cases)
    passed = [one for one in verdicts if one is not None and "files" not in one]
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
    unknown = run_script(receipt, "--original", original)
    assert (unknown.returncode, f"the file {original}: not checked" in unknown.stdout) == (0, True)
    altered = tmp_path / "tegning æøå 证.pdf"
    altered.write_bytes(b"%PDF")
    no = run_script(receipt, "--opening", opening, "--original", altered)
    assert (no.returncode, no.stderr) == (1, "")
    assert no.stdout.startswith("NO: the file ")
    receipt.write_text(log.receipt(3, SIZE).replace("index 3", "index 4"), "utf-8")
    no = run_script(receipt)
    assert (no.returncode, no.stdout) == (1, "NO: the entry is not in the signed record\n")


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"\x81\xfe", b"[" * 100_000, b'{"form":1}', b"null", b'{"parts":[1]}']
)
def test_the_script_never_breaks_over_a_file(log, tmp_path, content):
    receipt, other = tmp_path / "r.tlog-proof", tmp_path / "andet"
    receipt.write_text(log.receipt(3, SIZE), "utf-8")
    other.write_bytes(content)
    for told in (
        run_script(other),
        run_script(receipt, "--opening", other),
        run_script(receipt, "--opening", tmp_path),
    ):
        assert (told.returncode, told.stderr) == (1, "")
        assert told.stdout.startswith("NO: ")


def run_script(*arguments):
    path = Path(script.__file__)
    command = [sys.executable, path, "--key", PUBLIC_TEXT, *arguments]
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    return subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, check=False, env=ascii_only, encoding="ascii"
    )


@pytest.mark.parametrize("path", ["tools/verify_receipt.py", "static/js/verify.js"])
def test_the_verifiers_share_no_code(path):
    source = (Path(__file__).parents[2] / path).read_text("utf-8")
    assert "eventapp." not in source.replace("eventapp-opening", "")
    assert "import { " not in source.split("*/", 1)[-1]
