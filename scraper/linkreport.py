"""What a check of links tells: lines for people, rows for scripts, a page of its own. Pure but for `write`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct

from archive import standalone
from archive.linkstate import Check, Standing, State
from archive.robust.escaping import csv_field
from archive.rows import iso
from archive.standalone import link, text
from scraper.filing import written
from scraper.report import shown, shown_address
from scraper.saying import fit

MOST_LINES = 200
MOST_TOLD = 10_000
MOST_EVIDENCE = 3


class Outcome(Struct, frozen=True):
    """What a check says of one link. Without a `check` nothing could be asked, or compared with what is kept where that
    is `damaged`, for the `reason` given. `before` is how it stood until then, `history` are all checks, the oldest
    first; `text` is relative to the collection's folder."""

    address: str
    standing: Standing
    check: Check | None = None
    reason: str = ""
    title: str | None = None
    text: str | None = None
    kept_at: datetime | None = None
    source: str = ""
    via: str | None = None
    before: Standing = Standing.UNKNOWN
    history: tuple[Check, ...] = ()
    damaged: bool = False

    @property
    def failed(self) -> bool:
        return self.check is None or self.check.state.failed

    @property
    def failed_since(self) -> datetime | None:
        """When the failures in a row began."""
        since = None
        for check in reversed(self.history):
            if check.state.alive:
                break
            if check.state.failed:
                since = check.time
        return since


_GROUPS = (
    ("dead", "Dead: failed on enough days to be sure"),
    ("failed", "Failed this time: asked again before they are called dead"),
    ("changed", "Changed: a new version is kept"),
    ("moved", "Moved"),
    ("walled", "Behind a wall: consent, a login or payment is asked for"),
    ("blocked", "Not let in: which says nothing of the page"),
    ("unasked", "Not asked"),
    ("damaged", "Not compared: what is kept of it is damaged"),
    ("same", "Alive and the same"),
)


def group_of(outcome: Outcome) -> str:
    """Under which heading it is told."""
    check = outcome.check
    if check is None:
        return "damaged" if outcome.damaged else "unasked"
    if check.state.failed:
        return "dead" if outcome.standing is Standing.DEAD else "failed"
    return {State.CHANGED: "changed", State.MOVED: "moved", State.WALLED: "walled", State.BLOCKED: "blocked"}.get(
        check.state, "same"
    )


def grouped(outcomes: Iterable[Outcome]) -> Iterator[tuple[str, str, list[Outcome]]]:
    """Name, heading and outcomes of each group that has some, the dead first."""
    found: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        found.setdefault(group_of(outcome), []).append(outcome)
    for name, heading in _GROUPS:
        if name in found:
            yield name, heading, sorted(found[name], key=lambda each: each.address)


# ------------------------------------------------------------------------------------------------ for people


def lines(outcomes: Sequence[Outcome], folder: Path, *, everything: bool = False) -> Iterator[str]:
    """Grouped, the dead first; what is as it was is only counted unless `everything` is wanted."""
    for name, heading, some in grouped(outcomes):
        yield f"{heading} ({len(some)})"
        if name == "same" and not everything:
            yield ""
            continue
        for outcome in some[:MOST_LINES]:
            yield from (fit(f"    {line}") for line in _told(outcome, folder))
        if len(some) > MOST_LINES:
            yield f"    and {len(some) - MOST_LINES} more, in the report"
        yield ""


def _told(outcome: Outcome, folder: Path) -> Iterator[str]:
    yield shown_address(outcome.address)
    yield f"    {sentence(outcome)}"
    check = outcome.check
    if check is None:
        return
    for correction in check.corrections:
        yield f"    {correction}"
    if check.state.failed and outcome.text is not None and outcome.kept_at is not None:
        yield f"    kept {outcome.kept_at:%Y-%m-%d}: {shown(folder / outcome.text)}"


