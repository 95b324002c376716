"""Replicates made from the design of a survey: bootstrap, jackknife, half-samples."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.inference.design import PsuDesign, Split
from mpi.inference.replicate_draws import (
    bootstrap,
    half_samples,
    jackknife,
    stratified_jackknife,
    two_stage_bootstrap,
)
from mpi.inference.replication import Replication
from mpi.survey.calibrate import calibrated_again
from mpi.survey.split import finer
from mpi.survey.survey import Survey, of_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.inference.replicate_draws import Drawn

__all__ = ["MadeReplicates", "replicate"]

MadeReplicates = Literal["bootstrap", "jk1", "jkn", "brr", "fay"]
"""The kinds of replicates that are made from a design."""

_HALVES = 2
_MOST = 1 << 28
"""How many factors are held at most."""


@kinds_checked
def replicate(
    survey: Survey,
    method: MadeReplicates = "bootstrap",
    replicates: int = 500,
    *,
    seed: int = 0,
    fay: float = 0.3,
    mse: bool = False,
) -> Survey:
    """Return the survey with replicates, by which the errors of every estimate are then computed.

    Parameters
    ----------
    survey : Survey
        Who was asked, in memory. Where it is calibrated, the weights of each replicate are calibrated anew.
    method : {"bootstrap", "jk1", "jkn", "brr", "fay"}
        ``bootstrap``: n - 1 of n PSUs of each stratum (Rao, Wu and Yue 1992); half of the PSUs, and half of the units
        in each, where the design has a second stage (Preston 2009). ``jk1``: one PSU left out, strata or not. ``jkn``:
        one PSU left out of its stratum. ``brr``, ``fay``: balanced half-samples of strata with two PSUs.
    replicates : int
        How many, of the bootstrap; the others follow from the design.
    seed : int
        What the bootstrap starts from: the same seed draws the same PSUs, in whatever order the rows stand.
    fay : float
        What ``fay`` keeps of the half that is left out.
    mse : bool
        Whether deviations are from the figure of the sample, not from the mean of the replicates.

    Returns
    -------
    Survey
        Whose figures are made again in each replicate from its totals: no row is looked at again.

    Raises
    ------
    MpiError
        When the design does not allow the method, or rounds share PSUs.

    Notes
    -----
    Replicates count PSUs, so that errors know the design, and of nonlinear figures more than the first derivative;
    degrees of freedom stay those of the design. See docs/replication.md.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> frame = pd.DataFrame({"psu": range(8), "stratum": [0] * 4 + [1] * 4, "a": [1, 0, 0, 1, 1, 1, 0, 1]})
    >>> survey = mpi.Survey(frame, psu="psu", strata="stratum")
    >>> mpi.replicate(survey, "jkn")
    <Survey: 8 rows, 8 PSUs in 2 strata, df 6, unweighted, 8 replicates (jkn)>
    >>> [float(mpi.mean(s, "a").se[0].round(6)) for s in (survey, mpi.replicate(survey, "jkn"))]
    [0.190941, 0.190941]
    """
    problems = Problems("the replicates cannot be made", RequestError)
    if method not in get_args(MadeReplicates):
        problems.add(f"method: {unknown('kind of replicates', method, get_args(MadeReplicates))}")
    if not survey.in_memory:
        problems.add("the rows are not in memory; survey.collect([...]) reads the columns that are needed")
    problems.raise_if_any()
    rows = survey.rows.collect()
    design = rows.design.drawn
    split = rows.design.split
    _check(design, method, replicates, fay, problems)
    if split is not None and split.replication is not None:
        problems.add("the survey has replicates already")
    if split is not None and split.calibration is not None and rows.has_rounds:
        problems.add("several calibrated rounds: make the replicates of each, and put them together with mpi.pool")
    problems.raise_if_any()
    unit, own = rows.unit, rows.design
    if own.split is None:
        unit, own = finer(unit, own, np.zeros(len(rows), dtype=np.int64))
    kept = own.split
    if kept is None:
        raise TypeError("the design is not split")
    made, stage = _drawn(kept, design, method, replicates, seed, fay)
    scales = np.broadcast_to(made.scales, (design.waves, len(made.factors)))
    df = np.array([design.df([w]) for w in range(design.waves)])
    replication = Replication(method, made.factors[:, stage], np.ascontiguousarray(scales), mse, df)
    errors = PsuDesign.from_replicates(len(made.factors), design.waves, shared=design.shared)
    again = Split(kept.psus, errors, kept.stages[:1], kept.calibration, replication)
    if kept.calibration is not None:
        again = calibrated_again(again, np.bincount(unit, weights=rows.weight, minlength=own.units).astype(np.float64))
    said = f"{len(made.factors):,} replicates ({method})"
    return of_rows(replace(rows, unit=unit, design=replace(own, split=again), weighting=(*rows.weighting, said)))


def _check(design: PsuDesign, method: str, replicates: int, fay: float, problems: Problems) -> None:
    """Note what the design does not allow."""
    sizes = design.sizes()
    if design.shared and method != "jkn":
        problems.add(
            "rounds share PSUs, which method='jkn' leaves out of all of them at once; other replicates are made of "
            "each round by itself"
        )
    if method == "bootstrap" and not 1 < replicates <= _MOST // max(1, design.units):
        problems.add(f"replicates: a number from 2 on was expected, not {replicates:,}")
    if method in ("jk1", "jkn") and (n := design.units) ** 2 > _MOST:
        problems.add(f"{method} of {n:,} PSUs makes as many replicates, which is too much; take method='bootstrap'")
    if method == "jk1" and design.waves > 1:
        problems.add("jk1 leaves out one PSU of all; make replicates of each round by itself, and pool them")
    odd = int((sizes != _HALVES).sum())
    if method in ("brr", "fay") and odd:
        problems.add(
            f"{method} takes strata with two PSUs each; {odd:,} of {len(sizes):,} have another number. Take "
            "method='bootstrap' or 'jkn'"
        )
    if method == "fay" and not 0 < fay < 1:
        problems.add(f"fay: a share between 0 and 1 was expected, not {fay!r}")
    if method != "jk1" and (sizes == 1).all():
        problems.add("each stratum has one PSU, which shows no variation; merge strata, or take method='jk1'")


def _drawn(
    split: Split, design: PsuDesign, method: str, replicates: int, seed: int, fay: float
) -> tuple[Drawn, NDArray[np.int32]]:
    """Return the factors of units, and the unit of each part."""
    random = np.random.default_rng(seed)
    psu, *inner = split.stages
    if inner:
        if method != "bootstrap":
            raise RequestError(
                f"the replicates cannot be made: {method} knows one stage, and the design has two; take "
                "method='bootstrap'"
            )
        units = inner[0] - np.int32(design.units)
        within = np.zeros(int(units.max()) + 1, dtype=np.int32)
        within[units] = psu
        left = 1 - split.errors.sampled[design.strata : design.strata + design.units]
        return two_stage_bootstrap(design, within, left, replicates, random), units
    made = {
        "bootstrap": lambda: bootstrap(design, replicates, random), "jk1": lambda: jackknife(design),
        "jkn": lambda: stratified_jackknife(design), "brr": lambda: half_samples(design),
        "fay": lambda: half_samples(design, fay),
    }[method]()  # fmt: skip
    return made, psu
