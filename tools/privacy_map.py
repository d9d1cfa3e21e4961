"""Writes the tables of docs/privacy.md from what is declared on the columns.

python -m tools.privacy_map
"""

from __future__ import annotations

from pathlib import Path

import eventapp  # the whole product, so that every table is there
from eventapp.db import personal
from eventapp.db.personal import EVERY_COLUMN, Personal
from eventapp.web.permissions import GRANTS, Permission, Role

DOCUMENT = Path(eventapp.__file__).parent.parent / "docs" / "privacy.md"
MARK = "<!-- {}: made from the declarations by `python -m tools.privacy_map` -->"
END = "<!-- end -->"
HEADER = "| table | columns | what for | seen by | until |\n|---|---|---|---|---|"
WIDTH = 118


def personal_tables() -> str:
    """A line for each purpose of each table."""
    lines = [HEADER]
    for table, _impersonal in personal.tables():
        told: dict[tuple[str, str, str], list[str]] = {}
        for column, one in personal.declared(table):
            told.setdefault(_told(one), []).append(f"`{column.name}`")
        lines += [f"| `{table.name}` | {', '.join(names)} | {' | '.join(facts)} |" for facts, names in told.items()]
    return "\n".join(lines)


def _told(one: Personal) -> tuple[str, str, str]:
    return one.purpose, seen_by(one), one.until


def seen_by(one: Personal) -> str:
    """The roles, as the table of permissions has them now."""
    if not one.seen_by:
        return "nobody"
    if one.seen_by == ("*",):
        return "everybody"
    roles = {role for name in one.seen_by for role in GRANTS[Permission(name)]}
    return ", ".join(str(role).replace("_", " ") for role in Role if role in roles)


def impersonal_tables() -> str:
    names = [f"`{table.name}`" for table, said in personal.tables() if said == EVERY_COLUMN]
    lines = [""]
    for name in names:
        if len(lines[-1]) + len(name) + 2 > WIDTH:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{name},"
    return "\n".join(lines)[:-1] + "."


def written(text: str) -> str:
    """The document with its made parts as they must be now."""
    for name, made in (("tables with", personal_tables()), ("tables without", impersonal_tables())):
        mark = MARK.format(name)
        before, _mark, rest = text.partition(mark)
        text = f"{before}{mark}\n\n{made}\n\n{END}{rest.partition(END)[2]}"
    return text


if __name__ == "__main__":
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8")), "utf-8")
