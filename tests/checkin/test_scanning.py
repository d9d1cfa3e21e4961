"""What happens when a ticket is shown, on both databases."""

import hashlib
import random
import uuid
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update

from eventapp.checkin import forms, queries, rules, scan_actions, undo_actions
from eventapp.checkin.errors import NotUndoableError, OtherScanError
from eventapp.checkin.models import Direction, DoorSession, Means, Occupancy, Presence, Scan, Verdict
from eventapp.checkin.scan_actions import Moment, PointedOut, WalkIn
from eventapp.errors import NotFoundError
from eventapp.registration import ticket_rules
from eventapp.registration.models import Booking, Origin, Registration, RegistrationState
from eventapp.web.registry import registry
from tests.checkin.support import (
    DOORS_OPEN,
    count_of,
    make_guest,
    make_hall,
    result_of,
    scanned,
    session,
    undone,
    walked_in,
)


def minute(number):
    return DOORS_OPEN + timedelta(minutes=number)


def came(db, event_id):
    """Who came, and when."""
    db.session.rollback()
    rows = db.session.scalars(select(Presence).where(Presence.event_id == event_id))
    return {one.registration_id: one.came_at for one in rows if one.came_at}


@pytest.fixture
def hall(db):
    return make_hall(db)


def test_a_guest_with_a_ticket_is_welcome_and_counted(db, hall):
    guest = make_guest(db, hall.event_id)
    result = scanned(guest.ticket, hall.front, 7)
    assert (result.verdict, result.name) == (Verdict.OK, "Anna Andersen")
    assert count_of(db, hall.event_id) == (1, 1, 1, DOORS_OPEN + timedelta(minutes=7))


def test_the_second_scan_says_when_and_at_which_door_the_first_was(db, hall):
    guest = make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front, 7)
    second = scanned(guest.ticket, hall.side, 20)
    assert second.verdict is Verdict.ALREADY_IN
    assert (second.earlier_at, second.earlier_door) == (DOORS_OPEN + timedelta(minutes=7), "Hovedindgang")
    assert count_of(db, hall.event_id)[:3] == (1, 1, 1)


def test_out_and_in_again_counts_one_head(db, hall):
    guest = make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front)
    assert scanned(guest.ticket, hall.side, 10, direction=Direction.OUT).verdict is Verdict.OK
    assert count_of(db, hall.event_id)[:2] == (0, 1)
    assert scanned(guest.ticket, hall.side, 11, direction=Direction.OUT).verdict is Verdict.NOT_IN
    assert scanned(guest.ticket, hall.front, 15).verdict is Verdict.OK
    assert count_of(db, hall.event_id)[:3] == (1, 1, 1)


@pytest.mark.parametrize(
    ("state", "expected"),
    [(RegistrationState.WAITING, Verdict.WAITING), (RegistrationState.CANCELLED, Verdict.CANCELLED)],
)
def test_who_waits_or_cancelled_is_told_so(db, hall, state, expected):
    guest = make_guest(db, hall.event_id, state=state)
    assert scanned(guest.ticket, hall.front).verdict is expected
    assert scanned(PointedOut(guest_id=guest.id), hall.front).verdict is expected
    assert count_of(db, hall.event_id)[0] == 0


def test_a_ticket_of_another_event_is_refused_without_a_word_about_its_holder(db, hall):
    other = make_hall(db)
    guest = make_guest(db, other.event_id, "Hemmelig Gæst")
    result = scanned(guest.ticket, hall.front)
    assert (result.verdict, result.name) == (Verdict.WRONG_EVENT, "")
    assert db.session.get_one(Scan, result.id).registration_id is None
    by_name = scanned(PointedOut(guest_id=guest.id), hall.front)
    assert (by_name.verdict, by_name.name) == (Verdict.UNKNOWN, "")


def test_the_151st_person_is_stopped_at_a_limit_of_150_and_stays_registered(db):
    hall = make_hall(db, max_persons=3)
    guests = [make_guest(db, hall.event_id, f"Gæst {number}") for number in range(4)]
    for guest in guests[:2]:
        scanned(guest.ticket, hall.front)
    walked_in(hall.side, "Tekniker")
    assert scanned(guests[3].ticket, hall.front).verdict is Verdict.FULL
    assert walked_in(hall.front, "Endnu en").verdict is Verdict.FULL
    assert count_of(db, hall.event_id)[:3] == (3, 3, 3)
    assert db.session.get_one(Registration, guests[3].id).state is RegistrationState.CONFIRMED
    assert db.session.scalar(select(func.count()).where(Booking.origin == Origin.WALK_IN)) == 1
    scanned(guests[0].ticket, hall.front, direction=Direction.OUT)
    assert scanned(guests[3].ticket, hall.front).verdict is Verdict.OK


