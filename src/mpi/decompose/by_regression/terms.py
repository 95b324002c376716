"""Shared parts of decompositions by regression: base estimates as figures, and the rows of results."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from mpi.core.errors import DataError, RequestError, unknown
from mpi.estimation.linearized import Scored, scored
from mpi.estimation.parts import ColumnLabels
from mpi.results.contrasts import derive
from mpi.results.dual import Figures, figures_of
from mpi.results.terms import Term, adds_up, constant, from_terms
from mpi.tables.keys import NAMES, Keys, coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.decompose.by_regression.cases import Cases, Detail
    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["Base", "CovariateSplit", "Part", "Result", "check_choices", "mean_scored"]

Part = tuple[str, ...]
"""The name of base estimates: what they are, and of which group; groups may be called anything."""


def check_choices(kind: str, value: Any, choices: Any) -> list[Any]:
    """Return a choice, or several, as a list; refuse what is unknown.

    Raises
    ------
    MpiError
        Naming the nearest.
    """
    wanted = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(dict.fromkeys(value))
    for v in wanted:
        if v not in get_args(choices):
            raise RequestError(f"{kind}: {unknown('choice', v, get_args(choices))}")
    if not wanted:
        raise RequestError(f"{kind} is empty")
    return wanted


def mean_scored(values: Floats, weight: Floats, inside: NDArray[np.bool_], through: Floats | None = None) -> Scored:
    """Return weighted means over a group (columns of `values`), with what each row contributes: (x - mean) / N.

    Parameters
    ----------
    values : ndarray of float, shape (rows, k)
        What is averaged.
    weight : ndarray of float, shape (rows,)
        The weights.
    inside : ndarray of bool, shape (rows,)
        The group.
    through : ndarray of float, shape (rows, k), optional
        What each row contributes besides, by way of coefficients that the values were computed with.
    """
    total = weight[inside].sum()
    if not total > 0:
        raise DataError("the weights of a group are all 0")
    mean = (weight[inside] @ values[inside]) / total
    scores = np.where(inside[:, None], (values - mean) / total, 0.0)
    if through is not None:
        scores = scores + through
    return Scored([ColumnLabels("mean", method="t")] * len(mean), mean, scores, inside)


class Base:
    """Base estimates by name: each a vector of figures."""

    __slots__ = ("est", "figures", "place")

    def __init__(self, cases: Cases, parts: Mapping[Part, Scored]) -> None:
        self.est = scored(cases.survey, cases.rows, list(parts.values()), level=cases.level, degrees=cases.degrees)
        self.figures = figures_of(self.est)
        ends = np.cumsum([0, *(len(p.value) for p in parts.values())])
        self.place = {name: np.arange(a, b) for name, a, b in zip(parts, ends[:-1], ends[1:], strict=True)}

    def __getitem__(self, name: Part) -> Figures:
        """Return base estimates as figures."""
        return self.figures.take(self.place[name])

    def se(self, figures: Figures) -> Floats:
        """Return the standard errors of figures made of the base estimates."""
        return derive(self.est, figures.value, figures.slope, name="", method="t").se


class CovariateSplit:
    """One term of a decomposition: its total, and its parts by full column.

    Parameters
    ----------
    name : str
        What it is: it stands in the column ``contrast``.
    total : Figures
        The term, one figure.
    parts : Figures or None
        Its parts, one for each full column; None where there is no detail.
    note : str, optional
        What to know about the parts: it is their flag.
    """

    __slots__ = ("name", "note", "parts", "total")

    def __init__(self, name: str, total: Figures, parts: Figures | None, note: str | None = None) -> None:
        self.name, self.total, self.parts, self.note = name, total, parts, note


class Result:
    """Collects the rows of a result, and makes estimates of them."""

    __slots__ = ("base", "cases", "detail", "terms")

    def __init__(self, cases: Cases, base: Base, detail: Detail) -> None:
        self.cases, self.base, self.detail = cases, base, detail
        self.terms: list[Term] = []

    @property
    def gap(self) -> str:
        """The label of the difference between the groups."""
        return " - ".join(self.cases.inside)

    def add(self, figures: Figures, method: str = "t", reasons: list[str | None] | None = None, **columns: Any) -> None:
        """Add figures with their keys; a key is one value for all, or a list."""
        known = {
            "statistic": self.cases.statistic, "by": self.cases.by, "group": self.gap,
            "wave": self.base.est.keys["wave"].at(0), "cutoff": self.cases.cutoff, **columns,
        }  # fmt: skip
        n = len(figures)
        alone = self._psu_flag(str(known["group"]))
        reasons = [r or alone for r in reasons or [None] * n]
        keys = {k: coded(v) if isinstance(v, list) else constant(v, n) for k, v in ((k, known.get(k)) for k in NAMES)}
        rests_on = np.tile(self._cases(str(known["group"])), (n, 1))
        self.terms.append(Term(figures, Keys(keys), method, reasons, rests_on))

    def _cases(self, group: str) -> NDArray[np.int64]:
        """Return base estimates that have the cases of a group; a difference rests on the smaller of both groups."""
        groups = [group] if group in self.cases.inside else list(self.cases.inside)
        return np.array([self.base.place["y", g][0] for g in groups], dtype=np.int64)

    def _psu_flag(self, group: str) -> str | None:
        """Say that a group shows no variation between PSUs, for figures that rest on it."""
        few = [g for g in self.cases.inside if self.base.est.n_psu[self.base.place["y", g][0]] == 1]
        if group in self.cases.inside:
            return "one PSU in group" if group in few else None
        return f"one PSU in {' and '.join(few)}: no error" if few else None

    def add_levels(self) -> None:
        """Add the mean of the outcome in each group."""
        for group in self.cases.inside:
            method = "share" if self.cases.binary else "t"
            said = [self.base.est.flag.at(int(i)) for i in self.base.place["y", group]]
            self.add(self.base["y", group], method, said, contrast="level", group=group)

    def add_split(self, weighting: str, whole: Figures, splits: Sequence[CovariateSplit]) -> None:
        """Add the terms of one decomposition, and their details; they must add up to the whole.

        Raises
        ------
        MpiError
            When they do not: it would be an error of this library.
        """
        total = splits[0].total
        for s in splits[1:]:
            total = total + s.total
        adds_up(total, whole, "the terms of the gap")
        for s in splits:
            self.add(s.total, contrast=s.name, weighting=weighting)
        for s in splits:
            if s.parts is not None:
                if not np.isnan(s.parts.value).all():  # there may be nothing to share out
                    whole = s.parts.folded(np.zeros(len(s.parts), dtype=np.int64), 1)
                    adds_up(whole, s.total, f"the detail of {s.name}")
                self._add_detail(s, s.parts, weighting)

    def _add_detail(self, split: CovariateSplit, parts: Figures, weighting: str) -> None:
        r = self.cases.regressors
        folded = parts.folded(r.fold(), len(r.covariates))
        flat = [
            "the same for everyone" if i not in set(r.fold().tolist()) else split.note for i in range(len(r.covariates))
        ]
        if self.detail == "covariates":
            self.add(folded, reasons=flat, contrast=split.name, weighting=weighting, indicator=list(r.covariates))
            return
        names = [r.covariates[i] for i, _ in r.full]
        shown = [n if label is None else f"{n}: {label}" for n, (_, label) in zip(names, r.full, strict=True)]
        of = [None if label is None else n for n, (_, label) in zip(names, r.full, strict=True)]
        reasons = [split.note] * len(parts)
        self.add(parts, reasons=reasons, contrast=split.name, weighting=weighting, indicator=shown, dimension=of)

    def estimates(self, **about: str) -> Estimates:
        """Return the estimates."""
        found = from_terms(self.base.est, self.terms, **about)
        df = np.where(np.isfinite(found.df), found.df, np.max(self.base.est.df))  # some terms are 0 by definition
        return replace(found, df=df, about={**self.cases.about, **found.about})
