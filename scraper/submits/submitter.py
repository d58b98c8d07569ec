"""The work beside a run: each archive is asked in a thread of its own, at its own pace, for what is kept.

Whatever an archive answers is a record before anybody is told. What does not come to an end waits for a later run.
"""

from __future__ import annotations

import heapq
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from threading import Condition, Thread
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from archive import urls
from archive.errors import TearsheetError
from archive.models import Exchange, Link, PageGroup, Part, Role, Verdict, VerdictKind
from archive.spool import Spool
from archive.submission import Step, Submission
from scraper.submits.answers import Answer
from scraper.submits.clients import Client

if TYPE_CHECKING:
    from archive.collection import Collection

SOURCE = "submit"
FIRST_WAIT = timedelta(minutes=10)
LONGEST_WAIT = timedelta(days=1)
LONGEST_POLL = 60.0
POLLED_FOR = timedelta(hours=2)
KEPT_FOR = timedelta(days=1)
_GROWTH = 1.5
_JITTER = 0.5
_MOST_DOUBLINGS = 10


class Tools(Struct, frozen=True):
    """What submitting works with; `random` gives numbers in [0, 1), `stopped` tells that the run was stopped, `told`
    hears of each step once it is durable."""

    collection: Collection
    clock: Callable[[], datetime]
    random: Callable[[], float]
    stopped: Callable[[], bool]
    told: Callable[[Submission], None] = lambda submission: None


class _Task(Struct, order=True):
    due: datetime
    number: int
    submission: Submission
    polls: int = 0


class Submitter:
    """Safe in threads. `finish` ends it."""

    def __init__(self, clients: Sequence[Client], names: Sequence[str], tries: int, tools: Tools) -> None:
        """`names` are all archives of the config; those without a client cannot be asked now."""
        self._names = names
        resting = tools.collection.archives_resting(tools.clock())
        self._lanes = {
            client.depository.name: _Lane(client, tries, tools, resting.get(client.depository.name))
            for client in clients
        }
        self._unasked = 0
        self._tools = tools

    def want(self, submissions: Iterable[Submission]) -> None:
        """What is to be submitted, or was and has not come to an end; each is a record already."""
        for submission in submissions:
            lane = self._lanes.get(submission.archive)
            if lane is not None:
                lane.add(submission)
            else:
                self._unasked += 1

    def wished(
        self, address: str, now: datetime, *, but: Callable[[str], bool] = lambda name: False
    ) -> list[Submission]:
        """What is to be asked for an address: each archive that is not at it and has no copy of today, but those of
        which `but` says so."""
        known = {each.archive: each for each in self._tools.collection.submissions_of(address)}
        return [
            Submission(address, name, now, Step.WAITING, due=now)
            for name in self._names
            if not but(name) and _is_open(known.get(name), now)
        ]

    def finish(self, wait: float) -> int:
        """Goes on for at most so many seconds, or until nothing is due within them; how many are left then."""
        until = self._tools.clock() + timedelta(seconds=wait)
        for lane in self._lanes.values():
            lane.end(until)
        return self._unasked + sum(lane.join() for lane in self._lanes.values())


def _is_open(known: Submission | None, now: datetime) -> bool:
    if known is None or known.step is Step.FAILED:
        return True
    return known.step is Step.KEPT and now - known.time > KEPT_FOR


