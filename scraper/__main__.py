"""The entry point. Kept apart from the commands so that worker processes, which import it again, load nothing."""


def main() -> None:
    from scraper.cli import run

    run()


if __name__ == "__main__":
    main()
