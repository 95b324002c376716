"""Categories that nobody has: told under a table, and given a row with no cases where asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.inference.counts import ShareCounts
from mpi.inference.influence import Influence
from mpi.tables.keys import Coded, Keys

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["with_categories"]

_SHOWN = 12
_FLAG = "nobody in group"


def with_categories(est: Estimates, survey: Survey, *, observed: bool) -> Estimates:
    """Return estimates that say which categories of their groups nobody has.

    Parameters
    ----------
    est : Estimates
        Estimates by groups.
    survey : Survey
        What they were made of.
    observed : bool
        Whether only groups with cases have rows. Where not, each declared category, and each value label, has one in
        each disaggregation by one column: its figures are missing, and `n` is 0.
    """
    lost: dict[str, list[Any]] = {}
    for by, groups in est.codes.items():
        if by in survey.columns:  # and no cross, and not the total
            there = {codes[0] for codes in groups.values()}
            lost[by] = [v for v in survey.declared(by, labels=not observed) if v not in there]
    lost = {by: values for by, values in lost.items() if values}
    if not lost:
        return est
    names = {by: {v: str(survey.labels.get(by, {}).get(v, v)) for v in values} for by, values in lost.items()}
    if observed:
        return est if survey.rows.has_domain else replace(est, about={**est.about, "empty": _note(names)})
    for by, found in names.items():
        est = _with_rows(est, by, found, [*survey.declared(by, labels=True)])
    return est


def _note(names: Mapping[str, Mapping[Any, str]]) -> str:
    said = []
    for by, found in names.items():
        shown = [repr(x) for x in [*found.values()][:_SHOWN]]
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        said.append(f"{by} {', '.join(shown)}{more}")
    return f"nobody is in {'; '.join(said)}"


def _with_rows(est: Estimates, by: str, names: Mapping[Any, str], order: list[Any]) -> Estimates:
    """Add the rows of some groups to one disaggregation, each like those of a group of the same round."""
    block = np.flatnonzero(est.keys["by"].index == est.keys["by"].values.index(by))
    group, wave = est.keys["group"].index[block], est.keys["wave"].index[block]
    first = {int(w): int(group[wave == w][0]) for w in np.unique(wave)}
    like = np.concatenate([block[(wave == w) & (group == g)] for w, g in first.items()])
    rank = {v: i for i, v in enumerate(order)}
    ranks = {label: rank.get(codes[0], len(rank)) for label, codes in est.codes[by].items()}
    of_row = np.array([ranks[label] for label in est.keys["group"].take(block).to_list()])
    new = np.tile(like, len(names))
    new_rank = np.repeat([rank[v] for v in names], len(like))
    made = _empty(est, new, np.repeat([*names.values()], len(like)))
    place = np.lexsort((
        np.r_[np.arange(len(block)), np.arange(len(new))],
        np.r_[wave, est.keys["wave"].index[new]],
        np.r_[of_row, new_rank],
    ))  # fmt: skip
    whole = np.r_[np.arange(block[0]), np.r_[block, len(est) + np.arange(len(new))][place]]
    whole = np.r_[whole, np.arange(block[-1] + 1, len(est))]
    codes = {**est.codes, by: {**est.codes[by], **{label: (v,) for v, label in names.items()}}}
    return replace(made.take(whole), codes=codes)


def _empty(est: Estimates, like: NDArray[np.int64], groups: NDArray[Any]) -> Estimates:
    """Return estimates with rows of no cases below, that are called as others are but for their group."""
    import scipy.sparse as sp

    every = est.take(np.r_[np.arange(len(est)), like])
    values = tuple(dict.fromkeys([*est.keys["group"].values, *groups.tolist()]))
    place = {v: i for i, v in enumerate(values)}
    group = np.r_[est.keys["group"].index, [place[g] for g in groups.tolist()]].astype(np.int32)
    new = np.arange(len(every)) >= len(est)
    flags = (*est.flag.values, _FLAG)
    jacobian = sp.vstack([est.influence.jacobian, sp.csr_array((len(like), est.influence.jacobian.shape[1]))])
    return replace(
        every,
        keys=Keys({**every.keys.columns, "group": Coded(values, group)}),
        value=np.where(new, np.nan, every.value),
        se=np.where(new, np.nan, every.se),
        df=np.where(new, np.nan, every.df),
        n=np.where(new, 0.0, every.n),
        n_psu=np.where(new, 0.0, every.n_psu),
        counts=every.counts
        and ShareCounts(*(np.where(new, 0.0, x) for x in (every.counts.n_with, every.counts.weight))),
        flag=Coded(flags, np.where(new, np.int32(len(flags) - 1), every.flag.index)),
        influence=Influence(est.influence.design, est.influence.blocks, sp.csr_array(jacobian)),
    )
