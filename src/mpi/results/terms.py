"""Estimates made of figures: their keys, and the identity that a decomposition must keep to exist."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import RequestError
from mpi.results.contrasts import derive, smallest
from mpi.results.dual import stacked
from mpi.tables.keys import NAMES, Coded, Keys, coded
from mpi.tables.keys import stacked as stacked_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.inference.intervals import Interval
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates

__all__ = ["Term", "adds_up", "constant", "from_terms", "ratio_methods", "relabelled", "share_of", "term"]

_TOLERANCE = 1e-9


class Term:
    """Figures of one kind with what they are.

    Parameters
    ----------
    figures : Figures
        The numbers.
    keys : Keys
        What each is.
    method : {"t", "logit", "log", "log1p", "asin", "beta", "wilson", "atanh", "share"}, or a list of these
        How their intervals are made; a list has one for each.
    reasons : sequence of str or None, optional
        What to know about each number; for an undefined one, why it is.
    cases : ndarray of int, shape (figures, any), optional
        The estimates whose smallest number of cases each rests on; by default all that it is made of.
    """

    __slots__ = ("cases", "figures", "keys", "methods", "reasons")

    def __init__(
        self,
        figures: Figures,
        keys: Keys,
        method: Interval | str | list[str] = "t",
        reasons: Sequence[str | None] | None = None,
        cases: NDArray[np.int64] | None = None,
    ) -> None:
        self.figures, self.keys, self.cases = figures, keys, cases
        self.methods = list(method) if isinstance(method, list) else [method] * len(figures)
        self.reasons = [None] * len(figures) if reasons is None else list(reasons)


def term(
    figures: Figures,
    keys: Keys,
    contrast: str,
    reasons: Sequence[str | None] | None = None,
    cases: NDArray[np.int64] | None = None,
    method: Interval | str | list[str] = "t",
) -> Term:
    """Make a term of figures whose keys are known but for their contrast.

    What is derived from a contrast bears the names of both: the ``difference`` of two changes is a
    ``difference of change``.
    """
    old = keys["contrast"]
    found, index = np.unique(old.index, return_inverse=True)
    before = [old.values[i] if i >= 0 else None for i in found.tolist()]
    names = coded([contrast if v in ("level", None) else f"{contrast} of {v}" for v in before])
    column = names.take(index.ravel())
    return Term(figures, keys.with_column("contrast", column), method, reasons, cases)


def from_terms(est: Estimates, terms: Sequence[Term], **about: str) -> Estimates:
    """Make estimates of terms, each with its error, all covariances kept.

    Parameters
    ----------
    est : Estimates
        What the figures were made from.
    terms : sequence of Term
        The terms, in the order of the result.
    **about
        What a reader of the table must know besides.
    """
    figures = stacked([t.figures for t in terms])
    keys = Keys({n: stacked_keys([t.keys[n] for t in terms]) for n in NAMES})
    method = coded([m for t in terms for m in t.methods])
    reasons = [r for t in terms for r in t.reasons]
    cases = (_cases(terms, est.n, figures), _cases(terms, est.n_psu, figures))
    found = derive(est, figures.value, figures.slope, name="", method="t", keys=keys, reasons=reasons, cases=cases)
    return replace(found, method=method, about={**est.about, **{k.replace("_", " "): v for k, v in about.items()}})


def _cases(terms: Sequence[Term], of: NDArray[np.float64], figures: Figures) -> NDArray[np.float64]:
    """Return the number of cases of each figure: the fewest of what it is made of, or what its term rests on."""
    out = smallest(of, figures.slope)
    start = 0
    for t in terms:
        stop = start + len(t.figures)
        if t.cases is not None:
            known = np.where(t.cases >= 0, of[np.maximum(t.cases, 0)], np.inf).min(axis=1)
            out[start:stop] = np.where(np.isfinite(known), known, np.nan)
        start = stop
    return out


def relabelled(keys: Keys, rows: NDArray[Any], **columns: Any) -> Keys:
    """Return the keys of some figures with some columns replaced: by one value for all, a list, or a coded column."""
    out = keys.take(np.asarray(rows))
    for name, value in columns.items():
        if isinstance(value, Coded):
            column = value
        elif isinstance(value, list):
            column = coded(value)
        else:
            column = constant(value, len(out))
        out = out.with_column(name, column)
    return out


def constant(value: Any, length: int) -> Coded:
    """Return a column of one value."""
    return Coded(() if value is None else (value,), np.full(length, -1 if value is None else 0, dtype=np.int32))


def adds_up(parts: Figures, whole: Figures, what: str, **labels: Any) -> None:
    """Refuse a decomposition whose terms do not add up to what they decompose: it must not exist.

    Raises
    ------
    MpiError
        Naming the identity and its largest residual. It would be an error of this library, or of estimates that do
        not belong together.
    """
    gap = np.abs(parts.value - whole.value)
    scale = np.maximum(1.0, np.abs(whole.value))
    bad = np.flatnonzero(~(gap <= _TOLERANCE * scale))
    if len(bad):
        where = "; ".join(f"{k}: {v[int(bad[0])]}" for k, v in labels.items())
        there = f" ({where})" if where else ""
        if np.isnan(gap[bad]).all():
            raise RequestError(
                f"{what}: the terms are partly undefined{there}: some of the figures that they are made of are not "
                "among the estimates. Decompose first, and select from the result"
            )
        raise RequestError(
            f"{what}: the terms miss the total by {np.nanmax(gap[bad]):.3g}{there}. Are the estimates of one survey, "
            "one measure and one domain, all that were made? Groups must cover the whole once, and only once"
        )


def ratio_methods(keys: Keys, sides: tuple[Figures, Figures], method: Interval) -> list[str]:
    """Return the methods of intervals of ratios: logarithms need levels above 0; changes may have any sign."""
    contrast = keys["contrast"]
    level = np.isin(contrast.index, [-1, *(i for i, v in enumerate(contrast.values) if v in ("level", None))])
    below = (sides[0].value < 0) | (sides[1].value < 0)
    return [method if own else "t" for own in (level & ~below).tolist()]


def share_of(
    part: Figures,
    whole: Figures,
    keys: Keys,
    name: str,
    reasons: Sequence[str | None],
    cases: NDArray[np.int64] | None = None,
) -> Term:
    """Return a part as a share of the whole; where the whole is 0 it is undefined, and the flag says so."""
    zero = (whole.value == 0).tolist()
    said = ["a share of 0: undefined" if z else r for z, r in zip(zero, reasons, strict=True)]
    return term(part / whole, keys, name, said, cases)
