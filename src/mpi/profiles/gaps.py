"""Sums of gaps that a profile carries: of each indicator, by all that tells its rows apart, the pattern included."""

from __future__ import annotations

from typing import TYPE_CHECKING

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import RequestError
from mpi.estimation.gaps import checked_sums, summed_gaps, with_gaps
from mpi.estimation.patterns import profile
from mpi.estimation.rows import Rows
from mpi.frames.aggregation import summed
from mpi.survey.out_of_core import EngineRows
from mpi.survey.survey import of_rows

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.estimation.gaps import KnownGap
    from mpi.measures.measure import Measure
    from mpi.survey.memory import MemoryRows

__all__ = ["condensed_with_gaps"]


def condensed_with_gaps(
    rows: EngineRows, measure: Measure, groups: Sequence[str], gaps: Mapping[str, KnownGap], most: int
) -> MemoryRows:
    """Condense rows, with the sums of gaps and squared gaps of some indicators.

    Raises
    ------
    MpiError
        When the gaps do not fit the deprivations, or the rows are those of a profile.
    """
    if "cases" in rows.roles:
        raise RequestError("gaps: a profile does not have the rows that gaps are of; make it anew of the microdata")
    survey, pairs = with_gaps(of_rows(rows), gaps)
    if not isinstance(survey.rows, EngineRows):
        raise TypeError("rows left to an engine stay there")
    small = survey.rows.condensed(measure.columns, groups, pairs, most=most)
    piece = of_rows(small)
    cases = piece.numbers(piece.roles["cases"]).astype(np.int64)
    all_of = Rows(None, piece.unit, piece.weight, np.arange(piece.design.units), cases)
    sums = checked_sums(piece, profile(piece, measure, all_of), measure, gaps, pairs)
    table = piece.frames[0].to_native()
    ours = [c for i in range(len(pairs)) for c in summed(i)]
    carried = {c: s for name, both in sums.items() for c, s in zip(summed_gaps(name), both, strict=True)}
    return small.over([nw.from_native(table.drop(columns=ours).assign(**carried), eager_only=True)])
