"""Gender within households: individual deprivations, and who is deprived beside whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

import numpy as np

from mpi.core.arguments import defaults, kinds_explained
from mpi.core.errors import DataError, Problems, RequestError, warn
from mpi.decompose.genders.members import Members
from mpi.decompose.genders.sexes import gaps, sexes_of
from mpi.estimation.attainable import cases_of, warn_of_misses
from mpi.estimation.identify import bounded, complete, reweighted
from mpi.estimation.means import mean
from mpi.estimation.patterns import profile
from mpi.estimation.request import check_measure, check_survey, columns_of, crosses, opened
from mpi.estimation.rows import rows_of
from mpi.frames.arrays import with_numbers
from mpi.results.concat import concat
from mpi.results.dual import figures_of
from mpi.results.terms import from_terms
from mpi.survey.household_numbers import households_of
from mpi.survey.survey import of_rows
from mpi.tables.keys import coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import narwhals.stable.v2 as nw
    from numpy.typing import NDArray

    from mpi.decompose.genders.sexes import Sexes
    from mpi.frames.aggregation import By, Cross
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey
    from mpi.survey.words import Where

    Floats = NDArray[np.float64]

__all__ = ["within_households"]

_PERSONS = ("deprived", "deprived_in_poor_household", "beside_nondeprived", "beside_nondeprived_other_sex")
_WHO = "who_is_deprived"
_PREFIX = "(within households) "
_ENOUGH = 20


class WithinOptions(TypedDict, total=False):
    """The keyword arguments for the unit counted and the level of intervals."""

    unit: Unit
    level: float


defaults(WithinOptions, unit="person", level=0.95)


@kinds_explained
def within_households(
    survey: Survey,
    deprived: str,
    *,
    sex: str = "sex",
    eligible: Where | None = None,
    poor: str | None = None,
    measure: Measure | None = None,
    by: Sequence[By] = (),
    female: Any = None,
    **options: Unpack[WithinOptions],
) -> Estimates:
    """Return individual deprivations by sex, and whether the deprived live beside members who are not.

    Poverty of households cannot show what happens between their members. This can: a girl out of school whose brother
    goes to school is deprived where her household is not unable.

    Parameters
    ----------
    survey : Survey
        Persons, one row each, with ``household=``. Identifiers are read within round, stratum and PSU. The domain
        (`Survey.where`) says whom figures are about; members outside it are seen as companions.
    deprived : str
        The column of the deprivation of persons: 0, 1 or missing.
    sex : str
        The column of their sex, of two values; persons without one count in the total.
    eligible : condition, optional
        Who can be deprived at all (children of school age, women of 15 to 49): as for `Survey.where`. The
        deprivation of others is not read, and an eligible person without an answer is *not known*: what depends on
        the answer is missing. Without `eligible`, everybody with an answer is eligible and nobody else, so that a
        missing answer and no eligibility are one.
    poor : str, optional
        The column (0, 1, missing) that says whether a person's household is poor.
    measure : Measure, optional
        In the place of `poor`: the measure, at its cutoff, that identifies the poor.
    by : sequence of str or tuple of str
        Further disaggregations; each is also crossed with sex.
    female : code or label, optional
        Which value of `sex` stands for women, where the labels do not say so.
    unit : {"person", "household"}
        What `who_is_deprived` counts: the persons who live in such households, or the households. All others count
        persons.
    level : float
        The confidence level.

    Returns
    -------
    Estimates
        ``indicator`` is the deprivation and ``statistic`` is

        - ``deprived``: the share of the eligible who are deprived;
        - ``deprived_in_poor_household``: of the deprived, the share in poor households (with `poor` or `measure`);
        - ``beside_nondeprived``: of the deprived, the share who live with an eligible person who is not deprived;
        - ``beside_nondeprived_other_sex``: with one of the other sex;
        - ``who_is_deprived``: of households with a deprived person, the shares in which only women, only men, or
          both are (in ``dimension``), which add up to 1.

        Each in total, by sex, and by the disaggregations. ``contrast`` is ``level``, and ``difference`` for women
        less men. Shares are fractions. ``n`` counts those below the fraction: the eligible, or the deprived.

    Raises
    ------
    MpiError
        When the survey does not know its households, of some persons or at all, or has one row for each; when a column
        is absent, or holds other values than 0, 1 and missing; when sex does not have two values.

    Notes
    -----
    Alkire, Ul Haq and Alim (2019, OPHI Working Paper 127): child poverty within households, and inequality between
    members. Weights are those of persons.

    A companion who is not deprived settles the matter whatever is known of others; without one, an eligible companion
    whose answer (or, for the other sex, whose sex) is not known leaves it open, and the person out of the share.

    Examples
    --------
    Two families. In the first a girl is out of school and her brother is not; in the second neither is in school.

    >>> import mpi
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"home": [1, 1, 1, 2, 2], "sex": ["Female", "Male", "Female", "Female", "Male"],
    ...     "age": [9, 11, 70, 8, 12], "no_school": [1, 0, None, 1, 1]})
    >>> people = mpi.Survey(frame, household="home")
    >>> est = mpi.decompose.within_households(people, "no_school", eligible=lambda f: f["age"].between(6, 14))
    >>> est.select(statistic="beside_nondeprived_other_sex", contrast="level").table[["group", "estimate"]]
        group  estimate
    0   total  0.333333
    1  Female  0.500000
    2    Male  0.000000
    """
    unit, level = options.get("unit", "person"), options.get("level", 0.95)
    asked = _checked(survey, deprived, sex, poor, measure, by, unit, level)
    sexes, of_row = _sexes(survey, sex, female)
    members = _members(survey, deprived, of_row, eligible)
    _warn_if_of_households(members, deprived)
    persons = _persons(members, _poor(survey, poor, measure))
    who = {"both": members.who(None), f"only {sexes.women}": members.who(1), f"only {sexes.men}": members.who(0)}
    groups = [(sex,), *asked, *((*cross, sex) for cross in asked)]
    found = _means(survey, persons, groups, "person", level)
    told = _means(
        survey, {f"{_WHO} {k}": v for k, v in who.items()}, groups[1:] if unit == "household" else groups, unit, level
    )
    est = _labelled(concat([found, told]), deprived)
    return _with_gaps(est, [" × ".join(g) for g in groups if g[-1] == sex], sexes, _notes(deprived, eligible, unit))


# --- what is asked --------------------------------------------------------------------------------------------------


def _checked(
    survey: Survey, deprived: str, sex: str, poor: str | None, measure: Measure | None, by: Sequence[By], unit: Unit,
    level: float,
) -> list[Cross]:  # fmt: skip
    check_survey(survey)
    if measure is not None:
        check_measure(measure)
    problems = Problems("the estimate cannot be made", RequestError)
    if "household" not in survey.roles:
        problems.add("the survey does not know who lives with whom; give it household=")
    if "size" in survey.roles:
        problems.add("each row of the survey is a household (size=); rows of persons are needed")
    if poor is not None and measure is not None:
        problems.add("poor= and measure= both say who is poor; give one")
    crossed = [c for c in crosses(by, Problems("", RequestError)) if sex in c]
    problems.found += [f"by: {sex!r} is crossed with every disaggregation by itself" for _ in crossed]
    used = [deprived, sex, *([poor] if poor else [])]
    return opened(survey, by, columns=used, unit=unit, level=level, problems=problems).by


def _sexes(survey: Survey, sex: str, female: Any) -> tuple[Sexes, NDArray[np.int64]]:
    """Return what the sexes are called, and each person's: 0 men, 1 women, 2 not known."""
    found = survey.categories(sex)
    known = {v: label for v, label in zip(found.levels, found.labels, strict=True) if v is not None}
    sexes = sexes_of(known, sex, female)
    code = [2 if v is None else int(v == sexes.female) for v in found.levels]
    return sexes, np.array(code, dtype=np.int64)[found.index]


