"""The options of the command line: how they are called and explained, and what is made of them."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mpi.cli import completions
from mpi.cli.completions import SAMPLE
from mpi.core.atomic import located
from mpi.core.errors import RequestError, nearest, unknown
from mpi.frames.missing_codes import EVERY

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.frames.wanted import By
    from mpi.measures.measure import Measure
    from mpi.measures.measure import Missing as Policy

__all__ = [
    "SAMPLE",
    "SYNTHETIC",
    "AsToml",
    "Bounds",
    "Columns",
    "Count",
    "Cutoffs",
    "Decimals",
    "Degrees",
    "DesignFile",
    "Each",
    "Encoding",
    "Figures",
    "File",
    "Folder",
    "Fpc",
    "Freedom",
    "Groups",
    "Hoa",
    "HoaWord",
    "Household",
    "HouseholdsFirst",
    "Intervals",
    "Labels",
    "LabelsWord",
    "Level",
    "LineName",
    "MeasureIfAny",
    "MeasureName",
    "MeasureWord",
    "Members",
    "Missing",
    "NoAnswer",
    "Outs",
    "Overrides",
    "Percent",
    "Provinces",
    "Psu",
    "Rows",
    "SharedPsus",
    "Single",
    "SinglePsu",
    "Size",
    "Statistics",
    "Strata",
    "Unit",
    "Wave",
    "Weight",
    "Where",
    "Year",
    "design_of",
    "grouping",
    "measure_of",
    "spoken",
    "word",
]

Complete = Callable[..., Any]

SYNTHETIC = "SYNTHETIC, the sample that is shipped: nobody was interviewed, and it says nothing about any country"
"""What is said under every table of the sample."""


class Count(StrEnum):
    """What is counted."""

    person = "person"
    household = "household"


class Each(StrEnum):
    """What a row is."""

    persons = "persons"
    households = "households"


class Freedom(StrEnum):
    """Whose degrees of freedom."""

    group = "group"
    design = "design"


class Hoa(StrEnum):
    """Where the Hoa stand."""

    majority = "majority"
    minority = "minority"


class Labels(StrEnum):
    """The language of labels."""

    en = "en"
    vi = "vi"


class Single(StrEnum):
    """The rule for a stratum with one PSU."""

    error = "error"
    certainty = "certainty"
    centered = "centered"
    scaled = "scaled"


def _option(
    flag: str, text: str, metavar: str | None = None, panel: str | None = None, complete: Complete | None = None
) -> Any:
    return typer.Option(
        flag, help=text, metavar=metavar, rich_help_panel=panel, show_default=False, autocompletion=complete
    )


def _word(kind: str, words: type[StrEnum]) -> dict[str, Any]:
    """Return how an option reads one of some words; of another, the nearest is offered."""

    def read(text: str) -> StrEnum:
        try:
            return words(text)
        except ValueError:
            raise typer.BadParameter(unknown(kind, text, words)) from None

    def complete(incomplete: str) -> list[str]:
        return [str(w) for w in words if w.startswith(incomplete)]

    return {"parser": read, "metavar": f"[{'|'.join(words)}]", "show_default": False, "autocompletion": complete}


def _design_option(flag: str, text: str, metavar: str | None = "COLUMN") -> Any:
    return _option(flag, text, metavar, "The survey's design", completions.columns if metavar == "COLUMN" else None)


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


_POLICIES = ("drop", "reweight", "bounds")


def measure_of(name: str) -> Measure:
    """Return a shipped measure, or that of a file."""
    from mpi.measures.files import measures_in
    from mpi.measures.library import list_measures, load_measure
    from mpi.measures.measure import Measure

    known = list_measures()
    if name in known:
        return load_measure(name)
    if name.casefold().endswith(".toml") or len(Path(name).parts) > 1 or located(name).is_file():
        return Measure.from_toml(name)
    raise RequestError(unknown("measure", name, [*known, *measures_in(Path())]) + "; or give the path of a .toml file")


def word(chosen: StrEnum | None, otherwise: str) -> Any:
    """Return the word of an option, or another where it is not given."""
    return otherwise if chosen is None else chosen.value


def grouping(text: str) -> By:
    """Read `region` or `region,sex`; a name with a comma in it is quoted as in CSV."""
    columns = _listed(text, "--by")
    return columns[0] if len(columns) == 1 else columns


def _listed(text: str, flag: str) -> tuple[str, ...]:
    """Read the columns of a text with commas between."""
    try:
        columns = tuple(part.strip() for row in csv.reader([text], skipinitialspace=True, strict=True) for part in row)
    except csv.Error:
        columns = ()
    if not columns or not all(columns):
        raise typer.BadParameter(f"{text!r} is not a column, nor columns with commas between", param_hint=flag)
    return columns


def policy_of(given: Sequence[str] | None) -> tuple[Policy | None, list[str]]:
    """Part the word for rows with missing indicators from the codes that are no answer."""
    words: list[Any] = [w for w in given or [] if w in _POLICIES]
    if len(set(words)) > 1:
        raise typer.BadParameter(f"{' and '.join(words)}: choose one of {', '.join(_POLICIES)}", param_hint="--missing")
    return (words[0] if words else None), [w for w in given or [] if w not in _POLICIES]


def codes_of(given: Sequence[str]) -> dict[str, list[str]]:
    """Read codes that are no answer: `yrs=97,98`, `minutes=995-999`, or `98,99` for all columns.

    Examples
    --------
    >>> codes_of(["yrs=97,98", "yrs=99", "998", "age="])
    {'yrs': ['97', '98', '99'], '*': ['998'], 'age': []}
    """
    found: dict[str, list[str]] = {}
    for text in given:
        name, sign, codes = ("", "", text) if text.lstrip()[:1] in {"<", ">"} else text.partition("=")
        if not sign:
            name, codes = "", text
        if sign and not name.strip():
            raise typer.BadParameter(f"{text!r} names no column; write yrs=97,98", param_hint="--missing")
        close = None if sign else nearest(codes.strip(), _POLICIES)
        if close:
            raise typer.BadParameter(unknown("policy", codes.strip(), _POLICIES), param_hint="--missing")
        listed = [c.strip() for c in codes.split(",") if c.strip()]
        found.setdefault(name.strip() or EVERY, []).extend(listed)
    return found


def design_of(
    weight: str | None, strata: str | None, psu: str | None, household: list[str] | None, size: str | None,
    members: str | None, rows: Each | None, fpc: str | None, wave: str | None, shared_psus: object,
    single_psu: Single | None, census: object, file: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Return what is said of the design, by a file and by the options."""
    from mpi.survey.design import Design
    from mpi.survey.design import design_of as both

    named = [column for text in household or [] for column in _listed(text, "--household")]
    given = {
        "weight": weight, "strata": strata, "psu": psu, "household": named[0] if len(named) == 1 else named or None,
        "size": size, "members": members, "rows": rows.value if rows else None, "fpc": fpc, "wave": wave,
        "shared_psus": shared_psus, "single_psu": single_psu.value if single_psu else None,
        "census": census or None,
    }  # fmt: skip
    options = {k: v for k, v in given.items() if v is not None}
    return options if file is None else both(Design.from_toml(file), options, "mpi").said()


