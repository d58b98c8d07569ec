"""What a crawl came to, counted as it goes: the material of its report. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct, field, structs

from archive.models import VerdictKind

MOST_TOLD = 10_000


class Failed(Struct, frozen=True):
    """An address that was not kept; `new`: its answer before was good, or there was none."""

    url: str
    verdict: str
    reason: str
    source: str
    via: str | None
    failures: int
    new: bool
    again: str | None


class Version(Struct, frozen=True):
    """A text that changed: it is the `version`th of its article."""

    url: str
    title: str | None
    text: str | None
    version: int


class SourceCount(Struct):
    """One source: how many addresses it gave, how many of them were not known, what went wrong."""

    title: str
    kind: str
    found: int = 0
    new: int = 0
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)
    failed: bool = False
    new_failure: bool = False


class Count(Struct):
    """One run. Of failures and versions the first MOST_TOLD are held; the log has them all."""

    begun: datetime
    asked: int = 0
    kept: int = 0
    new: int = 0
    unchanged: int = 0
    failed: int = 0
    new_failures: int = 0
    size: int = 0
    verdicts: dict[str, int] = field(default_factory=dict)
    failures: list[Failed] = field(default_factory=list)
    changed: int = 0
    versions: list[Version] = field(default_factory=list)
    sources: dict[str, SourceCount] = field(default_factory=dict)

    def page(self, verdict: VerdictKind, size: int, first: bool) -> None:
        """An address was asked; `first`: it was never kept before."""
        self.asked += 1
        self.size += size
        self.verdicts[verdict] = self.verdicts.get(verdict, 0) + 1
        self.unchanged += verdict is VerdictKind.UNCHANGED
        if verdict.kept:
            self.kept += 1
            self.new += first
        else:
            self.failed += 1

    def failure(self, failed: Failed) -> None:
        self.new_failures += failed.new
        if len(self.failures) < MOST_TOLD:
            self.failures.append(failed)

    def version(self, version: Version) -> None:
        self.changed += 1
        if len(self.versions) < MOST_TOLD:
            self.versions.append(version)

    def source(self, title: str, kind: str) -> SourceCount:
        return self.sources.setdefault(title, SourceCount(title, kind))

    @property
    def failed_sources(self) -> list[SourceCount]:
        return [source for source in self.sources.values() if source.failed]

    @property
    def anything_new_failed(self) -> bool:
        return self.new_failures > 0 or any(source.new_failure for source in self.sources.values())

    def as_dict(self) -> dict[str, Any]:
        """What the report says of it."""
        plain = structs.asdict(self)
        plain.pop("begun")
        plain["failures"] = [structs.asdict(each) for each in self.failures]
        plain["versions"] = [structs.asdict(each) for each in self.versions]
        plain["sources"] = [structs.asdict(each) for each in self.sources.values()]
        return plain
