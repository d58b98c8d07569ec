"""The entry point: what has to happen before the commands are loaded."""

import os
import sys


def main() -> None:
    _open_closed_streams()
    if sys.argv[1:2] == ["fetch"] and "--help" not in sys.argv:
        # The parsers take longest to load: their process begins before ours has loaded anything.
        from scraper.forking import prepare

        prepare()
    from scraper.cli import run

    run()


def _open_closed_streams() -> None:
    """Whoever starts us with a stream closed gets one that leads nowhere, not our files in its place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123


if __name__ == "__main__":
    main()
