"""What everybody may see of the record, and the page that checks receipts."""

import base64
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy import text

from eventapp import record
from eventapp.db import transaction, write
from eventapp.record import tree, views
from eventapp.record.checkpoint import verify
from eventapp.record.signing import key_ring
from tests.record.page_verifier import site
from tests.support.browser import SIZES, axe_violations

CASE = "/record/narkotika"


@pytest.fixture
def published(append, log_id):
    """A case with something published, and an answer by Anna Andersen."""
    append(kind="publish", parts={"what": "case"})
    append("Hemmelig tekst", late=False, attachments=[record.Attachment("0" * 64, 1234, "application/pdf")])
    record.checkpoint_covering(log_id)
    return log_id


def test_the_record_lists_every_entry_without_a_word_about_people(published, page_client):
    page = page_client.visit(CASE)
    assert page.heading == "Sagens protokol"
    for word in ("Høringssvar", "Offentliggørelse", "kobenhavn/case/narkotika"):
        assert word in page.text
    for address in (CASE, f"{CASE}/entries/1", f"{CASE}/entries.jsonl", f"{CASE}/entries/1/receipt"):
        text = page_client.get(address).text
        assert "Anna" not in text
        assert "Hemmelig" not in text


def test_an_entry_is_shown_word_for_word(published, page_client):
    page = page_client.visit(f"{CASE}/entries/1?lang=en")
    assert page.heading == "Entry 1"
    assert '"kind":"answer"' in page.text
    assert "attachment 1" in page.text


def test_what_was_erased_is_marked_on_the_page_of_its_entry(published, page_client, now):
    names = ["text", "attachment:0"]
    write(lambda conn: record.erase(conn, log_id=published, seq=1, names=names, reason="Slettet", at=now))
    rows = {
        row.all("th")[0].text.split(",")[0]: "erased" in row.text
        for row in page_client.visit(f"{CASE}/entries/1?lang=en").root.all("tr")
        if row.all("th", scope="row")
    }
    assert rows == {"the name": False, "the text": True, "attachment 1": True}


def test_long_records_come_in_pages_newest_first(published, append, page_client):
    for number in range(53):
        append(f"Svar {number}")
    first = page_client.visit(CASE).root.all("th", scope="row")
    second = page_client.visit(f"{CASE}?page=2").root.all("th", scope="row")
    assert [int(one.text) for one in (*first, *second)] == list(range(54, -1, -1))
    assert "Ingen indførsler" in page_client.visit(f"{CASE}?page=3").text


def test_a_case_in_preparation_is_nobodys_business(append, client):
    append(kind="case")
    for address in (
        CASE,
        f"{CASE}/checkpoint",
        f"{CASE}/entries/0",
        f"{CASE}/entries/0/receipt",
        f"{CASE}/entries.jsonl",
    ):
        assert client.get(address).status_code == 404
    assert client.get("/record/ukendt").status_code == 404


def test_an_entry_that_is_not_there_is_not_found(published, client):
    assert client.get(f"{CASE}/entries/2").status_code == 404
    assert client.get(f"{CASE}/entries/2/receipt").status_code == 404


def test_a_witness_can_compute_the_signed_root_from_the_public_entries(published, client):
    head = verify(client.get(f"{CASE}/checkpoint").text, key_ring().trusted)
    frontier = tree.Frontier()
    for line in client.get(f"{CASE}/entries.jsonl").text.splitlines():
        frontier.add(tree.leaf_hash(line.encode()))
    assert (frontier.size, frontier.root()) == (head.size, head.root)
    assert client.get(f"{CASE}/entries.jsonl?from=1").text.startswith('{"attachments":[{')
    assert client.get(f"{CASE}/entries.jsonl?from=2").text == ""


def test_a_long_record_is_given_in_parts_and_each_says_where_the_next_begins(published, client, monkeypatch):
    whole = client.get(f"{CASE}/entries.jsonl")
    assert "Link" not in whole.headers
    monkeypatch.setattr(views, "MOST_LINES", 1)
    first = client.get(f"{CASE}/entries.jsonl")
    assert first.headers["Link"] == f'<{CASE}/entries.jsonl?from=1>; rel="next"'
    second = client.get(f"{CASE}/entries.jsonl?from=1")
    assert "Link" not in second.headers
    assert first.text + second.text == whole.text
    assert f'href="{CASE}/entries.jsonl?from=1"' in client.get(CASE).text


