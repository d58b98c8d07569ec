"""The entry point. Kept apart from the commands so that worker processes, which import it again, load nothing."""

import sys


def main() -> None:
    if sys.argv[1:2] == ["fetch"] and "--help" not in sys.argv:
        # The parsers take longest to load: their process begins before ours has loaded anything.
        from scraper.forking import prepare

        prepare()
    from scraper.cli import run

    run()


if __name__ == "__main__":
    main()
