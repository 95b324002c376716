"""Precision of estimates: coefficient of variation, margin of error, design effect, effective number of cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.inference.intervals import t_quantile
from mpi.tables.select import estimates_only

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["PRECISION", "Precision", "figures", "precision"]

Precision = Literal[
    "cv", "log_cv", "moe", "deff", "deft", "ess", "kish", "weight", "n_with", "deff_without", "ess_without"
]
"""A measure of precision."""

PRECISION: tuple[Precision, ...] = get_args(Precision)
_FROM_SIMPLE = tuple(p for p in PRECISION if p not in ("cv", "log_cv", "moe", "n_with"))


@kinds_explained
def precision(est: Estimates, columns: Precision | Sequence[Precision] | None = None) -> pd.DataFrame:
    """Return the table of estimates with measures of how precise each is.

    Parameters
    ----------
    est : Estimates
        Any estimates; design effects need those of ``mpi.estimate(..., deff=True)`` (or `mean`, `proportion`, `ratio`,
        `total`).
    columns : str or sequence of str, optional
        Some of these; by default ``cv`` and ``moe``, and ``deff`` and ``ess`` where they are known:

        - ``cv``: the standard error over the estimate; ``log_cv``: of the logarithm of a share or of its complement,
          whichever is smaller, se / (p (-ln p)), which CEPAL's rules take;
        - ``moe``: the margin of error, t x se, at the confidence level of the estimates;
        - ``deff``: the variance over that of a simple random sample of as many cases with replacement; ``deft``, its
          square root; ``ess``, the number of cases over it (the effective sample size); ``weight``, the people that the
          cases stand for;
        - ``n_with``: the number of cases with the trait, such as the poor of a headcount; missing of what is no share
          of cases;
        - ``kish``: the part of the design effect that unequal weights make, n sum(w^2) / (sum w)^2 (Kish 1965);
        - ``deff_without`` and ``ess_without``: against a sample without replacement from as many people as the weights
          add up to (R's ``deff=TRUE``), which means nothing where weights do not add up to a population.

    Returns
    -------
    DataFrame
        ``est.table`` and these columns. Missing where the error is not known, and design effects also for contrasts,
        shares of the whole, and what nobody or everybody is.

    Raises
    ------
    MpiError
        When a column is unknown, or a design effect is asked for of estimates made without ``deff=True``.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> est = mpi.estimate(survey, measure, by=["area"], statistics=["H"], deff=True)
    >>> table = mpi.precision(est, ["cv", "deff", "ess"])
    >>> bool((table["deff"] > 1).all() and (table["ess"] < table["n"]).all())
    True
    """
    estimates_only(est, "precision")
    usual: tuple[Precision, ...] = ("cv", "moe") if est.simple is None else ("cv", "moe", "deff", "ess")
    wanted = usual if columns is None else (columns,) if isinstance(columns, str) else tuple(columns)
    problems = Problems("the precision cannot be told", RequestError)
    problems.found += [
        f"columns: {unknown('measure of precision', c, PRECISION)}" for c in wanted if c not in PRECISION
    ]
    without = [c for c in wanted if c in _FROM_SIMPLE]
    if without and est.simple is None:
        problems.add(f"{', '.join(without)}: make the estimates with deff=True, such as mpi.estimate(..., deff=True)")
    problems.raise_if_any()
    return est.table.assign(**{name: figures(est, name) for name in wanted})


def figures(est: Estimates, name: Precision) -> Floats:
    """Return one measure of precision for each estimate."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return _error_measures(est, name) if name not in _FROM_SIMPLE else _sample_measures(est, name)


def _error_measures(est: Estimates, name: Precision) -> Floats:
    """Return what the error says by itself, or the cases with the trait; missing if unknown."""
    p = est.value
    if name == "n_with":
        return np.full(len(est), np.nan) if est.counts is None else np.where(np.isnan(p), np.nan, est.counts.n_with)
    if name == "moe":
        return np.where(est.estimable, t_quantile(est.level, est.df) * est.se, np.nan)
    cv = np.where(est.estimable & (p != 0), est.se / np.abs(p), np.nan)
    if name == "cv":
        return cv
    return np.where((p > 0) & (p < 1), cv / -np.log(np.where(p < 0.5, p, 1 - p)), np.nan)


def _sample_measures(est: Estimates, name: Precision) -> Floats:
    """Return what the error says beside that of a simple random sample, or what the cases are; missing if unknown."""
    simple = est.simple
    if simple is None:
        return np.full(len(est), np.nan)
    weight = simple.weight
    plain = {"weight": weight, "kish": est.n * simple.square / weight**2}
    if name in plain:
        return np.where(np.isnan(est.value), np.nan, plain[name])
    left = 1 - est.n / weight if name.endswith("_without") else np.ones(len(est))
    base = simple.variance * np.where(left > 0, left, np.nan)
    deff = np.where(est.estimable & (est.se > 0) & (base > 0), est.se**2 / base, np.nan)
    if name == "deft":
        return np.sqrt(deff)
    return deff if name.startswith("deff") else est.n / deff
