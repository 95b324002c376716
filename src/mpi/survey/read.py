"""Surveys read from files of microdata."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mpi.core.arguments import kinds_checked
from mpi.core.atomic import located
from mpi.survey.design import design_keywords, design_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Unpack

    from mpi.frames.missing_codes import Declared
    from mpi.survey.design import Design, DesignKeywords
    from mpi.survey.survey import Survey

__all__ = ["read_survey"]

LARGE = 1 << 30
"""Bytes from which a file is left where it lies: read into memory it takes several times as many."""


@kinds_checked
@design_keywords
def read_survey(
    path: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    columns: Sequence[str] | None = None,
    memory: str | None = None,
    progress: bool | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    design: Design | None = None,
    missing: Declared = None,
    **keywords: Unpack[DesignKeywords],
) -> Survey:
    """Read a survey from a file, or from many; value labels become the labels of groups.

    One file is read into memory. A pattern, a folder, a list of files, any file with `memory`, and a file of more than
    1 GiB are left where they lie, and DuckDB reads of them what an estimate needs.

    Parameters
    ----------
    path : path, pattern, folder, or list of these
        A ``.dta``, ``.sav``, ``.zsav``, ``.por``, ``.xpt``, ``.sas7bdat``, ``.csv``, ``.parquet``, ``.feather`` or
        ``.xlsx`` file, also packed (``.dta.gz``, or alone in a ``.zip``); or several of one kind that are one table,
        such as ``"census/*.parquet"``: see `scan`.
    columns : sequence of str, optional
        The columns to read besides those of the design; all by default. Naming them makes large files fast.
    memory : str, optional
        How much memory DuckDB may use for what is not read into memory, ``"4GB"``; the rest is spilled to the disk. The
        groups that it finds, and estimates from them, take memory besides; see `scan`.
    progress : bool, optional
        Whether to show how many rows are done where files are converted; by default on terminals and in notebooks.
    encoding : str, optional
        The encoding of the file's text: ``"tcvn3"``, ``"vni"``, ``"viscii"``, ``"windows-1258"``, or any that Python
        knows. By default it is found out: UTF-8 where it is that, one of the Vietnamese encodings where the words are
        then Vietnamese, else Windows-1252. What is in doubt is told by a warning.
    sheet : str, optional
        The sheet of a workbook; the only one that holds anything by default.
    design : Design, optional
        Which columns hold the design, and the rules by which it is read.
    missing : mapping of column to codes, or codes for all columns, optional
        Codes that are no answer, ``{"yrs": [97, 98, 99], "minutes": "995-999"}``; see `Survey`. Columns of the
        file that are not read may be named too.
    **keywords
        The design in short, ``weight="w", psu="commune"``: whatever `Design` takes, and `design` does not say.

    Raises
    ------
    MpiError
        When a file cannot be read, files are not alike, a column is absent (the nearest is offered), or the design is
        wrong.

    Examples
    --------
    >>> import mpi
    >>> survey = mpi.read_survey("people.dta", weight="weight", strata="stratum", psu="psu")  # doctest: +SKIP
    >>> census = mpi.read_survey("census/*.parquet", psu="area", memory="4GB")  # doctest: +SKIP
    """
    from mpi.frames.missing_codes import read_missing
    from mpi.readers.large.scan import columns_of
    from mpi.survey.origin import Origin
    from mpi.survey.survey import Survey, of_rows

    said = design_of(design, keywords, "read_survey")
    wanted = None if columns is None else list(dict.fromkeys([*columns, *said.columns]))
    frame, labels, titles = _read(path, wanted, memory, progress, encoding, sheet)
    declared = read_missing(missing)
    if wanted is not None and declared:
        declared = declared.without_columns([c for c in columns_of(path, encoding, sheet) if c not in wanted])
    survey = Survey(frame, design=said, labels=labels, missing=declared)
    if not survey.in_memory:
        return survey
    file = located(path)  # type: ignore[arg-type]  # it is one file
    return of_rows(replace(survey.rows.collect(), origin=Origin((str(file.absolute()),), titles=titles)))


def _read(
    path: Any,
    columns: list[str] | None,
    memory: str | None,
    progress: bool | None,  # noqa: FBT001  # None is a third value
    encoding: str | None,
    sheet: str | None,
) -> tuple[Any, Any, Any]:
    """Return the data, in memory or where they lie, the labels of their values, and those of variables."""
    from mpi.frames.without_codes import with_file_reasons
    from mpi.readers import read_table
    from mpi.readers.large.scan import is_several, kind_of, scanned

    if sheet is None and (is_several(path) or memory is not None or (_is_large(path) and kind_of(os.fspath(path)))):
        found = scanned(path, columns, memory, progress, encoding)
        return found.relation, found.labels, {}
    table = read_table(path, columns, encoding=encoding, sheet=sheet)
    return with_file_reasons(table.frame, table.reasons), table.labels, table.titles


def _is_large(path: str | os.PathLike[str]) -> bool:
    file = located(path)
    return file.is_file() and file.stat().st_size > LARGE
