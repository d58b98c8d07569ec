"""What came of submissions, told on stderr as it comes; how it went changes nothing of a run."""

from __future__ import annotations

from threading import Lock

from archive.submission import Step, Submission
from scraper.report import shown_address
from scraper.saying import say


def line_of(submission: Submission) -> str:
    """How a submission stands, for people."""
    address, archive = shown_address(submission.address), submission.archive
    if submission.step is Step.KEPT:
        return f"{archive} keeps {address}" + (f": {shown_address(submission.memento)}" if submission.memento else "")
    if submission.step is Step.FAILED:
        return f"{archive} does not keep {address}: {submission.reason}"
    if submission.step is Step.ASKED:
        return f"{archive} is at {address}"
    later = submission.due is not None and submission.due > submission.time
    when = f" until {submission.due:%Y-%m-%d %H:%M} UTC" if later else ""
    return f"{archive} waits{when} with {address}" + (f": {submission.reason}" if submission.reason else "")


class Telling:
    """Safe in threads; says what an archive keeps or does not, and counts the rest."""

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet
        self._lock = Lock()

    def __call__(self, submission: Submission) -> None:
        if not self._quiet and submission.step is not Step.ASKED:
            with self._lock:
                say(line_of(submission))

    def left(self, count: int) -> None:
        """So many have not come to an end."""
        if count and not self._quiet:
            what = "1 submission is" if count == 1 else f"{count} submissions are"
            say(f"{what} left for tearsheet submit")
