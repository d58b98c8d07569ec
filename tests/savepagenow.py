"""A stand-in for Save Page Now, written from the public documentation of its API (SPN2): jobs that are pending, end or
fail, limits for each user, keys."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from tests.site import Connection, Request, Web

KEYS = "my-access-key:my-private-secret"
HOST = "spn.test"


@dataclass(slots=True)
class Job:
    url: str
    polled: int = 0


@dataclass(slots=True)
class SavePageNow:
    """`pending` polls come before a job ends; `ends` says how a job of an address ends (None: well); `refuses` may
    answer a request to save with a status and an error; `sessions` is how many jobs a user may have at a time."""

    pending: int = 1
    ends: Callable[[str], str | None] = lambda url: None
    refuses: Callable[[str, int], tuple[int, dict[str, Any], dict[str, str]] | None] = lambda url, number: None
    sessions: int = 100
    jobs: dict[str, Job] = field(default_factory=dict)
    running: set[str] = field(default_factory=set)
    saved: list[dict[str, str]] = field(default_factory=list)
    most_running: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on(self, web: Web) -> SavePageNow:
        host = web.host(HOST)
        host.route("/save", self.save)
        host.otherwise(self.status)
        return self

    def save(self, connection: Connection, request: Request) -> None:
        body = connection.read(int(request.header("Content-Length") or 0)).decode()
        given = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        if request.seen.method != "POST" or request.header("Accept") != "application/json":
            _answer(connection, 405, {"message": "Method Not Allowed"})
            return
        if request.header("Authorization") != f"LOW {KEYS}":
            # What a careless server may give back.
            message = f"You need to be logged in, {request.header('Authorization')} is not known."
            _answer(connection, 401, {"message": message, "status": "error", "status_ext": "error:not-logged-in"})
            return
        with self.lock:
            self.saved.append(given)
            number = len(self.saved)
            refused = self.refuses(given["url"], number)
            if refused is None and len(self.running) >= self.sessions:
                refused = 429, _error("error:user-session-limit", "You have already reached the limit of sessions."), {}
            if refused is None:
                name = f"spn2-{number:040x}"
                self.jobs[name] = Job(given["url"])
                self.running.add(name)
                self.most_running = max(self.most_running, len(self.running))
        if refused is not None:
            status, told, headers = refused
            _answer(connection, status, told, **headers)
        else:
            _answer(connection, 200, {"url": given["url"], "job_id": name})

    def status(self, connection: Connection, request: Request) -> None:
        name = request.target.removeprefix("/save/status/")
        if request.header("Authorization") != f"LOW {KEYS}":
            _answer(connection, 401, {"message": "who are you?"})
            return
        with self.lock:
            job = self.jobs.get(name)
            if job is not None:
                job.polled += 1
                if job.polled > self.pending:
                    self.running.discard(name)
        if job is None:
            _answer(connection, 404, {"message": "no such job"})
        elif job.polled <= self.pending:
            _answer(connection, 200, {"status": "pending", "job_id": name, "resources": []})
        elif (code := self.ends(job.url)) is not None:
            _answer(connection, 200, _error(code, f"Couldn't do it: {code}", job_id=name, exception="[Errno -2]"))
        else:
            told = {"status": "success", "job_id": name, "original_url": job.url, "timestamp": "20260102030405"}
            _answer(connection, 200, told | {"duration_sec": 6.203, "resources": [job.url], "outlinks": []})


def _error(code: str, message: str, **more: str) -> dict[str, Any]:
    return {"status": "error", "status_ext": code, "message": message} | more


def _answer(connection: Connection, status: int, told: dict[str, Any], **headers: str) -> None:
    given = (("Content-Type", "application/json"), *headers.items())
    connection.respond(status, json.dumps(told), given)
