"""The figures that a picture shows: one statistic, one disaggregation, its rounds; ambiguous requests are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from mpi.core.errors import Problems, RequestError
from mpi.tables.select import estimates_only, select_by, values_of

if TYPE_CHECKING:
    from mpi.frames.aggregation import By
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["chosen", "disaggregation", "refuse", "require_single_values", "rounds"]


def refuse(picture: str, why: str) -> NoReturn:
    """Refuse to draw.

    Raises
    ------
    MpiError
        Always.
    """
    raise RequestError(f"plot.{picture}: {why}")


def disaggregation(est: EstimatesLike, by: By | None, picture: str) -> str:
    """Return the disaggregation asked for, or the only one there is."""
    estimates_only(est, f"plot.{picture}")
    if by is not None:
        return str(est.keys["by"].values[select_by(est, by, f"plot.{picture}")])
    known = [str(v) for v in values_of(est, "by") if v != "total"]
    if len(known) != 1:
        found = (
            f"there are {len(known)} disaggregations ({', '.join(known)}); name one" if known else "there are no groups"
        )
        refuse(picture, f"by: {found}")
    return known[0]


def require_single_values(est: EstimatesLike, picture: str, *names: str) -> None:
    """Refuse estimates that hold several values of a key where a picture shows one.

    Raises
    ------
    MpiError
        With all keys that have several values.
    """
    problems = Problems(f"plot.{picture} cannot draw these", RequestError)
    for name in names:
        values = values_of(est, name)
        if len(values) > 1:
            shown = ", ".join(map(str, values[:6]))
            problems.add(
                f"{name}: there are {len(values)} ({shown}); take one, such as est.select({name}={values[0]!r})"
            )
    problems.raise_if_any()


def chosen(est: EstimatesLike, picture: str, statistic: str, by: str | None = None, **more: Any) -> EstimatesLike:
    """Return the plain estimates of one statistic, of one disaggregation (and the total), at one cutoff and weighting.

    Raises
    ------
    MpiError
        When the statistic does not occur, or several cutoffs or weightings do.
    """
    estimates_only(est, f"plot.{picture}")
    found = est.select(statistic=statistic, **more)
    if by is not None:
        column = found.keys["by"]
        wanted = [column.values.index(v) for v in ("total", by) if v in column.values]
        found = found.take(np.flatnonzero(np.isin(column.index, wanted)))
    require_single_values(found, picture, "contrast", "cutoff", "weighting")
    return found


def rounds(est: EstimatesLike) -> list[str]:
    """Return the rounds in their order, as texts; one empty text without rounds."""
    return [str(w) for w in values_of(est, "wave")] or [""]
