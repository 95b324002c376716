"""Estimates as they may be handed out: what a scheme hides is gone from them, and each says how it is shown."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from mpi.core.errors import RequestError
from mpi.inference.counts import ShareCounts
from mpi.release.library import scheme_of
from mpi.release.reliability import JUDGED, judged
from mpi.release.suppression import complementary
from mpi.tables.footnotes import MISSING
from mpi.tables.keys import coded
from mpi.tables.status import PLAIN, Status

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.release.reliability import Judged
    from mpi.release.scheme import Label, Scheme
    from mpi.tables.estimates_like import EstimatesLike

E = TypeVar("E", bound="EstimatesLike")

__all__ = ["ABOUT", "NOT_SHOWN", "released"]

ABOUT = "release"
"""Where `Estimates.about` says by which scheme figures are shown."""

NOT_SHOWN = "not shown: "
"""How the status of what is not shown begins."""

BESIDE = "others that are not shown would follow from it"
"""Why figures are hidden that no rule hides."""


def released(est: E, scheme: Any) -> E:
    """Return estimates without the figures that a scheme does not show; see `Estimates.release`."""
    rule = scheme_of(scheme)
    if est.status is not None:
        raise RequestError("these estimates were released already; release those that they come from")
    said = judged(est, rule)
    hidden = said.hidden(rule)
    beside = complementary(est, hidden, hidden & (est.n < rule.few), rule.protection)
    return _without(est, hidden | beside, _status(est, rule, said, hidden, beside), rule)


def _status(
    est: EstimatesLike, rule: Scheme, judged: Judged, hidden: NDArray[np.bool_], beside: NDArray[np.bool_]
) -> Status:
    """Return how each figure is shown; what is undefined stays so where the rule does not hide it."""
    forms = [*map(_form, rule.labels), PLAIN]
    names = [*(label.name for label in rule.labels), JUDGED]
    few = est.n < rule.few
    form, label = [forms[i] for i in judged.label], [names[i] for i in judged.label]
    for i in np.flatnonzero(hidden).tolist():
        form[i] = f"<{rule.few}" if few[i] else MISSING
        label[i] = NOT_SHOWN + judged.reason[i]
    for i in np.flatnonzero(beside).tolist():
        form[i], label[i] = MISSING, NOT_SHOWN + BESIDE
    return Status(coded(form), coded(label), f"{rule.title}: {rule.rule}")


def _form(label: Label) -> str:
    if label.show == "hidden":
        return MISSING
    return {"plain": PLAIN, "brackets": f"({PLAIN})", "mark": f"{PLAIN} {label.mark}"}[label.show]


def _without(est: E, hidden: NDArray[np.bool_], status: Status, rule: Scheme) -> E:
    """Return estimates whose hidden figures, and all that they rest on, are missing."""
    import scipy.sparse as sp

    def shown(values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values, missing where they are hidden."""
        return np.where(hidden, np.nan, values)

    flags = [s if h else f for s, h, f in zip(status.label.to_list(), hidden, est.flag.to_list(), strict=True)]
    jacobian = sp.csr_array(sp.diags_array((~hidden).astype(np.float64)) @ est.influence.jacobian)
    jacobian.eliminate_zeros()
    sure = f" ({rule.standing}: {rule.source})" if rule.standing or rule.source else ""
    counts = est.counts
    return replace(
        est,
        **{name: shown(getattr(est, name)) for name in ("value", "se", "df", "n", "n_psu")},
        estimable=est.estimable & ~hidden,
        flag=coded(flags),
        influence=replace(est.influence, jacobian=jacobian),
        counts=counts and ShareCounts(shown(counts.n_with), shown(counts.weight)),
        simple=None,
        status=status,
        about={**est.about, ABOUT: f"{rule.title}: {rule.rule}{sure}"},
    )
