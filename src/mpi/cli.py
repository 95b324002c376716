"""The command line: estimate, look at measures, check a file."""

from __future__ import annotations

import io
import os
import sys
import warnings
from collections import Counter
from contextlib import contextmanager, nullcontext
from enum import StrEnum
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi import __version__
from mpi.errors import MpiError, MpiWarning, Problems, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from rich.console import Console
    from rich.table import Table

    from mpi.asking import By
    from mpi.estimates import Estimates
    from mpi.measure import Measure
    from mpi.retention import Retention
    from mpi.survey import Survey

__all__ = ["app", "main"]

_SAMPLE = "sample"
_HEADLINE = ("M0", "H", "A")
_WRITERS = {"parquet": "pyarrow", "excel": "openpyxl"}
_STOPPED = 130

app = typer.Typer(
    name="mpi",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it: [bold]mpi estimate sample --measure gso-mdp --by region[/bold]",
)


class Count(StrEnum):
    """What is counted."""

    person = "person"
    household = "household"


class Gaps(StrEnum):
    """What becomes of rows with a missing indicator."""

    drop = "drop"
    reweight = "reweight"
    bounds = "bounds"


class Single(StrEnum):
    """The rule for a stratum with one PSU."""

    error = "error"
    certainty = "certainty"
    centered = "centered"
    scaled = "scaled"


def _option(flag: str, text: str, metavar: str | None = None, panel: str | None = None) -> Any:
    return typer.Option(flag, help=text, metavar=metavar, rich_help_panel=panel, show_default=False)


def _design_option(flag: str, text: str, metavar: str | None = "COLUMN") -> Any:
    return _option(flag, text, metavar, "The survey's design")


_File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help=f"A .dta, .sav, .por, .csv or .parquet file; or [bold]{_SAMPLE}[/bold], a synthetic survey.",
        show_default=False,
    ),
]
_Weight = Annotated[str | None, _design_option("--weight", "Sampling weights. Without it every row weighs 1.")]
_Strata = Annotated[str | None, _design_option("--strata", "Strata.")]
_Psu = Annotated[str | None, _design_option("--psu", "Primary sampling units. Without it each row is one.")]
_Household = Annotated[
    str | None,
    _design_option("--household", "Household identifiers, to count households in a file of persons."),
]
_Size = Annotated[str | None, _design_option("--size", "Household sizes, in a file of households.")]
_Fpc = Annotated[str | None, _design_option("--fpc", "Finite population correction: PSUs in the population.")]
_Wave = Annotated[str | None, _design_option("--wave", "Survey rounds, in a file with several.")]
_Shared = Annotated[
    bool, _design_option("--shared-psus", "Equal PSU codes in different rounds are the same places.", None)
]
_Single = Annotated[Single | None, _design_option("--single-psu", "The rule for a stratum with one PSU.", None)]
_MeasureName = "A shipped measure (see [bold]mpi measures[/bold]) or a .toml file of your own."


@app.callback()
def _top(
    _asked: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version.",
            is_eager=True,
            callback=lambda asked: _version(asked=asked),
        ),
    ] = False,
) -> None:
    """Multidimensional poverty from household surveys, with the survey's design in every standard error."""


def _version(*, asked: bool) -> None:
    if asked:
        typer.echo(f"mpi {__version__}")
        raise typer.Exit


