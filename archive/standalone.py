"""Pages of HTML in one file that stand alone: no script, nothing fetched, light and dark, wide and narrow. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape

from archive.harmless import harmless, open_address, safe_address

_STYLE = """
:root { color-scheme: light dark; --paper: #fbf9f3; --ink: #1f1c18; --quiet: #5d554a; --rule: #d8d0c0;
  --accent: #8c2318; --struck: #fbe3de; --added: #dcefdc; --good: #2f5d3a; --bad: #8c2318; --doubt: #7a5200;
  --serif: Charter, "Iowan Old Style", Georgia, "Noto Serif", serif; }
@media (prefers-color-scheme: dark) {
  :root { --paper: #161412; --ink: #e8e2d6; --quiet: #a99f90; --rule: #3a352e; --accent: #eb9485;
    --struck: #4d211b; --added: #1c3d26; --good: #8fc79b; --bad: #eb9485; --doubt: #e0b565; }
}
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 64rem; padding: 1.5rem 1.25rem 3rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", "Noto Sans", Arial, sans-serif; overflow-wrap: anywhere; }
h1 { font: 700 clamp(1.5rem, 4vw, 2.2rem)/1.2 var(--serif); margin: 0 0 0.6rem; }
a { color: inherit; text-decoration-color: var(--quiet); text-underline-offset: 0.2em; }
a:hover { color: var(--accent); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 3px; }
.hint { color: var(--quiet); font-size: 0.9rem; margin: 0.3rem 0; }
"""
_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'">
"""


def page(title: str, body: Iterable[str], style: str = "", mark: str = "") -> Iterator[str]:
    """The lines of a page. `title` is text; `body` and `style` are HTML and CSS of ours; `mark` is a comment before
    all else in the head."""
    yield _HEAD + (f"<!-- {mark} -->\n" if mark else "") + f"<title>{text(title)}</title>"
    yield f"<style>{_STYLE}{style}</style>\n</head>\n<body>"
    yield from body
    yield "</body>\n</html>"


def text(words: str) -> str:
    """Words of strangers, in an element or in a quoted attribute."""
    return escape(harmless(words))


def link(address: str, words: str, more: str = "") -> str:
    """A link where one may lead there, else the words alone. `more` are further attributes, HTML of ours."""
    if not safe_address(address):
        return text(words)
    return f'<a href="{text(open_address(address))}"{more} rel="noopener noreferrer">{text(words)}</a>'
