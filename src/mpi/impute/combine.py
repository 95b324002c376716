"""Estimates of several completed data sets combined by Rubin's rules, with their covariances."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_explained, type_name
from mpi.core.errors import Problems, RequestError
from mpi.inference.cells import Cells
from mpi.inference.counts import ShareCounts
from mpi.inference.influence import Influence
from mpi.inference.variance import Block
from mpi.tables.keys import NAMES, coded

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.inference.design import PsuDesign
    from mpi.results.estimates import Estimates

    Floats = NDArray[np.float64]

__all__ = ["combine", "missing_information"]

_TOLD = "undefined in some of the completed data sets"
_SHOWN = 3


@kinds_explained
def combine(parts: Sequence[Estimates], *, note: str = "") -> Estimates:
    """Combine the estimates of completed data sets by Rubin's rules: what was imputed adds to every error.

    Parameters
    ----------
    parts : sequence of Estimates
        One of each data set that an imputation completed, two or more, with the same design and the same figures. Where
        the answers were imputed does not matter.
    note : str
        What was imputed and how, for the notes of tables.

    Returns
    -------
    Estimates
        The means of the estimates. Covariances, and errors of contrasts, hold what differs between the data sets too.

    Raises
    ------
    MpiError
        When there are fewer than two, or their designs or figures differ; the figures that some lack are named.

    Notes
    -----
    With the mean U of the M covariances and the covariance B of the M estimates, the covariance is U + (1 + 1/M) B
    (Rubin 1987, Multiple Imputation for Nonresponse in Surveys). Degrees of freedom are those of Barnard and Rubin
    (1999, Biometrika 86:948-955): 1 / df = 1 / df_old + 1 / df_obs, df_old = (M - 1) / g^2 and
    df_obs = (1 - g) v (v + 1) / (v + 3), with g = (1 + 1/M) B / T the share of the variance that is due to what is
    missing and v the degrees of freedom of complete data. R's mitools has U / (U + B) for 1 - g; with few data sets its
    degrees of freedom are somewhat larger. A contrast has the fewest degrees of freedom of its terms.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> frame = pd.DataFrame({"a": [0, 1, None, 1, 0, None, 1, 0] * 10, "g": list("xyxy") * 20})
    >>> deck = mpi.impute.hot_deck(frame, ["a"], cells=["g"], m=5, seed=1)
    >>> est = mpi.impute.combine([mpi.mean(mpi.Survey(f), "a") for f in deck.frames], note=deck.note)
    >>> bool(est.se[0] > mpi.mean(mpi.Survey(deck.frames[0]), "a").se[0])
    True
    """
    sets = _aligned(parts)
    rules = _rules(sets)
    first = sets[0]
    bad = np.isnan(rules.value)
    flags = [_TOLD if b and not np.isnan(first.value[i]) else first.flag.at(i) for i, b in enumerate(bad.tolist())]
    how = f"{len(sets)} completed data sets combined by Rubin's rules, degrees of freedom by Barnard and Rubin"
    known = all(p.counts is not None for p in sets)
    every = [p.counts for p in sets if p.counts is not None]
    return replace(
        first,
        value=rules.value,
        se=rules.se,
        df=rules.df,
        n=np.min([p.n for p in sets], axis=0),
        n_psu=np.min([p.n_psu for p in sets], axis=0),
        estimable=np.all([p.estimable for p in sets], axis=0) & ~bad | (rules.between > 0) & (rules.df > 0) & ~bad,
        flag=coded(flags),
        influence=_influence(sets),
        about={**first.about, "imputation": "; ".join(filter(None, (note, how)))},
        simple=None,
        counts=ShareCounts(*(np.min([getattr(c, n) for c in every], axis=0) for n in ("n_with", "weight")))
        if known
        else None,
        status=None,
    )


@kinds_explained
def missing_information(parts: Sequence[Estimates]) -> pd.DataFrame:
    """Return how much of each variance is due to what is missing.

    Parameters
    ----------
    parts : sequence of Estimates
        As for `combine`.

    Returns
    -------
    DataFrame
        One row for each figure: ``statistic, indicator, by, group, wave, cutoff``; ``estimate``; the variances
        ``within`` and ``between``; ``increase``, (1 + 1/M) between / within; ``fmi``, the fraction of missing
        information (increase + 2 / (df + 3)) / (1 + increase); ``df``.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> sets = [pd.DataFrame({"a": [0, 1, x, 1, 0, 1]}) for x in (0, 1, 1)]
    >>> found = mpi.impute.missing_information([mpi.mean(mpi.Survey(f), "a") for f in sets])
    >>> round(float(found["between"].iloc[0]), 4)
    0.0093
    """
    import pandas as pd

    sets = _aligned(parts)
    rules = _rules(sets)
    names = ("statistic", "indicator", "by", "group", "wave", "cutoff")
    keys: dict[str, Any] = {n: sets[0].keys[n].to_list() for n in names}
    with np.errstate(divide="ignore", invalid="ignore"):
        increase = (1 + 1 / len(sets)) * rules.between / rules.within
        fmi = np.where(np.isinf(increase), 1.0, (increase + 2 / (rules.df + 3)) / (1 + increase))
    found = {"within": rules.within, "between": rules.between, "increase": increase, "fmi": fmi, "df": rules.df}
    return pd.DataFrame({**keys, "estimate": rules.value, **found})


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """Rubin's rules applied to each figure: value, variance within and between, and degrees of freedom."""

    value: Floats
    within: Floats
    between: Floats
    se: Floats
    df: Floats


