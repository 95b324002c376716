"""Any file of microdata as a `Table`: the format by its suffix, the columns chosen before the reading."""

from __future__ import annotations

import importlib
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from mpi.core.atomic import located
from mpi.core.errors import FileError, Problems, RequestError, unknown
from mpi.readers import faults
from mpi.readers.encodings import python_codec
from mpi.readers.formats import FORMATS, not_read, suffix_of
from mpi.readers.packed import taken_out
from mpi.readers.text import tidy

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mpi.readers.table import Table

__all__ = ["column_names", "read_table"]


class _Format(Protocol):
    """The functions that each format's module offers."""

    def names(self, path: Path, encoding: str | None) -> tuple[str, ...]:
        """Return the names of a file's columns."""
        ...

    def read(self, path: Path, columns: list[str] | None, encoding: str | None) -> Table:
        """Return some columns of a file, or all, with their labels."""
        ...


def read_table(
    path: str | os.PathLike[str],
    columns: Iterable[str] | None = None,
    *,
    encoding: str | None = None,
    sheet: str | None = None,
) -> Table:
    r"""Read a file of microdata with its labels.

    The format goes by the suffix: Stata (.dta, versions 102 to 119), SPSS (.sav, .zsav, .por), SAS transport
    (.xpt), SAS (.sas7bdat), delimited text (.csv, .tsv, .txt), Parquet, Arrow (.feather) or an Excel workbook (.xlsx);
    any of them packed by gzip (``people.dta.gz``), or alone in a .zip. Values are the file's codes. User-defined and
    extended missing values are missing, and so are dates that cannot be. Text comes out as Unicode in composed
    letters (NFC), without blanks around it; so do names and labels.

    Parameters
    ----------
    path : str or path
        The file.
    columns : iterable of str, optional
        The columns to read, in the order wanted; all of them by default. A name said twice is read once.
    encoding : str, optional
        The encoding of its text: ``"tcvn3"``, ``"vni"``, ``"viscii"``, ``"windows-1258"``, or any that Python knows.
        By default it is found out: UTF-8 where it is that, one of the Vietnamese encodings where the words are then
        Vietnamese, else Windows-1252.
    sheet : str, optional
        The sheet of a workbook; the only one that holds anything by default.

    Returns
    -------
    Table
        The data, its value labels and variable labels.

    Raises
    ------
    MpiError
        When the file is absent, damaged, cut short or not what its suffix says, a column is not in it, or the
        encoding is unknown or not that of its text.

    Warns
    -----
    MpiWarning
        When text reads as well in two encodings, or seems to be in another than it was read in; when empty rows and
        columns were left out; when dates cannot be; when the file does not tell that it is whole.

    Notes
    -----
    In delimited text an empty field and ``.``, ``NA``, ``N/A``, ``NaN``, ``NULL`` are missing. ``None`` is
    not: it is a category ("no schooling") more often than a gap. Codes of more than 15 digits in a column
    with gaps are text, since floats would merge them. A sheet of a workbook is read as it would be, saved as CSV.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "people.csv")
    >>> _ = path.write_text("region;weight\n1;0,5\n2;1,25\n")
    >>> read_table(path, columns=["weight"]).frame["weight"].tolist()
    [0.5, 1.25]
    """
    with _opened(path, encoding, sheet) as (file, module), faults.translated_read_errors(file):
        wanted = None if columns is None else _chosen(file, columns, module.names(file, encoding))
        return module.read(file, wanted, encoding)


def column_names(
    path: str | os.PathLike[str], *, encoding: str | None = None, sheet: str | None = None
) -> tuple[str, ...]:
    r"""Return the names of a file's columns, in their order, without reading its data.

    Raises
    ------
    MpiError
        When the file is absent, its head is damaged, or it is not what its suffix says.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "people.csv")
    >>> _ = path.write_text("region,weight\n1,0.5\n")
    >>> column_names(path)
    ('region', 'weight')
    """
    with _opened(path, encoding, sheet) as (file, module), faults.translated_read_errors(file):
        return module.names(file, encoding)


@contextmanager
def _opened(path: str | os.PathLike[str], encoding: str | None, sheet: str | None) -> Iterator[tuple[Path, _Format]]:
    """Give a file, taken out of the one that holds it where it is packed, and what reads it."""
    file = located(path)
    _require(file)
    if encoding is not None:
        python_codec(encoding)  # tells the nearest
    with taken_out(file) as inner:
        kind = _require(inner)
        module: Any = importlib.import_module(f"mpi.readers.{kind}")
        if sheet is not None and kind != "excel":
            raise RequestError(f"cannot read {inner}: it is no workbook, and has no sheet {sheet!r}; leave out sheet=")
        yield inner, module if sheet is None else module.Workbook(sheet)


def _require(file: Path) -> str:
    """Return the kind of a file that is there, and is what its suffix says."""
    suffix = suffix_of(file.name)
    if suffix is None:
        raise FileError(f"cannot read {file}: {not_read(file.name)}")
    faults.require_file(file, FORMATS)
    faults.require_kind(file, FORMATS[suffix])
    return FORMATS[suffix]


def _chosen(file: Path, columns: Iterable[str], existing: tuple[str, ...]) -> list[str]:
    """Return the columns to read, each once; raise RequestError where some do not exist."""
    asked = [columns] if isinstance(columns, str) else columns
    wanted = list(dict.fromkeys(tidy(c) if isinstance(c, str) else c for c in asked))
    problems = Problems(f"cannot read the columns asked of {file}", RequestError)
    for name in wanted:
        if name not in existing:
            problems.add(unknown("column", name, existing))
    if not wanted:
        problems.add("no column is named; leave `columns` out to read all of them")
    problems.raise_if_any()
    return wanted
