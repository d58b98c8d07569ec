"""What holds for all tests: the machine's own settings stay out, and property tests know no deadline."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["tests.reliability", "tests.stores"]

settings.register_profile("tearsheet", deadline=None, print_blob=True)
settings.register_profile("soak", settings.get_profile("tearsheet"), max_examples=300)
settings.load_profile("tearsheet")


def pytest_configure(config: pytest.Config) -> None:
    """No proxy, no setting and no user's own config reaches a test or a command that a test runs."""
    for name in list(os.environ):
        if (name.startswith("TEARSHEET_") and "__" in name) or name.lower() in (
            "http_proxy",
            "https_proxy",
            "all_proxy",
        ):
            del os.environ[name]
    os.environ["XDG_CONFIG_HOME"] = str(Path(tempfile.gettempdir()) / "tearsheet-tests-have-no-config")
    os.environ["TZ"] = "Asia/Kathmandu"
