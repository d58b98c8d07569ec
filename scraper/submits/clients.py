"""How an archive is asked to keep a copy: Save Page Now's API, and any address that keeps what it is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlencode

from msgspec.structs import replace

from archive.errors import ConfigError
from archive.models import Exchange
from archive.submission import Step, Submission
from scraper.fetch import Fetcher, HopRequest
from scraper.identity import host_of
from scraper.mementos.addresses import URL, filled
from scraper.settings import Depository
from scraper.submits.answers import Answer, of_request, of_save, of_status

_MOST_KEYS = 4096
_HIDDEN = "…"


class Client(Protocol):
    """Asks one archive, once."""

    @property
    def depository(self) -> Depository: ...

    def ask(self, submission: Submission) -> Answer: ...


class SavePageNow:
    """The API of the Internet Archive (SPN2): POST /save, then GET /save/status/JOB until the job has ended."""

    def __init__(self, depository: Depository, fetcher: Fetcher, keys: str) -> None:
        """`keys` are key:secret, which go out in a header and nowhere else."""
        self.depository = depository
        self._fetcher = fetcher
        self._keys = keys
        self._url = depository.url.partition("?")[0].rstrip("/")
        self._top = f"{self._url.rsplit('/', 1)[0]}/web/"

    def ask(self, submission: Submission) -> Answer:
        if submission.job and submission.step is Step.ASKED:
            return self._safe(of_status(self._answer(f"{self._url}/status/{submission.job}"), self._top))
        form = urlencode({"url": submission.address}).encode()
        if self.depository.options:
            form += b"&" + self.depository.options.encode()
        return self._safe(of_save(self._answer(self._url, form), self._top))

    def _answer(self, url: str, form: bytes | None = None) -> Exchange:
        request = HopRequest(url, kind="json", form=form, authorization=f"LOW {self._keys}")
        return self._fetcher.once(request)

    def _safe(self, answer: Answer) -> Answer:
        """The keys never get into a record, whatever the server gives back of them."""
        return replace(answer, reason=_without(answer.reason, self._keys))


class Request:
    """An address that keeps what it is asked for."""

    def __init__(self, depository: Depository, fetcher: Fetcher) -> None:
        self.depository = depository
        self._fetcher = fetcher

    def ask(self, submission: Submission) -> Answer:
        depository, address = self.depository, submission.address
        if depository.method == "POST":
            url = filled(depository.url, address) if URL in depository.url else depository.url
            return of_request(self._fetcher.once(HopRequest(url, form=urlencode({"url": address}).encode())))
        return of_request(self._fetcher.once(HopRequest(filled(depository.url, address))))


def client_of(depository: Depository, fetcher: Fetcher, environ: Mapping[str, str] | None = None) -> Client:
    """Raises ConfigError where its keys cannot be had."""
    if depository.kind == "request":
        return Request(depository, fetcher)
    return SavePageNow(depository, fetcher, _keys(depository, os.environ if environ is None else environ))


def host(depository: Depository) -> str:
    """The host that is asked."""
    return host_of(filled(depository.url, "http://example.com/"))


def _keys(depository: Depository, environ: Mapping[str, str]) -> str:
    where = f"[[submit.archive]] {depository.name}"
    if depository.keys_variable:
        found, place = environ.get(depository.keys_variable, ""), f"the variable {depository.keys_variable}"
    elif depository.keys is not None:
        place = str(depository.keys)
        try:
            with depository.keys.open(encoding="utf-8") as file:
                found = file.read(_MOST_KEYS).partition("\n")[0]
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{where}: {place} cannot be read: {getattr(error, 'strerror', error)}") from None
    else:
        raise ConfigError(f"{where}: it needs keys: name their file (keys) or their variable (keys_variable)")
    key, colon, secret = found.strip().partition(":")
    if not (key and colon and secret and found.isascii() and found.strip().isprintable()):
        raise ConfigError(f"{where}: {place} does not hold key:secret")
    return found.strip()


def _without(text: str, keys: str) -> str:
    key, _, secret = keys.partition(":")
    for private in (keys, secret, key):
        text = text.replace(private, _HIDDEN)
    return text
