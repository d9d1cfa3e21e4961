"""The files of a form: those that came with this post, and those that are kept from earlier ones (ADR 0053)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

from flask import g, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from eventapp import blobs
from eventapp.blobs import NamedFile
from eventapp.db import new_id
from eventapp.filling import actions
from eventapp.filling.queries import Held, held
from eventapp.formats.files import FileRefusedError, clean_name, sniff
from eventapp.web.posted import KEY

KEPT = "kept_file"  # ids of the files that the page showed, as hidden fields
REMOVE = "remove_file"  # the button that takes one away
ADD = "add_files"  # the button that only sends files


@dataclass(frozen=True)
class Chosen:
    """A file of this post that is of a kind that is taken."""

    stream: IO[bytes]
    name: str
    media_type: str


class Attached:
    """The files of one file field of a posted form.

    ``refused`` says what is wrong with them, for people; ``held`` is what the page shows when it is drawn again.
    """

    def __init__(self, field: str, *, most: int = 1) -> None:
        """
        :param most: how many files the field takes; of one, a new choice takes the place of the earlier.
        """
        form = request.form
        self.field, self.most, self.address = field, most, request.path
        self.key = form.get(f"{field}_key", "")
        if not KEY.fullmatch(self.key):
            self.key = new_id()
        self.refused: list[str] = []
        named = [one for one in form.getlist(KEPT) if one != form.get(REMOVE)]
        self.held = held(self.key, self.address, named)
        self._miss(len(set(named)) - len(self.held))
        self._chosen = self._looked_at()
        g.setdefault("attached", {})[field] = self

    @property
    def is_about_files(self) -> bool:
        """Whether nothing was to be sent yet: a button beside the files was pressed."""
        return ADD in request.form or REMOVE in request.form

    def fields(self) -> list[tuple[str, str]]:
        """What a page that shows these files posts of them."""
        return [(f"{self.field}_key", self.key), *((KEPT, one.id) for one in self.held)]

    @property
    def is_empty(self) -> bool:
        return not (self.held or self._chosen)

    def all(self) -> list[NamedFile]:
        """All files of the form, stored for good; each content once under each name."""
        files = [*(one.file for one in self.held), *self._stored()]
        return list({(one.stored.sha256, one.file_name): one for one in files}.values())

    def keep(self) -> None:
        """The form is not taken in: keep what came with it, so that the next post need not bring it again."""
        if REMOVE in request.form:
            actions.drop(self.key, self.address, request.form[REMOVE])
        known = {(one.file.stored.sha256, one.file.file_name) for one in self.held}
        new = [one for one in self._stored() if (one.stored.sha256, one.file_name) not in known]
        kept = actions.keep(self.key, self.address, new, client=request.remote_addr or "")
        self.held = [*self.held, *kept]
        if lost := [one.file_name for one in new[len(kept) :]]:
            self.refused.append(_("Choose these files again when you send: %(names)s", names=", ".join(lost)))
        self._chosen = []

    def _miss(self, number: int) -> None:
        if number > 0:
            self.refused.append(
                ngettext(
                    "%(num)s file that you chose earlier is no longer kept. Choose it again.",
                    "%(num)s files that you chose earlier are no longer kept. Choose them again.",
                    number,
                )
            )

    def _looked_at(self) -> list[Chosen]:
        """Those of the new files that are taken; what is wrong with the others is said with their names."""
        sent = [] if request.__dict__.get("discards_files") else request.files.getlist(self.field)
        chosen = [one for file in sent if file.filename for one in self._judged(file)]
        if self.most == 1 and chosen:
            self.held = []
        room = max(0, self.most - len(self.held))
        if extra := [one.name for one in chosen[room:]]:
            self.refused.append(
                _("At most %(most)s files. Not taken: %(names)s", most=self.most, names=", ".join(extra))
            )
        return chosen[:room]

    def _judged(self, file: FileStorage) -> Iterator[Chosen]:
        stream, name = file.stream, clean_name(file.filename or "")
        try:
            yield Chosen(stream, name, sniff(stream, name))
        except FileRefusedError as refusal:
            self.refused.append(f"{name}: {refusal}")

    def _stored(self) -> list[NamedFile]:
        files = []
        for one in self._chosen:
            one.stream.seek(0)
            files.append(NamedFile(blobs.put(one.stream), one.name, one.media_type))
        return files


@dataclass(frozen=True)
class Shown:
    """What a page shows of a file field."""

    key: str
    held: list[Held]


def shown(field: str) -> Shown:
    """For templates: the files of this request's post, or a field that nothing was chosen in."""
    found: Attached | None = g.get("attached", {}).get(field)
    return Shown(found.key, found.held) if found else Shown(new_id(), [])
