"""A command that ends when whoever asked for it is gone, even killed.

Run as a file of its own, `python tether.py COMMAND…`, so that nothing need be loaded for it. Its stdin is the tether:
nothing is written there, and when the other end closes, the command is ended. It ends with the command's exit code.
"""

import os
import signal
import subprocess
import sys
import threading

GRACE = 5.0


def main(command: list[str]) -> int:
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL)  # noqa: S603 - whoever starts us says what

    def end(*_: object) -> None:
        child.terminate()

    def watch() -> None:
        os.read(0, 1)
        child.terminate()
        try:
            child.wait(GRACE)
        except subprocess.TimeoutExpired:
            child.kill()

    for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(stop, end)
    threading.Thread(target=watch, daemon=True).start()
    code = child.wait()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
