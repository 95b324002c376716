"""Scores row by row: who is deprived in what, how much, and who is poor, to stand beside the user's own rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.estimation.identify import bounded, complete, reweighted
from mpi.estimation.patterns import profile
from mpi.estimation.request import check_measure
from mpi.estimation.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from mpi.estimation.identify import Scores
    from mpi.measures.measure import Measure
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["scores"]


@kinds_checked
def scores(survey: Survey, measure: Measure, *, prefix: str = "") -> Any:
    """Return what a measure says of each row: its deprivations, its score, and whether it is poor.

    Parameters
    ----------
    survey : Survey
        Who was asked. Rows that are with an engine are read into memory, those columns that are needed.
    measure : Measure
        Whose indicators, weights and cutoff count. Its policy for missing answers says which rows have a score.
    prefix : str, optional
        Put before the name of each new column.

    Returns
    -------
    frame
        A row for each of the survey's, in its order, in the library of its frame; of pandas with the frame's own
        index, so that ``frame.join(mpi.scores(survey, measure))`` puts both together. Of pooled rounds the
        first column is ``wave``. The others:

        - ``score``, the weighted share of deprivations, from 0 to 1;
        - ``poor``, 1 where the score is at least the cutoff (compared exactly), 0 where it is not;
        - ``censored_score``, the score of the poor, and 0 of the others: its weighted mean is M0;
        - ``deprived_<indicator>``, 1 or 0 as answered.

        All are missing outside of the survey's domain, and score and status also where the policy ``drop`` or
        ``reweight`` leaves the row out. With ``bounds`` they come twice, ending in ``_lower`` and ``_upper``.

    Raises
    ------
    MpiError
        When indicators are absent or are not 0, 1 or missing.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> people = pd.DataFrame({"a": [1, 0, None], "b": [1, 1, 0]}, index=["An", "Binh", "Chi"])
    >>> measure = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="2/3")
    >>> mpi.scores(mpi.Survey(people), measure)[["score", "poor", "deprived_b"]]
          score  poor  deprived_b
    An      1.0   1.0         1.0
    Binh    0.5   0.0         1.0
    Chi     NaN   NaN         0.0
    """
    check_measure(measure)
    survey.check_columns(measure.columns)
    here = survey.collect(measure.columns)
    columns = _columns(here, measure)
    if prefix:
        columns = {prefix + name: values for name, values in columns.items()}
    ends = np.cumsum([0, *(len(f) for f in here.frames)])
    made = [
        _beside(frame, {n: v[a:b] for n, v in columns.items()})
        for frame, a, b in zip(here.frames, ends[:-1], ends[1:], strict=True)
    ]
    if len(made) == 1:
        return made[0].to_native()
    kinds = {f.implementation for f in made}
    if len(kinds) > 1:
        made = [nw.from_native(f.to_pandas(), eager_only=True) for f in made]
    names = [nw.lit(w).alias(f"{prefix}wave") for w in here.waves]
    return nw.concat([f.select(w, nw.all()) for f, w in zip(made, names, strict=True)]).to_native()


def _beside(frame: nw.DataFrame[Any], columns: Mapping[str, Floats]) -> nw.DataFrame[Any]:
    """Return columns as a frame of the same library, with the same index where it has one."""
    made = nw.from_dict(dict(columns), backend=frame.implementation)
    if not frame.implementation.is_pandas_like():
        return made.with_columns(nw.all().fill_nan(None))
    native = made.to_native()
    native.index = frame.to_native().index
    return nw.from_native(native, eager_only=True)


def _columns(survey: Survey, measure: Measure) -> dict[str, Floats]:
    """Return the new columns, each with an entry for every row."""
    counting = survey.counting
    take = np.arange(len(survey)) if counting is None else np.flatnonzero(counting)
    rows = Rows(take, survey.unit[take], survey.weight[take], np.arange(survey.design.units))
    prof = profile(survey, measure, rows)
    found: dict[str, Floats] = {}
    for end, scored in _scored(prof.deprived, prof.missing, measure).items():
        score, poor = scored.score(), scored.reach(measure.cutoff).astype(np.float64)
        for name, values in {"score": score, "poor": poor, "censored_score": score * poor}.items():
            found[name + end] = np.where(scored.kept, values, np.nan)[prof.pattern]
    answered = np.where(prof.missing, np.nan, prof.deprived.astype(np.float64))
    found |= {f"deprived_{name}": answered[:, j][prof.pattern] for j, name in enumerate(measure.names)}
    if counting is None:
        return found
    whole = {name: np.full(len(survey), np.nan) for name in found}
    for name, values in found.items():
        whole[name][take] = values
    return whole


def _scored(deprived: NDArray[np.bool_], missing: NDArray[np.bool_], measure: Measure) -> Mapping[str, Scores]:
    """Return the scores of the patterns by what their columns end in."""
    if measure.missing == "bounds":
        return {
            "_lower": bounded(deprived, missing, measure, upper=False),
            "_upper": bounded(deprived, missing, measure, upper=True),
        }
    policy = reweighted if measure.missing == "reweight" else complete
    return {"": policy(deprived, missing, measure)}
