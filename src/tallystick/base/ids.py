"""Prefixed, typed, time-ordered ids such as `pi_01jd3v8k2m…`.

After the prefix stand 26 characters of Crockford's base32 in lower case: 48 bits of milliseconds and 80 random
bits, the layout of a ULID (github.com/ulid/spec). They sort by time as text, so that "newest first" is a key
range and an index grows at its right-hand end. Within one source ids strictly increase.
"""

from __future__ import annotations

import random
import secrets
from functools import lru_cache

from tallystick.base.clock import Clock, Instant

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS = tuple(a + b for a in _ALPHABET for b in _ALPHABET)
_RANDOM_BITS = 80
_FORTY_BITS = 2**40 - 1
SUFFIX_LENGTH = 26


def _encode(number: int) -> str:
    """130 bits as 26 characters.

    A hot path: two characters (10 bits) are looked up at a time, in halves that fit a machine word, and the time of a
    millisecond is written once.
    """
    pairs, upper, lower = _PAIRS, number >> 40 & _FORTY_BITS, number & _FORTY_BITS
    return (
        f"{_time(number >> _RANDOM_BITS)}"
        f"{pairs[upper >> 30]}{pairs[upper >> 20 & 1023]}{pairs[upper >> 10 & 1023]}{pairs[upper & 1023]}"
        f"{pairs[lower >> 30]}{pairs[lower >> 20 & 1023]}{pairs[lower >> 10 & 1023]}{pairs[lower & 1023]}"
    )


@lru_cache(maxsize=64)
def _time(millisecond: int) -> str:
    """50 bits as 10 characters."""
    return "".join([_PAIRS[(millisecond >> shift) & 1023] for shift in range(40, -1, -10)])


class IdSource:
    """Makes ids from a clock and a source of randomness (the operating system's unless one is given)."""

    def __init__(self, clock: Clock, entropy: random.Random | None = None) -> None:
        self._clock = clock
        # Ids must be unique, not secret: a generator seeded once saves a system call for each.
        self._random_bits = (entropy or random.Random()).getrandbits
        self._secret_bits = entropy.getrandbits if entropy else secrets.randbits
        self._last = 0

    def number128(self) -> int:
        """A time-ordered 128-bit number, larger than every one given before."""
        millisecond = self._clock.now() // 1000
        number = (millisecond << _RANDOM_BITS) | self._random_bits(_RANDOM_BITS)
        if number <= self._last:
            number = self._last + 1
        self._last = number
        return number

    def suffix(self) -> str:
        """The part of an id after its prefix."""
        return _encode(self.number128())

    def new(self, prefix: str) -> str:
        """A new id with this prefix."""
        return f"{prefix}_{self.suffix()}"

    def secret(self, length: int = 32) -> str:
        """Text of `length` characters that nobody can guess (5 bits each), for keys and client secrets."""
        bits = self._secret_bits(5 * length)
        return "".join([_ALPHABET[(bits >> shift) & 31] for shift in range(0, 5 * length, 5)])


def first_suffix_at(instant: Instant) -> str:
    """The smallest suffix an id made at `instant` (to the millisecond) can have; makes a time range a key range."""
    return _encode((instant // 1000) << _RANDOM_BITS)
