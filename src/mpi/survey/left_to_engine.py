"""Surveys that are left to engines: calibrated there, put together, or handed over from memory."""

from __future__ import annotations

import functools
import operator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError
from mpi.frames.lazy import lazy_with_levels, recoded
from mpi.frames.own_columns import OWN
from mpi.survey.origin import together
from mpi.survey.out_of_core import EngineRows
from mpi.survey.source import Source
from mpi.survey.split import refuse_split
from mpi.survey.stack import coded_alike

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.survey.recipe import Recipe
    from mpi.survey.round_codes import RoundLabels
    from mpi.survey.rows import SurveyRows

__all__ = ["calibrated_there", "left_to_engine", "pooled"]


def calibrated_there(rows: SurveyRows, recipe: Recipe) -> EngineRows:
    """Return rows whose weights meet margins, whatever is condensed of them; whether they can is found out now."""
    if not isinstance(rows, EngineRows) or rows.recipe is not None:
        raise RequestError("the survey is calibrated already; give all margins at once")
    made = replace(rows, recipe=recipe)
    made.condensed()
    return made


def left_to_engine(rows: SurveyRows) -> EngineRows:
    """Return rows as such that are left to their engine, whatever holds them.

    Raises
    ------
    MpiError
        When they have a domain and are in memory; the domain can be chosen afterwards.
    """
    if isinstance(rows, EngineRows):
        if rows.recipe is not None:
            raise RequestError("the survey is calibrated, which condensing would forget; take it as it was before")
        return rows
    here = rows.collect()
    refuse_split(here.design, "condensing")
    if here.domain is not None:
        raise RequestError("the survey has a domain; take the whole, and choose the domain afterwards with where=")
    options = {
        "shared_psus": here.design.shared, "single_psu": here.design.single_psu,
        "single_in_group": here.design.single_in_group,
    }  # fmt: skip
    own = tuple(c for c in OWN if c in here.roles.values())
    held = [lazy_with_levels(f.to_native()) for f in here.frames]
    sources = tuple(Source(frame, here.roles, own=own, levels=known) for frame, known in held)
    rounds = here.waves if len(sources) > 1 else ()
    return EngineRows(sources, rounds, options, here.labels, here.missing, here.origin)


def pooled(rounds: Mapping[Any, SurveyRows], *, shared_psus: bool | None, labels: RoundLabels | None) -> EngineRows:
    """Put rounds together of which some are not in memory, and which fit; see `mpi.pool`."""
    parts = {name: left_to_engine(r) for name, r in rounds.items()}
    every = list(parts.values())
    known, moved = coded_alike(parts, labels)
    sources = [replace(s, frame=recoded(s.frame, m)) for p, m in zip(every, moved, strict=True) for s in p.sources]
    options = {**every[0].options, "shared_psus": shared_psus}
    missing = functools.reduce(operator.or_, (p.missing for p in every))
    return EngineRows(tuple(sources), tuple(rounds), options, known, missing, together(p.origin for p in every))
