"""Estimates as tables: tidy, wide, printed for publication."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError
from mpi.tables.footnotes import MISSING, ROUNDING, Style, notes, style_of, without_error
from mpi.tables.keys import NAMES, Coded, cutoffs_as_numbers, group_codes
from mpi.tables.layout import Column, Grid, Placement, grid
from mpi.tables.status import PLAIN

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike

__all__ = [
    "BESIDE",
    "MISSING",
    "ROUNDING",
    "Column",
    "Grid",
    "columns_of",
    "decimals_of",
    "grid",
    "notes",
    "publish",
    "refuse_printed",
    "tidy",
    "wide",
]

BESIDE = ["k", "group_code"]
"""What the tidy table has beside the columns of every version: the cutoff as a number, the code of the group."""


@kinds_checked
def tidy(est: EstimatesLike) -> pd.DataFrame:
    """Return one row per number: what it is, the estimate, its error and limits, and what it rests on.

    Returns
    -------
    pandas.DataFrame
        The keys, with the exact cutoff as text (``1/3``); ``estimate, se, ci_low, ci_high, df, n, n_psu, flag``; and
        beside them the cutoff as a number, ``k``, and the value in the data that the group stands for,
        ``group_code``. Keys are categorical, with the categories that occur.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["province"], statistics=["H"])
    >>> print(tidy(est)[["group", "group_code", "cutoff", "k"]].iloc[2].to_string())
    group         Hà Nội
    group_code         1
    cutoff          3/10
    k                0.3
    """
    import pandas as pd

    columns = columns_of(est)
    return pd.DataFrame({n: _categorical(c) if isinstance(c, Coded) else c for n, c in columns.items()})


def columns_of(est: EstimatesLike) -> dict[str, Coded | NDArray[Any]]:
    """Return the columns of the tidy table, those of few values with the values that occur; arrays of its own."""
    low, high = est.conf_int()
    columns: dict[str, Coded | NDArray[Any]] = {name: est.keys[name].without_unused() for name in NAMES}
    columns |= {"estimate": est.value.copy(), "se": est.se.copy(), "ci_low": low, "ci_high": high}
    columns |= {"df": est.df.copy(), "n": _whole(est.n), "n_psu": _whole(est.n_psu), "flag": est.flag.without_unused()}
    if est.status is not None:
        columns["status"] = est.status.label.without_unused()
    codes = group_codes(est.keys, est.codes).without_unused()
    return columns | {"k": cutoffs_as_numbers(est.keys), "group_code": codes}


def _categorical(column: Coded) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(column.index, categories=pd.Index(column.values))


def _whole(values: Any) -> Any:
    return values.astype(np.int64) if np.isfinite(values).all() else values.copy()


# --- groups in rows, statistics in columns --------------------------------------------------------------------------


def refuse_printed(options: Mapping[str, Any]) -> None:
    """Refuse options that shape text, where a table of numbers is asked for.

    Raises
    ------
    MpiError
        Naming those that are given.
    """
    printed = [k for k in ("decimals", "se", "interval") if k in options]
    if printed:
        raise RequestError(
            f"wide gives numbers, which {' and '.join(printed)} do not change; est.publish(...) gives them as text"
        )


@kinds_checked
def wide(
    est: EstimatesLike,
    statistics: str | Sequence[str] | None = None,
    **options: Unpack[Placement],
) -> pd.DataFrame:
    """Return a table of numbers: groups in rows, and for each statistic its estimate, error, limits and cases.

    Parameters
    ----------
    est : Estimates
        The estimates.
    statistics, by, wave, cutoff, weighting, percent, labels, indicators, rounds, codes
        What is shown, and where it stands; see `publish`. With `percent` the numbers of columns in per cent or in
        percentage points are 100 times the fractions.

    Returns
    -------
    pandas.DataFrame
        Floats at full precision, indexed by ``by``, ``group``, with `codes` ``group_code``, and, where there are
        rounds, ``wave``. The columns have two levels: the statistic, and ``estimate``, ``se``, ``ci_low``,
        ``ci_high``, ``n``. NaN stands for what is undefined, and for what was not estimated.

    Raises
    ------
    MpiError
        When a value does not occur (the nearest is offered), or two numbers would share a cell.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> table = wide(est, ["H"], by="area", wave=2018)
    >>> bool(table["H", "estimate"].between(table["H", "ci_low"], table["H", "ci_high"]).all())
    True
    """
    import pandas as pd

    layout = grid(est, statistics, **options)
    chosen = layout.est
    low, high = chosen.conf_int()
    numbers = {"estimate": chosen.value, "se": chosen.se, "ci_low": low, "ci_high": high, "n": chosen.n}
    there = layout.cell >= 0
    found = {}
    for j, column in enumerate(layout.columns):
        scale = 1.0 if column.unit == "fraction" else 100.0
        for name, values in numbers.items():
            whole = np.full(len(layout.rows), np.nan)
            whole[there[:, j]] = values[layout.cell[there[:, j], j]] * (1.0 if name == "n" else scale)
            found[column.label, name] = whole
    index = pd.MultiIndex.from_tuples([_shown(r) for r in layout.rows], names=list(layout.names))
    return pd.DataFrame(found, index=index)


@kinds_checked
def publish(
    est: EstimatesLike,
    statistics: str | Sequence[str] | None = None,
    *,
    decimals: int | None = None,
    se: bool | None = None,
    interval: bool = False,
    scheme: Any = None,
    **options: Unpack[Placement],
) -> pd.DataFrame:
    """Return a table to publish, as text: groups in rows, statistics in columns, errors in brackets.

    Parameters
    ----------
    est : Estimates
        The estimates.
    statistics : str or sequence of str, optional
        The statistics to show, in this order; by default all.
    by : str, tuple or sequence of these, optional
        The disaggregations to show, a tuple for a cross; by default all.
    wave, cutoff, weighting : optional
        A value, or a list of values, to show; by default all. Figures without a cutoff are always kept.
        Several cutoffs or weightings stand in the column labels (``H, k = 1/3``), and so does any contrast
        but the level.
    percent : bool, default False
        Print headcounts, intensity and shares in per cent (``H, %``). A contrast of them is in percentage
        points where its name says that it is a difference (a change, a gap, ``Hmong - Kinh``:
        ``H, change, pp``), and else in per cent, as the sum of several groups' shares and a relative change.
        M0, contributions to M0, inequality, ratios (``Hmong / Kinh``) and means stay as they are.
    decimals : int, optional
        By default 3, or 1 for percents, and none for a column of thousands; a column whose errors would mostly be
        printed as 0 has more. Of a number given here, fractions among percents have two more.
    se : bool, optional
        Put the standard error after the estimate: ``0.335 (0.006)``; ``0.000 (–)`` where the sample shows no
        variation, for that is no sign of precision. By default it stands there unless the interval does.
    interval : bool, default False
        Put the confidence interval after the estimate: ``0.335 [0.324, 0.346]``; with ``se=True`` after both.
    scheme : Scheme, str, path or dict, optional
        By which figures stand in brackets, with a mark, or are not shown: one of `mpi.release.list_schemes`, or of your
        own. The rule and its effect are among the notes. There is no default; where figures rest on fewer than 25
        cases, a note says so.
    labels : bool, default False
        Name the columns in words: ``Headcount ratio (H)`` and, with what the measure calls an indicator,
        ``Censored headcount: Toilet``. By default they have the field's short names, ``H``.
    indicators : {"columns", "rows"}
        Where indicators stand: each figure of each in a column of its own, or each in a row of its own, which suits
        a decomposition by indicators.
    rounds : {"rows", "columns"}
        Where rounds stand: each in rows of its own, or side by side.
    codes : bool, default False
        Show after each group's label the value in the data that it stands for, ``group_code``: the official code of
        a province, by which a table is joined to a map.

    Returns
    -------
    pandas.DataFrame
        Text, indexed by ``by``, ``group``, with `codes` ``group_code``, and, where there are rounds, ``wave``. A
        figure that is undefined is "–", one that a scheme does not show "–" or "<25"; a cell for which nothing was
        estimated is empty. ``frame.attrs["notes"]`` lists what belongs under the table: the errors, the cutoff, what is
        counted, why figures are missing or not shown, how they are rounded.

    Raises
    ------
    MpiError
        When a value does not occur (the nearest is offered), or two numbers would share a cell.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> publish(est, ["H", "M0"], percent=True).columns.tolist()
    ['H, %', 'M0']
    >>> publish(est, ["H"], labels=True).columns.tolist()
    ['Headcount ratio (H)']
    >>> table = publish(est, "contribution_share", by="total", wave=2018, percent=True, labels=True, indicators="rows")
    >>> table["Share of contribution, %"].droplevel(["by", "group", "wave"])["Toilet"]
    '15.6 (1.7)'
    """
    layout = grid(est if scheme is None else est.release(scheme), statistics, **options)
    return _printed(layout, decimals, style_of(est, se=se, interval=interval))


def _printed(layout: Grid, decimals: int | None, style: Style) -> pd.DataFrame:
    import pandas as pd

    text = [_texts(layout, j, decimals_of(layout, j, decimals), style) for j in range(len(layout.columns))]
    labels = [c.label for c in layout.columns]
    index = pd.MultiIndex.from_tuples([_shown(r) for r in layout.rows], names=list(layout.names))
    frame = pd.DataFrame(dict(enumerate(text)), index=index)
    frame.columns = pd.Index(labels)
    frame.attrs["notes"] = notes(layout, style)
    return frame


def _shown(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple("" if v is None else v for v in row)


@kinds_checked
def decimals_of(layout: Grid, j: int, decimals: int | None = None) -> int:
    """Return how many decimals a column is printed with; sums in the thousands have none.

    Figures may be small. They have as many decimals as most of their standard errors need not to be printed as 0.
    """
    if decimals is not None and not (isinstance(decimals, (int, np.integer)) and 0 <= decimals <= 12):
        raise RequestError(f"decimals {decimals!r} is not a whole number from 0 to 12")
    fraction = layout.columns[j].unit == "fraction"
    if decimals is not None:
        return int(decimals) + 2 * (fraction and layout.percent)
    rows = layout.cell[:, j]
    rows = rows[rows >= 0]
    if not fraction:
        return _enough(layout.est, rows, 1, 100.0)
    largest = np.nanmax(np.abs(layout.est.value[rows]), initial=0.0)
    return 0 if largest >= 1000 else _enough(layout.est, rows, 3, 1.0)


def _enough(est: EstimatesLike, rows: Any, least: int, scale: float) -> int:
    """Return the decimals at which half of the errors have a digit: `least`, or up to three more."""
    se = est.se[rows] * scale
    se = se[np.isfinite(se) & (se > 0)]
    if not len(se):
        return least
    return int(np.clip(np.ceil(-np.log10(np.median(se))), least, least + 3))


def _texts(layout: Grid, j: int, decimals: int, style: Style) -> list[str]:
    """Print one column."""
    column, rows = layout.columns[j], layout.cell[:, j]
    there = np.flatnonzero(rows >= 0)
    est = layout.est.take(rows[there])
    scale = 1.0 if column.unit == "fraction" else 100.0
    se = np.where(without_error(est), np.nan, est.se)
    low, high = est.conf_int() if style in {"interval", "both"} else (est.value, est.value)
    spec = f"z,.{decimals}f"  # z: never "-0.000"
    out = [""] * len(rows)
    forms = [PLAIN] * len(est) if est.status is None else est.status.forms
    for i, form, numbers in zip(there, forms, zip(est.value, se, low, high, strict=True), strict=True):
        out[i] = _text([float(x) * scale for x in numbers], spec, style, form)
    return out


def _text(numbers: Sequence[float], spec: str, style: Style, form: str) -> str:
    value, se, low, high = (MISSING if np.isnan(x) else format(x, spec) for x in numbers)
    if PLAIN not in form:
        return form
    if value == MISSING:
        return value
    value = form.format(value)
    if style == "estimate":
        return value
    if style == "se":
        return f"{value} ({se})"
    limits = f"[{low}, {high}]" if {low, high} != {MISSING} else f"[{MISSING}]"
    return f"{value} ({se}) {limits}" if style == "both" else f"{value} {limits}"
