"""Women and men among the groups of a result, and the gaps between them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError, RequestError, unknown
from mpi.results.lookup import Finder
from mpi.results.terms import Term, relabelled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates

__all__ = ["Sexes", "gaps", "pairs", "sexes_of"]

_WOMEN = {"female", "females", "woman", "women", "girl", "girls", "f", "nữ", "nu"}


@dataclass(frozen=True, slots=True)
class Sexes:
    """The two sexes as a column has them.

    Attributes
    ----------
    female, male : value
        The codes in the data.
    women, men : str
        What is printed for them.
    """

    female: Any
    male: Any
    women: str
    men: str


def sexes_of(levels: Mapping[Any, str], column: str, female: Any = None) -> Sexes:
    """Tell which of a column's two values stands for women: the one that says so, or the one that is given.

    Parameters
    ----------
    levels : mapping of code to label
        The values of the column, without the missing.
    column : str
        Its name, for messages.
    female : code or label, optional
        Which of them stands for women.

    Raises
    ------
    MpiError
        When there are not two values, or neither says that it stands for women.

    Examples
    --------
    >>> sexes_of({1: "Male", 2: "Female"}, "sex")
    Sexes(female=2, male=1, women='Female', men='Male')
    """
    told = ", ".join(f"{label!r}" for label in levels.values())
    if len(levels) != 2:
        raise DataError(
            f"{column!r} has {len(levels)} values ({told or 'none'}); gaps between women and men need two. "
            "Make others missing: missing stays a group of its own"
        )
    if female is None:
        found = [c for c, label in levels.items() if set(re.split(r"\W+", f"{label} {c}".casefold())) & _WOMEN]
    else:
        found = [c for c, label in levels.items() if female in (c, label)]
        if not found:
            raise RequestError(f"female: {unknown('value', female, levels.values())}")
    if len(found) != 1:
        raise RequestError(f"which of {told} in {column!r} stands for women? Say so: female=...")
    (other,) = (c for c in levels if c != found[0])
    return Sexes(found[0], other, levels[found[0]], levels[other])


def pairs(est: Estimates, by: str, sexes: Sexes) -> list[tuple[str, str, str]]:
    """Return the groups of women and of men that differ in nothing else, and what to call the gap.

    The last column of the disaggregation is the sex.
    """
    of_label = {label: codes for label, codes in est.codes[by].items() if codes[-1] in (sexes.female, sexes.male)}
    label_of = {codes: label for label, codes in of_label.items()}
    out = []
    for label, codes in of_label.items():
        men = label_of.get((*codes[:-1], sexes.male))
        if codes[-1] == sexes.female and men is not None:
            before = label.removesuffix(sexes.women)
            out.append((label, men, f"{before}{sexes.women} - {sexes.men}"))
    return out


def gaps(
    est: Estimates, figures: Figures, by: str, sexes: Sexes, statistics: Sequence[str], *, ratios: bool
) -> list[Term]:
    """Return differences, women less men, and (where asked) ratios, of the statistics by a column of sexes.

    `figures` are those of the estimates; `by` ends with the column of sexes.
    """
    women, men, names = _rows(est, by, sexes, statistics)
    f, m = figures.take(women), figures.take(men)
    keys = relabelled(est.keys, women, contrast="difference", group=names)
    reasons = [_undefined(est, pair) for pair in zip(women.tolist(), men.tolist(), strict=True)]
    both = np.column_stack([women, men])
    out = [Term(f - m, keys, "t", reasons, both)]
    if ratios:
        none = [
            r or (f"0 for {sexes.men}: no ratio" if v == 0 else None) for r, v in zip(reasons, m.value, strict=True)
        ]
        out.append(Term(f / m, relabelled(est.keys, women, contrast="ratio", group=names), "log", none, both))
    return out


def _rows(
    est: Estimates, by: str, sexes: Sexes, statistics: Sequence[str]
) -> tuple[NDArray[np.int64], NDArray[np.int64], list[str]]:
    keys, finder = est.keys, Finder(est.keys)
    group, statistic = keys["group"], keys["statistic"]
    wanted = [i for i, s in enumerate(statistic.values) if s in statistics]
    inside = (keys["by"].index == keys["by"].values.index(by)) & np.isin(statistic.index, wanted)
    women, men, names = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)], []
    for of_women, of_men, name in pairs(est, by, sexes):
        here = np.flatnonzero(inside & (group.index == group.values.index(of_women)))
        there = finder.beside(here, group=of_men)
        women.append(here)
        men.append(there)
        names += [name] * len(here)
    return np.concatenate(women), np.concatenate(men), names


def _undefined(est: Estimates, pair: tuple[int, int]) -> str | None:
    for row in pair:
        if row < 0:
            return "one of the sexes is not there"
        if np.isnan(est.value[row]):
            return f"{est.flag.at(row) or 'undefined'} ({est.keys['group'].at(row)})"
    return None
