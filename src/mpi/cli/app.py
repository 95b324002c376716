"""The command line: estimate, look at measures and lines, check a file."""

from __future__ import annotations

import gc
import warnings
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi import __version__
from mpi.cli import completions
from mpi.cli import options as opt
from mpi.cli.checks import check_outputs, check_request, check_where, checked_survey
from mpi.cli.show import show_estimates, show_measure, show_measures, show_retained, show_retention, show_survey, status
from mpi.cli.show_classes import show_answer
from mpi.cli.show_lines import show_line, show_lines
from mpi.cli.streams import printing
from mpi.cli.vhlss import Request, account_of, answer, line_of
from mpi.core.errors import MpiError, MpiWarning, Problems, RequestError
from mpi.core.plain_text import visible_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mpi.frames.wanted import By
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey
    from mpi.tables.layout import Layout

__all__ = ["app", "main"]

_HEADLINE = ("M0", "H", "A")
_STOPPED = 130
_SELDOM = (100_000, 50, 50)  # a process of seconds need not look for cycles hundreds of times

app = typer.Typer(
    name="mpi",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Try it: [bold]mpi estimate sample --measure gso-mdp --by region[/bold]",
)


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
    file: opt.File,
    *,
    measure: opt.MeasureName,
    design: opt.DesignFile = None,
    weight: opt.Weight = None,
    strata: opt.Strata = None,
    psu: opt.Psu = None,
    household: opt.Household = None,
    size: opt.Size = None,
    members: opt.Members = None,
    rows: opt.Rows = None,
    fpc: opt.Fpc = None,
    wave: opt.Wave = None,
    shared_psus: opt.SharedPsus = None,
    single_psu: opt.SinglePsu = None,
    census: opt.Census = False,
    memory: opt.Memory = None,
    encoding: opt.Encoding = None,
    sheet: opt.Sheet = None,
    by: opt.Columns = None,
    cutoff: opt.Cutoffs = None,
    where: opt.Where = None,
    unit: opt.Unit = None,
    missing: opt.Missing = None,
    statistic: opt.Statistics = None,
    level: opt.Level = 0.95,
    df: opt.Degrees = None,
    percent: opt.Percent = False,
    interval: opt.Intervals = False,
    decimals: opt.Decimals = None,
    out: opt.Outs = None,
) -> None:
    """Estimate a measure, in total and by groups.

    Prints the headcount H, the intensity A and M0 = H x A with their standard errors; [bold]--out[/bold]
    writes every statistic with its confidence interval.

    [bold]Examples[/bold]

    mpi estimate sample --measure gso-mdp --by region --by area,sex

    mpi estimate people.dta --measure global-mpi --weight w --strata stratum --psu psu --out table.xlsx

    mpi estimate people.csv --measure my.toml --weight w --cutoff 1/5 --cutoff 1/3 --out all.csv

    mpi estimate people.dta --measure my.toml --weight w --missing d_sani=9 --missing 98,99

    mpi estimate "census/*.parquet" --measure my.toml --census --by province --memory 4GB
    """
    from mpi.estimation.estimate import estimate as run
    from mpi.estimation.retention import codes_table, retention

    with _told():
        policy, codes = opt.policy_of(missing)
        plan = opt.measure_of(measure) if policy is None else opt.measure_of(measure).with_missing(policy)
        groups = [opt.grouping(b) for b in by or []]
        check_where(where)
        check_request(plan, cutoff or [], statistic or [], level, out or [])
        said = opt.design_of(
            weight, strata, psu, household, size, members, rows, fpc, wave, shared_psus, single_psu, census, design
        )
        said |= {"missing": opt.codes_of(codes)} if codes else {}
        said |= {"encoding": encoding} if encoding else {}
        said |= {"sheet": sheet} if sheet else {}
        survey = _survey(file, _needed(plan, groups, where), said, memory)
        freedom = opt.word(df, "group")
        asked: Any = statistic or (None if out else _headline(plan))
        of: dict[str, Any] = {"where": where, "unit": unit.value if unit else None}
        by_code = None
        if not survey.in_memory:
            by_code = codes_table(survey if where is None else survey.where(where), plan)
            survey, of = _condensed(survey, plan, groups, of), {**of, "where": None}
        with status("Estimating"):
            est = run(survey, plan, groups, cutoffs=cutoff or None, statistics=asked, level=level, df=freedom, **of)
            report = retention(survey, plan, **of)
            report = report if by_code is None else replace(report, codes=by_code)
        if file == opt.SAMPLE:
            est = replace(est, about={**est.about, "data": opt.SYNTHETIC})
        layout: Layout = {"percent": percent, "interval": interval, "decimals": decimals}
        _write(est, out or [], layout)  # first: whoever reads the output may stop reading
        show_estimates(survey, plan, est, statistic or _headline(plan), layout)
        if plan.missing != "bounds":
            show_retained(report, rounds=bool(survey.waves))


