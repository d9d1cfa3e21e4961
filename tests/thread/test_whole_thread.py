"""One real case from its opening to a record that verifies, played in a browser on the product as it is started.

An organiser opens a case like that of the hearing e-mail beside the demo's own, and the demo clock is moved forward
from stage to stage. Mails come to a real SMTP server; the QR code from the mail is read by zbar and then held before
the camera of the door page. Every page is watched: axe-core, console, requests to other hosts (see ``Watched``).
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import icalendar
import openpyxl
import pypdf
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.conftest import OpenTab, Start
from tests.support import pictures
from tests.support.browser import Watched
from tests.support.databases import ENGINES, PostgresDatabases
from tests.support.live import ROOT, LiveServer
from tests.support.smtp import SmtpServer
from tests.thread.hands import fill, follow, link_in, press, small_pdf, text_of

pytestmark = pytest.mark.seconds(600)

CASE = {
    "number": "2023-0087069",
    "title": "Forsøg med afkriminalisering",
    "title_en": "Trial with decriminalisation",
    "summary": "Byrådet vil skrive til regeringen.",
    "origin": "Medlemsforslag",
    "origin_body": "Borgerrepræsentationen",
    "origin_on": "2023-02-02",
}
EVENT = {
    "title": "Debat i Festsalen",
    "starts_at": "2023-09-28T17:00",
    "ends_at": "2023-09-28T19:00",
    "doors_open_at": "2023-09-28T16:30",
    "registration_opens_at": "2023-09-01T10:00",
    "registration_closes_at": "2023-09-28T16:50",
    "venue_name": "Festsalen, Københavns Rådhus",
    "venue_address": "Rådhuspladsen 1, 1550 København V",
    "max_persons": "5",
}


class Play:
    """The people of the play, each with the tab they use, and what they must remember."""

    def __init__(self, server: LiveServer, mails: SmtpServer, open_tab: OpenTab, folder: Path) -> None:
        self.server, self.mails, self.open_tab, self.folder = server, mails, open_tab, folder
        self.organiser = self.signed_in("organiser")
        self.officer = self.signed_in("officer")
        self.citizen: Watched = open_tab(server.address, size="phone")
        self.visitor: Watched = open_tab(server.address, lang="en")
        self.case = self.event = self.hearing = ""

    def signed_in(self, role: str) -> Watched:
        tab = self.open_tab(self.server.address)
        tab.visit(self.server.links[role])
        press(tab, "Log ind")
        return tab

    def move_to(self, stage: str) -> None:
        page = self.organiser.visit("/staff/demo")
        with page.expect_navigation():
            page.locator(f'form:has(input[value="{stage}"]) button').click()
        self.organiser.check()

    def both_languages(self, path: str) -> None:
        """The page on a phone in Danish and on a desktop in English."""
        self.citizen.visit(path)
        self.visitor.visit(path)


@pytest.fixture(params=ENGINES)
def database(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    """Settings that choose the database; one without tables."""
    if request.param == "sqlite":
        yield {}
        return
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    url = databases.empty()
    yield {"DATABASE_URL": url}
    databases.drop(url)


@pytest.fixture
def play(
    database: dict[str, str], start_server: Start, smtp_server: SmtpServer, open_tab: OpenTab, tmp_path: Path
) -> Iterator[Play]:
    server = start_server(**database, **smtp_server.environment())
    yield Play(server, smtp_server, open_tab, tmp_path)
    server.stop()
    print("\n".join(server.output[-60:]))  # shown when the play fails


def test_the_whole_thread(play: Play) -> None:
    for path in ("/", "/privacy", "/accessibility", "/receipts", "/verify", "/cases/afkriminalisering-af-narkotika"):
        play.both_languages(path)
    open_the_case(play)
    announce_the_event(play)
    invite_two_ministers(play)
    ticket = sign_up(play)
    play.move_to("door")
    at_the_door(play, ticket)
    play.move_to("after")
    statistics(play)
    contribute(play)
    play.move_to("hearing")
    send_the_hearing(play)
    first = answer_in_time(play)
    play.move_to("closed")
    answer_too_late(play)
    end_the_thread(play)
    the_record_verifies(play, first)
    assert "already in use" not in "\n".join(play.server.output)


# --- 1 and 2: case and event ---------------------------------------------------------------------------------


def open_the_case(play: Play) -> None:
    tab = play.organiser
    fill(tab.visit("/staff/cases/new"), CASE)
    play.case = press(tab, "Åbn sagen").url.split("/staff/cases/")[1]
    here = f"/staff/cases/{play.case}"
    rows: list[tuple[str, dict[str, Any]]] = [
        ("tasks", {"text": "Invitere til et offentligt debatarrangement."}),
        ("tasks", {"text": "Undersøge andre lande."}),
        ("contacts", {"function": "Sagsbehandler", "unit": "Socialforvaltningen", "email": "sag@example.org"}),
        ("administrations", {"name": "Socialforvaltningen", "is_lead": True}),
        ("tracks", {"title": "Spor 1: rådgivning"}),
        ("decisions", {"body": "Socialudvalget"}),
        ("decisions", {"body": "Borgerrepræsentationen"}),
    ]
    for where, values in rows:
        page = tab.visit(f"{here}/{where}")
        fill(page, values)
        with page.expect_navigation():
            page.locator("main form").filter(has=page.locator(f'[name="{next(iter(values))}"]')).locator(
                "button"
            ).click()
        tab.check()
    for title, kind in (("Medlemsforslag", "motion"), ("Notat om mulige spor", "memo")):
        page = tab.visit(f"{here}/documents")
        file = small_pdf(play.folder / f"{kind}.pdf", title)
        fill(page, {"title": title, "kind": kind, "is_public": True, "file": str(file)})
        with page.expect_navigation():
            page.locator('main form:has(input[type="file"]) button').last.click()
        tab.check()
    page = tab.visit(here)
    with page.expect_navigation():
        page.locator(f'form[action$="{here}/publication"] button').click()
    tab.check()
    play.both_languages("/cases/forsoeg-med-afkriminalisering")


def announce_the_event(play: Play) -> None:
    tab = play.organiser
    page = tab.visit(f"/staff/cases/{play.case}")
    fill(tab.visit(_href(page, f"/staff/events/new/{play.case}", f"/staff/cases/{play.case}/events")), EVENT)
    with tab.page.expect_navigation():
        tab.page.locator('main form:has([name="max_persons"]) button').last.click()
    tab.check()
    play.event = tab.page.url.split("/staff/events/")[1].split("/")[0]
    here = f"/staff/events/{play.event}"
    hall = {"layout_name": "Stolerækker", "max_persons": "5", "plan_reference": "Plan 7, godkendt 1. juni 2023"}
    seats = {"reserve_seats": "0", "public": "1", "invited": "2", "press": "0", "crew": "0"}
    _save(tab, f"{here}/hall", {**hall, **seats})
    texts = {
        "influence": "Det, du siger, indgår i sagen.",
        "venue_access": "2. sal; elevator i forhuset.",
        "photo_notice": "Der bliver ikke taget billeder.",
    }
    _save(tab, f"{here}/settings", texts)
    for where, values in (
        ("points", {"starts": "17:00", "ends": "17:30", "title": "Velkomst", "speaker": "Ordstyreren"}),
        ("themes", {"title": "Behandling og hjælp", "title_en": "Treatment"}),
    ):
        _save(tab, f"{here}/{where}/new", values)
    _categories(tab, here)
    tab.visit(f"{here}/publication")
    press(tab, "Offentliggør arrangementet")
    play.both_languages("/events/debat-i-festsalen")
    calendar = play.citizen.page.request.get(play.server.url("/events/debat-i-festsalen/calendar.ics")).text()
    event = icalendar.Calendar.from_ical(calendar).walk("VEVENT")[0]
    assert event.decoded("DTSTART").isoformat() == "2023-09-28T17:00:00+02:00"


def _categories(tab: Watched, here: str) -> None:
    """The usual answers to "I come as" are there; two of the e-mail's groups are among them."""
    assert "Fagperson" in text_of(tab.visit(f"{here}/programme"))


