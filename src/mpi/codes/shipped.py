"""The data files of this room, read once: CSV as rows of text, TOML as tables."""

from __future__ import annotations

import csv
import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["rows", "tables"]


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a CSV file, all fields as text.

    Examples
    --------
    >>> rows("crosswalk")[0]
    {'vn-63': '01', 'vn-34': '01', 'vn-old3': '101', 'vn-region6': '1'}
    """
    return tuple(csv.DictReader(_text(f"{name}.csv").splitlines()))


@cache
def tables(name: str) -> dict[str, Any]:
    """Return the tables of a TOML file."""
    return tomllib.loads(_text(f"{name}.toml"))


def _text(name: str) -> str:
    return (files("mpi.codes") / "data" / name).read_text(encoding="utf-8")