@app.command()
def estimate(
    file: _File,
    *,
    measure: Annotated[str, _option("--measure", _MeasureName, "MEASURE")],
    weight: _Weight = None,
    strata: _Strata = None,
    psu: _Psu = None,
    household: _Household = None,
    size: _Size = None,
    fpc: _Fpc = None,
    wave: _Wave = None,
    shared_psus: _Shared = False,
    single_psu: _Single = None,
    by: Annotated[
        list[str] | None,
        _option("--by", "Disaggregate by a column, or by a cross: region,sex. May be repeated.", "COLUMN"),
    ] = None,
    cutoff: Annotated[
        list[str] | None, _option("--cutoff", "A poverty cutoff such as 1/3. May be repeated.", "K")
    ] = None,
    where: Annotated[
        str | None, _option("--where", "Only rows where this column is 1; the design stays whole.", "COLUMN")
    ] = None,
    unit: Annotated[Count | None, _option("--unit", "What is counted; by default what the measure says.")] = None,
    missing: Annotated[
        Gaps | None,
        _option("--missing", "What becomes of rows with a missing indicator; by default as in the measure."),
    ] = None,
    statistic: Annotated[
        list[str] | None, _option("--statistic", "M0, H, A, censored_headcount, ... May be repeated.", "NAME")
    ] = None,
    level: Annotated[float, typer.Option("--level", help="The confidence level.")] = 0.95,
    out: Annotated[
        list[str] | None,
        _option(
            "--out",
            "Write all numbers to .csv, .csv.gz, .parquet, .xlsx, .tex or .html. May be repeated.",
            "FILE",
        ),
    ] = None,
) -> None:
    """Estimate a measure, in total and by groups.

    Prints the headcount H, the intensity A and M0 = H x A with their standard errors; [bold]--out[/bold]
    writes every statistic with its confidence interval.

    [bold]Examples[/bold]

    mpi estimate sample --measure gso-mdp --by region --by area,sex

    mpi estimate people.dta --measure global-mpi --weight w --strata stratum --psu psu --out table.xlsx

    mpi estimate people.csv --measure my.toml --weight w --cutoff 1/5 --cutoff 1/3 --out all.csv
    """
    from mpi.estimate import estimate as run
    from mpi.retention import retention

    with _told():
        plan = _measure(measure) if missing is None else _measure(measure).with_missing(missing.value)
        groups = [_grouping(b) for b in by or []]
        grouped = [c for g in groups for c in ([g] if isinstance(g, str) else g)]
        _check_request(plan, cutoff or [], statistic or [], level, out or [])
        columns = [*grouped, *plan.columns, *([where] if where else [])]
        design = _design(weight, strata, psu, household, size, fpc, wave, shared_psus, single_psu)
        survey = _survey(file, columns, design)
        asked: Any = statistic or (None if out else _headline(plan))
        with _status("Estimating"):
            est = run(
                survey, plan, groups, cutoffs=cutoff or None, where=where, unit=unit.value if unit else None,
                statistics=asked, level=level,
            )  # fmt: skip
            report = retention(survey, plan, where=where, unit=unit.value if unit else None)
        _show(survey, plan, est, statistic or _headline(plan))
        if plan.missing != "bounds":
            _console().print(_kept(report, rounds=bool(survey.waves)))
        _write(est, out or [])


@app.command()
def measures(
    name: Annotated[str | None, typer.Argument(metavar="MEASURE", help=_MeasureName, show_default=False)] = None,
    toml: Annotated[bool, _option("--toml", "Print it as a measure file, to start your own from.")] = False,
) -> None:
    """List the measures that are shipped, or show one: dimensions, weights, cutoffs, who is deprived, source.

    [bold]Examples[/bold]

    mpi measures

    mpi measures gso-mdp

    mpi measures global-mpi --toml > my.toml
    """
    with _told():
        if name is None and toml:
            raise typer.BadParameter("say which measure: mpi measures global-mpi --toml")
        if name is None:
            _list_measures()
        elif toml:
            typer.echo(_measure(name).to_toml(), nl=False)
        else:
            _show_measure(_measure(name))


@app.command()
def check(
    file: _File,
    *,
    measure: Annotated[str | None, _option("--measure", _MeasureName, "MEASURE")] = None,
    weight: _Weight = None,
    strata: _Strata = None,
    psu: _Psu = None,
    household: _Household = None,
    size: _Size = None,
    fpc: _Fpc = None,
    wave: _Wave = None,
    shared_psus: _Shared = False,
    single_psu: _Single = None,
) -> None:
    """Check a file's design, and a measure's indicators in it, without estimating.

    Prints what is there (rows, PSUs, strata, degrees of freedom, what missing indicators cost), or every
    problem.

    [bold]Examples[/bold]

    mpi check sample --measure gso-mdp

    mpi check people.dta --weight w --strata stratum --psu psu --measure global-mpi
    """
    with _told():
        plan = _measure(measure) if measure else None
        design = _design(weight, strata, psu, household, size, fpc, wave, shared_psus, single_psu)
        survey = _survey(file, [], design) if file == _SAMPLE else _checked(file, plan, design)
        _show_survey(survey)
        if plan is not None:
            _show_retention(survey, plan)


def main() -> None:
    """Run the command line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that lacks a letter prints "?" instead of stopping
    app(prog_name="mpi")


# --- what goes wrong ----------------------------------------------------------------------------------------


@contextmanager
def _told() -> Iterator[None]:
    """Tell an error in one block and a warning in one line, on stderr; end with the right status."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MpiWarning)
        warnings.showwarning = partial(_show_warning, warnings.showwarning)
        try:
            yield
        except MpiError as error:
            _say("error", str(error))
            raise typer.Exit(1) from None
        except MemoryError:
            _say("error", "the memory is used up; use a machine with more, or a file with fewer rows")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            _say("stopped", "nothing more is written")
            raise typer.Exit(_STOPPED) from None


