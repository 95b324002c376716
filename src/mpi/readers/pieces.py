"""A file that is read piece by piece, since it need not fit in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import pandas as pd

__all__ = ["FileLabels", "Pieces"]


@dataclass(frozen=True, slots=True)
class FileLabels:
    """Value labels and other texts of a file.

    Attributes
    ----------
    labels : mapping of column to mapping of value to label
    context : tuple of str
        All labels and titles of the file: they help to tell its encoding.
    repair : bool
        Whether its texts were read as Latin-1, and are to be mended.
    """

    labels: Mapping[str, Mapping[object, str]]
    context: tuple[str, ...]
    repair: bool


@dataclass(frozen=True, slots=True)
class Pieces:
    """The rows of a file, piece by piece.

    Attributes
    ----------
    rows : int, optional
        How many there are, where the file says so.
    kinds : mapping of column to kind
        What the file declares each column to be: ``int8``, ``int16``, ``int32``, ``float``, ``double``, ``string``,
        ``timestamp`` or ``time``.
    frames : function
        Yields the pieces as pandas data frames.
    meaning : function
        Returns what the values mean; call it when all pieces are read.
    """

    rows: int | None
    kinds: Mapping[str, str]
    frames: Callable[[], Iterator[pd.DataFrame]]
    meaning: Callable[[], FileLabels]