def _save(tab: Watched, path: str, values: dict[str, Any]) -> None:
    page = tab.visit(path)
    fill(page, values)
    first = next(iter(values))
    with page.expect_navigation():
        page.locator("main form").filter(has=page.locator(f'[name="{first}"]')).locator(
            'button:not([name="then"])'
        ).last.click()
    tab.check()


def _href(page: Any, *parts: str) -> str:
    """The address of the page's link that holds one of these parts."""
    hrefs = [one.get_attribute("href") or "" for one in page.locator("main a").all()]
    found = [href for href in hrefs if any(part in href for part in parts)]
    assert found, (parts, hrefs)
    return str(found[0])


# --- 3: invitations ------------------------------------------------------------------------------------------


def invite_two_ministers(play: Play) -> None:
    offices = (("social- og boligministeren", "sbm@example.org"), ("justitsministeren", "jm@example.org"))
    for office, address in offices:
        _invite(play, office, address)
    secretary = play.open_tab(play.server.address)
    mail = play.mails.wait_for("sbm@example.org", "Invitation")
    assert pypdf.PdfReader(io.BytesIO(mail.attachment("invitation.pdf"))).metadata
    method, text = mail.calendar()
    request = icalendar.Calendar.from_ical(text)
    assert (method, request["METHOD"]) == ("REQUEST", "REQUEST")
    assert request.walk("VEVENT")[0].decoded("DTEND").isoformat() == "2023-09-28T19:00:00+02:00"
    reply = {"state": "accepted", "contact_name": "Sekretariatet", "contact_phone": "33 66 33 66"}
    fill(secretary.visit(link_in(mail.text, "/i/")), reply)
    assert "I deltager." in text_of(press(secretary, "Send svar"))
    play.mails.wait_for("sbm@example.org", "Vi har noteret jeres svar")
    other = play.mails.wait_for("jm@example.org", "Invitation")
    page = secretary.visit(link_in(other.text, "/i/"))
    fill(page, {"state": "delegated"})
    assert "Skriv, hvem der kommer i stedet." in text_of(press(secretary, "Send svar"))
    names = {"stand_in_name": "Kontorchef Aagaard", "stand_in_title": "kontorchef", "stand_in_role": "factual"}
    fill(secretary.page, {"state": "delegated", **names})
    assert "Kontorchef Aagaard" in text_of(press(secretary, "Send svar"))
    listed = text_of(play.organiser.visit(f"/staff/events/{play.event}/invitations"))
    assert "Deltager" in listed
    assert "Sender en stedfortræder" in listed


