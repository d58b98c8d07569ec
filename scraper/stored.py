"""What is kept, as if it had just come: stored answers for whoever reads them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from archive.errors import WarcError
from archive.models import Capture, Exchange
from archive.spool import Spool
from scraper.body import coding_problem, decoded
from scraper.read.reading import Page

if TYPE_CHECKING:
    from archive.collection import Collection

MOST_BODY = 100_000_000


def stored_exchange(collection: Collection, capture: Capture) -> Exchange:
    """The stored answer; a revisit with its original's payload. Raises WarcError where it is damaged or gone."""
    answer = collection.read(capture)
    with answer.payload() as payload:
        body = payload.read(MOST_BODY)
    return Exchange(
        url=capture.url,
        time=capture.time,
        request=b"",
        status=200 if capture.status in (None, 304) else capture.status,
        head=answer.http_head,
        headers=answer.http_headers(),
        body=Spool.of(body),
    )


def stored_page(collection: Collection, capture: Capture, limit: int = MOST_BODY) -> Page | None:
    """The stored answer to be read, at most `limit` bytes of it; None where it cannot be."""
    try:
        exchange = stored_exchange(collection, capture)
    except WarcError:
        return None
    if coding_problem(exchange) is not None:
        return None
    return Page(decoded(exchange, limit), exchange.headers, exchange.url, exchange.status or 200)
