"""The catalogue check finds what a reader would stumble over."""

import gettext
from pathlib import Path

import pytest

from eventapp.languages import LANGUAGES, SOURCE
from tools import catalogues

HEADER = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project that says three texts, with a Danish catalogue that has them."""
    write(tmp_path, "eventapp/hearing/views.py", 'title = _("Hearing")\nngettext("%(num)s day", "%(num)s days", 3)\n')
    write(tmp_path, "templates/hearing/page.html", "<p>{% trans %}Until {{ day }}{% endtrans %}</p>")
    write_po(
        tmp_path,
        "hearing",
        'msgid "Hearing"\nmsgstr "Høring"\n\n'
        'msgid "%(num)s day"\nmsgid_plural "%(num)s days"\nmsgstr[0] "%(num)s dag"\nmsgstr[1] "%(num)s dage"\n\n'
        'msgid "Until %(day)s"\nmsgstr "Indtil %(day)s"\n',
    )
    return tmp_path


def write(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def write_po(root: Path, slice_name: str, text: str) -> None:
    write(root, f"eventapp/translations/da/{slice_name}.po", HEADER + text)


def test_complete_catalogue_has_no_fault(project: Path) -> None:
    assert catalogues.check(project) == []


def test_text_that_no_catalogue_has_is_missing(project: Path) -> None:
    write(project, "templates/hearing/other.html", '{{ _("Answer") }}')
    assert catalogues.check(project) == ["da/hearing.po: missing 'Answer' (templates/hearing/other.html:1)"]


def test_text_that_nobody_says_is_left_over(project: Path) -> None:
    write_po(project, "core", 'msgid "Answer"\nmsgstr "Svar"\n')
    assert catalogues.check(project) == ["da/core.po: no longer used: 'Answer'"]


def test_text_in_two_files_is_told(project: Path) -> None:
    write_po(project, "zebra", 'msgid "Hearing"\nmsgstr "Høring"\n')
    assert catalogues.check(project) == ["da/zebra.po: stands in da/hearing.po too: 'Hearing'"]


def test_text_twice_in_one_file_is_told(project: Path) -> None:
    write_po(project, "zebra", 'msgid "Hearing"\nmsgstr "Høring"\n\nmsgid "Hearing"\nmsgstr "Høring"\n')
    assert "da/zebra.po: stands twice: 'Hearing'" in catalogues.check(project)


@pytest.mark.parametrize(
    ("danish", "fault"),
    [
        ('msgstr "Indtil dagen"', "placeholders differ"),
        ('msgstr ""', "not translated"),
        ('msgstr "Indtil %(dag)s"', "placeholders differ"),
    ],
)
def test_faulty_translation_is_told(project: Path, danish: str, fault: str) -> None:
    catalogue = project / "eventapp/translations/da/hearing.po"
    catalogue.write_text(catalogue.read_text("utf-8").replace('msgstr "Indtil %(day)s"', danish), "utf-8")
    assert catalogues.check(project) == [f"da/hearing.po: {fault}: 'Until %(day)s'"]


def test_uncertain_translation_is_told(project: Path) -> None:
    catalogue = project / "eventapp/translations/da/hearing.po"
    catalogue.write_text(catalogue.read_text("utf-8").replace('msgid "Hearing"', '#, fuzzy\nmsgid "Hearing"'), "utf-8")
    assert catalogues.check(project) == ["da/hearing.po: marked fuzzy: 'Hearing'"]


def test_only_the_slices_that_were_named_are_told_of(project: Path) -> None:
    write_po(project, "core", 'msgid "Answer"\nmsgstr "Svar"\n')
    assert catalogues.check(project, {"hearing"}) == []


POLISH = """
msgid "Hearing"
msgstr "Konsultacje"

msgid "Until %(day)s"
msgstr "Do %(day)s"

msgid "%(num)s day"
msgid_plural "%(num)s days"
msgstr[0] "%(num)s dzień"
msgstr[1] "%(num)s dni"
"""


def test_another_language_is_a_folder_of_its_own_with_its_own_forms_of_number(project: Path) -> None:
    header = HEADER.replace("2; plural=(n != 1)", "3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 ? 1 : 2)")
    write(project, "eventapp/translations/pl/hearing.po", header + POLISH)
    assert catalogues.check(project) == ["pl/hearing.po: not translated: '%(num)s day'"]
    write(project, "eventapp/translations/pl/hearing.po", f'{header}{POLISH}msgstr[2] "%(num)s dnia"\n')
    assert catalogues.check(project) == []
    write(project, "templates/hearing/other.html", '{{ _("Answer") }}')
    assert [fault.partition(":")[0] for fault in catalogues.check(project)] == ["da/hearing.po", "pl/hearing.po"]


def test_compiled_catalogues_hold_every_translation(project: Path) -> None:
    catalogues.compile_all(project)
    danish = gettext.translation("messages", str(project / "eventapp/translations"), ["da"])
    assert danish.gettext("Hearing") == "Høring"
    assert danish.ngettext("%(num)s day", "%(num)s days", 2) == "%(num)s dage"


def test_every_language_of_the_product_has_catalogues_but_that_of_the_code() -> None:
    assert {*catalogues.languages(catalogues.ROOT), SOURCE} == set(LANGUAGES)
