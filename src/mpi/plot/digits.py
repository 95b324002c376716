"""Numbers as pictures print them: decimals by the error, a true minus, the comma of Vietnamese."""

from __future__ import annotations

import math
from typing import Literal

__all__ = ["Language", "change", "decimals_of", "in_hundred", "plain", "span"]

Language = Literal["en", "vi"]
"""English or Vietnamese."""

_MINUS = "−"


def decimals_of(se: float, *, per_cent: bool) -> int:
    """Return how many decimals a number has: of per cents none from an error of 2 points on, else one; of others three.

    Examples
    --------
    >>> decimals_of(3.1, per_cent=True), decimals_of(0.4, per_cent=True), decimals_of(0.01, per_cent=False)
    (0, 1, 3)
    """
    if not per_cent:
        return 3
    return 0 if se >= 2 else 1


def plain(value: float, decimals: int, language: Language = "en") -> str:
    """Return a number; missing ones as a dash.

    Examples
    --------
    >>> plain(-3.14159, 1), plain(3.14159, 1, "vi"), plain(float("nan"), 1)
    ('−3.1', '3,1', '–')
    """
    if not math.isfinite(value):
        return "–"
    text = f"{value:.{decimals}f}"
    if float(text) == 0:
        text = text.removeprefix("-")
    text = text.replace("-", _MINUS)
    return text.replace(".", ",") if language == "vi" else text


def change(value: float, decimals: int, language: Language = "en") -> str:
    """Return a change with its sign; one that rounds to 0 has none.

    Examples
    --------
    >>> change(2.0, 1), change(-0.01, 1), change(-2.5, 0)
    ('+2.0', '0.0', '−2')
    """
    text = plain(value, decimals, language)
    return f"+{text}" if value > 0 and float(f"{value:.{decimals}f}") != 0 else text


def span(low: float, high: float, decimals: int, language: Language = "en") -> str:
    """Return an interval; one with a minus is written with words.

    Examples
    --------
    >>> span(52.1, 73.4, 0), span(-0.7, 4.2, 1)
    ('52–73', '−0.7 to 4.2')
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return ""
    a, b = plain(low, decimals, language), plain(high, decimals, language)
    if low < 0 or high < 0:
        return f"{a} {'đến' if language == 'vi' else 'to'} {b}"
    return f"{a}–{b}"


def in_hundred(share: float, language: Language = "en") -> str:
    """Return a share as so many in 100, in whole numbers.

    Examples
    --------
    >>> in_hundred(0.632), in_hundred(0.002), in_hundred(0.632, "vi")
    ('63 in 100', 'fewer than 1 in 100', '63 trên 100')
    """
    of = "trên 100" if language == "vi" else "in 100"
    if 0 < share < 0.005:
        return f"dưới 1 {of}" if language == "vi" else f"fewer than 1 {of}"
    return f"{100 * share:.0f} {of}"