def _members(survey: Survey, deprived: str, of_row: NDArray[np.int64], eligible: Where | None) -> Members:
    answer = survey.numbers(deprived).astype(np.float64)
    can = ~np.isnan(answer) if eligible is None else _inside(survey, eligible)
    can = can if survey.members is None else can & survey.members
    _check_answers(answer[can], deprived)
    return Members(households_of(survey), of_row, can, answer)


def _warn_if_of_households(members: Members, name: str) -> None:
    """Warn where eligible members of a household never differ: such a column says nothing of inequality within."""
    status = members.status()
    size = int(members.household.max(initial=-1)) + 1
    both = np.array([np.bincount(members.household[status == answer], minlength=size) for answer in (0, 1)])
    several = both.sum(axis=0) > 1
    if several.sum() >= _ENOUGH and not (several & (both > 0).all(axis=0)).any() and both.sum(axis=1).all():
        warn(
            f"{name!r} never differs between eligible members of a household: is it the deprivation of the household, "
            "copied to its members? Then nobody can be deprived beside somebody who is not"
        )


def _inside(survey: Survey, condition: Where) -> NDArray[np.bool_]:
    """Return where a condition holds, in the domain or not."""
    found = _whole(survey).where(condition).domain
    return np.ones(len(survey), dtype=bool) if found is None else found


