"""Who is told of a run: the command of `[notify]`."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from scraper.saying import say

NOTIFY_TIME = 300.0


def notify(command: str, report: Path) -> None:
    """Runs the command with the report's path as its last argument. That it fails is told and stops nothing."""
    if not command:
        return
    try:
        words = [*shlex.split(command), str(report.absolute())]
        done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=NOTIFY_TIME, check=False)  # noqa: S603 - the user's own
        problem = f"it exited with {done.returncode}" if done.returncode else ""
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        problem = str(error)
    if problem:
        say(f"[notify] command failed: {problem}")
