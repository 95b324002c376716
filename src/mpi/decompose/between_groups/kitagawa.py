"""The gap between two groups by composition and rates (Kitagawa): whom they consist of, and how poor these are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import RequestError, unknown
from mpi.decompose.between_groups.gaps import GroupPairs, undefined
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder, additive, explained, levels, need
from mpi.results.terms import adds_up, from_terms, relabelled, term
from mpi.tables.keys import Coded, Keys
from mpi.tables.select import select_by, split_groups

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.terms import Term

    Places = NDArray[np.int64]

__all__ = ["kitagawa"]

_CROSS = " × "


@kinds_explained
def kitagawa(est: Estimates, *, by: str, across: str, group: str, reference: str) -> Estimates:
    """Take the gap between two groups apart: who they consist of, and how poor these are.

    Parameters
    ----------
    est : Estimates
        Estimates by ``by`` and by the cross of `by` and `across`, with ``population_share``:
        ``mpi.estimate(..., by=["ethnicity", ("ethnicity", "area")])``.
    by : str
        The column of the groups.
    across : str
        The column of what they consist of: area, region, age, education, ...
    group, reference : str
        The two groups; the gap is the first minus the second.

    Returns
    -------
    Estimates
        Of M0, H, headcounts, contributions, vulnerable and severe, ``contrast`` being ``difference``,
        ``composition_effect`` (sum over x of (P_a - P_b)(r_a + r_b) / 2) and ``rate_effect`` (sum of
        (r_a - r_b)(P_a + P_b) / 2), which add up to it; in all (``by`` is that of the groups) and for each category x
        of `across` (``by`` is `across`).

    Raises
    ------
    MpiError
        When groups or the cross were not estimated.

    Notes
    -----
    Kitagawa (1955), J. American Statistical Association 50. Where a category is absent from one of the groups, its
    rate is taken as that in the other: all of its part is composition, and `flag` says so.

    Examples
    --------
    >>> import mpi
    >>> measure = mpi.load_measure("gso-mdp")
    >>> est = mpi.estimate(mpi.load_sample(), measure, by=["ethnicity", ("ethnicity", "area")])
    >>> terms = mpi.decompose.kitagawa(est, by="ethnicity", across="area", group="Hmong", reference="Kinh")
    >>> terms.select(statistic="H", by="ethnicity", wave=2018).table["contrast"].tolist()
    ['difference', 'composition_effect', 'rate_effect']
    """
    plain = levels(est, "kitagawa")
    need(plain, "kitagawa", "statistic", ("population_share",))
    work = _Crossed(plain, by, across, (group, reference))
    return from_terms(plain, work.terms(), **explained(plain))


class _Crossed:
    """The cells of two groups across the categories of another column, side by side."""

    __slots__ = ("across", "by", "figures", "finder", "pair", "plain")

    def __init__(self, plain: Estimates, by: str, across: str, pair: tuple[str, str]) -> None:
        self.plain, self.by, self.across, self.pair = plain, by, across, pair
        self.finder, self.figures = Finder(plain.keys), figures_of(plain)
        if not all(isinstance(c, str) and _CROSS not in c for c in (by, across)):
            raise RequestError(f"kitagawa: by and across are one column each, not {by!r} and {across!r}")
        select_by(plain, by, "kitagawa")
        labels = list(dict.fromkeys(split_groups(plain, by)))
        for label in pair:
            if label not in labels:
                raise RequestError("kitagawa: " + unknown("group", label, labels))
        if pair[0] == pair[1]:
            raise RequestError(f"kitagawa: group and reference are both {pair[0]!r}")

    def terms(self) -> list[Term]:
        """Return the gap, its two effects, and these by category."""
        keys = self.plain.keys
        statistic = keys["statistic"]
        wanted = [statistic.values.index(s) for s in additive(self.plain, "kitagawa")]
        at = keys["group"].values.index(self.pair[0])
        own = keys["by"].values.index(self.by)
        rows = (keys["by"].index == own) & (keys["group"].index == at) & np.isin(statistic.index, wanted)
        one = np.flatnonzero(rows)
        other = self.finder.beside(one, group=self.pair[1])
        one, other = one[other >= 0], other[other >= 0]
        if not len(one):
            raise RequestError(
                f"kitagawa: {self.pair[0]!r} and {self.pair[1]!r} have no round and no statistic in common"
            )
        base, category, cells = self._cells(one)
        share, rate, alone = self._sides(one[base], other[base], cells)
        composition = (share[0] - share[1]) * (rate[0] + rate[1]) * 0.5
        rates = (rate[0] - rate[1]) * (share[0] + share[1]) * 0.5
        total = self.figures.take(one) - self.figures.take(other)
        folded = [f.folded(base, len(one)) for f in (composition, rates)]
        there = np.flatnonzero(~np.isnan(total.value))
        adds_up((folded[0] + folded[1]).take(there), total.take(there), "kitagawa: composition and rates")
        return self._estimates(one, other, (base, category), (composition, rates), (total, *folded), alone)

    def _cells(self, first: Places) -> tuple[Places, Coded, list[Places]]:
        """Return, for each gap and category, the gap, the category, and the group labels of its two cells."""
        keys = self.plain.keys
        name = f"{self.by} × {self.across}"
        turned = f"{self.across} × {self.by}"
        swap = name not in keys["by"].values and turned in keys["by"].values
        place = select_by(self.plain, (self.across, self.by) if swap else (self.by, self.across), "kitagawa")
        parts = split_groups(self.plain, keys["by"].values[place])
        of = {label: (p[::-1] if swap else p) for label, p in parts.items()}
        categories = list(dict.fromkeys(p[1] for p in of.values()))
        known = {p: keys["group"].values.index(label) for label, p in of.items()}
        base = np.repeat(np.arange(len(first)), len(categories))
        code = np.tile(np.arange(len(categories), dtype=np.int32), len(first))
        cells = [np.array([known.get((g, c), -1) for c in categories], dtype=np.int64)[code] for g in self.pair]
        by = np.full(len(base), place, dtype=np.int64)
        return base, Coded(tuple(categories), code), [by, *cells]

    def _sides(
        self, first: Places, second: Places, cells: list[Places]
    ) -> tuple[list[Figures], list[Figures], NDArray[np.bool_]]:
        """Return each side's composition and rates by category, and the categories that only one side has."""
        share, rate = [], []
        for rows, group in zip((first, second), cells[1:], strict=True):
            found = self.finder.beside(rows, by=cells[0], group=group)
            found = np.where(group >= 0, found, -1)
            safe = np.maximum(found, 0)
            weight = self.figures.take(np.where(found >= 0, self.finder.share(safe), -1)).filled(0.0)
            share.append(weight / self.figures.take(self.finder.share(rows)))
            rate.append(self.figures.take(found))
        alone = np.isnan(rate[0].value) != np.isnan(rate[1].value)
        a, b = rate
        return share, [a.filled(b).filled(0.0), b.filled(a).filled(0.0)], alone

    def _estimates(
        self, first: Places, second: Places, where: tuple[Places, Coded], effects: tuple[Figures, Figures],
        totals: tuple[Figures, ...], alone: NDArray[np.bool_],
    ) -> list[Term]:  # fmt: skip
        """Return the terms: both effects of each gap, in total and by category."""
        base, category = where
        cases = np.stack([first, second], axis=1)
        name = f"{self.pair[0]} - {self.pair[1]}"
        whole = relabelled(self.plain.keys, first, group=name)
        labels = tuple(f"{c}: {name}" for c in category.values)
        detail: Keys = relabelled(self.plain.keys, first[base], by=self.across, group=Coded(labels, category.index))
        group = self.plain.keys["group"].index.astype(np.int64)
        why = undefined(self.plain, GroupPairs(first, second, (group[first], group[second])))
        only = "in one of the groups only: all of its part is composition"
        said = [why[i] or (only if a else "") for i, a in zip(base.tolist(), alone.tolist(), strict=True)]
        names = ("composition_effect", "rate_effect")
        out = [term(totals[0], whole, "difference", why, cases)]
        out += [term(f, whole, n, why, cases) for n, f in zip(names, totals[1:], strict=True)]
        return out + [term(f, detail, n, said, cases[base]) for n, f in zip(names, effects, strict=True)]
