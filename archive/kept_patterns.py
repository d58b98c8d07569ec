"""What compiling a pattern comes to is kept between runs, beside the byte code and as byte code is.

Compiling all that the modules of a run need takes a fifth of the time of a short one; making the patterns of what it
came to takes a fiftieth of that. Only patterns of modules are kept: those compiled while a module is loaded, be it
another package's, and those that `deferred` is given. What is kept was made by the same Python to the very build and
held against a pattern that was compiled as ever. Where the file is not there, cannot be written or does not fit, or
where `re` is made otherwise than we know it, patterns are compiled in each run.
"""

from __future__ import annotations

import binascii
import contextlib
import marshal
import os
import re
import sys
import warnings
from array import array
from collections.abc import Callable
from time import monotonic
from types import FrameType
from typing import Any

try:
    import _sre  # type: ignore[import-not-found]
    from re import _compiler, _parser  # type: ignore[attr-defined]

    _compile: Callable[..., re.Pattern[Any]] | None = _compiler.compile
    _SRE = (_sre.MAGIC, _sre.CODESIZE)
except (ImportError, AttributeError):
    _compile, _SRE = None, (0, 0)

Key = tuple[bool, str | bytes, int]
"""Whether it is text, a pattern's source and its flags."""
Made = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]
"""What `_sre.compile` is given besides the source; the code as an array of its own machine."""

_FORMAT = 1
_MOST_KEPT = 5_000
_FEW_NEW = 10
_LONGEST_SAVE = 0.5
_NOT_KEPT = (
    *(ArithmeticError, AttributeError, LookupError, MemoryError, RuntimeError, TypeError, ValueError),
    *(Warning, re.error),
)
"""What Python has to say of a pattern, and what comes of a `re` that is made otherwise."""
_LOADING = ("exec_module", "<frozen importlib._bootstrap_external>")


class Patterns:
    """Compiled patterns, kept in a file that several processes may read and write at a time. Threads may compile while
    one of them saves."""

    def __init__(self, path: str | None) -> None:
        """None: there is no such file."""
        self._path = path
        self._kept: dict[Key, Made | None] = {}
        self._wanted: set[Key] = set()
        self._fits = True

    def load(self) -> None:
        """What earlier runs have left is known from now on."""
        self._kept = self._read()

    def compile(self, source: Any, flags: int = 0) -> re.Pattern[Any]:
        """As `re` compiles, which calls this where the source is not one that it has in memory."""
        if type(source) in (str, bytes) and isinstance(flags, int):
            key = _key(source, flags)
            found = self._find(key)
            if found is not None:
                return found
            if _is_loading():
                self._wanted.add(key)
        assert _compile is not None
        return _compile(source, flags)

    def want(self, source: str | bytes, flags: int = 0) -> None:
        """It is a pattern of a module, so it is worth to be kept."""
        self._wanted.add(_key(source, flags))

    def _find(self, key: Key) -> re.Pattern[Any] | None:
        made = self._kept.get(key)
        if made is None:
            return None
        try:
            return _of(key, made)
        except (RuntimeError, TypeError, ValueError):
            self._kept.pop(key, None)
            self._fits = False
            return None

    def save(self) -> None:
        """What is wanted and was not kept yet is kept from now on; what takes too long waits for the next run. Next to
        nothing is not worth it: a few patterns of other packages are made of sets, in another order in each run, and
        would have all written anew each time."""
        if self._path is None or sys.dont_write_bytecode or len(self._wanted - self._kept.keys()) <= _FEW_NEW:
            return
        part = f"{self._path}.{os.getpid()}"
        # Whether it can be written is found out before anything is compiled for it.
        with contextlib.suppress(OSError), open(part, "xb") as file:  # noqa: PTH123 - pathlib may not be loaded yet
            try:
                kept = self._read() if self._fits else {}
                if len(kept) > _MOST_KEPT:
                    kept = {}
                _make_all(self._wanted - kept.keys(), kept)
                data = marshal.dumps(kept)
                file.write(_HEAD + binascii.crc32(data).to_bytes(4, "big") + data)
                file.flush()
                os.replace(part, self._path)  # noqa: PTH105
                self._kept = kept
            except BaseException:
                os.unlink(part)  # noqa: PTH108
                raise

    def _read(self) -> dict[Key, Made | None]:
        if self._path is None:
            return {}
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123
                data = file.read()
        except OSError:
            return {}
        start = len(_HEAD) + 4
        if data[: len(_HEAD)] != _HEAD or data[len(_HEAD) : start] != binascii.crc32(data[start:]).to_bytes(4, "big"):
            return {}
        try:
            kept = marshal.loads(data[start:])  # noqa: S302 - trusted as the byte code beside it
        except (EOFError, TypeError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}


def _key(source: str | bytes, flags: int) -> Key:
    return type(source) is str, source, int(flags)


def _make_all(keys: set[Key], kept: dict[Key, Made | None]) -> None:
    until = monotonic() + _LONGEST_SAVE
    for key in keys:
        if monotonic() > until:
            break
        kept[key] = _make(key)


def _make(key: Key) -> Made | None:
    """None for one that cannot be kept, or that Python warns of."""
    _, source, flags = key
    if flags & re.DEBUG:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            parsed = _parser.parse(source, flags)
            code = array("I", _compiler._code(parsed, flags)).tobytes()
            state = parsed.state
            names: list[str | None] = [None] * state.groups
            for name, number in state.groupdict.items():
                names[number] = name
            made = (flags | state.flags, code, state.groups - 1, dict(state.groupdict), tuple(names))
            same = _of(key, made) == re.compile(source, flags)
    except _NOT_KEPT:
        return None
    return made if same else None


def _of(key: Key, made: Made) -> re.Pattern[Any]:
    flags, code, groups, by_name, names = made
    found: re.Pattern[Any] = _sre.compile(key[1], flags, array("I", code).tolist(), groups, by_name, names)
    return found


def _is_loading() -> bool:
    """Whether a module is being loaded, so that a pattern is its, and not one made of what a page or a user says."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and (frame.f_code.co_name, frame.f_code.co_filename) != _LOADING:
        frame = frame.f_back
    return frame is not None


def _head() -> bytes:
    """Of the very build that compiled the patterns: their code is nothing that Python promises to keep."""
    words = (_FORMAT, sys.version, sys.implementation.cache_tag, *_SRE, array("I").itemsize, sys.byteorder)
    return repr(words).encode() + b"\n"


def _beside_byte_code() -> str | None:
    code = __spec__.cached if __spec__ is not None else None
    return None if code is None else f"{code.removesuffix('.pyc')}.patterns"


_HEAD = _head()
_patterns = Patterns(_beside_byte_code())


def install() -> None:
    """From now on `re` compiles by what is kept."""
    if _compile is not None and _compiler.compile is _compile:
        _patterns.load()
        _compiler.compile = _patterns.compile


def save() -> None:
    """What this run has compiled is there for the next. Costs nothing where there is nothing new."""
    _patterns.save()


def want(source: str | bytes, flags: int) -> None:
    """See `Patterns.want`."""
    _patterns.want(source, flags)