def _rules(sets: Sequence[Estimates]) -> _Rules:
    M = len(sets)
    values = np.array([p.value for p in sets])
    value, between = values.mean(axis=0), values.var(axis=0, ddof=1)
    between[between <= (_ROUNDING * np.abs(value)) ** 2] = 0.0
    within = np.mean([p.se**2 for p in sets], axis=0)
    total = within + (1 + 1 / M) * between
    complete = np.min([p.df for p in sets], axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        g = np.where(total > 0, (1 + 1 / M) * between / total, 0.0)
        old, observed = (M - 1) / g**2, (1 - g) * complete * (complete + 1) / (complete + 3)
        df = np.where(g > 0, 1 / (1 / old + np.where(within > 0, 1 / observed, 0.0)), complete)
    df[(complete <= 0) & (within > 0)] = 0.0
    return _Rules(value, within, between, np.sqrt(total), df)


_ROUNDING = 64 * np.finfo(np.float64).eps


def _aligned(parts: Sequence[Estimates]) -> list[Estimates]:
    """Return the estimates with their figures in one order; refuse what cannot be combined."""
    given = list(parts)
    problems = Problems("the estimates cannot be combined", RequestError)
    strange = [type_name(p) for p in given if not hasattr(p, "influence")]
    if strange:
        problems.add(f"only estimates can be combined, not {', '.join(dict.fromkeys(strange))}")
    elif len(given) < 2:
        problems.add("two completed data sets or more are needed; the error of one imputation is unknown")
    problems.raise_if_any()
    first = given[0]
    for number, part in enumerate(given[1:], 2):
        design = part.influence.design
        if any(not np.array_equal(getattr(design, n), getattr(first.influence.design, n)) for n in _DESIGN):
            problems.add(
                f"data set {number} has {design.units:,} PSUs in {design.strata:,} strata, and the first "
                f"{first.influence.design.units:,} in {first.influence.design.strata:,}, or they are others; complete "
                "the same rows of the same design"
            )
        for name in ("level", "degrees", "shares"):
            if getattr(part, name) != getattr(first, name):
                problems.add(
                    f"data set {number} has another {name}: {getattr(part, name)!r}, not {getattr(first, name)!r}"
                )
    problems.raise_if_any()
    own = [_figures(p) for p in given]
    for number, figures in enumerate(own[1:], 2):
        for there, absent, where in ((own[0], figures, number), (figures, own[0], 1)):
            lost = [k for k in there if k not in absent]
            if lost:
                more = f" and {len(lost) - _SHOWN} more" if len(lost) > _SHOWN else ""
                said = "; ".join(" ".join(str(x) for x in k if x is not None) for k in lost[:_SHOWN])
                problems.add(
                    f"data set {where} lacks {said}{more}; estimate the same figures of all, with observed=False "
                    "where a group is empty in some"
                )
    problems.raise_if_any()
    return [first, *(p.take([figures[k] for k in own[0]]) for p, figures in zip(given[1:], own[1:], strict=True))]


_DESIGN = ("stratum", "psu", "wave", "place", "sampled", "single_psu", "single_in_group")


def _figures(est: Estimates) -> dict[tuple[Any, ...], int]:
    """Return where each figure stands."""
    rows = zip(*(est.keys[n].to_list() for n in NAMES), strict=True)
    return {key: i for i, key in enumerate(rows)}


def _influence(sets: Sequence[Estimates]) -> Influence:
    """Return influences whose covariance is that of Rubin's rules.

    The design stands there M times, each with its influences over the root of M: independent as they are, their
    covariances add up to the mean of all. One more stratum holds what the data sets deviate by from their mean, as if
    these were its PSUs. Neither adds degrees of freedom.
    """
    import scipy.sparse as sp

    M, design = len(sets), sets[0].influence.design
    wide = _repeated(design, M)
    blocks: list[Block] = []
    jacobians: list[Any] = []
    for number, part in enumerate(sets):
        blocks += _moved(part.influence.blocks, number * design.units, number * design.strata)
        jacobians.append(part.influence.jacobian / np.sqrt(M))
    values = np.array([p.value for p in sets])
    apart = np.nan_to_num(values - values.mean(axis=0)) * np.sqrt((1 + 1 / M) / M)
    rounds = np.array([min(w, default=0) for w in sets[0].influence.waves()], dtype=np.int32)
    own = sp.lil_array((len(rounds), len(rounds)))
    start, unit = 0, np.arange(M * design.units, wide.units, dtype=np.int32)
    for wave in np.unique(rounds).tolist():
        at = np.flatnonzero(rounds == wave)
        cells = Cells(
            unit, wide.stratum[unit], np.array([0, M]), np.array([wave], dtype=np.int32), np.zeros(0, dtype=np.int32),
            np.zeros(0, dtype=np.int64), 0,
        )  # fmt: skip
        blocks.append(Block(cells, np.ascontiguousarray(apart[:, at].T)))
        own[at, start + np.arange(len(at))] = 1.0
        start += len(at)
    return Influence(wide, tuple(blocks), sp.csr_array(sp.hstack([*jacobians, sp.csr_array(own)])))


def _repeated(design: PsuDesign, times: int) -> PsuDesign:
    """Return a design several times, independent of each other, with a stratum of as many PSUs."""
    bare = np.zeros(design.units, dtype=bool) if design.weightless is None else design.weightless
    psus, places = int(design.psu.max(initial=-1)) + 1, int(design.place.max(initial=-1)) + 1

    def shifted(values: NDArray[np.int32], step: int) -> list[NDArray[np.int32]]:
        """Return the numbers once for every completed data set, each copy moved on by another step."""
        return [(values + step * m).astype(np.int32) for m in range(times)]

    new = np.arange(times, dtype=np.int32)
    return replace(
        design,
        stratum=np.concatenate(
            [*shifted(design.stratum, design.strata), np.full(times, design.strata * times, np.int32)]
        ),
        psu=np.concatenate([*shifted(design.psu, psus), psus * times + new]),
        wave=np.concatenate([*[design.wave] * times, np.zeros(1, np.int32)]),
        place=np.concatenate([*shifted(design.place, places), np.array([places * times], np.int32)]),
        sampled=np.concatenate([*[design.sampled] * times, np.zeros(1)]),
        weightless=np.concatenate([bare, np.ones(design.units * (times - 1) + times, dtype=bool)]),
    )


def _moved(blocks: Sequence[Block], units: int, strata: int) -> list[Block]:
    """Return blocks of one of the repeated designs."""
    cells: dict[int, Cells] = {}

    def there(old: Cells) -> Cells:
        if id(old) not in cells:
            cells[id(old)] = replace(old, unit=old.unit + np.int32(units), stratum=old.stratum + np.int32(strata))
        return cells[id(old)]

    return [replace(b, cells=there(b.cells), whole=None if b.whole is None else there(b.whole)) for b in blocks]
