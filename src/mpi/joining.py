"""Estimates from one design put together, with the covariances between all of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.errors import MpiError, Problems
from mpi.influence import Influence
from mpi.keys import NAMES, Keys, stacked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.estimates import Estimates

__all__ = ["concat"]


def concat(parts: Sequence[Estimates]) -> Estimates:
    """Put estimates of one survey together; covariances between them are those of the design.

    Parameters
    ----------
    parts : sequence of Estimates
        Made from one survey (the same design), with one confidence level and one rule for degrees of freedom.

    Raises
    ------
    MpiError
        When the designs, levels or rules differ, or there is nothing to put together.

    Examples
    --------
    >>> import mpi
    >>> survey = mpi.load_sample()
    >>> income = mpi.mean(survey, "income")
    >>> poor = mpi.estimate(survey, mpi.load_measure("gso-mdp"), statistics=["H"])
    >>> both = concat([income, poor])
    >>> both.keys["statistic"].values
    ('mean', 'H')
    >>> bool(both.vcov()[0, 2] < 0)
    True
    """
    if not parts:
        raise MpiError("there are no estimates to put together")
    first = parts[0]
    problems = Problems("the estimates cannot be put together")
    if any(p.influence.design is not first.influence.design for p in parts):
        problems.add("they come from different surveys; pool the rounds first (mpi.pool), then estimate")
    for name in ("level", "degrees", "shares"):
        values = list(dict.fromkeys(getattr(p, name) for p in parts))
        if len(values) > 1:
            problems.add(f"they differ in {name}: {', '.join(map(repr, values))}")
    problems.raise_if_any()
    codes: dict[str, Mapping[str, tuple[Any, ...]]] = {}
    for part in parts:
        for by, known in part.codes.items():
            codes[by] = {**codes.get(by, {}), **known}
    return replace(
        first,
        keys=Keys({n: stacked([p.keys[n] for p in parts]) for n in NAMES}),
        value=np.concatenate([p.value for p in parts]),
        se=np.concatenate([p.se for p in parts]),
        df=np.concatenate([p.df for p in parts]),
        n=np.concatenate([p.n for p in parts]),
        n_psu=np.concatenate([p.n_psu for p in parts]),
        method=stacked([p.method for p in parts]),
        flag=stacked([p.flag for p in parts]),
        influence=_influence([p.influence for p in parts]),
        codes=codes,
        measures=tuple(dict.fromkeys(m for p in parts for m in p.measures)),
    )


def _influence(parts: Sequence[Influence]) -> Influence:
    import scipy.sparse as sp

    blocks = tuple(b for p in parts for b in p.blocks)
    return Influence(parts[0].design, blocks, sp.csr_array(sp.block_diag([p.jacobian for p in parts], format="csr")))
