"""Errors by linearisation beside those by replicates: where the two differ, the first derivative is not enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError

if TYPE_CHECKING:
    import pandas as pd

    from mpi.results.estimates import Estimates

__all__ = ["compare_errors"]

_KEYS = ("statistic", "contrast", "indicator", "dimension", "by", "group", "wave", "cutoff", "weighting")


@kinds_checked
def compare_errors(linearised: Estimates, replicated: Estimates) -> pd.DataFrame:
    """Return the errors of the same figures by linearisation and by replicates, side by side.

    Parameters
    ----------
    linearised : Estimates
        Of the survey as it was drawn.
    replicated : Estimates
        The same figures of the survey with replicates; see `mpi.replicate`.

    Returns
    -------
    pandas.DataFrame
        The keys of each figure that both have, ``estimate``, ``se``, ``se_replicated``, and ``ratio``, the second by
        the first.

    Raises
    ------
    MpiError
        When they have no figure in common, or a figure is not the same in both.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> frame = pd.DataFrame({"psu": range(8), "stratum": [0] * 4 + [1] * 4, "a": [1, 0, 0, 1, 1, 1, 0, 1]})
    >>> survey = mpi.Survey(frame, psu="psu", strata="stratum")
    >>> both = mpi.compare_errors(mpi.mean(survey, "a"), mpi.mean(mpi.replicate(survey, "jkn"), "a"))
    >>> both[["se", "se_replicated", "ratio"]].round(6).to_numpy().tolist()
    [[0.190941, 0.190941, 1.0]]
    """
    one, two = linearised.table, replicated.table[[*_KEYS, "estimate", "se"]]
    both = one[[*_KEYS, "estimate", "se", "n_psu"]].merge(two, on=list(_KEYS), suffixes=("", "_replicated"))
    if both.empty:
        raise RequestError("the errors cannot be compared: the estimates have no figure in common")
    off = ~np.isclose(both["estimate"], both["estimate_replicated"], rtol=1e-9, atol=1e-12, equal_nan=True)
    if off.any():
        raise RequestError(
            f"the errors cannot be compared: {int(off.sum()):,} of {len(both):,} figures differ themselves; make both "
            "of one survey"
        )
    both["ratio"] = both["se_replicated"] / both["se"].where(both["se"] > 0)
    return both.drop(columns=["estimate_replicated"])
