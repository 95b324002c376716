"""Excel workbooks (.xlsx, .xlsm): a sheet is read as it would be, saved as CSV.

By python-calamine where it is installed, which takes a fifteenth of the time, else by openpyxl.
"""

from __future__ import annotations

import csv
import datetime as dt
import importlib
import io
import warnings
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MissingLibraryError, RequestError, unknown
from mpi.readers import delimited
from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from mpi.readers.table import Table

    Rows = Iterable[Iterable[Any]]

__all__ = ["Workbook", "names", "read"]


@dataclass(frozen=True, slots=True)
class Workbook:
    """A workbook and the sheet that is meant; None means the only one that holds anything. It is read once."""

    sheet: str | None = None
    read_already: dict[Path, str] = field(default_factory=dict)

    def names(self, path: Path, encoding: str | None = None) -> tuple[str, ...]:
        """Return the names in the first row that holds any."""
        return delimited.header_of(self._text(path, encoding), ",")

    def read(self, path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
        """Return the columns; values are those of a sheet that is saved as CSV: dates are texts, as 2026-11-30."""
        text = self._text(path, encoding)
        head = delimited.Head("utf-8-sig", ",", delimited.header_of(text, ","), 0)
        return delimited.table_of(path, text.encode(), head, columns, encoding)

    def _text(self, path: Path, encoding: str | None) -> str:
        if encoding is not None:
            raise RequestError(f"cannot read {path}: the text of a workbook is Unicode; leave out encoding=")
        if path not in self.read_already:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", UserWarning)  # of what is drawn in a workbook
                self.read_already[path] = _as_csv(path, self.sheet)
        return self.read_already[path]


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:
    """Return the names of the columns of the only sheet."""
    return Workbook().names(path, encoding)


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns of the only sheet."""
    return Workbook().read(path, columns, encoding)


def _as_csv(path: Path, sheet: str | None) -> str:
    """Return a sheet as CSV, without empty rows above its header and empty columns to the right."""
    sheets, rows = _opened(path)
    kept = [[_field(cell) for cell in row] for row in rows(_chosen(path, sheet, sheets, rows))]
    start = next((i for i, row in enumerate(kept) if any(row)), None)
    if start is None:
        raise DamagedError("its sheet is empty")
    kept = kept[start:]
    width = max(i + 1 for row in kept for i, field in enumerate(row) if field)
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows((row + [""] * width)[:width] for row in kept)
    return out.getvalue()


def _field(cell: Any) -> str:
    """Return a cell as text."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 2**53 else repr(cell)
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        return cell.date().isoformat()
    return cell.isoformat() if isinstance(cell, (dt.date, dt.time)) else str(cell).strip()


def _chosen(path: Path, sheet: str | None, sheets: list[str], rows: Callable[[str], Rows]) -> str:
    if sheet is not None:
        if sheet not in sheets:
            raise RequestError(f"cannot read {path}: {unknown('sheet', sheet, sheets)}")
        return sheet
    held = sheets if len(sheets) == 1 else [s for s in sheets if any(c not in {None, ""} for r in rows(s) for c in r)]
    if len(held) > 1:
        named = ", ".join(map(repr, held))
        raise FileError(
            f"cannot read {path}: it has {len(held)} sheets, {named}; name one: sheet={held[0]!r}, or --sheet on the "
            "command line"
        )
    return held[0] if held else sheets[0]


def _opened(path: Path) -> tuple[list[str], Callable[[str], Rows]]:
    """Return the sheets of a workbook, and what gives the rows of one."""
    if find_spec("python_calamine"):
        return _by_calamine(path)
    if find_spec("openpyxl"):
        return _by_openpyxl(path)
    raise MissingLibraryError(
        f"cannot read {path}: workbooks need python-calamine or openpyxl; pip install python-calamine (or "
        "'mpi-poverty[excel]')"
    )


def _by_calamine(path: Path) -> tuple[list[str], Callable[[str], Rows]]:
    book: Any = importlib.import_module("python_calamine").CalamineWorkbook.from_path(str(path))
    return list(book.sheet_names), lambda name: book.get_sheet_by_name(name).to_python(skip_empty_area=False)


def _by_openpyxl(path: Path) -> tuple[list[str], Callable[[str], Rows]]:
    openpyxl = importlib.import_module("openpyxl")

    def rows(name: str) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a sheet."""
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
        try:
            sheet = book[name]
            sheet.reset_dimensions()  # which some programs write wrongly
            yield from sheet.iter_rows(values_only=True)
        finally:
            book.close()

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        return [s.title for s in book.worksheets], rows
    finally:
        book.close()
