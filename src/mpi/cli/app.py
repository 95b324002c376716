"""The command line: estimate, compare orders, look at measures and lines, check a file."""

from __future__ import annotations

import atexit
import gc
from functools import partial
from typing import Annotated

import typer

from mpi import __version__
from mpi.cli import arguments, completions
from mpi.cli import options as opt
from mpi.cli.checks import check_outputs, checked_survey
from mpi.cli.estimate import EstimateRequest, run, written_after
from mpi.cli.messages import reported, say
from mpi.cli.monetary import MonetaryRequest
from mpi.cli.monetary import run as estimate_money
from mpi.cli.robustness import RobustnessRequest
from mpi.cli.robustness import run as compare_orders
from mpi.cli.show import show_measure, show_measures, show_retention, show_survey, status
from mpi.cli.show_classes import show_answer
from mpi.cli.show_lines import show_line, show_lines
from mpi.cli.source import DataSource, on_file
from mpi.cli.streams import run_to_streams
from mpi.cli.vhlss import VhlssRequest, account_of, answer, line_of
from mpi.core.plain_text import visible_lines

__all__ = ["app", "main"]

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
            callback=lambda asked: _version(requested=asked),
        ),
    ] = False,
) -> None:
    """Multidimensional poverty from household surveys, with the survey's design in every standard error."""


def _version(*, requested: bool) -> None:
    """Print the version and end, where it was requested."""
    if requested:
        typer.echo(f"mpi {__version__}")
        raise typer.Exit


@app.command()
@on_file()
def estimate(
    *,
    source: DataSource,
    measure: opt.MeasureName,
    by: opt.Columns = None,
    cutoff: opt.Cutoffs = None,
    where: opt.Where = None,
    unit: opt.Unit = None,
    statistic: opt.Statistics = None,
    level: opt.Level = 0.95,
    df: opt.Degrees = None,
    percent: opt.Percent = False,
    interval: opt.Intervals = False,
    decimals: opt.Decimals = None,
    scheme: opt.SchemeName = None,
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
    run(
        EstimateRequest(
            source, measure, by or [], cutoff or [], where, unit.value if unit else None,
            statistic or [], level, arguments.word(df, "group"), arguments.scheme_of(scheme),
        ),
        {"percent": percent, "interval": interval, "decimals": decimals},
        out or [],
    )  # fmt: skip


@app.command()
@on_file()
def robustness(
    *,
    source: DataSource,
    measure: opt.MeasureName,
    by: opt.Columns = None,
    cutoff: opt.Cutoffs = None,
    weights: opt.Reweightings = None,
    statistic: opt.StatisticName = "M0",
    alpha: opt.Alpha = 0.05,
    where: opt.Where = None,
    unit: opt.Unit = None,
    out: opt.Outs = None,
) -> None:
    """Tell whether groups keep their order at other cutoffs, with other weights and without an indicator.

    Prints how many orderings stay, the best and the worst rank of each group, and the alternatives that agree least;
    [bold]--out[/bold] writes the figures of all of them.

    [bold]Examples[/bold]

    mpi robustness sample --measure gso-mdp --by region

    mpi robustness people.dta --measure global-mpi --weight w --psu psu --by province --weights grid --cutoff 1/5
    """
    compare_orders(
        RobustnessRequest(
            source, measure, by or [], cutoff or [], [w.value for w in weights or []],
            statistic, alpha, where, unit.value if unit else None,
        ),
        out or [],
    )  # fmt: skip


@app.command()
@on_file(policies=False)
def monetary(
    *,
    source: DataSource,
    welfare: opt.Welfare,
    line: opt.MoneyLines = None,
    by: opt.Columns = None,
    where: opt.Where = None,
    unit: opt.Unit = None,
    statistic: opt.MoneyStatistics = None,
    level: opt.Level = 0.95,
    df: opt.Degrees = None,
    percent: opt.Percent = False,
    interval: opt.Intervals = False,
    decimals: opt.Decimals = None,
    scheme: opt.SchemeName = None,
    out: opt.Outs = None,
) -> None:
    """Estimate poverty and inequality of income or expenditure.

    Prints headcount, gap and severity of poverty at each line, the mean, the median and the Gini coefficient with
    their standard errors, in which that of a relative line is; [bold]--out[/bold] writes all numbers.

    [bold]Examples[/bold]

    mpi monetary sample --welfare income --line 2000 --line "60% median" --by area

    mpi monetary people.dta --welfare expenditure --line my_line --weight w --psu psu --statistic gini --statistic sst
    """
    estimate_money(
        MonetaryRequest(
            source, welfare, line or [], by or [], where, unit.value if unit else None, statistic or [],
            level, arguments.word(df, "group"), arguments.scheme_of(scheme),
        ),
        {"percent": percent, "interval": interval, "decimals": decimals},
        out or [],
    )  # fmt: skip


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
    with reported():
        if name is None and toml:
            raise typer.BadParameter("say which measure: mpi measures global-mpi --toml")
        if name is None:
            show_measures()
        elif toml:
            typer.echo(arguments.measure_of(name).to_toml(), nl=False)
        else:
            show_measure(arguments.measure_of(name))


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
    with reported():
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
    scheme: opt.SchemeName = None,
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
    with reported():
        request = VhlssRequest(
            folder, year, line_of(line, year), [arguments.cross_of(b) for b in by or []],
            arguments.word(unit, "household"), overrides, arguments.word(labels, "en"), bounds, figures,
            arguments.word(hoa, "majority"), province or [], encoding, arguments.scheme_of(scheme),
        )  # fmt: skip
        check_outputs(out or [])
        with status(f"Reading {folder}"):
            found = answer(request)
        with written_after(found.whole, out or [], {"percent": True}):
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
    with reported():
        with status(f"Reading {folder}"):
            account = account_of(folder, year, line_of(line, year), household, encoding=encoding)
        typer.echo(visible_lines(account))


@app.command()
@on_file(policies=False)
def check(
    *,
    source: DataSource,
    measure: opt.MeasureIfAny = None,
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
    plan = arguments.measure_of(measure) if measure else None
    survey = source.survey([]) if source.file == opt.SAMPLE else checked_survey(source, plan)
    show_survey(survey, {k: v for k, v in (source.reading or survey.roles).items() if k in survey.roles})
    if plan is not None:
        show_retention(survey, plan)


def main() -> None:
    """Run the command line."""
    gc.set_threshold(*_SELDOM)
    atexit.register(gc.freeze)  # a process that ends need not look for cycles once more, which takes .2 s
    run_to_streams(partial(app, prog_name="mpi"), partial(say, "error"))
