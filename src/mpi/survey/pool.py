"""Several rounds of a survey put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mpi.core.arguments import kinds_checked
from mpi.core.errors import DataError, Problems, RequestError, unknown
from mpi.survey.memory import MemoryRows
from mpi.survey.stack import stacked
from mpi.survey.survey import Survey, of_rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.survey.round_codes import RoundLabels

__all__ = ["pool"]


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
    problems.found += [f"{k!r} already holds several rounds" for k, s in surveys.items() if s.rows.has_rounds]
    problems.found += [
        f"{k!r} has a domain; pool first, then use where()" for k, s in surveys.items() if s.rows.has_domain
    ]
    rules = {s.rows.single_rules for s in parts}
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
    rounds = {name: s.rows for name, s in surveys.items()}
    held = {name: r for name, r in rounds.items() if isinstance(r, MemoryRows)}
    if len(held) == len(rounds):
        return of_rows(stacked(held, shared_psus=shared_psus, labels=labels))
    from mpi.survey.left_to_engine import pooled  # which rounds in memory need not wait for

    return of_rows(pooled(rounds, shared_psus=shared_psus, labels=labels))


def _unlike(parts: Sequence[Survey]) -> list[str]:
    """Say in what roles of columns the rounds differ."""
    if len({"cases" in s.roles for s in parts}) > 1:
        return ["some are profiles and some are microdata; take mpi.profile(...) of each first"]
    if len({tuple(sorted(s.roles)) for s in parts}) > 1:
        return ["some have a size, household, strata or PSU column that others lack"]
    return []


def _wrong_labels(labels: Any, parts: Sequence[Survey]) -> list[str]:
    """Say what is wrong with what the user says of labels, as far as no data are needed."""
    if labels is None or labels == "first":
        return []
    if not isinstance(labels, Mapping):
        return [f"labels: {labels!r} is neither 'first' nor a mapping of columns, {{'ethnicity': 'first'}}"]
    known = list(dict.fromkeys(c for s in parts for c in s.columns))
    return [f"labels: {unknown('column', c, known)}" for c in labels if c not in known]
