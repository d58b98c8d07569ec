"""Commands that are loaded when they are called: making the options of all of them takes longer than most of them need
to start."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup
from typer.main import get_command

from scraper.options import common


class Commands(TyperGroup):
    """A group of the commands in `table`, in its order: their names, and as "module:name" the function, which takes the
    options that stand everywhere beside its own, or the group."""

    table: ClassVar[Mapping[str, str]] = {}

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Loaded(self.table)


class _Loaded(MutableMapping[str, Any]):
    def __init__(self, table: Mapping[str, str]) -> None:
        self._commands: dict[str, Any] = dict(table)

    def __getitem__(self, name: str) -> Any:
        command = self._commands[name]
        if isinstance(command, str):
            command = self._commands[name] = _load(name, command)
        return command

    def __setitem__(self, name: str, command: Any) -> None:
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        del self._commands[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._commands)

    def __len__(self) -> int:
        return len(self._commands)


def _load(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(module), attribute)
    if isinstance(found, typer.Typer):
        return get_command(found)
    alone = typer.Typer(add_completion=False)
    alone.command(name)(common(found))
    return get_command(alone)
