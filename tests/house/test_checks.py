"""The house checks see what they are there for."""

import hashlib
import subprocess
from pathlib import Path

import pytest

from tools import checks


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    return tmp_path


def faults(repository: Path) -> list[str]:
    return [fault for path in checks.committed_files(repository) for fault in checks.file_faults(repository, path)]


def test_large_file_is_told(repository: Path) -> None:
    (repository / "film.bin").write_bytes(bytes(checks.LARGEST_KB * 1000 + 1))
    assert faults(repository) == ["film.bin: larger than 800 kB"]


def test_file_that_git_ignores_is_nobodys_business(repository: Path) -> None:
    (repository / ".gitignore").write_text("*.bin\n")
    (repository / "film.bin").write_bytes(bytes(checks.LARGEST_KB * 1000 + 1))
    assert faults(repository) == []


@pytest.mark.parametrize("folder", ["home/anna", "root", "Users/anna"])
def test_path_of_one_machine_is_told(repository: Path, folder: str) -> None:
    (repository / "notes.md").write_text(f"see\n/{folder}/x\n")
    assert faults(repository) == ["notes.md:2: a path of one machine"]


def test_address_with_such_a_folder_is_none(repository: Path) -> None:
    (repository / "notes.md").write_text("https://example.org/" + "root/x and static/" + "home/anna/x\n")
    assert faults(repository) == []


@pytest.mark.parametrize("mark", ["# TO" + "DO: more", "x = f()  # no" + "qa", "pytest.sk" + "ip('later')"])
def test_mark_of_unfinished_work_is_told(repository: Path, mark: str) -> None:
    (repository / "a.py").write_text(f"{mark}\n")
    assert faults(repository) == ["a.py:1: a mark of unfinished work"]


def test_private_name_is_told_also_over_a_line_end(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PRIVATE_NAMES", {hashlib.sha256(b"anna and").hexdigest()})
    (repository / "case.md").write_text("Write to Anna\nAnd about it")
    assert faults(repository) == ["case.md: names a private person of the letter"]


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("eventapp/mail/outbox.py", 'lang = options.get("lang", "da")'),
        ("tools/catalogues.py", "Catalog(locale='sv')"),
        ("static/js/door/main.js", 'new Intl.DateTimeFormat("sv-SE")'),
        ("templates/house/privacy.html", '<p lang="da">'),
    ],
)
def test_only_one_place_names_a_language(repository: Path, name: str, line: str) -> None:
    languages = repository / "eventapp" / "languages.py"
    languages.parent.mkdir()
    languages.write_text('OFFICIAL = "da"\nLANGUAGES = Language(\n    code="sv",\n)\n')
    path = repository / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'no = "no", "en"\n{line}\n')
    assert faults(repository) == [f"{name}:2: names a language, which only eventapp/languages.py does"]


def test_words_for_codes_do_not_stand_in_a_template(repository: Path) -> None:
    page = repository / "templates" / "page.html"
    page.parent.mkdir()
    page.write_text('{{ {"label": _("Name"), "text": _("Text")} }}\n{% set words = {"a": _("A"), "b": _("B")} %}\n')
    assert faults(repository) == ["templates/page.html:2: turns codes into words, which words.py does"]


def test_sql_has_a_reason_where_nobody_is_in_a_hurry(repository: Path) -> None:
    rushed, calm, told = (repository / "eventapp" / one for one in ("audit.py", "calm.py", "told.py"))
    rushed.parent.mkdir()
    rushed.write_text('INSERT = Sql("INSERT")\n')
    calm.write_text('FIND = Sql("""SELECT""")\n')
    told.write_text('# SQL: one guarded statement.\nTAKE = Sql("UPDATE")\n')
    assert [one.partition(":")[0] for one in faults(repository)] == ["eventapp/calm.py"]
