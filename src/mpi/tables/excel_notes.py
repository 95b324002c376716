"""The notes sheet of a workbook: statistics, data, and how to read the tables."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, get_args

import numpy as np

from mpi.inference.design import CERTAIN, COMPLETE, FEW, SINGLE, WITHOUT
from mpi.inference.intervals import Own
from mpi.tables.footnotes import MISSING, ROUNDING
from mpi.tables.layout import used_values

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["FLAGS", "explanations", "package_version"]

FLAGS = {
    "no complete cases in group": "nobody in the group has all the indicators, so nothing is known of it",
    "no poor in group": "a figure about the poor, such as their intensity, has no meaning without any",
    "no chronic poor in group": "a figure about the chronically poor has no meaning without any",
    "not observed in group": "nobody in the group has an answer, so nothing is known of it",
    "no weight in group": "all weights of the group are 0, so it stands for nobody",
    "one PSU in group": "all cases of the group come from one primary sampling unit; its error is unreliable",
    "no degrees of freedom": "the cases lie in as many strata as primary sampling units, so there is no interval",
    FEW: "the error rests on few primary sampling units and is itself known badly; the interval is wide and rough",
    SINGLE: "the rule for strata with one primary sampling unit needs another stratum, and there is none",
    WITHOUT: "it rests on a figure that varies nowhere in the sample, whose error is not known",
    CERTAIN: "it is what it is whatever the sample shows",
    COMPLETE: "everybody is in the data, as in a census or a register",
    "estimate is 0: no interval": "so in the sample; that is no proof that it is 0 in the population",
    "estimate is 1: no interval": "so in the sample; that is no proof that it is 1 in the population",
    "estimate is 0: upper limit only": "so in the sample; the upper limit is what the number of cases allows",
    "estimate is 1: lower limit only": "so in the sample; the lower limit is what the number of cases allows",
    "no variation between PSUs: no interval": "all primary sampling units show the same; that is no proof of certainty",
    "no derivative: no error": "the function is not smooth at these estimates (as a root at 0), so no error follows",
    "undefined": "the figure cannot be derived, because one that it rests on is missing or zero",
}
"""What each flag means."""

_METHODS = {
    "logit": "logit-t intervals",
    "t": "t intervals",
    "log": "log-t intervals",
    "log1p": "log-t intervals of one plus the change",
    "asin": "t intervals of the arcsine of the square root",
    "beta": "intervals of Korn and Graubard (beta, with the effective sample size)",
    "wilson": "Wilson's intervals with the effective sample size",
    "atanh": "t intervals on Fisher's scale of correlations",
}
_DEGREES = {
    "design": "Primary sampling units minus strata, of the whole design in the rounds that a figure rests on",
    "group": "Primary sampling units minus strata, of those with cases that a figure rests on",
}


def explanations(est: EstimatesLike, sheets: Sequence[tuple[str, str]], data: str) -> list[tuple[str, str]]:
    """Say what is estimated and from what, what the workbook holds, and how to read it.

    Parameters
    ----------
    est : Estimates
        What is written.
    sheets : sequence of (str, str)
        The sheets to publish, each with what is to be seen on it.
    data : str
        The sheet of every number.

    Returns
    -------
    list of (str, str)
        Terms and what is said of each.
    """
    once = {text: term for term, text in reversed([*est.about.items()])}  # what is said of two things is said once
    told = [(once[text], text) for text in dict.fromkeys(est.about.values())]
    out = [(term[:1].upper() + term[1:], text.removeprefix("Survey: ")) for term, text in told]
    out += [("Estimates", f"{len(est):,}, made with mpi-poverty {package_version()}")]
    out += [(f"Sheet: {title}", said) for title, said in sheets]
    out += [(f"Sheet: {data}", "Every number in full, one row each; shares are fractions. Not meant for print.")]
    out += _definitions(est)
    for name in _TOLD:
        values = [_with_title(str(v), est.titles) if name == "by" else str(v) for v in used_values(est.keys[name])]
        out += [(name.capitalize(), ", ".join(values))] if values else []
    out += [
        ("Units", f"Sheets to publish: as the heads say (%: per cent; pp: percentage points). {data}: fractions."),
        *_errors(est, data),
        (MISSING, "Undefined; the letter beside it says why. An empty cell: not estimated."),
    ]
    out += [(f"Flag: {flag}", FLAGS.get(flag, "")) for flag in used_values(est.flag)]
    return [*out, ("Rounding", ROUNDING)]


def _definitions(est: EstimatesLike) -> list[tuple[str, str]]:
    """Say of each indicator of what dimension it is, its weight, and who is deprived in it; and who is poor."""
    out = []
    for measure in est.measures:
        several = f" of {measure.title or measure.name}" if len(est.measures) > 1 else ""
        out.append((f"Who is poor{several}", f"{measure.cutoff} or more of the weighted deprivations (cutoff k)"))
        for one in measure.indicators:
            said = f"{one.dimension}, weight {one.weight}. {one.description}".strip()
            out.append((f"Indicator: {one.label or one.name}", said if said.endswith((".", ".)")) else f"{said}."))
    return out


def _with_title(by: str, titles: Mapping[str, str]) -> str:
    """Return a column of groups with its label, where it has one that says more."""
    return f"{by} ({titles[by]})" if titles.get(by, by) != by else by


_TOLD = ("statistic", "contrast", "by", "wave", "cutoff", "weighting")


def _errors(est: EstimatesLike, data: str) -> list[tuple[str, str]]:
    """Say how errors are made, where there are any."""
    if est.influence.design.complete:
        return []
    return [
        ("Confidence level", f"{est.level * 100:g}%; {_intervals(est)}"),
        ("Degrees of freedom", f"{_DEGREES[est.degrees]}; see the column df of {data}."),
    ]


def _intervals(est: EstimatesLike) -> str:
    """Name the methods of the intervals, and what each is for."""
    told: dict[str, list[str]] = {}
    for method in used_values(est.method):
        name = _METHODS[est.shares if method in get_args(Own) else method]
        name += " between the cutoff and 1" if method == "intensity" else ""
        told.setdefault(name, []).append(_what_has(est, method))
    if len(told) == 1:
        return next(iter(told))
    return "; ".join(f"{name} for {', '.join(dict.fromkeys(what))}" for name, what in told.items())


def _what_has(est: EstimatesLike, method: str) -> str:
    """Name the statistics whose intervals are made by a method."""
    if method in get_args(Own):
        return "intensities" if method == "intensity" else "shares"
    here = est.keys["statistic"].take(np.flatnonzero(est.method.index == est.method.values.index(method)))
    return ", ".join(map(str, used_values(here))) or "contrasts"


def package_version() -> str:
    """Return the version of the package."""
    try:
        return version("mpi-poverty")
    except PackageNotFoundError:
        return "(not installed)"
