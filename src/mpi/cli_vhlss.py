"""What the command line does with a VHLSS folder: from its files to the tables of a national line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.cli_tables import new_console, new_table
from mpi.errors import MpiError, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mpi.asking import By
    from mpi.estimates import Estimates
    from mpi.lines import Line
    from mpi.measure import Unit

__all__ = ["account_of", "line_of", "show_classes", "tables_of"]

_AF = ("M0", "H", "A")


def line_of(name: str | None, year: int) -> Line:
    """Return a line by its name or file; by default the one that applied in the year."""
    from mpi.lines import Line, line_for, load_line

    if name is None:
        return line_for(year)
    return Line.from_toml(name) if name.endswith(".toml") else load_line(name)


def tables_of(folder: Path, year: int, line: Line, by: Sequence[By], unit: Unit, overrides: str | None) -> Estimates:
    """Read the folder, compute what the line asks for, and estimate its classes and its measure."""
    from mpi.estimate import estimate
    from mpi.official import with_deprivations
    from mpi.readers.vhlss import read_vhlss

    if not folder.is_dir():
        raise MpiError(f"there is no folder {str(folder)!r}; give the folder that holds the round's files")
    options: dict[str, Any] = {} if overrides is None else {"overrides": overrides}
    survey = with_deprivations(read_vhlss(folder, year, **options), line)
    return estimate(survey, line, by, unit=unit)


def account_of(folder: Path, year: int, line: Line, household: str) -> str:
    """Explain one household: each indicator with the answers behind it, its income, its class and the article."""
    from mpi.columns import categories
    from mpi.indicators import explain, list_rules, load_rules
    from mpi.official import with_deprivations
    from mpi.readers.vhlss import read_vhlss

    survey = read_vhlss(folder, year)
    parts = [str(explain(survey, load_rules(line.name), household))] if line.name in list_rules() else []
    found = categories(survey.frames, survey.roles["household"])
    if household not in found.levels:
        raise MpiError(unknown("household", household, found.levels))
    row = int(np.argmax(found.index == found.levels.index(household)))
    said = line.classify(with_deprivations(survey, line)).explain(row)
    return "\n".join([*parts, "", said.replace(f"Row {row}", f"Household {household}")])


def show_classes(est: Estimates, line: Line) -> None:
    """Print the share of each class, and M0, H and A, by group, in per cent with errors in brackets."""
    to = new_console()
    to.print(f"{line.title}\n{line.instrument.text}\n")
    shown = [s for s in (*(c.name for c in line.classes), *_AF) if s in est.keys["statistic"].values]
    for by in est.keys["by"].values:
        part = est.select(by=by, statistic=shown)
        n = est.select(by=by, statistic=shown[0])
        cases = dict(zip(n.keys["group"].to_list(), n.n.tolist(), strict=True))
        figures = part.wide(statistics=shown, percent=True, labels=True)
        out = new_table("group", *figures.columns, "n", numbers=(*figures.columns, "n"))
        for label, row in figures.iterrows():
            group = label[1] if isinstance(label, tuple) else str(label)
            out.add_row(str(group), *row.tolist(), f"{int(cases[group]):,}")
        to.print(f"by {by}" if by != "total" else "")
        to.print(out)
    to.print(f"Counted: {est.about.get('counted', '')}. Standard errors in brackets.")
