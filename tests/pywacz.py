"""py-wacz, the reference tool for WACZ files, as people run it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest


def assert_valid(path: Path) -> None:
    """`wacz validate` finds nothing wrong. A skip with the reason where it is not installed; in CI a failure."""
    command = Path(sys.executable).with_name("wacz")
    if not command.exists():
        if os.environ.get("CI"):
            pytest.fail("py-wacz is not installed")
        pytest.skip("py-wacz is not installed: pip install wacz")
    done = subprocess.run([command, "validate", "-f", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the passed WACZ is valid" in done.stdout, done.stdout