def test_every_entry_has_a_receipt_to_take_home(published, client):
    answer = client.get(f"{CASE}/entries/1/receipt")
    assert answer.headers["Content-Disposition"] == "attachment; filename=narkotika-1.tlog-proof"
    assert record.verify_receipt(answer.text).entry["kind"] == "answer"


def test_the_public_key_is_published_with_its_authority(published, client):
    lines = client.get("/record/key").text.splitlines()
    assert "kobenhavn" in lines[0]
    assert lines[-1] == base64.b64encode(key_ring().public).decode()


# --- the page that checks receipts, without script ---


def sent(receipt, opening=None, originals=()):
    files: dict[str, Any] = {"receipt": (BytesIO(receipt.encode()), "kvittering.tlog-proof")}
    if opening is not None:
        files["opening"] = (BytesIO(opening.encode()), "noegler.json")
    files["originals"] = [(BytesIO(one), "svar.txt") for one in originals] or (BytesIO(), "")
    return files


def shown(page):
    """The texts of the verdict that are not hidden."""
    return [
        one.text
        for one in page.root.all("h2", "dd", "p")
        if not any("hidden" in above.attributes for above in (one, *one.ancestors()))
    ]


def test_nothing_is_judged_before_something_is_sent(db, page_client):
    page = page_client.visit("/verify")
    assert page.heading == "Kontrollér en kvittering"
    assert not {"Ja. Kvitteringen er ægte.", "Nej. Det her beviser ingenting."} & set(shown(page))


def test_a_good_receipt_is_told_in_plain_words(published, page_client):
    page = page_client.submit("/verify", sent(record.receipt(published, 1)), status=200)
    assert "Ja. Kvitteringen er ægte." in shown(page)
    assert {"Høringssvar", "21.09.2023 kl. 12.00.00", "Ja", "kobenhavn/case/narkotika"} <= set(shown(page))


def test_text_and_attachments_are_checked_with_the_keys(published, page_client):
    fields = sent(record.receipt(published, 1), record.opening(published, 1), [b"Hemmelig tekst\r\n"])
    page = page_client.submit("/verify", fields, status=200)
    assert "teksten" in shown(page)
    assert "bilag 1, navnet" in shown(page)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: "", "Filen er ikke en kvittering, eller den er ændret. Hent den igen, og prøv en gang til."),
        (lambda text: text.replace("narkotika", "cykelstier"), "Kvitteringen er ikke underskrevet af denne myndighed."),
        (
            lambda text: text.replace("\n2\n", "\n3\n"),
            "Underskriften passer ikke: kvitteringen er ændret, efter at den blev underskrevet.",
        ),
        (
            lambda text: text.replace("index 1", "index 0"),
            "Indførslen står ikke i den protokol, der blev underskrevet: kvitteringen er ændret.",
        ),
    ],
)
def test_a_bad_receipt_is_refused_with_its_reason(published, page_client, change, reason):
    page = page_client.submit("/verify", sent(change(record.receipt(published, 1))), status=422)
    assert {"Nej. Det her beviser ingenting.", reason} <= set(shown(page))
    assert "Ja. Kvitteringen er ægte." not in shown(page)


def test_no_file_and_a_wrong_file_with_keys_are_told_apart(published, page_client):
    page = page_client.submit("/verify", {"receipt": (BytesIO(), "")}, status=422)
    assert "Vælg kvitteringsfilen først. Dens navn slutter på .tlog-proof." in shown(page)
    page = page_client.submit("/verify", sent(record.receipt(published, 1), "{}"), status=422)
    assert any(text.startswith("Kvitteringen er god nok, men") for text in shown(page))


NOT_OURS = "Nej: filen svar.txt er ikke den, vi modtog."


def test_a_file_that_is_not_what_was_received_is_a_no_by_name(published, page_client):
    fields = sent(record.receipt(published, 1), record.opening(published, 1), [b"Hemmelig tekst?"])
    page = page_client.submit("/verify", fields, status=422)
    assert NOT_OURS in [one.strip() for one in shown(page)]
    assert "Nej. Det her beviser ingenting." not in shown(page)


