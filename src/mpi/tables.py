"""Estimates as tables: tidy, wide for publication, HTML for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.keys import NAMES

if TYPE_CHECKING:
    import pandas as pd

    from mpi.estimates import Estimates
    from mpi.keys import Coded

__all__ = ["tidy"]


def tidy(est: Estimates) -> pd.DataFrame:
    """Return one row per number: what it is, the estimate, its error and limits, and what it rests on."""
    import pandas as pd

    low, high = est.limits()
    columns: dict[str, Any] = {name: _categorical(est.keys[name]) for name in NAMES}
    columns |= {"estimate": est.value, "se": est.se, "ci_low": low, "ci_high": high, "df": est.df}
    columns |= {"n": _whole(est.n), "n_psu": _whole(est.n_psu), "flag": _categorical(est.flag)}
    return pd.DataFrame(columns, copy=False)


def _categorical(column: Coded) -> Any:
    import pandas as pd

    return pd.Categorical.from_codes(column.index, categories=pd.Index(column.values))


def _whole(values: Any) -> Any:
    return values.astype(np.int64) if np.isfinite(values).all() else values
