"""The bench measures what it says it does: the same SQL on both sides, and no figure without its evidence."""

from __future__ import annotations

import io
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.serving import make_server

from eventapp import config, create_app
from eventapp.checkin import presence_actions
from eventapp.db import Sql, db, kept, transaction
from eventapp.statistics import queries as statistics
from tests.support.databases import close
from tools.bench import compare, evidence, load, report, sizes, visitors, world
from tools.bench.bare import Bare
from tools.bench.compare import Figures
from tools.bench.load import Outcome
from tools.bench.machine import Machine
from tools.bench.page import Loaded
from tools.bench.posts import Answer, CheckIn, Post, Registration, Reply, Visitor, WholeSignUp
from tools.bench.run import LARGE, Plan, Results
from tools.bench.world import World

CONTROL = ("BEGIN", "COMMIT", "PRAGMA", "RELEASE", "ROLLBACK", "SAVEPOINT")
NAMES = ["answer", "check-in", "registration"]
FIGURES = Figures(rate=100.0, p50=5.0, p95=10.0, p99=20.0, worst=30.0)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    folder = tmp_path_factory.mktemp("bench") / "instance"
    folder.mkdir(mode=0o700)
    return world.make(folder, 10)


@pytest.fixture
def made(template: World, tmp_path: Path) -> World:
    """A world of the test's own."""
    shutil.copytree(template.folder, tmp_path / "instance")
    return replace(template, folder=f"{tmp_path}/instance", database=f"sqlite:///{tmp_path}/instance/eventapp.db")


@pytest.fixture
def product(made: World) -> Iterator[Flask]:
    app = create_app(config.load({}, Path(made.folder)), testing=True)
    yield app
    close(app)


@pytest.fixture
def posts(product: Flask, made: World) -> dict[str, Post]:
    """Each post, with one client who has its form open."""
    sign_up, answer = f"/events/{made.event_slug}/register", f"/hearings/{made.hearing_slug}/answer"
    scans = f"/api/v1/events/{made.event_id}/scans"
    return {
        "answer": Answer(8000, answer, [visitor(product.test_client(), answer)]),
        "check-in": CheckIn(8000, scans, [phone(product.test_client(), made)], made.codes()),
        "registration": Registration(8000, sign_up, [visitor(product.test_client(), sign_up)], made.category_id),
    }


def visitor(client: FlaskClient, path: str) -> Visitor:
    hidden = dict(visitors.HIDDEN.findall(client.get(path).text))
    cookies = [client.get_cookie(name) for name in ("form", "door")]
    kept = "; ".join(f"{cookie.key}={cookie.value}" for cookie in cookies if cookie)
    return Visitor(kept, hidden.pop("csrf_token"), hidden)


def phone(client: FlaskClient, made: World) -> Visitor:
    asked = visitor(client, "/door/shift")
    client.post("/door/shift", data={"csrf_token": asked.token, "code": made.shift_code, "device_name": "Telefon"})
    return visitor(client, "/door/")


def send(wsgi: Callable[..., Any], request: bytes) -> Reply:
    """Give a request, byte for byte as the clients send it, to a WSGI function."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": first.split()[1],
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8000",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    for name, _, value in (line.partition(": ") for line in lines):
        key = name.upper().replace("-", "_")
        environ[key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"] = value
    answered: list[Any] = []
    content = b"".join(wsgi(environ, lambda *told: answered.append(told)))
    status, headers = answered[0][:2]
    told = "".join(f"\r\n{name}: {value}" for name, value in headers)
    return Reply(int(status[:3]), f"HTTP/1.1 {status}{told}".encode(), content)


# --- the same posts, the same SQL ----------------------------------------------------------------------------


@contextmanager
def statements_of(app: Flask) -> Iterator[list[str]]:
    """What the product sends to the database meanwhile, apart from what begins and ends transactions."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, text: str, *_: Any) -> None:
        seen.extend([] if text.startswith(CONTROL) else [text])

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield seen
    event.remove(engine, "before_cursor_execute", note)