def _invite(play: Play, office: str, address: str) -> None:
    tab = play.organiser
    fill(
        tab.visit(f"/staff/events/{play.event}/invitations/new"),
        {
            "office": office,
            "email": address,
            "wished_role": "speech",
            "minutes": "10",
            "purpose": "Vi beder om et oplæg om regeringens syn.",
            "reply_by": "2023-09-20T12:00",
            "is_public": True,
        },
    )
    press(tab, "Gem")
    press(tab, "Send brevet")


# --- 4: registration -----------------------------------------------------------------------------------------


def sign_up(play: Play) -> bytes:
    """Two citizens for one seat: the first cancels, and the second moves up. Returns a ticket's QR code."""
    _register(play.citizen, "Åse Ågård", "aase@example.org", needs="Plads til kørestol")
    assert "/t/" in play.citizen.page.url.lower()
    _register(play.visitor, "Nguyễn la Cour", "nguyen@example.org")
    assert "/w/" in play.visitor.page.url
    mail = play.mails.wait_for("aase@example.org")
    assert "Ågård" not in mail.subject
    first = pictures.qr_from_png(_inline_png(mail))
    assert first.isupper()
    assert icalendar.Calendar.from_ical(_calendar_of(mail)).walk("VEVENT")
    play.citizen.visit(first.replace(first.split("/T/")[0], play.server.address))
    play.citizen.visit(link_in(mail.text, "/t/"))
    follow(play.citizen, "Meld afbud")
    press(play.citizen, "Meld afbud")
    ticket = play.mails.wait(lambda one: "nguyen@example.org" in one.recipients and _has_png(one))
    return _inline_png(ticket)


