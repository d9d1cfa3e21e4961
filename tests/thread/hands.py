"""What a person's hands do on our pages: fill in fields by their names, press the button that says so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.support.browser import Watched

UNFOLD = """one => {
    for (let fold = one.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    return one.type;
}"""


def fill(page: Page, fields: dict[str, Any], *, form: str = "main form") -> None:
    """Fill in a form. A radio or select takes its value, a box takes True, a file its path."""
    within = page.locator(form).filter(has=page.locator(f'[name="{next(iter(fields))}"]')).first
    for name, value in fields.items():
        field = within.locator(f'[name="{name}"]')
        kind = field.first.evaluate(UNFOLD)
        if kind == "radio":
            within.locator(f'[name="{name}"][value="{value}"]').check(force=True)
        elif kind == "checkbox":
            field.first.set_checked(bool(value), force=True)
        elif kind == "select-one":
            field.select_option(**({"label": value} if not _has_value(field, value) else {"value": value}))
        elif kind == "file":
            field.set_input_files(value)
        else:
            field.fill(str(value))


def press(tab: Watched, name: str, *, exact: bool = True) -> Page:
    """Press a button of the page and look over the page that comes."""
    with tab.page.expect_navigation():
        tab.page.locator("main").get_by_role("button", name=name, exact=exact).first.click()
    tab.check()
    return tab.page


def follow(tab: Watched, name: str) -> Page:
    """Follow a link of the page and look over the page that comes."""
    with tab.page.expect_navigation():
        tab.page.get_by_role("link", name=name).first.click()
    tab.check()
    return tab.page


def text_of(page: Page) -> str:
    """What the page says, white space folded."""
    return " ".join(page.locator("main").inner_text().split())


def link_in(mail_text: str, part: str) -> str:
    """The first address in a mail with ``part`` in it."""
    found = [one for one in re.findall(r"http://\S+", mail_text) if part in one]
    assert found, f"No address with {part} in:\n{mail_text}"
    return str(found[0])


def small_pdf(path: Path, words: str) -> Path:
    """A real PDF of one page."""
    stream = f"BT /F1 18 Tf 60 740 Td ({words}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    content, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(content)
    content += b"xref\n0 6\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    content += b"trailer << /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % start
    path.write_bytes(content)
    return path


def _has_value(field: Any, value: str) -> bool:
    return bool(field.locator(f'option[value="{value}"]').count())
