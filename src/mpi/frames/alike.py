"""Texts that differ only in how they are written, by blanks, case or composed letters, and yet count as several."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.arrays import Categories

__all__ = ["alike", "bare", "merged", "tell_alike", "tell_groups", "tell_parted"]

_UNSEEN = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_BLANKS = (
    "  ", "\n ", " \n", *"\t\r\v\f\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000",
    *map(chr, range(0x2000, 0x200B)), *map(chr, _UNSEEN),
)  # fmt: skip
_SETS, _TEXTS = 3, 4


def alike(texts: Iterable[object]) -> list[tuple[str, ...]]:
    r"""Return the sets of texts that would be one if blanks, case and composition did not count.

    Examples
    --------
    >>> alike(["Kinh", " Kinh", "Hmong", "kinh", 1]), len(alike(["Hu\u1ebf", "Hue\u0302\u0301"]))
    ([('Kinh', ' Kinh', 'kinh')], 1)
    """
    distinct = list(dict.fromkeys(t for t in texts if isinstance(t, str)))
    if _surely_different(distinct):
        return []
    found: dict[str, list[str]] = {}
    for text in distinct:
        found.setdefault(bare(text).casefold(), []).append(text)
    return [tuple(same) for same in found.values() if len(same) > 1]


def _surely_different(texts: list[str]) -> bool:
    """Say of many texts at once, many times faster than one by one, that they differ in more than their writing."""
    joined = "\n".join(texts)
    framed = f"\n{joined}\n"
    if joined.count("\n") != len(texts) - 1 or any(blank in framed for blank in _BLANKS):
        return False
    if joined.isascii() and joined in {joined.lower(), joined.upper()}:
        return True
    return len(set(unicodedata.normalize("NFC", joined).casefold().split("\n"))) == len(texts)


def bare(text: str) -> str:
    """Return a text composed, with single blanks inside and none around."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", text.translate(_UNSEEN))
    return " ".join(text.split())


def merged(levels: Sequence[Any]) -> NDArray[np.int64] | None:
    """Return for each level the place of the first one that is written alike; None where none are."""
    sets = alike(levels)
    if not sets:
        return None
    first = {text: same[0] for same in sets for text in same}
    place = {level: i for i, level in enumerate(levels)}
    return np.array([place[first.get(level, level)] for level in levels], dtype=np.int64)


def tell_groups(name: str, categories: Categories) -> None:
    """Warn of groups that differ only in how they, or their labels, are written."""
    if not any(isinstance(categories.names.get(v, v), str) for v in categories.levels):
        return
    texts = {i: categories.names.get(v, v) for i, v in enumerate(categories.levels) if v is not None}
    if alike(texts.values()):
        there = np.unique(categories.index).tolist()  # categories may have more levels than occur
        tell_alike(f"column {name!r}", "groups", alike(texts[i] for i in there if i in texts))


def tell_parted(name: str, group_of: Mapping[str, object]) -> None:
    """Warn of values that differ only in how they are written, and are put into different groups."""
    parted = [same for same in alike(group_of) if len({group_of[text] for text in same}) > 1]
    tell_alike(f"column {name!r}", "values, put into different groups,", parted)


def tell_alike(where: str, what: str, sets: Sequence[tuple[str, ...]]) -> None:
    """Warn of sets of texts that are written alike, and count as several."""
    if not sets:
        return
    shown = "; ".join(_listed(same) for same in sets[:_SETS])
    more = f"; and {len(sets) - _SETS} more" if len(sets) > _SETS else ""
    differ = _difference(sets)
    mend = "a mapping of one to the other, or frame[column].str.strip().str.casefold()"
    mend = mend if "case" in differ else "frame[column].str.strip()"
    message = (
        f"{where} holds {what} that differ only by {differ}, and count as different: {shown}{more}. Write them alike "
        f"first, as with {mend}"
    )
    warn(message)


def _listed(same: tuple[str, ...]) -> str:
    more = f" and {len(same) - _TEXTS} more" if len(same) > _TEXTS else ""
    return ", ".join(map(repr, same[:_TEXTS])) + more


def _difference(sets: Sequence[tuple[str, ...]]) -> str:
    """Say in words how the texts of sets differ."""
    words = []
    if any(len({" ".join(t.split()) for t in same}) < len(same) for same in sets):
        words.append("blanks")
    if any(len({bare(t) for t in same}) > 1 for same in sets):
        words.append("case")
    if any(not t.isascii() and unicodedata.normalize("NFC", t.translate(_UNSEEN)) != t for same in sets for t in same):
        words.append("how their letters are composed")
    return " and ".join(words) or "how they are written"
