"""The command `mpi robustness`: whether groups keep their order at other cutoffs, with other weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from mpi.cli.arguments import cross_of, measure_of
from mpi.cli.checks import check_request, check_where
from mpi.cli.estimate import written_after
from mpi.cli.show import add_row, label_of, new_console, new_table, status
from mpi.core.errors import Problems, RequestError
from mpi.core.exact import text
from mpi.core.plain_text import visible, visible_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.cli.source import DataSource
    from mpi.measures.measure import Measure
    from mpi.measures.words import Unit
    from mpi.results.estimates import Estimates
    from mpi.robustness import Rankings

__all__ = ["RobustnessRequest", "run"]

_MOST, _LEVEL = 20, 0.95
"""How many specifications are printed; of intervals, which none of them shows."""
_OF_INDICATORS = ("uncensored_headcount", "censored_headcount", "contribution", "contribution_share")


@dataclass(frozen=True, slots=True)
class RobustnessRequest:
    """The arguments of `mpi robustness`, parsed.

    Attributes
    ----------
    source, measure
        As for `mpi estimate`.
    by : sequence of str
        The disaggregations whose groups are ordered.
    cutoffs : sequence of str
        Other cutoffs; none for those that `mpi.robustness.estimate` takes.
    weightings : sequence of {"halves", "without", "grid", "none"}
        Which other weights; none for the default of `mpi.robustness.estimate`.
    statistic : str
        What groups are ordered by.
    alpha : float
        The level of significance.
    where, unit
        As for `mpi estimate`.
    """

    source: DataSource
    measure: str
    by: Sequence[str]
    cutoffs: Sequence[str]
    weightings: Sequence[str]
    statistic: str
    alpha: float
    where: str | None
    unit: Unit | None


def run(request: RobustnessRequest, outs: Sequence[str]) -> None:
    """Estimate the measure and its alternatives, print how each orders the groups, and write all numbers to files."""
    from mpi import robustness

    if not request.by:
        raise typer.BadParameter("say whose order it is, such as --by region", param_hint="--by")
    measure = measure_of(request.measure)
    measure = measure if request.source.policy is None else measure.with_missing(request.source.policy)
    groups = [cross_of(named) for named in request.by]
    check_where(request.where)
    check_request(measure, [*request.cutoffs], [request.statistic], _LEVEL, [*outs])
    _check(request, measure)
    columns = [c for g in groups for c in ([g] if isinstance(g, str) else g)]
    needed = [*columns, *measure.columns, *([request.where] if request.where else [])]
    survey = request.source.survey(needed)
    given: dict[str, Any] = {"cutoffs": request.cutoffs} if request.cutoffs else {}
    given["statistics"] = [request.statistic]
    weightings = _weightings(measure, request.weightings)
    with status("Estimating"):
        est = robustness.estimate(
            survey, measure, groups, weightings=weightings, where=request.where, unit=request.unit, **given
        )
        found = [
            (wave, robustness.rankings(part, by, statistic=request.statistic, alpha=request.alpha))
            for wave, part in _by_round(est)
            for by in groups
        ]
    with written_after(est, outs, {}):
        _show(measure, est, found)


def _check(request: RobustnessRequest, measure: Measure) -> None:
    """Tell what makes no comparison before the long work starts."""
    problems = Problems("this cannot be done", RequestError)
    if not 0 < request.alpha < 1:
        problems.add(f"--alpha: {request.alpha:g} is not between 0 and 1; 5 per cent is 0.05")
    if request.statistic in _OF_INDICATORS:
        problems.add(f"--statistic: {request.statistic} is one number for each indicator; take M0, H or A")
    others = [k for k in request.cutoffs if measure.with_cutoff(k).cutoff != measure.cutoff]
    if {*request.weightings} == {"none"} and request.cutoffs and not others:
        problems.add(
            f"--weights none, and no --cutoff but that of the measure, {text(measure.cutoff)}: there is nothing to "
            "compare with"
        )
    problems.raise_if_any()


def _weightings(measure: Measure, words: Sequence[str]) -> dict[str, Any] | None:
    """Return the weights that words stand for; None where nothing is said."""
    from mpi.robustness import dimension_grid, halves, without_each

    makers: dict[str, Any] = {"halves": halves, "without": without_each, "grid": dimension_grid, "none": lambda _: {}}
    if not words:
        return None if len(measure.dimensions) > 1 else without_each(measure)
    found: dict[str, Any] = {}
    for word in words:
        found |= makers[word](measure)
    return found


def _by_round(est: Estimates) -> list[tuple[Any, Estimates]]:
    waves = [w for w in dict.fromkeys(est.keys["wave"].to_list()) if w is not None]
    return [(w, est.select(wave=w)) for w in waves] or [(None, est)]


def _show(measure: Measure, est: Estimates, rankings_by_wave: Sequence[tuple[Any, Rankings]]) -> None:
    """Print, for each disaggregation and round, the sentence, the ranks of groups, and what agrees least."""
    console = new_console()
    console.print(visible(measure.title))
    for wave, rankings in rankings_by_wave:
        console.print()
        console.print(visible(f"by {rankings.by}" + ("" if wave is None else f", {wave}")))
        console.print(visible(rankings.sentence()) + "\n")
        console.print(_ranks(rankings))
        console.print()
        _show_agreement(console, rankings)
    for key in ("survey", "data"):
        if key in est.about:
            console.print(visible_lines(f"\n{est.about[key]}"))


def _ranks(rankings: Rankings) -> Any:
    """Lay out the groups in the order of the base, with the best and the worst rank that each has anywhere."""
    numbers = (rankings.statistic, "rank", "best", "worst")
    table = new_table(rankings.by, *numbers, numbers=numbers)
    ranks, value = rankings.ranks, rankings.value[rankings.base]
    for g in sorted(range(len(rankings.groups)), key=lambda g: (int(ranks[rankings.base, g]), g)):
        own = ranks[:, g]
        shown = (f"{value[g]:.3f}", *(str(int(r)) for r in (own[rankings.base], own.min(), own.max())))
        add_row(table, label_of(rankings.groups[g]), *shown)
    return table


def _show_agreement(console: Any, rankings: Rankings) -> None:
    """Print the specifications that agree least with the base."""
    agreement = rankings.agreement().drop(index=rankings.base)
    shown = agreement.sort_values(["kendall", "reversed"], ascending=[True, False], kind="stable").head(_MOST)
    numbers = ("tau-b", "Spearman", "reversed", "significantly")
    table = new_table("cutoff", "weights", *numbers, numbers=numbers)
    for row in shown.to_dict("records"):
        counts = (str(row["reversed"]), str(row["reversed_significantly"]))
        add_row(table, row["cutoff"], row["weighting"], f"{row['kendall']:.3f}", f"{row['spearman']:.3f}", *counts)
    if len(agreement) > len(shown):
        console.print(f"The {len(shown)} that agree least of {len(agreement):,} other specifications:\n")
    console.print(table)
