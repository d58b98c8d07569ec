"""The library that is open just now: the first page may be kept while the pages are served."""

from __future__ import annotations

from threading import Lock

from archive import catalog
from archive.collection import ArchiveSettings, Collection
from archive.models import Article, PageRow
from archive.viewer.library import Library
from archive.viewer.model import Card, Choices, Front, Health, Moment, Picture, Query, Read, Results


class Bare:
    """What a library shows in which nothing is kept yet."""

    def revision(self) -> int:
        return 0

    def front(self, days: int = 7, per_site: int = 4) -> Front:
        return Front((), {}, ())

    def search(self, query: Query) -> Results:
        return Results(query, (), 0)

    def quarantine(self, verdict: str = "", host: str = "", page: int = 1) -> Results:
        return Results(Query(verdict=verdict, site=host, page=page), (), 0)

    def choices(self) -> Choices:
        return Choices()

    def changes(self, limit: int = 50) -> tuple[Card, ...]:
        return ()

    def health(self) -> Health:
        return Health((), (), ())

    def read(self, page_id: str) -> Read | None:
        return None

    def page(self, page_id: str) -> PageRow | None:
        return None

    def moments(self, page: PageRow) -> tuple[Moment, ...]:
        return ()

    def find(self, url: str) -> PageRow | None:
        return None

    def article(self, page_id: str) -> Article | None:
        return None

    def text(self, page_id: str) -> str | None:
        return None

    def record(self, page_id: str) -> None:
        return None

    def lead_picture(self, page_id: str) -> Picture | None:
        return None


class Shelf:
    """The library over a collection, from the moment on when something is kept in it. Safe in threads."""

    def __init__(self, collection: Collection) -> None:
        self._path = collection.path
        self._lock = Lock()
        self._own: Collection | None = None
        self._library: Library | Bare = Library(collection) if self._is_there() else Bare()

    def library(self) -> Library | Bare:
        """Raises DamageError where the catalog is missing though something is kept, or cannot be read."""
        if isinstance(self._library, Bare):
            with self._lock:
                self._look_again()
        return self._library

    def _look_again(self) -> None:
        if isinstance(self._library, Bare):
            settings = ArchiveSettings(root=self._path.parent.parent, collection=self._path.name)
            opened = Collection.open(settings, None, missing_ok=True)
            if self._is_there():
                self._own, self._library = opened, Library(opened)

    def _is_there(self) -> bool:
        return (self._path / catalog.NAME).exists()

    def close(self) -> None:
        """The library, and the collection if it is not the one that was handed in."""
        with self._lock:
            if isinstance(self._library, Library):
                self._library.close()
            if self._own is not None:
                self._own.close()