def _show_warning(usual: Any, message: Warning | str, category: type[Warning], *rest: Any) -> None:
    """Show the library's warnings in one line each; others as usual."""
    if issubclass(category, MpiWarning):
        _say("warning", " ".join(str(message).split()))
    else:
        usual(message, category, *rest)


def _say(kind: str, message: str) -> None:
    colour = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}.get(kind)
    typer.echo(f"{typer.style(kind + ':', fg=colour, bold=True)} {message}", err=True)


# --- what is asked for --------------------------------------------------------------------------------------


def _measure(name: str) -> Measure:
    """Return a shipped measure, or that of a file."""
    from mpi.library import list_measures, load_measure
    from mpi.measure import Measure

    known = list_measures()
    if name in known:
        return load_measure(name)
    if name.casefold().endswith(".toml") or len(Path(name).parts) > 1 or Path(name).is_file():
        return Measure.from_toml(name)
    files = sorted(f.name for f in Path().glob("*.toml"))
    raise MpiError(unknown("measure", name, [*known, *files]) + "; or give the path of a .toml file")


def _grouping(text: str) -> By:
    """Read `region` or `region,sex`."""
    columns = tuple(part.strip() for part in text.split(","))
    if not all(columns):
        raise typer.BadParameter(f"{text!r} is not a column, nor columns with commas between", param_hint="--by")
    return columns[0] if len(columns) == 1 else columns


def _design(
    weight: str | None, strata: str | None, psu: str | None, household: str | None, size: str | None,
    fpc: str | None, wave: str | None, shared_psus: object, single_psu: Single | None,
) -> dict[str, Any]:  # fmt: skip
    """Return the options of the design that were given."""
    given = {
        "weight": weight, "strata": strata, "psu": psu, "household": household, "size": size, "fpc": fpc,
        "wave": wave, "shared_psus": shared_psus or None,
        "single_psu": single_psu.value if single_psu else None,
    }  # fmt: skip
    return {k: v for k, v in given.items() if v is not None}


def _check_request(
    plan: Measure, cutoffs: Sequence[str], statistics: Sequence[str], level: float, outs: Sequence[str]
) -> None:
    """Tell what cannot be done before the long work starts."""
    from mpi.statistics import STATISTICS

    problems = Problems("this cannot be done")
    for k in cutoffs:
        try:
            plan.with_cutoff(k)
        except MpiError as error:
            problems.add(f"--cutoff: {error.problems[0].removeprefix('cutoff: ')}")
    for s in statistics:
        if s not in STATISTICS:
            problems.add(f"--statistic: {unknown('statistic', s, STATISTICS, show=len(STATISTICS))}")
    if not 0 < level < 1:
        problems.add(f"--level: {level:g} is not between 0 and 1; 95 per cent is 0.95")
    for path, times in Counter(outs).items():
        problems.found += [f"--out: {p}" for p in _unwritable(Path(path))]
        if times > 1:
            problems.add(f"--out: {path} is named {times} times")
    problems.raise_if_any()


def _unwritable(path: Path) -> Iterator[str]:
    """Say why a file could not be written."""
    from mpi.export import _kind_of

    try:
        library = _WRITERS.get(_kind_of(path))
    except MpiError as error:
        yield str(error)
    else:
        if library and not find_spec(library):
            yield f"{path.name} needs the library {library}: pip install {library}"
    folder = path.parent
    if path.is_dir():
        yield f"{path} is a folder"
    elif not folder.is_dir():
        yield f"{path}: there is no folder {str(folder)!r}; make it first"
    elif not os.access(folder, os.W_OK):
        yield f"{path}: the folder {str(folder)!r} may not be written to; choose another"


# --- the work -----------------------------------------------------------------------------------------------


def _survey(file: str, columns: list[str], design: dict[str, Any]) -> Survey:
    """Read the shipped sample, which brings its design, or those columns of a file that are needed."""
    from mpi.library import load_sample
    from mpi.reading import read_survey

    if file == _SAMPLE:
        if design:
            flags = ", ".join("--" + k.replace("_", "-") for k in design)
            raise typer.BadParameter(f"the sample brings its own design; leave out {flags}")
        return load_sample()
    with _status(f"Reading {Path(file).name}"):
        return read_survey(file, columns=list(dict.fromkeys(columns)), **design)