@app.command()
def measures(
    name: opt.MeasureWord = None,
    toml: opt.AsToml = False,
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
            show_measures()
        elif toml:
            typer.echo(opt.measure_of(name).to_toml(), nl=False)
        else:
            show_measure(opt.measure_of(name))


@app.command()
def lines(
    name: Annotated[
        str | None,
        typer.Argument(help="A shipped line, or the path of a .toml file.", autocompletion=completions.lines),
    ] = None,
) -> None:
    """List the national poverty lines, or show one with the standing and the source of every item.

    [bold]Examples[/bold]

    mpi lines

    mpi lines vn-2022
    """
    with _told():
        from mpi.lines import Line, load_line

        if name is None:
            show_lines()
        else:
            show_line(Line.from_toml(name) if name.endswith(".toml") else load_line(name))


@app.command()
def vhlss(
    folder: opt.Folder,
    *,
    year: opt.Year,
    line: opt.LineName = None,
    by: opt.Groups = None,
    unit: opt.HouseholdsFirst = None,
    bounds: opt.Bounds = False,
    figures: opt.Figures = None,
    province: opt.Provinces = None,
    hoa: opt.HoaWord = None,
    labels: opt.LabelsWord = None,
    overrides: opt.Overrides = None,
    encoding: opt.Encoding = None,
    out: opt.Outs = None,
) -> None:
    """From a folder of the Viet Nam Household Living Standards Survey to who is poor under the law.

    Prints the share of each class and M0, H and A, what missing answers cost, and, where ethnic groups are asked
    for, key figures such as the minorities' share of the poor. By head_sex it says whether the gap of heads changes
    sign between households and persons.

    [bold]Examples[/bold]

    mpi vhlss VHLSS2022/ --year 2022 --by ethnicity --by province --by head_sex --out tables.xlsx

    mpi vhlss VHLSS2016/ --year 2016 --by area,head_sex --unit person --bounds

    mpi vhlss VHLSS2016/ --year 2016 --province "Bac Kan" --province "Dak Nong" --hoa minority
    """
    with _told():
        request = Request(
            folder, year, line_of(line, year), [opt.grouping(b) for b in by or []], opt.word(unit, "household"),
            overrides, opt.word(labels, "en"), bounds, figures, opt.word(hoa, "majority"), province or [], encoding,
        )  # fmt: skip
        check_outputs(out or [])
        with status(f"Reading {folder}"):
            found = answer(request)
        _write(found.whole, out or [], {"percent": True})
        show_answer(found, request.line)


@app.command()
def explain(
    folder: opt.Folder,
    *,
    year: opt.Year,
    household: Annotated[str, typer.Option(help="The household's identifier.")],
    line: opt.LineName = None,
    encoding: opt.Encoding = None,
) -> None:
    """Explain one household of a VHLSS folder: its deprivations, the answers behind them, its class, the article.

    [bold]Example[/bold]

    mpi explain VHLSS2016/ --year 2016 --household 01-011-00338-038-001
    """
    with _told():
        with status(f"Reading {folder}"):
            account = account_of(folder, year, line_of(line, year), household, encoding=encoding)
        typer.echo(visible_lines(account))


@app.command()
def check(
    file: opt.File,
    *,
    measure: opt.MeasureIfAny = None,
    design: opt.DesignFile = None,
    weight: opt.Weight = None,
    strata: opt.Strata = None,
    psu: opt.Psu = None,
    household: opt.Household = None,
    size: opt.Size = None,
    members: opt.Members = None,
    rows: opt.Rows = None,
    fpc: opt.Fpc = None,
    wave: opt.Wave = None,
    shared_psus: opt.SharedPsus = None,
    single_psu: opt.SinglePsu = None,
    census: opt.Census = False,
    memory: opt.Memory = None,
    encoding: opt.Encoding = None,
    sheet: opt.Sheet = None,
    missing: opt.NoAnswer = None,
) -> None:
    """Check a file's design, and a measure's indicators in it, without estimating.

    Prints what is there (rows, PSUs, strata, degrees of freedom, what missing indicators cost), or every
    problem.

    [bold]Examples[/bold]

    mpi check sample --measure gso-mdp

    mpi check people.dta --weight w --strata stratum --psu psu --measure global-mpi

    mpi check people.dta --design design.toml --measure global-mpi

    mpi check "census/*.parquet" --census --measure my.toml
    """
    with _told():
        plan = opt.measure_of(measure) if measure else None
        said = opt.design_of(
            weight, strata, psu, household, size, members, rows, fpc, wave, shared_psus, single_psu, census, design
        )
        said |= {"missing": opt.codes_of(missing)} if missing else {}
        said |= {"encoding": encoding} if encoding else {}
        said |= {"sheet": sheet} if sheet else {}
        survey = _survey(file, [], said) if file == opt.SAMPLE else checked_survey(file, plan, said, memory)
        show_survey(survey, {k: v for k, v in (said or survey.roles).items() if k in survey.roles})
        if plan is not None:
            show_retention(survey, plan)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*_SELDOM)
    printing(partial(app, prog_name="mpi"), partial(_say, "error"))


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
            _say("error", opt.spoken(str(error)))
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
        _say("warning", opt.spoken(" ".join(str(message).split())))
    else:
        usual(message, category, *rest)