def test_a_walk_in_is_registered_and_counted(db, hall):
    result = walked_in(hall.front, "Bo Uanmeldt", 3)
    assert (result.verdict, result.means, result.name) == (Verdict.OK, Means.WALK_IN, "Bo Uanmeldt")
    scan = db.session.get_one(Scan, result.id)
    registered = db.session.get_one(Registration, scan.registration_id)
    assert (registered.booking.origin, registered.booking.quota_id) == (Origin.WALK_IN, None)
    assert count_of(db, hall.event_id)[:2] == (1, 1)


def test_one_who_leaves_without_a_ticket_is_counted_out(db, hall):
    scanned(make_guest(db, hall.event_id).ticket, hall.front)
    assert walked_in(hall.front, direction=Direction.OUT).verdict is Verdict.NOT_IN
    walked_in(hall.front, "Bo")
    walked_in(hall.front)
    left = walked_in(hall.side, direction=Direction.OUT)
    assert (left.verdict, left.name) == (Verdict.OK, "")
    assert walked_in(hall.side, direction=Direction.OUT).name == "Bo"
    assert count_of(db, hall.event_id)[:3] == (1, 3, 3)


def test_undoing_an_exit_leaves_the_walk_in_registered(db, hall):
    walked_in(hall.front, "Bo")
    undone(walked_in(hall.front, direction=Direction.OUT), hall.front)
    assert count_of(db, hall.event_id)[:2] == (1, 1)
    assert db.session.scalars(select(Registration)).one().state is RegistrationState.CONFIRMED


def test_a_scan_sent_again_changes_nothing(db, hall):
    guest, moment = make_guest(db, hall.event_id), Moment(uuid.uuid4().hex)
    assert scan_actions.scan(guest.ticket, moment, by=hall.front, now=DOORS_OPEN).is_new is True
    before = result_of(moment, hall.front)
    assert scan_actions.scan(guest.ticket, moment, by=hall.front, now=DOORS_OPEN + timedelta(hours=1)).is_new is False
    assert result_of(moment, hall.front) == before
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 1


def test_a_walk_in_sent_again_is_one_guest(db, hall):
    moment = Moment(uuid.uuid4().hex)
    for expected in (True, False, False):
        assert scan_actions.walk_in(WalkIn("Bo"), moment, by=hall.front, now=DOORS_OPEN).is_new is expected
    assert count_of(db, hall.event_id)[:2] == (1, 1)
    assert db.session.scalar(select(func.count()).select_from(Registration)) == 1


def test_an_id_used_for_another_scan_is_refused_so_that_none_vanishes(db, hall):
    first, second = make_guest(db, hall.event_id), make_guest(db, hall.event_id)
    moment = Moment(uuid.uuid4().hex)
    scan_actions.scan(first.ticket, moment, by=hall.front, now=DOORS_OPEN)
    with pytest.raises(OtherScanError):
        scan_actions.scan(second.ticket, moment, by=hall.front, now=DOORS_OPEN)
    with pytest.raises(OtherScanError):
        scan_actions.scan(first.ticket, Moment(moment.id, Direction.OUT), by=hall.front, now=DOORS_OPEN)
    other = make_hall(db)
    with pytest.raises(OtherScanError):
        scan_actions.scan(first.ticket, moment, by=other.front, now=DOORS_OPEN)


def test_undo_takes_the_entry_back(db, hall):
    guest = make_guest(db, hall.event_id)
    entry = scanned(guest.ticket, hall.front)
    reversal = undone(entry, hall.front, 1)
    assert (reversal.verdict, reversal.means) == (Verdict.UNDONE, Means.REVERSAL)
    assert count_of(db, hall.event_id) == (0, 0, 0, None)
    assert scanned(guest.ticket, hall.side, 2).verdict is Verdict.OK


def test_only_the_last_thing_that_happened_can_be_undone_and_only_once(db, hall):
    guest = make_guest(db, hall.event_id)
    entry = scanned(guest.ticket, hall.front)
    exit_ = scanned(guest.ticket, hall.front, 1, direction=Direction.OUT)
    with pytest.raises(NotUndoableError):
        undone(entry, hall.front)
    undone(exit_, hall.front)
    with pytest.raises(NotUndoableError):
        undone(exit_, hall.front)
    undone(entry, hall.front)
    refused = scanned(PointedOut(code_hash="f" * 64), hall.front)
    with pytest.raises(NotUndoableError):
        undone(refused, hall.front)
    assert count_of(db, hall.event_id)[:3] == (0, 0, 0)


