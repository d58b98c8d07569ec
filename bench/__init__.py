"""Measurements against peers and limits: `make bench`. Nothing here is installed."""