# --- messages ------------------------------------------------------------------------------------------------

_FLAGS = {
    **{
        k: f"--{k}"
        for k in (
            "weight",
            "strata",
            "psu",
            "household",
            "size",
            "members",
            "rows",
            "fpc",
            "wave",
            "unit",
            "where",
            "by",
        )
    },
    "single_psu": "--single-psu",
    "shared_psus": "--shared-psus",
    "census": "--census",
    "memory": "--memory",
    "df": "--df",
    "encoding": "--encoding",
    "sheet": "--sheet",
    "statistics": "--statistic",
    "missing": "--missing",
}
_GIVEN = re.compile(
    rf"(?<![\w/\\.'\"-])({'|'.join(_FLAGS)})=(?:'(\w+)'|True\b|(?=[\s),.;:]|$))"  # never a part of a file's name
)
_BEGINS = re.compile(r"(^\s*\d+\. |: |^)(single_psu|shared_psus|statistics|by): ", re.MULTILINE)
_PROVENANCE = re.compile(r"load_line\('([\w-]+)'\)\.provenance\(\) shows which(?: \(for a file .*?\)\))?")
_CODES = re.compile(r"missing=\{'([^']*)': \[([^\]]*)\]\}")
_MAPPING = re.compile(r"with overrides=\{.*?\}\}")
_PHRASES = {
    "; give rules=, or columns of 0, 1 and missing": "; choose another --line",
    "; a file of your own is read with Line.from_toml(path)": "; or give the path of a .toml file",
    ". A layout of your own is given with layout=": "",
    ", or use mpi.pool": "",
    "shared_psus=False": "--no-shared-psus",
    "use measure.with_missing('drop')": "choose --missing drop",
    "leave it out with measure.drop(...) to move its weight": "leave it out of the measure file; its weight moves",
}


def spoken(message: str) -> str:
    """Say a message of the library in the words of the command line.

    Examples
    --------
    >>> spoken("choose single_psu='centered', or name the column of rounds with wave=")
    'choose --single-psu centered, or name the column of rounds with --wave'
    """
    for phrase, instead in _PHRASES.items():
        message = message.replace(phrase, instead)
    message = _CODES.sub(lambda m: f"--missing {m[1]}={m[2].replace(', ', ',').replace(chr(39), '')}", message)
    message = _MAPPING.sub("with a file for --overrides", message)
    message = _PROVENANCE.sub(r"mpi lines \1 shows which", message)
    message = _BEGINS.sub(lambda m: f"{m[1]}{_FLAGS[m[2]]}: ", message)
    return _GIVEN.sub(lambda m: " ".join(filter(None, (_FLAGS[m[1]], m[2]))), message)
