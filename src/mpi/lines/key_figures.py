"""Figures that are asked for first: minorities among the poor, one group's headcount, both with the design's errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.codes.ethnicity import Hoa, classification
from mpi.codes.sets import ethnic_groups, lookup
from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, MpiError, Problems, RequestError
from mpi.estimation.estimate import estimate
from mpi.estimation.means import mean
from mpi.lines.extreme_poverty import extreme_poor
from mpi.lines.missing_costs import unasked
from mpi.results.concat import concat
from mpi.tables.keys import Coded, coded
from mpi.tables.layout import KEY_FIGURES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.lines.classification import Classification
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["key_figures"]

_USUAL = ("Hmong",)
_MINORITY = "minority_of_key_figures"
_MAJORITY_GROUP, _MINORITY_GROUP = 0, 1  # the order of the groups of "kinh-minority"


@kinds_checked
def key_figures(
    status: Classification,
    *,
    hoa: Hoa = "majority",
    groups: Sequence[int | str] | None = None,
    provinces: Sequence[int | str] | None = (),
    ethnicity: str = "ethnicity",
    province: str = "province",
    level: float = 0.95,
) -> Estimates:
    """Estimate what share of the poor are minorities, and the headcount of ethnic groups.

    Parameters
    ----------
    status : Classification
        The survey put into classes.
    hoa : {"majority", "minority"}
        Where the Hoa stand: with the Kinh (the default), or with the minorities. Foreigners and the undetermined are
        left out of shares of minorities.
    groups : sequence of code or name, optional
        The ethnic groups whose headcount ratio is estimated; by default the Hmong, where there are any.
    provinces : sequence of code or name, or None
        The provinces for which the minorities' share of the poor households is estimated; None for all.
    ethnicity, province : str
        The columns, with the codes of ``vn-ethnic`` and ``vn-63``.
    level : float
        The confidence level.

    Returns
    -------
    Estimates
        Shares (``statistic`` is ``share``); ``group`` says of whom, and what is counted. "Poor households" are those
        in the first class of the line; "multidimensionally poor" are those from its measure's cutoff on. A share
        among the poor is that of a domain: the design stays whole in its error.

        The last is the share of minorities among those below $1.90 (2011 PPP) a day, whose published value for 2016
        is 95 per cent: by the column ``expenditure`` (VND per person per month, with the weights
        ``weight_expenditure``) where the survey has it, else by income; its name says which, and `about` the line in
        VND with its source. It needs the column ``year``, and somebody below the line.

    Raises
    ------
    MpiError
        When a column, group or province is not there.

    Examples
    --------
    >>> import warnings
    >>> import mpi
    >>> with warnings.catch_warnings():
    ...     warnings.simplefilter("ignore")
    ...     line = mpi.load_line("vn-2016")
    ...     survey = mpi.with_deprivations(mpi.read_vhlss("data/samples/vhlss2016", 2016), line)
    ...     figures = key_figures(line.classify(survey), provinces=["Bac Kan"])
    >>> for group, value, se in zip(figures.keys["group"].to_list(), figures.value, figures.se):
    ...     print(f"{group}: {value:.3f} ({se:.3f})")  # doctest: +SKIP
    """
    survey = _with_minority(status.survey, ethnicity, hoa)
    line = status.line
    found: list[Estimates] = []
    if line.indicators and not unasked(status):
        found += _measure_figures(survey, line.measure, ethnicity, groups, level)
    poor = survey.numbers(f"{status.prefix}{line.classes[0].name}") == 1
    name = line.classes[0].label.casefold()
    found += _among_poor(survey, poor, name, province, provinces, level)
    extreme = extreme_poor(status, survey)
    if extreme is not None and extreme.poor.any():
        found.append(_called(extreme.share(_MINORITY, level), [f"minorities among {extreme.name}"]))
        return replace(concat(found), about={**found[0].about, "international line": extreme.note})
    return concat(found)


def _with_minority(survey: Survey, ethnicity: str, hoa: Hoa) -> Survey:
    """Add a column that is 1 for minorities, 0 for the majority and missing for those who are neither."""
    grouping = classification("kinh-minority", hoa=hoa)
    known = survey.categories(ethnicity)
    place = {name: i for i, name in enumerate(grouping.groups)}
    value = {_MAJORITY_GROUP: 0.0, _MINORITY_GROUP: 1.0}
    of_level = [np.nan if g is None else value.get(place[g], np.nan) for g in grouping.apply(list(known.levels))]
    minority: NDArray[np.float64] = np.array(of_level)[known.index]
    return survey.with_column(_MINORITY, minority)


def _measure_figures(
    survey: Survey, measure: Any, ethnicity: str, groups: Sequence[int | str] | None, level: float
) -> list[Estimates]:
    """Estimate the minorities' share of the multidimensionally poor, and groups' headcounts, in persons."""
    est = estimate(
        survey, measure, [_MINORITY, ethnicity], statistics=["H", "population_share", "poor_share"], level=level
    )
    found = []
    for statistic, of in (("population_share", "the population"), ("poor_share", "the multidimensionally poor")):
        chosen = est.select(statistic=statistic, by=_MINORITY)
        one = chosen.take([i for i, code in enumerate(_values(chosen, _MINORITY)) if code == 1])
        found += [_called(one, [f"minorities among {of}, persons"])] if len(one) else []  # where there are any
    headcounts = est.select(statistic="H", by=ethnicity)
    codes = _codes(headcounts, ethnicity, "vn-ethnic")
    for group in _USUAL if groups is None else groups:
        unit = ethnic_groups().find(group)
        rows = [i for i, code in enumerate(codes) if code == unit.code]
        if not rows and groups is None:
            continue
        if not rows:
            raise DataError(f"nobody of the ethnic group {unit.name_en} is in the survey")
        label = headcounts.keys["group"].at(rows[0])
        found.append(_called(headcounts.take(rows), [f"multidimensionally poor among the {label}, persons"]))
    return found


def _among_poor(
    survey: Survey,
    poor: NDArray[np.bool_],
    name: str,
    province: str,
    provinces: Sequence[int | str] | None,
    level: float,
) -> list[Estimates]:
    """Estimate the minorities' share of the poor households, in the country and in provinces."""
    if not poor.any():
        raise DataError(f"no {name} household is in the survey")
    asked = provinces is None or len(provinces) > 0
    shares = mean(survey, _MINORITY, [province] if asked else [], where=poor, unit="household", level=level)
    what = f"minorities among the {name} households"
    found = [_called(shares.select(by="total"), [what])]
    if not asked:
        return found
    rows = shares.select(by=province)
    if provinces is not None:
        rows = rows.take(_places(_codes(rows, province, "vn-63"), provinces, name))
    return [*found, _called(rows, [f"{what} of {label}" for label in rows.keys["group"].to_list()])]


