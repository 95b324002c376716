"""The sampling design: which units were drawn, from which strata, in which rounds.

A `PsuDesign` knows nothing of data frames. Each *unit* is one primary sampling unit (PSU) of one round; a PSU that
stays in the sample for two rounds is two units that share their `psu` identity.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from mpi.core.cache import Cache
from mpi.core.readonly import read_only, seal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from mpi.inference.calibration import Calibration
    from mpi.inference.replication import Replication

__all__ = [
    "CERTAIN",
    "COMPLETE",
    "FEW",
    "LOST",
    "SINGLE",
    "WITHOUT",
    "PsuDesign",
    "SingleInGroup",
    "SinglePsu",
    "Split",
]

FEW = "few degrees of freedom"
"""What is told of figures whose error is itself known badly."""

WITHOUT = "a term has no estimable error: no error"
"""What is told of a number that rests on another whose error is not known."""

LOST = "some replicates have no such cases: error of the others"
"""What is told of figures that some replicates do not have."""

COMPLETE = "whole population: no sampling error"
"""What is told of the figures of a census."""

CERTAIN = "so by definition or design: no sampling error"
"""What is told of a figure that is what it is whatever the sample shows."""

SINGLE = "one PSU in each stratum: no error"
"""What is told of a figure whose strata all have one PSU, where the others would have to stand in for these."""

SinglePsu = Literal["error", "certainty", "centered", "scaled"]
"""The rule for a stratum with one PSU."""

SingleInGroup = Literal["keep", "adjust"]
"""The rule for a stratum with one PSU that has cases in a group."""


@dataclass(frozen=True, slots=True, eq=False)
class PsuDesign:
    """A stratified sample of PSUs, one stage of it, in one or several rounds.

    Attributes
    ----------
    stratum : ndarray of int32, shape (units,)
        The stratum (of its round) that each unit was drawn in.
    psu : ndarray of int32, shape (units,)
        The identity of each unit across rounds; all different where the rounds are independent.
    wave : ndarray of int32, shape (strata,)
        The round of each stratum.
    place : ndarray of int32, shape (strata,)
        The identity of each stratum across rounds.
    sampled : ndarray of float, shape (strata,)
        The share of the stratum's PSUs that is in the sample (0 without finite population correction).
    single_psu : {"error", "certainty", "centered", "scaled"}
        The rule for a stratum with one PSU.
    single_in_group : {"keep", "adjust"}
        What a stratum does that has one PSU with cases in a group, and others without: ``keep`` treats those as the
        zeros they are, ``adjust`` applies the rule `single_psu` (R's ``survey.adjust.domain.lonely``).
    weightless : ndarray of bool or None, shape (units,)
        The units all of whose rows have weight 0; None where there are none.
    split : Split or None
        What the units are where PSUs are split into parts; None where each unit is a PSU.
    cache : Cache
        What was counted of it.
    """

    stratum: NDArray[np.int32]
    psu: NDArray[np.int32]
    wave: NDArray[np.int32]
    place: NDArray[np.int32]
    sampled: NDArray[np.float64]
    single_psu: SinglePsu = "error"
    single_in_group: SingleInGroup = "keep"
    weightless: NDArray[np.bool_] | None = None
    split: Split | None = None
    cache: Cache = field(default_factory=Cache, init=False)

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    @classmethod
    def from_replicates(cls, replicates: int, rounds: int, *, shared: bool = False) -> PsuDesign:
        """Return the design of deviations of replicates, so that their variance is a sum of squares.

        Each replicate of each round is a stratum of two units, one with half of the deviation and one with minus half:
        they vary around 0, and n / (n - 1) makes their sum of squares the square of the deviation. Where rounds share
        PSUs (`shared`), the deviations of one replicate in all rounds go together.
        """
        strata = np.arange(replicates * rounds, dtype=np.int32)
        units = np.arange(2 * len(strata), dtype=np.int32)
        wave = np.repeat(np.arange(rounds, dtype=np.int32), replicates)
        psu, place = (units % (2 * replicates), strata % replicates) if shared else (units, strata)
        return cls(np.repeat(strata, 2), psu, wave, place, np.zeros(len(strata)))

    @property
    def units(self) -> int:
        """The number of units (PSUs by round)."""
        return len(self.stratum)

    @property
    def drawn(self) -> PsuDesign:
        """The PSUs as they were drawn."""
        return self if self.split is None else self.split.psus

    @property
    def errors(self) -> PsuDesign:
        """The design that errors are estimated by."""
        return self if self.split is None else self.split.errors

    def psus(self, units: NDArray[Any]) -> NDArray[Any]:
        """Return the PSU that each of some units is, or lies in."""
        return units if self.split is None else self.split.stages[0][units]

    @property
    def strata(self) -> int:
        """The number of strata (by round)."""
        return len(self.wave)

    @property
    def waves(self) -> int:
        """The number of rounds."""
        return int(self.wave.max()) + 1 if len(self.wave) else 1

    @property
    def shared(self) -> bool:
        """Return whether some PSU is in more than one round."""
        return int(self.psu.max(initial=-1)) + 1 < self.units

    @property
    def complete(self) -> bool:
        """Return whether nothing was left to chance: all PSUs of all strata are in the data, as in a census."""
        return bool((self.sampled >= 1).all())

    @property
    def counts_cases(self) -> bool:
        """Return whether a rule for single PSUs depends on which strata and PSUs have cases."""
        return self.cache.get("counts cases", self._counts_cases)

    def _counts_cases(self) -> bool:
        if self.single_in_group == "adjust":
            return self.single_psu in ("centered", "scaled")
        return self.single_psu == "scaled" and bool(((self.sizes() == 1) & (self.sampled < 1)).any())

    def sizes(self) -> NDArray[np.int64]:
        """Return the number of PSUs in each stratum."""
        return self.cache.get("sizes", lambda: read_only(np.bincount(self.stratum, minlength=self.strata)))

    def scale(self) -> NDArray[np.float64]:
        """Return the factor (1 - f) n / (n - 1) of each stratum's centred sum of squares.

        A stratum with one PSU has 1 - f under ``centered`` (it varies around the mean of all PSUs) and 0 otherwise;
        ``scaled`` then raises the others, see `mpi.inference.variance`.
        """
        return self.cache.get("scale", self._scale)

    def _scale(self) -> NDArray[np.float64]:
        n = self.sizes().astype(np.float64)
        single = n == 1
        a = (1 - self.sampled) * np.divide(n, n - 1, out=np.ones_like(n), where=~single)
        if self.single_psu != "centered":
            a[single] = 0.0
        return read_only(a)

    def df(self, waves: Iterable[int]) -> float:
        """Return the degrees of freedom over some rounds: distinct PSUs minus distinct strata.

        A stratum of two rounds is one stratum where the rounds share PSUs in it, and two where they do not.
        """
        return self.df_of(np.flatnonzero(np.isin(self.wave, list(waves))[self.stratum]))

    def df_of(self, units: NDArray[Any]) -> float:
        """Return the degrees of freedom of some units: distinct PSUs minus distinct strata, those of weight 0 left out.

        R's ``degf`` counts so, and a stratum of two rounds is one where they share PSUs in it.
        """
        if self.weightless is not None:
            units = units[~self.weightless[units]]
        stratum, psu = self.stratum[units], self.psu[units]
        if not self.shared:
            return float(len(units) - np.count_nonzero(np.bincount(stratum)))
        within = np.bincount(stratum, minlength=self.strata) > 0
        return float(np.count_nonzero(np.bincount(psu)) - _linked(stratum, psu, self.strata, within))

    def links(self) -> tuple[Any, Any]:
        """Return which PSU, and which stratum, each unit counts for: two sparse tables of units by these.

        A stratum of two rounds is one where they share PSUs in it. Units of weight 0 count for none.
        """
        import scipy.sparse as sp

        place = np.arange(self.strata, dtype=np.int32)
        if self.shared:
            place = _components(self.stratum, self.psu, self.strata)[: self.strata]
        units = np.arange(self.units) if self.weightless is None else np.flatnonzero(~self.weightless)
        tables = [
            sp.csr_array((np.ones(len(units)), (units, at)), shape=(self.units, int(at.max(initial=0)) + 1))
            for at in (self.psu[units], place[self.stratum[units]])
        ]
        return tables[0], tables[1]


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """PSUs split into parts whose rows are weighted alike, and what their errors are estimated by.

    Totals are summed by part. What is linear in them is then summed by PSU, and by unit of the second stage; what is
    to be known of each margin, or in each replicate, is a product with the totals of the parts.

    Attributes
    ----------
    psus : PsuDesign
        The PSUs as they were drawn.
    errors : PsuDesign
        The design that errors are estimated by: the PSUs, behind them the units of the second stage and those that
        carry the errors of margins; or the replicates.
    stages : tuple of ndarray of int32, shape (parts,)
        The unit of `errors` that each part lies in, stage by stage; that of the first is its PSU.
    calibration : Calibration or None
        The margins that the weights were calibrated to.
    replication : Replication or None
        The replicates that errors are computed from.
    """

    psus: PsuDesign
    errors: PsuDesign
    stages: tuple[NDArray[np.int32], ...]
    calibration: Calibration | None = None
    replication: Replication | None = None


def _linked(stratum: NDArray[np.int32], psu: NDArray[np.int32], strata: int, within: NDArray[np.bool_]) -> int:
    """Count the strata, those that share a PSU as one."""
    return len(np.unique(_components(stratum, psu, strata)[:strata][within]))


def _components(stratum: NDArray[np.int32], psu: NDArray[np.int32], strata: int) -> NDArray[np.int32]:
    """Number the strata, those that share a PSU with one number; PSUs come behind."""
    import scipy.sparse as sp

    size = strata + int(psu.max(initial=-1)) + 1
    edges = sp.coo_array((np.ones(len(psu)), (stratum, strata + psu)), shape=(size, size))
    found: NDArray[np.int32] = sp.csgraph.connected_components(edges, directed=False)[1]
    return found
