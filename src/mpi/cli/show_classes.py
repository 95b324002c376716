"""Printed output for a national line: classes and measure by group, bounds, key figures, notes."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from mpi.cli.show import add_row, label_of, new_console, new_table
from mpi.tables.footnotes import MISSING, effects
from mpi.tables.layout import grid, used_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from rich.console import Console

    from mpi.cli.vhlss import Answer
    from mpi.lines import Line
    from mpi.results.estimates import Estimates

__all__ = ["show_answer"]

_AF = ("M0", "H", "A")
_UNDECIDED, _NOTICED = "undecided", 0.0005
_TO = " to "
_GAP, _CASES = 2, 6  # between columns; the width of n


def show_answer(answer: Answer, line: Line) -> None:
    """Print the share of each class, and M0, H and A, by group, in per cent with errors in brackets; then the rest."""
    to = new_console()
    est = answer.est
    to.print(f"{line.title}\n{line.instrument.text}\n{est.about['survey'].removeprefix('Survey: ')}")
    there = used_values(est.keys["statistic"])
    shown = [s for s in (*(c.name for c in line.classes), *_undecided(est), *_AF) if s in there]
    for by in used_values(est.keys["by"]):
        _show_group(to, est, str(by), shown)
    to.print()
    fraction = " (M0: a fraction)" if "M0" in shown else ""
    to.print(f"In per cent{fraction}, standard errors in brackets. Counted: {est.about['counted']}.")
    to.print("(–): no error, as the cases sampled do not differ. –: undefined, as nobody is poor.")
    for sentence in answer.costs.sentences():
        to.print(sentence)
    if _UNDECIDED in shown:
        to.print("Shares of classes are of the decided, and may mislead; undecided: of all. --bounds shows the range.")
    if answer.bounds is not None:
        _show_bounds(to, answer.bounds, shown)
    if answer.figures is not None:
        _show_figures(to, answer.figures)
    for sentence in _shown(answer.whole):
        to.print(sentence)
    if answer.notes:
        to.print()
    for note in answer.notes:
        to.print(note)


def _shown(whole: Estimates) -> list[str]:
    """Say by which rule figures are shown, and its effect."""
    if whole.status is None:
        return []
    return [whole.status.rule, *effects(grid(whole.select(contrast="level")))]


def _count(cases: float) -> str:
    return MISSING if isnan(cases) else f"{cases:,.0f}"


def _undecided(est: Estimates) -> list[str]:
    """Show the undecided as a column where they are more than a rounding error: the other shares are of the rest."""
    if _UNDECIDED not in used_values(est.keys["statistic"]):
        return []
    share = float(est.select(statistic=_UNDECIDED, by="total").value[0])
    return [_UNDECIDED] if share >= _NOTICED else []


def _show_group(to: Console, est: Estimates, by: str, shown: Sequence[str]) -> None:
    """Print one disaggregation, in two tables where the screen is too narrow for one."""
    part = est.select(by=by, statistic=list(shown))
    figures = part.publish(statistics=list(shown), percent=True)
    one = est.select(by=by, statistic=shown[0])
    cases = {str(g): _count(n) for g, n in zip(one.keys["group"].to_list(), one.n.tolist(), strict=True)}
    for columns in _fit_columns(figures, to.width):
        _show_table(to, by, figures[columns], cases)


def _fit_columns(figures: pd.DataFrame, width: int) -> list[list[str]]:
    """Part the columns into classes and measure where one line cannot hold all."""
    columns = list(figures.columns)
    needed = max(len(str(g)) for g in figures.index.get_level_values("group")) + _CASES
    needed += sum(max(len(c), int(figures[c].str.len().max())) + _GAP for c in columns)
    measure = [c for c in columns if c.removesuffix(", %") in _AF]
    classes = [c for c in columns if c not in measure]
    return [columns] if needed <= width or not measure or not classes else [classes, measure]


def _show_table(to: Console, by: str, figures: pd.DataFrame, cases: dict[str, str]) -> None:
    names = [c.replace("_", "-") for c in figures.columns]
    heads = [*names, "n"] if cases else names
    out = new_table("" if by == "total" else by, *heads, numbers=heads)
    for group, cells in zip(figures.index.get_level_values("group"), figures.to_numpy().tolist(), strict=True):
        add_row(out, label_of(group), *cells, *([cases.get(str(group), "")] if cases else []))
    to.print()
    to.print(out)


def _show_bounds(to: Console, bounds: Estimates, shown: Sequence[str]) -> None:
    """Print from where to where each share may go with the missing answers, of groups where it goes anywhere."""
    there = [s for s in shown if s in used_values(bounds.keys["statistic"])]
    to.print(
        "\nBounds: if none of those with missing answers were in the class (M0, H: deprived), to if all of them were."
    )
    still = []
    for by in map(str, used_values(bounds.keys["by"])):
        spans = _spans(bounds.select(by=by, statistic=there), there)
        moved = spans[spans.apply(lambda column: column.str.contains(_TO)).any(axis=1)]
        still += [by] if len(moved) < len(spans) else []
        for columns in _fit_columns(moved, to.width) if len(moved) else []:
            _show_table(to, by, moved[columns], {})
    if still:
        to.print("Not shown: groups whose figures, as printed, no missing answer changes.")


def _spans(bounds: Estimates, statistics: Sequence[str]) -> pd.DataFrame:
    """Return the bounds as text, by group and statistic."""
    low, high = (
        bounds.select(contrast=side).publish(statistics=list(statistics), percent=True, se=False)
        for side in ("lower_bound", "upper_bound")
    )
    spans = low.copy()
    for one, two in zip(low.columns, high.columns, strict=True):
        spans[one] = [a if a == b else f"{a}{_TO}{b}" for a, b in zip(low[one], high[two], strict=True)]
    spans.columns = spans.columns.str.replace(", lower_bound", "")
    return spans


def _show_figures(to: Console, figures: Estimates) -> None:
    """Print the key figures, each with its error, its interval and its cases."""
    shown = figures.publish(percent=True)
    limits = figures.publish(percent=True, interval=True)
    heads = ("%", f"{figures.level:.0%} interval", "n")
    out = new_table("key figures", *heads, numbers=heads)
    for group, one, two, n in zip(
        shown.index.get_level_values("group"), shown.iloc[:, 0], limits.iloc[:, 0], figures.n, strict=True
    ):
        add_row(out, label_of(group), one, two.partition(" ")[2], _count(n))
    to.print()
    to.print(out)
