"""Gaps between groups: differences, ratios and log ratios, with the covariance of the two sides in every error."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_explained
from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.room import check_room
from mpi.results.dual import figures_of
from mpi.results.lookup import Finder, comparable
from mpi.results.terms import from_terms, ratio_methods, relabelled, term
from mpi.tables.keys import Coded
from mpi.tables.select import select_by, split_groups

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import By
    from mpi.results.dual import Figures
    from mpi.results.estimates import Estimates
    from mpi.results.terms import Term
    from mpi.tables.keys import Keys

    Places = NDArray[np.int64]

__all__ = ["Gap", "GroupPairs", "Groups", "gap", "undefined"]

Gap = Literal["difference", "ratio", "log_ratio"]
"""How two groups are compared."""


@kinds_explained
def gap(
    est: Estimates,
    by: By,
    reference: str | None = None,
    *,
    along: str | None = None,
    kinds: Sequence[Gap] | Gap | None = None,
) -> Estimates:
    """Compare groups: each with a reference, or all pairs; of every statistic, with the covariance of the two.

    Parameters
    ----------
    est : Estimates
        The estimates, or what was derived from them: the gap between changes tells whose poverty fell faster
        (``contrast`` is then ``difference of change``).
    by : str or tuple of str
        The disaggregation whose groups are compared.
    reference : str, optional
        The group that each other is compared with, ``"total"`` for the whole (which includes the group; the error
        knows). By default all pairs are compared, each group with those after it.
    along : str, optional
        Of a cross, the column whose groups are compared, within those of the other columns: ``along="ethnicity"`` of
        ``by=("area", "ethnicity")`` compares ethnic groups within urban and rural areas. The reference is then a
        group of that column (``"total"`` is the whole of the country).
    kinds : sequence of str, optional
        Some of ``difference`` (a - b), ``ratio`` (a / b) and ``log_ratio`` (ln a - ln b); by default the first two.

    Returns
    -------
    Estimates
        ``contrast`` is the kind and ``group`` is ``"Hmong - Kinh"``. A ratio to 0 is undefined, and so is a gap in a
        round that one of the groups is absent from; `flag` says so.
        `significance` gives p values, adjusted for the number of comparisons.

    Raises
    ------
    MpiError
        When the disaggregation or the reference is unknown (the nearest is offered), there is one group only, or all
        pairs would not fit in memory.

    Notes
    -----
    Both groups are domains of one design: strata and PSUs in which both occur make their figures covary, and the
    covariance is in the error. Var(ln a - ln b) = V_a / a^2 + V_b / b^2 - 2 C / (a b). Intervals are t intervals, of
    ratios of levels on the scale of logarithms.

    Examples
    --------
    >>> import mpi
    >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"])
    >>> gaps = mpi.decompose.gap(est, by="ethnicity", reference="Kinh")
    >>> gaps.select(statistic="H", contrast="difference", wave=2018).table["group"].tolist()[:2]
    ['Tày - Kinh', 'Thái - Kinh']
    """
    plain = comparable(est, "gap")
    wanted = _kinds(kinds)
    groups = Groups(plain, by, along, "gap")
    pairs = groups.pairs(reference, kinds=len(wanted))
    figures = figures_of(plain)
    keys = relabelled(plain.keys, pairs.anchor, group=groups.names(pairs))
    terms = _terms(plain, (figures.take(pairs.one), figures.take(pairs.other)), keys, pairs, wanted)
    return from_terms(plain, terms)


def _kinds(kinds: Sequence[Gap] | Gap | None) -> list[Gap]:
    if kinds is None:
        return ["difference", "ratio"]
    given: list[Any] = [kinds] if isinstance(kinds, str) else list(kinds)
    problems = Problems("gap cannot be made", RequestError)
    problems.found += [f"kinds: {unknown('kind', k, get_args(Gap))}" for k in given if k not in get_args(Gap)]
    if not given:
        problems.add(f"kinds is empty; it takes some of {', '.join(get_args(Gap))}")
    problems.raise_if_any()
    return list(dict.fromkeys(given))


def _terms(
    plain: Estimates, pair: tuple[Figures, Figures], keys: Keys, pairs: GroupPairs, kinds: Sequence[Gap]
) -> list[Term]:
    """Return the terms of every pair: differences, ratios and log ratios, as far as they are asked for."""
    a, b = pair
    cases = np.stack([pairs.one, pairs.other], axis=1)
    said = undefined(plain, pairs)
    zero = ["ratio to 0: undefined" if v == 0 else "" for v in b.value.tolist()]
    nothing = ["logarithm of 0: undefined" if v == 0 else z for v, z in zip(a.value.tolist(), zero, strict=True)]
    out = []
    for kind in kinds:
        if kind == "difference":
            out.append(term(a - b, keys, kind, said, cases))
        elif kind == "ratio":
            out.append(term(a / b, keys, kind, _either(said, zero), cases, ratio_methods(keys, pair, "log")))
        else:
            out.append(term(a.log() - b.log(), keys, kind, _either(said, nothing), cases))
    return out


def _either(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return [a or b for a, b in zip(first, second, strict=True)]


_PAIR = 1_300
"""Bytes that one comparison takes while it is made: measured, of differences, 830 to 1,290."""


@dataclass(frozen=True, slots=True, eq=False)
class GroupPairs:
    """Figures of groups beside each other.

    Attributes
    ----------
    one, other : ndarray of int
        Where the figures compared stand, and those they are compared with; -1 where a group is absent from the round.
    labels : tuple of ndarray of int
        The groups of both sides, as positions among the values of the key.
    """

    one: Places
    other: Places
    labels: tuple[Places, Places]

    @property
    def anchor(self) -> Places:
        """Return the place of a figure that has the other keys of each pair."""
        return np.where(self.one >= 0, self.one, self.other)


def undefined(plain: Estimates, pairs: GroupPairs) -> list[str]:
    """Say of which group a figure is undefined, and why."""
    group, wave = plain.keys["group"].values, plain.keys["wave"]
    out = np.full(len(pairs.one), "", dtype=object)
    for side, label in zip((pairs.one, pairs.other), pairs.labels, strict=True):
        gone = np.flatnonzero((side < 0) | np.isnan(plain.value[np.maximum(side, 0)]))
        at = zip(side[gone].tolist(), label[gone].tolist(), pairs.anchor[gone].tolist(), strict=True)
        out[gone] = [
            f"{plain.flag.at(i) or 'undefined' if i >= 0 else f'not in {wave.at(row)}'}: {group[name]}"
            for i, name, row in at
        ]
    found: list[str] = out.tolist()
    return found


class Groups:
    """The groups of a disaggregation, and which stand beside which.

    Parameters
    ----------
    plain : Estimates
        Plain estimates.
    by : str or tuple of str
        The disaggregation.
    along : str or None
        Of a cross, the column whose groups are compared.
    purpose : str
        What to call the request in messages.
    """

    __slots__ = ("along", "by", "finder", "parts", "plain", "purpose", "rows")

    def __init__(self, plain: Estimates, by: By, along: str | None, purpose: str) -> None:
        place = select_by(plain, by, purpose)
        name = plain.keys["by"].values[place]
        columns = name.split(" × ")
        if along is not None and along not in columns:
            raise RequestError(f"{purpose}: along: " + unknown("column", along, columns))
        if along is not None and len(columns) == 1:
            along = None
        self.plain, self.purpose, self.finder, self.by = plain, purpose, Finder(plain.keys), by
        self.along = columns.index(along) if along is not None else None
        self.rows: Places = np.flatnonzero(plain.keys["by"].index == place)
        self.parts = split_groups(plain, name) if along is not None else {}

    def compared(self, label: str) -> str:
        """Return what is compared of a group: its label, or of a cross its part in the column."""
        return label if self.along is None else self.parts[label][self.along]

    def pairs(self, reference: str | None, *, kinds: int = 1) -> GroupPairs:
        """Return the figures compared, and those they are compared with; `kinds` numbers are made of each pair.

        Raises
        ------
        MpiError
            When there is nothing to compare, or more than fits in memory.
        """
        if reference == "total":
            return self._with_whole()
        group = self.plain.keys["group"]
        index = group.index.astype(np.int64)
        codes, first = np.unique(index[self.rows], return_index=True)
        codes = codes[np.argsort(first)]
        if reference is None:
            self._check_room([group.values[c] for c in codes.tolist()], np.bincount(index[self.rows])[codes], kinds)
        i, j = self._partners([group.values[c] for c in codes.tolist()], reference)
        one, other, label = self._beside(codes[i], codes[j])
        right, left, label_of_left = self._beside(codes[j], codes[i])
        alone = np.flatnonzero(left < 0)  # the first group of a pair is absent from a round that has the second
        found = GroupPairs(
            np.r_[one, left[alone]],
            np.r_[other, right[alone]],
            (np.r_[index[one], label_of_left[alone]], np.r_[label, index[right[alone]]]),
        )
        if not len(found.one):
            raise RequestError(f"{self.purpose}: there is only one group of {self.by!r} to compare")
        return found

    def _with_whole(self) -> GroupPairs:
        """Return all figures beside those of the whole."""
        group = self.plain.keys["group"]
        if "total" in {self.compared(group.values[c]) for c in np.unique(group.index[self.rows]).tolist()}:
            raise RequestError(
                f"{self.purpose}: reference: a group of {self.by!r} is called 'total', which is what the whole is "
                "called; rename it"
            )
        whole = self.finder.beside(self.rows, by="total", group="total")
        one, whole = self.rows[whole >= 0], whole[whole >= 0]
        if not len(one):
            raise RequestError(
                f"{self.purpose}: the figures of the whole are needed; keep by='total' among the estimates"
            )
        return GroupPairs(one, whole, (group.index[one].astype(np.int64), group.index[whole].astype(np.int64)))

    def _beside(self, groups: Places, others: Places) -> tuple[Places, Places, Places]:
        """Return the figures of groups, those of others beside them, and the latter's labels.

        A figure that the other group has in other rounds only is -1; one that it never has is left out.
        """
        index = self.plain.keys["group"].index[self.rows]
        order = np.argsort(index, kind="stable")
        start, stop = (np.searchsorted(index[order], groups, side=side) for side in ("left", "right"))
        count = stop - start
        step = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
        row, label = self.rows[order[np.repeat(start, count) + step]], np.repeat(others, count)
        row, label = (x[np.argsort(row, kind="stable")] for x in (row, label))
        found = self.finder.beside(row, group=label)
        gone = np.flatnonzero(found < 0)
        ever = np.zeros(len(gone), dtype=bool)
        for wave in self.plain.keys["wave"].values if len(gone) else ():
            ever |= self.finder.beside(row[gone], group=label[gone], wave=wave) >= 0
        keep = found >= 0
        keep[gone[ever]] = True
        return row[keep], found[keep], label[keep]

    def _partners(self, labels: list[str], reference: str | None) -> tuple[Places, Places]:
        """Return the pairs of groups that are compared."""
        kin: dict[tuple[str, ...], list[int]] = {}
        for i, label in enumerate(labels):
            kin.setdefault(self._place(label), []).append(i)
        if reference is None:
            chosen = [[j for j in kin[self._place(label)] if j > i] for i, label in enumerate(labels)]
        else:
            known = list(dict.fromkeys(self.compared(label) for label in labels))
            if reference not in known:
                raise RequestError(f"{self.purpose}: reference: " + unknown("group", reference, known))
            beside = {
                place: [j for j in group if self.compared(labels[j]) == reference] for place, group in kin.items()
            }
            chosen = [[j for j in beside[self._place(label)] if j != i] for i, label in enumerate(labels)]
        one = np.repeat(np.arange(len(labels), dtype=np.int64), [len(c) for c in chosen])
        return one, np.array([j for c in chosen for j in c], dtype=np.int64)

    def _check_room(self, labels: Sequence[str], figures: NDArray[np.int64], kinds: int) -> None:
        """Refuse more pairs of figures than fit in memory, before one is made."""
        left: dict[tuple[str, ...], int] = {}
        count = 0
        for label, n in zip(reversed(labels), figures[::-1].tolist(), strict=True):
            place = self._place(label)
            count += n * left.get(place, 0)
            left[place] = left.get(place, 0) + 1
        within = "" if self.along is not None else ", compare within the groups of another column (along=)"
        check_room(
            count * kinds * _PAIR,
            f"{self.purpose}: all pairs of {len(labels):,} groups are {count:,} comparisons of {len(self.rows):,} "
            "figures, which",
            f"name a reference{within}, or select statistics, rounds or groups first",
        )

    def _place(self, label: str) -> tuple[str, ...]:
        """Return within which groups of the other columns a group stands."""
        if self.along is None:
            return ()
        parts = self.parts[label]
        return (*parts[: self.along], *parts[self.along + 1 :])

    def names(self, pairs: GroupPairs) -> Coded:
        """Return what each comparison is called, ``Hmong - Kinh``, within the group of the other columns if any."""
        group = self.plain.keys["group"]
        size = len(group.values)
        ids = pairs.labels[0].astype(np.int64) * size + pairs.labels[1]
        distinct, place = np.unique(ids, return_inverse=True)
        labels = [self._name(group.values[i // size], group.values[i % size]) for i in distinct.tolist()]
        return Coded(tuple(labels), place.astype(np.int32))

    def _name(self, a: str, b: str) -> str:
        if self.along is None:
            return f"{a} - {b}"
        within = " × ".join(self._place(a))
        return f"{within}: {self.compared(a)} - {self.compared(b) if b in self.parts else b}"
