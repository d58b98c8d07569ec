"""A Dask scheduler and its workers: that they answer, and that they are of our kind."""

from __future__ import annotations

import logging
import pkgutil
import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from archive.errors import ClusterError, UsageError
from scraper import __version__

if TYPE_CHECKING:
    from distributed import Client

CONNECTING = 10.0
SAME = ("python", "distributed")
"""What must be of one version everywhere, of Python but its last part: they unpack what the others packed."""


class Peer(Struct, frozen=True):
    """A worker, and why it cannot help, if so. `title` is what it is called among the names of all machines."""

    address: str
    name: str
    title: str
    problem: str = ""


def require() -> None:
    """Raises UsageError where Dask is not installed."""
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError('[cluster] scheduler needs Dask: pip install "tearsheet[cluster]"') from None


@contextmanager
def connected(scheduler: str, *, quiet: bool = True) -> Iterator[Client]:
    """A client of the scheduler at this address. Raises ClusterError when it does not answer, or is of another version.
    With `quiet` Dask's own log says nothing: what matters is told in words of ours."""
    from distributed import Client

    if quiet:
        logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            # Of versions that differ: that is looked at below.
            warnings.simplefilter("ignore")
            client = Client(scheduler, timeout=CONNECTING, set_as_default=False, name="tearsheet")
    except (OSError, ValueError, RuntimeError) as error:
        raise ClusterError(
            f"no Dask scheduler answers at {scheduler} ({_words(error)}): start one with dask scheduler, or take "
            "[cluster] scheduler out of the config"
        ) from None
    try:
        versions: Any = client.get_versions()
        if differs := _differs(versions["scheduler"], versions["client"]):
            raise ClusterError(f"the Dask scheduler at {scheduler} has {differs}")
        yield client
    finally:
        client.close()


def peers(client: Client, known: Collection[str] = ()) -> tuple[Collection[str], list[Peer]]:
    """The addresses of all workers of the scheduler, and those whose addresses are not `known`."""
    there: dict[str, dict[str, Any]] = client.scheduler_info(n_workers=-1)["workers"]
    new = {address: about for address, about in there.items() if address not in known}
    if not new:
        return there, []
    versions: Any = client.get_versions()
    ours = client.run(pkgutil.resolve_name, "scraper:__version__", workers=list(new), on_error="return")
    return there, [
        Peer(address, str(about["name"]), _title(address, about), _problem(address, about, versions, ours.get(address)))
        for address, about in new.items()
        if address in ours and address in versions["workers"]
    ]


def _title(address: str, about: Mapping[str, Any]) -> str:
    name, host = str(about["name"]), str(about.get("host") or "worker")
    return f"{host}-{address.rpartition(':')[2] if '://' in name else name}"


def _problem(address: str, about: Mapping[str, Any], versions: Mapping[str, Any], ours: object) -> str:
    who = f"the Dask worker {about['name']} at {address}"
    if differs := _differs(versions["workers"][address], versions["client"]):
        return f"{who} has {differs}"
    if isinstance(ours, ModuleNotFoundError):
        return f'{who} has no tearsheet: pip install "tearsheet[cluster]=={__version__}" there'
    if ours != __version__:
        return f"{who} has tearsheet {ours}, and this is {__version__}: install the same version on both"
    return ""


def _differs(theirs: Mapping[str, Any], own: Mapping[str, Any]) -> str:
    """What they have of another version than we, in words."""
    for name in SAME:
        other, mine = (str(each["packages"].get(name)) for each in (theirs, own))
        if name == "python":
            other, mine = (".".join(each.split(".")[:2]) for each in (other, mine))
        if other != mine:
            return f"{name} {other}, and this machine has {mine}: install the same version on both"
    return ""


def _words(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