def _places(codes: Sequence[Any], provinces: Sequence[int | str], name: str) -> list[int]:
    problems = Problems("the figures of provinces cannot be made", RequestError)
    found = []
    for asked in provinces:
        try:
            unit = lookup(asked, "vn-63")
        except MpiError as error:
            problems.add(str(error))
            continue
        if unit.code in codes:
            found.append(list(codes).index(unit.code))
        else:
            problems.add(f"no {name} household of {unit.name_en} is in the survey")
    problems.raise_if_any()
    return list(dict.fromkeys(found))


def _codes(est: Estimates, by: str, set_name: str) -> list[int | None]:
    """Return the code of each group, whatever it is written as; none where the column is missing."""
    return [None if v is None else lookup(v, set_name).code for v in _values(est, by)]


def _values(est: Estimates, by: str) -> list[Any]:
    """Return the value in the data of each group."""
    return [est.codes[by][label][0] for label in est.keys["group"].to_list()]


def _called(est: Estimates, names: Sequence[str]) -> Estimates:
    """Call figures by what they are."""
    keys = est.keys
    nothing = Coded((), np.full(len(est), -1, dtype=np.int32))
    for column, values in (("statistic", "share"), ("contrast", "level"), ("by", KEY_FIGURES)):
        keys = keys.with_column(column, coded([values] * len(est)))
    for column in ("indicator", "dimension", "cutoff", "weighting"):
        keys = keys.with_column(column, nothing)
    return replace(est, keys=keys.with_column("group", coded(list(names))), codes={}, titles={})