def test_an_undo_sent_again_changes_nothing(db, hall):
    entry = scanned(make_guest(db, hall.event_id).ticket, hall.front)
    moment = Moment(uuid.uuid4().hex)
    assert undo_actions.undo(entry.id, moment, by=hall.front, now=DOORS_OPEN).is_new is True
    assert undo_actions.undo(entry.id, moment, by=hall.front, now=DOORS_OPEN).is_new is False


def test_undoing_a_walk_in_cancels_her_registration(db, hall):
    entry = walked_in(hall.front, "Bo")
    undone(entry, hall.front)
    registered = db.session.scalars(select(Registration)).one()
    assert registered.state is RegistrationState.CANCELLED
    assert count_of(db, hall.event_id)[:2] == (0, 0)


def test_a_scan_of_another_event_cannot_be_undone_or_seen(db, hall):
    other = make_hall(db)
    entry = scanned(make_guest(db, other.event_id).ticket, other.front)
    with pytest.raises(NotFoundError):
        undone(entry, hall.front)
    with pytest.raises(NotFoundError):
        queries.outcome(hall.event_id, entry.id)


def test_whether_and_when_a_guest_came_is_told_to_who_listens_for_her_kind(db, hall):
    heard = []
    registry().came_changed[Origin.STAFF] = lambda _conn, *told: heard.append(told)
    guest, other = make_guest(db, hall.event_id, origin=Origin.STAFF), make_guest(db, hall.event_id)
    scanned(other.ticket, hall.front)
    entry = scanned(guest.ticket, hall.front, 5)
    scanned(guest.ticket, hall.front, 6)
    assert heard == [(guest.id, minute(5), minute(5))]
    out = scanned(guest.ticket, hall.front, 7, direction=Direction.OUT)
    undone(scanned(guest.ticket, hall.front, 8), hall.front, 9)
    undone(out, hall.front, 10)
    assert len(heard) == 1
    undone(entry, hall.front, 11)
    assert heard[1:] == [(guest.id, None, minute(11))]


def test_the_phones_time_is_kept_beside_ours(db, hall):
    guest = make_guest(db, hall.event_id)
    made_at = DOORS_OPEN - timedelta(hours=2)
    moment = Moment(uuid.uuid4().hex, device_at=made_at, offset_ms=2 * 3600 * 1000 - 30_000)
    scan_actions.scan(guest.ticket, moment, by=hall.front, now=DOORS_OPEN)
    scan = db.session.get_one(Scan, moment.id)
    assert (scan.device_at, scan.offset_ms, scan.received_at) == (made_at, 7_170_000, DOORS_OPEN)
    assert scan.at == DOORS_OPEN - timedelta(seconds=30)


def test_a_note_is_shown_only_when_the_guest_said_so(db, hall):
    guest = make_guest(db, hall.event_id, note="Kørestol: brug siderampen")
    assert scanned(guest.ticket, hall.front).note == "Kørestol: brug siderampen"
    silent = make_guest(db, hall.event_id)
    assert scanned(silent.ticket, hall.front).note == ""


def test_a_phone_that_shows_thirty_unknown_codes_in_a_minute_is_paused(db, hall):
    for number in range(rules.MOST_UNKNOWN_CODES):
        assert db.session.get_one(DoorSession, hall.front.id).paused_at is None
        db.session.rollback()
        moment = Moment(uuid.uuid4().hex)
        scan_actions.scan(PointedOut(code_hash=f"{number:064x}"), moment, by=hall.front, now=DOORS_OPEN)
    assert db.session.get_one(DoorSession, hall.front.id).paused_at == DOORS_OPEN
    assert db.session.get_one(DoorSession, hall.side.id).paused_at is None


def test_wrong_tickets_now_and_then_pause_nobody(db, hall):
    for number in range(2 * rules.MOST_UNKNOWN_CODES):
        now = DOORS_OPEN + timedelta(seconds=3 * number)
        scan_actions.scan(PointedOut(code_hash=f"{number:064x}"), Moment(uuid.uuid4().hex), by=hall.front, now=now)
    assert db.session.get_one(DoorSession, hall.front.id).paused_at is None


