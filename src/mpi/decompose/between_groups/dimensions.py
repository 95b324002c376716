"""Contributions of indicators and dimensions to poverty, and to the gaps between groups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError
from mpi.decompose.between_groups.gaps import Groups, undefined
from mpi.results.dual import figures_of, stacked
from mpi.results.lookup import Finder, levels, need
from mpi.results.terms import adds_up, from_terms, relabelled, term

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.estimates import Estimates
    from mpi.results.terms import Term
    from mpi.tables.keys import Keys

    Places = NDArray[np.int64]

__all__ = ["dimensions"]


@kinds_explained
def dimensions(est: Estimates, by: By | None = None, reference: str | None = None) -> Estimates:
    """Take M0 apart by indicator and dimension, in the whole and in each group; or compare what poverty is made of.

    Parameters
    ----------
    est : Estimates
        Estimates with M0 and contributions.
    by : str or tuple of str, optional
        Groups whose composition is compared; all pairs, or each with `reference`.
    reference : str, optional
        The group that each other is compared with; ``"total"`` for the whole.

    Returns
    -------
    Estimates
        Without `by`, of each group and the whole, by indicator and (``indicator`` empty) by dimension:

        ``part``
            w h(k), which adds up to M0.
        ``part_share``
            w h(k) / M0, which adds up to 1; undefined where nobody is poor.
        ``weight_ratio``
            That share over the weight: above 1, the poor are deprived in it more than in others.

        With `by`, ``share_difference`` between groups in the shares, by indicator and by dimension (they add up to
        0), and ``dissimilarity``: half the sum of their absolute values over indicators, 0 where the poverty of both
        is about the same things and 1 where nothing is common.

    Raises
    ------
    MpiError
        When M0 or contributions were not estimated, or groups are unknown.

    Notes
    -----
    Alkire and Foster (2011). M0 is estimated too: the error of a share is that of a ratio. `dissimilarity` has no
    derivative where two shares are equal, and its error is then that of one side; where all differences are within
    sampling error it is biased upward.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"]).select(wave=2018)
    >>> shares = mpi.decompose.dimensions(est).select(by="total", contrast="part_share", indicator=None)
    >>> shares.table["dimension"].tolist()
    ['health', 'education', 'housing', 'water_sanitation', 'information']
    >>> about = mpi.decompose.dimensions(est, by="area").select(contrast="dissimilarity")
    >>> len(about)
    1
    """
    plain = levels(est, "dimensions")
    need(plain, "dimensions", "statistic", ("M0", "contribution"))
    parts = _parts(plain)
    if by is None:
        if reference is not None:
            raise RequestError("dimensions: reference= needs by=, the groups that are compared")
        return from_terms(plain, parts)
    shares = from_terms(plain, parts[1:2])
    return from_terms(shares, _compared(shares, by, reference))


def _parts(plain: Estimates) -> list[Term]:
    finder, figures = Finder(plain.keys), figures_of(plain)
    keys = plain.keys
    rows = np.flatnonzero(keys["statistic"].index == keys["statistic"].values.index("contribution"))
    whole = finder.beside(rows, statistic="M0", indicator=None, dimension=None)
    if (whole < 0).any():
        raise RequestError("dimensions: M0 is needed wherever contributions are")
    dimension = keys["dimension"].index[rows].astype(np.int64)
    _, at, fold = np.unique(whole * (dimension.max(initial=0) + 1) + dimension, return_index=True, return_inverse=True)
    single = figures.take(rows)
    folded = single.folded(fold, len(at))
    _, first, group = np.unique(whole, return_index=True, return_inverse=True)
    there = np.flatnonzero(~np.isnan(plain.value[whole[first]]))
    adds_up(single.folded(group, len(first)).take(there), figures.take(whole[first[there]]), "dimensions")
    part = stacked([single, folded])
    m0 = figures.take(np.r_[whole, whole[at]])
    names = [keys["indicator"].at(i) for i in rows.tolist()]
    labels = relabelled(keys, np.r_[rows, rows[at]], indicator=[*names, *([None] * len(at))])
    weight = _weights(plain, labels)
    reasons = ["no poor in group" if v == 0 else "" for v in m0.value.tolist()]
    cases = np.r_[whole, whole[at]][:, None]
    share = part / m0
    unknown_weight = [
        r or ("the weight is not known" if u else "") for r, u in zip(reasons, np.isnan(weight), strict=True)
    ]
    return [
        term(part, labels, "part", None, cases),
        term(share, labels, "part_share", reasons, cases),
        term(share / weight, labels, "weight_ratio", unknown_weight, cases, "log"),
    ]


def _weights(plain: Estimates, labels: Keys) -> NDArray[np.float64]:
    """Return the weight of each indicator, or dimension, in the measure; missing for weights that are not its own."""
    known: dict[tuple[Any, Any], float] = {}
    for i in plain.measures[0].indicators if len(plain.measures) == 1 else ():
        known[i.name, i.dimension] = float(i.weight)
        known[None, i.dimension] = known.get((None, i.dimension), 0.0) + float(i.weight)
    columns = (labels[n].to_list() for n in ("indicator", "dimension", "weighting"))
    return np.array([known.get((i, d), np.nan) if w == "own" else np.nan for i, d, w in zip(*columns, strict=True)])


def _compared(shares: Estimates, by: By, reference: str | None) -> list[Term]:
    """Compare the shares of groups."""
    groups = Groups(shares, by, None, "dimensions")
    pairs = groups.pairs(reference)
    figures = figures_of(shares)
    difference = figures.take(pairs.one) - figures.take(pairs.other)
    keys = relabelled(shares.keys, pairs.anchor, group=groups.names(pairs), contrast="level")
    reasons = undefined(shares, pairs)
    single = np.flatnonzero(keys["indicator"].index >= 0)
    codes = np.stack([keys[n].index[single] for n in ("group", "wave", "cutoff", "weighting")], axis=1)
    _, at, fold = np.unique(codes, axis=0, return_index=True, return_inverse=True)
    half = difference.take(single).absolute().folded(fold.ravel(), len(at)) * 0.5
    of_all = relabelled(keys, single[at], indicator=None, dimension=None)
    said = [reasons[i] for i in single[at].tolist()]
    return [term(difference, keys, "share_difference", reasons), term(half, of_all, "dissimilarity", said)]
