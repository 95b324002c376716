"""Designs of rounds put one after the other: PSUs first, then what lies within them, margins and replicates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import RequestError
from mpi.inference.calibration import Calibration
from mpi.inference.design import PsuDesign, Split
from mpi.inference.replication import Replication

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int32]

__all__ = ["stacked_designs"]


def stacked_designs(designs: Sequence[PsuDesign], place: Ints | None, psu: Ints | None) -> PsuDesign:
    """Return the design of rounds as one.

    Parameters
    ----------
    designs : sequence of PsuDesign
        One for each round.
    place, psu : ndarray of int32 or None
        The identity of strata and of PSUs across rounds; None where rounds are independent.

    Raises
    ------
    MpiError
        When some rounds have replicates and others do not, or rounds with replicates share PSUs.
    """
    plain = _beside([d.drawn for d in designs])
    if place is not None and psu is not None:
        plain = replace(plain, place=place, psu=psu)
    if all(d.split is None for d in designs):
        return plain
    splits = [d.split or Split(d, d, (np.arange(d.units, dtype=np.int32),)) for d in designs]
    starts = np.cumsum([0, *(d.units for d in plain_of(splits))])
    own = np.concatenate([s.stages[0] + np.int32(a) for s, a in zip(splits, starts, strict=False)])
    fine = replace(
        plain, stratum=plain.stratum[own], psu=plain.psu[own],
        weightless=None if plain.weightless is None else plain.weightless[own],
    )  # fmt: skip
    if any(s.replication is not None for s in splits):
        return replace(fine, split=_with_replicates(splits, plain, own))
    errors, moved = _errors(splits, plain)
    stages = [own]
    if any(len(s.stages) > 1 for s in splits):
        last = [s.stages[-1] for s in splits]
        stages.append(np.concatenate([m[x] for m, x in zip(moved, last, strict=True)]).astype(np.int32))
    calibration = _calibration(splits, errors.units, moved)
    return replace(fine, split=Split(plain, errors, tuple(stages), calibration))


def plain_of(splits: Sequence[Split]) -> list[PsuDesign]:
    """Return the PSUs of each round."""
    return [s.psus for s in splits]


def _beside(designs: Sequence[PsuDesign]) -> PsuDesign:
    """Return unsplit designs one after the other, as independent."""
    starts = np.cumsum([0, *(d.strata for d in designs)])
    stratum = np.concatenate([d.stratum + np.int32(a) for d, a in zip(designs, starts, strict=False)])
    wave = np.repeat(np.arange(len(designs), dtype=np.int32), [d.strata for d in designs])
    bare = [np.zeros(d.units, dtype=bool) if d.weightless is None else d.weightless for d in designs]
    return PsuDesign(
        stratum, np.arange(len(stratum), dtype=np.int32), wave, np.arange(len(wave), dtype=np.int32),
        np.concatenate([d.sampled for d in designs]), designs[0].single_psu, designs[0].single_in_group,
        np.concatenate(bare) if any(b.any() for b in bare) else None,
    )  # fmt: skip


def _errors(splits: Sequence[Split], plain: PsuDesign) -> tuple[PsuDesign, list[Ints]]:
    """Return the design of errors, all PSUs first, and where the units of each round's stand in it."""
    units, strata = _moved(splits, "units"), _moved(splits, "strata")
    many, layers = sum(len(m) for m in units), sum(len(m) for m in strata)
    stratum, psu = np.empty(many, dtype=np.int32), np.arange(many, dtype=np.int32)
    wave, place = np.empty(layers, dtype=np.int32), np.arange(layers, dtype=np.int32)
    sampled, bare = np.zeros(layers), np.ones(many, dtype=bool)
    for i, (s, u, h) in enumerate(zip(splits, units, strata, strict=True)):
        stratum[u], wave[h], sampled[h] = h[s.errors.stratum], i, s.errors.sampled
        bare[u] = np.zeros(s.errors.units, dtype=bool) if s.errors.weightless is None else s.errors.weightless
    psu[plain.units :] += int(plain.psu.max(initial=-1)) + 1
    place[plain.strata :] += int(plain.place.max(initial=-1)) + 1
    psu[: plain.units], place[: plain.strata] = plain.psu, plain.place
    made = replace(
        plain, stratum=stratum, psu=psu, wave=wave, place=place, sampled=sampled,
        weightless=bare if bare.any() else None,
    )  # fmt: skip
    return made, units


def _moved(splits: Sequence[Split], what: str) -> list[Ints]:
    """Return where the units, or strata, of each round's design of errors go: those of PSUs first."""
    own = [getattr(s.psus, what) for s in splits]
    rest = [getattr(s.errors, what) - n for s, n in zip(splits, own, strict=True)]
    before, behind = np.cumsum([0, *own]), sum(own) + np.cumsum([0, *rest])
    return [
        np.r_[a + np.arange(n), b + np.arange(m)].astype(np.int32)
        for a, b, n, m in zip(before, behind, own, rest, strict=False)
    ]


def _calibration(splits: Sequence[Split], units: int, moved: Sequence[Ints]) -> Calibration | None:
    """Return the margins of all rounds; each round's figures know of its own."""
    import scipy.linalg as sl

    known = [s.calibration for s in splits]
    some = [c for c in known if c is not None]
    if not some:
        return None
    x, columns, ratio = [], np.zeros((units, sum(c.margins for c in some))), []
    start = 0
    for s, c, place in zip(splits, known, moved, strict=True):
        parts = len(s.stages[0])
        ratio.append(np.ones(parts) if c is None else c.ratio)
        x.append(np.zeros((parts, 0)) if c is None else c.x)
        if c is not None:
            columns[place, start : start + c.margins] = c.columns
            start += c.margins
    inverse: Any = sl.block_diag(*(c.inverse for c in some))
    names = tuple(n for c in some for n in c.names)
    whole: Any = sl.block_diag(*x)
    return Calibration(whole, np.concatenate(ratio), inverse, columns, some[0].distance, some[0].bounds, names)


def _with_replicates(splits: Sequence[Split], plain: PsuDesign, own: Ints) -> Split:
    """Return the replicates of all rounds, those of each by itself."""
    known = [s.replication for s in splits]
    some = [r for r in known if r is not None]
    subject = "the rounds cannot be pooled"
    if len(some) < len(known):
        raise RequestError(f"{subject}: some have replicates and some do not; mpi.replicate makes them")
    if len({r.mse for r in some}) > 1:
        raise RequestError(f"{subject}: deviations of replicates are from the sample's figure in some (mse) only")
    if plain.shared:
        raise RequestError(
            f"{subject}: replicates of rounds that share PSUs would have to be drawn together; say "
            "shared_psus=False, or take the rounds without replicates"
        )
    most = max(r.number for r in some)
    factors = np.ones((most, len(own)))
    scales, start = np.zeros((len(some), most)), 0
    for i, r in enumerate(some):
        parts = r.factors.shape[1]
        factors[: r.number, start : start + parts] = r.factors
        scales[i, : r.number] = r.scales[0]
        start += parts
    df = np.concatenate([r.df for r in some])
    replication = Replication(some[0].method, factors, scales, some[0].mse, df)
    return Split(plain, PsuDesign.from_replicates(most, len(some)), (own,), None, replication)
