"""What all commands share: the options that stand everywhere, stopping, and reading a collection."""

from __future__ import annotations

import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import Struct

from archive.errors import StorageError, UsageError
from scraper.saying import say

if TYPE_CHECKING:
    from archive.collection import Collection
    from scraper.settings import Settings


InputFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "-i", "--input", metavar="FILE", help="A file of addresses, one a line; # begins a comment. Repeatable."
    ),
]


class Common(Struct):
    """What every command takes: where the config is, which collection, how to print."""

    config: Path | None = None
    collection: str | None = None
    json: bool = False
    quiet: bool = False
    verbose: bool = False

    def settings(self) -> Settings:
        from scraper.config import load

        overrides = {"archive.collection": self.collection} if self.collection else {}
        settings = load(self.config, overrides)
        if settings.archive.store:
            from scraper.storing import mount

            mount(settings.archive)
        return settings

    def options(self) -> tuple[str, ...]:
        """Those that say which config and collection, for a run of the command from within it."""
        config = ("--config", str(self.config.absolute())) if self.config else ()
        return (*config, *(("--collection", self.collection) if self.collection else ()))


COMMON = Common()

_OPTIONS: dict[str, Any] = {
    "config": Annotated[
        Path | None, typer.Option("-c", "--config", help="The config file. Else ./config.toml, else the user's own.")
    ],
    "collection": Annotated[
        str | None, typer.Option("--collection", metavar="NAME", help="The collection to work on.")
    ],
    "json": Annotated[bool, typer.Option("--json", help="Print JSON on stdout and nothing else there.")],
    "quiet": Annotated[bool, typer.Option("-q", "--quiet", help="Say nothing but errors.")],
    "verbose": Annotated[bool, typer.Option("-v", "--verbose", help="Say more.")],
}


def common(function: Callable[..., None]) -> Callable[..., None]:
    """The function with, beside its own options, those which stand everywhere: they go to COMMON.

    They may stand before the command's name as well as after it; the later one counts.
    """

    @functools.wraps(function)
    def called(**given: Any) -> None:
        for option in _OPTIONS:
            if value := given.pop(option):
                setattr(COMMON, option, value)
        function(**given)

    own = inspect.signature(function, eval_str=True).parameters.values()
    keyword = inspect.Parameter.KEYWORD_ONLY
    more = [
        inspect.Parameter(option, keyword, default=getattr(Common(), option), annotation=kind)
        for option, kind in _OPTIONS.items()
    ]
    parameters = [*(parameter.replace(kind=keyword) for parameter in own), *more]
    called.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


def read_quantity(option: str, given: str | None, parse: Callable[[str], float]) -> float | None:
    try:
        return parse(given) if given is not None else None
    except ValueError as error:
        raise UsageError(f"{option} {given}: {error}") from None


class Stop(Event):
    """Set by the first SIGINT or SIGTERM; `code` is then the exit code. A second one ends the program at once."""

    code: int = 0


@contextmanager
def stopping() -> Iterator[Stop]:
    stop = Stop()

    def handle(number: int, _: object) -> None:
        if stop.is_set():
            sys.stderr.write("stopped at once; what was told kept is kept\n")
            sys.stderr.flush()
            os._exit(128 + number)
        stop.code = 128 + number
        stop.set()
        say("stopping: what is in flight is finished first; once more stops at once")

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def reading() -> Iterator[Collection]:
    from archive.collection import Collection

    with Collection.open(COMMON.settings().archive, None, tell=say_progress) as collection, piping():
        yield collection


@contextmanager
def piping() -> Iterator[None]:
    """Whoever closes our output has seen enough."""
    try:
        yield
    except BrokenPipeError as error:
        raise typer.Exit(output_failed(error)) from None


def say_progress(message: str) -> None:
    if not COMMON.quiet:
        say(message)


def output_failed(error: OSError) -> int:
    """The exit code when what we print cannot be written. Whoever closed our output has seen enough: no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        return 0
    say(f"tearsheet: {error.strerror or error}; what was kept is kept")
    return StorageError.exit_code
