"""The form of an answer: what is taken, what is refused and kept as it was typed, and what the deadline says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from eventapp import blobs, clock
from eventapp.db import db
from eventapp.hearing import queries
from eventapp.hearing.calling.actions import party_token
from eventapp.hearing.models import Answer, Hearing, SenderKind
from eventapp.hearing.rules import LONGEST_ANSWER, MOST_FILES
from eventapp.hearing.words import sender_kinds
from tests.hearing.conftest import DEADLINE_AT, make_hearing
from tests.hearing.test_pages import FORM, PAGE, TYPED
from tests.support.factories import make_case
from tests.support.pages import PageClient

PDF = b"%PDF-1.4 bilag %%EOF"


@pytest.fixture(name="hearing_id", autouse=True)
def sent_hearing(app: Flask) -> str:
    with app.app_context():
        return make_hearing().id


def answers(app: Flask, slug: str = "havneparken") -> list[Answer]:
    with app.app_context():
        found = queries.answers(queries.published_hearing(slug).id)
        for one in found:
            assert one.attachments is not None  # read while there is a session
        return found


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


# --- what is typed -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", ["sender_kind", "name", "email", "text"])
def test_what_is_needed_is_asked_for_again_and_the_rest_is_kept(
    page_client: PageClient, app: Flask, missing: str
) -> None:
    page_client.visit(FORM)
    page_client.submit(FORM, {**TYPED, missing: ""}, status=422)
    page = page_client.response.text
    kept = {"name": TYPED["name"], "email": TYPED["email"], "text": "Bevar træerne."}
    assert [word for name, word in kept.items() if name != missing and word not in page] == []
    assert answers(app) == []


def test_on_behalf_of_may_be_left_out(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "on_behalf_of": ""})
    assert [one.on_behalf_of for one in answers(app)] == [""]


def test_a_kind_of_sender_that_is_not_on_the_list_is_refused(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "sender_kind": "king"}, status=422)
    assert answers(app) == []


def test_the_form_offers_every_kind_of_sender_once(app: Flask) -> None:
    with app.test_request_context():
        offered = [kind for kind, _ in sender_kinds()]
        assert sorted(offered) == sorted(SenderKind)
        assert len({words for _, words in sender_kinds()}) == len(offered)


@pytest.mark.parametrize("kind", list(SenderKind))
def test_each_kind_of_sender_is_stored_as_it_was_chosen(page_client: PageClient, app: Flask, kind: str) -> None:
    page_client.submit(FORM, {**TYPED, "sender_kind": kind})
    assert [one.sender_kind for one in answers(app)] == [kind]


def test_the_longest_answer_is_taken_in_whole_and_one_sign_more_is_not(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "text": "æ" * (LONGEST_ANSWER + 1)}, status=422)
    assert answers(app) == []
    page_client.submit(FORM, {**TYPED, "text": "æ" * LONGEST_ANSWER})
    assert [len(one.text) for one in answers(app)] == [LONGEST_ANSWER]


def test_a_name_may_be_as_long_as_its_column_and_no_longer(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "name": "Å" * 201}, status=422)
    page_client.submit(FORM, {**TYPED, "name": "Å" * 200, "on_behalf_of": "Ø" * 200})
    assert [(len(one.name), len(one.on_behalf_of)) for one in answers(app)] == [(200, 200)]


def test_lines_are_kept_and_ends_of_lines_are_made_one_kind(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "text": "  Et\r\n\r\n  To\rTre  \n"})
    assert [one.text for one in answers(app)] == ["Et\n\n  To\nTre"]


def test_what_looks_like_markup_is_text(page_client: PageClient, app: Flask) -> None:
    text = "<script>alert(1)</script> & {{ 7*7 }}"
    page_client.submit(FORM, {**TYPED, "text": text, "email": "forkert"}, status=422)
    assert "<script>alert(1)" not in page_client.response.text
    page_client.submit(FORM, {**TYPED, "text": text})
    assert [one.text for one in answers(app)] == [text]


@pytest.mark.parametrize("name", ["name", "on_behalf_of", "text"])
def test_a_cpr_number_is_warned_of_wherever_it_stands(page_client: PageClient, app: Flask, name: str) -> None:
    warned = page_client.submit(FORM, {**TYPED, name: "Test 251248-9996"}, status=422)
    assert "CPR" in warned.text
    assert answers(app) == []


def test_the_warning_is_a_question_and_can_be_answered_on_the_page(page_client: PageClient, app: Flask) -> None:
    plain = page_client.visit(FORM)
    assert "keep_number" not in [one.attributes.get("name") for one in plain.root.all("input")]
    page_client.submit(FORM, {**TYPED, "text": "Jeg er 251248-9996."}, status=422)
    assert "keep_number" in [one.attributes.get("name") for one in page_client.page.root.all("input")]


# --- the key and the language --------------------------------------------------------------------------------


def test_the_same_post_twice_leads_to_the_same_receipt(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "submission_key": "a" * 32})
    first = page_client.response.request.path
    page_client.submit(FORM, {**TYPED, "submission_key": "a" * 32})
    assert page_client.response.request.path == first
    assert len(answers(app)) == 1


def test_another_text_under_the_same_key_is_asked_about_with_a_new_key(page_client: PageClient, app: Flask) -> None:
    page_client.submit(FORM, {**TYPED, "submission_key": "a" * 32})
    page = page_client.submit(FORM, {**TYPED, "text": "Fæld dem.", "submission_key": "a" * 32}, status=422)
    assert "Fæld dem." in page_client.response.text
    keys = [one.attributes["value"] for one in page.root.all("input") if one.attributes.get("name") == "submission_key"]
    assert keys != ["a" * 32]
    page_client.submit(FORM, {**TYPED, "text": "Fæld dem.", "submission_key": keys[0]})
    assert [one.text for one in answers(app)] == [TYPED["text"], "Fæld dem."]


def test_after_a_mistake_the_key_stays_so_that_nothing_is_sent_twice(page_client: PageClient) -> None:
    page = page_client.submit(FORM, {**TYPED, "email": "", "submission_key": "b" * 32}, status=422)
    keys = [one.attributes["value"] for one in page.root.all("input") if one.attributes.get("name") == "submission_key"]
    assert keys == ["b" * 32]


def test_two_visits_get_two_keys(page_client: PageClient) -> None:
    keys = {
        one.attributes["value"]
        for _ in range(2)
        for one in page_client.visit(FORM).root.all("input")
        if one.attributes.get("name") == "submission_key"
    }
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("2024-06-14T08:00:00+00:00", datetime(2024, 6, 14, 8, tzinfo=UTC)),
        ("2024-06-14T10:00:00+02:00", datetime(2024, 6, 14, 8, tzinfo=UTC)),
        ("2024-06-14T09:00:00+00:00", datetime(2024, 6, 14, 9, tzinfo=UTC)),  # the very moment it came in
        ("2024-06-14T09:00:00.000001+00:00", None),  # after it came in
        ("2024-06-14T08:00:00", None),  # nobody knows in which zone
        ("i går", None),
        ("", None),
    ],
)
def test_when_the_form_was_opened_is_believed_only_where_it_can_be_true(
    page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch, written: str, kept: datetime | None
) -> None:
    at(monkeypatch, datetime(2024, 6, 14, 9, tzinfo=UTC))
    page_client.submit(FORM, {**TYPED, "begun_at": written})
    assert [one.begun_at for one in answers(app)] == [kept]


def test_the_language_of_the_page_is_kept_with_the_answer(page_client: PageClient, app: Flask) -> None:
    page_client.visit(f"{FORM}?lang=en")
    page_client.submit(FORM, TYPED)
    page_client.visit(f"{FORM}?lang=da")
    page_client.submit(FORM, {**TYPED, "text": "Bevar buskene."})
    assert [one.lang for one in answers(app)] == ["en", "da"]


# --- files ---------------------------------------------------------------------------------------------------


def test_several_files_are_stored_in_order_and_empty_fields_are_none(page_client: PageClient, app: Flask) -> None:
    files = [(BytesIO(PDF), "Tegning.PDF"), (BytesIO("Æ".encode()), "../hemmeligt/note.txt"), (BytesIO(b""), "")]
    page_client.submit(FORM, {**TYPED, "files": files})
    (answer,) = answers(app)
    assert [(one.file_name, one.media_type) for one in answer.attachments] == [
        ("Tegning.PDF", "application/pdf"),
        ("note.txt", "text/plain"),
    ]
    with app.app_context():
        assert [blobs.read(one.sha256) for one in answer.attachments] == [PDF, "Æ".encode()]


def test_as_many_files_as_promised_are_taken_and_one_more_is_not(page_client: PageClient, app: Flask) -> None:
    def files(count: int) -> list[Any]:
        return [(BytesIO(b"Bilag"), f"{number}.txt") for number in range(count)]

    page = page_client.submit(FORM, {**TYPED, "files": files(MOST_FILES + 1)}, status=422)
    assert f"Højst {MOST_FILES} filer" in page.text
    assert answers(app) == []
    page_client.submit(FORM, {**TYPED, "files": files(MOST_FILES)})
    assert [len(one.attachments) for one in answers(app)] == [MOST_FILES]


def test_one_bad_file_among_good_ones_is_named_and_nothing_is_stored(page_client: PageClient, app: Flask) -> None:
    files = [(BytesIO(PDF), "god.pdf"), (BytesIO(b"MZ"), "ond.pdf"), (BytesIO(b""), "tom.txt")]
    page = page_client.submit(FORM, {**TYPED, "files": files}, status=422)
    assert "ond.pdf" in page.text
    assert "tom.txt" in page.text
    assert "god.pdf" in " ".join(one.text for one in page.root.all("ul") if one.attributes.get("class") == "file-list")
    assert answers(app) == []


# --- the deadline --------------------------------------------------------------------------------------------


def test_the_page_counts_down_and_at_the_instant_itself_the_hearing_is_open(
    page_client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, DEADLINE_AT - timedelta(days=2, hours=3, minutes=1))
    assert "2 dage, 3 timer og 1 minut" in page_client.visit(FORM).text
    at(monkeypatch, DEADLINE_AT - timedelta(minutes=5))
    text = page_client.visit(FORM).text
    assert "0 timer og 5 minutter" in text
    assert "0 dage" not in text
    at(monkeypatch, DEADLINE_AT)
    assert "Åben for høringssvar" in page_client.visit(PAGE).text
    at(monkeypatch, DEADLINE_AT + timedelta(microseconds=1))
    assert "Fristen er udløbet" in page_client.visit(PAGE).text


def test_an_answer_at_the_instant_of_the_deadline_is_in_time(
    page_client: PageClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    for moment in (DEADLINE_AT, DEADLINE_AT + timedelta(microseconds=1)):
        at(monkeypatch, moment)
        page_client.submit(FORM, {**TYPED, "text": f"Bevar træerne: {moment}."})
    assert [(one.received_at, one.is_late) for one in answers(app)] == [
        (DEADLINE_AT, False),
        (DEADLINE_AT + timedelta(microseconds=1), True),
    ]


def test_a_closed_hearing_still_takes_answers(page_client: PageClient, app: Flask, hearing_id: str) -> None:
    with app.app_context():
        db.session.execute(update(Hearing).where(Hearing.id == hearing_id).values(closed_at=DEADLINE_AT))
        db.session.commit()
    page_client.submit(FORM, TYPED)
    assert [one.is_late for one in answers(app)] == [True]


# --- whose form it is ----------------------------------------------------------------------------------------


def test_the_own_link_fills_in_what_is_known_and_opening_it_answers_nothing(
    page_client: PageClient, app: Flask, hearing_id: str
) -> None:
    with app.app_context():
        party = queries.parties(hearing_id)[1]
        address, email = f"{FORM}/{party_token(party.id)}", party.email
    page_client.visit(address)
    filled = [one.attributes.get("value") for one in page_client.page.root.all("input")]
    assert "Ældrerådet" in filled
    assert email in filled
    with app.app_context():
        assert queries.counts(queries.hearing(hearing_id)).ticked == 0
    page_client.submit(address, {**TYPED, "email": ""}, status=422)
    page_client.submit(address, TYPED)
    with app.app_context():
        assert [one.party_id for one in queries.answers(hearing_id)] == [queries.parties(hearing_id)[1].id]


def test_a_cut_link_opens_the_plain_form_and_names_nobody(page_client: PageClient, app: Flask) -> None:
    page = page_client.visit(f"{FORM}/afskaaret")
    values = [one.attributes.get("value", "") for one in page.root.all("input")]
    assert not [one for one in values if one in {"Ældrerådet", "Havnens Venner"}]
    page_client.submit(f"{FORM}/afskaaret", TYPED)
    assert [one.party_id for one in answers(app)] == [None]


def test_a_draft_and_an_unknown_hearing_are_not_found(page_client: PageClient, app: Flask) -> None:
    with app.app_context():
        make_hearing(make_case(), slug="udkast", sent=False)
    for slug in ("udkast", "findes-ikke"):
        for rest in ("", "/answer", "/answer/abc", "/material/1"):
            page_client.visit(f"/hearings/{slug}{rest}", status=404)
    token = page_client.visit(FORM).root.all("input")
    values = {one.attributes["name"]: one.attributes.get("value", "") for one in token if "name" in one.attributes}
    sent = page_client.post("/hearings/udkast/answer", data={**values, **TYPED})
    assert sent.status_code == 404


# --- receipts ------------------------------------------------------------------------------------------------


def test_a_receipt_shows_number_time_state_and_files_and_no_word_of_the_answer(
    page_client: PageClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(monkeypatch, datetime.fromisoformat("2024-06-14T11:59:58+02:00"))
    page = page_client.submit(FORM, {**TYPED, "files": (BytesIO(b"Bilag"), "bilag.txt")})
    for word in ("HS-2024-0001", "11.59.58", "bilag.txt"):
        assert word in page.text
    for word in ("træerne", TYPED["name"], TYPED["email"]):
        assert word not in page_client.response.text
    address = page_client.response.request.path
    for rest, name in (("proof", "HS-2024-0001.tlog-proof"), ("opening", "HS-2024-0001.opening.json")):
        response = page_client.get(f"{address}/{rest}")
        assert response.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert "træerne" in page_client.get(f"{address}/opening").text


@pytest.mark.parametrize("rest", ["", "/proof", "/opening"])
def test_nothing_is_behind_a_receipt_that_nobody_got(page_client: PageClient, rest: str) -> None:
    page_client.visit(f"/receipts/{'f' * 32}{rest}", status=404)


@pytest.mark.parametrize("typed", [{"number": "", "email": "a@example.org"}, {"number": "HS-2024-0001", "email": "a"}])
def test_a_look_up_with_a_mistake_says_neither_yes_nor_no(page_client: PageClient, typed: dict[str, str]) -> None:
    page = page_client.submit("/receipts", typed, status=422)
    assert "Ja. Vi" not in page.text
    assert "Nej. Vi" not in page.text


def test_right_look_ups_never_count_as_guesses(page_client: PageClient) -> None:
    page_client.submit(FORM, TYPED)
    page = page_client.page
    number = next(word for word in page.text.split() if word.startswith("HS-"))
    for _ in range(16):
        page_client.submit("/receipts", {"number": f" {number} ", "email": TYPED["email"]}, status=200)
    assert "Ja. Vi har modtaget det." in page_client.page.text
