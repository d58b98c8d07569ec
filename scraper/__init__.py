"""How a page gets in: everything that touches the network, and the command line."""

__version__ = "0.1.0"
