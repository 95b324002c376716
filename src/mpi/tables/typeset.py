"""Widths of texts in print, and the number of lines they take: rows and columns are sized by these."""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

__all__ = ["PIXELS", "characters", "lines_of", "text_width", "word_width"]

PIXELS = 96 / 72
"""Pixels of a point, as spreadsheets count them."""

_THOUSANDTHS = {
    222: "ijl'|", 278: " !,./:;I[]\\ft", 333: "()-r`", 500: "Jcksvxyz", 584: "+<=>×−", 611: "FTZ", 667: "ABEKPSVXY&",
    722: "CDHNRUw", 778: "GOQ", 833: "Mm", 889: "%", 944: "W", 1000: "—", 1015: "@",
}  # fmt: skip
"""The widths of Arial's letters in thousandths of its size; all others have that of a digit."""

_DIGIT, _BOLD = 556, 1.1
_OF_LETTER = {letter: width for width, letters in _THOUSANDTHS.items() for letter in letters}
_CHARACTER, _PADDING = 7, 5  # pixels of a digit at 10 points, and of the margins in a cell


@cache
def _letter_width(letter: str) -> int:
    """Return the width of a letter, in thousandths of an em."""
    if letter in _OF_LETTER:
        return _OF_LETTER[letter]
    base = unicodedata.normalize("NFD", letter)[0]
    return _OF_LETTER.get(base, 1000 if ord(base) > 0x2E00 else _DIGIT)


@lru_cache(maxsize=4096)
def text_width(text: str, *, bold: bool = False, size: int = 10) -> float:
    """Return the width of a line of text in pixels.

    Examples
    --------
    >>> round(text_width("Hà Nội")), round(text_width("Hà Nội", bold=True))
    (41, 45)
    """
    thousandths = sum(map(_letter_width, text))
    return thousandths / 1000 * size * PIXELS * (_BOLD if bold else 1.0)


def word_width(text: str, *, bold: bool = False) -> float:
    """Return the width of the longest word."""
    return max(text_width(word, bold=bold) for word in text.split(" "))


@lru_cache(maxsize=4096)
def lines_of(text: str, room: float, *, bold: bool = False, size: int = 10) -> int:
    """Return how many lines a text takes in so many pixels.

    Examples
    --------
    >>> lines_of("Adjusted headcount ratio", 80), lines_of("", 80)
    (3, 1)
    """
    room *= 0.96  # programs differ a little in where they break a line
    lines, used, space = 1, 0.0, text_width(" ", bold=bold, size=size)
    for word in text.split(" "):
        width = text_width(word, bold=bold, size=size)
        if used and used + space + width > room:
            lines, used = lines + 1, 0.0
        lines += int(width // room) if width > room else 0  # a word that is too long is broken
        used = (used + space if used else 0.0) + width % room if width > room else used + space * bool(used) + width
    return lines


def characters(pixels: float) -> float:
    """Return a column's width as spreadsheets write it, in digits."""
    return round(max(pixels, _PADDING + 1) - _PADDING) / _CHARACTER
