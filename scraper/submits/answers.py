"""What the answers of public archives mean. Pure.

Save Page Now's are those of its public documentation (SPN2): a job is taken and asked about until it has ended; errors
bear a code (`status_ext`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from urllib.parse import quote

import msgspec.json
from msgspec import Struct

from archive.models import Exchange
from archive.submission import Step
from archive.urls import is_http, join, wire_url
from scraper.body import decoded
from scraper.mementos.finds import time_of_stamp
from scraper.mementos.links import links_of
from scraper.mementos.restoring import memento_time
from scraper.retry import retry_after

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
MOST_ANSWER = 10_000_000
LONGEST_REASON = 300
_JOB_LENGTH = 200
# Codes that no asking again mends.
_FOR_GOOD = frozenset(
    (
        *("error:blocked-url", "error:blocked", "error:filesize-limit", "error:ftp-access-denied"),
        *("error:http-version-not-supported", "error:invalid-url-syntax", "error:invalid-host-resolution"),
        *("error:method-not-allowed", "error:network-authentication-required", "error:no-access"),
        *("error:not-found", "error:not-implemented", "error:too-many-redirects", "error:unauthorized"),
    )
)
# Codes that are of us and not of the address, and after how many seconds the archive may be asked again.
_RESTS = {
    "error:user-session-limit": MINUTE,
    "error:too-many-requests": 5 * MINUTE,
    "error:bandwidth-limit-exceeded": HOUR,
    "error:blocked-client-ip": DAY,
    "error:no-browsers-available": 5 * MINUTE,
    "error:service-unavailable": 10 * MINUTE,
    "error:celery": 10 * MINUTE,
}
_LATER = {"error:too-many-daily-captures": DAY}


class Answer(Struct, frozen=True):
    """What an archive said. `after` is how many seconds later it is to be asked again, None where that is ours to say;
    with `rests` it is about us, not about the address."""

    step: Step
    reason: str = ""
    job: str = ""
    memento: str = ""
    memento_time: datetime | None = None
    after: float | None = None
    rests: bool = False


def of_save(exchange: Exchange, top: str) -> Answer:
    """Save Page Now's answer to POST /save. `top` is where its copies lie."""
    told = _told(exchange)
    job = told.get("job_id")
    if _is_ok(exchange) and isinstance(job, str) and 0 < len(job) <= _JOB_LENGTH and job.isprintable():
        return Answer(Step.ASKED, _text(told.get("message")), quote(job, safe=""))
    return _trouble(exchange, told) or Answer(Step.WAITING, "it took no job, and gave no reason")


def of_status(exchange: Exchange, top: str) -> Answer:
    """Its answer to GET /save/status/JOB: pending, success or error."""
    told = _told(exchange)
    status = told.get("status")
    if _is_ok(exchange) and status == "pending":
        return Answer(Step.ASKED)
    if _is_ok(exchange) and status == "success":
        stamp, original = _text(told.get("timestamp")), _text(told.get("original_url"), 32_768)
        time = time_of_stamp(stamp) if len(stamp) == len("YYYYMMDDhhmmss") else None
        if time is None or not is_http(original):
            return Answer(Step.WAITING, "it says that it has a copy, but not of when")
        return Answer(Step.KEPT, "", memento=f"{top}{stamp}/{wire_url(original)}", memento_time=time)
    if exchange.status == 404:
        return Answer(Step.WAITING, "it has forgotten the job")
    return _trouble(exchange, told) or Answer(Step.WAITING, "it does not say what became of the job")


def of_request(exchange: Exchange) -> Answer:
    """What any other archive's answer means: one that is no error has kept it. Where it says under which address, by a
    redirect, Content-Location or a link to the memento, that is the copy's."""
    trouble = _trouble(exchange, {})
    if trouble is not None:
        return trouble
    memento = next((link.target for link in links_of(exchange) if "memento" in link.rels), None)
    named = memento or exchange.header("location") or exchange.header("content-location")
    address = join(exchange.url, named) if named else ""
    return Answer(
        Step.KEPT, "", memento=wire_url(address) if is_http(address) else "", memento_time=memento_time(exchange)
    )


def _trouble(exchange: Exchange, told: dict[str, Any]) -> Answer | None:
    code = _text(told.get("status_ext"))
    said = _text(told.get("message")) or _text(told.get("exception"))
    reason = ": ".join(filter(None, (code.removeprefix("error:"), said)))
    asked = retry_after(exchange, exchange.time)
    if code in _FOR_GOOD:
        return Answer(Step.FAILED, reason)
    if code in _RESTS:
        return Answer(Step.WAITING, reason, after=max(asked or 0.0, _RESTS[code]), rests=True)
    if code in _LATER:
        return Answer(Step.WAITING, reason, after=max(asked or 0.0, _LATER[code]))
    if exchange.failure is not None:
        return Answer(Step.WAITING, exchange.failure.message)
    status = exchange.status or 0
    if status in (401, 403):
        return Answer(Step.WAITING, reason or f"it does not let us in ({status})", after=DAY, rests=True)
    if status in (429, 503):
        return Answer(Step.WAITING, reason or f"it answered {status}", after=asked or 5 * MINUTE, rests=True)
    if status >= 500 or status == 408:
        return Answer(Step.WAITING, reason or f"it answered {status}", after=asked)
    if status >= 400:
        return Answer(Step.FAILED, reason or f"it answered {status}")
    return Answer(Step.WAITING, reason, after=asked) if code or told.get("status") == "error" else None


def _is_ok(exchange: Exchange) -> bool:
    return exchange.failure is None and exchange.status is not None and 200 <= exchange.status < 300


def _told(exchange: Exchange) -> dict[str, Any]:
    if exchange.failure is not None:
        return {}
    try:
        found = msgspec.json.decode(decoded(exchange, MOST_ANSWER))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: object, longest: int = LONGEST_REASON) -> str:
    return " ".join(value.split())[:longest] if isinstance(value, str) else ""
