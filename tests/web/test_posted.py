"""The parser of the three posts that come in rushes."""

from __future__ import annotations

import pytest
from flask import Flask

from eventapp.web.posted import Posted

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture(autouse=True)
def request_context(app: Flask):
    with app.test_request_context("/"):
        yield


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Åse   Ærø-Øst ", "Åse Ærø-Øst"),
        ("two\r\nlines\tand a tab", "two lines and a tab"),
        ("O'Connor <b>&amp;", "O'Connor <b>&amp;"),
        ("{{7*7}} %(x)s", "{{7*7}} %(x)s"),
        ("李小龍 🦔 ð þ ł", "李小龍 🦔 ð þ ł"),
    ],
)
def test_a_line_is_kept_but_for_its_white_space(typed: str, read: str) -> None:
    post = Posted({"name": typed})
    assert post.line("name") == read
    assert not post.errors


def test_a_text_keeps_its_lines() -> None:
    assert Posted({"text": " første\r\n\r\nandet\rtredje\n "}).text("text") == "første\n\nandet\ntredje"


@pytest.mark.parametrize("sign", ["\x00", "\x08", "\x1f", "\x7f", "\u200b", "\u202e", "\ud800"])
def test_signs_that_nobody_sees_go_and_nothing_is_refused_for_them(sign: str) -> None:
    post = Posted({"name": f"A{sign}B"})
    assert post.line("name") == "AB"
    assert not post.errors


@pytest.mark.parametrize("sign", ["\x0b", "\x0c", "\u2028", "\u2029"])
def test_breaks_of_other_programs_are_breaks(sign: str) -> None:
    assert Posted({"text": f"A{sign}B"}).text("text") == "A\nB"


@pytest.mark.parametrize("sign", ["\u200b", "\u200d", "\u3164", "\u2800"])
def test_a_name_that_is_blank_to_the_eye_is_empty(sign: str) -> None:
    post = Posted({"name": sign})
    post.line("name")
    assert post.errors == {"name": ["Udfyld feltet."]}


@pytest.mark.parametrize("form", [{}, {"name": ""}, {"name": " \t\r\n"}, {"name": "\N{NO-BREAK SPACE}"}])
def test_an_empty_field_is_refused_unless_it_may_be(form: dict[str, str]) -> None:
    post = Posted(form)
    assert post.line("name", required=False) == ""
    assert not post.errors
    post.line("name")
    assert post.errors == {"name": ["Udfyld feltet."]}


def test_a_text_that_is_too_long_is_refused_and_not_cut() -> None:
    post = Posted({"name": "å" * 201, "text": "å" * 20_001})
    post.line("name")
    post.text("text")
    assert post.errors == {
        "name": ["Teksten er for lang: højst 200 tegn."],
        "text": ["Teksten er for lang: højst 20000 tegn."],
    }
    assert not Posted({"name": "å" * 200}).errors


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("mette@havneby.example.org", "mette@havneby.example.org"),
        ("  Mette.Havn+debat@Havneby.Example.ORG ", "Mette.Havn+debat@havneby.example.org"),
        ("mette@ærø.example.org", "mette@xn--r-3fa9c.example.org"),
    ],
)
def test_an_address_is_written_as_mail_servers_take_it(typed: str, read: str) -> None:
    assert Posted({"email": typed}).email("email") == read


@pytest.mark.parametrize(
    "typed",
    [
        "mette",
        "mette@",
        "@havneby.dk",
        "mette@havneby",
        "a b@havneby.dk",
        "mette@havneby.dk\r\nBcc: x@y.dk",
        "æ@havneby.dk",
        "<script>@x.dk",
        "a" * 250 + "@havneby.dk",
    ],
)
def test_what_is_no_address_is_refused_once(typed: str) -> None:
    post = Posted({"email": typed})
    assert post.email("email") == ""
    assert len(post.errors["email"]) == 1


def test_a_missing_address_is_asked_for() -> None:
    post = Posted({})
    post.email("email")
    assert post.errors == {"email": ["Udfyld feltet."]}


def test_only_what_is_on_the_list_can_be_chosen() -> None:
    post = Posted({"kind": "citizen", "other": "emperor"})
    assert post.choice("kind", {"citizen", "expert"}) == "citizen"
    assert post.choice("other", {"citizen", "expert"}) == ""
    assert post.choice("missing", {"citizen"}) == ""
    assert set(post.errors) == {"other", "missing"}


def test_a_box_is_ticked_or_not() -> None:
    post = Posted({"yes": "1", "empty": ""})
    assert (post.flag("yes"), post.flag("empty"), post.flag("missing")) == (True, False, False)


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("0" * 32, True),
        ("0123456789abcdef" * 2, True),
        ("", False),
        ("0" * 31, False),
        ("0" * 33, False),
        ("G" * 32, False),
        ("0" * 32 + "\n", False),
    ],
)
def test_a_submission_key_is_32_hexadecimal_signs(value: str, good: bool) -> None:
    post = Posted({"key": value})
    post.key("key")
    assert (not post.errors) is good


def test_what_nobody_asked_for_is_not_looked_at() -> None:
    post = Posted({"name": "Åse", "is_admin": "1", "received_at": "1999"})
    post.line("name")
    assert not post.errors
