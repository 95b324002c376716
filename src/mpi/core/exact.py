"""Exact numbers: weights and cutoffs are rationals, so that a person exactly on a cutoff is never lost."""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real
from typing import Any

import numpy as np

__all__ = ["ROUNDING", "ROUNDING_SINGLE", "Number", "fraction", "rounding", "text"]

Number = int | float | str | Fraction | Decimal
"""What may stand where a weight or a cutoff is asked for."""

_SIMPLE, _NEAR = 10_000, Fraction(1, 1 << 48)
"""A float this near to a fraction with a denominator up to that is the fraction, above 1/4 in proportion."""
_SIMPLE_SINGLE, _NEAR_SINGLE = 200, Fraction(1, 1 << 23)
"""The same of numbers that were held in 32 bits."""
_SIMPLE_HALF, _NEAR_HALF = 20, Fraction(1, 1 << 13)
ROUNDING, ROUNDING_SINGLE = Fraction(1, 10**9), Fraction(1, 10**6)
"""By how much weights that are no small fractions may miss 1, and scores a cutoff; and those held in 32 bits."""
_SHORT, _WRITTEN = 12, 14
"""More digits than these: a number of 32 bits held in 64; a text that a program wrote."""
_LARGEST_SINGLE = 3e38
_LONGEST = 1_000
_HUGE_EXPONENT = re.compile(r"[eE][+-]?[\d_]{4,}")
_SLASH = re.compile(r"\s*/\s*")


def fraction(value: object) -> Fraction:
    """Read a number as the rational it was meant to be.

    Text such as ``"1/18"`` or ``"0.05"`` is exact. A float is read as the fraction with a small denominator
    that it is but for rounding (0.05 is 1/20, ``1 / 18`` is 1/18, ``0.1 + 0.2`` is 3/10), and else as its shortest
    decimal; so is text of 15 digits or more. Numbers that were held in 32 bits are read by what those hold.

    Raises
    ------
    ValueError
        When `value` is not a finite number.

    Examples
    --------
    >>> fraction("1/18"), fraction(0.05), fraction(1 - 2 / 3)
    (Fraction(1, 18), Fraction(1, 20), Fraction(1, 3))
    """
    if isinstance(value, (str, Decimal)):
        return _from_text(str(value))
    if not isinstance(value, bool):
        if isinstance(value, Rational):
            return Fraction(int(value.numerator), int(value.denominator))
        if isinstance(value, Real):
            return _from_float(value)
    raise ValueError(f"{value!r} is not a number; write it like '1/3' or 0.25")


def rounding(value: object) -> Fraction:
    """Return by how much a weight may be off by rounding: 0 for text, rationals and floats of a small denominator.

    Examples
    --------
    >>> str(rounding(0.05)), str(rounding(0.05123456789))
    ('0', '1/1000000000')
    """
    if isinstance(value, (str, Decimal, Rational)) or fraction(value).denominator <= _SIMPLE:
        return Fraction(0)
    return ROUNDING_SINGLE if isinstance(value, Real) and _is_single(value) else ROUNDING


def text(value: Fraction) -> str:
    """Write a rational as people write it: ``1/3``, ``1/20``, ``1``.

    Examples
    --------
    >>> text(Fraction(1, 3)), text(Fraction(1))
    ('1/3', '1')
    """
    return str(value)


def _from_text(value: str) -> Fraction:
    """Read ``1/3``, ``1 / 3``, ``0.25`` or ``5e-2``; a number too long to mean anything is none."""
    written = _SLASH.sub("/", value.strip())
    if len(written) > _LONGEST or _HUGE_EXPONENT.search(written):
        raise ValueError(f"{value[:40]!r} is not a usable number; write it like '1/3' or '0.25'")
    try:
        exact = Fraction(written)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{value!r} is not a number; write it like '1/3' or '0.25'") from None
    if "/" in written or _digits(written) <= _WRITTEN or abs(exact) > 1:
        return exact
    return _simple(float(exact)) or exact


def _from_float(value: Any) -> Fraction:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    if (size := _bytes(value)) < _DOUBLE:
        half = size < _SINGLE
        near = _near(number, _SIMPLE_HALF, _NEAR_HALF) if half else _near(number, _SIMPLE_SINGLE, _NEAR_SINGLE)
        return Fraction(str(value)) if near is None else near
    near = _simple(number)
    if near is not None:
        return near
    return Fraction(str(np.float32(number)) if _is_single(number) else repr(number))


def _simple(value: float) -> Fraction | None:
    """Return the fraction with a small denominator that a float is but for rounding."""
    near = _near(value, _SIMPLE, _NEAR)
    if near is None and _is_single(value):
        return _near(value, _SIMPLE_SINGLE, _NEAR_SINGLE)
    return near


def _near(value: float, denominator: int, distance: Fraction) -> Fraction | None:
    exact = Fraction(value)
    near = exact.limit_denominator(denominator)
    return near if abs(near - exact) <= distance * max(Fraction(1), 4 * exact) and (near or not exact) else None


_SINGLE, _DOUBLE = 4, 8


def _bytes(value: Any) -> int:
    """Return in how many bytes a number is held."""
    return int(value.dtype.itemsize) if isinstance(value, np.floating) else _DOUBLE


def _is_single(value: Any) -> bool:
    """Return whether a number was stored in 32 bits, by its type or by the digits that come of widening one."""
    if _bytes(value) < _DOUBLE:
        return True
    number = float(value)
    if abs(number) > _LARGEST_SINGLE or _digits(repr(number)) <= _SHORT:
        return False
    return bool(struct.unpack("f", struct.pack("f", number))[0] == number)


def _digits(written: str) -> int:
    """Count the digits that say something."""
    return len(re.sub(r"[eE].*|\D", "", written).strip("0"))