def _say(kind: str, message: str) -> None:
    colour = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}.get(kind)
    _tell(f"{typer.style(kind + ':', fg=colour, bold=True)} {visible_lines(message)}")


def _tell(words: str) -> None:
    """Print on stderr; that nobody listens there is no reason to stop."""
    with suppress(BrokenPipeError):
        typer.echo(words, err=True)


# --- the work -----------------------------------------------------------------------------------------------


def _survey(file: str, columns: list[str], design: dict[str, Any], memory: str | None = None) -> Survey:
    """Read the shipped sample, which brings its design, or those columns of a file that are needed."""
    from mpi.datasets import load_sample
    from mpi.readers.large.scan import is_several
    from mpi.survey.read import read_survey

    if file == opt.SAMPLE:
        if design:
            flags = ", ".join("--" + k.replace("_", "-") for k in design)
            raise typer.BadParameter(f"the sample brings its own design; leave out {flags}")
        return load_sample()
    wanted = list(dict.fromkeys(columns))
    if memory is not None or is_several(file):
        return read_survey(file, columns=wanted, memory=memory, **design)  # shows the rows done by itself
    with status(f"Reading {Path(file).name}"):
        return read_survey(file, columns=wanted, progress=False, **design)


def _condensed(survey: Survey, plan: Measure, groups: Sequence[By], of: dict[str, Any]) -> Survey:
    """Read files that are too large for the memory once, for all that is printed of them."""
    from mpi.estimation.request import columns_of, crosses
    from mpi.survey.survey import of_rows

    domain = survey if of["where"] is None else survey.where(of["where"])
    columns = columns_of(crosses(groups, Problems("the estimate cannot be made", RequestError)))
    return of_rows(domain.rows.condensed(plan.columns, columns, unit=of["unit"] or plan.unit))


def _needed(plan: Measure, groups: Sequence[By], where: str | None) -> list[str]:
    """Return the columns that an estimate needs beside those of the design."""
    grouped = [c for g in groups for c in ([g] if isinstance(g, str) else g)]
    return [*grouped, *plan.columns, *([where] if where else [])]


def _headline(plan: Measure) -> tuple[str, ...]:
    return tuple(s for s in _HEADLINE if s != "A") if plan.missing == "bounds" else _HEADLINE


def _write(est: Estimates, outs: Sequence[str], layout: Layout) -> None:
    from mpi.tables.files import LAID_OUT, kind_of, write

    for path in outs:
        kind = kind_of(Path(path))
        with status(f"Writing {path}"):
            if kind in LAID_OUT:
                write(est, path, kind, **layout)
            else:
                write(est, path, kind)
        _tell(f"wrote {path} ({len(est):,} numbers)")
