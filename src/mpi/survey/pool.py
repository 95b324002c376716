"""Several rounds of a survey put together."""

from __future__ import annotations

import functools
import operator
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, Problems, RequestError, unknown, warn
from mpi.frames.arrays import categories, first_of
from mpi.frames.lazy import recoded
from mpi.frames.own_columns import EVERYBODY
from mpi.inference.design import PsuDesign
from mpi.survey.origin import together
from mpi.survey.round_codes import one_coding
from mpi.survey.sample import hint_of_shared
from mpi.survey.survey import Survey, made

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from mpi.survey.round_codes import RoundLabels, Values

__all__ = ["coded_alike", "pool"]


@kinds_checked
def pool(
    surveys: Mapping[Any, Survey], *, shared_psus: bool | None = None, labels: RoundLabels | None = None
) -> Survey:
    """Put several rounds together.

    Parameters
    ----------
    surveys : mapping of round label to Survey
        For example ``{2016: a, 2018: b}``. The rounds keep their own weights and designs; columns used in an
        estimate must have the same name in each.
    shared_psus : bool, optional
        Whether equal stratum and PSU codes in different rounds are the same places. Changes then carry the
        covariance of the shared PSUs; rounds are independent otherwise. Say which, where rounds have such codes in
        common; if nothing is said, they are taken as independent, with a warning.
    labels : "first" or mapping of column to what its codes mean, optional
        What to do where value labels of the rounds disagree. ``"first"``, of all columns or of one: codes mean the
        same in all rounds, and the labels of the first hold. Or a mapping, for a column, of codes to their labels
        in all rounds (``{1: "Kinh"}``), of labels to what they are called here (``{"Kinh (Viet)": "Kinh"}``), or of
        a round to its codes and labels (``{2018: {0: "men", 1: "women"}}``).

    Returns
    -------
    Survey
        The rounds as one survey, the keys of the mapping being its waves.

    Raises
    ------
    MpiError
        When a round already has several waves, the rounds' single-PSU rules differ, or a code has different labels
        in two rounds and it is unknown what is meant.

    Notes
    -----
    Where codes are labelled, groups of different rounds are one where their *labels* are the same, in whatever case:
    a column that was numbered anew is written in the codes of the round that is first to have the label, also for
    conditions and rules. Codes without labels are joined as they are. A code with two labels that both have codes
    of their own elsewhere was numbered anew; of any other it is asked whether the label was only written otherwise.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> old = mpi.Survey(pd.DataFrame({"g": [1, 2, 2]}), labels={"g": {1: "Kinh", 2: "Hmong"}})
    >>> new = mpi.Survey(pd.DataFrame({"g": [1, 1, 2]}), labels={"g": {1: "Hmong", 2: "Kinh"}})
    >>> mpi.pool({2016: old, 2018: new}).numbers("g")
    array([1, 2, 2, 2, 2, 1])
    """
    problems = Problems("the rounds cannot be pooled", DataError)
    if not isinstance(surveys, Mapping) or not all(isinstance(s, Survey) for s in surveys.values()):
        raise RequestError("the rounds cannot be pooled: give a mapping of labels to surveys, {2016: a, 2018: b}")
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
    problems.found += _wrong_labels(labels, parts)
    problems.raise_if_any()
    if not all(s.in_memory for s in parts):
        from mpi.survey.out_of_core import pooled

        return pooled(surveys, shared_psus=shared_psus, labels=labels)
    known, moved = coded_alike(surveys, labels, lambda i, c: _levels(parts[i], c))
    parts = [s.over([recoded(f, m) for f in s.frames]) if m else s for s, m in zip(parts, moved, strict=True)]
    design = _stack(parts, shared=shared_psus)
    starts = np.cumsum([0, *(s.design.units for s in parts)])
    unit = np.concatenate([s.unit + np.int32(a) for s, a in zip(parts, starts, strict=False)])
    if shared_psus and len(parts) > 1 and not design.shared:
        warn("the rounds share no PSU: their stratum and PSU codes never agree (are some text and some numbers?)")
    return made(
        frames=tuple(f for s in parts for f in s.frames),
        weight=np.concatenate([s.weight for s in parts]),
        unit=unit,
        design=design,
        waves=tuple(surveys),
        domain=None,
        labels=known,
        roles=parts[0].roles,
        missing=functools.reduce(operator.or_, (s.missing for s in parts)),
        origin=together(s.origin for s in parts),
    )


def _unlike(parts: Sequence[Survey]) -> list[str]:
    """Say in what roles of columns the rounds differ."""
    if len({"cases" in s.roles for s in parts}) > 1:
        return ["some are profiles and some are microdata; take mpi.profile(...) of each first"]
    if len({tuple(sorted(s.roles)) for s in parts}) > 1:
        return ["some have a size, household, strata or PSU column that others lack"]
    return []


def coded_alike(
    surveys: Mapping[Any, Survey], said: RoundLabels | None, values: Values
) -> tuple[dict[str, dict[Any, str]], tuple[Mapping[str, Mapping[Any, Any]], ...]]:
    """Return the labels that hold in all rounds, and which codes of each round are to be written otherwise.

    Raises
    ------
    MpiError
        With every column of which it is unknown what its codes mean.
    """
    problems = Problems("the rounds cannot be pooled", DataError)
    coding = one_coding([s.labels for s in surveys.values()], list(surveys), values, said, problems)
    problems.raise_if_any()
    return coding.labels, coding.moved


def _levels(survey: Survey, column: str) -> list[Any]:
    """Return the values that occur in a column; none where a round lacks it, which is told when it is asked for."""
    if column not in survey.columns:
        return []
    found = categories(survey.frames, column)
    there = np.bincount(found.index, minlength=len(found.levels)) > 0
    return [v for v, here in zip(found.levels, there.tolist(), strict=True) if here and v is not None]


def _wrong_labels(labels: Any, parts: Sequence[Survey]) -> list[str]:
    """Say what is wrong with what the user says of labels, as far as no data are needed."""
    if labels is None or labels == "first":
        return []
    if not isinstance(labels, Mapping):
        return [f"labels: {labels!r} is neither 'first' nor a mapping of columns, {{'ethnicity': 'first'}}"]
    known = list(dict.fromkeys(c for s in parts for c in s.columns))
    return [f"labels: {unknown('column', c, known)}" for c in labels if c not in known]


def _stack(parts: Sequence[Survey], *, shared: bool | None) -> PsuDesign:
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
    elif shared is None and len(parts) > 1 and all(s.roles.get("psu", EVERYBODY) != EVERYBODY for s in parts):
        hint_of_shared(_identities(parts)[1])
    bare = [np.zeros(d.units, dtype=bool) if d.weightless is None else d.weightless for d in (s.design for s in parts)]
    weightless = np.concatenate(bare) if any(b.any() for b in bare) else None
    return PsuDesign(stratum, psu, wave, place, sampled, first.single_psu, first.single_in_group, weightless)


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
