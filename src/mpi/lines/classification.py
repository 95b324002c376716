"""Households in the classes of a line: decided where what is known decides it, and counted where it does not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Unpack

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import DataError, Problems, warn
from mpi.core.readonly import seal
from mpi.frames.compress import compress, constant_within
from mpi.lines.caution import caution
from mpi.lines.class_table import class_table
from mpi.lines.decisions import band_names, bands_of, decisions
from mpi.lines.evidence import Absent, Evidence, Multiple, Reading, read_evidence
from mpi.lines.explanation import explained, place_of
from mpi.lines.items import amount
from mpi.survey.survey import of_rows

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mpi.lines.standard import Standard
    from mpi.survey.survey import Survey

__all__ = ["Absent", "Classification", "Multiple", "classify"]

_ENOUGH, _TINY = 30, 20


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Classification:
    """A survey whose rows are put into the classes of a poverty line; made by `Line.classify`.

    Attributes
    ----------
    line : Line
        The poverty line.
    survey : Survey
        The survey with the new columns (each with `prefix` before it): ``class`` and ``class_code`` (1, 2, ... in the
        line's order); one column of 0 and 1 for each class, such as ``poor``; ``income_band``; ``deprivations_low``
        and ``deprivations_high``; ``class_by``, the conditions that decided. All are missing where the class is not
        decided, except the counts and the band.
    evidence : Evidence
        What was known of each row.
    possible : ndarray of int64
        The bits of the line's conditions that may hold for each row.
    code : ndarray of int8
        The class of each row by its number from 1, or 0 where it is undecided.
    prefix : str
        What stands before the names of the new columns.
    """

    line: Standard
    survey: Survey
    evidence: Evidence
    possible: NDArray[np.int64]
    code: NDArray[np.int8]
    prefix: str

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __repr__(self) -> str:
        """The table of classes."""
        return f"<Classification of {len(self.survey):,} rows by {self.line.name}>\n{self.table!r}"

    @property
    def table(self) -> pd.DataFrame:
        """The classes with their numbers of rows, weights and shares, then what is undecided and why, then the total.

        ``weight`` counts persons (weight x size where rows are households). ``share`` is of the decided,
        ``share_of_all`` of all, and ``at_most`` is the share of all if every undecided row that may be of the class
        were of it; so ``share_of_all`` and ``at_most`` bound the class. Rows outside the survey's domain are left out.
        For shares with errors, and of households, see `mpi.lines.estimate_line`.
        """
        return class_table(self.line.classes, self.survey, self.evidence, self.code, self.may_be())

    def explain(self, row: int | None = None, *, household: Any = None) -> str:
        """Say in a sentence which class a row or a household is in, why, and by which article.

        Parameters
        ----------
        row : int, optional
            The position of a row, from 0.
        household : optional
            The identifier of a household instead.

        Raises
        ------
        MpiError
            When there is no such row or household, or several households have that identifier.

        Examples
        --------
        >>> import pandas as pd
        >>> from mpi import Survey
        >>> from mpi.lines import load_line
        >>> survey = Survey(pd.DataFrame({"income": [200_000, 200_001], "area": [2, 2]}))
        >>> status = load_line("vn-2006").classify(survey)
        >>> status.explain(0)[:82]
        'Row 0 is poor (hộ nghèo): income 200,000 VND per person per month, area rural. The'
        """
        place, who = place_of(self.survey, row, household)
        may_be = self.may_be()[place]
        return explained(self.line, self.evidence, place, who, int(self.possible[place]), may_be)

    def may_be(self) -> NDArray[np.bool_]:
        """Return whether each row may be in each class, an array of rows by classes."""
        return _may_be(self.line, self.possible)


def classify(
    line: Standard,
    survey: Survey,
    *,
    prefix: str = "",
    **reading: Unpack[Reading],
) -> Classification:
    """Put each household into its class; `Line.classify` says what the parameters are."""
    evidence = read_evidence(line, survey, **reading)
    caution(line.name, line.standings())
    _beware_of_thousands(line, evidence.income)
    possible = _possible(line, evidence)
    may_be = _may_be(line, possible)
    code = np.where(may_be.sum(axis=1) == 1, may_be.argmax(axis=1) + 1, 0).astype(np.int8)
    _check_households(line, survey, possible)
    widened = _widened(line, survey, _columns(line, evidence, possible, code), prefix)
    return Classification(line, widened, evidence, possible, code, prefix)


def _possible(line: Standard, evidence: Evidence) -> NDArray[np.int64]:
    """Return the bits of the conditions that may hold for each row, given all that is not known of it."""
    table = decisions(line).possible
    low, high = evidence.low, evidence.high
    found = np.zeros(len(low), dtype=np.int64)
    for area in range(max(len(line.areas), 1)):
        band = bands_of(line.thresholds, evidence.income, area)
        here = (evidence.area == area) | (evidence.area < 0)
        found |= np.where(here, table[band, low, high], 0)
    return found


def _may_be(line: Standard, possible: NDArray[np.int64]) -> NDArray[np.bool_]:
    of_class = decisions(line).of_class
    bits = [sum(1 << int(i) for i in np.flatnonzero(of_class == k)) for k in range(len(line.classes))]
    return np.stack([(possible & b) != 0 for b in bits], axis=1)


def _beware_of_thousands(line: Standard, income: NDArray[np.float64]) -> None:
    """Warn where nearly all incomes are a small part of the lowest threshold: they may be in thousands, or per day."""
    known = income[~np.isnan(income)]
    lowest = min(v for t in line.thresholds for v in t.values)
    if len(known) >= _ENOUGH and float(np.quantile(known, 0.9)) < lowest / _TINY:
        warn(
            f"nine in ten incomes are below {amount(lowest / _TINY)}, a small part of the lowest threshold "
            f"({amount(lowest)}): are they in {line.unit}, or income_in='thousands' of it?"
        )


def _check_households(line: Standard, survey: Survey, possible: NDArray[np.int64]) -> None:
    """Raise DataError where members of a household are in different classes: the law classifies households."""
    if "household" not in survey.roles or not len(survey):
        return
    found = survey.categories(survey.roles["household"])
    within = survey.design.psus(survey.unit) if "psu" in survey.roles else survey.design.stratum[survey.unit]
    levels, index = compress(within.astype(np.int64) * len(found.levels) + found.index)
    if constant_within(index, len(levels), possible) is not None:
        return
    first = np.zeros(len(levels), dtype=np.int64)
    first[index[::-1]] = np.arange(len(index))[::-1]
    differs = possible != possible[first[index]]
    count = len(np.unique(index[differs]))
    several = "1 household has" if count == 1 else f"{count:,} households have"
    example = found.label(int(np.flatnonzero(differs)[0]))
    raise DataError(
        f"{several} members in different situations under {line.name!r}, such as household "
        f"{example!r}: income, area and indicators must be the same for all members of a household (missing values too)"
    )


# --- the new columns --------------------------------------------------------------------------------------


def _columns(line: Standard, evidence: Evidence, possible: NDArray[np.int64], code: NDArray[np.int8]) -> dict[str, Any]:
    """Return the new columns by name: numbers, or texts with their codes."""
    decided = code > 0
    names = [c.name for c in line.classes]
    found: dict[str, Any] = {
        "class": _texts(names, code.astype(np.int64) - 1),
        "class_code": np.where(decided, code, np.nan),
        "class_by": _by(line, possible, decided),
        "income_band": _texts(band_names(line.thresholds), _band(line, evidence)),
    }
    if line.indicators:
        found |= {"deprivations_low": evidence.low, "deprivations_high": evidence.high}
    return found | {n: np.where(decided, code == k + 1, np.nan) for k, n in enumerate(names)}


def _texts(words: list[str], index: NDArray[np.int64]) -> list[str | None]:
    table = np.array([*words, None], dtype=object)
    out: list[str | None] = table[index].tolist()
    return out


def _band(line: Standard, evidence: Evidence) -> NDArray[np.int64]:
    """Return the band of each income, -1 where it is not known."""
    bands = np.stack([bands_of(line.thresholds, evidence.income, a) for a in range(max(len(line.areas), 1))])
    band = bands[np.maximum(evidence.area, 0), np.arange(len(evidence.area))]
    unknown = (band > len(line.thresholds)) | ((evidence.area < 0) & (bands.min(axis=0) < bands.max(axis=0)))
    return np.where(unknown, -1, band)


def _by(line: Standard, possible: NDArray[np.int64], decided: NDArray[np.bool_]) -> list[str | None]:
    """Say what decided each row: the article with the condition, or all conditions that may have."""
    conditions = decisions(line).conditions
    levels, index = compress(possible)
    said = []
    for bits in levels.tolist():
        held = [w for i, w in enumerate(conditions) if bits >> i & 1]
        said.append("; or ".join(f"{w.standing.article or line.instrument.text}: {line.describe(w)}" for w in held))
    return _texts(said, np.where(decided, index, len(said)).astype(np.int64))


def _widened(line: Standard, survey: Survey, columns: dict[str, Any], prefix: str) -> Survey:
    """Return the survey with more columns; the frames that it was made of stay as they are."""
    problems = Problems("the classes cannot be put beside the survey's columns", DataError)
    problems.found += [
        f"there is a column {prefix + n!r} already; choose another prefix=, such as prefix={line.name[:2] + '_'!r}"
        for n in columns
        if prefix + n in survey.columns
    ]
    problems.raise_if_any()
    ends = np.cumsum([0, *(len(f) for f in survey.frames)])
    frames = tuple(
        f.with_columns(*(_series(prefix + n, v[a:b], f) for n, v in columns.items()))
        for f, a, b in zip(survey.frames, ends[:-1], ends[1:], strict=True)
    )
    labels = {
        **survey.labels,
        f"{prefix}class": {c.name: c.label for c in line.classes},
        f"{prefix}class_code": {k: c.label for k, c in enumerate(line.classes, 1)},
    }
    return of_rows(survey.rows.collect().over(frames, labels=labels))


def _series(name: str, values: Any, frame: nw.DataFrame[Any]) -> nw.Series[Any]:
    if isinstance(values, list):
        text = None if frame.implementation.is_pandas_like() else nw.String  # pandas would write None as a word
        return nw.new_series(name, values, text, backend=frame.implementation)
    return nw.new_series(name, values, backend=frame.implementation)
