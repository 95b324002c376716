"""A change taken apart: into incidence and intensity, groups, indicators, or population and rate."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any, Literal, TypedDict, Unpack, get_args

import numpy as np

from mpi.core.arguments import defaults, kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.decompose.over_time.changes import beside_both, ends_of, reasons_of
from mpi.decompose.over_time.effects import effects
from mpi.results.dual import Figures, figures_of
from mpi.results.lookup import Finder, additive, explained, levels, need
from mpi.results.rounds import people_in, require_same_measure, spans
from mpi.results.terms import Term, adds_up, constant, from_terms, relabelled, share_of, term
from mpi.tables.select import select_by, values_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.estimates import Estimates
    from mpi.results.rounds import Span
    from mpi.tables.keys import Keys

__all__ = ["shapley"]

Into = Literal["incidence_intensity", "groups", "indicators", "number"]
"""What a change is taken apart into."""

Form = Literal["nested", "three_factor"]
"""How population shares, incidence and intensity share a change: two steps of two factors, or one of three."""


class Amounts(TypedDict, total=False):
    """The keyword arguments for years and populations of rounds, and for effects as shares."""

    years: Mapping[Any, float] | None
    population: Mapping[Any, float] | None
    shares: bool


defaults(Amounts, years=None, population=None, shares=False)


@kinds_explained
def shapley(
    est: Estimates,
    start: Any = None,
    end: Any = None,
    *,
    into: Into | None = None,
    by: By | None = None,
    form: Form = "nested",
    **options: Unpack[Amounts],
) -> Estimates:
    """Take a change apart by the Shapley value: each factor's effect averaged over the orders in which they may change.

    Parameters
    ----------
    est : Estimates
        Estimates of two or more rounds.
    start, end : label of a round, optional
        From which to which; as for `change`.
    into : {"incidence_intensity", "groups", "indicators", "number"}, optional
        ``incidence_intensity``
            The change of M0, of the whole and of each group: ``incidence_effect`` dH (A0 + A1) / 2 and
            ``intensity_effect`` dA (H0 + H1) / 2 (Roche 2013). The default without `by`.
        ``groups``
            The change of the whole by the groups of `by`: ``population_effect`` dv (y0 + y1) / 2 and ``within_effect``
            (v0 + v1) / 2 dy, v being population shares; for M0 the latter again into incidence and intensity. Of
            M0, H, headcounts, contributions, vulnerable and severe. The default with `by`.
        ``indicators``
            The change of M0 by indicator, ``contribution_change``; each split into ``prevalence_effect`` (more or fewer
            people deprived) and ``censoring_effect`` (more or fewer of the deprived poor).
        ``number``
            The change of the number of poor: ``population_effect`` dN (H0 + H1) / 2 and ``rate_effect``
            dH (N0 + N1) / 2; by the survey's own weights with the statistics ``number_of_poor`` and ``population``
            (ask `mpi.estimate` for them), or with the numbers in `population`.
    by : str or tuple of str, optional
        The groups, for ``groups``.
    form : {"nested", "three_factor"}
        For ``groups``: ``nested`` first parts population from poverty, then incidence from intensity within it;
        ``three_factor`` averages over the six orders of v, H and A. Both are exact, and they differ a little.
    years : mapping of round to number, optional
        The dates of rounds, which order them; as for `change`.
    population : mapping of round to number, optional
        For ``number``: how many people there are in the whole, known from elsewhere; those of groups follow from
        their shares.
    shares : bool, default False
        Give each effect as a share of the change too (``..._share``): unstable where the change is near 0, and
        undefined where it is 0.

    Returns
    -------
    Estimates
        ``contrast`` names the term, ``wave`` is ``"2016 to 2018"``. With groups, the sums over them have the group
        ``all groups``. The terms add up to the change; a result whose terms do not is refused.

    Raises
    ------
    MpiError
        When rounds, statistics or groups are not there; when the estimates come from several measures.

    Notes
    -----
    Shorrocks (2013, J. Economic Inequality 11); Roche (2013, Social Indicators Research 112). Where nobody is poor in
    one of the rounds, intensity has no change there: all is incidence, and `flag` says so. Where a group is absent in
    one round, all of its part is population. Without a panel, those who entered and left poverty cannot be told from
    those who stayed: a negative intensity effect does not say that the poor became less poor.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"])
    >>> parts = mpi.decompose.shapley(est, 2016, 2018).select(by="total")
    >>> parts.table["contrast"].tolist()
    ['change', 'incidence_effect', 'intensity_effect']
    >>> bool(abs(parts.value[0] - parts.value[1:].sum()) < 1e-15)
    True
    """
    plain = levels(est, "shapley")
    require_same_measure(plain, "shapley")
    population, shares = options.get("population"), options.get("shares", False)
    chosen = _into(into, by, form, population)
    found = spans(plain, start, end, options.get("years"), "shapley")
    makers = {
        "incidence_intensity": _incidence_intensity, "groups": _groups, "indicators": _indicators, "number": _number,
    }  # fmt: skip
    work = _ChangeInputs(plain, Finder(plain.keys), figures_of(plain), by, form, shares=shares, population=population)
    terms = [term for span in found for term in makers[chosen](work, span)]
    return from_terms(plain, terms, **(explained(plain) if chosen == "groups" else {}))


@dataclass(frozen=True, slots=True, eq=False)
class _ChangeInputs:
    """The estimates, options and lookups that every decomposition of a change uses."""

    plain: Estimates
    finder: Finder
    figures: Figures
    by: By | None
    form: Form
    population: Mapping[Any, float] | None
    shares: bool

    def terms(
        self, keys: Keys, total: tuple[str, Figures], parts: Mapping[str, Figures], reasons: list[str], what: str,
        *, notes: Sequence[str] = (), cases: NDArray[np.int64] | None = None,
    ) -> list[Term]:  # fmt: skip
        """Make the terms of a total and its parts, which must add up to it; `known` is what to know of the parts."""
        name, whole = total
        together = reduce(add, parts.values())
        there = ~np.isnan(whole.value)
        adds_up(together.take(np.flatnonzero(there)), whole.take(np.flatnonzero(there)), f"{what}: {' + '.join(parts)}")
        said = [r or k for r, k in zip(reasons, notes, strict=True)] if notes else reasons
        out = [term(whole, keys, name, reasons, cases)]
        out += [term(f, keys, n, said, cases) for n, f in parts.items()]
        if self.shares:
            out += [share_of(f, whole, keys, f"{n}_share", said, cases) for n, f in parts.items()]
        return out


def _into(into: Into | None, by: By | None, form: Form, population: Any) -> Into:
    problems = Problems("shapley cannot be made", RequestError)
    chosen: Into = into or ("incidence_intensity" if by is None else "groups")
    if chosen not in get_args(Into):
        problems.add(f"into: {unknown('choice', chosen, get_args(Into))}")
    if form not in get_args(Form):
        problems.add(f"form: {unknown('choice', form, get_args(Form))}")
    if chosen == "groups" and by is None:
        problems.add("into='groups' needs by=, the disaggregation whose groups make the whole")
    if chosen != "groups" and by is not None:
        problems.add(f"by= is for into='groups'; into={chosen!r} is given for every group")
    if chosen != "groups" and form == "three_factor":
        problems.add(f"form='three_factor' is for into='groups', not for into={chosen!r}; give by=")
    if chosen != "number" and population is not None:
        problems.add(f"population= is for into='number', not for into={chosen!r}")
    problems.raise_if_any()
    return chosen


def _both(
    work: _ChangeInputs, first: NDArray[np.int64], last: NDArray[np.int64], **changes: Any
) -> tuple[Figures, Figures]:
    """Return the figures beside those of two rounds, in the same two rounds."""
    one, two = beside_both(work.finder, first, last, **changes)
    return work.figures.take(one), work.figures.take(two)


def _incidence_intensity(work: _ChangeInputs, span: Span) -> list[Term]:
    need(work.plain, "shapley by incidence and intensity", "statistic", ("M0", "H", "A"))
    first, last, keys = ends_of(work.plain, work.finder, span, "M0")
    m0, m1 = work.figures.take(first), work.figures.take(last)
    h0, h1 = _both(work, first, last, statistic="H")
    a0, a1, alone = _intensities(*_both(work, first, last, statistic="A"))
    incidence, intensity = effects([h0, a0], [h1, a1])
    reasons = reasons_of(work.plain, first, last, span)
    known = [_ALONE if one else "" for one in alone.tolist()]
    parts = {"incidence_effect": incidence, "intensity_effect": intensity}
    return work.terms(keys, ("change", m1 - m0), parts, reasons, "shapley", notes=known)


_ALONE = "no poor in one of the rounds: all of the change is incidence"
_ABSENT = "absent in one of the rounds: all of its part is population"
_NOBODY = "no complete cases in group in both rounds: it has no part"


def _intensities(a0: Figures, a1: Figures) -> tuple[Figures, Figures, NDArray[np.bool_]]:
    """Take the intensity of a round without poor as that of the other round (0 where there are none in both)."""
    alone = np.isnan(a0.value) != np.isnan(a1.value)
    return a0.filled(a1).filled(0.0), a1.filled(a0).filled(0.0), alone


def _groups(work: _ChangeInputs, span: Span) -> list[Term]:
    """Split the change of the whole by groups: population shift, and change within."""
    need(work.plain, "shapley by groups", "statistic", ("population_share",))
    by = select_by(work.plain, work.by, "shapley by groups")
    _check_labels(work.plain, by)
    out = []
    for statistic in additive(work.plain, "shapley by groups"):
        first, last, keys = ends_of(work.plain, work.finder, span, statistic)
        anchor = np.where(last >= 0, last, first)
        inside = np.flatnonzero(work.plain.keys["by"].index[anchor] == by)
        if len(inside):
            out += _statistic_terms(work, span, statistic, (first[inside], last[inside], keys.take(inside)))
    if not out:
        raise RequestError(f"shapley by groups: nothing that adds up was estimated by {work.by!r}")
    return out


def _check_labels(plain: Estimates, by: int) -> None:
    group = plain.keys["group"]
    if _ALL in group.values and (group.index[plain.keys["by"].index == by] == group.values.index(_ALL)).any():
        raise RequestError(
            f"shapley by groups: a group is called {_ALL!r}, which is what the sum over groups is; rename it"
        )


_ALL = "all groups"


def _statistic_terms(
    work: _ChangeInputs, span: Span, statistic: str, rows: tuple[NDArray[np.int64], NDArray[np.int64], Keys]
) -> list[Term]:
    """Return the terms of one statistic's change by groups, and their sums for the whole."""
    first, last, keys = rows
    anchor = np.where(last >= 0, last, first)
    v0, v1 = (work.figures.take(work.finder.share(anchor, wave=w)).filled(0.0) for w in (span.start, span.end))
    y0, y1 = work.figures.take(first), work.figures.take(last)
    gone = np.isnan(y0.value).astype(int) + np.isnan(y1.value)
    y0, y1 = y0.filled(y1).filled(0.0), y1.filled(y0).filled(0.0)
    parts = _parts(work, statistic, (first, last), (v0, y0), (v1, y1))
    finest = [f for n, f in parts.items() if n != "within_effect" or "incidence_effect" not in parts]
    adds_up(reduce(add, finest), v1 * y1 - v0 * y0, f"shapley of {statistic} by groups, group by group")
    whole = [work.finder.beside(anchor, by="total", group="total", wave=w) for w in (span.start, span.end)]
    if any((w < 0).any() for w in whole):
        raise RequestError(f"shapley by groups: {statistic} of the whole is needed in both rounds; keep by='total'")
    known = [("", _ABSENT, _NOBODY)[rounds] for rounds in gone.tolist()]
    of_group = [term(f, keys, n, known) for n, f in parts.items()]
    _, at, fold = np.unique(whole[1], return_index=True, return_inverse=True)
    folded = {n: f.folded(fold, len(at)) for n, f in parts.items()}
    cases = np.stack([w[at] for w in whole], axis=1)
    total_keys, blank = relabelled(keys, at, group=_ALL), [""] * len(at)
    total = work.figures.take(cases[:, 1]) - work.figures.take(cases[:, 0])
    seen = {n: folded[n] for n in ("population_effect", "within_effect")}
    what = f"shapley of {statistic} by groups"
    sums = work.terms(total_keys, ("change", total), seen, blank, what, cases=cases)
    extra = [n for n in folded if n not in seen]
    sums += [term(folded[n], total_keys, n, blank, cases) for n in extra]
    if work.shares:
        spread = total.take(fold)
        of_group += [share_of(f, spread, keys, f"{n}_share", known) for n, f in parts.items()]
        sums += [share_of(folded[n], total, total_keys, f"{n}_share", blank, cases) for n in extra]
    return [*sums, *of_group]


