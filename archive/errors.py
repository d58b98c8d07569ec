"""One root for every error that tearsheet raises on purpose.

TearsheetError
├── UsageError          the command line is wrong                         exit 2
├── ConfigError         the config is wrong                               exit 4
├── StorageError        the disk is full, read-only or failing            exit 3
├── LockedError         another run holds the collection                  exit 75
├── ClusterError        the machines that are to help cannot be had       exit 75
├── DamageError         stored data is not what was written               exit 5
│   ├── TextError       a kept text is damaged
│   └── WarcError       a WARC record breaks the standard
├── FormatError         a text file is not in the article format          exit 1
├── NotKeptError        nothing is kept of an address                     exit 1
├── ReplayError         the replay cannot be started                      exit 1
└── FetchError          an address gave no usable answer                  exit 1
    └── RefusedError    we refuse to ask it (scheme, private address)
"""


class TearsheetError(Exception):
    """The root. `exit_code` is what the command exits with."""

    exit_code = 1


class UsageError(TearsheetError):
    exit_code = 2


class ConfigError(TearsheetError):
    exit_code = 4


class StorageError(TearsheetError):
    exit_code = 3


class LockedError(TearsheetError):
    exit_code = 75


class ClusterError(TearsheetError):
    exit_code = 75


class DamageError(TearsheetError):
    exit_code = 5


class OutdatedError(DamageError):
    """A catalog that an earlier release made. Whoever opens the collection to write brings it up."""


class TextError(DamageError):
    """A kept text, or the JSON file beside it, is not what was written: a rebuild makes it again."""


class WarcError(DamageError):
    """A record that cannot be read; `offset` is its first byte in `name`."""

    def __init__(self, name: str, offset: int, problem: str) -> None:
        super().__init__(f"{name}, offset {offset}: {problem}")
        self.name = name
        self.offset = offset
        self.problem = problem


class FormatError(TearsheetError):
    """A text file that breaks the format; `line` counts from 1."""

    def __init__(self, name: str, line: int, problem: str) -> None:
        super().__init__(f"{name}, line {line}: {problem}")
        self.name = name
        self.line = line
        self.problem = problem


class NotKeptError(TearsheetError):
    pass


class ReplayError(TearsheetError):
    pass


class FetchError(TearsheetError):
    pass


class RefusedError(FetchError):
    pass