def _whole(survey: Survey) -> Survey:
    """Return the survey without its domain."""
    return of_rows(replace(survey.rows.collect(), domain=None))


def _check_answers(answer: Floats, name: str) -> None:
    bad = answer[~np.isnan(answer) & (answer != 0) & (answer != 1)]
    if len(bad):
        values, counts = np.unique(bad, return_counts=True)
        shown = ", ".join(f"{v:g} ({c:,} times)" for v, c in list(zip(values, counts, strict=True))[:4])
        raise DataError(f"column {name!r} holds values other than 0, 1 and missing: {shown}")


def _poor(survey: Survey, poor: str | None, measure: Measure | None) -> Floats | None:
    """Return who is poor: 1, 0, or missing where it is not known."""
    if poor is not None:
        status = survey.numbers(poor).astype(np.float64)
        _check_answers(status, poor)
        return status
    return None if measure is None else _identified(_whole(survey), measure)


def _identified(survey: Survey, measure: Measure) -> Floats:
    found = profile(survey, measure, rows_of(survey, "person"))
    bits = (found.deprived, found.missing, measure)
    warn_of_misses(measure, {"cutoff": [measure.cutoff]}, *bits[:2], cases_of(found))
    if measure.missing == "bounds":
        low, high = (bounded(*bits, upper=u).reach(measure.cutoff) for u in (False, True))
        status = np.where(low, 1.0, np.where(high, np.nan, 0.0))
    else:
        scores = complete(*bits) if measure.missing == "drop" else reweighted(*bits)
        status = np.where(scores.kept, scores.reach(measure.cutoff), np.nan)
    return np.asarray(status[found.pattern], dtype=np.float64)


# --- figures --------------------------------------------------------------------------------------------------------


def _persons(members: Members, poor: Floats | None) -> dict[str, Floats]:
    status = members.status()
    found = [status, None if poor is None else np.where(status == 1, poor, np.nan)]
    found += [members.beside_any(), members.beside_other_sex()]
    return {name: v for name, v in zip(_PERSONS, found, strict=True) if v is not None}


def _means(survey: Survey, columns: Mapping[str, Floats], groups: Sequence[By], unit: Unit, level: float) -> Estimates:
    """Estimate the means of columns that were computed, over frames that hold them and what else is used."""
    used = list(dict.fromkeys([*columns_of([g for g in groups if isinstance(g, tuple)]), survey.roles["household"]]))
    used += [survey.roles["members"]] if "members" in survey.roles else []
    named = {_PREFIX + name: values for name, values in columns.items()}
    starts = np.cumsum([0, *(len(f) for f in survey.frames)])
    frames: list[nw.DataFrame[Any]] = [
        with_numbers(frame.select(used), {n: v[a : a + len(frame)] for n, v in named.items()})
        for frame, a in zip(survey.frames, starts, strict=False)
    ]
    return mean(of_rows(survey.rows.collect().over(frames)), list(named), by=groups, unit=unit, level=level)


def _labelled(est: Estimates, deprived: str) -> Estimates:
    """Name statistic, indicator and dimension after what was computed; shares have intervals of shares."""
    names = [str(n).removeprefix(_PREFIX) for n in est.keys["indicator"].to_list()]
    statistics = [_WHO if n.startswith(_WHO) else n for n in names]
    keys = est.keys.with_column("statistic", coded(statistics))
    keys = keys.with_column("indicator", coded([deprived] * len(est)))
    keys = keys.with_column(
        "dimension", coded([n.removeprefix(_WHO).strip() if n.startswith(_WHO) else None for n in names])
    )
    none = [
        "nobody eligible in group" if s == "deprived" else "nobody deprived (and known) in group" for s in statistics
    ]
    flags = [n if np.isnan(v) else f for n, v, f in zip(none, est.value, est.flag.to_list(), strict=True)]
    return replace(est, keys=keys, flag=coded(flags), method=coded(["share"] * len(est)))


def _with_gaps(est: Estimates, crosses_with_sex: Sequence[str], sexes: Sexes, about: dict[str, str]) -> Estimates:
    """Put differences between women and men below the levels."""
    figures = figures_of(est)
    terms = [t for by in crosses_with_sex for t in gaps(est, figures, by, sexes, _PERSONS, ratios=False)]
    level = replace(est, about={**est.about, **about})
    return concat([level, from_terms(est, terms)]) if any(len(t.figures) for t in terms) else level


def _notes(deprived: str, eligible: Where | None, unit: Unit) -> dict[str, str]:
    who = "persons with an answer" if eligible is None else "those who meet the condition; others are not read"
    return {"eligible": f"for {deprived}: {who}", "who_is_deprived counts": f"{unit}s"}
