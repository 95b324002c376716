"""The rows of a decomposition by regression: two groups, an outcome, covariates; what was dropped is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypedDict

import numpy as np

from mpi.core.arguments import defaults
from mpi.core.errors import DataError, Problems, RequestError, unknown, warn
from mpi.core.exact import text
from mpi.decompose.by_regression.fits import fit
from mpi.decompose.by_regression.regressors import names_of, read, regressors
from mpi.estimation.attainable import cases_of as occurring
from mpi.estimation.attainable import warn_of_misses
from mpi.estimation.identify import complete, reweighted
from mpi.estimation.left_out import LeftOut, lost_patterns
from mpi.estimation.linearized import take_rows
from mpi.estimation.patterns import profile
from mpi.estimation.request import check_measure, check_survey, opened
from mpi.estimation.rows import counted
from mpi.measures.measure import Measure
from mpi.survey.survey import in_words
from mpi.survey.undeclared import tell_undeclared
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.decompose.by_regression.fits import Fit
    from mpi.decompose.by_regression.regressors import Covariates, Regressor, Regressors
    from mpi.estimation.rows import Rows
    from mpi.inference.likelihood import Link
    from mpi.measures.words import Unit
    from mpi.results.options import Degrees
    from mpi.survey.survey import Survey
    from mpi.survey.words import Where

    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]

__all__ = ["Cases", "Detail", "Detailed", "OrderedCategories", "RegressionOptions", "cases_of"]

Detail = Literal["covariates", "categories"]
"""Of what a split has a detail."""

_OF_MEASURE = {"poor": "H", "censored_score": "M0", "score": "mean of score"}


class RegressionOptions(TypedDict, total=False):
    """The keyword arguments that all decompositions by regression take.

    Attributes
    ----------
    measure : Measure
        Of which ``poor``, ``censored_score`` or ``score`` is the outcome.
    where : str, narwhals expression, array of bool, or function
        The domain of interest; the design stays whole.
    unit : {"person", "household"}
        What is counted.
    level : float
        The confidence level, 0.95 by default.
    df : {"group", "design"}
        Whose degrees of freedom.
    """

    measure: Measure | None
    where: Where | None
    unit: Unit | None
    level: float
    df: Degrees


class Detailed(RegressionOptions, total=False):
    """Options of decompositions whose detail follows from the coefficients.

    Attributes
    ----------
    normalise : bool
        Whether the detail of categories does not depend on which is left out, True by default.
    detail : {"covariates", "categories"}
        Of what a detail is given.
    """

    normalise: bool
    detail: Detail


class OrderedCategories(RegressionOptions, total=False):
    """Options of decompositions that switch covariates one after the other.

    Attributes
    ----------
    orders : int
        How many orders are drawn, 200 by default.
    seed : int
        Of the drawing.
    """

    orders: int
    seed: int


_COMMON = {"measure": None, "where": None, "unit": None, "level": 0.95, "df": "group"}
defaults(RegressionOptions, **_COMMON)
defaults(Detailed, **_COMMON, normalise=True, detail="covariates")
defaults(OrderedCategories, **_COMMON, orders=200, seed=0)


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The rows that are used.

    Attributes
    ----------
    survey : Survey
        Who was asked.
    rows : Rows
        The rows, of two groups (or of everyone).
    y : ndarray of float, shape (rows,)
        The outcome.
    regressors : Regressors
        The covariates.
    inside : dict of str to ndarray of bool
        The rows of each group: the compared one first, the reference second.
    by : str
        The column of the groups, or ``total``.
    statistic : str
        What the mean of the outcome is called.
    cutoff : str or None
        The poverty cutoff, where the outcome is a measure's.
    level : float
        The confidence level.
    degrees : {"group", "design"}
        Whose degrees of freedom.
    about : dict of str to str
        What a reader of the table must know.
    """

    survey: Survey
    rows: Rows
    y: Floats
    regressors: Regressors
    inside: dict[str, Mask]
    by: str
    statistic: str
    cutoff: str | None
    level: float
    degrees: Degrees
    about: dict[str, str]

    @property
    def binary(self) -> bool:
        """Return whether the outcome is 0 or 1."""
        return bool(((self.y == 0) | (self.y == 1)).all())

    def fit(self, link: Link, who: str, *, extra: Floats | None = None) -> Fit:
        """Fit the outcome in one group, or in all rows (`who` is then none of the groups)."""
        X, names = self.regressors.X, self.regressors.names
        if extra is not None:
            X, names = np.column_stack([X, extra]), [*names, "the group"]
        inside = self.inside.get(who, np.ones(len(self.y), dtype=bool))
        return fit(self.y, X, self.rows.weight, inside, link, names, who)