def _checked(file: str, plan: Measure | None, design: dict[str, Any]) -> Survey:
    """Read a file for `check`; tell the problems of the design and of the indicators together."""
    from mpi.readers import column_names, read_table
    from mpi.survey import Survey

    problems = Problems(f"{file} cannot be used")
    known = column_names(file)
    roles = [v for k, v in design.items() if k not in {"shared_psus", "single_psu"}]
    wanted = list(dict.fromkeys([*roles, *(plan.columns if plan else ())]))
    absent = [c for c in wanted if c not in known]
    problems.found += _without_repeating([unknown("column", c, known) for c in absent])
    there = [c for c in wanted if c in known]
    with _status(f"Reading {Path(file).name}"):
        table = read_table(file, None if not wanted else there or known[:1])
    bare = Survey(table.frame)
    try:
        sound = (
            design
            if not set(roles) & set(absent)
            else {k: v for k, v in design.items() if k == "weight" and v in known}
        )
        survey = Survey(table.frame, **sound, labels=table.labels)
    except MpiError as error:
        survey = bare
        problems.found += error.problems
    if plan is not None:
        problems.found += _bad_indicators(bare, plan, absent)
    problems.raise_if_any()
    return survey


def _without_repeating(problems: Sequence[str]) -> list[str]:
    """Leave the list of known columns with the first problem only."""
    return [p if i == 0 else p.split(" Known:")[0] for i, p in enumerate(problems)]


def _bad_indicators(survey: Survey, plan: Measure, absent: Sequence[str]) -> list[str]:
    """Return the problems of a measure's indicators, those apart that the file lacks."""
    from mpi.profiles import profile, rows_of

    lacking = [i.name for i in plan.indicators if i.column in absent]
    if len(lacking) == len(plan.indicators):
        return []
    try:
        profile(survey, plan.drop(*lacking), rows_of(survey, "person"))
    except MpiError as error:
        return list(error.problems)
    return []


def _headline(plan: Measure) -> tuple[str, ...]:
    return tuple(s for s in _HEADLINE if s != "A") if plan.missing == "bounds" else _HEADLINE


def _write(est: Estimates, outs: Sequence[str]) -> None:
    from mpi.export import write_any

    for path in outs:
        with _status(f"Writing {path}"):
            write_any(est, path)
        typer.echo(f"wrote {path} ({len(est):,} numbers)", err=True)


# --- what is printed ----------------------------------------------------------------------------------------