def _parts(
    work: _ChangeInputs, statistic: str, rows: tuple[NDArray[np.int64], NDArray[np.int64]],
    before: tuple[Figures, Figures], after: tuple[Figures, Figures],
) -> dict[str, Figures]:  # fmt: skip
    """Return the effects group by group; of M0 also those of incidence and intensity."""
    (v0, _), (v1, _) = before, after
    names = values_of(work.plain, "statistic")
    population, within = effects(list(before), list(after))
    if statistic != "M0" or not {"H", "A"} <= set(names):
        return {"population_effect": population, "within_effect": within}
    h0, h1 = _both(work, *rows, statistic="H")
    h0, h1 = h0.filled(h1).filled(0.0), h1.filled(h0).filled(0.0)
    a0, a1, _ = _intensities(*_both(work, *rows, statistic="A"))
    if work.form == "three_factor":
        population, incidence, intensity = effects([v0, h0, a0], [v1, h1, a1])
        within = incidence + intensity
    else:
        middle = (v0 + v1) / 2.0
        incidence, intensity = (e * middle for e in effects([h0, a0], [h1, a1]))
    return {
        "population_effect": population, "within_effect": within, "incidence_effect": incidence,
        "intensity_effect": intensity,
    }  # fmt: skip


def _indicators(work: _ChangeInputs, span: Span) -> list[Term]:
    """Split the change of M0 by indicator, and each by how many are deprived and how many of those are poor."""
    need(work.plain, "shapley by indicators", "statistic", ("M0", "contribution", "uncensored_headcount"))
    first, last, keys = ends_of(work.plain, work.finder, span, "contribution")
    c0, c1 = work.figures.take(first), work.figures.take(last)
    h0, h1 = _both(work, first, last, statistic="uncensored_headcount", cutoff=None)
    p0, p1 = c0 / h0, c1 / h1  # the weight times the share of the deprived who are poor
    prevalence, censoring = effects([h0, p0.filled(p1).filled(0.0)], [h1, p1.filled(p0).filled(0.0)])
    reasons = reasons_of(work.plain, first, last, span)
    parts = {"prevalence_effect": prevalence, "censoring_effect": censoring}
    out = work.terms(keys, ("contribution_change", c1 - c0), parts, reasons, "shapley by indicators")
    anchor = np.where(last >= 0, last, first)
    there = np.flatnonzero((first >= 0) & (last >= 0))
    of_all: dict[str, Any] = {"statistic": "M0", "indicator": None, "dimension": None}
    whole = [work.finder.beside(anchor[there], wave=w, **of_all) for w in (span.start, span.end)]
    _, at, fold = np.unique(whole[1], return_index=True, return_inverse=True)
    total = work.figures.take(whole[1][at]) - work.figures.take(whole[0][at])
    defined = ~np.isnan(total.value)
    summed = (c1 - c0).take(there).folded(fold, len(at))
    adds_up(summed.take(np.flatnonzero(defined)), total.take(np.flatnonzero(defined)), "shapley by indicators")
    total_keys = relabelled(keys, there[at], statistic="M0", contrast="change", indicator=None, dimension=None)
    if work.shares:
        part, blank = (c1 - c0).take(there), [""] * len(there)
        out.append(share_of(part, total.take(fold), keys.take(there), "contribution_change_share", blank))
    return [Term(total, total_keys), *out]


