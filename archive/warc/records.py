"""Drafts of WARC 1.1 records: pure, from what was fetched and read to named fields and a block."""

from __future__ import annotations

import hashlib
import io
import re
import uuid
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from msgspec import Struct

from archive.deferring import deferred
from archive.disk import told
from archive.models import Capture, Exchange, PageGroup, Part, Rereading
from archive.spool import Spool
from archive.warc.fields import FIELDS_TYPE, bare_uri, fields_block, first_named, one_line, warc_date
from archive.warc.group import GroupData, dump, group_data, reread_data

VERSION = "WARC/1.1"
CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
IDENTICAL = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
NOT_MODIFIED = "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
REQUEST_TYPE = "application/http; msgtype=request"
RESPONSE_TYPE = "application/http; msgtype=response"
EMPTY_DIGEST = "sha256:" + hashlib.sha256().hexdigest()

WAITING = Path("a body waiting to be stored")
"""How messages name what is on its way into a record."""
_CHUNK = 1 << 20
_TRANSFER_ENCODING = deferred(rb"^transfer-encoding(?=[ \t]*:)", re.IGNORECASE | re.MULTILINE)
_STATUS_LINE = deferred(rb"HTTP/(?!1\.[01][ \r\n])([0-9.]{1,8})(?=[ \r\n])")
_RECORD_ID = deferred(r"<[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x3b\x3d\x3f-\x7e]+>\Z")
_NOT_IN_ADDRESS = deferred(r"[^\x21-\x7e]")


class WarcInfo(Struct, frozen=True):
    """What the `warcinfo` record of each file says of the run (WARC 1.1, 6.2)."""

    software: str
    user_agent: str = ""
    robots: str = "obey"
    hostname: str = "localhost"
    collection: str = ""
    operator: str = ""
    description: str = ""


class Record(Struct, frozen=True):
    """A record ready to be written.

    `headers` are all named fields in order, less WARC-Warcinfo-ID, which the writer adds. The block is `http_head`
    followed by `body`; `http_head` is b"" in records that hold no HTTP.
    """

    type: str
    record_id: str
    headers: tuple[tuple[str, str], ...]
    http_head: bytes = b""
    body: Spool | bytes = b""

    def header(self, name: str) -> str | None:
        """The first named field of that name, or None."""
        return first_named(self.headers, name)

    @property
    def content_length(self) -> int:
        """Bytes in the block."""
        return _length(self.http_head, self.body)

    def payload(self) -> BinaryIO:
        """A reader of the block less its HTTP head. The caller closes it."""
        return io.BytesIO(self.body) if isinstance(self.body, bytes) else self.body.open()

    def payload_bytes(self, limit: int | None = None) -> bytes:
        """The payload, or its first `limit` bytes."""
        return self.body[:limit] if isinstance(self.body, bytes) else self.body.bytes(limit)


def new_record_id() -> str:
    return f"<urn:uuid:{uuid.uuid4()}>"


def target(url: str) -> str:
    """`url` as WARC-Target-URI holds it: no angle brackets around, no white space, ASCII (5.16)."""
    return _NOT_IN_ADDRESS.sub(lambda m: "".join(f"%{b:02X}" for b in m[0].encode("utf-8", "replace")), bare_uri(url))


def stored_head(head: bytes) -> bytes:
    """The response's header block as it is stored: byte for byte, but for two names that stop readers.

    A Transfer-Encoding line would claim a coding that is undone, and readers know HTTP/1.0 and HTTP/1.1 only.
    """
    head = _STATUS_LINE.sub(b"HTTP/1.1", head, count=1) if _STATUS_LINE.match(head) else head
    return _TRANSFER_ENCODING.sub(b"X-Orig-Transfer-Encoding", head)


def warcinfo_record(info: WarcInfo, filename: str, time: datetime, joined: Sequence[str] = ()) -> Record:
    """The first record of the file whose final name is `filename`. `joined` is what it says of files it was joined of
    (`archive.warc.joined`)."""
    body = fields_block(
        [
            ("software", info.software),
            ("format", "WARC File Format 1.1"),
            ("conformsTo", CONFORMS_TO),
            ("robots", info.robots),
            ("hostname", info.hostname),
            ("http-header-user-agent", info.user_agent),
            ("isPartOf", info.collection),
            ("operator", info.operator),
            ("description", info.description),
            *(("joined", source) for source in joined),
        ]
    )
    return _record("warcinfo", [("WARC-Filename", filename)], time, FIELDS_TYPE, body=body)


