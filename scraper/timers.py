"""What makes `tearsheet crawl` run by itself: a crontab line, a systemd timer."""

from __future__ import annotations

import shlex
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path

_SYSTEMD = """\
# Two files for ~/.config/systemd/user; then: systemctl --user enable --now {name}.timer
# (and once: loginctl enable-linger, so that it runs while you are not logged in).

# {name}.service
[Unit]
Description=tearsheet: one pass over the sources of {config}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
WorkingDirectory={folder}
ExecStart={command}
# 1: some addresses failed, which the report tells; 75: another run is under way; 143: it was stopped.
SuccessExitStatus=1 75 143
# What is in flight is finished first.
KillMode=mixed
TimeoutStopSec=5min
Nice=10

# {name}.timer
[Unit]
Description=tearsheet every hour

[Timer]
OnCalendar=hourly
RandomizedDelaySec=10min
Persistent=true

[Install]
WantedBy=timers.target
"""


def program() -> list[str]:
    """How this very tearsheet is started, from any folder."""
    script = Path(sys.executable).with_name("tearsheet")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "scraper"]


def crawl_words(program: Sequence[str], config: Path) -> list[str]:
    """The command of one pass, which ends before the next is due."""
    return [*program, "-q", "-c", str(config), "crawl", "--max-time", "55m"]


def cron_lines(program: Sequence[str], config: Path) -> str:
    """A crontab's line, at a minute that depends on the config so that not all machines ask at once."""
    words = " ".join(shlex.quote(word) for word in crawl_words(program, config)).replace("%", r"\%")
    minute = zlib.crc32(str(config).encode("utf-8", "surrogateescape")) % 60
    return (
        "# For crontab -e: every hour; says nothing unless something new fails, which cron then mails.\n"
        f"{minute} * * * * {words}\n"
    )


def systemd_units(program: Sequence[str], config: Path, name: str = "tearsheet") -> str:
    """A service and its timer."""
    command = " ".join(_systemd_word(word) for word in crawl_words(program, config))
    folder = str(config.parent).replace("%", "%%")
    return _SYSTEMD.format(name=name, config=str(config).replace("%", "%%"), folder=folder, command=command)


def _systemd_word(word: str) -> str:
    """A word of ExecStart, as systemd.service(5) quotes it."""
    word = word.replace("\\", "\\\\").replace("%", "%%").replace("$", "$$").replace('"', '\\"')
    return f'"{word}"' if any(c in word for c in " '\"\t;") else word
