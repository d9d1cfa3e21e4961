"""What is counted for somebody to read stands in ``docs/figures.md``; what is cut off says how it goes on."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
TOLD = (ROOT / "docs" / "figures.md").read_text()
COUNTS = re.compile(r"func\.count\(|func\.sum\(|SELECT\s+count\(|sum\(cell\.|COALESCE\(sum\(", re.IGNORECASE)
CUTS = re.compile(r"\.limit\(|\bLIMIT [:\d]|\[:MOST|\[-MOST|\+ MOST_|PER_PAGE\b(?! =)|\+ PAGE_SIZE", re.IGNORECASE)
QUERIES = [one for one in (ROOT / "eventapp").rglob("*.py") if not {"migrations", "demo"} & set(one.parts)]


def statements(path: Path, wanted: re.Pattern[str]) -> Iterator[str]:
    """``slice.module.name`` of each function or constant of a module in which the pattern is found."""
    text = path.read_text()
    module = ".".join(path.relative_to(ROOT / "eventapp").with_suffix("").parts)
    for node in ast.parse(text).body:
        if wanted.search(ast.get_source_segment(text, node) or ""):
            names = [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else _assigned(node)
            yield from (f"{module}.{name}" for name in names)


def _assigned(node: ast.stmt) -> list[str]:
    return [one.id for one in getattr(node, "targets", []) if isinstance(one, ast.Name)]


# Counted for no reader: what they are there for instead.
UNREAD = {
    "brakes.COUNT": "a brake counts tries",
    "db.kept._rewritten": "how many rows were otherwise when they were made anew, for the command that does it",
    "filling.actions.WAITING": "a bound on files that wait for their forms",
    "filling.actions.WAITING_OF": "the same of one address",
    "mail.lane.ASKED": "a bound on mails",
    "record.queries.UNSIGNED": "for a monitoring system",
    "registration.models._NEEDS": "kept by triggers",
    "registration.queries.ENTRY": "whether a calendar entry goes on to stand",
    "registration.queries.HELD_BY_ADDRESS": "a bound on seats of an address",
}
# A statement that a query of the table runs.
RUN_BY = {
    "checkin.queries.ROOM": "checkin.queries.room",
    "hearing.calling.messages.ANSWERED_NUMBER": "hearing.calling.messages.answered_number",
    "registration.queries.IN_FRONT": "registration.queries.place_in_line",
    "registration.queries.REACHABLE_NUMBER": "registration.queries.reachable_number",
}


def test_every_query_that_counts_is_in_the_table() -> None:
    found = {name for path in QUERIES for name in statements(path, COUNTS)}
    known = {one for one in found if f"`{one}`" in TOLD} | set(UNREAD) | set(RUN_BY)
    assert sorted(found - known) == []
    assert sorted((set(UNREAD) | set(RUN_BY)) - found) == []
    assert [one for one in RUN_BY.values() if f"`{one}`" not in TOLD] == []


def test_every_query_that_the_table_names_is_there() -> None:
    for name in re.findall(r"\| `([\w.]+)` \|$", TOLD, re.MULTILINE):
        module, _dot, function = name.rpartition(".")
        assert callable(getattr(importlib.import_module(f"eventapp.{module}"), function)), name


# What is cut off, and how its reader goes on; or why nothing is left out of what anybody reads.
PAGES = "in pages, with how many there are"
ONE = "one is all that is asked for"
NAMES = "the closest; the door says that there are more, and the list of guests turns pages"
IN_STEPS = "the next ones follow in the next step of the same job"
CUT = {
    "accounts.admin_actions._keep_an_admin": ONE,
    "accounts.queries.SIGNED_IN_HERE": ONE,
    "accounts.queries.audit_page": PAGES,
    "cases.thread_hooks._line": "the newest; how many more, with a link to the record",
    "checkin.queries.RECENT": "what was scanned last on a phone, by its title; all scans are counted on the desk",
    "checkin.queries.guests": "the closest; one more is looked for, so that the door says that there are more",
    "checkin.scan_actions.LEAVING": ONE,
    "contributions.actions.ask_some": IN_STEPS,
    "contributions.queries.newest_ids": "the newest; the thread says how many more, with a link to the record",
    "hearing.calling.messages.SOME_ANSWERED": IN_STEPS,
    "hearing.entries.LINKED": ONE,
    "invitations.actions.HOLDER": ONE,
    "invitations.messages.tell_of_change": IN_STEPS,
    "work.actions.NOT_BEGUN": ONE,
    "work.actions.UNDER_WAY": ONE,
    "hearing.answering.actions.EARLIER": "the same form and the same words: two rows at most are asked about",
    "mail.queries.last_failure": ONE,
    "mail.queries.mails": PAGES,
    "record.queries.IS_PUBLISHED": ONE,
    "record.queries.LAST_HEAD": ONE,
    "record.queries.lines": PAGES,
    "record.queries.page_count": PAGES,
    "record.store.ANY_CHECKPOINT": ONE,
    "record.store.LAST_CHECKPOINT": ONE,
    "record.views.entries": "each part says where the next begins (Link), and the page leads to all parts",
    "hearing.calling.messages.FOLLOWED": ONE,
    "mail.rendering.LATER": ONE,
    **dict.fromkeys((f"registration.name_queries.{one}" for one in ("_BEGINS", "_BOTH_BEGIN", "_IS", "find")), NAMES),
    "registration.queries.SOME_REACHABLE": IN_STEPS,
    "registration.seat_actions.FIRST": ONE,
    "registration.staff_queries._ids_of_page": PAGES,
    "registration.staff_queries.oldest_double": ONE,
    "web.own.remember": "what this browser sent last, read by nobody",
    "work.queries.jobs": PAGES,
    "work.queue._ANY_DUE": ONE,
    "work.queue._TAKE": ONE,
}


def test_whatever_is_cut_off_says_how_it_goes_on() -> None:
    found = {name for path in QUERIES for name in statements(path, CUTS)}
    assert sorted(found - set(CUT)) == []
    assert sorted(set(CUT) - found) == []
