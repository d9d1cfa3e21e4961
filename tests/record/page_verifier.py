"""The page's verifier, run where it belongs: in a browser."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, Route

SOURCE = Path(__file__).parents[2] / "static" / "js" / "verify.js"
BLANK = "<!doctype html><title>verifier</title>"
EXPOSE = "\nglobalThis.verifier = { readText, verifyReceipt, verifyOpening, canonical };"
RUN = """async (cases) => {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const verdicts = [];
  for (const one of cases) {
    try {
      const receipt = await verifier.verifyReceipt(verifier.readText(bytes(one.receipt)), one.keys);
      const files = one.originals.map((sent, place) => ({ name: `file ${place}`, bytes: bytes(sent) }));
      const text = one.opening === null ? null : verifier.readText(bytes(one.opening));
      const { shown, unchecked } = await verifier.verifyOpening(receipt, text, files);
      verdicts.push({ seq: receipt.entry.seq, shown, unchecked });
    } catch (error) {
      verdicts.push(error.code === "file" ? { files: error.files } : error.code ?? `${error}`);
    }
  }
  return verdicts;
}"""


@dataclass(frozen=True)
class Case:
    """Something to verify; the originals are called ``file 0`` and so on."""

    receipt: bytes
    keys: list[str]
    opening: str | bytes | None = None
    originals: list[bytes] = field(default_factory=list)

    @property
    def files(self) -> list[tuple[str, bytes]]:
        return [(f"file {place}", one) for place, one in enumerate(self.originals)]

    @property
    def opening_bytes(self) -> bytes | None:
        return self.opening.encode() if isinstance(self.opening, str) else self.opening

    def told(self) -> dict[str, Any]:
        opening = self.opening_bytes
        return {
            "receipt": base64.b64encode(self.receipt).decode(),
            "keys": self.keys,
            "opening": None if opening is None else base64.b64encode(opening).decode(),
            "originals": [base64.b64encode(one).decode() for one in self.originals],
        }


class PageVerifier:
    """``static/js/verify.js`` in a tab of its own. The address is a loopback one, for browsers sign nowhere else."""

    def __init__(self, browser: Browser) -> None:
        self.page = browser.new_page()
        self.page.route("http://localhost/", lambda route: route.fulfill(body=BLANK, content_type="text/html"))
        self.page.goto("http://localhost/")
        self.page.add_script_tag(type="module", content=SOURCE.read_text("utf-8") + EXPOSE)
        self.page.wait_for_function("globalThis.verifier !== undefined")

    def verdicts(self, cases: list[Case]) -> list[Any]:
        """For each case ``{"seq": …, "shown": […], "unchecked": […]}``, ``{"files": […]}`` for files that are not what
        was received, or the code of the refusal."""
        found: list[Any] = self.page.evaluate(RUN, [one.told() for one in cases])
        return found

    def canonical(self, values: list[Any]) -> list[str]:
        script = "(text) => JSON.parse(text).map((one) => verifier.canonical(one))"
        found: list[str] = self.page.evaluate(script, json.dumps(values))
        return found

    def normalised(self, texts: list[str]) -> list[str]:
        found: list[str] = self.page.evaluate("(texts) => texts.map((one) => one.normalize('NFC'))", texts)
        return found


@contextmanager
def site(browser: Browser, client: FlaskClient) -> Iterator[tuple[Page, list[str]]]:
    """A tab in which ``http://localhost/`` is answered by the test client; the list tells what it asked for."""
    context = browser.new_context(locale="da")
    page, asked = context.new_page(), list[str]()

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        path, sent = route.request.url.removeprefix("http://localhost"), route.request
        content_type = sent.headers.get("content-type")
        with client.open(path, method=sent.method, data=sent.post_data_buffer, content_type=content_type) as found:
            route.fulfill(status=found.status_code, headers=dict(found.headers), body=found.data)

    context.route("http://localhost/**", answer)
    try:
        yield page, asked
    finally:
        context.close()
