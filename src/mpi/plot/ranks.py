"""Uncertainty of ranks: how often each group has each rank, over draws from the sampling distribution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Unpack

import numpy as np

from mpi.core.arguments import check_seed, kinds_explained
from mpi.core.errors import Problems, RequestError
from mpi.plot.chosen import chosen, disaggregation, refuse, require_single_values
from mpi.plot.marks import marks_of
from mpi.plot.picture import Drawing, Picture, cell, composed, sheet
from mpi.plot.style import INK, PAPER, RANKS, class_of, styled
from mpi.plot.words import phrase, source_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.plot.marks import Mark
    from mpi.tables.estimates_like import EstimatesLike

    Floats = NDArray[np.float64]

__all__ = ["ranks"]

_MOST, _DRAWS = 20, 20_000


@kinds_explained
def ranks(
    est: EstimatesLike, by: By | None = None, *, statistic: str = "H", seed: int = 1, **options: Unpack[Drawing]
) -> Picture:
    """Draw in how many of 100 draws from the sampling distribution each group has each rank.

    Parameters
    ----------
    est : Estimates
        Of one round and cutoff; 2 to 20 groups with a known error.
    by, statistic, **options
        As for `mpi.plot.ranked`.
    seed : int, default 1
        Of the draws.

    Returns
    -------
    Picture
        Groups by their mean rank. The draws are of a normal distribution with the covariance of the estimates.

    Raises
    ------
    MpiError
        When there are several rounds, or fewer or more groups.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["region"]).select(wave=2018)
    >>> mpi.plot.ranks(est).table.shape
    (6, 6)
    """
    problems = Problems("plot.ranks cannot draw these", RequestError)
    check_seed(problems, seed)
    problems.raise_if_any()
    name = disaggregation(est, by, "ranks")
    found = chosen(est, "ranks", statistic, name)
    require_single_values(found, "ranks", "wave")
    marks = marks_of(found, options.get("scheme"))
    inside = [m for m, b in zip(marks, found.keys["by"].to_list(), strict=True) if b == name]
    seen = [m for m in inside if m.standing in ("shown", "caution") and found.se[m.row] > 0]
    if not 2 <= len(seen) <= _MOST:
        refuse("ranks", f"there are {len(seen)} groups with a known error; 2 to {_MOST} can be drawn")
    share = _shares(found, np.array([m.row for m in seen], dtype=np.int64), seed)
    order = np.argsort(share @ np.arange(len(seen)), kind="stable")
    with styled():
        return _drawn(found, [seen[i] for i in order], share[order], statistic, options)


def _shares(est: EstimatesLike, rows: NDArray[np.int64], seed: int) -> Floats:
    """Return how often each estimate has each rank, the highest first: groups x ranks."""
    some = est.take(rows)
    values, vectors = np.linalg.eigh(some.vcov())
    root = vectors * np.sqrt(np.clip(values, 0, None))
    drawn = some.value + np.random.default_rng(seed).standard_normal((_DRAWS, len(rows))) @ root.T
    rank = np.argsort(np.argsort(-drawn, axis=1), axis=1)
    return np.stack([np.bincount(rank[:, i], minlength=len(rows)) for i in range(len(rows))]) / _DRAWS


def _drawn(est: EstimatesLike, marks: Sequence[Mark], share: Floats, statistic: str, options: Drawing) -> Picture:
    import pandas as pd

    language = options.get("language", "en")
    n = len(marks)
    fig, (ax,) = sheet(3.4 + 0.6 * n, options, top=1.5, bottom=1.9, left=0.34, right=0.03)
    ax.spines["bottom"].set_visible(False)
    for i, row in enumerate(share):
        for j, s in enumerate(row):
            cell(ax, j, i, f"{100 * s:.0f}" if s >= 0.005 else "·", class_of(100 * s, RANKS) if s >= 0.005 else PAPER)
    ax.set(xlim=(0, n), ylim=(n, 0))
    ax.set_yticks(np.arange(n) + 0.5, [m.group for m in marks])
    names: list[Any] = [phrase("first_rank", language, i=1), *map(str, range(2, n)), phrase("last_rank", language, i=n)]
    ax.set_xticks(np.arange(n) + 0.5, names if n <= 8 else [str(i) for i in range(1, n + 1)], color=INK)
    wave = phrase("in_round", language, w=marks[0].wave) if marks[0].wave else ""
    first = 100 * share[0, 0]
    title = (
        phrase("rank_sure", language, a=marks[0].group, x=f"{first:.0f}")
        if first >= _SURE
        else phrase("rank_shared", language, a=marks[0].group, b=marks[1].group)
    )
    words = (title, phrase("ranks_sub", language, m=statistic, w=wave), source_of(est, language))
    table = pd.DataFrame(share, index=[m.group for m in marks], columns=range(1, n + 1)).rename_axis("group")
    return composed(fig, [ax], words, table, "ranks", options)


_SURE = 90
"""From how many of 100 draws on a group is said to come first."""
