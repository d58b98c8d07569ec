"""What is nobody's business: headers, and user information in addresses. All else stays byte for byte."""

from __future__ import annotations

from collections.abc import Collection

from archive.deferring import deferred

_USER = deferred(r"[/\\]{2,}[^/\\?#]*@")


def less_headers(block: bytes, names: Collection[str]) -> bytes:
    """The block without the lines of these headers, and without what is folded into them."""
    if not names:
        return block
    private = {name.lower().encode("ascii") for name in names}
    kept: list[bytes] = []
    dropping = False
    for number, line in enumerate(block.split(b"\n")):
        if number and line[:1] in (b" ", b"\t"):
            if not dropping:
                kept.append(line)
            continue
        dropping = number > 0 and line.partition(b":")[0].strip().lower() in private
        if not dropping:
            kept.append(line)
    return b"\n".join(kept)


def without_user(url: str) -> str:
    """The address less its user information, which is never recorded."""
    return _USER.sub("//", url, count=1)