def _register(tab: Watched, name: str, address: str, needs: str = "") -> None:
    """Sign up, with a mistake in the address first: everything typed is kept."""
    page = tab.visit("/events/debat-i-festsalen/register")
    fill(page, {"name": name, "email": "not an address"})
    page.locator('main form input[type="radio"]').first.check(force=True)
    with page.expect_navigation():
        page.locator("main form button").last.click()
    tab.check()
    assert page.locator('[name="name"]').input_value() == name
    fill(page, {"email": address, "follow_up": True})
    if needs:
        fill(page, {"needs": needs})
    with page.expect_navigation():
        page.locator("main form button").last.click()
    tab.check()


def _has_png(mail: Any) -> bool:
    return any(part.get_content_type() == "image/png" for part in mail.message.walk())


def _inline_png(mail: Any) -> bytes:
    return next(
        bytes(part.get_payload(decode=True)) for part in mail.message.walk() if part.get_content_type() == "image/png"
    )


def _calendar_of(mail: Any) -> str:
    part = next(part for part in mail.message.walk() if part.get_content_type() == "text/calendar")
    return bytes(part.get_payload(decode=True)).decode()


# --- 5: the door ---------------------------------------------------------------------------------------------


def at_the_door(play: Play, ticket: bytes) -> None:
    tab = play.organiser
    page = tab.visit(f"/staff/events/{play.event}/door")
    fill(page, {"name": "Hovedindgang"})
    with page.expect_navigation():
        page.locator('main form[action$="/doors"] button').click()
    tab.check()
    with page.expect_navigation():
        page.locator('main form[action$="/shifts"] button').click()
    tab.check()
    away = [_blank()] * 6  # Chromium plays a film faster than it was taken, and a code is not read again at once
    film = pictures.camera_video([ticket, *away], play.folder / "ticket.mjpeg")
    phone = play.open_tab(play.server.address, size="phone", camera=film)
    door = phone.visit("/door/")
    fill(door, {"code": _shift_code(page), "device_name": "Telefon 1"})
    with door.expect_navigation():
        door.locator("form[data-door] button").click()
    phone.check()
    result = door.locator('[data-door="result"]')
    expect(result).to_contain_text("Velkommen")
    expect(door.locator('[data-door="inside"]')).to_have_text("1")
    expect(result).to_contain_text("Allerede inde")
    phone.check()
    assert "Hovedindgang" in result.inner_text()
    _let_in_the_minister(phone, door)


def _blank() -> bytes:
    picture = io.BytesIO()
    Image.new("RGB", (200, 200), "white").save(picture, "png")
    return picture.getvalue()


def _shift_code(page: Any) -> str:
    """The code as the organiser's page shows it."""
    return str(page.locator(".shift__code").inner_text()).strip()


def _let_in_the_minister(phone: Watched, door: Any) -> None:
    """By name, for her office printed no ticket; then somebody without one."""
    if door.locator('[data-door="result"]').is_visible():
        door.keyboard.press("Escape")
        door.locator('[data-door="result"]').click()
    door.locator('[data-opens="search"]').click()
    door.locator("#q").fill("boligministeren")
    door.get_by_role("button", name="boligministeren").first.click()
    expect(door.locator('[data-door="inside"]')).to_have_text("2")
    phone.check()
    door.close()


# --- 6 and 7: statistics, contributions ----------------------------------------------------------------------


def statistics(play: Play) -> None:
    tab = play.organiser
    words = text_of(tab.visit(f"/staff/events/{play.event}/statistics"))
    assert "2" in words
    invitations = text_of(tab.visit(f"/staff/events/{play.event}/invitations"))
    assert "28.09.2023" in invitations
    for kind in ("csv", "xlsx"):
        page = tab.visit(f"/staff/events/{play.event}/statistics")
        content = _export(page, kind, play.folder)
        if kind == "csv":
            assert content.startswith(b"\xef\xbb\xbf")
            assert b";" in content
        else:
            assert openpyxl.load_workbook(io.BytesIO(content)).sheetnames


