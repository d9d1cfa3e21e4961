"""Writes the figures into docs/performance.md, between two marks; what people wrote around them stays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.bench import sizes
from tools.bench.compare import Cell, Figures
from tools.bench.run import CLIENTS, DEVICES, NAMES, SCANS_A_SECOND, SIGN_UP_CLIENTS, SLOW_FLUSH_MS, Results

DOCUMENT = Path(__file__).resolve().parent.parent.parent / "docs" / "performance.md"
BEGIN, END = "<!-- figures: written by make bench -->", "<!-- end of figures -->"
LARGE_BEGIN = "<!-- figures at a million guests: written by python -m tools.bench --large -->"
LARGE_END = "<!-- end of figures at a million guests -->"
RATIOS = {  # post and database, "" for each -> of the bare function
    ("registration", "sqlite"): 0.60,
    ("registration", "postgresql"): 0.55,
    ("answer", ""): 0.50,
    ("check-in", ""): 0.45,
}
FEWEST_CLIENTS = {("registration", "sqlite"): 8}  # where the mark leaves the single client out
SIGN_UPS = {"sqlite": 0.25}
DOOR_P99_MS = {"sqlite": 8.0, "postgresql": 12.0}
REST_MB, CROWD_MB = 200, 400
MOST_SLOWER, MANY_GUESTS, STATISTICS_MS = 1.5, 1_000_000, 200
WAITS = "p50 / p95 / p99 ms"
CELL_HEAD = ("clients", "a second", WAITS, "CPU ms", "bare a second", WAITS, "CPU ms", "ratio")
PAGE_BYTES, PAGE_REQUESTS = 150_000, 12


@dataclass(frozen=True)
class Mark:
    """Something that was promised, and what was seen. ``reached`` is None where it was not measured."""

    name: str
    wanted: str
    seen: str
    reached: bool | None

    @property
    def verdict(self) -> str:
        return "not measured" if self.reached is None else "reached" if self.reached else "**missed**"


def marks(results: Results) -> list[Mark]:
    """All marks in the order in which they are promised."""
    ratios = [_ratio_mark(results, name, engine, wanted) for (name, engine), wanted in RATIOS.items()]
    whole = [_sign_up_mark(results, engine, wanted) for engine, wanted in SIGN_UPS.items()]
    doors = [_door_mark(results, engine) for engine in results.plan.engines]
    return [*whole, *ratios, *doors, *_rest_marks(results), *_page_marks(results), *large_marks(results)]


def large_marks(results: Results) -> list[Mark]:
    """Those about a million guests; none where fewer were measured."""
    engines = {one.engine: None for one in results.sized if one.guests == MANY_GUESTS}
    slower = [mark for engine in engines for mark in _slower_marks(results, engine)]
    crowds = [
        Mark(
            f"memory of web server and worker under {sizes.CLIENTS} clients at the most guests on {NAMES[engine]}",
            f"≤ {CROWD_MB} MB",
            f"{seen:.0f} MB",
            seen <= CROWD_MB,
        )
        for engine, seen in results.crowded.items()
        if engine in engines
    ]
    return [*slower, *crowds]


def _slower_marks(results: Results, engine: str) -> list[Mark]:
    few, many = (
        {one.page: one.figures.p95 for one in results.sized if (one.engine, one.guests) == (engine, guests)}
        for guests in (min(results.plan.sizes.sizes), MANY_GUESTS)
    )
    times = {page: p95 / few[page] for page, p95 in many.items() if page != sizes.NOBODY}
    fewest = min(results.plan.sizes.sizes)
    name = f"p95 of {', '.join(times)} at {MANY_GUESTS:,} guests on {NAMES[engine]}, of that at {fewest:,}"
    seen = ", ".join(f"{one:.1f}" for one in times.values())
    statistics = many["statistics"]
    nobody = [many[page] / few[page] for page in many if page == sizes.NOBODY]
    return [
        Mark(name, f"≤ {MOST_SLOWER}", seen, max(times.values()) <= MOST_SLOWER),
        *(
            Mark(f"the same of {sizes.NOBODY} on {NAMES[engine]}", f"≤ {MOST_SLOWER}", f"{one:.1f}", one <= MOST_SLOWER)
            for one in nobody
        ),
        Mark(
            f"p95 of the statistics page at {MANY_GUESTS:,} guests on {NAMES[engine]}",
            f"< {STATISTICS_MS} ms",
            f"{statistics:.0f} ms",
            statistics < STATISTICS_MS,
        ),
    ]


def _sign_up_mark(results: Results, engine: str, wanted: float) -> Mark:
    seen = next((one.ratio for one in results.sign_ups if one.engine == engine), None)
    name = (
        f"whole sign-ups (form, post, ticket) on {NAMES[engine]}, of bare registration posts, {SIGN_UP_CLIENTS} clients"
    )
    return Mark(
        name, f"≥ {wanted:.2f}", "–" if seen is None else f"{seen:.2f}", None if seen is None else seen >= wanted
    )


def _rest_marks(results: Results) -> list[Mark]:
    name = "memory of web server and worker at rest on"
    return [
        Mark(f"{name} {NAMES[engine]}", f"≤ {REST_MB} MB", f"{seen:.0f} MB", seen <= REST_MB)
        for engine, seen in results.rest.items()
    ]


def _ratio_mark(results: Results, name: str, engine: str, wanted: float) -> Mark:
    fewest = FEWEST_CLIENTS.get((name, engine), 1)
    cells = [one for one in results.cells if one.name == name and engine in {"", one.engine} and one.clients >= fewest]
    where = f" on {NAMES[engine]}" if engine else ""
    lowest = min((one.ratio for one in cells), default=None)
    seen = ", ".join(f"{one.ratio:.2f}" for one in cells) or "–"
    return Mark(
        f"{name}{where}, of the bare function, {', '.join(str(one) for one in CLIENTS if one >= fewest)} clients",
        f"≥ {wanted:.2f}",
        seen,
        None if lowest is None else lowest >= wanted,
    )


def _door_mark(results: Results, engine: str) -> Mark:
    seen = results.door.get((engine, "product"))
    name = f"check-in p99 on {NAMES[engine]}, {DEVICES} devices at {SCANS_A_SECOND} scans a second each, open loop"
    p99 = f"{seen.p99:.1f} ms" if seen else "–"
    wanted = DOOR_P99_MS[engine]
    return Mark(name, f"≤ {wanted:.0f} ms", p99, seen.p99 <= wanted if seen else None)


def _page_marks(results: Results) -> list[Mark]:
    size, count = sum(one.size for one in results.page), len(results.page)
    known = bool(results.page)
    kilobytes = f"{size / 1000:.1f} kB" if known else "–"
    return [
        Mark(
            "first visit of the event page, on the wire", "≤ 150 kB", kilobytes, size <= PAGE_BYTES if known else None
        ),
        Mark("requests of it", "≤ 12", str(count) if known else "–", count <= PAGE_REQUESTS if known else None),
    ]


def text(results: Results) -> str:
    """Everything that was seen, as Markdown."""
    sections = [
        _machine(results),
        _marks(results),
        _posts(results),
        _sign_ups(results),
        _door(results),
        _slow(results),
        _page(results),
        _sizes(results),
    ]
    return "\n\n".join(section for section in [*sections, _memory(results), _faults(results)] if section)


def large_text(results: Results) -> str:
    """What was seen at a million guests, as Markdown."""
    rows = [(one.name, one.wanted, one.seen, one.verdict) for one in large_marks(results)]
    run = _machine(results).replace("## The run", "## A million guests")
    return "\n\n".join([run, _table(("mark", "wanted", "seen", ""), rows), _sizes(results), _faults(results)])


def write(results: Results, document: Path = DOCUMENT) -> None:
    """Put the figures in place of those of the run before.

    :raises ValueError: when the document has lost its two marks.
    """
    _put(text(results), document, BEGIN, END)


def write_large(results: Results, document: Path = DOCUMENT) -> None:
    """The same for the run with a million guests."""
    _put(large_text(results), document, LARGE_BEGIN, LARGE_END)


def _put(figures: str, document: Path, begin: str, end: str) -> None:
    before, _, rest = document.read_text("utf-8").partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise ValueError(f"{document.name} has lost the lines {begin} and {end}.")
    document.write_text(f"{before}{begin}\n\n{figures}\n\n{end}{after}", "utf-8")


def _machine(results: Results) -> str:
    seen, plan = results.machine, results.plan
    engines = f"{seen.programs}, {results.postgresql}" if results.postgresql else seen.programs
    door = f", the door {plan.door_seconds:.0f} s" if "door" in plan.parts else ""
    lines = [
        f"- {seen.at:%d %B %Y, %H.%M} UTC, `{plan.command}`: {plan.rounds} rounds of {plan.seconds} s each{door}",
        f"- {seen.cores} cores of {seen.processor}, {seen.memory_gb:.0f} GB, {seen.system}, {seen.file_system}",
        f"- {engines}",
        f"- load of the machine before the run {seen.load_before:.1f}; a flush of 16 kB takes "
        f"{seen.flush_p50:.2f} ms (median), {seen.flush_p99:.2f} ms (p99)",
    ]
    return "## The run\n\n" + "\n".join(lines)


def _marks(results: Results) -> str:
    rows = [(one.name, one.wanted, one.seen, one.verdict) for one in marks(results)]
    return "## Marks\n\n" + _table(("mark", "wanted", "seen", ""), rows)


def _posts(results: Results) -> str:
    if not results.cells:
        return ""
    head = ("post", "database", *CELL_HEAD)
    rows = [(one.name, NAMES[one.engine], *_cell(one)) for one in results.cells]
    return "## Posts beside the bare function\n\n" + _table(head, rows)


def _sign_ups(results: Results) -> str:
    if not results.sign_ups:
        return ""
    rows = [(NAMES[one.engine], *_cell(one)) for one in results.sign_ups]
    title = "## Whole sign-ups (form, post, ticket) beside the bare function's post\n\n"
    return title + _table(("database", *CELL_HEAD), rows)


def _cell(one: Cell) -> tuple[str, ...]:
    spread = f"**{one.ratio:.2f}** ({min(one.ratios):.2f}–{max(one.ratios):.2f})"
    sides = [(f"{side.rate:.0f}", _waits(side), f"{side.cpu:.2f}") for side in (one.product, one.bare)]
    return (str(one.clients), *sides[0], *sides[1], spread)


def _waits(side: Figures) -> str:
    return f"{side.p50:.1f} / {side.p95:.1f} / {side.p99:.1f}"


def _door(results: Results) -> str:
    if not results.door:
        return ""
    rows = [
        (NAMES[engine], who, f"{seen.rate:.1f}", f"{_waits(seen)} / {seen.worst:.1f}")
        for (engine, who), seen in results.door.items()
    ]
    head = ("database", "server", "scans a second", "p50 / p95 / p99 / worst ms")
    return "## The door, open loop\n\n" + _table(head, rows)


def _slow(results: Results) -> str:
    if results.slow is None:
        return ""
    title = f"## Sign-ups on a disk whose flush takes {SLOW_FLUSH_MS} ms more, SQLite\n\n"
    return title + _table(CELL_HEAD, [_cell(results.slow)])


def _page(results: Results) -> str:
    if not results.page:
        return ""
    rows = [(f"`{one.path}`", one.kind, f"{one.size}") for one in results.page]
    total = ("all", f"{len(rows)} requests", str(sum(one.size for one in results.page)))
    title = f"## First visit of the event page (`{results.page_path}` of the demo)\n\n"
    return title + _table(("file", "kind", "bytes on the wire"), [*rows, total])


def _sizes(results: Results) -> str:
    if not results.sized:
        return ""
    guests = sorted({one.guests for one in results.sized})
    seen = {(one.engine, one.page, one.guests): one.figures for one in results.sized}
    rows = []
    for engine, page in {(one.engine, one.page): None for one in results.sized}:
        cells = [seen[engine, page, number] for number in guests]
        waits = [f"{one.p50:.1f} / {one.p95:.1f}" for one in cells]
        slower = f"**{cells[-1].p95 / cells[0].p95:.2f}**" if cells[0].p95 else "–"
        rows.append((page, NAMES[engine], *waits, " / ".join(f"{one.cpu:.1f}" for one in cells), slower))
    heads = [f"p50 / p95 ms at {number:,}" for number in guests]
    table = _table(("page", "database", *heads, "CPU ms at each", "p95 of the most, of the fewest"), rows)
    crowds = [
        f"{NAMES[engine]}: web server and worker hold {seen:.0f} MB under {sizes.CLIENTS} clients "
        f"at {max(guests):,} guests."
        for engine, seen in results.crowded.items()
    ]
    return "\n\n".join(["## Pages by number of guests, one client", table, *crowds])


def _memory(results: Results) -> str:
    if not results.memory:
        return ""
    rows = [(NAMES[engine], f"{ours:.0f}", f"{theirs:.0f}") for engine, (ours, theirs) in results.memory.items()]
    return "## Memory after the run, both processes and the one above them\n\n" + _table(
        ("database", "product MB", "bare MB"), rows
    )


def _faults(results: Results) -> str:
    if not results.faults:
        return (
            "Everything that was acknowledged is stored, once, and nothing else: keys, counters, numbers, mails and "
            "files were compared after the run, on both servers."
        )
    return "**The run has faults and counts for nothing:**\n\n" + "\n".join(f"- {fault}" for fault in results.faults)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
