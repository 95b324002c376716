"""Any file of microdata as a `Table`: the format by its suffix, the columns chosen before the reading."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Protocol

from mpi.errors import MpiError, Problems, unknown
from mpi.files import located
from mpi.readers import faults

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable
    from pathlib import Path

    from mpi.readers.table import Table

__all__ = ["column_names", "read_table"]

_FORMATS = {
    ".dta": "stata",
    ".sav": "spss",
    ".zsav": "spss",
    ".por": "spss",
    ".csv": "delimited",
    ".tsv": "delimited",
    ".txt": "delimited",
    ".csv.gz": "delimited",
    ".tsv.gz": "delimited",
    ".txt.gz": "delimited",
    ".parquet": "parquet",
    ".pq": "parquet",
}


class _Format(Protocol):
    """What each format's module offers."""

    def names(self, path: Path) -> tuple[str, ...]: ...

    def read(self, path: Path, columns: list[str] | None) -> Table: ...


def read_table(path: str | os.PathLike[str], columns: Iterable[str] | None = None) -> Table:
    r"""Read a file of microdata with its labels.

    The format goes by the suffix: Stata (.dta, versions 102 to 119), SPSS (.sav, .zsav, .por), delimited text
    (.csv, .tsv, .txt, also .gz) or Parquet. Values are the file's codes. User-defined and extended missing
    values are missing. Text in legacy Vietnamese encoding (TCVN3) comes out as Unicode.

    Parameters
    ----------
    path : str or path
        The file.
    columns : iterable of str, optional
        The columns to read, in the order wanted; all of them by default. A name said twice is read once.

    Returns
    -------
    Table
        The data, its value labels and variable labels.

    Raises
    ------
    MpiError
        When the file is absent, damaged, cut short or not what its suffix says, or a column is not in it.

    Notes
    -----
    In delimited text an empty field and ``.``, ``NA``, ``N/A``, ``NaN``, ``NULL`` are missing. ``None`` is
    not: it is a category ("no schooling") more often than a gap. Codes of more than 15 digits in a column
    with gaps are text, since floats would merge them.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> path = pathlib.Path(tempfile.mkdtemp(), "people.csv")
    >>> _ = path.write_text("region;weight\n1;0,5\n2;1,25\n")
    >>> read_table(path, columns=["weight"]).frame["weight"].tolist()
    [0.5, 1.25]
    """
    file = located(path)
    module = _format(file)
    with faults.told(file):
        wanted = None if columns is None else _chosen(file, columns, module.names(file))
        return module.read(file, wanted)


def column_names(path: str | os.PathLike[str]) -> tuple[str, ...]:
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
    file = located(path)
    module = _format(file)
    with faults.told(file):
        return module.names(file)


def _format(file: Path) -> _Format:
    name = file.name.casefold()
    suffix = max((s for s in _FORMATS if name.endswith(s)), key=len, default=None)
    if suffix is None:
        raise MpiError(
            f"cannot read {file}: {unknown('format', ''.join(file.suffixes[-1:]), _FORMATS)}. "
            "Save the data in one of these, or rename the file if its suffix is wrong"
        )
    faults.require_file(file, _FORMATS)
    module: Any = importlib.import_module(f"mpi.readers.{_FORMATS[suffix]}")
    faults.require_kind(file, _FORMATS[suffix])
    return module  # type: ignore[no-any-return]


def _chosen(file: Path, columns: Iterable[str], known: tuple[str, ...]) -> list[str]:
    wanted = list(dict.fromkeys([columns] if isinstance(columns, str) else columns))
    problems = Problems(f"cannot read the columns asked of {file}")
    for name in wanted:
        if name not in known:
            problems.add(unknown("column", name, known))
    if not wanted:
        problems.add("no column is named; leave `columns` out to read all of them")
    problems.raise_if_any()
    return wanted