def sentence(outcome: Outcome) -> str:
    """What was found, in a line."""
    check = outcome.check
    if check is None:
        return outcome.reason
    words = check.reason if check.reason.startswith(check.state) else f"{check.state}: {check.reason}"
    if check.added or check.struck:
        words += f"; {check.struck} words struck, {check.added} added"
    if check.state.failed and outcome.failed_since is not None:
        times = sum(1 for each in outcome.history if each.state.failed and each.time >= outcome.failed_since)
        words += f" (since {outcome.failed_since:%Y-%m-%d}, {times} check{'s' * (times != 1)})"
    return words


def news(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """All that a quiet run says: what is dead now and was not before, and what is damaged."""
    for outcome in outcomes:
        if outcome.standing is Standing.DEAD and outcome.before is not Standing.DEAD:
            yield f"dead: {shown_address(outcome.address)}: {outcome.reason}"
        elif outcome.damaged:
            yield f"damaged: {shown_address(outcome.address)}: {outcome.reason}"


def summary(outcomes: Sequence[Outcome]) -> str:
    """The run in a line."""
    counts = Counter(group_of(outcome) for outcome in outcomes)
    alive = sum(counts[name] for name in ("same", "changed", "moved"))
    parts = [f"{len(outcomes)} link{'s' * (len(outcomes) != 1)}: {alive} alive"]
    if alive > counts["same"]:
        parts[0] += f" ({counts['same']} the same, {counts['changed']} changed, {counts['moved']} moved)"
    for name, words in (("dead", "dead"), ("failed", "failed this time"), ("walled", "behind a wall")):
        if counts[name]:
            parts.append(f"{counts[name]} {words}")
    if counts["blocked"]:
        parts.append(f"{counts['blocked']} not let in")
    if counts["unasked"]:
        parts.append(f"{counts['unasked']} could not be asked")
    if counts["damaged"]:
        parts.append(f"{counts['damaged']} not compared, since what is kept is damaged")
    return ", ".join(parts)


# ------------------------------------------------------------------------------------------------ for scripts


def row(outcome: Outcome, folder: Path | None = None) -> dict[str, Any]:
    """A link as plain values; times RFC 3339 in UTC. With the collection's `folder` paths are absolute."""
    check = outcome.check
    found: dict[str, Any] = {
        "url": outcome.address,
        "standing": str(outcome.standing),
        "state": str(check.state) if check is not None else None,
        "reason": outcome.reason,
        "evidence": list(check.evidence) if check is not None else [],
        "status": check.status if check is not None else None,
        "moved_to": check.moved_to if check is not None else None,
        "permanent": check.permanent if check is not None else False,
        "similarity": check.similarity if check is not None else None,
        "words_added": check.added if check is not None else 0,
        "words_struck": check.struck if check is not None else 0,
        "corrections": list(check.corrections) if check is not None else [],
        "checked_at": iso(check.time) if check is not None else None,
        "failed_since": iso(since) if (since := outcome.failed_since) is not None else None,
        "title": outcome.title,
        "text": str(folder.absolute() / outcome.text) if folder is not None and outcome.text else outcome.text,
        "kept_at": iso(outcome.kept_at) if outcome.kept_at is not None else None,
        "source": outcome.source,
        "via": outcome.via,
        "page_id": check.page_id if check is not None else None,
        "history": [{"time": iso(each.time), "state": str(each.state)} for each in outcome.history],
    }
    return found


def json_line(outcome: Outcome, folder: Path) -> str:
    return json.dumps(row(outcome, folder), ensure_ascii=False)


def as_dict(outcomes: Sequence[Outcome], folder: Path) -> dict[str, Any]:
    """The material of the run's report: what is as it was is only counted."""
    told = [outcome for outcome in outcomes if group_of(outcome) != "same"]
    states = Counter(_state(outcome) for outcome in outcomes)
    return {
        "kind": "check",
        "summary": summary(outcomes),
        "asked": len(outcomes),
        "changed": states[State.CHANGED],
        "failed": sum(outcome.failed for outcome in outcomes),
        "counts": dict(states.most_common()),
        "standings": dict(Counter(str(each.standing) for each in outcomes).most_common()),
        "links": [row(outcome, folder) for outcome in told[:MOST_TOLD]],
    }


def _state(outcome: Outcome) -> str:
    if outcome.check is not None:
        return str(outcome.check.state)
    return "not compared" if outcome.damaged else "not asked"


_COLUMNS = (
    *("url", "standing", "state", "reason", "status", "moved_to", "permanent", "similarity", "words_added"),
    *("words_struck", "corrections", "checked_at", "failed_since", "title", "text", "kept_at", "source", "via"),
)


def table(outcomes: Sequence[Outcome]) -> str:
    """CSV (RFC 4180), a line a link, the dead first. A cell that a spreadsheet would take for a formula begins with an
    apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for _, _, some in grouped(outcomes):
        for outcome in some:
            values = row(outcome)
            values["corrections"] = "; ".join(values["corrections"])
            writer.writerow([_cell(values[name]) for name in _COLUMNS])
    return out.getvalue()


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return csv_field(value) if isinstance(value, str) else str(value)


# ------------------------------------------------------------------------------------------------ a page

_STYLE = """
main ul { list-style: none; margin: 0; padding: 0 }
h2, summary { font: 700 1.15rem/1.3 var(--serif); margin: 2.2rem 0 0.5rem } summary { cursor: pointer }
li { border: 1px solid var(--rule); border-left: 0.3rem solid var(--mark, var(--rule)); border-radius: 0.35rem;
  margin: 0.5rem 0; padding: 0.6rem 0.9rem }
.dead { --mark: var(--bad) } .failed, .walled, .blocked { --mark: var(--doubt) } .same { --mark: var(--good) }
.changed, .moved { --mark: var(--accent) }
li p { margin: 0.15rem 0 } .title { font-weight: 600 } .small { font-size: 0.9rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 0.75rem; margin: 0.4rem 0 0; font-size: 0.9rem }
dt { color: var(--quiet) } dd { margin: 0 }
"""


def page(outcomes: Sequence[Outcome], collection: str, now: datetime) -> str:
    """One HTML file that needs no other. Everything in it that is a stranger's is escaped."""
    body = [
        f"<header><h1>What became of the links of {text(collection)}</h1>",
        f'<p class="hint">{text(summary(outcomes))}. Checked on {now:%Y-%m-%d at %H:%M} UTC.</p></header><main>',
    ]
    for name, heading, some in grouped(outcomes):
        head = f"{text(heading)} ({len(some)})"
        if name == "same":
            body.append(f"<details><summary>{head}</summary><ul>")
        else:
            body.append(f"<section><h2>{head}</h2><ul>")
        body += [_item(name, outcome) for outcome in some]
        body.append("</ul></details>" if name == "same" else "</ul></section>")
    body.append("</main>")
    return "\n".join(standalone.page(f"Links of {collection}, {now:%Y-%m-%d}", body, _STYLE)) + "\n"


def _item(name: str, outcome: Outcome) -> str:
    check = outcome.check
    title = f'<p class="title">{text(outcome.title)}</p>' if outcome.title else ""
    facts = []
    if check is not None:
        facts += [("now at", link(check.moved_to, check.moved_to))] if check.moved_to else []
        facts += [("corrected", text(each)) for each in check.corrections]
        if check.similarity is not None and name != "same" and check.state is not State.GONE:
            facts.append(("likeness", f"{check.similarity:.0%} of the text as it was kept"))
        if name not in ("same", "changed"):
            facts += [("seen", text(each)) for each in check.evidence[:MOST_EVIDENCE]]
    if outcome.kept_at is not None and name != "same":
        where = f", {text(outcome.text)}" if outcome.text else ""
        facts.append(("kept", f"{outcome.kept_at:%Y-%m-%d}{where}"))
    if outcome.via:
        facts.append(("from", text(outcome.via)))
    told = "".join(f"<dt>{key}</dt><dd>{value}</dd>" for key, value in facts)
    address = link(outcome.address, outcome.address)
    return (
        f'<li class="{name}">{title}<p class="small">{address}</p><p>{text(sentence(outcome))}</p>'
        f"{f'<dl>{told}</dl>' if told else ''}</li>"
    )


def write(path: Path, words: str) -> None:
    """The file, whole or not at all. Raises StorageError, and UsageError for a folder."""
    with written(path, force=True) as file:
        file.write(words.encode("utf-8", "replace"))
