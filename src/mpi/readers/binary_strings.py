"""Long strings (strL) of the binary kind in .dta files: pandas gives them as Python would write bytes."""

from __future__ import annotations

import ast
import mmap
import re
from typing import TYPE_CHECKING

from mpi.errors import warn

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

__all__ = ["without_binary"]

_LITERAL = re.compile(r"""b'.*'|b".*\"""", re.DOTALL)
_BINARY = re.compile(rb"GSO(?:.{8}|.{12})\x81", re.DOTALL)
"""How a long string begins that is binary: its place, of 8 or 12 bytes, and type 129."""


def without_binary(frame: pd.DataFrame, path: Path) -> pd.DataFrame:
    """Return the frame with binary long strings as the text that they hold, missing where they hold none."""
    found = {
        name: held for name in frame.columns if frame[name].dtype.kind not in "iufbM" and (held := _held(frame[name]))
    }
    if not found or not _has_binary(path):
        return frame
    lost = [name for name, held in found.items() if None in held.values()]
    if lost:
        message = f"{path} holds binary values that are no text, in {', '.join(map(repr, lost))}; they are missing"
        warn(message)
    return frame.assign(**{n: frame[n].map(lambda v, h=h: h.get(v, v), na_action="ignore") for n, h in found.items()})


def _held(column: pd.Series[str]) -> dict[str, str | None]:
    """Return what values that look like bytes hold."""
    texts = [v for v in column.dropna().unique().tolist() if isinstance(v, str)]
    return {text: _text_in(text) for text in texts if _LITERAL.fullmatch(text)}


def _text_in(literal: str) -> str | None:
    try:
        text: str = ast.literal_eval(literal).rstrip(b"\0").decode()
    except (ValueError, SyntaxError):
        return None
    return text if all(c.isprintable() or c in "\t\r\n" for c in text) else None


def _has_binary(path: Path) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return _BINARY.search(data) is not None
