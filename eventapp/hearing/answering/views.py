"""The public pages of whoever answers: the form, the receipt, and the look-up."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from eventapp import clock, record
from eventapp.db import db, new_id, only_reads, reading
from eventapp.errors import TooManyError
from eventapp.formats.files import ACCEPT, takes_files
from eventapp.hearing import queries, rules, words
from eventapp.hearing.answering import actions
from eventapp.hearing.answering.actions import SentAnswer
from eventapp.hearing.answering.forms import LARGEST_REQUEST_BYTES, AnswerPost
from eventapp.hearing.blueprint import public_pages
from eventapp.hearing.entries import answer_content
from eventapp.hearing.errors import OtherContentError, SentBeforeError
from eventapp.hearing.models import Answer, Hearing, Party
from eventapp.hearing.page_queries import around
from eventapp.mail import standing
from eventapp.web import csrf, own
from eventapp.web.permissions import public
from eventapp.web.posted import Posted


@public_pages.get("/hearings/<slug>/answer")
@public
def form(slug: str) -> ResponseReturnValue:
    return _form(queries.published_hearing(slug), None, {}, {}, new_id())


@public_pages.get("/hearings/<slug>/answer/<token>")
@public
def party_form(slug: str, token: str) -> ResponseReturnValue:
    """The form of one party, reached by the link in its own letter; opening it changes nothing."""
    hearing = queries.published_hearing(slug)
    party = queries.party_with_link(hearing.id, token)
    typed = {"on_behalf_of": party.name, "email": party.email, "sender_kind": "organisation"} if party else {}
    return _form(hearing, party, typed, {}, new_id())


@public_pages.post("/hearings/<slug>/answer", defaults={"token": ""})
@public_pages.post("/hearings/<slug>/answer/<token>")
@csrf.protect.exempt
@csrf.from_strangers
@takes_files(LARGEST_REQUEST_BYTES)
@public
def answer(slug: str, token: str) -> ResponseReturnValue:
    """Take in an answer: durable first, then the receipt."""
    only_reads()
    post = AnswerPost(request)
    if post.attached.is_about_files:
        post.attached.keep()
        wrong = {"files": post.attached.refused} if post.attached.refused else {}
        return _form_again(slug, token, post, wrong, post.key or new_id())
    if post.errors:
        _keep_files(post)
        return _form_again(slug, token, post, post.errors, post.key or new_id(), warns=post.warns_of_cpr), 422
    hearing_id, party_id = queries.addressee(slug, token)
    sent = post.sent(hearing_id, party_id)
    try:
        receipt_token = actions.receive(sent)
    except SentBeforeError as refusal:
        return _sent_before(queries.answer(refusal.answer_id), sent)
    except OtherContentError as refusal:
        _keep_files(post)
        return _form_again(slug, token, post, {None: [str(refusal)]}, new_id()), 422
    except (OSError, OperationalError):
        page = _form_again(slug, token, post, {}, post.key, failed=True)
        return page, 503, {"Retry-After": "30"}
    own.remember(sent.content_hash())
    return redirect(url_for("hearing.receipt", token=receipt_token), 303)


def _sent_before(earlier: Answer, sent: SentAnswer) -> ResponseReturnValue:
    """The same answer from the same address: its receipt where it was sent from, and by mail for everybody else."""
    if own.is_from_here(sent.content_hash()):
        return redirect(url_for("hearing.receipt", token=actions.receipt_token(earlier.id)), 303)
    actions.send_receipt_again(earlier)
    return redirect(url_for("hearing.by_mail"), 303)


@public_pages.get("/receipts/by-mail")
@public
def by_mail() -> ResponseReturnValue:
    """What is said where saying more would tell who has answered."""
    return render_template("hearing/by_mail.html")


@public_pages.get("/receipts/<token>")
@public
def receipt(token: str) -> ResponseReturnValue:
    found = queries.answer_with_receipt(token)
    mark = words.timing(rules.timing(found, found.hearing))
    mails = standing.deliveries(db.session.connection(), subjects=[found.id])
    mail = next((one for one in mails if one.message == "hearing/receipt"), None)
    return render_template(
        "hearing/receipt.html", answer=found, hearing=found.hearing, token=token, mark=mark, mail=mail
    )


@public_pages.get("/receipts/<token>/proof")
@public
def proof(token: str) -> ResponseReturnValue:
    """The receipt as a file: entry, way to the root, signed root. No word of the answer is in it."""
    found = queries.answer_with_receipt(token)
    case_id, seq = found.hearing.case_id, found.entry_seq
    return _file(record.receipt(case_id, seq), f"{found.receipt_number}.tlog-proof", "text/plain")


@public_pages.get("/receipts/<token>/opening")
@public
def opening(token: str) -> ResponseReturnValue:
    """What the sender needs to show later which text was received: the salts and the fields."""
    found = queries.answer_with_receipt(token)
    case_id, seq, told = found.hearing.case_id, found.entry_seq, _told(found.id)
    return _file(record.opening(case_id, seq, told), f"{found.receipt_number}.opening.json", "application/json")


@public_pages.get("/receipts")
@public
def look_up() -> ResponseReturnValue:
    return render_template("hearing/look_up.html", typed={}, errors={}, found=None, asked=False)


@public_pages.post("/receipts")
@csrf.from_strangers
@public
def looked_up() -> ResponseReturnValue:
    """Was my answer received? Yes or no, and when; nothing else."""
    post = Posted(request.form)
    number, email = post.line("number").upper(), post.email("email")
    found = None if post.errors else _looked_for(number, email)
    page = render_template(
        "hearing/look_up.html", typed=post.form, errors=post.errors, found=found, asked=not post.errors
    )
    return page, 422 if post.errors else 200


def _looked_for(number: str, email: str) -> Answer | None:
    """The answer with this number and address. Numbers follow one another, so whoever tries many is slowed:
    otherwise they would tell whether an address has answered at all (reliability S5, S18).

    :raises TooManyError: when many that do not fit have come from this place in the last minute.
    """
    now, address = clock.system_now(), request.remote_addr or ""
    conn = db.session.connection()
    if rules.GUESSING.is_on(conn, address, now):
        raise TooManyError
    found = queries.answer_with_number(number, email)
    if found is None:
        rules.GUESSING.miss(conn, address, now)
    return found


def _keep_files(post: AnswerPost) -> None:
    """The answer is not taken in; what came with it need not come again."""
    known = len(post.attached.refused)
    post.attached.keep()
    if lost := post.attached.refused[known:]:
        post.errors.setdefault("files", []).extend(lost)


def _form_again(slug: str, token: str, post: AnswerPost, errors: dict[Any, list[str]], key: str, **more: bool) -> str:
    """What was typed, as it was typed."""
    hearing = queries.published_hearing(slug)
    party = queries.party_with_link(hearing.id, token) if token else None
    return _form(hearing, party, post.form, errors, key, **more)


def _form(
    hearing: Hearing, party: Party | None, typed: Any, errors: dict[Any, list[str]], key: str, **more: bool
) -> str:
    return render_template(
        "hearing/answer.html",
        hearing=hearing,
        party=party,
        typed=typed,
        errors=errors,
        submission_key=key,
        begun_at=typed.get("begun_at") or clock.now().isoformat(),
        sender_kinds=words.sender_kinds(),
        most_files=rules.MOST_FILES,
        accept=ACCEPT,
        longest=rules.LONGEST_ANSWER,
        **more,
        **around(hearing),
    )


def _file(text: str, name: str, media_type: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, mimetype=media_type, headers=headers)


def _told(answer_id: str) -> dict[str, Any]:
    with reading() as conn:
        return answer_content(conn, answer_id)
