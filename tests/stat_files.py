"""Files of Stata and SPSS as offices keep them, made for tests: of every version, labelled, old."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyreadstat

PANDAS_VERSIONS = [114, 117, 118, 119]


READSTAT_VERSIONS = list(range(8, 16))


HAND_MADE = [102, 103, 104, 105, 108, 110, 111, 113, 114, 115]


SEX = {1: "Male", 2: "Female"}


def people(rows: int = 30) -> pd.DataFrame:
    """Return members of households; the region is labelled for some of its codes only."""
    i = np.arange(rows)
    return pd.DataFrame(
        {
            "province": np.where(i % 2 == 0, "Ha Noi", "Cao Bang"),
            "sex": (i % 2 + 1).astype("int8"),
            "weight": i * 1.5,
            "region": (i % 5).astype("int16"),
        }
    )


def write_stata(path: Path, frame: pd.DataFrame, version: int, **options: Any) -> Path:
    frame.to_stata(path, version=version, write_index=False, **options)
    return path


def labelled_stata(path: Path, version: int) -> Path:
    labels = {"sex": SEX, "region": {0: "North", 1: "Centre"}}
    return write_stata(path, people(), version, value_labels=labels, variable_labels={"sex": "Sex of the member"})


def old_stata(path: Path, version: int, *, order: str = "<") -> Path:
    """Write, by hand, a file of formats 102 to 116: three rows of sex (labelled) and weight (one missing)."""
    wide, text = version > 108, "latin-1"
    name = 33 if wide else 9
    format_width = 49 if version > 113 else 12 if version > 104 else 7
    title = 81 if version > 105 else 32

    def fixed(*values: str, width: int) -> bytes:
        return b"".join(value.encode(text).ljust(width, b"\0") for value in values)

    head = bytes([version, 0 if version == 102 else 1 if order == ">" else 2, 1, 0])
    head += struct.pack(f"{order}H{'H' if version == 102 else 'I'}", 2, 3)
    head += fixed("", width=title) + (fixed("01 Jan 1998 10:00", width=18) if version > 104 else b"")
    head += bytes([252, 255]) if version >= 111 else b"id"
    head += fixed("sex", "weight", width=name) + bytes(6)
    head += fixed("%8.0g", "%9.0g", width=format_width) + fixed("sexlbl", "", width=name)
    head += fixed("Giíi tÝnh", "", width=title)
    if version > 104:
        head += bytes(5 if wide else 3)
    missing = 2.0**333 if version <= 105 else 2.0**1023
    rows = b"".join(struct.pack(f"{order}hd", *row) for row in [(1, 1.5), (2, missing), (1, 2.5)])
    path.write_bytes(head + rows + _old_labels(version, order, name))
    return path


def _old_labels(version: int, order: str, name: int) -> bytes:
    if version < 108:
        entries = struct.pack(f"{order}H", 2) + b"sexlbl".ljust(9, b"\0") + b"\0"
        return entries + struct.pack(f"{order}2h", 1, 2) + b"Nam".ljust(8, b"\0") + b"N\xf7".ljust(8, b"\0")
    text = b"Nam\0N\xf7\0"
    body = struct.pack(f"{order}II2i2i", 2, len(text), 0, 4, 1, 2) + text
    return struct.pack(f"{order}I", len(body)) + b"sexlbl".ljust(name + 3, b"\0") + body


def spss_frame() -> pd.DataFrame:
    return pd.DataFrame({"TINH": ["Ha Noi", "Hue", "NA"] * 20, "SEX": [1.0, 2.0, 9.0] * 20, "W": np.arange(60) / 4})


def write_spss(path: Path, frame: pd.DataFrame | None = None) -> Path:
    frame = spss_frame() if frame is None else frame
    if path.suffix == ".por":
        pyreadstat.write_por(frame, path, column_labels={"SEX": "Sex of the member"})
        return path
    labels, missing = {"SEX": {1: "Male", 2: "Female", 9: "DK"}}, {"SEX": [9], "TINH": ["NA"]}
    pyreadstat.write_sav(
        frame,
        path,
        compress=path.suffix == ".zsav",
        variable_value_labels=labels,
        missing_ranges=missing,
        column_labels={"SEX": "Sex of the member"},
    )
    return path
