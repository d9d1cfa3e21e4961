"""Bodies of posts: how large they may be, and that a text is read although the files around it are too large.

A server that stops reading leaves the browser with a broken connection, and the sender with nothing. So a form that is
too large is read to its end, up to a bound: its texts are kept, its files are thrown away as they come.
"""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Any

from flask import Request
from werkzeug.exceptions import RequestEntityTooLarge, UnprocessableEntity

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

REQUEST = "eventapp.request"
READ_ON_BYTES = 300_000_000  # beyond what is taken
LARGEST_TEXT_BYTES = 20_000_000  # of all texts of a form; what is taken of them is less, and said beside the field


class Discarded(tempfile.SpooledTemporaryFile[bytes]):
    """Takes a file in and keeps nothing of it."""

    def write(self, data: Any) -> int:
        return len(data)


class FormRequest(Request):
    """A request whose form is read even if it is too large; it is refused afterwards.

    It stays in its environment when the framework lets go of it, for a body can be read only once.
    """

    def __init__(self, environ: WSGIEnvironment, populate_request: bool = True, shallow: bool = False) -> None:
        super().__init__(environ, populate_request, shallow)
        environ[REQUEST] = self

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """
        :raises UnprocessableEntity: when it is nested so deep that it cannot be read.
        """
        try:
            return super().get_json(force, silent, cache)
        except RecursionError as error:
            raise UnprocessableEntity from error

    def _load_form_data(self) -> None:
        if "form" in self.__dict__:
            return
        allowed, length = self.max_content_length, self.content_length
        is_too_large = allowed is not None and length is not None and length > allowed and self.want_form_data_parsed
        if is_too_large:
            self.max_content_length = (allowed or 0) + READ_ON_BYTES
            self.__dict__["discards_files"] = True
        self.max_form_memory_size = LARGEST_TEXT_BYTES
        super()._load_form_data()
        if is_too_large:
            raise RequestEntityTooLarge

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        if self.__dict__.get("discards_files", False):
            return Discarded()
        return super()._get_file_stream(total_content_length, content_type, filename, content_length)
