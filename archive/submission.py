"""What public archives were asked to keep, and what came of it: pure.

Each step is said by the metadata record of a page group: a page that is to be submitted by its own, what an archive
answered by one of which nothing else is stored. The latest for an address and an archive is how it stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from archive.warc.fields import warc_date


class Step(StrEnum):
    """`WAITING`: it is to be asked. `ASKED`: it is at the job. `KEPT`: it has a copy. `FAILED`: for good."""

    WAITING = "waiting"
    ASKED = "asked"
    KEPT = "kept"
    FAILED = "failed"


class Submission(Struct, frozen=True):
    """One step of one submission.

    `archive` is the name of a [[submit.archive]], `job` what that calls it, `memento` the address of its copy and
    `memento_time` when it was taken. `due` is when it is to be asked again, None for never; `tries` counts how often it
    was asked. `rests`: until then the archive wants to be left alone, for all addresses. `page_id` names the page group
    that says it.
    """

    address: str
    archive: str
    time: datetime
    step: Step
    reason: str = ""
    job: str = ""
    memento: str = ""
    memento_time: datetime | None = None
    due: datetime | None = None
    tries: int = 0
    rests: bool = False
    page_id: str = ""


_TIMES = ("time", "memento_time", "due")


def plain(submission: Submission) -> dict[str, Any]:
    """As JSON has it, less the page id, which stands beside it, and what is empty."""
    values = asdict(submission) | {"step": str(submission.step)}
    for name in _TIMES:
        if values[name] is not None:
            values[name] = warc_date(values[name])
    del values["page_id"]
    needed = ("address", "archive")
    return {name: value for name, value in values.items() if value not in (None, "", 0, False) or name in needed}


def from_plain(values: dict[str, Any], page_id: str) -> Submission:
    """Raises KeyError, TypeError and ValueError for what `plain` did not make."""
    times = {name: datetime.fromisoformat(values[name]) for name in _TIMES if name in values}
    return Submission(**(values | times | {"step": Step(values["step"]), "page_id": page_id}))


def fields(submissions: Iterable[Submission]) -> list[tuple[str, str]]:
    """What the metadata record says of them to people and other tools."""
    found: list[tuple[str, str]] = []
    for each in submissions:
        found += [
            ("submittedTo", each.archive),
            ("submission", str(each.step)),
            ("submissionReason", each.reason),
            ("submissionMemento", each.memento),
        ]
    return found
