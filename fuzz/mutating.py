"""Inputs made from others by a seeded chance, where there is no engine that is led by what code they reach."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

MOST = 16 * 1024
_LONGEST_RUN = 64
_TELLING = (0, 1, 9, 10, 13, 32, 34, 38, 39, 45, 47, 58, 59, 60, 62, 91, 92, 93, 127, 128, 255)


def mutated(random: Random, inputs: Sequence[bytes]) -> bytes:
    """One of the inputs after a few changes, at most MOST bytes."""
    data = bytearray(random.choice(inputs))
    for _ in range(1 + min(int(random.expovariate(0.5)), 20)):
        random.choice(_CHANGES)(random, data, inputs)
    return bytes(data[:MOST])


def _place(random: Random, data: bytearray) -> tuple[int, int]:
    start = random.randint(0, len(data))
    return start, min(len(data), start + random.randint(1, _LONGEST_RUN))


def _flip(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)


def _put(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    if data:
        data[random.randrange(len(data))] = random.choice(_TELLING)


def _remove(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    start, end = _place(random, data)
    del data[start:end]


def _insert(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    at = random.randint(0, len(data))
    data[at:at] = bytes(random.choices(_TELLING, k=random.randint(1, 8)))


def _repeat(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    start, end = _place(random, data)
    if len(data) < MOST:
        data[start:start] = data[start:end] * random.randint(1, 30)


def _move(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    start, end = _place(random, data)
    piece = data[start:end]
    del data[start:end]
    at = random.randint(0, len(data))
    data[at:at] = piece


def _splice(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    other = random.choice(inputs)
    start = random.randint(0, len(other))
    at = random.randint(0, len(data))
    data[at:at] = other[start : start + random.randint(1, 400)]


def _cut(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    del data[random.randint(0, len(data)) :]


def _digits(random: Random, data: bytearray, inputs: Sequence[bytes]) -> None:
    """Another number where one stands."""
    places = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if places:
        at = random.choice(places)
        data[at : at + 1] = random.choice((b"0", b"9", b"99999999999", b"-1", b"1e9", b"18446744073709551616"))


_CHANGES = (_flip, _put, _remove, _insert, _repeat, _move, _splice, _cut, _digits)
