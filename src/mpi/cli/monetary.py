"""The command `mpi monetary`: poverty and inequality of an income column at lines that are said in words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import typer

from mpi.cli.arguments import cross_of
from mpi.cli.checks import bad_outputs, check_where
from mpi.cli.estimate import written_after
from mpi.cli.show import status
from mpi.core.errors import MpiError, Problems, RequestError
from mpi.core.plain_text import visible_lines
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.cli.source import DataSource
    from mpi.measures.words import Unit
    from mpi.release.scheme import Scheme
    from mpi.results.estimates import Estimates
    from mpi.results.options import Degrees
    from mpi.tables.layout import Layout

__all__ = ["MonetaryRequest", "lines_of", "run"]

_RELATIVE = re.compile(r"(\d+(?:\.\d+)?)\s*%\s*(?:of\s+)?(own\s+)?(median|mean)")
_DOLLARS = re.compile(r"\$?(\d+\.\d+)\s*@\s*(\d{4})")
_HEADLINE = ("fgt(0)", "fgt(1)", "fgt(2)", "mean", "quantile(0.5)", "gini")


@dataclass(frozen=True, slots=True)
class MonetaryRequest:
    """The arguments of `mpi monetary`, parsed.

    Attributes
    ----------
    source, where, unit, level, df, scheme
        As for `mpi estimate`.
    welfare : str
        The column of income or expenditure per person.
    lines, by, statistics : sequence of str
        As they were written.
    """

    source: DataSource
    welfare: str
    lines: Sequence[str]
    by: Sequence[str]
    where: str | None
    unit: Unit | None
    statistics: Sequence[str]
    level: float
    df: Degrees
    scheme: Scheme | None = None


def lines_of(texts: Sequence[str]) -> tuple[dict[str, Any], list[str]]:
    """Return lines by what was written, and the columns that they need.

    Examples
    --------
    >>> lines_of(["900", "60% median", "my_line"])[1]
    ['my_line']
    """
    from mpi.lines.international import international_line
    from mpi.lines.library import list_lines, load_line
    from mpi.monetary.lines import relative_line

    problems = Problems("this cannot be done", RequestError)
    laws = set(list_lines())
    found: dict[str, Any] = {}
    columns: list[str] = []
    for text in texts:
        relative, dollars = _RELATIVE.fullmatch(text.strip()), _DOLLARS.fullmatch(text.strip())
        try:
            if relative:
                found[text] = relative_line(
                    float(relative[1]) / 100, relative[3], within="group" if relative[2] else "whole"
                )
            elif dollars:
                found[text] = international_line(dollars[1], int(dollars[2]))
            elif text in laws:
                found[text] = load_line(text)
                columns.append("area")
            elif _is_number(text):
                found[text] = float(text)
            else:
                found[text] = text
                columns.append(text)
        except MpiError as error:
            problems.found += [f"--line: {p}" for p in error.problems]
    problems.raise_if_any()
    return found, columns


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def run(request: MonetaryRequest, layout: Layout, outs: Sequence[str]) -> None:
    """Estimate what is asked for, print it, and write it to files."""
    from mpi.monetary.estimates import estimate
    from mpi.monetary.names import statistics_of

    groups = [cross_of(text) for text in request.by]
    check_where(request.where)
    asked = list(request.statistics) or [s for s in _HEADLINE if request.lines or not s.startswith("fgt")]
    statistics_of(asked, line=bool(request.lines))
    problems = Problems("this cannot be done", RequestError)
    problems.found += bad_outputs(outs)
    problems.raise_if_any()
    lines, columns = lines_of(request.lines)
    grouped = [c for g in groups for c in ([g] if isinstance(g, str) else g)]
    needed = [request.welfare, *grouped, *columns, *([request.where] if request.where else [])]
    survey = request.source.survey(needed)
    with status("Estimating"):
        est = estimate(
            survey, request.welfare, groups, line=lines or None, statistics=asked, where=request.where,
            unit=request.unit, level=request.level, df=request.df,
        )  # fmt: skip
    est = est if request.scheme is None else est.release(request.scheme)
    with written_after(est, outs, layout):
        _show(est, layout)


def _show(est: Estimates, layout: Mapping[str, Any]) -> None:
    """Print a table of each disaggregation, and what a reader must know of them."""
    given = {k: v for k, v in layout.items() if v is not None}
    for by in dict.fromkeys(est.keys["by"].to_list()):
        for line in dict.fromkeys(est.keys["dimension"].to_list()):
            rows = est.keys.find({"by": by, "dimension": line})
            if len(rows):
                table = est.take(rows).publish(by=[by], labels=True, **given)
                typer.echo(visible_lines(f"{line or 'Without a line'}\n{table.T.to_string()}\n"))
    lines = {k.removeprefix("line "): v for k, v in est.about.items() if k.startswith("line ")}
    said = [f"Line {k}: {v}." for k, v in lines.items() if v.replace(",", "") != k and v.replace(" of ", " ") != k]
    said += [est.about[k] for k in (KEY, "amounts") if k in est.about]
    said += [f"Counted: {est.about['counted']}.", *([f"Data: {est.about['data']}."] if "data" in est.about else [])]
    typer.echo(visible_lines("\n".join(said)))