def cases_of(
    survey: Survey,
    outcome: str,
    covariates: Covariates,
    group: str | None,
    reference: Any,
    compare: Any,
    options: Mapping[str, Any],
    link: Link = "linear",
) -> Cases:
    """Read what a decomposition is asked for, check it, and choose the rows.

    `options` are those of `Detailed` or `Ordered`; without ``normalise`` categories are normalised.

    Raises
    ------
    MpiError
        When columns, groups or options are none, or the outcome does not fit the link.

    Warns
    -----
    MpiWarning
        When rows are dropped for missing values: how many, and for which columns.
    """
    check_survey(survey)
    measure = options.get("measure")
    unit = options.get("unit") or (measure.unit if isinstance(measure, Measure) else "person")
    problems = Problems("the estimate cannot be made", RequestError)
    known = {**Detailed.__annotations__, **OrderedCategories.__annotations__}
    problems.found += [unknown("option", k, known) for k in options if k not in known]
    names = names_of(covariates)
    used = [*names, *([group] if group else []), *(measure.columns if isinstance(measure, Measure) else [outcome])]
    if measure is None and outcome in _OF_MEASURE and outcome not in survey.columns:
        problems.add(f"there is no column {outcome!r}; as the outcome of a measure it needs measure=")
    request = opened(
        survey, columns=used, where=options.get("where"), unit=unit, level=options.get("level", 0.95),
        df=options.get("df", "group"), problems=problems,
    )  # fmt: skip
    domain = request.domain
    tell_undeclared(domain, [*names, *([outcome] if measure is None else [])])
    domain = domain.collect(used)
    rows = request.rows(domain)
    masks = _groups(domain, rows, group, reference, compare)
    y, statistic, cutoff = _outcome(domain, rows, outcome, measure)
    columns = read(domain, rows, covariates)
    asked = np.any(list(masks.values()), axis=0) & (rows.weight > 0)  # who weighs nothing has no part in any figure
    keep, lost = _complete(asked, {outcome: np.isnan(y)}, columns, rows.weight)
    inside = {g: m[keep] for g, m in masks.items()}
    _check_groups(inside)
    _check_outcome(outcome, y[keep], link)
    if measure is None and outcome in names:
        raise RequestError(f"the outcome {outcome!r} is among the covariates, and would explain itself; leave it out")
    found = regressors([c.take(keep) for c in columns], normalise=options.get("normalise", True), groups=inside)
    about = {"outcome": outcome, "counted": counted(domain, unit), "survey": in_words(domain)}
    if isinstance(measure, Measure):
        about |= {"measure": measure.title}
    about |= {KEY: lost.sentence(unit)} if lost else {}
    return Cases(
        domain, take_rows(rows, keep), y[keep], found, inside, group or "total", statistic, cutoff,
        request.level, request.degrees, about,
    )  # fmt: skip


def _groups(survey: Survey, rows: Rows, group: str | None, reference: Any, compare: Any) -> dict[str, Mask]:
    """Return the rows of the compared group and of the reference."""
    if group is None:
        return {"total": np.ones(len(rows.unit), dtype=bool)}
    found = survey.categories(group)
    index = rows.of(found.index)
    there = [i for i in np.unique(index).tolist() if found.levels[i] is not None]
    codes = [{found.levels[i]: i for i in there}, {found.labels[i]: i for i in there}]
    codes.append({str(level): i for level, i in codes[0].items()})

    def place(value: Any) -> int:
        """Return the index of the group that a value names: by code, by label, or by the code as text."""
        for known in codes:  # the code itself, then the label, then the code as it is written
            for name, i in known.items():
                if value == name or (known is codes[-1] and str(value) == name):
                    return int(i)
        raise RequestError(f"{group!r}: " + unknown("group", value, codes[1]))

    base = place(reference)
    if compare is None:
        others = [i for i in there if i != base]
        name = found.labels[others[0]] if len(others) == 1 else f"not {found.labels[base]}"
    else:
        wanted = list(compare) if isinstance(compare, (list, tuple, set, frozenset)) else [compare]
        others = list(dict.fromkeys(place(v) for v in wanted))
        name = " + ".join(found.labels[i] for i in others)
    if not others or base in others:
        raise RequestError(f"{group!r}: the compared group must be another than the reference, {found.labels[base]!r}")
    if name == found.labels[base]:
        raise RequestError(
            f"{group!r}: the compared groups together are called {name!r}, as the reference is; rename one"
        )
    return {name: np.isin(index, others), found.labels[base]: index == base}