class _Lane:
    """One archive's own queues and thread: what it is to be asked for, but not while it wants to be left alone, and its
    jobs that are to be asked about."""

    def __init__(self, client: Client, tries: int, tools: Tools, rests_until: datetime | None) -> None:
        self._client = client
        self._tries = tries
        self._tools = tools
        self._changed = Condition()
        self._tasks: list[_Task] = []
        self._jobs: list[_Task] = []
        self._count = 0
        self._rests_until = rests_until
        self._until: datetime | None = None
        self._thread: Thread | None = None

    def add(self, submission: Submission, due: datetime | None = None, polls: int = 0) -> None:
        with self._changed:
            self._count += 1
            due = due or submission.due or self._tools.clock()
            if submission.rests and submission.due is not None:
                self._rests_until = max(self._rests_until or submission.due, submission.due)
            queue = self._jobs if submission.step is Step.ASKED else self._tasks
            heapq.heappush(queue, _Task(due, self._count, submission, polls))
            if self._thread is None:
                self._thread = Thread(target=self._run, name=f"submit-{self._client.depository.name}", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def end(self, until: datetime) -> None:
        with self._changed:
            self._until = until
            self._changed.notify_all()

    def join(self) -> int:
        """How many tasks are left."""
        if self._thread is not None:
            self._thread.join()
        return len(self._tasks) + len(self._jobs)

    # ------------------------------------------------------------------------------------------------ the thread

    def _run(self) -> None:
        free_at = self._tools.clock()
        while (task := self._next(free_at)) is not None:
            try:
                self._do(task)
            except TearsheetError:
                # The disk is full: whoever commits pages hears of it too, and ends the run.
                return
            delay = self._client.depository.delay * (1.0 + _JITTER * self._tools.random())
            free_at = self._tools.clock() + timedelta(seconds=delay)

    def _next(self, free_at: datetime) -> _Task | None:
        """The next task once it is due; None where none is until the end."""
        with self._changed:
            while not self._tools.stopped():
                now = self._tools.clock()
                heads = [(max(self._jobs[0].due, free_at), self._jobs)] if self._jobs else []
                if self._tasks:
                    heads.append((max(self._tasks[0].due, free_at, self._rests_until or free_at), self._tasks))
                due, queue = min(heads, key=lambda head: head[0], default=(None, []))
                if due is not None and due <= now:
                    return heapq.heappop(queue)
                if self._until is not None and (due is None or due > self._until):
                    return None
                left = (due - now).total_seconds() if due is not None else _POLL
                self._changed.wait(max(0.001, min(left, _POLL)))
        return None

    def _do(self, task: _Task) -> None:
        submission = task.submission
        answer = self._client.ask(submission)
        now = urls.now_ms(self._tools.clock)
        if answer.step is Step.ASKED and submission.step is Step.ASKED:
            if now - submission.time < POLLED_FOR:
                self._poll(submission, task.polls + 1)
                return
            answer = Answer(Step.WAITING, "its job did not come to an end")
        following = self._followed(submission, answer, now)
        self._tools.collection.note(event(following)).result()
        self._tools.told(following)
        if following.step is Step.ASKED:
            self._poll(following, 0)
        elif following.due is not None:
            self.add(following)

    def _poll(self, submission: Submission, polls: int) -> None:
        seconds = min(self._client.depository.poll * _GROWTH ** min(polls, 20), LONGEST_POLL)
        self.add(submission, self._tools.clock() + timedelta(seconds=seconds), polls)

    def _followed(self, submission: Submission, answer: Answer, now: datetime) -> Submission:
        """The step that the answer makes of it."""
        asked_anew = submission.step is Step.WAITING
        tries = submission.tries + (asked_anew and not answer.rests)
        step, due, reason = answer.step, None, answer.reason
        if step is Step.ASKED:
            due = now
        elif step is Step.WAITING and tries >= self._tries and not answer.rests:
            step, reason = Step.FAILED, f"given up after {tries} tries: {reason}"
        elif step is Step.WAITING:
            grown = FIRST_WAIT * 2 ** min(max(0, tries - 1), _MOST_DOUBLINGS)
            due = now + (timedelta(seconds=answer.after) if answer.after is not None else min(grown, LONGEST_WAIT))
        return Submission(
            submission.address,
            submission.archive,
            now,
            step,
            reason=reason,
            job=answer.job if step is Step.ASKED else submission.job if step is Step.KEPT else "",
            memento=answer.memento,
            memento_time=answer.memento_time,
            due=due,
            tries=tries,
            rests=answer.rests and due is not None,
        )


_POLL = 0.5


def event(submission: Submission) -> PageGroup:
    """A step as a group of which nothing else is stored."""
    exchange = Exchange(submission.address, submission.time, b"", None, b"", (), Spool.of(b""))
    verdict = Verdict(VerdictKind.PAGE, submission.reason or str(submission.step))
    page_id = str(uuid.uuid4())
    return PageGroup(
        id=page_id,
        link=Link(submission.address, SOURCE, submission.archive),
        time=submission.time,
        parts=(Part(exchange, Role.SUBMISSION, verdict),),
        verdict=verdict,
        bare=True,
        submissions=(replace(submission, page_id=page_id),),
    )
