"""What a text is written in, told quickly: pure."""

from __future__ import annotations

# In UTF-8 U+0E00 to U+1FFF and all from U+3000 on begin with one of these bytes; so do U+0800 to U+0DFF.
_FAR = bytes((0xE0, 0xE1, *range(0xE3, 0x100)))
_NEAR = bytes(byte for byte in range(0x100) if byte not in _FAR)


def is_spaced(text: str) -> bool:
    """Whether the text surely holds no character of a script that is written without spaces, from Thai on.

    Looking for them character by character takes long, and so does compiling the patterns that do it.
    """
    return text.isascii() or not text.encode("utf-8", "surrogatepass").translate(None, _NEAR)