def _outcome(survey: Survey, rows: Rows, outcome: str, measure: Measure | None) -> tuple[Floats, str, str | None]:
    """Return the outcome of each row, what its mean is called, and the cutoff."""
    if measure is None:
        y = rows.of(survey.numbers(outcome)).astype(np.float64)
        if np.isinf(y).any():
            raise DataError(f"column {outcome!r} is infinite in {int(np.isinf(y).sum()):,} rows")
        return y, f"mean of {outcome}", None
    check_measure(measure)
    if outcome not in _OF_MEASURE:
        raise RequestError(unknown("outcome of a measure", outcome, _OF_MEASURE) + "; without measure= it is a column")
    if measure.missing == "bounds":
        raise RequestError("a measure with bounds has no single outcome for a row; use measure.with_missing('drop')")
    prof = profile(survey, measure, rows)
    score = complete if measure.missing == "drop" else reweighted
    scores = score(prof.deprived, prof.missing, measure)
    if outcome != "score":
        warn_of_misses(measure, {"cutoff": [measure.cutoff]}, prof.deprived, prof.missing, occurring(prof))
    poor = scores.reach(measure.cutoff)
    by_pattern = {"poor": poor.astype(np.float64), "score": scores.score(), "censored_score": scores.score() * poor}
    values = np.where(scores.kept, by_pattern[outcome], np.nan)[prof.pattern]
    return values, _OF_MEASURE[outcome], None if outcome == "score" else text(measure.cutoff)


def _complete(
    inside: Mask, missing: dict[str, Mask], columns: Sequence[Regressor], weight: Floats
) -> tuple[Mask, LeftOut]:
    """Return the rows of the groups where nothing is missing, and tell which are left out, and for which columns."""
    every = {**missing, **{c.name: c.missing() for c in columns}}
    gone = np.any(list(every.values()), axis=0) & inside
    if gone.any():
        told = ", ".join(f"{n} in {int((m & inside).sum()):,}" for n, m in every.items() if (m & inside).any())
        warn(f"{int(gone.sum()):,} of {int(inside.sum()):,} rows are dropped, for these are missing: {told}")
    share = np.array([weight[gone].sum() / weight[inside].sum()]) if gone.any() else None
    tally = np.ones((1, len(gone)), dtype=np.int64)[:, inside]
    reasons = np.column_stack([m[inside] for m in every.values()])
    return np.asarray(inside & ~gone), lost_patterns(tally, gone[inside], reasons, [*every], share)


def _check_groups(inside: dict[str, Mask]) -> None:
    empty = [g for g, m in inside.items() if not m.any()]
    if empty:
        raise DataError(f"nobody is left in {' or '.join(map(repr, empty))}: all have something missing, or weigh 0")


def _check_outcome(outcome: str, y: Floats, link: Link) -> None:
    if (y == y[0]).all():
        raise DataError(f"the outcome {outcome!r} is {y[0]:g} for everyone: there is nothing to explain")
    if link == "linear":
        return
    bad = (y < 0) | (y > 1)
    if bad.any():
        found = ", ".join(f"{v:g}" for v in np.unique(y[bad])[:4])
        raise DataError(
            f"the outcome {outcome!r} must be 0 or 1 (or a share between) for a {link} regression; it holds {found} "
            f"among others, in {int(bad.sum()):,} rows. For a number take mpi.decompose.oaxaca"
        )
