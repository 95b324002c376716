"""Ranks of groups under each specification: orderings that stay, and those reversed beyond sampling error."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.exact import fraction
from mpi.core.readonly import seal
from mpi.results.lookup import levels, need
from mpi.robustness.pairs import pairs_of
from mpi.tables.select import select_by, values_of

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from mpi.core.exact import Number
    from mpi.frames.aggregation import By
    from mpi.results.estimates import Estimates
    from mpi.robustness.pairs import Pairs

    Floats = NDArray[np.float64]

__all__ = ["Rankings", "Robust", "arranged", "rankings"]


class Robust(NamedTuple):
    """Counts of pairs of groups that are ordered, and judged, alike in all specifications.

    Attributes
    ----------
    pairs : int
        The number of pairs.
    ordered : int
        Those whose order is the same in all specifications.
    judged : int
        Those that have the same order and are significant in all specifications, or in none.
    significant : int
        Those that are significant in the base.
    kept : int
        Those of these that are significant, in the same direction, in all specifications.
    """

    pairs: int
    ordered: int
    judged: int
    significant: int
    kept: int


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rankings:
    """The order of groups under several specifications of a measure, held against that under one of them, the base.

    Attributes
    ----------
    statistic, by : str
        What the groups are ordered by, and which disaggregation they are of.
    groups : tuple of str
        Their labels.
    specifications : tuple of (str, str)
        The cutoff and the weighting of each specification.
    base : int
        The position of the base among them.
    value : ndarray of float, shape (specifications, groups)
        The figures.
    pairs : Pairs
        The differences of all pairs of groups in each specification, with their errors.
    alpha : float
        The level of significance.
    """

    statistic: str
    by: str
    groups: tuple[str, ...]
    specifications: tuple[tuple[str, str], ...]
    base: int
    value: Floats
    pairs: Pairs
    alpha: float

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __repr__(self) -> str:
        """Say what is compared, and the result in one sentence."""
        size = f"{len(self.groups)} groups of {self.by}, {len(self.specifications)} specifications"
        return f"<Rankings by {self.statistic}: {size}>\n{self.sentence()}"

    def _repr_html_(self) -> str:
        """Return the sentence and the agreement with the base for a notebook."""
        from html import escape

        table: Any = self.agreement().to_html(float_format="{:.3f}".format)
        return f"<p>{escape(self.sentence())}</p>{table}"

    @property
    def ranks(self) -> NDArray[np.int64]:
        """The rank of each group in each specification (specifications x groups): 1 has the highest figure.

        Groups that tie share the best rank of theirs.
        """
        return np.asarray(1 + (self._signs() < 0).sum(axis=2))

    @property
    def same(self) -> NDArray[np.bool_]:
        """Return whether each pair is ordered as in the base (specifications x pairs)."""
        sign = np.sign(self.pairs.difference)
        return np.asarray(sign == sign[self.base])

    @property
    def reversed(self) -> NDArray[np.bool_]:
        """Return whether the order of each pair is the opposite of that in the base (specifications x pairs)."""
        sign = np.sign(self.pairs.difference)
        return np.asarray(sign * sign[self.base] < 0)

    @property
    def robust(self) -> Robust:
        """The counts of pairs of groups that are ordered, and judged, alike in all specifications."""
        always = self.same.all(axis=0)
        significant = self.pairs.significant(self.alpha)
        judged = always & (significant == significant[self.base]).all(axis=0)
        kept = judged & significant[self.base]
        return Robust(always.size, *(int(x.sum()) for x in (always, judged, significant[self.base], kept)))

    def agreement(self) -> pd.DataFrame:
        """Return how the order in each specification agrees with the base.

        Returns
        -------
        DataFrame
            One row for each specification: ``cutoff, weighting``; the rank correlations ``kendall`` (tau-b) and
            ``spearman`` with the base, each with limits at the level 1 - alpha (``kendall_low`` ...); how many pairs
            are ``reversed``, are ``reversed_significantly`` (they differ in the opposite direction beyond sampling
            error), and are ``contradicted`` (significant in the base too).

        Notes
        -----
        Limits of the correlations take the groups for a sample of groups (Bonett and Wright 2000, Psychometrika
        65:23-28): artanh r plus or minus z times sqrt((1 + r^2 / 2) / (G - 3)) for Spearman's, sqrt(.437 / (G - 4)) for
        Kendall's. They are missing for fewer than five groups, and where all figures tie.
        """
        import pandas as pd

        kendall, spearman = self._correlations()
        G, flipped, significant = len(self.groups), self.reversed, self.pairs.significant(self.alpha)
        with np.errstate(divide="ignore", invalid="ignore"):
            of_kendall = np.full(len(kendall), np.sqrt(0.437 / (G - 4)) if G > 4 else np.nan)
            of_spearman = np.sqrt((1 + spearman**2 / 2) / (G - 3)) if G > 4 else np.full(len(kendall), np.nan)
        columns: dict[str, Any] = {
            "cutoff": [k for k, _ in self.specifications],
            "weighting": [w for _, w in self.specifications],
            "kendall": kendall,
            **_limits("kendall", kendall, of_kendall, self.alpha),
            "spearman": spearman,
            **_limits("spearman", spearman, of_spearman, self.alpha),
            "reversed": flipped.sum(axis=1),
            "reversed_significantly": (flipped & significant).sum(axis=1),
            "contradicted": (flipped & significant & significant[self.base]).sum(axis=1),
        }
        return pd.DataFrame(columns)

    def _correlations(self) -> tuple[Floats, Floats]:
        """Return Kendall's tau-b and Spearman's correlation of each specification with the base."""
        sign = np.sign(self.pairs.difference)
        untied = (sign != 0).sum(axis=1).astype(np.float64)
        centred = (
            self._signs().sum(axis=2).astype(np.float64)
        )  # twice the ranks, those that tie in the middle of theirs
        size = (centred**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            kendall = (sign @ sign[self.base]) / np.sqrt(untied * untied[self.base])
            spearman = (centred @ centred[self.base]) / np.sqrt(size * size[self.base])
        return np.clip(kendall, -1, 1), np.clip(spearman, -1, 1)

    def _signs(self) -> NDArray[np.int8]:
        """Return by which sign each group differs from each other (specifications x groups x groups)."""
        S, G = self.value.shape
        out = np.zeros((S, G, G), dtype=np.int8)
        sign = np.sign(self.pairs.difference)
        out[:, self.pairs.one, self.pairs.other] = sign
        out[:, self.pairs.other, self.pairs.one] = -sign
        return out

    def compared(self) -> pd.DataFrame:
        """Return each pair of groups: how it differs in the base, and how often it is ordered so.

        Returns
        -------
        DataFrame
            One row for each pair: ``group, other``; ``difference, se, p`` in the base; the share of specifications
            that order it alike (``same``); in how many it is ``reversed``, and ``reversed_significantly``.
        """
        import pandas as pd

        names, pairs, flipped = np.array(self.groups, dtype=object), self.pairs, self.reversed
        return pd.DataFrame(
            {
                "group": names[pairs.one],
                "other": names[pairs.other],
                "difference": pairs.difference[self.base],
                "se": pairs.se[self.base],
                "p": pairs.p[self.base],
                "same": self.same.mean(axis=0),
                "reversed": flipped.sum(axis=0),
                "reversed_significantly": (flipped & pairs.significant(self.alpha)).sum(axis=0),
            }
        )

    def acceptability(self) -> pd.DataFrame:
        """Return the share of specifications in which each group has each rank.

        Returns
        -------
        DataFrame, groups x ranks
            Rank 1 has the highest figure. Over a grid of weights this is the rank acceptability of multicriteria
            analysis (Lahdelma and Salminen 2001, Operations Research 49:444-454), without sampling of weights.
        """
        import pandas as pd

        G = len(self.groups)
        share = (self.ranks[:, :, None] == np.arange(1, G + 1)).mean(axis=0)
        return pd.DataFrame(
            share, index=pd.Index(self.groups, name=self.by), columns=pd.RangeIndex(1, G + 1, name="rank")
        )

    def table(self) -> pd.DataFrame:
        """Return the figures and ranks: one row for each specification and group."""
        import pandas as pd

        S, G = self.value.shape
        return pd.DataFrame(
            {
                "cutoff": np.repeat([k for k, _ in self.specifications], G),
                "weighting": np.repeat([w for _, w in self.specifications], G),
                "group": list(self.groups) * S,
                "estimate": self.value.ravel(),
                "rank": self.ranks.ravel(),
            }
        )

    def sentence(self) -> str:
        """Return the result for a paper: how many orderings stay, and how many of those beyond sampling error."""
        found = self.robust
        cutoff, weighting = self.specifications[self.base]
        base = f"cutoff {_percent(cutoff)}" + ("" if weighting == "own" else f" and weights {weighting!r}")
        return (
            f"{found.ordered:,} of {found.pairs:,} orderings of {self.by} by {self.statistic} are the same "
            f"{self._where()}; of {found.significant:,} that are significant at {_percent(self.alpha)} "
            f"with {base}, {found.kept:,} {'is' if found.kept == 1 else 'are'} so, in the same direction, in all."
        )

    def _where(self) -> str:
        cutoffs = list(dict.fromkeys(k for k, _ in self.specifications))
        weightings = list(dict.fromkeys(w for _, w in self.specifications))
        if len(weightings) == 1 and len(cutoffs) > 1:
            known = [_percent(k) for k in sorted(cutoffs, key=fraction)]
            return f"at cutoffs of {', '.join(known[:-1])} and {known[-1]}"
        return f"in all {len(self.specifications):,} specifications"


@kinds_explained
def rankings(
    est: Estimates,
    by: By,
    *,
    statistic: str = "M0",
    cutoff: Number | None = None,
    weighting: str = "own",
    alpha: float = 0.05,
) -> Rankings:
    """Compare the order of groups under all specifications among the estimates with that under one, the base.

    Parameters
    ----------
    est : Estimates
        Of one round, at several cutoffs or with several weightings: see `mpi.robustness.estimate`.
    by : str or tuple of str
        The disaggregation whose groups are ordered.
    statistic : str, default M0
        What they are ordered by, one that is not by indicator.
    cutoff : number, optional
        The poverty cutoff of the base; by default that of the measure.
    weighting : str, default own
        The weighting of the base.
    alpha : float, default 0.05
        The level of significance of the differences, each by its own t test.

    Returns
    -------
    Rankings
        With ``agreement()``, ``compared()``, ``acceptability()``, ``table()`` and ``sentence()``.

    Raises
    ------
    MpiError
        When there is one specification or one group only, several rounds, or an option does not occur.

    Notes
    -----
    The shares of pairs that are ordered alike at all cutoffs, and of those that differ significantly, are what OPHI
    reports of the global MPI (Alkire and Santos 2014, World Development 59:251-274). Each difference has the error of
    the survey's design, covariances included. A group without cases in some specification takes no part.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> est = mpi.robustness.estimate(survey, measure, ["region"], cutoffs=["1/5", "2/5"], weightings={})
    >>> mpi.robustness.rankings(est.select(wave=2018), "region").robust
    Robust(pairs=15, ordered=13, judged=6, significant=8, kept=2)
    """
    plain = levels(est, "rankings")
    problems = Problems("the rankings cannot be made", RequestError)
    if not 0 < alpha < 1:
        problems.add(f"alpha is {alpha!r}; a share between 0 and 1 was expected")
    need(plain, "rankings", "statistic", [statistic])
    place = select_by(plain, by, "rankings")
    name = plain.keys["by"].values[place]
    chosen = plain.select(statistic=statistic, by=name, contrast="level")
    if len(values_of(chosen, "wave")) > 1:
        waves = ", ".join(map(repr, values_of(chosen, "wave")))
        problems.add(f"the estimates are of several rounds ({waves}); take one, such as est.select(wave=...)")
    if values_of(chosen, "indicator"):
        problems.add(f"statistic: {statistic} is one number for each indicator; take M0, H or A")
    problems.raise_if_any()
    specifications, groups, rows = arranged(chosen)
    known = list(dict.fromkeys(k for k, _ in specifications))
    if cutoff is None:
        wanted = next((str(m.cutoff) for m in est.measures if str(m.cutoff) in known), known[0])
    else:
        wanted = str(fraction(cutoff))
    if (wanted, weighting) not in specifications:
        said = [f"cutoff {k} with weighting {w!r}" for k, w in specifications]
        problems.add("base: " + unknown("specification", f"cutoff {wanted} with weighting {weighting!r}", said))
    if len(specifications) < 2:
        problems.add("there is one specification only; estimate others, see mpi.robustness.estimate")
    if len(groups) < 2:
        problems.add(f"there are fewer than two groups of {name!r} to order")
    problems.raise_if_any()
    value = chosen.value[rows]
    base = specifications.index((wanted, weighting))
    return Rankings(statistic, name, groups, specifications, base, value, pairs_of(chosen, rows), alpha)


def arranged(est: Estimates) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], NDArray[np.int64]]:
    """Return the specifications, the groups defined in all of them, and where the figure of each stands."""
    cutoff, weighting, group = (est.keys[n] for n in ("cutoff", "weighting", "group"))
    where: dict[tuple[str, str], dict[int, int]] = {}
    for row in range(len(est)):
        spec = (str(cutoff.at(row)), str(weighting.at(row)))
        where.setdefault(spec, {})[int(group.index[row])] = row
    defined = ~np.isnan(est.value)
    order = dict.fromkeys(group.index.tolist())
    whole = [g for g in order if all(g in rows and defined[rows[g]] for rows in where.values())]
    rows = np.array([[rows[g] for g in whole] for rows in where.values()], dtype=np.int64)
    return tuple(where), tuple(str(group.values[g]) for g in whole), rows.reshape(len(where), len(whole))


def _limits(name: str, r: Floats, se: Floats, alpha: float) -> dict[str, Floats]:
    """Return the limits of correlations on Fisher's scale; an exact agreement has none."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = np.arctanh(np.where(np.abs(r) < 1, r, np.nan))
        return {f"{name}_low": np.tanh(at - z * se), f"{name}_high": np.tanh(at + z * se)}


def _percent(share: str | float) -> str:
    return f"{float(fraction(share)) * 100:.3g}%"
