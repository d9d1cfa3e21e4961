"""The record as a PDF: what happened, what was answered, how to check it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask_babel import force_locale
from flask_babel import gettext as _

from eventapp import pdf
from eventapp.config import settings
from eventapp.contributions.entries import CONTRIBUTION
from eventapp.formats.display import long_moment, moment, moment_seconds
from eventapp.hearing import rules, words
from eventapp.hearing.dossier.queries import Dossier, DossierLine, has_several_hearings
from eventapp.hearing.entries import ANSWER
from eventapp.hearing.models import Answer
from eventapp.hearing.queries import hearings_of_case, parties
from eventapp.hearing.rules import Timing
from eventapp.languages import OFFICIAL
from eventapp.record.kinds import kind_words


def as_pdf(dossier: Dossier, now: datetime) -> bytes:
    """A tagged PDF in Danish, each answer with a heading of its own."""
    with force_locale(OFFICIAL):
        return pdf.make("record.typ", told(dossier, now), now)


def told(dossier: Dossier, now: datetime) -> dict[str, Any]:
    """What ``templates/pdf/record.typ`` draws."""
    case, answers = dossier.case, dossier.of_kind(ANSWER)
    several = has_several_hearings(dossier.answers.values())
    return {
        "title": _("The record of the case: %(title)s", title=case.title),
        "sender": settings().site_name,
        "lang": OFFICIAL,
        "page_word": _("Page"),
        "of_word": _("of"),
        "words": _words(),
        "facts": [
            [_("Case number"), case.number],
            [_("Made"), long_moment(now)],
            [_("Entries"), str(dossier.checkpoint.size)],
            [
                _("Hearing answers"),
                _("%(received)s received = %(shown)s shown", received=len(dossier.answers), shown=len(answers)),
            ],
        ],
        "entries": [_entry(one) for one in dossier.lines],
        "parties": [_party(one) for hearing in hearings_of_case(case.id) for one in parties(hearing.id)],
        "answers": [_answer(one, dossier.answers.get(one.told["ref"]), several) for one in answers],
        "contributions": [_contribution(one) for one in dossier.of_kind(CONTRIBUTION)],
        "checkpoint": dossier.checkpoint.text.strip().split("\n"),
    }


def _words() -> dict[str, str]:
    return {
        "facts": _("Facts"),
        "timeline": _("What happened"),
        "number": _("No."),
        "when": _("When"),
        "what": _("What"),
        "fingerprint": _("Fingerprint"),
        "parties": _("Parties heard"),
        "party": _("Party"),
        "answered": _("Answer"),
        "answers": _("Hearing answers"),
        "no_answers": _("No answers yet"),
        "contributions": _("Input from the debate"),
        "not_answers": _("Input from the debate is not hearing answers."),
        "check": _("Check the record"),
        "how": _(
            "The lines below are the signed head of the record. With the files of the ZIP export anybody can check it."
        ),
    }


def _entry(line: DossierLine) -> list[str]:
    at = datetime.fromisoformat(line.told["received_at"])
    return [str(line.seq), moment(at), str(kind_words().get(line.kind, line.kind)), line.leaf_hash[:16]]


def _party(party: Any) -> list[str]:
    numbers = ", ".join(str(one.number) for one in party.answers)
    return [party.name or _("erased"), _("No. %(number)s", number=numbers) if numbers else _("No answer")]


def _answer(line: DossierLine, answer: Answer | None, several: bool) -> dict[str, Any]:
    contents = line.contents
    late, _mark = words.timing(rules.timing(answer, answer.hearing) if answer else _told_timing(line))
    number = answer.number if answer else line.seq
    return {
        "heading": _("Answer no. %(number)s", number=number),
        "facts": [
            *([[_("Hearing"), answer.hearing.title]] if answer and several else []),
            [_("From"), contents.get("on_behalf_of") or contents.get("name") or _("erased")],
            *([[_("Speaks as"), words.sender_kind(kind)]] if (kind := contents.get("sender_kind")) else []),
            [_("Received"), f"{moment_seconds(datetime.fromisoformat(line.told['received_at']))} ({late})"],
            [_("Number in the record"), str(line.seq)],
            *([_("Attachment"), one.file_name] for one in (answer.attachments if answer else [])),
        ],
        "paragraphs": str(contents.get("text", _("erased"))).split("\n"),
    }


def _told_timing(line: DossierLine) -> Timing:
    """Of an answer without a row: what its entry says."""
    return Timing.LATE if line.told["late"] else Timing.IN_TIME


def _contribution(line: DossierLine) -> dict[str, Any]:
    contents = line.contents
    named = contents.get("name") if contents.get("quoting") == "named" else ""
    return {
        "heading": _("Number %(seq)s in the record", seq=line.seq),
        "facts": [[_("From"), named or _("Without name")]],
        "paragraphs": str(contents.get("text", _("erased"))).split("\n"),
    }


def as_json(dossier: Dossier, now: datetime) -> bytes:
    """Every entry with its contents, and the signed head; UTF-8."""
    case = dossier.case
    whole = {
        "form": "eventapp-record",
        "v": 1,
        "made_at": now.isoformat(),
        "case": {"number": case.number, "title": case.title.official, "slug": case.slug},
        "checkpoint": dossier.checkpoint.text,
        "counts": {"entries": dossier.checkpoint.size, "shown": len(dossier.lines), "answers": len(dossier.answers)},
        "entries": [
            {"entry": one.told, "leaf_hash": one.leaf_hash, "contents": one.contents, "erased": one.erased}
            for one in dossier.lines
        ],
        "files": [{"path": one.path, "sha256": one.sha256, "size": one.size} for one in dossier.files],
    }
    return json.dumps(whole, ensure_ascii=False, indent=2).encode() + b"\n"