@pytest.mark.parametrize(
    "shown",
    [
        "{code}",
        "{lower}",
        "{grouped}",
        "http://localhost/t/{code}",
        "HTTP://LOCALHOST/T/{code}",
        " {grouped}\n",
        "{code}/",
    ],
)
def test_a_code_is_taken_in_any_spacing_and_case(db, hall, shown):
    guest = make_guest(db, hall.event_id)
    text = shown.format(code=guest.code, lower=guest.code.lower(), grouped=ticket_rules.grouped(guest.code))
    assert forms.guest({"code": text}) == guest.ticket
    assert scanned(forms.guest({"code": text}), hall.front).verdict is Verdict.OK


def test_two_thousand_forged_and_mutated_codes_are_unknown(db, hall):
    guest = make_guest(db, hall.event_id)
    rng = random.Random(26)
    forged = [_forged(rng, guest.code) for _ in range(2000)]
    real = {guest.ticket}
    with db.engine.connect() as conn:
        for text in forged:
            found = forms.guest({"code": text})
            assert found not in real, text
            assert not scan_actions.BY_CODE(conn, code_hash=found.code_hash).all(), text


@pytest.mark.parametrize("length", [1, 255, 256, 65_535])
def test_texts_of_any_length_and_kind_are_unknown_codes(db, hall, length):
    for sign in ("A", "\x00", "\ud800", "æ", "٣", "%", "'"):
        assert scanned(forms.guest({"code": sign * length}), hall.front).verdict is Verdict.UNKNOWN


def _forged(rng: random.Random, code: str) -> str:
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    match rng.randrange(6):
        case 0:
            return "".join(rng.choices(alphabet, k=26))
        case 1:
            at = rng.randrange(26)
            return code[:at] + rng.choice([sign for sign in alphabet if sign != code[at]]) + code[at + 1 :]
        case 2:
            return code[: rng.randrange(1, 26)]
        case 3:
            return code + rng.choice(alphabet)
        case 4:
            return "http://localhost/t/" + "".join(rng.choices(alphabet, k=26)) + rng.choice(["", "/", "?a=b", "#x"])
        case _:
            return hashlib.sha256(rng.randbytes(8)).hexdigest()[: rng.randrange(1, 64)]


def test_guests_are_found_by_name_in_danish(db, hall):
    for name in ("Sørensen, Åse", "Aagaard, Bo", "Møller, Müller", "Zacho, Ida"):
        make_guest(db, hall.event_id, name)
    make_guest(db, make_hall(db).event_id, "Åse fra et andet arrangement")
    found = [one.name for one in queries.guests(hall.event_id, "aa").guests]
    assert found == ["Sørensen, Åse", "Aagaard, Bo"]
    assert [one.name for one in queries.guests(hall.event_id, "ÅGAARD").guests] == ["Aagaard, Bo"]
    assert [one.name for one in queries.guests(hall.event_id, "møll").guests] == ["Møller, Müller"]
    assert queries.guests(hall.event_id, "øre").guests == [], "words are found by their beginnings"
    for nothing in ("", " ", "ø", "%", "%%", "__", "!!", "11"):
        assert queries.guests(hall.event_id, nothing).guests == []


def test_a_guest_found_by_name_is_checked_in(db, hall):
    guest = make_guest(db, hall.event_id, "Zacho, Ida")
    assert not queries.guests(hall.event_id, "zacho").guests[0].is_inside
    assert scanned(PointedOut(guest_id=guest.id), hall.front).verdict is Verdict.OK
    assert queries.guests(hall.event_id, "zacho").guests[0].is_inside


def test_who_came_is_each_head_once_at_its_first_entry(db, hall):
    first, second = make_guest(db, hall.event_id), make_guest(db, hall.event_id)
    scanned(first.ticket, hall.front, 1)
    scanned(first.ticket, hall.front, 2, direction=Direction.OUT)
    scanned(first.ticket, hall.front, 3)
    undone(scanned(second.ticket, hall.front, 4), hall.front, 5)
    assert came(db, hall.event_id) == {first.id: minute(1)}


# --- scans that a phone kept and sent later --------------------------------------------------------------------


def kept(guest, by, made, sent, *, direction=Direction.IN):
    """A scan of minute ``made`` that reaches the server in minute ``sent``."""
    moment = Moment(uuid.uuid4().hex, direction, minute(made), 0)
    session.rollback()
    scan_actions.scan(guest.ticket, moment, by=by, now=minute(sent))
    return result_of(moment, by)


