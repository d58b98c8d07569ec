"""The crontab line and the systemd units."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from scraper.timers import cron_lines, program, systemd_units

CONFIG = Path("/home/a user/100%/config.toml")


def test_a_crontab_line_that_cron_reads_as_meant() -> None:
    comment, line = cron_lines(["/opt/tearsheet"], CONFIG).splitlines()
    assert comment.startswith("#")
    minute, *stars, command = line.split(" ", 5)
    assert 0 <= int(minute) < 60
    assert stars == ["*"] * 4
    assert not re.search(r"(?<!\\)%", command)
    words = shlex.split(command.replace(r"\%", "%"))
    assert words == ["/opt/tearsheet", "-q", "-c", str(CONFIG), "crawl", "--max-time", "55m"]


def test_systemd_units_quote_what_systemd_would_expand() -> None:
    units = systemd_units(["/opt/tear sheet"], CONFIG)
    assert 'ExecStart="/opt/tear sheet" -q -c "/home/a user/100%%/config.toml" crawl' in units
    for part in ("[Service]", "Type=oneshot", "KillMode=mixed", "[Timer]", "Persistent=true", "[Install]"):
        assert part in units


def test_the_program_is_this_one() -> None:
    assert Path(program()[0]).is_file()
