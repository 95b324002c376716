"""Replicates drawn from a design: how many times each unit counts in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.inference.design import PsuDesign

    Floats = NDArray[np.float64]

__all__ = ["Drawn", "bootstrap", "half_samples", "jackknife", "stratified_jackknife", "two_stage_bootstrap"]


class Drawn(NamedTuple):
    """Factors of weights (replicates x units), and what each replicate's squared deviation counts.

    `scales` are by replicate, or by round and replicate.
    """

    factors: Floats
    scales: Floats


def bootstrap(design: PsuDesign, replicates: int, random: np.random.Generator) -> Drawn:
    """Return rescaled bootstrap factors: n - 1 of n PSUs of each stratum, with replacement.

    Rao, Wu and Yue 1992, Survey Methodology 18:209-217; with the finite population correction of Rao and Wu 1988,
    Journal of the American Statistical Association 83:231-241. A stratum with one PSU stays as it is.
    """
    factors = np.ones((replicates, design.units))
    for members, share in _strata(design):
        n = len(members)
        if n > 1:
            times = random.multinomial(n - 1, np.full(n, 1 / n), size=replicates)
            reach = np.sqrt(1 - share)
            factors[:, members] = 1 - reach + reach * times * (n / (n - 1))
    return Drawn(factors, np.full(replicates, 1 / (replicates - 1)))


def two_stage_bootstrap(
    design: PsuDesign, within: NDArray[np.int32], left: Floats, replicates: int, random: np.random.Generator
) -> Drawn:
    """Return bootstrap factors of the units of a second stage: half of PSUs, and half of the units in them.

    Preston 2009, Survey Methodology 35:227-234.

    Parameters
    ----------
    design : PsuDesign
        The PSUs.
    within : ndarray of int32, shape (parts,)
        The PSU of each unit of the second stage.
    left : ndarray of float, shape (PSUs,)
        The first stage's share times what was not drawn in the second.
    """
    first, changed = np.ones((replicates, design.units)), np.zeros((replicates, design.units))
    for members, share in _strata(design):
        n, half = len(members), len(members) // 2
        if n > 1:
            reach = np.sqrt(half * (1 - share) / (n - half))
            chosen = _halves(replicates, n, half, random)
            first[:, members] = 1 - reach + reach * (n / half) * chosen
            changed[:, members] = np.sqrt(n / half) * chosen
        else:
            changed[:, members] = 1.0
    factors = first[:, within]
    order = np.argsort(within, kind="stable")
    start = np.searchsorted(within[order], np.arange(design.units + 1))
    for c in range(design.units):
        members = order[start[c] : start[c + 1]]
        m, half = len(members), len(members) // 2
        if m > 1:
            reach = np.sqrt(half * left[c] / (m - half))
            chosen = _halves(replicates, m, half, random)
            factors[:, members] += reach * changed[:, [c]] * ((m / half) * chosen - 1)
    return Drawn(factors, np.full(replicates, 1 / (replicates - 1)))


def _halves(replicates: int, n: int, half: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Return which of n are among the half that is drawn, without replacement, in each replicate."""
    rank = random.random((replicates, n)).argsort(axis=1).argsort(axis=1)
    return np.asarray(rank < half)


def jackknife(design: PsuDesign) -> Drawn:
    """Return the factors of the jackknife that leaves out one PSU at a time, strata or not."""
    n = design.units
    factors = np.full((n, n), n / (n - 1))
    np.fill_diagonal(factors, 0.0)
    return Drawn(factors, np.full(n, (n - 1) / n))


def stratified_jackknife(design: PsuDesign) -> Drawn:
    """Return the factors of the jackknife that leaves out one PSU at a time and raises the others of its stratum.

    A PSU of several rounds is left out of all of them at once.
    """
    number = int(design.psu.max()) + 1
    factors, scales = np.ones((number, design.units)), np.zeros((design.waves, number))
    for h, (members, share) in enumerate(_strata(design)):
        n = len(members)
        if n > 1:
            out = design.psu[members]
            factors[np.ix_(out, members)] = np.where(np.eye(n, dtype=bool), 0.0, n / (n - 1))
            scales[design.wave[h], out] = (1 - share) * (n - 1) / n
    some = scales.any(axis=0)
    return Drawn(factors[some], scales[:, some])


def half_samples(design: PsuDesign, fay: float = 0.0) -> Drawn:
    """Return the factors of balanced half-samples of strata with two PSUs each.

    The columns of a Hadamard matrix say which of the two counts 2 - `fay` and which `fay` times (McCarthy 1969, Review
    of the International Statistical Institute 37:239-264; Judkins 1990, Journal of Official Statistics 6:223-239).
    """
    from scipy.linalg import hadamard

    order = 1 << int(np.ceil(np.log2(max(4, design.strata + 1))))
    signs = hadamard(order)[:, 1 : design.strata + 1].astype(np.float64)
    factors = np.empty((order, design.units))
    for h, (members, _) in enumerate(_strata(design)):
        factors[:, members[0]] = 1 + (1 - fay) * signs[:, h]
        factors[:, members[1]] = 1 - (1 - fay) * signs[:, h]
    return Drawn(factors, np.full(order, 1 / (order * (1 - fay) ** 2)))


def _strata(design: PsuDesign) -> list[tuple[NDArray[np.int64], float]]:
    """Return the units of each stratum, and the share of them that was sampled."""
    order = np.argsort(design.stratum, kind="stable")
    start = np.searchsorted(design.stratum[order], np.arange(design.strata + 1))
    return [(order[a:b], float(f)) for a, b, f in zip(start[:-1], start[1:], design.sampled, strict=True)]
