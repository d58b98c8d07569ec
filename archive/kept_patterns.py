"""What compiling a pattern comes to is kept between runs, beside the byte code and as byte code is.

Compiling all that the modules of a run need takes a fifth of the time of a short one; making the patterns of what it
came to takes a fiftieth of that. Only patterns of modules are kept: those compiled while a module is loaded, be it
another package's, and those that `deferred` and `lasting` are given. What is kept is made by the same Python to the
very build, held against a pattern that was compiled as ever, and never more than a saving: where the file is not there,
cannot be written or does not fit, patterns are compiled.
"""

from __future__ import annotations

import _sre  # type: ignore[import-not-found]
import binascii
import contextlib
import marshal
import os
import re
import sys
from array import array
from re import _compiler, _parser  # type: ignore[attr-defined]
from types import FrameType
from typing import Any, AnyStr

Key = tuple[bool, str | bytes, int]
"""Whether it is text, a pattern's source and its flags."""
Made = tuple[int, bytes, int, dict[str, int], tuple[str | None, ...]]
"""What `_sre.compile` is given besides the source; the code as an array of its own machine."""

_MOST = 5_000
_FEW = 5
_LOADING = ("exec_module", "<frozen importlib._bootstrap_external>")
_compiled = _compiler.compile


class Patterns:
    """Compiled patterns, kept in a file. May be used by several threads, and the file by several processes."""

    def __init__(self, path: str | None) -> None:
        """None: there is no such file."""
        self._path = path
        self._kept: dict[Key, Made | None] = {}
        self._wanted: set[Key] = set()

    def load(self) -> None:
        """What earlier runs have left is known from now on."""
        self._kept = self._read()

    def compile(self, source: Any, flags: int = 0) -> re.Pattern[Any]:
        """As `re` compiles, which calls this where the source is not one that it has in memory."""
        if type(source) not in (str, bytes):
            return _plain(source, flags)
        found = self._find((isinstance(source, str), source, int(flags)))
        if found is None:
            if _is_loading():
                self.want(source, flags)
            return _plain(source, flags)
        return found

    def want(self, source: str | bytes, flags: int = 0) -> None:
        """It is a pattern of a module, so it is worth to be kept."""
        self._wanted.add((isinstance(source, str), source, int(flags)))

    def _find(self, key: Key) -> re.Pattern[Any] | None:
        made = self._kept.get(key)
        if made is None:
            return None
        try:
            return _of(key, made)
        except (RuntimeError, TypeError, ValueError):
            self._kept.pop(key, None)
            return None

    def save(self) -> None:
        """What is wanted and was not kept yet is kept from now on, unless it is next to nothing: a few patterns of
        other packages are made of sets, in another order in each run, and would have all written anew each time."""
        new = self._wanted - self._kept.keys()
        if self._path is None or sys.dont_write_bytecode or len(new) <= _FEW:
            return
        kept = self._read()
        if len(kept) > _MOST:
            kept = {}
        for key in self._wanted - kept.keys():
            kept[key] = _make(key)
        data = marshal.dumps(kept)
        part = f"{self._path}.{os.getpid()}"
        with contextlib.suppress(OSError):
            try:
                with open(part, "xb") as file:  # noqa: PTH123 - pathlib may not be loaded yet
                    file.write(_HEAD + binascii.crc32(data).to_bytes(4, "big") + data)
                os.replace(part, self._path)  # noqa: PTH105
            except OSError:
                os.unlink(part)  # noqa: PTH108
                raise
        self._kept = kept

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
        kept: dict[Key, Made | None] = marshal.loads(data[start:])  # noqa: S302 - trusted as the byte code beside it
        return kept


def _plain(source: Any, flags: int) -> re.Pattern[Any]:
    found: re.Pattern[Any] = _compiled(source, flags)
    return found


def _of(key: Key, made: Made) -> re.Pattern[Any]:
    flags, code, groups, by_name, names = made
    found: re.Pattern[Any] = _sre.compile(key[1], flags, array("I", code).tolist(), groups, by_name, names)
    return found


def _make(key: Key) -> Made | None:
    """None for one that cannot be kept."""
    _, source, flags = key
    if flags & re.DEBUG:
        return None
    try:
        parsed = _parser.parse(source, flags)
        code = array("I", _compiler._code(parsed, flags)).tobytes()
        state = parsed.state
        names: list[str | None] = [None] * state.groups
        for name, number in state.groupdict.items():
            names[number] = name
        made = (flags | state.flags, code, state.groups - 1, dict(state.groupdict), tuple(names))
        same = _of(key, made) == _plain(source, flags)
    except (AttributeError, ArithmeticError, LookupError, RuntimeError, TypeError, ValueError, Warning, re.error):
        return None
    return made if same else None


def _is_loading() -> bool:
    """Whether a module is being loaded, so that a pattern is its, and not one made of what a page or a user says."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and (frame.f_code.co_name, frame.f_code.co_filename) != _LOADING:
        frame = frame.f_back
    return frame is not None


def _head() -> bytes:
    """Of the very build that compiled the patterns: their code is nothing that Python promises to keep."""
    words = (sys.version, sys.implementation.cache_tag, _sre.MAGIC, _sre.CODESIZE, array("I").itemsize, sys.byteorder)
    return repr(words).encode() + b"\n"


def _beside_byte_code() -> str | None:
    code = __spec__.cached if __spec__ is not None else None
    return None if code is None else f"{code.removesuffix('.pyc')}.patterns"


_HEAD = _head()
_patterns = Patterns(_beside_byte_code())


def install() -> None:
    """From now on `re` compiles by what is kept."""
    if _compiler.compile is not _compiled:
        return
    _patterns.load()
    _compiler.compile = _patterns.compile


def save() -> None:
    """What this run has compiled is there for the next. Costs nothing where there is nothing new."""
    _patterns.save()


def want(source: str | bytes, flags: int) -> None:
    """See `Patterns.want`."""
    _patterns.want(source, flags)


def lasting(source: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`, for one of few patterns that a module makes of nothing but its own words."""
    _patterns.want(source, flags)
    return re.compile(source, flags)
