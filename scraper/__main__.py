"""The entry point: what has to happen before the commands are loaded."""

import codecs
import os
import signal
import sys

from archive import kept_patterns


def main() -> None:
    signal.signal(signal.SIGINT, _interrupted)
    # Whoever ignores it hands that on, and then nobody can wait for a process of his own.
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    _mend_streams()
    kept_patterns.install()
    if _will_read(sys.argv[1:]):
        # The parsers take longest to load: their process begins before ours has loaded more than both need.
        from scraper.forking import prepare

        prepare()
    from scraper.cli import run

    run()


def _will_read(words: list[str]) -> bool:
    """Whether the command is one that reads pages. One that is not known by its first plain word costs a moment."""
    command = next((word for word in words if not word.startswith("-")), None)
    return command in ("fetch", "crawl") and not {"--help", "--dry-run"}.intersection(words)


def _interrupted(number: int, _: object) -> None:
    os.write(2, b"stopped\n")
    os._exit(128 + number)


def _mend_streams() -> None:
    """Whoever starts us with a stream closed gets one that leads nowhere, not our files in its place. What a stream's
    encoding lacks is written as JSON writes it."""
    codecs.register_error("escape", _escaped)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
        elif mode == "w" and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="escape")


def _escaped(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2)), error.end


if __name__ == "__main__":
    main()
