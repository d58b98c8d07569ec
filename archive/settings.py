"""What the archive is told: where it lies, and who runs it. Plain values; nothing here does I/O."""

from pathlib import Path
from typing import Annotated

from msgspec import Struct


class Setting(Struct, frozen=True):
    """What the config file's reader and writer know of one setting beyond its name, type and default; it stands in the
    setting's annotation.

    `unit` is "bytes", "seconds" or "". `least` is the smallest number allowed, `choices` the only strings allowed.
    `pattern` is a regular expression that a string, or each string of a list, must match; `form` says in words what it
    asks for. `example` stands, commented out, in the sample where the default is empty.
    """

    help: str
    unit: str = ""
    least: float | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""
    example: str = ""


PRINTABLE = r"^[^\x00-\x1f\x7f]*$"


class ArchiveSettings(Struct, frozen=True):
    """`root` holds `collections/<collection>/`; a WARC file is closed when it has `warc_size` bytes.
    `store` is an address that fsspec knows."""

    root: Annotated[
        Path,
        Setting(
            "The folder that holds all collections. Here it is relative to this file; without this line it is the "
            "folder tearsheets in the current folder."
        ),
    ] = Path("tearsheets")
    collection: Annotated[
        str,
        Setting(
            "The collection to work on.",
            pattern="^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$",
            form="a name of letters, digits, _ and -",
        ),
    ] = "main"
    prefix: Annotated[
        str,
        Setting(
            "What the names of the WARC files begin with.",
            pattern="^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}$",
            form="a name of letters, digits, _ and -",
        ),
    ] = "tearsheet"
    warc_size: Annotated[
        int, Setting("A WARC file that has grown to this size is closed and a new one begun.", unit="bytes", least=1)
    ] = 1_000_000_000
    store: Annotated[
        str,
        Setting(
            "Object storage for the WARC files: a file is closed and taken there before its pages are told kept. Keys "
            "are never written here: they come from where the storage's own tools look for them.",
            pattern=r"^([a-z][a-z0-9+.-]*://[^\s@?#\x00-\x1f\x7f]+)?$",
            form="an address such as s3://bucket/prefix, without keys in it",
            example="s3://bucket/prefix",
        ),
    ] = ""
    keep_local: Annotated[
        bool,
        Setting("Whether a WARC file stays here too once the store has it. false: it is read from there, by range."),
    ] = True
    operator: Annotated[
        str,
        Setting(
            "Who runs this, for the first record of each WARC file.",
            pattern=PRINTABLE,
            form="text without control characters",
            example="A Newsroom <archive@example.com>",
        ),
    ] = ""


class RunInfo(Struct, frozen=True):
    """What a run says of itself in the warcinfo record of each file it writes.

    `robots` is the policy: "obey" or "ignore". `writer` is who writes, in the files' names too; else it is the machine.
    """

    software: str
    user_agent: str
    robots: str
    writer: str = ""
