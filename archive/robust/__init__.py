"""Robust Links (robustlinks.mementoweb.org/spec): links that say what they led to, when, and where that still is."""