def test_of_two_entries_the_earlier_is_the_one_by_which_she_came(db, hall):
    guest, other = make_guest(db, hall.event_id), make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front, 30)
    scanned(other.ticket, hall.front, 31)
    assert kept(guest, hall.side, 5, 40).verdict is Verdict.OK
    assert came(db, hall.event_id) == {guest.id: minute(5), other.id: minute(31)}
    assert count_of(db, hall.event_id) == (2, 2, 2, minute(31))
    third = scanned(guest.ticket, hall.side, 50)
    assert (third.verdict, third.earlier_at, third.earlier_door) == (Verdict.ALREADY_IN, minute(5), "Sideindgang")


def test_a_late_scan_is_told_what_stood_at_its_own_time(db, hall):
    guest = make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front, 10)
    scanned(guest.ticket, hall.front, 30, direction=Direction.OUT)
    assert kept(guest, hall.side, 20, 40).verdict is Verdict.ALREADY_IN
    assert kept(guest, hall.side, 5, 41, direction=Direction.OUT).verdict is Verdict.NOT_IN
    assert kept(guest, hall.side, 35, 42).verdict is Verdict.OK
    assert count_of(db, hall.event_id)[:2] == (1, 1)


def test_a_late_exit_empties_the_room_and_its_highest_number(db, hall):
    first, second = make_guest(db, hall.event_id), make_guest(db, hall.event_id)
    scanned(first.ticket, hall.front, 1)
    scanned(second.ticket, hall.front, 20)
    assert count_of(db, hall.event_id) == (2, 2, 2, minute(20))
    kept(first, hall.side, 10, 30, direction=Direction.OUT)
    assert count_of(db, hall.event_id) == (1, 2, 1, minute(1))


def test_who_is_inside_already_is_never_too_many(db):
    hall = make_hall(db, max_persons=1)
    guest, other = make_guest(db, hall.event_id), make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front, 30)
    assert kept(guest, hall.side, 5, 40).verdict is Verdict.OK
    assert kept(other, hall.side, 6, 41).verdict is Verdict.FULL


def test_a_walk_in_who_leaves_was_inside_then(db, hall):
    walked_in(hall.front, "Bo", 20)
    early = Moment(uuid.uuid4().hex, Direction.OUT, minute(10), 0)
    scan_actions.walk_in(WalkIn(), early, by=hall.side, now=minute(30))
    assert result_of(early, hall.side).verdict is Verdict.NOT_IN
    late = Moment(uuid.uuid4().hex, Direction.OUT, minute(25), 0)
    scan_actions.walk_in(WalkIn(), late, by=hall.side, now=minute(40))
    assert (result_of(late, hall.side).name, count_of(db, hall.event_id)[0]) == ("Bo", 0)


def test_of_two_entries_only_the_last_is_undone_and_then_the_earlier(db, hall):
    guest = make_guest(db, hall.event_id)
    second = scanned(guest.ticket, hall.front, 30)
    first = kept(guest, hall.side, 5, 40)
    with pytest.raises(NotUndoableError):
        undone(first, hall.side, 41)
    undone(second, hall.front, 42)
    assert (came(db, hall.event_id), count_of(db, hall.event_id)[0]) == ({guest.id: minute(5)}, 1)
    undone(first, hall.side, 43)
    assert (came(db, hall.event_id), count_of(db, hall.event_id)) == ({}, (0, 0, 0, None))


def test_a_clock_that_goes_back_puts_no_exit_before_its_entry(db, hall):
    guest = make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front, 10)
    assert scanned(guest.ticket, hall.front, 2, direction=Direction.OUT).verdict is Verdict.OK
    assert count_of(db, hall.event_id)[0] == 0


# --- made anew -------------------------------------------------------------------------------------------------


def test_presence_is_made_anew_from_what_was_scanned(app, db, hall):
    guest, gone = make_guest(db, hall.event_id), make_guest(db, hall.event_id)
    scanned(guest.ticket, hall.front, 1)
    entry = scanned(gone.ticket, hall.front, 2)
    undone(entry, hall.front, 3)
    db.session.execute(
        update(Presence).where(Presence.registration_id == gone.id).values(came_at=minute(2), last_id=entry.id)
    )
    db.session.execute(delete(Presence).where(Presence.registration_id == guest.id))
    db.session.execute(update(Occupancy).values(inside=7, highest=9))
    db.session.commit()
    runner = app.test_cli_runner()
    assert runner.invoke(args=["checkin", "recount"]).output == "1 events counted, 3 rows were otherwise.\n"
    assert (came(db, hall.event_id), count_of(db, hall.event_id)) == ({guest.id: minute(1)}, (1, 1, 1, minute(1)))
    db.session.rollback()
    assert runner.invoke(args=["checkin", "recount"]).output == "1 events counted, 0 rows were otherwise.\n"
