"""How a person's word against a verdict is told in a page's evidence, and read there again."""

from __future__ import annotations

import re

from archive.models import Overruling

NOBODY = "a person"
"""Stands for who said so where nobody knows."""
SAID = re.compile(r"(?P<by>.*?) said on \d{4}-\d\d-\d\d at \d\d:\d\d UTC: (?P<reason>.*)\Z", re.DOTALL)


def said(overruling: Overruling) -> str:
    """One line of evidence."""
    return f"{overruling.by or NOBODY} said on {overruling.time:%Y-%m-%d at %H:%M} UTC: {overruling.reason}"
