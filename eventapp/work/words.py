"""Jobs as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from eventapp import clock
from eventapp.formats import display
from eventapp.web.permissions import Permission, Scope, allowed, current_person
from eventapp.work import answers, kinds, queries
from eventapp.work.kinds import Subject
from eventapp.work.models import Job, JobState

STATES = {
    JobState.WAITING: (_l("Waits for its turn"), "info"),
    JobState.RUNNING: (_l("Under way"), "info"),
    JobState.DONE: (_l("Done"), "success"),
    JobState.FAILED: (_l("Failed"), "error"),
    JobState.CANCELLED: (_l("Stopped"), "warning"),
}


@dataclass(frozen=True)
class Shown:
    """One job as a page shows it; ``progress`` is how far it is in words, empty before anything is counted."""

    job: Job
    title: Any
    subject: Subject | None
    state: str
    mark: str
    progress: str
    outcome: str
    answer: str
    may_try_again: bool
    is_put_off: bool


def shown(jobs: Iterable[Job]) -> list[Shown]:
    """Those of these jobs that the one who asks may see."""
    return [one for job in jobs if may_see(one := _shown(job))]


def may_see(one: Shown) -> bool:
    """Whoever asked for it, who may see all, and who may see to what it is about."""
    if one.job.owner_id == current_person().id or allowed(Permission.READ_WORK):
        return True
    kind = kinds.find(one.job.kind)
    permission = kind.permission if kind else None
    return permission is not None and one.subject is not None and allowed(permission, one.subject.scope)


def _may_try_again(kind: kinds.Kind | None, subject: Subject | None) -> bool:
    """Whoever may do what the job does, now; having asked for it once is not enough. And who looks after the system."""
    if allowed(Permission.READ_WORK):
        return True
    if kind is None:
        return False
    return kind.permission is None or allowed(kind.permission, subject.scope if subject else Scope())


def progress(job: Job) -> str:
    if job.total is None:
        return ""
    return _("%(done)s of %(total)s", done=display.number(job.done), total=display.number(job.total))


def state(job: Job) -> tuple[str, str]:
    """In words, and its mark."""
    if job.state.is_open and job.cancel_asked_at:
        return _("Is being stopped"), "warning"
    if job.state is JobState.WAITING and job.attempts:
        return _("Waits for another try"), "warning"
    if is_put_off(job):
        return _("Waits until %(time)s, in case there is more", time=display.clock_time(job.due_at)), "info"
    words, mark = STATES[job.state]
    return str(words), mark


def is_put_off(job: Job) -> bool:
    """Whether it was asked for and is to begin later, so that what else changes goes out with it."""
    return job.state is JobState.WAITING and not job.attempts and job.due_at > clock.system_now()


def _shown(job: Job) -> Shown:
    kind = kinds.find(job.kind)
    words, mark = state(job)
    subject = queries.subject_of(job.kind, job.subject_id)
    return Shown(
        job=job,
        title=kind.title if kind else job.kind,
        subject=subject,
        state=words,
        mark=mark,
        progress=progress(job),
        outcome=kind.outcome(job.result) if kind and job.result else "",
        answer=answers.in_words(job.answer) if job.state is not JobState.DONE else "",
        may_try_again=_may_try_again(kind, subject),
        is_put_off=is_put_off(job),
    )
