"""The command `mpi vhlss`: from a folder of files to the tables of a national line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.atomic import located
from mpi.core.errors import MpiError, RequestError, unknown
from mpi.estimation.request import columns_of
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from mpi.codes.codeset import Language
    from mpi.codes.ethnicity import Hoa
    from mpi.frames.aggregation import By, Cross
    from mpi.lines import Classification, Line, MissingCosts
    from mpi.measures.words import Unit
    from mpi.release.scheme import Scheme
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["Answer", "VhlssRequest", "account_of", "answer", "line_of"]

_ETHNICITY, _PROVINCE, _HEAD = "ethnicity", "province", "head_sex"
_MARK, _HEADER = b"SYNTHETIC", 400
_HOA: dict[Hoa, str] = {
    "majority": "all but Kinh and Hoa (--hoa minority counts the Hoa among them)",
    "minority": "all but Kinh, the Hoa among them (--hoa majority puts these with the Kinh)",
}


@dataclass(frozen=True, slots=True)
class VhlssRequest:
    """The arguments of `mpi vhlss`, parsed.

    Attributes
    ----------
    folder, year, overrides, labels
        As for `mpi.read_vhlss`.
    line : Line
        The poverty line.
    by : sequence of columns and crosses
        The disaggregations.
    unit : {"person", "household"}
        What is counted.
    bounds : bool
        Whether figures are bounded for all that is missing.
    figures : bool or None
        Whether the key figures are wanted; None where ethnic groups or provinces are asked for.
    hoa : {"majority", "minority"}
        Where the Hoa stand.
    provinces : sequence of str
        The provinces of the key figures; none for all, where provinces are asked for.
    encoding : str or None
        The encoding of the text of the files; found out where it is None.
    scheme : Scheme or None
        By which figures are shown or not.
    """

    folder: Path
    year: int
    line: Line
    by: Sequence[By]
    unit: Unit
    overrides: str | None
    labels: Language
    bounds: bool
    figures: bool | None
    hoa: Hoa
    provinces: Sequence[str]
    encoding: str | None = None
    scheme: Scheme | None = None

    @property
    def crosses(self) -> list[Cross]:
        """The disaggregations, each a tuple of columns."""
        return [(b,) if isinstance(b, str) else tuple(b) for b in self.by]

    @property
    def wants_figures(self) -> bool:
        """Return whether the key figures are to be made."""
        if self.figures is not None:
            return self.figures
        return bool(self.provinces) or any(_ETHNICITY in cross for cross in self.crosses)


@dataclass(frozen=True, slots=True)
class Answer:
    """The estimates of `mpi vhlss`, with what is printed beside them.

    Attributes
    ----------
    est : Estimates
        The classes and the measure.
    bounds, figures : Estimates or None
        The bounds, and the key figures.
    costs : MissingCosts
        What missing answers cost.
    notes : list of str
        The gap of heads, who the minorities are, what is synthetic.
    """

    est: Estimates
    bounds: Estimates | None
    figures: Estimates | None
    costs: MissingCosts
    notes: list[str]

    @property
    def whole(self) -> Estimates:
        """All figures, with what is to be said of them: what a file holds."""
        from mpi.results.concat import concat

        parts = [e for e in (self.est, self.bounds, self.figures) if e is not None]
        costs = " ".join(self.costs.sentences()).rstrip(".")
        said = {"missing answers": costs, KEY: costs} | {f"note {i}": note for i, note in enumerate(self.notes, 1)}
        return replace(concat(parts), titles=self.est.titles, about={**self.est.about, **said})


def line_of(name: str | None, year: int) -> Line:
    """Return a line by its name or file; by default the one that applied in the year."""
    from mpi.lines import Line, line_for, load_line

    if name is None:
        return line_for(year)
    return Line.from_toml(name) if name.endswith(".toml") else load_line(name)


def answer(request: VhlssRequest) -> Answer:
    """Read the folder, compute what the line asks for, classify, and estimate."""
    from mpi.lines import estimate_bounds, missing_costs
    from mpi.lines.deprivations import with_deprivations
    from mpi.lines.estimates import estimate_status

    survey = _survey(request)
    status = request.line.classify(with_deprivations(survey, request.line))
    figures, why = _figures(status, request)
    est = estimate_status(status, request.by, unit=request.unit)
    bounds = estimate_bounds(status, request.by, unit=request.unit) if request.bounds else None
    est, bounds, figures = _released([est, bounds, figures], request.scheme)
    return Answer(
        est=est,
        bounds=bounds,
        figures=figures,
        costs=missing_costs(status, request.unit),
        notes=[
            *_validity_notes(request),
            *_gaps(status, request),
            *why,
            *_synthetic(request.folder),
        ],
    )


def _released(parts: list[Any], scheme: Scheme | None) -> list[Any]:
    """Release figures together, for what is shown of some may give others away."""
    from mpi.results.concat import concat

    there = [e for e in parts if e is not None]
    if scheme is None:
        return parts
    whole, ends = concat(there).release(scheme), np.cumsum([0, *map(len, there)])
    own = [
        replace(whole.take(np.arange(a, b)), titles=e.titles, about={**whole.about, **e.about}, codes=e.codes)
        for e, a, b in zip(there, ends[:-1], ends[1:], strict=True)
    ]
    return [None if e is None else own.pop(0) for e in parts]


def _validity_notes(request: VhlssRequest) -> list[str]:
    """Say where the line is not the one that applied in the round's year."""
    from mpi.lines import line_for

    line, year = request.line, request.year
    if line.valid_from.year <= year <= line.valid_to.year:
        return []
    try:
        own = f" (that of {year}: {line_for(year).name})"
    except MpiError:
        own = ""
    applied = f"from {line.valid_from.year} to {line.valid_to.year}"
    return [f"No official rates: the round is of {year}, and the standard applied {applied}{own}."]


