"""The options of the command line: how they are called and explained; `mpi.cli.arguments` reads them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi.cli import completions
from mpi.cli.completions import SAMPLE
from mpi.cli.words import Adjustment, Count, Each, Freedom, Hoa, Labels, Reweighting, Single
from mpi.core.errors import unknown

if TYPE_CHECKING:
    from enum import StrEnum

__all__ = [
    "SAMPLE",
    "Alpha",
    "AsToml",
    "Bounds",
    "Calibrate",
    "Calibration",
    "Columns",
    "Cutoffs",
    "Decimals",
    "Degrees",
    "DesignFile",
    "Encoding",
    "Figures",
    "File",
    "Folder",
    "Fpc",
    "Groups",
    "HoaWord",
    "Household",
    "HouseholdsFirst",
    "Intervals",
    "LabelsWord",
    "Level",
    "LineName",
    "MeasureIfAny",
    "MeasureName",
    "MeasureWord",
    "Members",
    "Missing",
    "MoneyLines",
    "MoneyStatistics",
    "NoAnswer",
    "Outs",
    "Overrides",
    "Percent",
    "Provinces",
    "Psu",
    "Replicates",
    "Reweightings",
    "Rows",
    "SchemeName",
    "Seed",
    "SharedPsus",
    "SinglePsu",
    "Size",
    "StatisticName",
    "Statistics",
    "Strata",
    "Unit",
    "Wave",
    "Weight",
    "Welfare",
    "Where",
    "Year",
]

Complete = Callable[..., Any]


def _option(
    flag: str, text: str, metavar: str | None = None, panel: str | None = None, complete: Complete | None = None
) -> Any:
    return typer.Option(
        flag, help=text, metavar=metavar, rich_help_panel=panel, show_default=False, autocompletion=complete
    )


def _word(kind: str, words: type[StrEnum]) -> dict[str, Any]:
    """Return how an option reads one of some words; of another, the nearest is offered."""

    def read(text: str) -> StrEnum:
        """Return the word that a text names, or refuse it with the nearest one."""
        try:
            return words(text)
        except ValueError:
            raise typer.BadParameter(unknown(kind, text, words)) from None

    def complete(incomplete: str) -> list[str]:
        return [str(w) for w in words if w.startswith(incomplete)]

    return {"parser": read, "metavar": f"[{'|'.join(words)}]", "show_default": False, "autocompletion": complete}


_OFFERED: dict[str, Any] = {"COLUMN": completions.columns, "FILE": completions.paths}


def _design_option(flag: str, text: str, metavar: str | None = "COLUMN") -> Any:
    return _option(flag, text, metavar, "The survey's design", _OFFERED.get(metavar or ""))


File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help=f"A .dta, .sav, .por, .csv or .parquet file; or [bold]{SAMPLE}[/bold], a synthetic survey. Of many large "
        "files a quoted pattern or their folder.",
        show_default=False,
        autocompletion=completions.files,
    ),
]
DesignFile = Annotated[
    str | None,
    _design_option("--design", "A .toml file that says the design; the options below say what it does not.", "FILE"),
]
Weight = Annotated[str | None, _design_option("--weight", "Sampling weights. Without it every row weighs 1.")]
Strata = Annotated[str | None, _design_option("--strata", "Strata.")]
Psu = Annotated[str | None, _design_option("--psu", "Primary sampling units. Without it each household or row is one.")]
Household = Annotated[
    list[str] | None,
    _design_option(
        "--household",
        "Household identifiers, to count households in a file of persons. Of several columns: HH1,HH2.",
    ),
]
Members = Annotated[
    str | None, _design_option("--members", "1 for members of the household; others are counted and asked nowhere.")
]
Rows = Annotated[
    Each | None,
    typer.Option(
        "--rows",
        help="What a row is, where no household or size tells.",
        rich_help_panel="The survey's design",
        **_word("word", Each),
    ),
]
Size = Annotated[str | None, _design_option("--size", "Household sizes, in a file of households.")]
Fpc = Annotated[str | None, _design_option("--fpc", "Finite population correction: PSUs in the population.")]
Wave = Annotated[str | None, _design_option("--wave", "Survey rounds, in a file with several.")]
SharedPsus = Annotated[
    bool | None,
    _design_option("--shared-psus/--no-shared-psus", "Equal PSU codes in different rounds are the same places.", None),
]
Census = Annotated[bool, _design_option("--census", "Everybody is in the data: nothing has a sampling error.", None)]
Calibrate = Annotated[
    list[str] | None,
    _design_option(
        "--calibrate",
        "A table (.csv, .xlsx, .dta) with columns of the file and one of known totals, which the weights are made to "
        "add up to; errors know of it. May be repeated.",
        "FILE",
    ),
]
Calibration = Annotated[
    Adjustment | None,
    typer.Option(
        "--calibration",
        help="How weights meet the totals; by default rake.",
        rich_help_panel="The survey's design",
        **_word("way", Adjustment),
    ),
]
Replicates = Annotated[
    str | None,
    _design_option(
        "--replicates",
        "Errors by replicates that are made of the sample: bootstrap:500, jk1, jkn, brr or fay.",
        "KIND",
    ),
]
Seed = Annotated[
    int,
    typer.Option("--seed", help="What a bootstrap starts from.", min=0, rich_help_panel="The survey's design"),
]
Memory = Annotated[
    str | None,
    _option("--memory", "How much memory DuckDB may take, such as 4GB; the file is then left where it lies.", "AMOUNT"),
]
Encoding = Annotated[
    str | None,
    _option(
        "--encoding",
        "The encoding of the file's text, such as tcvn3, vni, viscii, windows-1258 or utf-8; found out by default.",
        "NAME",
    ),
]
Sheet = Annotated[
    str | None, _option("--sheet", "The sheet of a workbook; by default the only one that holds anything.", "NAME")
]
SinglePsu = Annotated[
    Single | None,
    typer.Option(
        "--single-psu",
        help="The rule for a stratum with one PSU.",
        rich_help_panel="The survey's design",
        **_word("rule", Single),
    ),
]

_MEASURE = "A shipped measure (see [bold]mpi measures[/bold]) or a .toml file of your own."
_BY = (
    "Disaggregate by a column, or by a cross: region,sex. May be repeated. A name with a comma in it stands in "
    "double quotes: '\"income, monthly\",sex'."
)
_TABLES = "The tables"
_OUT = "Write all numbers to .csv, .csv.gz, .parquet, .xlsx, .tex or .html. May be repeated."

MeasureName = Annotated[str, _option("--measure", _MEASURE, "MEASURE", complete=completions.measures)]
MeasureIfAny = Annotated[str | None, _option("--measure", _MEASURE, "MEASURE", complete=completions.measures)]
MeasureWord = Annotated[
    str | None,
    typer.Argument(metavar="MEASURE", help=_MEASURE, show_default=False, autocompletion=completions.measures),
]
AsToml = Annotated[bool, _option("--toml", "Print it as a measure file, to start your own from.")]
Columns = Annotated[list[str] | None, _option("--by", _BY, "COLUMN", complete=completions.crosses)]
Groups = Annotated[list[str] | None, _option("--by", _BY, "COLUMN", complete=completions.groups)]
Cutoffs = Annotated[list[str] | None, _option("--cutoff", "A poverty cutoff such as 1/3. May be repeated.", "K")]
Where = Annotated[
    str | None,
    _option(
        "--where", "Only rows where this column is 1; the design stays whole.", "COLUMN", complete=completions.columns
    ),
]
Unit = Annotated[
    Count | None,
    typer.Option("--unit", help="What is counted; by default what the measure says.", **_word("unit", Count)),
]
Missing = Annotated[
    list[str] | None,
    _option(
        "--missing",
        "Codes that are no answer: yrs=97,98,99 or minutes=995-999 of a column, 98,99 of all but the design's. Or a "
        "word for what becomes of rows with a missing indicator: drop, reweight, bounds; by default as in the measure. "
        "May be repeated.",
        "COLUMN=CODES",
    ),
]
NoAnswer = Annotated[
    list[str] | None,
    _option(
        "--missing",
        "Codes that are no answer: yrs=97,98,99 or minutes=995-999 of a column, 98,99 of all but the design's. May be "
        "repeated.",
        "COLUMN=CODES",
    ),
]
Statistics = Annotated[
    list[str] | None,
    _option(
        "--statistic", "M0, H, A, censored_headcount, ... May be repeated.", "NAME", complete=completions.statistics
    ),
]
MoneyStatistics = Annotated[
    list[str] | None,
    _option(
        "--statistic",
        "headcount, poverty_gap, fgt(2), watts, gini, ge(0), median, lorenz(0.4), ... May be repeated.",
        "NAME",
    ),
]
Welfare = Annotated[
    str, _option("--welfare", "The column of income or expenditure per person.", "COLUMN", complete=completions.columns)
]
MoneyLines = Annotated[
    list[str] | None,
    _option(
        "--line",
        'A poverty line: an amount, a column, "60% median", "50% mean" ("60% own median" for each group\'s), a law '
        "such as vn-2016, or dollars a day in the prices of a year, 2.15@2018. May be repeated.",
        "LINE",
    ),
]
StatisticName = Annotated[
    str, _option("--statistic", "What groups are ordered by: M0, H, A, ...", "NAME", complete=completions.statistics)
]
Reweightings = Annotated[
    list[Reweighting] | None,
    typer.Option(
        "--weights",
        help="Other weights: half to each dimension in turn (halves), each indicator left out in turn (without), all "
        "in twentieths (grid), none; by default the first two. May be repeated.",
        **_word("choice", Reweighting),
    ),
]
Alpha = Annotated[float, typer.Option("--alpha", help="The level of significance of differences.")]
Level = Annotated[float, typer.Option("--level", help="The confidence level.")]
Degrees = Annotated[
    Freedom | None,
    typer.Option(
        "--df",
        help="Degrees of freedom: of the PSUs with cases that a figure rests on (the default), or of the whole design.",
        **_word("choice", Freedom),
    ),
]
Percent = Annotated[
    bool, _option("--percent", "Print shares in per cent; also in .xlsx, .tex and .html.", panel=_TABLES)
]
Intervals = Annotated[
    bool, _option("--interval", "Print confidence intervals instead of standard errors; as above.", panel=_TABLES)
]
SchemeName = Annotated[
    str | None,
    _option(
        "--scheme",
        "A scheme of reliability, by which figures stand in brackets or are not shown, here and in all files: dhs, "
        "statcan, ine-chile-2020, cepal-2020, cepal-2023, eurostat, or a .toml file of your own.",
        "SCHEME",
        _TABLES,
        completions.schemes,
    ),
]
Decimals = Annotated[
    int | None,
    typer.Option(
        "--decimals", help="How many decimals to print; as above.", min=0, max=12, rich_help_panel=_TABLES,
        show_default=False,
    ),
]  # fmt: skip
Folder = Annotated[
    Path,
    typer.Argument(metavar="FOLDER", help="The folder with the round's files, .dta or others.", show_default=False),
]
Year = Annotated[
    int,
    typer.Option(
        "--year", help="The round: 2010, 2012, ..., 2022, 2023.", show_default=False, autocompletion=completions.rounds
    ),
]
LineName = Annotated[
    str | None,
    _option(
        "--line",
        "A poverty line (see [bold]mpi lines[/bold]) or a .toml file; by default the one that applied.",
        "LINE",
        complete=completions.lines,
    ),
]
HouseholdsFirst = Annotated[
    Count | None,
    typer.Option(
        "--unit", help="What is counted; by default households, as the official rate does.", **_word("unit", Count)
    ),
]
Bounds = Annotated[
    bool, typer.Option("--bounds", help="Bound each share, whatever the missing answers are.", show_default=False)
]
Figures = Annotated[
    bool | None,
    typer.Option(
        "--figures/--no-figures",
        help="Key figures, such as minorities among the poor; by default with --by ethnicity or --province.",
        show_default=False,
    ),
]
Provinces = Annotated[
    list[str] | None,
    _option(
        "--province",
        "A province for the key figures, by name or code; by default all with --by province. May be repeated.",
        "PROVINCE",
        complete=completions.provinces,
    ),
]
HoaWord = Annotated[
    Hoa | None,
    typer.Option(
        "--hoa",
        help="Where the Hoa stand in key figures; by default with the Kinh, the majority.",
        **_word("choice", Hoa),
    ),
]
LabelsWord = Annotated[
    Labels | None,
    typer.Option(
        "--labels",
        help="The language of provinces, ethnic groups, areas and sexes; by default en.",
        **_word("language", Labels),
    ),
]
Overrides = Annotated[
    str | None,
    _option("--overrides", "A .toml file with mappings of your own, for variables a layout does not know.", "FILE"),
]
Outs = Annotated[list[str] | None, _option("--out", _OUT, "FILE", complete=completions.paths)]
