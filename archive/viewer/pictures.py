"""Pictures that may be shown from the library's own origin: raster images alone, told by how they begin. Pure."""

from __future__ import annotations

from archive.coding import decoded_stream
from archive.collection import Answer
from archive.viewer.model import Picture

MOST_BYTES = 32 * 1024 * 1024
"""Larger pictures are not shown."""

_AVIF_BRANDS = (b"avif", b"avis")
_MOST_BRANDS = 64


def raster_type(data: bytes) -> str | None:
    """The media type of a JPEG, PNG, GIF, WebP or AVIF file (MIME Sniffing Standard, 6.1; AVIF 1.1, 6); None for all
    else, whatever it was sent as."""
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if data.startswith(b"RIFF") and data[8:14] == b"WEBPVP":
        return "image/webp"
    return "image/avif" if _is_avif(data) else None


def _is_avif(data: bytes) -> bool:
    """The file type box (ISO/IEC 14496-12, 4.3) comes first and names the brand, as its own or as a compatible one."""
    size = int.from_bytes(data[:4], "big")
    if data[4:8] != b"ftyp" or not 16 <= size <= 16 + 4 * _MOST_BRANDS or size % 4:
        return False
    return data[8:12] in _AVIF_BRANDS or any(data[at : at + 4] in _AVIF_BRANDS for at in range(16, size, 4))


def picture_of(answer: Answer, most: int = MOST_BYTES) -> Picture | None:
    """The picture that a stored answer holds; None if it is none or larger than `most` bytes. Raises WarcError."""
    with answer.payload() as payload:
        data = decoded_stream(payload, answer.http_headers(), most + 1)
    kind = raster_type(data)
    return Picture(kind, data) if kind is not None and len(data) <= most else None
