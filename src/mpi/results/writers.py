"""Estimates written to files, or returned as their contents: the methods of `Estimates` that do so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from mpi.tables.files import write

if TYPE_CHECKING:
    from typing import Unpack

    from mpi.tables.estimates_like import EstimatesLike
    from mpi.tables.files import Columns, Formulas, Target
    from mpi.tables.layout import Layout

__all__ = ["to_csv", "to_excel", "to_html", "to_latex", "to_parquet"]


def to_csv(
    est: EstimatesLike,
    path: Target = None,
    *,
    formulas: Formulas = "keep",
    columns: Columns = "core",
    scheme: Any = None,
) -> str | None:
    """Write the tidy table as CSV, every number in full, atomically; without a path, return it as text.

    `path` may be an open file. ``formulas="guard"`` puts an apostrophe before labels that a spreadsheet would run
    as formulas; ``columns="all"`` adds the cutoff as a number, ``k``, and the code of a label, ``group_code``;
    ``scheme`` leaves hidden figures empty (see `release`), and says why in a last column ``status``.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.mean(mpi.load_sample(), "income")
    >>> est.to_csv().splitlines()[0][:42]
    'statistic,contrast,indicator,dimension,by,'
    """
    chosen = est if scheme is None else est.release(scheme)
    return cast("str | None", write(chosen, path, "csv", formulas=formulas, columns=columns))


def to_parquet(
    est: EstimatesLike, path: Target = None, *, columns: Columns = "core", scheme: Any = None
) -> bytes | None:
    """Write the tidy table as parquet, every number in full, atomically; without a path, return its bytes.

    ``columns="all"`` adds ``k`` and ``group_code``, and ``scheme`` hides figures, as for `to_csv`.
    """
    chosen = est if scheme is None else est.release(scheme)
    return cast("bytes | None", write(chosen, path, "parquet", columns=columns))


def to_excel(est: EstimatesLike, path: Target = None, **options: Unpack[Layout]) -> bytes | None:
    """Write an Excel workbook, or return its bytes: notes, sheets to publish by disaggregation, the tidy table.

    `path` is a file, ``.xlsx``, or an open one; the options are those of `publish` (columns are named in words
    unless ``labels=False``).

    Raises
    ------
    MpiError
        When the path has another end, an option is unknown, or the file cannot be written.
    """
    return cast("bytes | None", write(est, path, "excel", **options))


def to_latex(est: EstimatesLike, path: Target = None, **options: Unpack[Layout]) -> str | None:
    """Write the table to publish as LaTeX, or return it; the options and errors are those of `to_excel`."""
    return cast("str | None", write(est, path, "latex", **options))


def to_html(est: EstimatesLike, path: Target = None, **options: Unpack[Layout]) -> str | None:
    """Write the table to publish as a web page, or return it; the options and errors are those of `to_excel`."""
    return cast("str | None", write(est, path, "html", **options))
