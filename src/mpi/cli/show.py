"""Printed output of the command line: tables, and the sentences above and below them."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from math import isnan
from typing import TYPE_CHECKING, Any

from mpi.core.plain_text import visible, visible_lines
from mpi.frames.own_columns import EVERYBODY
from mpi.survey.survey import in_words
from mpi.tables.footnotes import MISSING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from mpi.estimation.retention import Retention
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey
    from mpi.tables.layout import Layout

__all__ = [
    "add_row",
    "label_of",
    "new_console",
    "new_table",
    "show_estimates",
    "show_measure",
    "show_measures",
    "show_retained",
    "show_retention",
    "show_survey",
    "status",
]


_LABEL = 120  # characters of a label on the screen


def new_console(*, err: bool = False, width: int = 10_000) -> Console:
    """Return a console; what goes to a file instead of a screen is folded at `width`."""
    from rich.console import Console

    console = Console(stderr=err, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = width
    return console


@contextmanager
def status(words: str) -> Iterator[None]:
    """Show that work goes on, where someone watches."""
    console = new_console(err=True)
    with console.status(f"{words} ...") if console.is_terminal else nullcontext():
        yield


def new_table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    """Return an empty table with a heading; the columns of `numbers` stand to the right."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        number = name in numbers  # on a narrow screen, errors go below their estimates
        table.add_column(name, justify="right" if number else "left", overflow="fold", min_width=7 if number else None)
    return table


def add_row(table: Table, *cells: str, style: str | None = None) -> None:
    """Add a row of texts that may come from data: each stays one line."""
    table.add_row(*map(visible, cells), style=style)


def label_of(group: object) -> str:
    """Return a group's label as it is printed: a long one does not widen all rows."""
    return visible(str(group), _LABEL)


def show_estimates(survey: Survey, plan: Measure, est: Estimates, statistics: Sequence[str], layout: Layout) -> None:
    """Print the tables to read, one for each cutoff with the notes that are its own, and what all have in common."""
    console = new_console()
    console.print(visible(plan.title))
    console.print("; ".join([_sentence(survey), *_absences(survey)]))
    cutoffs = [k for k in dict.fromkeys(est.keys["cutoff"].to_list()) if k is not None]
    shaped: Layout = {**layout, "statistics": list(dict.fromkeys(statistics))}
    parts = [est.select(cutoff=[k, None]) for k in cutoffs or [None]]  # some statistics have no cutoff
    frames = [part.publish(**shaped) for part in parts]
    common = [n for n in frames[0].attrs["notes"] if all(n in f.attrs["notes"] for f in frames)]
    for k, part, frame in zip(cutoffs or [None], parts, frames, strict=True):
        console.print(f"\nk = {k}\n" if len(cutoffs) > 1 else "")
        console.print(_figures(frame, _cases(part, statistics[0])))
        own = [n for n in frame.attrs["notes"] if n not in common and not n.startswith("Poverty cutoff")]
        if own:
            console.print(visible_lines("\n".join(["", *own])))
    console.print(visible_lines("\n".join(["", *common])))


def _figures(frame: pd.DataFrame, cases: Mapping[tuple[Any, ...], str]) -> Table:
    """Lay out groups in rows and statistics in columns, with the cases each row rests on."""
    names, numbers = [str(n) for n in frame.index.names[1:]], [*map(str, frame.columns), "n"]
    table = new_table(*names, *numbers, numbers=numbers)
    last = ""
    for (by, *row), cells in zip(frame.index, frame.to_numpy().tolist(), strict=True):
        if by not in {last, "total"}:
            table.add_section()
            add_row(table, f"by {by}", style="italic")
        add_row(table, *map(label_of, row), *cells, cases.get((by, *row), ""))
        last = by
    return table


def _cases(est: Estimates, statistic: str) -> dict[tuple[Any, ...], str]:
    """Return the number of cases of each row of the table."""
    part = est.select(statistic=statistic)
    keys = zip(*(part.keys[k].to_list() for k in ("by", "group", "wave")), strict=True)
    found: dict[tuple[Any, ...], str] = {}
    for (by, group, wave), n in zip(keys, part.n, strict=True):
        found.setdefault((by, group) if wave is None else (by, group, wave), MISSING if isnan(n) else f"{n:,.0f}")
    return found


