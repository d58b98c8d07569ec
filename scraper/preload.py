"""What the fork server loads before it forks reading processes: the parsers, out of the garbage collector's sight.

Frozen, what is loaded stays shared between the processes, and collections in the middle of the loading are spared.
"""

import gc

gc.disable()
import scraper.read.page  # noqa: E402, F401

gc.freeze()
gc.enable()
