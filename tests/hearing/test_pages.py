"""The public pages of a hearing, as a party's secretary meets them."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from eventapp import clock, record
from eventapp.db import db, end_reading
from eventapp.hearing import queries
from eventapp.hearing.calling.actions import party_token
from tests.hearing.conftest import DEADLINE_AT, MEMO, make_hearing
from tests.support.pages import PageClient

TYPED: dict[str, Any] = {
    "sender_kind": "citizen",
    "name": "Nguyễn la Cour",
    "email": "nguyen@example.org",
    "text": "Bevar træerne.\nTak.",
}
PAGE = "/hearings/havneparken"
FORM = f"{PAGE}/answer"


@pytest.fixture(autouse=True)
def _sent_hearing(app: Flask) -> None:
    with app.app_context():
        make_hearing()


def all_answers(app: Flask) -> list[Any]:
    with app.app_context():
        return queries.answers(queries.published_hearing("havneparken").id)


def test_the_page_says_what_is_asked_and_until_when(page_client: PageClient) -> None:
    text = page_client.visit(PAGE).text
    assert "Høring om havneparken" in text
    assert "fredag den 14. juni 2024 kl. 12.00" in text
    assert "sag@example.org" in text


def test_the_material_can_be_downloaded(page_client: PageClient) -> None:
    response = page_client.get(f"{PAGE}/material/1", buffered=True)
    assert response.data == MEMO
    assert response.headers["Content-Disposition"].startswith("attachment")


def test_a_sent_answer_leads_to_a_receipt_that_proves_itself(page_client: PageClient, app: Flask) -> None:
    receipt = page_client.submit(FORM, {**TYPED, "files": (BytesIO(b"Bilag"), "bilag.txt")})
    assert "Vi har modtaget dit høringssvar" in receipt.text
    assert "HS-" in receipt.text
    address = page_client.response.request.path
    proof = page_client.get(f"{address}/proof").text
    assert "træerne" not in proof
    with app.app_context():
        found = record.verify_receipt(proof)
        opened = record.receipts.verify_opening(
            found, page_client.get(f"{address}/opening").text, [("bilag.txt", b"Bilag")]
        )
    assert opened.not_shown == []


def test_a_key_that_was_used_is_marked_so_that_no_draft_brings_it_back(page_client: PageClient, app: Flask) -> None:
    """The script puts a draft's key back for the same text; one that was refused would be refused for ever."""
    used = {"submission_key": "0" * 32}
    page_client.submit(FORM, {**TYPED, **used})
    page = page_client.submit(FORM, {**TYPED, **used, "text": "Fæld træerne."}, status=422)
    (form,) = page.root.all("form", **{"data-behaviour": "answer-draft"})
    assert "data-refused" in form.attributes
    again = page_client.submit(FORM, {**TYPED, "text": "Fæld træerne.", "email": ""}, status=422)
    assert "data-refused" not in again.root.all("form", **{"data-behaviour": "answer-draft"})[0].attributes
    (new_key,) = [one.attributes["value"] for one in form.all("input", name="submission_key")]
    page_client.submit(FORM, {**TYPED, "text": "Fæld træerne.", "submission_key": new_key})
    assert len(all_answers(app)) == 2


def test_mistakes_are_said_beside_the_fields_and_nothing_typed_is_lost(page_client: PageClient, app: Flask) -> None:
    page = page_client.submit(FORM, {**TYPED, "email": "nguyen(at)example.org"}, status=422)
    assert "Skriv en e-mail som" in page.text
    assert "Bevar træerne." in page_client.response.text
    assert all_answers(app) == []


def test_a_stale_form_keeps_the_text_and_goes_through_the_second_time(page_client: PageClient, app: Flask) -> None:
    page_client.visit(FORM)
    stale = page_client.post(FORM, data={**TYPED, "submission_key": "0" * 32, "csrf_token": "old"})
    assert stale.status_code == 422
    assert "Bevar træerne." in stale.text
    assert all_answers(app) == []


def test_a_number_that_looks_like_cpr_is_warned_of_and_may_be_sent_all_the_same(
    page_client: PageClient, app: Flask
) -> None:
    text = "Jeg er 251248-9996."
    warned = page_client.submit(FORM, {**TYPED, "text": text}, status=422)
    assert "CPR" in warned.text
    token = [
        one.attributes["value"] for one in warned.forms()[-1].all("input") if one.attributes.get("name") == "csrf_token"
    ]
    again = {**TYPED, "text": text, "keep_number": "1", "submission_key": "a" * 32, "csrf_token": token[0]}
    assert page_client.post(FORM, data=again).status_code == 303
    assert [one.text for one in all_answers(app)] == [text]


def test_a_file_of_another_kind_is_refused_and_the_text_kept(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "files": (BytesIO(b"<svg/>"), "billede.svg")}, status=422)
    assert "Bevar træerne." in page_client.response.text
    assert all_answers(app) == []


def test_the_link_of_a_party_ticks_it_off(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        party = queries.parties(queries.published_hearing("havneparken").id)[0]
        address = f"{FORM}/{party_token(party.id)}"
    page_client.submit(address, {**TYPED, "sender_kind": "organisation"})
    with app.app_context():
        counts = queries.counts(queries.published_hearing("havneparken"))
    assert (counts.heard, counts.ticked, counts.answers) == (2, 1, 1)


def test_after_the_deadline_the_form_stays_and_says_so(page_client: PageClient) -> None:
    assert clock.now() > DEADLINE_AT
    page = page_client.visit(FORM)
    assert "Fristen er udløbet" in page.text
    assert "Efter fristen" in page_client.submit(FORM, TYPED).text


def test_the_look_up_answers_yes_or_no_and_nothing_else(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, TYPED)
    number = all_answers(app)[0].receipt_number
    found = page_client.submit("/receipts", {"number": number.lower(), "email": "Nguyen@example.org"}, status=200)
    assert "Ja. Vi har modtaget det." in found.text
    assert "Bevar" not in page_client.response.text
    other = page_client.submit("/receipts", {"number": number, "email": "anden@example.org"}, status=200)
    assert "Nej." in other.text


def test_numbers_that_follow_one_another_do_not_tell_who_has_answered(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, TYPED)
    tried = [{"number": f"HS-2020-{number:04}", "email": TYPED["email"]} for number in range(15)]
    assert all("Nej." in page_client.submit("/receipts", one, status=200).text for one in tried)
    right = {"number": all_answers(app)[0].receipt_number, "email": TYPED["email"]}
    page_client.submit("/receipts", right, status=429)


def test_english_pages_are_whole(page_client: PageClient) -> None:
    assert "Give a hearing answer" in page_client.visit(f"{FORM}?lang=en").text


def test_an_unknown_receipt_is_not_found(page_client: PageClient) -> None:
    page_client.visit("/receipts/" + "0" * 32, status=404)


def test_an_answer_is_taken_in_while_the_record_refuses_to_sign(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        log_id = queries.published_hearing("havneparken").case_id
        end_reading()
        head = record.checkpoint_covering(log_id)
        with db.engine.begin() as conn:  # an older database, beside the last head that was signed
            conn.execute(text("DELETE FROM record_entry WHERE seq = :last"), {"last": head.size - 1})
            conn.execute(text("DELETE FROM record_checkpoint"))
            conn.execute(text("UPDATE record_log SET size = :size"), {"size": head.size - 1})
        with pytest.raises(record.SigningRefusedError):
            record.checkpoint_covering(log_id)
    assert "Vi har modtaget dit høringssvar" in page_client.submit(FORM, TYPED).text
    assert [one.text for one in all_answers(app)] == ["Bevar træerne.\nTak."]
