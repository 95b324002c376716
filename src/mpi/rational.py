"""Exact numbers: weights and cutoffs are rationals, so that a person exactly on a cutoff is never lost."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from fractions import Fraction
from numbers import Rational, Real

__all__ = ["Number", "fraction", "is_simple", "text"]

Number = int | float | str | Fraction | Decimal
"""What may stand where a weight or a cutoff is asked for."""

_SIMPLE = 10_000
_LONGEST = 1_000
_HUGE_EXPONENT = re.compile(r"[eE][+-]?[\d_]{4,}")
_SLASH = re.compile(r"\s*/\s*")


def fraction(value: object) -> Fraction:
    """Read a number as the rational it was meant to be.

    Text such as ``"1/18"`` or ``"0.05"`` is exact. A float is read as the fraction with a small denominator
    that it is the nearest float to (0.05 is 1/20, ``1 / 18`` is 1/18), and else as its shortest decimal.

    Raises
    ------
    ValueError
        When `value` is not a finite number.

    Examples
    --------
    >>> fraction("1/18"), fraction(0.05), fraction(1 / 3)
    (Fraction(1, 18), Fraction(1, 20), Fraction(1, 3))
    """
    if isinstance(value, (str, Decimal)):
        return _from_text(str(value))
    if not isinstance(value, bool):
        if isinstance(value, Rational):
            return Fraction(int(value.numerator), int(value.denominator))
        if isinstance(value, Real):
            return _from_float(float(value))
    raise ValueError(f"{value!r} is not a number; write it like '1/3' or 0.25")


def is_simple(value: object) -> bool:
    """Whether `value` was read exactly: text, whole numbers, rationals, and floats of a small denominator."""
    if isinstance(value, (str, Decimal, Rational)):
        return True
    return isinstance(value, Real) and fraction(value).denominator <= _SIMPLE


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
        return Fraction(written)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{value!r} is not a number; write it like '1/3' or '0.25'") from None


def _from_float(value: float) -> Fraction:
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is not a finite number")
    near = Fraction(value).limit_denominator(_SIMPLE)
    return near if float(near) == value else Fraction(repr(value))
