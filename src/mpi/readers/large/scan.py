"""Files that need not fit in memory, read by DuckDB."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, get_args

import narwhals.stable.v2 as nw

from mpi.core.arguments import kinds_checked
from mpi.core.errors import FileError, RequestError, unknown
from mpi.frames.duckdb import Files, connected, literal, name, remember
from mpi.frames.engine_errors import translated_duckdb_errors
from mpi.frames.missing_codes import read_missing
from mpi.frames.nulls import with_nulls
from mpi.frames.progress import rows_done
from mpi.frames.without_codes import without_codes_lazily
from mpi.readers.encodings import python_codec
from mpi.readers.large.copies import Copies
from mpi.readers.large.parts import Parts, find, is_remote, is_several, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from mpi.frames.missing_codes import Declared

    Where = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

__all__ = ["Scanned", "columns_of", "is_several", "kind_of", "scan", "scanned", "translated_duckdb_errors"]


@dataclass(frozen=True, slots=True)
class Scanned:
    """Files that were scanned.

    Attributes
    ----------
    relation : duckdb.DuckDBPyRelation
        Their rows; nothing was read into memory.
    labels : mapping of column to mapping of value to label
        Value labels, those of all files together.
    rows : int, optional
        How many rows there are, where it is known without reading them.
    """

    relation: Any
    labels: Mapping[str, Mapping[Any, str]]
    rows: int | None


@kinds_checked
def scan(
    path: Where,
    memory: str | None = None,
    *,
    columns: Sequence[str] | None = None,
    progress: bool | None = None,
    encoding: str | None = None,
    missing: Declared = None,
    copies: Copies = "refuse",
) -> Any:
    """Return a DuckDB relation over files that need not fit in memory.

    Parameters
    ----------
    path : path, pattern, folder, or list of these
        Parquet (``.parquet``, ``.pq``), delimited text (``.csv``, ``.tsv``, ``.txt``, also ``.gz``), Stata (``.dta``)
        or SPSS (``.sav``, ``.zsav``) files, all of one kind and with the same columns. Parquet and CSV may lie at an
        address that DuckDB reads, ``"s3://bucket/census/*.parquet"``. Of a folder or a pattern, files whose names begin
        with ``_`` or ``.`` are left out, and told.
    memory : str, optional
        How much memory DuckDB may use for reading and grouping, ``"4GB"``; what does not fit is spilled to the disk, in
        the folder for temporary files (``TMPDIR``). Rows then come in any order. It is not the memory of the whole run:
        the groups that are collected, and estimates from them, take theirs besides (some 0.1 kB for each row of a
        profile), which is held to what is left before they are collected.
    columns : sequence of str, optional
        The columns to read; all by default. Only these need be alike in all files.
    progress : bool, optional
        Whether to show how many rows are done where files are looked through or converted. By default a bar is shown on
        terminals and in notebooks, after a second.
    encoding : str, optional
        The encoding of the text in files that are not Parquet, such as ``"tcvn3"``; found out by default, as
        `read_survey` does.
    missing : mapping of column to codes, or codes for all columns, optional
        Codes that are no answer, ``{"yrs": [97, 98, 99], "minutes": "995-999"}``; the relation has them missing. See
        `Survey`, which also counts them; here the columns of a design are no others.
    copies : {"refuse", "keep"}
        What becomes of files that hold the same bytes as another: an error that names both, or rows that count twice.
        A file that is named twice, by a link or another spelling of its path, is always read once.

    Returns
    -------
    duckdb.DuckDBPyRelation
        Of Parquet only the footers were read. Delimited text was looked through once, for its types. Stata and SPSS
        files were converted, piece by piece, to files in the folder for temporary files; they go when it goes.

    Raises
    ------
    MpiError
        When no file matches, formats are mixed or unknown, files are damaged or empty, differ in their columns, in what
        these hold or in their labels, or DuckDB is not installed. All files are told at once, and nothing is half done.

    Notes
    -----
    Numbers of several widths become the type that holds them all: where one file has 0 and 1 and the other 0.5, both
    are floats. Values are those of `read_survey`. Text of Parquet files is taken for Unicode.

    Examples
    --------
    >>> import mpi
    >>> measure = mpi.load_measure("global-mpi")
    >>> census = mpi.scan("census/*.parquet", memory="4GB")  # doctest: +SKIP
    >>> small = mpi.profile(census, measure, by=["province", "sex"])  # doctest: +SKIP
    """
    declared = read_missing(missing)
    found = scanned(path, columns, memory, progress, encoding, copies)
    if not declared:
        return found.relation
    rows = with_nulls(nw.from_native(found.relation))
    return without_codes_lazily(rows, declared, found.labels, why=False).to_native()


def scanned(
    path: Where,
    columns: Sequence[str] | None = None,
    memory: str | None = None,
    progress: bool | None = None,  # noqa: FBT001  # None is a third value
    encoding: str | None = None,
    copies: Copies = "refuse",
) -> Scanned:
    """Return files as a relation, with the labels of their values; see `scan`."""
    wanted = None if columns is None else list(dict.fromkeys([columns] if isinstance(columns, str) else columns))
    if copies not in get_args(Copies):
        raise RequestError(unknown("word for copies", copies, get_args(Copies)))
    parts = find(path, copies=copies)
    _check_encoding(parts, encoding)
    connection, folder = connected(memory)
    with translated_duckdb_errors():
        relation, files, labels = _opened(connection, parts, wanted, folder, progress, encoding)
        if memory is not None:
            connection.execute("SET preserve_insertion_order = false")
    remember(connection, replace(files, given=parts.paths))
    return Scanned(relation, labels, files.rows)


def columns_of(path: Where, encoding: str | None = None, sheet: str | None = None) -> tuple[str, ...]:
    """Return the columns of a file, or of the first of several; none where they lie at an address."""
    from mpi.readers import column_names

    first = find(path, copies="keep", tell=False).paths[0] if is_several(path) else path
    if is_remote(os.fspath(first)):  # type: ignore[arg-type]  # one
        return ()
    return column_names(first, encoding=encoding, sheet=sheet)  # type: ignore[arg-type]  # as above


def _check_encoding(parts: Parts, encoding: str | None) -> None:
    if encoding is None:
        return
    python_codec(encoding)  # tells the nearest
    if parts.kind == "parquet" or any(map(is_remote, parts.paths)):
        raise RequestError(
            f"encoding={encoding!r}: the text of {parts.paths[0]!r} is left to DuckDB, which takes it for UTF-8; leave "
            "encoding out, or read a file on this disk without memory="
        )


def _opened(
    connection: Any,
    parts: Parts,
    columns: Sequence[str] | None,
    folder: Path,
    progress: bool | None,  # noqa: FBT001  # None is a third value
    encoding: str | None,
) -> tuple[Any, Files, Mapping[str, Mapping[Any, str]]]:
    from mpi.readers.large import converted, delimited, parquet

    if parts.kind == "parquet":
        return *parquet.opened(connection, parts.paths, columns), {}
    if any(map(is_remote, parts.paths)):
        return *_remote_text(connection, parts, columns), {}
    if parts.kind == "delimited":
        with rows_done("looking through", None, show=progress) as at:
            return *delimited.opened_text(connection, parts.paths, columns, folder, at, encoding), {}
    made = converted.converted(parts.kind, parts.paths, columns, folder, show=progress, encoding=encoding)
    return *parquet.opened(connection, made.paths, columns), made.labels


def _remote_text(connection: Any, parts: Parts, columns: Sequence[str] | None) -> tuple[Any, Files]:
    """Leave text that lies at an address to DuckDB, which finds out its types by all rows."""
    from mpi.readers.delimited import MISSING

    if parts.kind != "delimited":
        raise FileError(f"{parts.paths[0]!r}: files of this kind are read from a disk; fetch it first")
    select = "*" if columns is None else ", ".join(map(name, columns))
    return connection.sql(
        f"SELECT {select} FROM read_csv({literal(parts.paths)}, union_by_name = true, sample_size = -1, "
        f"nullstr = {literal(MISSING)})"
    ), Files(None, parts.paths)
