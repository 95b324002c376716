"""Normalised spellings of codes and names: diacritics, letter case, padding, and words before a province's name."""

from __future__ import annotations

import re
import unicodedata

import numpy as np

__all__ = ["folded", "number", "spellings"]

_LETTERS = str.maketrans({"đ": "d", "ð": "d"})  # the second is the Icelandic letter that old fonts leave in its place
_BEFORE = re.compile(r"^(?:tinh|thanh pho|tp|dan toc)\b[\s.]*")
_AFTER = re.compile(r"\s+(?:province|city)$")
_PARTS = re.compile(r"^(.+?)\s*\((.+)\)$")


def folded(name: str) -> str:
    """Return a name as plain small letters and digits: without diacritics, spaces, hyphens and apostrophes.

    Examples
    --------
    >>> folded("Đắk Lắk"), folded("dak-lak"), folded("H'Mông")
    ('daklak', 'daklak', 'hmong')
    """
    return re.sub(r"[^a-z0-9]", "", _plain(name))


def spellings(name: str) -> tuple[str, ...]:
    """Return the folded forms under which a name may be met: whole, without words such as "tỉnh", and its parts.

    Examples
    --------
    >>> spellings("Tỉnh Hà Giang")
    ('tinhhagiang', 'hagiang')
    >>> spellings("Gia Rai (Jarai)")
    ('giaraijarai', 'giarai', 'jarai')
    """
    bare = _AFTER.sub("", _BEFORE.sub("", _plain(name).strip()))
    parts = _PARTS.match(name.strip())
    forms = [name, bare, *(parts.groups() if parts else ())]
    return tuple(dict.fromkeys(f for f in map(folded, forms) if f))


def number(value: object, width: int) -> int | None:
    """Return a value as a code, or None where it is not one; text may be padded, but to no more than `width` digits.

    Examples
    --------
    >>> number("01", 2), number(1.0, 2), number("001", 2), number(1.5, 2)
    (1, 1, None, None)
    """
    if isinstance(value, str):
        digits = re.fullmatch(rf"([0-9]{{1,{width}}})(?:\.0+)?", value.strip())
        return int(digits[1]) if digits else None
    if isinstance(value, (bool, np.bool_)):
        return None
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return int(value)
    return None


def _plain(name: str) -> str:
    split = unicodedata.normalize("NFKD", name)
    return "".join(c for c in split if not unicodedata.combining(c)).casefold().translate(_LETTERS)