def exchange_records(part: Part, page_id: str, original: Capture | None = None) -> tuple[Record, ...]:
    """The request and its response or revisit, in this order; neither where nothing went out or came back.

    `original` is the stored response with the same payload, which makes this one a revisit of it. Where the part is a
    304, it (or else `part.unchanged_from`) is the response that the server confirmed. A body that was cut short is
    stored as it is, never as a revisit; a 304 that confirms nothing we know is not stored, since replay would show it
    as the newest capture. Raises ValueError if `original` is no response or has another payload.
    """
    exchange = part.exchange
    confirmed = (original or part.unchanged_from) if part.unchanged_from is not None else None
    request_id, answer_id = new_record_id(), new_record_id()
    common = _exchange_fields(exchange, page_id)
    records: list[Record] = []
    answered = exchange.head.startswith(b"HTTP/") and (confirmed is not None or exchange.status not in (None, 304))
    if exchange.request:
        fields = [*common, ("WARC-Concurrent-To", answer_id)] if answered else common
        records.append(
            _record("request", fields, exchange.time, REQUEST_TYPE, head=exchange.request, record_id=request_id)
        )
        common = [*common, ("WARC-Concurrent-To", request_id)]
    if not answered:
        return tuple(records)
    if confirmed is not None:
        answer = _not_modified(exchange, confirmed, common, answer_id)
    elif original is not None and exchange.truncated is None:
        answer = _identical(exchange, original, common, answer_id)
    else:
        answer = _response(exchange, common, answer_id)
    return (*records, answer)


def resource_record(kind: str, url: str, time: datetime, page_id: str, body: bytes, content_type: str) -> Record:
    """Data of ours about the page at `url`: `kind` is "text" or "article", the target is `urn:KIND:URL`."""
    fields = [
        ("WARC-Target-URI", f"urn:{kind}:{target(url)}"),
        ("WARC-Page-ID", one_line(page_id)),
        ("WARC-Payload-Digest", _digest(body)),
    ]
    return _record("resource", fields, time, content_type, body=body)


def group_record(group: PageGroup, records: Sequence[tuple[Part, str | None]], *, side: bool = False) -> Record:
    """The last record of a group in a file.

    `records` are the parts that this file tells of, each with the id of its response or revisit record (None: no
    answer, or stored elsewhere). `side`: the file holds only the group's bad requisites.
    """
    chain = [(part, record_id) for part, record_id in records if part.role in ("page", "hop")]
    url = chain[-1][0].exchange.url if chain else group.link.url
    fields = [("WARC-Target-URI", target(url)), ("WARC-Page-ID", one_line(group.id))]
    if chain and chain[-1][1]:
        fields.append(("WARC-Refers-To", chain[-1][1]))
    return _record("metadata", fields, group.time, FIELDS_TYPE, body=dump(group_data(group, records, side=side)))


def regroup_record(data: GroupData) -> Record:
    """The last record of a group that lost its own."""
    chain = [part for part in data.parts if part.role in ("page", "hop")]
    fields = [
        ("WARC-Target-URI", target(chain[-1].url if chain else data.link.url)),
        ("WARC-Page-ID", one_line(data.page_id)),
    ]
    if chain and chain[-1].record_id:
        fields.append(("WARC-Refers-To", chain[-1].record_id))
    return _record("metadata", fields, data.time, FIELDS_TYPE, body=dump(data))


def reread_record(again: Rereading) -> Record:
    """The last record of a group that is another reading of a stored page."""
    fields = [
        ("WARC-Target-URI", target(again.origin.url)),
        ("WARC-Page-ID", one_line(again.id)),
        ("WARC-Refers-To", again.origin.record_id),
    ]
    return _record("metadata", fields, again.time, FIELDS_TYPE, body=dump(reread_data(again)))


def import_record(data: GroupData) -> Record:
    """The last record of a group whose exchanges lie in an imported file."""
    page = next((part for part in data.parts if part.role == "page"), None)
    fields = [
        ("WARC-Target-URI", target(page.url if page is not None else data.link.url)),
        ("WARC-Page-ID", one_line(data.page_id)),
    ]
    if page is not None and page.record_id and _RECORD_ID.match(page.record_id):
        fields.append(("WARC-Refers-To", page.record_id))
    return _record("metadata", fields, data.time, FIELDS_TYPE, body=dump(data))


