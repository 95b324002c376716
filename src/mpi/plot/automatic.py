"""The picture that suits some estimates, chosen by what they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from mpi.core.arguments import kinds_explained
from mpi.plot.changed import change, slope
from mpi.plot.chosen import rounds
from mpi.plot.contributions import contributions
from mpi.plot.cutoffs import cutoffs
from mpi.plot.heat import heat
from mpi.plot.picture import Drawing  # noqa: TC001  # read when the signature is written out
from mpi.plot.ranked import ranked
from mpi.plot.waterfall import waterfall
from mpi.tables.select import estimates_only, values_of

if TYPE_CHECKING:
    from mpi.plot.picture import Picture
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["plot"]

_OF_INDICATORS = ("censored_headcount", "uncensored_headcount")
_LINES = 7
"""Up to how many groups two rounds are drawn as lines."""


@kinds_explained
def plot(est: EstimatesLike, **options: Unpack[Drawing]) -> Picture:
    """Draw the picture that suits these estimates; its `kind` says which, and ``mpi.plot`` has all of them.

    Effects of a change: `waterfall`. Several cutoffs of the total: `cutoffs`. Headcounts of indicators alone, by group:
    `heat`. Contributions alone: `contributions`. Two rounds: `slope` to 7 groups, else `change`. Else `ranked`.

    Parameters
    ----------
    est : Estimates
        One disaggregation, or none.
    **options
        As for `mpi.plot.ranked`.

    Raises
    ------
    MpiError
        When what is to be drawn is ambiguous; it says what to select.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["area"])
    >>> mpi.plot.plot(est).kind
    'slope'
    """
    estimates_only(est, "plot")
    statistics = [str(s) for s in values_of(est, "statistic")]
    waves = rounds(est)
    if "change" in values_of(est, "contrast") and any(str(c).endswith("_effect") for c in values_of(est, "contrast")):
        return waterfall(est, statistic=statistics[0], **options)
    statistic = "H" if "H" in statistics else statistics[0]
    if len(values_of(est, "cutoff")) > 1:
        return cutoffs(est, statistic=statistic, **options)
    if set(statistics) <= {"contribution_share"}:
        return contributions(est, **options)
    if statistics[0] in _OF_INDICATORS and len(statistics) == 1 and len(waves) == 1:
        return heat(est, statistic=statistics[0], **options)
    groups = {g for g, b in zip(est.keys["group"].to_list(), est.keys["by"].to_list(), strict=True) if b != "total"}
    if len(waves) > 1 and groups:
        draw = slope if len(groups) <= _LINES else change
        return draw(est, statistic=statistic, **options)
    return ranked(est, statistic=statistic, **options)