def _number(work: _ChangeInputs, span: Span) -> list[Term]:
    """Split the change of the number of poor into that of the population and that of the rate."""
    if work.population is not None:
        return _number_from_populations(work, span, work.population)
    need(work.plain, "shapley of the number of poor", "statistic", ("H", "number_of_poor", "population"))
    first, last, keys = ends_of(work.plain, work.finder, span, "number_of_poor")
    numbers = work.figures.take(first), work.figures.take(last)
    people = _both(work, first, last, statistic="population", cutoff=None)
    return _numbers(work, span, (first, last, keys), people, _both(work, first, last, statistic="H"), numbers)


def _number_from_populations(work: _ChangeInputs, span: Span, population: Mapping[Any, float]) -> list[Term]:
    """Return the terms of the change in the number of poor, with given populations and the survey's group shares."""
    need(work.plain, "shapley of the number of poor", "statistic", ("H",))
    sizes = people_in(population, (span.start, span.end), "shapley")
    first, last, keys = ends_of(work.plain, work.finder, span, "H")
    rates = work.figures.take(first), work.figures.take(last)
    whole = (keys["by"].index == keys["by"].values.index("total")) if "total" in keys["by"].values else False
    plain: dict[str, Any] = {"statistic": "population_share", "indicator": None, "dimension": None, "cutoff": None}
    shares = (f.filled(np.where(whole, 1.0, np.nan)) for f in _both(work, first, last, **plain))
    p0, p1 = (share * size for share, size in zip(shares, sizes, strict=True))
    keys = keys.with_column("statistic", constant("number_of_poor", len(keys)))
    return _numbers(work, span, (first, last, keys), (p0, p1), rates, (p0 * rates[0], p1 * rates[1]))


def _numbers(
    work: _ChangeInputs, span: Span, where: tuple[NDArray[np.int64], NDArray[np.int64], Keys],
    people: tuple[Figures, Figures], rates: tuple[Figures, Figures], numbers: tuple[Figures, Figures],
) -> list[Term]:  # fmt: skip
    first, last, keys = where
    population, rate = effects([people[0], rates[0]], [people[1], rates[1]])
    reasons = reasons_of(work.plain, first, last, span)
    parts = {"population_effect": population, "rate_effect": rate}
    return work.terms(keys, ("change", numbers[1] - numbers[0]), parts, reasons, "shapley of the number of poor")