def _sentence(survey: Survey) -> str:
    return in_words(survey).removeprefix("Survey: ")


def show_survey(survey: Survey, roles: Mapping[str, str]) -> None:
    """Print what the design is, by the columns that were named for it, and what of it was not named."""
    console = new_console()
    console.print(_sentence(survey))
    for role, column in roles.items():
        console.print(visible(f"  {role}: {column}"))
    for line in _absences(survey, roles):
        console.print(f"  {line}")
    console.print("The design is fine.")


def _absences(survey: Survey, roles: Mapping[str, str] | None = None) -> list[str]:
    """Say what of the design was not named, and what follows: it is easily forgotten."""
    known = survey.roles if roles is None else roles
    if survey.roles.get("psu") == EVERYBODY:
        return []
    drawn = "household" if "household" in survey.roles and "size" not in survey.roles else "row"
    meanings = {"weight": "every row weighs 1", "strata": "there is one stratum", "psu": f"each {drawn} is a PSU"}
    return [f"no {role}: {meaning}" for role, meaning in meanings.items() if role not in known]


def show_retention(survey: Survey, plan: Measure) -> None:
    """Print what missing indicators cost."""
    from mpi.estimation.retention import retention

    with status("Checking the indicators"):
        report = retention(survey, plan)
    rounds = bool(survey.waves)
    numbers = ["rows missing", "share missing", "rows only it loses"]
    table = new_table("indicator", *(["wave"] if rounds else []), *numbers, numbers=numbers)
    for row in report.indicators.to_dict("records"):
        wave = [str(row["wave"])] if rounds else []
        add_row(
            table,
            row["indicator"],
            *wave,
            f"{row['n_missing']:,}",
            f"{row['missing']:.4f}",
            f"{row['lost_alone']:,}",
        )
    console = new_console()
    console.print(f"\nThe indicators of {plan.name} are fine (0, 1 or missing; missing: {plan.missing}).\n")
    console.print(table)
    console.print()
    show_retained(report, rounds=rounds)


def show_retained(report: Retention, *, rounds: bool) -> None:
    """Print what share of the cases have what the measure needs, in each round."""
    console = new_console()
    for row in report.groups.to_dict("records"):
        where = f" in {row['wave']}" if rounds else ""
        share = f"{row['retained']:.4f} of the population"
        console.print(f"Retained{visible(where)}: {row['n_retained']:,} of {row['n']:,} rows, {share}.")
    for row in report.codes.to_dict("records"):
        meant = f" ({label_of(row['label'])})" if row["label"] else ""
        console.print(visible(f"Missing by code: {row['column']} is {row['code']}{meant} in {row['n']:,} rows."))


def show_measures() -> None:
    """Print the list of the shipped measures."""
    from mpi.core.exact import text
    from mpi.measures.library import list_measures, load_measure

    table = new_table("name", "title", "indicators", "cutoff", numbers=("indicators", "cutoff"))
    for name in list_measures():
        found = load_measure(name)
        add_row(table, name, found.title, str(len(found.indicators)), text(found.cutoff))
    console = new_console()
    console.print(table)
    console.print("\nOne of them in full: mpi measures NAME. Start your own: mpi measures NAME --toml > my.toml")


def show_measure(measure: Measure) -> None:
    """Print one measure in full."""
    from mpi.core.exact import text

    cutoffs = {
        "poverty cutoff": measure.cutoff,
        "severe from": measure.severe,
        "vulnerable from": measure.vulnerable,
    }
    console = new_console(width=110)
    console.print(f"{visible(measure.title)} ({visible(measure.name)})\n")
    for what, k in cutoffs.items():
        if k is not None:
            console.print(f"{what}: {text(k)}")
    console.print(f"counts: {measure.unit}s; a missing indicator: {measure.missing}\n")
    table = new_table("indicator", "column", "weight", "deprived if", numbers=("weight",))
    for dimension in measure.dimensions:
        members = [i for i in measure.indicators if i.dimension == dimension]
        table.add_section()
        add_row(table, dimension, "", text(sum((i.weight for i in members), members[0].weight * 0)), "", style="bold")
        for i in members:
            add_row(table, f"  {i.label}", i.column, text(i.weight), i.description)
    console.print(table)
    if measure.source:
        console.print(f"\nSource: {visible(measure.source)}")