class Noting:
    """The bare function's database, with a list of what was run on it."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.seen: list[str] = []

    def moment(self, at: datetime) -> Any:
        return self.inner.moment(at)

    def reading(self) -> Any:
        return self._noting(self.inner.reading())

    @contextmanager
    def writing(self) -> Iterator[Any]:
        with self.inner.writing() as run:
            yield self._noting(run)

    def _noting(self, run: Any) -> Any:
        def noted(statement: Sql, values: Any) -> Any:
            self.seen.append(statement.sqlite)
            return run(statement, values)

        return noted


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("first", [1, 7])  # the last of three answers has a file then
def test_bare_function_runs_the_statements_of_the_product(
    product: Flask, made: World, posts: dict[str, Post], name: str, first: int
) -> None:
    bare = Bare(made.copy())
    bare.db = noting = Noting(bare.db)
    for name_of_kept in ("kept_briefs", "kept_hearings"):  # as in a rush: what everybody asks about is known
        product.extensions[name_of_kept].seconds = 1000.0
    for either in (product, bare):
        send(either, posts[name].make(0, 0)[1])
    for number in range(first, first + 3):  # each second entry of the record closes parts of the tree
        _, request = posts[name].make(0, number)
        with statements_of(product) as of_product:
            assert posts[name].accepts(send(product, request))
        noting.seen.clear()
        assert posts[name].accepts(send(bare, request))
        assert sorted(noting.seen) == sorted(of_product)


def test_every_tenth_answer_has_a_file_and_no_two_are_alike() -> None:
    post = Answer(8000, "/hearings/x/answer", [Visitor("form=1", "token")])
    sent = [post.make(0, number)[1] for number in range(20)]
    assert [number for number, one in enumerate(sent) if b"%PDF" in one] == [9, 19]
    assert [number for number, one in enumerate(sent) if len(one) > 200_000] == [9, 19]
    assert sent[9].partition(b"%PDF")[2] != sent[19].partition(b"%PDF")[2]


# --- evidence ------------------------------------------------------------------------------------------------


class Ran:
    """A run: the database, what clients were told, and the folder of files."""

    def __init__(self, made: World, told: dict[str, list[str]]) -> None:
        self.world, self.told, self.blobs = made, told, Path(made.folder) / "bare-blobs"

    def faults(self) -> list[str]:
        return evidence.faults(self.world, self.told, self.blobs)

    def change(self, statement: str) -> None:
        with closing(sqlite3.connect(self.world.database.removeprefix("sqlite:///"))) as conn, conn:
            conn.execute(statement)


@pytest.fixture
def ran(made: World, posts: dict[str, Post]) -> Ran:
    """All three posts were taken in by the bare function, twice."""
    copied, told = made.copy(), {}
    bare = Bare(copied)
    for name, post in posts.items():
        made_posts = [post.make(0, number) for number in (8, 9)]
        assert all(post.accepts(send(bare, request)) for _, request in made_posts)
        told[name] = [key for key, _ in made_posts]
    return Ran(copied, told)


def test_run_that_lost_nothing_has_no_fault(ran: Ran) -> None:
    assert ran.faults() == []


@pytest.mark.parametrize("name", NAMES)
def test_acknowledged_post_that_is_not_stored_is_a_fault(ran: Ran, name: str) -> None:
    ran.told[name].append("0" * 32)
    assert ran.faults() == [f"{name}: 1 acknowledged and not stored"]


@pytest.mark.parametrize("name", NAMES)
def test_stored_post_that_nobody_was_told_of_is_a_fault(ran: Ran, name: str) -> None:
    ran.told[name].pop()
    assert ran.faults() == [f"{name}: 1 stored and not acknowledged"]


@pytest.mark.parametrize(
    ("mistake", "fault"),
    [
        ("UPDATE quota SET taken = taken + 1", "seats taken, and registrations: 13 and 12"),
        ("DELETE FROM ticket WHERE id = (SELECT max(id) FROM ticket)", "tickets, and registrations: 11 and 12"),
        (
            "DELETE FROM outbox_mail WHERE message = 'registration/confirmed'",
            "mails with a ticket, and sign-ups: 0 and 2",
        ),
        ("DELETE FROM outbox_mail WHERE message = 'hearing/receipt'", "mails with a receipt, and answers: 0 and 2"),
        ("UPDATE hearing SET answers_issued = 3", "the last answer's number, and answers: 3 and 2"),
        ("UPDATE occupancy SET inside = 1", "people inside, and scans: 1 and 2"),
    ],
)
def test_what_does_not_add_up_is_a_fault(ran: Ran, mistake: str, fault: str) -> None:
    ran.change(mistake)
    assert ran.faults() == [fault]


def test_file_that_is_gone_or_altered_is_a_fault(ran: Ran) -> None:
    (file,) = (path for path in ran.blobs.rglob("*") if path.is_file())
    file.write_bytes(file.read_bytes() + b" ")
    assert ran.faults() == ["files: 1 of 1 missing or altered"]
    file.unlink()
    assert ran.faults() == ["files: 1 of 1 missing or altered"]


# --- clients -------------------------------------------------------------------------------------------------

Answerer = Callable[[], tuple[str, bytes]]


@contextmanager
def served(answer: Answerer) -> Iterator[int]:
    """A server that answers every post like this; gives its port."""

    def wsgi(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        status, body = answer()
        start_response(status, [("Content-Length", str(len(body))), ("Connection", "close")])
        return [body]

    with listening(wsgi) as port:
        yield port


@contextmanager
def listening(wsgi: Any) -> Iterator[int]:
    """A server on a port of its own; gives the port."""
    server = make_server("127.0.0.1", 0, wsgi, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.port
    server.shutdown()
    thread.join()
    server.server_close()


def scans(clients: int) -> CheckIn:
    return CheckIn(8000, "/scans", [Visitor("", "")] * clients, ["A" * 26] * 10_000)


def test_every_accepted_post_is_noted_with_its_key() -> None:
    with served(lambda: ("201 Created", b'{"scan": {"verdict":"ok"}}')) as port:
        seen = load.closed(scans(4), port, 4, 0.3)
    assert len(seen.waits) == len(set(seen.acknowledged)) > 0
    assert seen.faults == []
    assert seen.rate() > 0


@pytest.mark.parametrize(
    ("status", "body"), [("201 Created", b'{"verdict":"unknown"}'), ("500 Oh", b"no"), ("200 OK", b'"verdict":"ok"')]
)
def test_any_other_answer_is_a_fault_and_counts_for_nothing(status: str, body: bytes) -> None:
    with served(lambda: (status, body)) as port:
        seen = load.closed(scans(2), port, 2, 0.2)
    assert seen.faults
    assert seen.faults[0].startswith(status[:3])
    assert (seen.waits, seen.acknowledged, seen.rate()) == ([], [], 0.0)


def test_server_that_is_not_there_is_a_fault() -> None:
    with served(lambda: ("201 Created", b"")) as port:
        pass
    with pytest.raises(ConnectionRefusedError):
        load.closed(scans(1), port, 1, 0.1)


def test_open_loop_counts_the_wait_from_the_moment_a_post_was_due() -> None:
    """One post a tenth of a second at a server that needs twice as long: the last one has waited for all before it."""

    def slow() -> tuple[str, bytes]:
        time.sleep(0.2)
        return "201 Created", b'"verdict":"ok"'

    with served(slow) as port:
        seen = load.opened(scans(1), port, 1, seconds=1.0, per_second=10)
    assert len(seen.waits) == 10
    assert seen.waits[-1] > 0.9


# --- figures -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)])
def test_percentile_is_a_value_that_was_seen(share: float, value: int) -> None:
    assert compare.percentile(range(1, 101), share) == value


def test_ratio_is_the_median_of_ratios_of_neighbouring_rounds() -> None:
    """The machine was half as fast in the second round; rates alone would say something else."""
    rounds = [(ran_at(50), ran_at(100)), (ran_at(25), ran_at(50)), (ran_at(90), ran_at(100))]
    cell = compare.judge("answer", "sqlite", 8, rounds)
    assert cell.ratios == (0.5, 0.5, 0.9)
    assert cell.ratio == 0.5
    assert (cell.product.rate, cell.bare.rate) == (50, 100)


def ran_at(rate: int) -> Outcome:
    return Outcome(seconds=1.0, waits=[0.01] * rate, acknowledged=["x"] * rate)


@pytest.fixture
def results() -> Results:
    machine = Machine(
        datetime(2024, 5, 14, 12, tzinfo=UTC), "A processor", 2, 24.0, "Linux 6", "ext4", "Python", 0.1, 0.2, 1.0
    )
    cells = [
        compare.Cell(name, engine, clients, FIGURES, FIGURES, ratio, (ratio,))
        for name, engine, clients, ratio in (
            ("registration", "sqlite", 1, 0.40),  # outside the mark
            ("registration", "sqlite", 8, 0.60),
            ("registration", "postgresql", 1, 0.54),
            ("registration", "postgresql", 8, 0.90),
            ("answer", "sqlite", 8, 0.50),
            ("check-in", "sqlite", 8, 0.44),
        )
    ]
    sign_ups = [compare.Cell("registration", "sqlite", 8, FIGURES, FIGURES, 0.25, (0.25,))]
    door = {("sqlite", "product"): replace(FIGURES, p99=8.1)}
    page = [Loaded("/events/x", "Document", 9_000), Loaded("/static/x.css", "Stylesheet", 141_000)]
    return Results(
        machine, Plan(), cells, sign_ups, door=door, page=page, page_path="/events/x", rest={"sqlite": 200.0}
    )


def test_mark_is_reached_only_when_every_number_of_clients_reaches_it(results: Results) -> None:
    assert [one.reached for one in report.marks(results)] == [
        *(True, True, False, True, False),  # sign-ups, registration on either database, answer, check-in
        *(False, None, True, True, True),  # door on either database, memory, page
    ]
    results.page.append(Loaded("/static/y.css", "Stylesheet", 1))
    assert [one.reached for one in report.marks(results)][-2:] == [False, True]


def test_whole_sign_up_is_form_post_and_ticket(product: Flask, made: World) -> None:
    """The very bytes, against the product: accepted with a ticket, refused when the form does not lead to one."""
    whole = WholeSignUp(8000, f"/events/{made.event_slug}/register", [], made.category_id)
    with listening(product) as port:
        whole.port = port
        seen = load.closed(whole, port, 2, 0.5)
    assert not seen.faults
    assert seen.acknowledged
    with closing(made.connected()) as conn:
        stored = {key for (key,) in conn.execute(evidence.KEYS["registration"])}
    assert stored == set(seen.acknowledged)


def test_figures_take_the_place_of_the_old_ones_and_what_people_wrote_stays(results: Results, tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text(f"# Before\n\n{report.BEGIN}\n\nold\n\n{report.END}\n\nAfter\n", "utf-8")
    report.write(results, document)
    report.write(results, document)
    text = document.read_text("utf-8")
    assert text.startswith(f"# Before\n\n{report.BEGIN}\n\n## The run")
    assert text.endswith(f"{report.END}\n\nAfter\n")
    assert "old" not in text
    assert "**missed**" in text


def test_document_without_its_marks_is_left_alone(results: Results, tmp_path: Path) -> None:
    document = tmp_path / "performance.md"
    document.write_text("# Mine", "utf-8")
    with pytest.raises(ValueError, match="lost the lines"):
        report.write(results, document)
    assert document.read_text("utf-8") == "# Mine"


def test_run_with_faults_says_so_before_anything_else_is_believed(results: Results) -> None:
    results.faults = ["SQLite, product: answer: 1 acknowledged and not stored"]
    assert "counts for nothing" in report.text(results)


# --- pages by number of guests -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def evening(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A hall in which most guests have come."""
    folder = tmp_path_factory.mktemp("evening") / "instance"
    folder.mkdir(mode=0o700)
    return world.make(folder, 120, came=True)