def _survey(request: VhlssRequest) -> Survey:
    from mpi.programmes.vhlss import read_vhlss

    options: dict[str, Any] = {} if request.overrides is None else {"overrides": request.overrides}
    survey = read_vhlss(request.folder, request.year, labels=request.labels, encoding=request.encoding, **options)
    survey.check_columns(columns_of(request.crosses))
    return survey


def _figures(status: Classification, request: VhlssRequest) -> tuple[Estimates | None, list[str]]:
    """Make the key figures, and say whom they take for minorities; or why there are none."""
    from mpi.lines import key_figures

    if not request.wants_figures:
        return None, []
    every = any(_PROVINCE in cross for cross in request.crosses)
    provinces = request.provinces or (None if every else ())
    try:
        figures = key_figures(status, hoa=request.hoa, provinces=provinces)
        said = [figures.about["international line"]] if "international line" in figures.about else []
        return figures, [f"Minorities: {_HOA[request.hoa]}.", *said]
    except MpiError as error:
        if request.provinces:
            raise
        return None, [f"No key figures: {error}."]


def _gaps(status: Classification, request: VhlssRequest) -> list[str]:
    """Say the gap of heads where they are asked for."""
    from mpi.lines import gap_notes, head_gaps

    if (_HEAD,) not in request.crosses:
        return []
    try:
        return gap_notes(head_gaps(status, _HEAD))
    except MpiError as error:
        return [f"No gap by head: {error}."]


def _synthetic(folder: Path) -> list[str]:
    """Say of the shipped samples, and of copies of them, what they are: their files do."""
    for path in sorted(located(folder).glob("*.dta")):
        with path.open("rb") as file:
            if _MARK in file.read(_HEADER):
                return ["Data: SYNTHETIC. Nobody was interviewed; the figures say nothing about Viet Nam."]
    return []


def account_of(
    folder: Path, year: int, line: Line, household: str, labels: Language = "en", *, encoding: str | None = None
) -> str:
    """Explain one household: each indicator with the answers behind it, its income, its class and the article."""
    from mpi.frames.arrays import categories
    from mpi.indicators import explain, list_rules, load_rules
    from mpi.lines.deprivations import with_deprivations
    from mpi.programmes.vhlss import read_vhlss

    survey = read_vhlss(folder, year, labels=labels, encoding=encoding)
    found = categories(survey.frames, survey.roles["household"])
    if household not in found.levels:
        raise RequestError(unknown("household", household, found.levels, show=3))
    parts = [str(explain(survey, load_rules(line.name), household))] if line.name in list_rules() else []
    row = int(np.argmax(found.index == found.levels.index(household)))
    said = line.classify(with_deprivations(survey, line)).explain(row)
    return "\n".join([*parts, "", said.replace(f"Row {row}", f"Household {household}")])
