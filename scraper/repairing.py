"""`tearsheet repair`, told to people and scripts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from archive import repairing
from archive.errors import UsageError
from archive.fixity import Watch
from archive.repairing import Mended, Repair
from scraper.runlog import run_id, told_time, write_report
from scraper.running import now
from scraper.saying import fit, say
from scraper.settings import Settings
from scraper.verifying import problem_lines

_MOST_TOLD = 100


class Asked(Struct, frozen=True):
    """How it was asked for."""

    copies: tuple[Path, ...] = ()
    dry: bool = False
    json: bool = False
    quiet: bool = False


def repair_collection(settings: Settings, asked: Asked, stopped: Callable[[], bool]) -> int:
    """The exit code: 5 where something is lost, or left to be looked at."""
    begun = now()
    folder = settings.archive.root / "collections" / settings.archive.collection
    for copy in asked.copies:
        if not copy.exists():
            raise UsageError(f"--from {copy}: there is nothing")
    tell: Callable[[str], None] = (lambda _: None) if asked.quiet or asked.json else say
    wish = repairing.Asked(asked.copies, asked.dry, tell, Watch(stopped=stopped))
    made = repairing.repair(folder, wish)
    if not asked.dry:
        write_report(folder, run_id(begun), {"begun": told_time(begun), "ended": told_time(now())} | made.as_dict())
    if asked.json:
        print(json.dumps(made.as_dict(), ensure_ascii=False))
    else:
        for line in lines(made, asked):
            print(fit(line))
    return made.exit_code


def lines(made: Repair, asked: Asked) -> Iterator[str]:
    for mended in made.files:
        yield from _file_lines(mended)
    yield from problem_lines(made.left)
    if asked.quiet:
        return
    if not made.files and not made.rebuilt and not made.left:
        yield "nothing is wrong: nothing was done"
        return
    did = "would be" if asked.dry else "were" if len(made.files) != 1 else "was"
    count = "1 file" if len(made.files) == 1 else f"{len(made.files)} files"
    again = "; what is derived " + ("would be" if asked.dry else "was") + " made again" if made.rebuilt else ""
    yield f"{count} {did} mended{again}; {made.lost or 'nothing'} lost"


def _file_lines(mended: Mended) -> Iterator[str]:
    yield f"{mended.file}: {mended.how}" + ("" if mended.exact or not mended.taken else "; not as the manifest has it")
    if mended.aside:
        yield f"    the damaged file is now {mended.aside}"
    yield from (f"    {gap}" for gap in mended.gaps[:_MOST_TOLD])
    for lost in mended.lost[:_MOST_TOLD]:
        yield f"    lost: {lost.role} {lost.url} ({lost.time})"
    more = len(mended.lost) - _MOST_TOLD
    if more > 0:
        yield f"    lost: and {more} more; --json tells them all"
