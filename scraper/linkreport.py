"""What a check of links tells: lines for people, rows for scripts, a page of its own. Pure but for `write`."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

from msgspec import Struct

from archive.errors import StorageError
from archive.linkstate import Check, Standing, State
from archive.rows import iso
from scraper.report import shown, shown_address
from scraper.saying import fit

MOST_LINES = 200
MOST_TOLD = 10_000
MOST_EVIDENCE = 3


class Outcome(Struct, frozen=True):
    """What a check says of one link. Without a `check` nothing could be asked, for the `reason` given. `before` is how
    it stood until then, `history` are all checks, the oldest first; `text` is relative to the collection's folder."""

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
    ("same", "Alive and the same"),
)


def group_of(outcome: Outcome) -> str:
    """Under which heading it is told."""
    check = outcome.check
    if check is None:
        return "unasked"
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
    words = f"{check.state}: {check.reason}"
    if check.added or check.struck:
        words += f"; {check.struck} words struck, {check.added} added"
    if check.state.failed and outcome.failed_since is not None:
        times = sum(1 for each in outcome.history if each.state.failed and each.time >= outcome.failed_since)
        words += f" (since {outcome.failed_since:%Y-%m-%d}, {times} check{'s' * (times != 1)})"
    return words


def news(outcomes: Iterable[Outcome]) -> Iterator[str]:
    """All that a quiet run says: what is dead now and was not before."""
    for outcome in outcomes:
        if outcome.standing is Standing.DEAD and outcome.before is not Standing.DEAD:
            yield f"dead: {shown_address(outcome.address)}: {outcome.reason}"


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
    return ", ".join(parts)


# ------------------------------------------------------------------------------------------------ for scripts


def row(outcome: Outcome, folder: Path | None = None) -> dict[str, Any]:
    """A link as plain values; times RFC 3339 in UTC. With the collection's `folder` paths are absolute."""
    check, text = outcome.check, outcome.text
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
        "text": str(folder.absolute() / text) if folder is not None and text is not None else text,
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
    states = Counter(str(each.check.state) if each.check is not None else "not asked" for each in outcomes)
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


_COLUMNS = (
    *("url", "standing", "state", "reason", "status", "moved_to", "permanent", "similarity", "words_added"),
    *("words_struck", "corrections", "checked_at", "failed_since", "title", "text", "kept_at", "source", "via"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


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
    text = fit(str(value)) if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


# ------------------------------------------------------------------------------------------------ a page

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2125; --soft: #5b6570; --paper: #fdfdfb; --line: #d9dcd6; --card: #fff }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e6e1; --soft: #a3aab2; --paper: #16181a; --line: #33383c; --card: #1d2022 } }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2.25rem 0 .5rem }
.soft { color: var(--soft) } ul { list-style: none; margin: 0; padding: 0 }
li { background: var(--card); border: 1px solid var(--line); border-left: .3rem solid var(--mark, var(--line));
  border-radius: .35rem; margin: .5rem 0; padding: .6rem .9rem; overflow-wrap: anywhere }
.dead { --mark: #b3261e } .failed { --mark: #c77700 } .changed, .moved { --mark: #2866b0 }
.walled, .blocked, .unasked { --mark: #7a7f85 } .same { --mark: #2e7d4f }
.title { font-weight: 600 } .small { font-size: .875rem } p { margin: .15rem 0 }
a { color: inherit } summary { cursor: pointer; font-size: 1.1rem; font-weight: 700; margin-top: 2.25rem }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 .75rem; margin: .4rem 0 0 } dd { margin: 0 }
dt { color: var(--soft) }
"""


def page(outcomes: Sequence[Outcome], collection: str, now: datetime) -> str:
    """One HTML file that needs no other. Everything in it that is a stranger's is escaped."""
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>Links of {_shown(collection)}, {now:%Y-%m-%d}</title><style>{_STYLE}</style></head><body>",
        f"<header><h1>What became of the links of {_shown(collection)}</h1>",
        f'<p class="soft">{_shown(summary(outcomes))}. Checked on {now:%Y-%m-%d at %H:%M} UTC.</p></header><main>',
    ]
    for name, heading, some in grouped(outcomes):
        head = f"{_shown(heading)} ({len(some)})"
        if name == "same":
            parts.append(f"<details><summary>{head}</summary><ul>")
        else:
            parts.append(f"<section><h2>{head}</h2><ul>")
        parts += [_item(name, outcome) for outcome in some]
        parts.append("</ul></details>" if name == "same" else "</ul></section>")
    parts.append("</main></body></html>")
    return "\n".join(parts) + "\n"


def _item(name: str, outcome: Outcome) -> str:
    check = outcome.check
    title = f'<p class="title">{_shown(outcome.title)}</p>' if outcome.title else ""
    facts = []
    if check is not None:
        facts += [("now at", _link(check.moved_to))] if check.moved_to else []
        facts += [("corrected", _shown(each)) for each in check.corrections]
        if check.similarity is not None and name != "same":
            facts.append(("likeness", f"{check.similarity:.0%} of the text as it was kept"))
        if name not in ("same", "changed"):
            facts += [("seen", _shown(each)) for each in check.evidence[:MOST_EVIDENCE]]
    if outcome.kept_at is not None and name != "same":
        where = f", {_shown(outcome.text)}" if outcome.text else ""
        facts.append(("kept", f"{outcome.kept_at:%Y-%m-%d}{where}"))
    if outcome.via:
        facts.append(("from", _shown(outcome.via)))
    told = "".join(f"<dt>{key}</dt><dd>{value}</dd>" for key, value in facts)
    return (
        f'<li class="{name}">{title}<p class="small">{_link(outcome.address)}</p><p>{_shown(sentence(outcome))}</p>'
        f"{f'<dl class=small>{told}</dl>' if told else ''}</li>"
    )


def _link(url: str) -> str:
    """Only what leads to the web is a link."""
    if not url.lower().startswith(("http://", "https://")):
        return _shown(url)
    return f'<a href="{escape(url)}" rel="noreferrer noopener">{_shown(url)}</a>'


def _shown(text: str) -> str:
    return escape(fit(text))


def write(path: Path, text: str) -> None:
    """The file, whole or not at all. Raises StorageError."""
    half = path.with_name(f".{path.name}.part")
    try:
        half.write_text(text, encoding="utf-8", errors="replace", newline="")
        half.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}") from error
