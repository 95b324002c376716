"""Printed output for national poverty lines: the list of them, and one in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.cli.show import add_row, new_console, new_table

if TYPE_CHECKING:
    from mpi.lines import Line

__all__ = ["show_line", "show_lines"]


def show_lines() -> None:
    """Print the lines that ship with the package: name, period, instrument, how much of each is verified."""
    from mpi.lines import list_lines, load_line

    out = new_table("line", "applies", "instrument", "items verified")
    for name in list_lines():
        line = load_line(name)
        standings = line.standings()
        verified = sum(s.status == "verified" for s in standings)
        period = f"{line.valid_from.year}-{line.valid_to.year}"
        add_row(out, name, period, line.instrument.text, f"{verified} of {len(standings)}")
    new_console(width=140).print(out)


def show_line(line: Line) -> None:
    """Print one line: its classes and thresholds, then every item with its article, how sure it is, and its source."""
    to = new_console(width=140)
    to.print(repr(line))
    to.print()
    out = new_table("item", "value", "article", "status", "source")
    for item, value, unit, article, status, source in line.provenance().itertuples(index=False):
        shown = f"{value:,} {unit}" if isinstance(value, int) else str(value)
        add_row(out, item, shown, article or "", status, source or "")
    to.print(out)
    to.print("Only what is verified was read in the text of the law, or in a page that quotes it.")
