"""What the applications of a test session have alike is compiled once, and each still has its own."""

from __future__ import annotations

from flask import Flask, render_template
from jinja2 import DictLoader
from werkzeug.routing import IntegerConverter, Map, Rule


def drawn(text: str) -> str:
    app = Flask(__name__)
    app.jinja_env.loader = DictLoader({"page.html": text})
    with app.app_context():
        return render_template("page.html", name="<Åse>")


def test_a_template_of_the_same_name_and_another_text_is_another_template() -> None:
    assert [drawn("Hej {{ name }}"), drawn("Farvel {{ name }}"), drawn("Hej {{ name }}")] == [
        "Hej &lt;Åse&gt;",
        "Farvel &lt;Åse&gt;",
        "Hej &lt;Åse&gt;",
    ]


class Doubled(IntegerConverter):
    def to_url(self, value: int) -> str:
        return str(2 * value)


def built(rule: Rule, converter: type[IntegerConverter], **values: int) -> str:
    routes = Map([rule], converters={"number": converter})
    return routes.bind("localhost").build("page", values)


def test_an_address_is_made_by_its_own_rule_and_converters() -> None:
    for _ in range(2):
        assert built(Rule("/a/<number:n>", endpoint="page"), IntegerConverter, n=4) == "/a/4"
        assert built(Rule("/a/<number:n>", endpoint="page"), Doubled, n=4) == "/a/8"
        assert built(Rule("/a/<number:n>", endpoint="page"), Doubled, n=4, m=1) == "/a/8?m=1"
        assert built(Rule("/a/<number:n>", endpoint="page", defaults={"n": 3}), Doubled) == "/a/6"
        assert built(Rule("/a/<number:n>", endpoint="page", defaults={"n": 5}), Doubled) == "/a/10"