def answer_id(records: Sequence[Record]) -> str | None:
    """The id of the response or revisit among one exchange's records."""
    return next((record.record_id for record in records if record.type in ("response", "revisit")), None)


def _exchange_fields(exchange: Exchange, page_id: str) -> list[tuple[str, str]]:
    fields = [("WARC-Target-URI", target(exchange.url)), ("WARC-Page-ID", one_line(page_id))]
    if exchange.ip:
        fields.append(("WARC-IP-Address", one_line(exchange.ip)))
    if exchange.memento is not None:
        fields += [
            ("WARC-Source-URI", target(exchange.memento.address)),
            ("WARC-Creation-Date", warc_date(exchange.memento.fetched)),
        ]
    return fields


def _response(exchange: Exchange, fields: list[tuple[str, str]], record_id: str) -> Record:
    fields = [*fields, ("WARC-Payload-Digest", exchange.body.digest), *_protocol(exchange.head)]
    if exchange.truncated:
        fields.append(("WARC-Truncated", exchange.truncated))
    head = stored_head(exchange.head)
    return _record("response", fields, exchange.time, RESPONSE_TYPE, head=head, body=exchange.body, record_id=record_id)


def _identical(exchange: Exchange, original: Capture, fields: list[tuple[str, str]], record_id: str) -> Record:
    if original.digest != exchange.body.digest:
        raise ValueError(f"the payload {exchange.body.digest} is not the original's, {original.digest}")
    fields = [
        *fields,
        ("WARC-Payload-Digest", original.digest),
        *_refers_to(original),
        ("WARC-Profile", IDENTICAL),
        *_protocol(exchange.head),
        ("WARC-Truncated", "length"),
    ]
    return _record(
        "revisit", fields, exchange.time, RESPONSE_TYPE, head=stored_head(exchange.head), record_id=record_id
    )


def _not_modified(exchange: Exchange, original: Capture, fields: list[tuple[str, str]], record_id: str) -> Record:
    # With the 304's head as its block, replay would answer 304 and an empty page.
    fields = [
        *fields,
        ("WARC-Payload-Digest", original.digest),
        *_refers_to(original),
        ("WARC-Profile", NOT_MODIFIED),
    ]
    return _record("revisit", fields, exchange.time, RESPONSE_TYPE, record_id=record_id)


def _refers_to(original: Capture) -> list[tuple[str, str]]:
    if original.record_type != "response":
        raise ValueError(f"a revisit refers to a response, not to a {original.record_type}")
    return [
        ("WARC-Refers-To", original.record_id),
        ("WARC-Refers-To-Target-URI", target(original.url)),
        ("WARC-Refers-To-Date", warc_date(original.time)),
    ]


def _protocol(head: bytes) -> list[tuple[str, str]]:
    match = _STATUS_LINE.match(head)
    if match is None:
        return []
    version = match[1].decode("ascii")
    return [("WARC-Protocol", {"2": "h2", "2.0": "h2", "3": "h3", "3.0": "h3"}.get(version, f"http/{version}"))]


def _record(
    kind: str,
    fields: Sequence[tuple[str, str]],
    time: datetime,
    content_type: str,
    *,
    head: bytes = b"",
    body: Spool | bytes = b"",
    record_id: str | None = None,
) -> Record:
    record_id = record_id or new_record_id()
    block = _digest(head, body)
    headers = (
        ("WARC-Type", kind),
        ("WARC-Record-ID", record_id),
        ("WARC-Date", warc_date(time)),
        *((name, one_line(value)) for name, value in fields),
        ("WARC-Block-Digest", block),
        ("Content-Type", content_type),
        ("Content-Length", str(_length(head, body))),
    )
    return Record(kind, record_id, headers, head, body)


def _length(head: bytes, body: Spool | bytes) -> int:
    return len(head) + (len(body) if isinstance(body, bytes) else body.size)


def _digest(head: bytes, body: Spool | bytes = b"") -> str:
    digest = hashlib.sha256(head)
    if isinstance(body, bytes):
        digest.update(body)
    elif not head:
        return body.digest
    else:
        with told(WAITING), body.open() as reader:
            while chunk := reader.read(_CHUNK):
                digest.update(chunk)
    return "sha256:" + digest.hexdigest()
