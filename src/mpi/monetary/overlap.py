"""Money and deprivations: who is poor in both, in one or in neither, and who is missed by each."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError
from mpi.estimation.means import mean
from mpi.estimation.request import check_measure, check_survey, columns_of, crosses
from mpi.estimation.row_scores import scores
from mpi.monetary.estimates import MonetaryOptions  # noqa: TC001  # read when the signature is written out
from mpi.monetary.lines import Fixed, specs_of
from mpi.results.concat import concat
from mpi.tables.footnotes import KEY
from mpi.tables.keys import Coded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.monetary.lines import LineLike
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey
    from mpi.survey.words import Where
    from mpi.tables.keys import Keys

    Floats = NDArray[np.float64]

__all__ = ["overlap"]

_CELLS = ("poor_in_both", "poor_in_money_only", "deprived_only", "poor_in_neither")


@kinds_checked
def overlap(
    survey: Survey,
    measure: Measure,
    welfare: str,
    line: LineLike,
    by: Sequence[By] = (),
    *,
    where: Where | None = None,
    **options: Unpack[MonetaryOptions],
) -> Estimates:
    """Say who is poor in money, in deprivations, in both or in neither, and whom each way of counting misses.

    Parameters
    ----------
    survey : Survey
        Who was asked. Rows that are with an engine are read into memory, those columns that are needed.
    measure : Measure
        Whose poor are the multidimensionally poor; it drops or re-weights missing answers.
    welfare : str
        The column of income or expenditure per person.
    line : optional
        A line that does not vary with the sample; see `estimate`.
    by, where
        As for `mpi.estimate`: ``by=["ethnicity", "sex"]``.
    **options
        ``unit, level, df, observed``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        The four cells, which add up to 1: ``poor_in_both``, ``poor_in_money_only``, ``deprived_only``,
        ``poor_in_neither``; the two headcounts, ``fgt(0)`` and ``H``, of those of whom both are known; and
        ``missed_by_money``, the share of the multidimensionally poor who are not poor in money, and
        ``missed_by_deprivations``, the share of the poor in money who are not multidimensionally poor. ``dimension``
        is the line.

    Raises
    ------
    MpiError
        When the line varies with the sample, or the measure bounds missing answers.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> est = mpi.monetary.overlap(survey, measure, "income", 2000, by=["ethnicity"])
    >>> cells = est.select(by="total", wave=2018).table.set_index("statistic")["estimate"]
    >>> round(float(cells.iloc[:4].sum()), 12)
    1.0
    """
    check_survey(survey)
    check_measure(measure)
    if measure.missing == "bounds":
        raise RequestError(
            "overlap: the measure bounds missing answers; take measure.with_missing('drop') or 'reweight'"
        )
    survey.check_columns([welfare, *measure.columns])
    here = _collected(survey if where is None else survey.where(where), measure, welfare, line, by)
    specs = {n: s for n, s in specs_of(line, here).items() if isinstance(s, Fixed)}
    if len(specs) < len(specs_of(line, here)):
        raise RequestError(
            "overlap: the line varies with the sample; give its amount, as mpi.monetary.estimate tells it"
        )
    deprived = _poor(here, measure)
    found = [_estimate_line(here, spec, name, (welfare, deprived), by, options) for name, spec in specs.items()]
    return replace(concat(found), measures=(measure,))


def _collected(survey: Survey, measure: Measure, welfare: str, line: LineLike, by: Sequence[By]) -> Survey:
    if survey.in_memory:
        return survey
    from mpi.core.errors import Problems

    problems = Problems("the overlap cannot be estimated", RequestError)
    groups = columns_of(crosses(by, problems))
    problems.raise_if_any()
    given = list(line.values()) if isinstance(line, dict) else [line]
    lines = [x for x in given if isinstance(x, str)]
    if any(hasattr(x, "thresholds") for x in given) and "area" in survey.columns:
        lines.append("area")
    return survey.collect(list(dict.fromkeys([welfare, *measure.columns, *groups, *lines])))


def _poor(survey: Survey, measure: Measure) -> Floats:
    """Return who is multidimensionally poor, row by row; missing where that is not known."""
    import narwhals.stable.v2 as nw

    frame = nw.from_native(scores(survey, measure), eager_only=True)
    return np.asarray(frame["poor"].cast(nw.Float64).to_numpy(), dtype=np.float64)


def _estimate_line(
    survey: Survey,
    spec: Fixed,
    name: str,
    both: tuple[str, Floats],
    by: Sequence[By],
    options: Any,
) -> Estimates:
    """Return the overlap of monetary poverty at one line with deprivations."""
    welfare, deprived = both
    income = np.asarray(survey.numbers(welfare), dtype=np.float64)
    z = _amounts(survey, spec)
    money = np.where(np.isnan(income) | np.isnan(z), np.nan, income <= z if spec.inclusive else income < z)
    columns = _columns(money, deprived)
    wide = survey
    for statistic, values in columns.items():
        wide = wide.with_column(f"_{statistic}", values)
    est = mean(wide, [f"_{c}" for c in columns], by, **options)
    lost = mean(wide, f"_{_CELLS[0]}", **options).about.get(KEY, "")
    about = {k: v for k, v in est.about.items() if k != KEY} | {f"line {name}": spec.said}
    if lost:
        about[KEY] = lost.replace(f"_{_CELLS[0]} missing", f"{welfare}, its line or an indicator missing")
    return replace(est, keys=_keys(est, name), about=about)


def _columns(money: Floats, deprived: Floats) -> dict[str, Floats]:
    """Return the figures as columns of 0 and 1: missing where either is not known, or in whom they do not count."""
    gone = np.isnan(money) | np.isnan(deprived)
    m, d = (np.where(gone, np.nan, x) for x in (money, deprived))
    cells = dict(zip(_CELLS, (m * d, m * (1 - d), (1 - m) * d, (1 - m) * (1 - d)), strict=True))
    missed = {
        "missed_by_money": np.where(d == 1, 1 - m, np.nan),
        "missed_by_deprivations": np.where(m == 1, 1 - d, np.nan),
    }
    return {**cells, "fgt(0)": m, "H": d, **missed}


def _keys(est: Estimates, name: str) -> Keys:
    """Return keys in which the columns are statistics of a line."""
    column = est.keys["indicator"]
    statistic = Coded(tuple(str(v)[1:] for v in column.values), column.index)
    keys = est.keys.with_column("statistic", statistic).with_column(
        "indicator", Coded((), np.full_like(column.index, -1))
    )
    return keys.with_column("dimension", Coded((name,), np.zeros_like(column.index)))


def _amounts(survey: Survey, spec: Fixed) -> Floats:
    """Return the line of each row."""
    if spec.rows is not None:
        return spec.rows
    if isinstance(spec.value, dict):
        return np.array([float(spec.value[w]) for w in survey.waves])[survey.wave_of_rows()]
    return np.full(len(survey), float(spec.value or 0.0))  # type: ignore[arg-type]  # a number, as was checked