def _export(page: Any, kind: str, folder: Path) -> bytes:
    fill(page, {"format": kind, "reach": "internal", "purpose": "Orientering til udvalget"})
    with page.expect_download() as waited:
        page.locator('main form[action$="/exports"] button').last.click()
    target = folder / f"export-{kind}"
    waited.value.save_as(target)
    return target.read_bytes()


def contribute(play: Play) -> None:
    tab = play.organiser
    tab.visit(f"/staff/events/{play.event}/contributions")
    press(tab, "Send linket til dem, der mødte op og har sagt ja")
    mail = play.mails.wait(
        lambda one: "nguyen@example.org" in one.recipients and "/contribute/" in one.text, seconds=30
    )
    page = play.visitor.visit(link_in(mail.text, "/contribute/"))
    page.locator('[name="theme"]').first.check(force=True)
    fill(page, {"text": "More help in the evening.", "quoting": "unnamed"})
    assert "not a hearing answer" in text_of(press(play.visitor, "Send your input"))
    page = play.citizen.visit("/events/debat-i-festsalen/contribute")
    page.locator('[name="theme"]').first.check(force=True)
    fill(page, {"text": "Tænk på naboerne.", "quoting": "named"})
    assert "Skriv dit navn" in text_of(press(play.citizen, "Send dine input"))
    fill(page, {"name": "Åse Ågård"})
    assert "Input nr. 2" in text_of(press(play.citizen, "Send dine input"))
    assert "More help in the evening." in text_of(tab.visit(f"/staff/events/{play.event}/contributions"))


# --- 8: the hearing ------------------------------------------------------------------------------------------


def send_the_hearing(play: Play) -> None:
    tab = play.officer
    page = tab.visit(f"/staff/hearings/new/{play.case}")
    plan = {
        "title": "Høring om spor",
        "question": "Hvad mener I om sporene?",
        "starts": "2023-11-06T17:19",
        "deadline": "2023-11-24T12:00",
    }
    fill(page, plan)
    page = press(tab, "Gem")
    play.hearing = page.url.split("/staff/hearings/")[1]
    for title in ("Notat om mulige spor", "Medlemsforslag"):
        fill(page, {"version": title})
        press(tab, "Tilføj materiale")
    for name, address in (("Havnens Venner", "venner@example.org"), ("Rådet", "raadet@example.org")):
        fill(page, {"name": name, "email": address})
        press(tab, "Tilføj høringspart")
    press(tab, "Send høringen til dem, der ikke har fået den")
    play.both_languages("/hearings/hoering-om-spor")


def answer_in_time(play: Play) -> str:
    """A party answers by its own link, with an attachment; returns the address of the receipt."""
    mail = play.mails.wait_for("venner@example.org", "Høring")
    assert mail.attachment("Bilag 1 - memo.pdf").startswith(b"%PDF-")
    party = play.open_tab(play.server.address)
    page = party.visit(link_in(mail.text, "/answer/"))
    fill(page, {"text": "Vi støtter spor 1.", "name": "Sekretæren"})
    expect(page.locator("[data-draft-state]")).to_contain_text("Ikke sendt endnu")
    page = party.visit(page.url)
    assert page.locator('[name="text"]').input_value() == "Vi støtter spor 1."
    fill(page, {"files": str(small_pdf(play.folder / "bilag.pdf", "Vores bilag"))})
    page = press(party, "Send høringssvar")
    words = text_of(page)
    assert "Vi har modtaget dit høringssvar" in words
    assert "Rettidigt" in words
    receipt = page.url
    proof = play.mails.wait_for("venner@example.org", "Kvittering")
    assert "spor 1" not in proof.text
    assert link_in(proof.text, "/receipts/") == receipt
    page = party.visit("/hearings/hoering-om-spor/answer")
    assert page.locator('[name="text"]').input_value() == ""
    return str(receipt)


