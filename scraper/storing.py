"""Object storage through fsspec: the file system that a collection's store is handed.

Keys, endpoint, region and profile come from where the storage's own library looks for them (for S3: AWS_ACCESS_KEY_ID
and its like, ~/.aws, the machine's role; AWS_ENDPOINT_URL for servers other than Amazon's). Nothing of that passes
through our settings.
"""

from __future__ import annotations

import errno
from functools import partial
from typing import Any, cast

from archive import mounts
from archive.errors import UsageError
from archive.settings import ArchiveSettings
from archive.store import PART, Connected, Files, Store, Waits

CONNECT_WITHIN, SILENT_FOR = 10.0, 30.0
S3 = ("s3", "s3a")
PARTS_AT_ONCE = 4
"""They are in memory meanwhile."""


def mount(settings: ArchiveSettings, waits: Waits | None = None, *, silent_for: float = SILENT_FOR) -> Store | None:
    """The collection's store, where it has one: from now on its files are found there too. Nothing is asked yet."""
    if not settings.store:
        return None
    connect = partial(connected, settings.store, silent_for)
    store = Store(settings.store, settings.collection, connect, keep_local=settings.keep_local, waits=waits or Waits())
    mounts.mount(settings.root / "collections" / settings.collection, store)
    return store


def connected(url: str, silent_for: float = SILENT_FOR) -> Connected:
    """`silent_for` is how many seconds a server may say nothing. Raises UsageError for what is not installed, and for
    an address that names no storage."""
    scheme = url.partition("://")[0]
    try:
        from fsspec.core import url_to_fs

        files, path = url_to_fs(url, **_options(scheme, silent_for))
    except ImportError as error:
        raise UsageError(
            f'[archive] store = "{url}" needs more than is installed: pip install "tearsheet[s3]", '
            f"or for {scheme}:// what fsspec asks for ({error})"
        ) from None
    except ValueError as error:
        raise UsageError(f'[archive] store = "{url}": {error}') from None
    if scheme not in S3:
        return Connected(cast(Files, files), str(path))
    files.retries = 1
    return Connected(
        cast(Files, files),
        str(path),
        put={"chunksize": PART, "max_concurrency": PARTS_AT_ONCE},
        clear=partial(_clear, files),
        bucket=files.split_path(path)[0],
    )


def _clear(files: Any, path: str) -> None:
    bucket, key, _ = files.split_path(path)
    try:
        begun = files.call_s3("list_multipart_uploads", Bucket=bucket, Prefix=key).get("Uploads", ())
        for each in begun:
            if each["Key"] == key:
                files.call_s3("abort_multipart_upload", Bucket=bucket, Key=key, UploadId=each["UploadId"])
    except (PermissionError, FileNotFoundError):
        # Keys that may write need not be allowed to list or to end uploads, and others may have ended one meanwhile.
        # Parts that stay cost room, and harm nothing else.
        return
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise


def _options(scheme: str, silent_for: float) -> dict[str, Any]:
    if scheme in S3:
        # How often to ask again, and after which waits, is the store's to say: not three layers under one another
        # (the third, s3fs's own, is `retries` of the file system).
        retries = {"total_max_attempts": 1}
        config = {"connect_timeout": CONNECT_WITHIN, "read_timeout": silent_for, "retries": retries}
        return {"config_kwargs": config, "use_listings_cache": False, "skip_instance_cache": True}
    return {"auto_mkdir": True} if scheme in ("file", "local") else {}