def test_a_file_without_keys_is_named_as_not_checked(published, page_client):
    page = page_client.submit("/verify", sent(record.receipt(published, 1), None, [b"Hemmelig tekst"]), status=200)
    assert "Ja. Kvitteringen er ægte." in shown(page)
    assert "svar.txt" in shown(page)


def test_a_receipt_that_the_record_does_not_hold_any_more_is_a_no(published, page_client):
    """Signed with our key, and of another history than the one that is kept here."""
    mine = record.receipt(published, 1)
    with transaction() as session:
        session.execute(text("UPDATE record_entry SET text = replace(text, 'false', 'true')"))
    page = page_client.submit("/verify", sent(mine), status=422)
    assert "Nej. Protokollen indeholder det ikke længere." in shown(page)
    assert "Nej. Det her beviser ingenting." not in shown(page)


def test_a_picture_is_no_receipt(db, page_client):
    files = {"receipt": (BytesIO(b"\x89PNG\r\n\x1a\n\xff\xfe"), "billede.png")}
    page_client.submit("/verify", files, status=422)


def test_the_program_is_there_to_take_home(db, client):
    answer = client.get("/verify_receipt.py")
    assert answer.text.startswith("#!/usr/bin/env python3")
    assert "attachment" in answer.headers["Content-Disposition"]


# --- with script, in a browser ---

YES, NO = "[data-yes]:not([hidden])", "[data-no]:not([hidden])"


def choose(page, field, text):
    page.set_input_files(f"#{field}", {"name": field, "mimeType": "text/plain", "buffer": text.encode()})


@pytest.mark.engines("sqlite")
def test_the_browser_checks_without_sending_anything(published, client, browser):
    good = record.receipt(published, 1)
    with site(browser, client) as (page, requests):
        page.goto("http://localhost/verify")
        page.wait_for_load_state("networkidle")
        requests.clear()
        choose(page, "receipt", good)
        page.click("summary")
        choose(page, "opening", record.opening(published, 1))
        choose(page, "originals", "Hemmelig tekst")
        page.click("form#check button:not([aria-hidden])")
        told = page.inner_text(YES)
        for word in ("Høringssvar", "21.09.2023 kl. 12.00.00", "teksten", "bilag 1, navnet"):
            assert word in told
        choose(page, "receipt", good.replace("index 1", "index 0"))
        page.click("form#check button:not([aria-hidden])")
        assert "Indførslen står ikke" in page.inner_text(NO)
        choose(page, "receipt", good)
        choose(page, "originals", "Hemmelig tekst?")
        page.click("form#check button:not([aria-hidden])")
        page.wait_for_selector(f"{NO} >> text=Nej: filen originals er ikke den, vi modtog.")
        assert "beviser ingenting" not in page.inner_text(NO)
        page.set_input_files("#opening", [])
        page.click("form#check button:not([aria-hidden])")
        page.wait_for_selector(YES)
        assert "originals" in page.inner_text(f"{YES} [data-slot=unchecked]")
        assert not requests


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("language", "yes"), [("da", "Ja. Kvitteringen er ægte."), ("en", "Yes. The receipt is good.")]
)
def test_the_saved_page_works_without_any_server(published, client, browser, tmp_path, language, yes):
    answer = client.get(f"/verify.html?lang={language}")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    file = tmp_path / "kontroller-kvittering.html"
    file.write_bytes(answer.data)
    context = browser.new_context(offline=True)
    page = context.new_page()
    faults = []
    page.on("pageerror", lambda error: faults.append(f"{error}"))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(file.as_uri())
    choose(page, "receipt", record.receipt(published, 1))
    page.click("button")
    assert yes in page.inner_text(YES)
    choose(page, "receipt", record.receipt(published, 1)[:-9])
    page.click("button")
    page.wait_for_selector(NO)
    assert not faults
    context.close()


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize("size", list(SIZES))
def test_the_pages_are_accessible_at_every_width(published, client, browser, size):
    with site(browser, client) as (page, _):
        page.set_viewport_size(SIZES[size])
        for address in (CASE, f"{CASE}/entries/1", "/verify"):
            page.goto(f"http://localhost{address}")
            assert axe_violations(page) == []
            assert not page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        page.wait_for_load_state("networkidle")
        choose(page, "receipt", record.receipt(published, 1))
        page.click("form#check button:not([aria-hidden])")
        page.wait_for_selector(YES)
        assert axe_violations(page) == []