def test_guests_written_past_the_product_are_as_it_would_have_them(evening: World) -> None:
    assert evidence.faults(evening, {}, Path(evening.folder) / "blobs") == []
    app = create_app(config.load({}, Path(evening.folder)), testing=True)
    with app.app_context(), transaction() as session:
        conn = session.connection()
        assert kept.recount(conn) == 0
        assert presence_actions.recount(conn, evening.event_id) == 0
    with app.app_context():
        assert statistics.attendee_count(evening.event_id) == 120
    close(app)


def got(client: FlaskClient, page: sizes.Page, number: int) -> Reply:
    """A page as its client asks for it."""
    _key, request = page.make(0, number)
    top, _, body = request.decode().partition("\r\n\r\n")
    first, *lines = top.split("\r\n")
    method, path, _version = first.split()
    headers = dict(line.split(": ", 1) for line in lines if not line.startswith("Host"))
    answer = client.open(path, method=method, headers=headers, data=body)
    head = "".join(f"\r\n{name}: {value}" for name, value in answer.headers)
    return Reply(answer.status_code, head.encode(), answer.data)


def test_each_page_is_there_and_says_what_it_must(evening: World) -> None:
    app = create_app(config.load({}, Path(evening.folder)), testing=True)
    held = phone(app.test_client(), evening)
    for name, page in sizes.pages_for(8000, evening, [held]).items():
        for number in range(max(len(page.paths), len(getattr(page, "typed", ())))):
            assert page.accepts(got(app.test_client(use_cookies=False), page, number)), (name, number)
        assert not page.accepts(Reply(302, b"", b"")), name
    close(app)


def test_the_marks_of_a_million_guests_are_about_those_and_no_fewer(results: Results) -> None:
    plan, quick = replace(LARGE, engines=("sqlite",)), FIGURES
    rows = [sizes.Row("sqlite", page, 2_000, quick) for page in ("statistics", "door")]
    few = Results(
        results.machine, plan, sized=[*rows, *(replace(one, guests=50_000) for one in rows)], crowded={"sqlite": 900.0}
    )
    assert report.large_marks(few) == []
    slow = replace(quick, p95=250.0)
    many = [replace(one, guests=1_000_000, figures=slow if one.page == "statistics" else quick) for one in rows]
    verdicts = [one.verdict for one in report.large_marks(replace(few, sized=[*rows, *many]))]
    assert verdicts == ["**missed**"] * 3
    many = [replace(one, guests=1_000_000) for one in rows]
    good = replace(few, sized=[*rows, *many], crowded={"sqlite": 300.0})
    assert [one.verdict for one in report.large_marks(good)] == ["reached"] * 3
    assert "1,000,000" in report.large_text(good)
