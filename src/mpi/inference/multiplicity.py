"""P values adjusted for how many tests there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from mpi.core.errors import RequestError, unknown

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

__all__ = ["JOINT", "Adjust", "adjusted"]

Adjust = Literal[
    "holm", "hochberg", "bonferroni", "sidak", "benjamini_hochberg", "benjamini_yekutieli", "max_t",
    "max_t_single_step", "none",
]  # fmt: skip
"""How p values are adjusted for the number of tests."""

JOINT = ("max_t", "max_t_single_step")
"""The adjustments that need the covariance of the numbers."""


def adjusted(p: ArrayLike, adjust: Adjust) -> Floats:
    """Return p values adjusted for their number.

    Parameters
    ----------
    p : array of float, shape (tests,)
        The p values of one family.
    adjust : str
        As for `mpi.significance`, except ``max_t`` and ``max_t_single_step``, which need the estimates.

    Raises
    ------
    MpiError
        When the method is unknown.

    Notes
    -----
    With p(1) <= ... <= p(m): Bonferroni min(1, m p); Sidak 1 - (1 - p)^m; Holm max over s <= i of (m - s + 1) p(s);
    Hochberg min over s >= i of (m - s + 1) p(s);
    Benjamini-Hochberg min over s >= i of (m / s) p(s); Benjamini-Yekutieli the latter times 1 + 1/2 + ... + 1/m.

    Examples
    --------
    >>> adjusted([0.01, 0.04, 0.03], "holm").round(3).tolist()
    [0.03, 0.06, 0.06]
    """
    values = np.asarray(p, dtype=np.float64)
    m = len(values)
    order = np.argsort(values, kind="stable")
    rising, rank = values[order], np.arange(1, m + 1)
    if adjust == "none":
        return values
    if adjust == "bonferroni":
        return np.minimum(1.0, m * values)
    if adjust == "sidak":
        return np.asarray(-np.expm1(m * np.log1p(-values)))
    if adjust == "holm":
        steps = np.maximum.accumulate((m - rank + 1) * rising)
    elif adjust == "hochberg":
        steps = np.minimum.accumulate(((m - rank + 1) * rising)[::-1])[::-1]
    elif adjust in ("benjamini_hochberg", "benjamini_yekutieli"):
        factor = np.sum(1.0 / rank) if adjust == "benjamini_yekutieli" else 1.0
        steps = np.minimum.accumulate((factor * m / rank * rising)[::-1])[::-1]
    else:
        raise RequestError("adjust: " + unknown("method", adjust, [a for a in get_args(Adjust) if a not in JOINT]))
    out = np.empty(m)
    out[order] = np.minimum(1.0, steps)
    return out
