"""Several rounds of a survey put together."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.columns import categories, first_of
from mpi.design import Design
from mpi.errors import MpiError, MpiWarning, Problems
from mpi.survey import Survey, made

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

__all__ = ["labels_of", "pool"]


def pool(surveys: Mapping[Any, Survey], *, shared_psus: bool = False) -> Survey:
    """Put several rounds together.

    Parameters
    ----------
    surveys : mapping of round label to Survey
        For example ``{2016: a, 2018: b}``. The rounds keep their own weights and designs; columns used in an
        estimate must have the same name in each.
    shared_psus : bool, default False
        Whether equal stratum and PSU codes in different rounds are the same places. Changes then carry the
        covariance of the shared PSUs; rounds are independent otherwise.

    Raises
    ------
    MpiError
        When a round already has several waves, or the rounds' single-PSU rules differ.
    """
    problems = Problems("the rounds cannot be pooled")
    if not isinstance(surveys, Mapping) or not all(isinstance(s, Survey) for s in surveys.values()):
        raise MpiError("the rounds cannot be pooled: give a mapping of labels to surveys, {2016: a, 2018: b}")
    parts = list(surveys.values())
    if not parts:
        problems.add("there are none")
    problems.found += [f"{k!r} already holds several rounds" for k, s in surveys.items() if s.has_rounds]
    problems.found += [f"{k!r} has a domain; pool first, then use where()" for k, s in surveys.items() if s.has_domain]
    rules = {s.single_rules for s in parts}
    if len(rules) > 1:
        problems.add(f"they have different rules for strata with one PSU: {', '.join(sorted(r[0] for r in rules))}")
    problems.found += _unlike(parts)
    for role in ("size", "household"):
        names = list(dict.fromkeys(s.roles[role] for s in parts if role in s.roles))
        if len(names) > 1:
            problems.add(f"their {role} columns have different names, {', '.join(map(repr, names))}; rename them alike")
    if shared_psus and not all("psu" in s.roles for s in parts):
        problems.add("shared_psus: there are no PSUs to share; read every round with psu=")
    problems.raise_if_any()
    if not all(s.in_memory for s in parts):
        from mpi.unread import pooled

        return pooled(surveys, shared_psus=shared_psus)
    design = _stack(parts, shared=shared_psus)
    starts = np.cumsum([0, *(s.design.units for s in parts)])
    unit = np.concatenate([s.unit + np.int32(a) for s, a in zip(parts, starts, strict=False)])
    if shared_psus and len(parts) > 1 and not design.shared:
        warnings.warn(
            "the rounds share no PSU: their stratum and PSU codes never agree (are some text and some numbers?)",
            MpiWarning,
            stacklevel=2,
        )
    return made(
        frames=tuple(f for s in parts for f in s.frames),
        weight=np.concatenate([s.weight for s in parts]),
        unit=unit,
        design=design,
        waves=tuple(surveys),
        domain=None,
        labels=labels_of(parts),
        roles=parts[0].roles,
        missing=functools.reduce(operator.or_, (s.missing for s in parts)),
    )


def _unlike(parts: Sequence[Survey]) -> list[str]:
    """Say in what roles of columns the rounds differ."""
    if len({"cases" in s.roles for s in parts}) > 1:
        return ["some are profiles and some are microdata; take mpi.profile(...) of each first"]
    if len({tuple(sorted(s.roles)) for s in parts}) > 1:
        return ["some have a size, household, strata or PSU column that others lack"]
    return []


def labels_of(parts: Sequence[Survey]) -> dict[str, dict[Any, str]]:
    """Put the value labels together; where rounds call one code by two names, the last one's stands."""
    labels: dict[str, dict[Any, str]] = {}
    for s in parts:
        for column, values in s.labels.items():
            known = labels.setdefault(column, {})
            other = [f"{known[v]!r} and {label!r}" for v, label in values.items() if known.get(v, label) != label]
            if other:
                warnings.warn(
                    f"{column!r} has different labels in different rounds ({', '.join(other[:3])}); the last are used",
                    MpiWarning,
                    stacklevel=3,
                )
            known.update(values)
    return labels


def _stack(parts: Sequence[Survey], *, shared: bool) -> Design:
    """Put the designs of independent files one after the other; link PSUs by their codes where they are shared."""
    strata_starts = np.cumsum([0, *(s.design.strata for s in parts)])
    stratum = np.concatenate([s.design.stratum + np.int32(a) for s, a in zip(parts, strata_starts, strict=False)])
    wave = np.repeat(np.arange(len(parts), dtype=np.int32), [s.design.strata for s in parts])
    sampled = np.concatenate([s.design.sampled for s in parts])
    first = parts[0].design
    psu = np.arange(len(stratum), dtype=np.int32)
    place = np.arange(len(wave), dtype=np.int32)
    if shared:
        place, psu = _identities(parts)
    bare = [np.zeros(d.units, dtype=bool) if d.weightless is None else d.weightless for d in (s.design for s in parts)]
    weightless = np.concatenate(bare) if any(b.any() for b in bare) else None
    return Design(stratum, psu, wave, place, sampled, first.single_psu, first.single_in_group, weightless)


def _identities(parts: Sequence[Survey]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number strata and PSUs by their codes across files."""
    places: dict[Hashable, int] = {}
    psus: dict[Hashable, int] = {}
    place, psu = [], []
    for s in parts:
        row = first_of(s.unit, s.design.units)
        h = _codes(s, "strata", row)
        c = _codes(s, "psu", row)
        of_stratum = first_of(s.design.stratum, s.design.strata)
        place += [places.setdefault(h[u], len(places)) for u in of_stratum]
        psu += [psus.setdefault((a, b), len(psus)) for a, b in zip(h, c, strict=True)]
    return np.array(place, dtype=np.int32), np.array(psu, dtype=np.int32)


def _codes(s: Survey, role: str, row: NDArray[np.int64]) -> list[Any]:
    if role not in s.roles:
        return [0] * len(row) if role == "strata" else list(range(len(row)))
    found = categories(s.frames, s.roles[role])
    return [found.levels[i] for i in found.index[row]]