def _console(*, err: bool = False, width: int = 10_000) -> Console:
    """Return a console; what goes to a file instead of a screen is folded at `width`."""
    from rich.console import Console

    console = Console(stderr=err, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = width
    return console


@contextmanager
def _status(words: str) -> Iterator[None]:
    """Show that work goes on, where someone watches."""
    console = _console(err=True)
    with console.status(f"{words} ...") if console.is_terminal else nullcontext():
        yield


def _table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in columns:
        number = name in numbers  # on a narrow screen, errors go below their estimates
        table.add_column(name, justify="right" if number else "left", overflow="fold", min_width=7 if number else None)
    return table


def _show(survey: Survey, plan: Measure, est: Estimates, statistics: Sequence[str]) -> None:
    """Print the tables to read, one for each cutoff, and the notes below them."""
    console = _console()
    console.print(plan.title)
    console.print("; ".join([_sentence(survey), *_absences(survey)]))
    cutoffs = [k for k in dict.fromkeys(est.keys["cutoff"].to_list()) if k is not None]
    notes: list[str] = []
    for k in cutoffs or [None]:
        part = est.select(cutoff=[k, None])  # some statistics have no cutoff
        frame = part.wide(statistics=list(dict.fromkeys(statistics)))
        console.print(f"\nk = {k}\n" if len(cutoffs) > 1 else "")
        console.print(_figures(frame, _cases(part, statistics[0])))
        notes += frame.attrs.get("notes", ())
    console.print()
    for note in dict.fromkeys(notes):
        if len(cutoffs) <= 1 or not note.startswith("Poverty cutoff"):
            console.print(note)


def _figures(frame: pd.DataFrame, cases: Mapping[tuple[Any, ...], str]) -> Table:
    """Lay out groups in rows and statistics in columns, with the cases each row rests on."""
    names, numbers = [str(n) for n in frame.index.names[1:]], [*map(str, frame.columns), "n"]
    table = _table(*names, *numbers, numbers=numbers)
    last = ""
    for (by, *row), cells in zip(frame.index, frame.to_numpy().tolist(), strict=True):
        if by not in {last, "total"}:
            table.add_section()
            table.add_row(f"by {by}", style="italic")
        table.add_row(*map(str, row), *cells, cases.get((by, *row), ""))
        last = by
    return table


def _cases(est: Estimates, statistic: str) -> dict[tuple[Any, ...], str]:
    """Return the number of cases of each row of the table."""
    part = est.select(statistic=statistic)
    keys = zip(*(part.keys[k].to_list() for k in ("by", "group", "wave")), strict=True)
    found: dict[tuple[Any, ...], str] = {}
    for (by, group, wave), n in zip(keys, part.n, strict=True):
        found.setdefault((by, group) if wave is None else (by, group, wave), f"{n:,.0f}")
    return found


def _sentence(survey: Survey) -> str:
    return repr(survey).removeprefix("<Survey: ").removesuffix(">")


def _show_survey(survey: Survey) -> None:
    console = _console()
    console.print(_sentence(survey))
    for role, column in survey.roles.items():
        console.print(f"  {role}: {column}")
    for line in _absences(survey):
        console.print(f"  {line}")
    console.print("The design is fine.")


def _absences(survey: Survey) -> list[str]:
    """Say what of the design was not named, and what follows: it is easily forgotten."""
    meanings = {"weight": "every row weighs 1", "strata": "there is one stratum", "psu": "each row is a PSU"}
    return [f"no {role}: {meaning}" for role, meaning in meanings.items() if role not in survey.roles]


def _show_retention(survey: Survey, plan: Measure) -> None:
    """Print what missing indicators cost."""
    from mpi.retention import retention

    with _status("Checking the indicators"):
        report = retention(survey, plan)
    rounds = bool(survey.waves)
    numbers = ["rows missing", "share missing", "rows only it loses"]
    table = _table("indicator", *(["wave"] if rounds else []), *numbers, numbers=numbers)
    for row in report.indicators.to_dict("records"):
        wave = [str(row["wave"])] if rounds else []
        table.add_row(
            row["indicator"],
            *wave,
            f"{row['n_missing']:,}",
            f"{row['missing']:.4f}",
            f"{row['lost_alone']:,}",
        )
    console = _console()
    console.print(f"\nThe indicators of {plan.name} are fine (0, 1 or missing; missing: {plan.missing}).\n")
    console.print(table)
    console.print()
    console.print(_kept(report, rounds=rounds))


def _kept(report: Retention, *, rounds: bool) -> str:
    """Say what share of the cases have what the measure needs."""
    lines = []
    for row in report.groups.to_dict("records"):
        where = f" in {row['wave']}" if rounds else ""
        share = f"{row['retained']:.4f} of the population"
        lines.append(f"Retained{where}: {row['n_retained']:,} of {row['n']:,} rows, {share}.")
    return "\n".join(lines)


def _list_measures() -> None:
    from mpi.library import list_measures, load_measure
    from mpi.rational import text

    table = _table("name", "title", "indicators", "cutoff", numbers=("indicators", "cutoff"))
    for name in list_measures():
        found = load_measure(name)
        table.add_row(name, found.title, str(len(found.indicators)), text(found.cutoff))
    console = _console()
    console.print(table)
    console.print("\nOne of them in full: mpi measures NAME. Start your own: mpi measures NAME --toml > my.toml")


def _show_measure(found: Measure) -> None:
    from mpi.rational import text

    cutoffs = {
        "poverty cutoff": found.cutoff,
        "severe from": found.severe,
        "vulnerable from": found.vulnerable,
    }
    console = _console(width=110)
    console.print(f"{found.title} ({found.name})\n")
    for what, k in cutoffs.items():
        if k is not None:
            console.print(f"{what}: {text(k)}")
    console.print(f"counts: {found.unit}s; a missing indicator: {found.missing}\n")
    table = _table("indicator", "column", "weight", "deprived if", numbers=("weight",))
    for dimension in found.dimensions:
        members = [i for i in found.indicators if i.dimension == dimension]
        table.add_section()
        table.add_row(dimension, "", text(sum((i.weight for i in members), members[0].weight * 0)), "", style="bold")
        for i in members:
            table.add_row(f"  {i.label}", i.column, text(i.weight), i.description)
    console.print(table)
    if found.source:
        console.print(f"\nSource: {found.source}")