def answer_too_late(play: Play) -> None:
    page = play.visitor.visit("/hearings/hoering-om-spor/answer")
    assert "The deadline has passed" in text_of(page)
    typed = {"sender_kind": "citizen", "name": "Late", "email": "late@example.org", "text": "Too late, but here."}
    fill(page, typed)
    assert "After the deadline" in text_of(press(play.visitor, "Send hearing answer"))
    words = text_of(play.officer.visit(f"/staff/hearings/{play.hearing}"))
    assert "Har svaret" in words
    assert "Ikke svaret" in words
    words = text_of(play.officer.visit(f"/staff/hearings/{play.hearing}/answers"))
    assert "Rettidigt" in words
    assert "Efter fristen" in words


# --- 1 again, and 9: the end of the thread, the record -------------------------------------------------------


def end_the_thread(play: Play) -> None:
    tab = play.officer
    _save(
        tab,
        f"/staff/cases/{play.case}/letters/to_government",
        {"dated_on": "2023-11-24", "summary": "Vi foreslår et forsøg."},
    )
    page = tab.visit(f"/staff/hearings/{play.hearing}/closing")
    press(tab, "Afslut høringen")
    play.both_languages("/cases/forsoeg-med-afkriminalisering")
    words = text_of(play.citizen.page)
    for step in ("Medlemsforslag", "Invitationer", "Debat i Festsalen", "Høring om spor", "Henvendelse til regeringen"):
        assert step in words, step
    assert page


def the_record_verifies(play: Play, receipt: str) -> None:
    proof = play.folder / "receipt.tlog-proof"
    proof.write_text(play.citizen.page.request.get(f"{receipt}/proof").text(), "utf-8")
    page = play.citizen.visit("/verify")
    page.locator('input[type="file"]').first.set_input_files(str(proof))
    page.locator("main form button:not([aria-hidden])").first.click()
    expect(page.locator("main")).to_contain_text("Kvitteringen er ægte")
    play.citizen.check()
    changed = play.folder / "changed.tlog-proof"
    changed.write_text(_with_one_sign_changed(proof.read_text("utf-8")), "utf-8")
    script = ROOT / "tools" / "verify_receipt.py"
    published = play.citizen.page.request.get(play.server.url("/record/key")).text()
    key = next(line for line in published.splitlines() if line and not line.startswith("#"))
    for file, code in ((proof, 0), (changed, 1)):
        command = [sys.executable, "-I", str(script), "--key", key, str(file)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == bool(code), done.stdout + done.stderr
    assert "forsoeg-med-afkriminalisering" in play.server.run("record", "verify")
    _export_the_record(play)


def _with_one_sign_changed(text: str) -> str:
    longest = max(text.splitlines(), key=len)
    middle = len(longest) // 2
    other = "A" if longest[middle] != "A" else "B"
    return text.replace(longest, longest[:middle] + other + longest[middle + 1 :])


def _export_the_record(play: Play) -> None:
    contents = {kind: _dossier(play, kind) for kind in ("pdf", "json", "zip")}
    text = "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(contents["pdf"])).pages)
    assert "Vi støtter spor 1." in text
    whole = json.loads(contents["json"])
    assert whole["counts"]["entries"] == whole["counts"]["shown"] == len(whole["entries"])
    kinds = {one["entry"]["kind"] for one in whole["entries"]}
    assert {
        "case",
        "document",
        "event",
        "invite",
        "reply",
        "attendance",
        "contribution",
        "notice",
        "answer",
        "close",
    } <= kinds
    names = zipfile.ZipFile(io.BytesIO(contents["zip"])).namelist()
    assert any(name.startswith("høringssvar/") for name in names)
    assert any(name.endswith(".tlog-proof") for name in names)


def _dossier(play: Play, kind: str) -> bytes:
    page = play.officer.visit(f"/staff/cases/{play.case}/record")
    fill(page, {"form": kind, "purpose": "Bilag til indstillingen"})
    with page.expect_download() as waited:
        page.locator("main").get_by_role("button", name="Eksportér protokollen").click()
    target = play.folder / f"record.{kind}"
    waited.value.save_as(target)
    return target.read_bytes()
