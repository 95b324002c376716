"""Figures judged by a scheme: what it calls each, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.release.conditions import INGREDIENTS
from mpi.release.ingredients import derived, ingredients, shares
from mpi.release.library import scheme_of
from mpi.tables.keys import NAMES, coded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.release.conditions import ReliabilityCondition
    from mpi.release.scheme import Label, Scheme
    from mpi.tables.estimates_like import EstimatesLike

    Floats = NDArray[np.float64]

__all__ = ["JUDGED", "Judged", "cases_counted", "judged", "reliability"]

JUDGED = "not judged"
"""What figures are called that a scheme says nothing of: changes and gaps, by a rule of coefficients of variation."""


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The label of each figure under a scheme, and the reason where it is not shown.

    Attributes
    ----------
    label : ndarray of int
        The position of each figure's label in the scheme; -1 where the scheme says nothing of it.
    reason : list of str
        Why a figure that is not shown is not; empty for others.
    """

    label: NDArray[np.int64]
    reason: list[str]

    def hidden(self, scheme: Scheme) -> NDArray[np.bool_]:
        """Return which figures are not shown."""
        return np.array([label.show == "hidden" for label in scheme.labels] + [False])[self.label]


def judged(est: EstimatesLike, scheme: Scheme) -> Judged:
    """Return what a scheme says of each estimate; an estimate that is undefined is judged by its cases alone."""
    found = ingredients(est)
    share, own = shares(est), ~derived(est)
    label = np.full(len(est), len(scheme.labels) - 1)
    for i in reversed(range(len(scheme.labels) - 1)):
        one = scheme.labels[i]
        label[np.where(share, _met(one.shares, found, len(est)), _met(one.means, found, len(est)))] = i
    counts = all(c.name in {"n", "psu"} for one in scheme.labels for c in one.conditions)
    if not counts:
        label[~own | np.isnan(est.value)] = -1
    reason = [""] * len(est)
    cases = cases_counted(est)
    for i in np.flatnonzero(Judged(label, []).hidden(scheme)).tolist():
        reason[i] = _reason(scheme, found, i, cases, share=bool(share[i]))
    return Judged(label, reason)


def _met(
    ways: Sequence[Sequence[ReliabilityCondition]], ingredients: Mapping[str, Floats], count: int
) -> NDArray[np.bool_]:
    """Return which figures meet all conditions of one of the ways."""
    met = np.zeros(count, dtype=bool)
    for way in ways:
        met |= np.logical_and.reduce([c.met(ingredients) for c in way])
    return met


def _reason(scheme: Scheme, ingredients: Mapping[str, Floats], i: int, cases: str, *, share: bool) -> str:
    """Say which condition of the last label that is shown a figure does not meet: the first of them."""
    if scheme.few and ingredients["n"][i] < scheme.few:
        return f"fewer than {scheme.few} {cases}"
    last: Label = next(one for one in reversed(scheme.labels) if one.show != "hidden")
    for way in last.shares if share else last.means:
        for one in way:
            if not one.met({k: v[i : i + 1] for k, v in ingredients.items()})[0]:
                unknown = np.isnan(ingredients[one.name][i])
                return f"{INGREDIENTS[one.name]} not known" if unknown else one.unmet(cases)
    return scheme.labels[-1].name


def cases_counted(est: EstimatesLike) -> str:
    """Return what the cases of estimates are: households, where rows are such."""
    said = est.about.get("counted", "")
    if said.startswith("households") or "each household's row" in said:
        return "households"
    return "persons" if said.startswith("persons") else "cases"


@kinds_checked
def reliability(est: EstimatesLike, scheme: Any) -> pd.DataFrame:
    """Return what a scheme says of each estimate, with all that it is judged by.

    Parameters
    ----------
    est : Estimates
        The estimates.
    scheme : Scheme, str, path or dict
        The scheme: its name (see `list_schemes`), a file or a dictionary of your own.

    Returns
    -------
    pandas.DataFrame
        One row for each estimate: its keys; the unweighted cases it rests on, ``n``, and those with the trait,
        ``n_with``; ``psu, df, deff, ess, estimate, se, cv, log_cv, ine_limit``; and ``label``, what the scheme calls
        it, ``show``, how it is printed (``plain``, ``brackets``, ``mark`` or ``hidden``), ``reason``, why it is not
        shown. It holds what is not to be published: it is for whoever makes the tables.

    Raises
    ------
    MpiError
        When there is no such scheme, or the file has problems.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["province"], statistics=["H"])
    >>> mpi.release.reliability(est, "statcan")["label"].value_counts().to_dict()
    {'unacceptable': 28, 'acceptable': 7, 'marginal': 7}
    """
    import pandas as pd

    rule = scheme_of(scheme)
    said = judged(est, rule)
    keys = {name: pd.Categorical(est.keys[name].to_list()) for name in NAMES}
    names = coded([*(one.name for one in rule.labels), JUDGED])
    shown = [*(one.show for one in rule.labels), "plain"]
    out = pd.DataFrame({**keys, **ingredients(est)})
    return out.assign(
        label=[names.values[i] for i in said.label], show=[shown[i] for i in said.label], reason=said.reason
    )
