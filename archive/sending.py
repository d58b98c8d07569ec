"""What is closed goes to the store: at once in a run, and at the next opening where a run was cut short.

The catalog knows which files have not been seen there yet. A file is sent under its own name only, and looked for
first, so that whatever was cut short may be done again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from archive import exclusions, manifest, mounts
from archive.catalog import Catalog
from archive.disk import Disk, told
from archive.warc.writer import ENDING, OPEN, name_key

if TYPE_CHECKING:
    from archive.store import ConflictError, Object, Store

LEDGERS = (manifest.NAME, exclusions.NAME)
"""What cannot be made again from WARC files, and so goes up besides them, whenever it has grown."""
_STORE, _LEDGER = "store:", "ledger:"
_THREADS = 4
Tell = Callable[[str], None]
Told = tuple[Future[Any], object]
"""A future, and what it is to give."""


class Going(Struct, frozen=True):
    """A closed file on its way: `file` is folder/name, `sha256` "" where only the file itself can tell."""

    file: str
    sha256: str = ""


class _Flight(Struct, frozen=True):
    sent: Future[None]
    files: tuple[Going, ...]
    told: tuple[Told, ...]
    leave: bool


class Sending(Protocol):
    """What a writer hands its closed files to (`Outgoing`), here or elsewhere. For one thread, but `give_up`; `landed`
    is called in another whenever there is something to `land`."""

    landed: Callable[[], None]

    @property
    def busy(self) -> bool: ...

    @property
    def ready(self) -> bool: ...

    def closed(self, files: Sequence[Going]) -> None: ...

    def send(self, files: Sequence[Going], told: Sequence[Told]) -> None: ...

    def land(self, *, wait: bool = False) -> None: ...

    def give_up(self) -> list[Future[Any]]: ...

    def close(self) -> None: ...


class Outgoing:
    """Sends files in threads of its own while the next is written; they are told in the order in which they came. For
    one thread, the one that has the catalog; `landed` is called in another whenever there is something to `land`."""

    def __init__(self, folder: Path, store: Store, catalog: Catalog, disk: Disk) -> None:
        self._folder = folder
        self._store = store
        self._catalog = catalog
        self._disk = disk
        self._flights: deque[_Flight] = deque()
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="store")
        self.landed: Callable[[], None] = lambda: None

    @property
    def busy(self) -> bool:
        return bool(self._flights)

    @property
    def ready(self) -> bool:
        return bool(self._flights) and self._flights[0].sent.done()

    def closed(self, files: Sequence[Going]) -> None:
        """From now on the catalog knows that these are to be sent, whatever happens."""
        with self._catalog.transaction():
            for going in files:
                self._catalog.mark_unsent(going.file)

    def send(self, files: Sequence[Going], told: Sequence[Told], *, leave: bool = True) -> None:
        """`told` are resolved once all of the files are there, and all that were sent before; then the files `leave`
        this machine, if that is wished at all."""
        flight = _Flight(self._pool.submit(self._put, tuple(files)), tuple(files), tuple(told), leave)
        self._flights.append(flight)
        flight.sent.add_done_callback(lambda _: self.landed())

    def land(self, *, wait: bool = False) -> None:
        """Whatever has arrived is told; with `wait` all of it. Raises StorageError for what could not be sent."""
        while self._flights and (wait or self.ready):
            flight = self._flights[0]
            flight.sent.result()
            with self._catalog.transaction():
                for going in flight.files:
                    self._catalog.mark_sent(going.file)
            self._flights.popleft()
            for future, row in flight.told:
                future.set_result(row)
            if flight.leave:
                self.leave(going.file for going in flight.files)

    def waiting(self) -> list[Going]:
        """Closed files that are not on their way yet."""
        under_way = {going.file for flight in self._flights for going in flight.files}
        return [Going(file) for file in self._catalog.unsent() if file not in under_way]

    def leave(self, files: Iterable[str]) -> None:
        """These are in the store, and done with here: they go if that is wished."""
        for file in () if self._store.keep_local else files:
            self._disk.unlink(self._folder / file)

    def give_up(self) -> list[Future[Any]]:
        """Nothing more is sent. Gives those who wait to be told."""
        self._pool.shutdown(cancel_futures=True)
        left = [future for flight in self._flights for future, _ in flight.told]
        self._flights.clear()
        return left

    def close(self) -> None:
        self._pool.shutdown()

    def _put(self, files: tuple[Going, ...]) -> None:
        for going in files:
            self._store.put(self._folder / going.file, going.file, going.sha256)


def settle(folder: Path, catalog: Catalog, disk: Disk, tell: Tell) -> None:
    """What earlier runs closed is in the store. For the holder of the lock; without a store nothing is done.

    Raises StorageError where the store cannot be reached, and where it holds another file of the same name.
    """
    store = mounts.store_of(folder)
    if store is None:
        return
    known = f"{_STORE}{store.address()}"
    if catalog.state(known):
        waiting = [Going(file) for file in catalog.unsent()]
        there: dict[str, Object] = {}
    else:
        waiting, there = _all_files(folder, store, catalog, disk, tell)
    for number, going in enumerate(waiting, start=1):
        if going.file not in there:
            tell(f"taking {going.file} to {store.address()}: file {number} of {len(waiting)}")
        store.put(folder / going.file, going.file, going.sha256, there=there.get(going.file))
        with catalog.transaction():
            catalog.mark_sent(going.file)
    with catalog.transaction():
        catalog.set_state(known, 1)
    if not store.keep_local:
        _drop(folder, store, {going.file for going in waiting}, disk, tell)
    send_ledgers(folder, catalog)


def _all_files(
    folder: Path, store: Store, catalog: Catalog, disk: Disk, tell: Tell
) -> tuple[list[Going], dict[str, Object]]:
    """All closed files, imported ones too, since nothing is known of what the store has."""
    said = manifest.present(folder / manifest.NAME)
    waiting: list[Going] = []
    there: dict[str, Object] = {}
    for kind in mounts.KINDS:
        found = store.names(kind)
        there |= {f"{kind}/{name}": each for name, each in found.items()}
        known = catalog.indexed(kind)
        strangers = [name for name in found if name.endswith(ENDING) and name_key(name)[0] and name not in known]
        if strangers:
            tell(
                f"{store.address(kind)} holds {len(strangers)} files that this collection does not know, "
                f"such as {min(strangers)}: tearsheet rebuild brings them in"
            )
        for name in _closed(folder / kind, disk):
            entry = said.get(f"{kind}/{name}")
            waiting.append(Going(f"{kind}/{name}", entry.sha256 if entry is not None else ""))
    return waiting, there


def _closed(folder: Path, disk: Disk) -> list[str]:
    return [name for name in disk.listdir(folder) if not name.startswith(".") and not name.endswith(OPEN)]


def _drop(folder: Path, store: Store, just_sent: Collection[str], disk: Disk, tell: Tell) -> None:
    """Local files that the store has. What it had once it may have lost since: it is asked before the last copy here
    goes. A file without a line in the manifest is one that an import left behind when it was cut short."""
    here = [f"{kind}/{name}" for kind in mounts.KINDS for name in _closed(folder / kind, disk)]
    known = manifest.present(folder / manifest.NAME) if here else {}
    for file in here:
        if file in just_sent or (file in known and store.holds(folder / file, file)):
            disk.unlink(folder / file)
        elif file in known:
            tell(f"{file} stays here: {store.address(file)} is not the same file. tearsheet verify tells more")


def send_ledgers(folder: Path, catalog: Catalog | None = None) -> None:
    """Those that have grown since they were last sent; without a catalog, which remembers that, all. What is there only
    ever grows: raises ConflictError where it has lines that are not here, and StorageError."""
    store = mounts.store_of(folder)
    for name in LEDGERS if store is not None else ():
        path = folder / name
        if store is None or not path.exists():
            continue
        with told(path):
            data = path.read_bytes()
        known = f"{_LEDGER}{store.address(name)}"
        sent = catalog.state(known) if catalog is not None else None
        if sent == len(data):
            continue
        found = store.look(name)
        if found is not None and found.size != sent and not data.startswith(store.get(name) or b""):
            raise _diverged(store, path)
        store.write(name, data)
        if catalog is not None:
            with catalog.transaction():
                catalog.set_state(known, len(data))


def fetch_ledgers(folder: Path, disk: Disk, tell: Tell = lambda words: None) -> None:
    """Those of which the store has more than is here, as on a new machine, or after a run of another one. For the
    holder of the lock, before it writes any. Raises ConflictError and StorageError."""
    store = mounts.store_of(folder)
    for name in LEDGERS if store is not None else ():
        assert store is not None
        path = folder / name
        here = disk.size(path) if disk.exists(path) else 0
        found = store.look(name)
        if found is None or found.size <= here:
            continue
        data = store.get(name) or b""
        with told(path):
            known = path.read_bytes() if here else b""
        if not data.startswith(known):
            raise _diverged(store, path)
        disk.write_atomic(path, data)
        if known:
            tell(
                f"{store.address(name)} has lines of another machine's run, which are here now too; pages that it kept "
                "come in with tearsheet rebuild"
            )


def _diverged(store: Store, path: Path) -> ConflictError:
    from archive.store import ConflictError

    return ConflictError(
        f"{store.address(path.name)} has lines that {path} has not: two machines wrote the collection at once, or "
        f"what lies here is of an older time. Neither is changed. Move {path} away: tearsheet "
        "rebuild then takes the one in the store, and what only yours tells has to be done again"
    )
