"""What must be true of every page, looked up in its HTML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}
NEED_LABEL = {"input", "select", "textarea"}
LABELLED_OTHERWISE = {"hidden", "submit", "button", "image", "reset"}


@dataclass
class Element:
    """An element with its attributes, its parent, its children, and the text directly and indirectly in it."""

    tag: str
    attributes: dict[str, str]
    parent: Element | None = None
    children: list[Element] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    line: int = 0

    @property
    def text(self) -> str:
        """All text inside, with single spaces."""
        return " ".join("".join(self._all_pieces()).split())

    def _all_pieces(self) -> Iterator[str]:
        yield from self.pieces
        for child in self.children:
            yield " "
            yield from child._all_pieces()

    def walk(self) -> Iterator[Element]:
        for child in self.children:
            yield child
            yield from child.walk()

    def all(self, *tags: str, **attributes: str) -> list[Element]:
        """Elements inside with one of these tags and these attributes, in the order of the page."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            one
            for one in self.walk()
            if one.tag in tags and all(one.attributes.get(name) == value for name, value in wanted.items())
        ]

    def ancestors(self) -> Iterator[Element]:
        found = self.parent
        while found is not None:
            yield found
            found = found.parent


class Page(HTMLParser):
    """A page read into elements. ``source`` is its text; ``faults`` holds tags that are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source, self.root = text, Element("#page", {})
        self.faults: list[str] = []
        self._open = [self.root]
        self.feed(text)
        self.close()
        self.faults += [f"<{one.tag}> of line {one.line} is never closed" for one in self._open[1:]]

    @property
    def heading(self) -> str:
        return " / ".join(one.text for one in self.root.all("h1"))

    @property
    def text(self) -> str:
        return " ".join(one.text for one in self.root.all("body"))

    def forms(self) -> list[Element]:
        return self.root.all("form")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = Counter(name for name, _ in attrs)
        self.faults += [f"<{tag}> has two {name}" for name, times in names.items() if times > 1]
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open[-1], line=self.getpos()[0])
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:  # only inside <svg> does the slash close anything
            if not any(one.tag == "svg" for one in self._open):
                self.faults.append(f"<{tag}/> does not close itself")
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if len(self._open) > 1 and self._open[-1].tag == tag:
            self._open.pop()
            return
        self.faults.append(f"</{tag}> in line {self.getpos()[0]} closes <{self._open[-1].tag}>")
        depth = next((at for at in range(len(self._open) - 1, 0, -1) if self._open[at].tag == tag), None)
        if depth is not None:
            del self._open[depth:]

    def handle_data(self, data: str) -> None:
        self._open[-1].pieces.append(data)


def page_faults(page: Page) -> list[str]:
    """What is wrong with a page that any page must have right; empty when all is well."""
    return [
        *page.faults,
        *_frame_faults(page.root),
        *_id_faults(page.root),
        *_inline_faults(page.root),
        *_label_faults(page.root),
    ]


def _frame_faults(root: Element) -> Iterator[str]:
    if not any(one.attributes.get("lang") for one in root.all("html")):
        yield "<html> has no lang"
    titles = [one.text for one in root.all("title") if not any(up.tag == "svg" for up in one.ancestors())]
    if len(titles) != 1 or not titles[0].strip(" –-"):
        yield f"titles: {titles}"
    headings = [one.text for one in root.all("h1")]
    if len(headings) != 1 or not headings[0]:
        yield f"h1: {headings}"
    if len(root.all("main")) != 1:
        yield "not exactly one <main>"
    yield from (
        f"an image without alt: {one.attributes.get('src')}" for one in root.all("img") if "alt" not in one.attributes
    )


def _id_faults(root: Element) -> Iterator[str]:
    ids = Counter(one.attributes["id"] for one in root.walk() if "id" in one.attributes)
    yield from (f"id {name!r} stands {times} times" for name, times in ids.items() if times > 1)
    for one in root.walk():
        for attribute in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            for name in one.attributes.get(attribute, "").split():
                if name not in ids:
                    yield f"<{one.tag} {attribute}> points at {name!r}, which is not on the page"


def _inline_faults(root: Element) -> Iterator[str]:
    for one in root.walk():
        if one.tag == "style" or "style" in one.attributes:
            yield f"<{one.tag}> of line {one.line}: inline style"
        if one.tag == "script" and "src" not in one.attributes and one.attributes.get("type") != "application/json":
            yield f"inline script in line {one.line}"
        yield from (f"<{one.tag} {name}>: inline script" for name in one.attributes if name.startswith("on"))


def _label_faults(root: Element) -> Iterator[str]:
    labelled = {one.attributes["for"] for one in root.all("label") if "for" in one.attributes and one.text}
    for one in root.walk():
        if one.tag not in NEED_LABEL or one.attributes.get("type") in LABELLED_OTHERWISE:
            continue
        wrapped = any(up.tag == "label" and up.text for up in one.ancestors())
        named = one.attributes.get("aria-label") or one.attributes.get("aria-labelledby")
        if not (wrapped or named or one.attributes.get("id") in labelled):
            yield f"<{one.tag} name={one.attributes.get('name')!r}> has no label"
