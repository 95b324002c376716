"""Rounds in memory put one after the other: their rows, codes and designs."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import DataError, Problems, warn
from mpi.frames.arrays import categories
from mpi.frames.compress import first_of
from mpi.frames.lazy import recoded
from mpi.frames.own_columns import EVERYBODY
from mpi.survey.columns import Columns
from mpi.survey.memory import MemoryRows
from mpi.survey.origin import together
from mpi.survey.round_codes import common_coding
from mpi.survey.sample import hint_of_shared
from mpi.survey.stack_designs import stacked_designs

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.inference.design import PsuDesign
    from mpi.survey.round_codes import RoundLabels
    from mpi.survey.rows import SurveyRows

__all__ = ["coded_alike", "stacked"]


def stacked(
    rounds: Mapping[Any, MemoryRows], *, shared_psus: bool | None, labels: RoundLabels | None = None
) -> MemoryRows:
    """Put rounds one after the other, which fit; see `mpi.pool`.

    Parameters
    ----------
    rounds : mapping of round to MemoryRows
        The rounds, without a domain.
    shared_psus, labels : optional
        See `mpi.pool`.

    Raises
    ------
    MpiError
        When it is unknown what codes mean.
    """
    known, moved = coded_alike(rounds, labels)
    parts = [r.over([recoded(f, m) for f in r.frames]) if m else r for r, m in zip(rounds.values(), moved, strict=True)]
    design = _stack(parts, shared=shared_psus)
    starts = np.cumsum([0, *(r.design.units for r in parts)])
    unit = np.concatenate([r.unit + np.int32(a) for r, a in zip(parts, starts, strict=False)])
    if shared_psus and len(parts) > 1 and not design.drawn.shared:
        warn("the rounds share no PSU: their stratum and PSU codes never agree (are some text and some numbers?)")
    missing = functools.reduce(operator.or_, (r.missing for r in parts))
    return MemoryRows(
        Columns(tuple(f for r in parts for f in r.frames), known, missing),
        weight=np.concatenate([r.weight for r in parts]),
        unit=unit,
        design=design,
        waves=tuple(rounds),
        roles=parts[0].roles,
        origin=together(r.origin for r in parts),
        weighting=tuple(dict.fromkeys(said for r in parts for said in r.weighting)),
    )


def coded_alike(
    parts: Mapping[Any, SurveyRows], said: RoundLabels | None
) -> tuple[dict[str, dict[Any, str]], tuple[Mapping[str, Mapping[Any, Any]], ...]]:
    """Return the labels that hold in all rounds, and which codes of each round are to be written otherwise.

    Raises
    ------
    MpiError
        With every column of which it is unknown what its codes mean.
    """
    problems = Problems("the rounds cannot be pooled", DataError)
    every = list(parts.values())
    labels = [r.labels for r in every]
    coding = common_coding(labels, list(parts), lambda i, column: every[i].unique(column), said, problems)
    problems.raise_if_any()
    return coding.labels, coding.moved


def _stack(parts: Sequence[MemoryRows], *, shared: bool | None) -> PsuDesign:
    """Put the designs of independent files one after the other; link PSUs by their codes where they are shared."""
    place = psu = None
    if shared:
        place, psu = _identities(parts)
    elif shared is None and len(parts) > 1 and all(s.roles.get("psu", EVERYBODY) != EVERYBODY for s in parts):
        hint_of_shared(_identities(parts)[1])
    return stacked_designs([s.design for s in parts], place, psu)


def _identities(parts: Sequence[MemoryRows]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number strata and PSUs by their codes across files."""
    places: dict[Hashable, int] = {}
    psus: dict[Hashable, int] = {}
    place, psu = [], []
    for s in parts:
        drawn = s.design.drawn
        row = first_of(s.design.psus(s.unit), drawn.units)
        h = _codes(s, "strata", row)
        c = _codes(s, "psu", row)
        of_stratum = first_of(drawn.stratum, drawn.strata)
        place += [places.setdefault(h[u], len(places)) for u in of_stratum]
        psu += [psus.setdefault((a, b), len(psus)) for a, b in zip(h, c, strict=True)]
    return np.array(place, dtype=np.int32), np.array(psu, dtype=np.int32)


def _codes(s: MemoryRows, role: str, row: NDArray[np.int64]) -> list[Any]:
    if role not in s.roles:
        return [0] * len(row) if role == "strata" else list(range(len(row)))
    found = categories(s.frames, s.roles[role])
    return [found.levels[i] for i in found.index[row]]
