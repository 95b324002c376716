"""Gaps between groups: differences, ratios and log ratios, with the covariance of the two sides in every error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.decompose.figures import figures_of
from mpi.decompose.finding import Finder, comparable, select_by, split_groups
from mpi.decompose.making import made, relabelled, term
from mpi.errors import MpiError, Problems, unknown
from mpi.keys import Coded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mpi.asking import By
    from mpi.decompose.figures import Figures
    from mpi.decompose.making import Term
    from mpi.estimates import Estimates
    from mpi.keys import Keys

    Places = NDArray[np.int64]

__all__ = ["Gap", "Groups", "gap"]

Gap = Literal["difference", "ratio", "log_ratio"]
"""How two groups are compared."""


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
        ``contrast`` is the kind and ``group`` is ``"Hmong - Kinh"``. A ratio to 0 is undefined, and `flag` says so.
        `significance` gives p values, adjusted for the number of comparisons.

    Raises
    ------
    MpiError
        When the disaggregation or the reference is unknown (the nearest is offered), or there is one group only.

    Notes
    -----
    Both groups are domains of one design: strata and PSUs in which both occur make their figures covary, and the
    covariance is in the error. Var(ln a - ln b) = V_a / a^2 + V_b / b^2 - 2 C / (a b). Intervals are t intervals, of
    ratios on the scale of logarithms.

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
    one, other = groups.pairs(reference)
    if not len(one):
        raise MpiError(f"gap: there is only one group of {by!r} to compare")
    figures = figures_of(plain)
    keys = relabelled(plain.keys, one, group=groups.names(one, other))
    terms = _terms(plain, (figures.take(one), figures.take(other)), keys, (one, other), wanted)
    return made(plain, terms)


def _kinds(kinds: Sequence[Gap] | Gap | None) -> list[Gap]:
    if kinds is None:
        return ["difference", "ratio"]
    given: list[Any] = [kinds] if isinstance(kinds, str) else list(kinds)
    problems = Problems("gap cannot be made")
    problems.found += [f"kinds: {unknown('kind', k, get_args(Gap))}" for k in given if k not in get_args(Gap)]
    problems.raise_if_any()
    return list(dict.fromkeys(given))


def _terms(
    plain: Estimates, pair: tuple[Figures, Figures], keys: Keys, rows: tuple[Places, Places], wanted: Sequence[Gap]
) -> list[Term]:
    a, b = pair
    cases = np.stack(rows, axis=1)
    said = _undefined(plain, rows)
    zero = ["ratio to 0: undefined" if v == 0 else "" for v in b.value.tolist()]
    nothing = ["logarithm of 0: undefined" if v == 0 else z for v, z in zip(a.value.tolist(), zero, strict=True)]
    out = []
    for kind in wanted:
        if kind == "difference":
            out.append(term(a - b, keys, kind, said, cases))
        elif kind == "ratio":
            out.append(term(a / b, keys, kind, _either(said, zero), cases, "log"))
        else:
            out.append(term(a.log() - b.log(), keys, kind, _either(said, nothing), cases))
    return out


def _either(first: Sequence[str], second: Sequence[str]) -> list[str]:
    return [a or b for a, b in zip(first, second, strict=True)]


def _undefined(plain: Estimates, rows: tuple[Places, Places]) -> list[str]:
    """Say of which group a figure is undefined, and why."""
    out = np.full(len(rows[0]), "", dtype=object)
    for side in rows:
        gone = np.flatnonzero(np.isnan(plain.value[side]))
        at = side[gone].tolist()
        out[gone] = [f"{plain.flag.at(i) or 'undefined'}: {plain.keys['group'].at(i)}" for i in at]
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

    __slots__ = ("along", "finder", "parts", "plain", "purpose", "rows")

    def __init__(self, plain: Estimates, by: By, along: str | None, purpose: str) -> None:
        place = select_by(plain, by, purpose)
        name = plain.keys["by"].values[place]
        columns = name.split(" × ")
        if along is not None and along not in columns:
            raise MpiError(f"{purpose}: along: " + unknown("column", along, columns))
        if along is not None and len(columns) == 1:
            along = None
        self.plain, self.purpose, self.finder = plain, purpose, Finder(plain.keys)
        self.along = columns.index(along) if along is not None else None
        self.rows: Places = np.flatnonzero(plain.keys["by"].index == place)
        self.parts = split_groups(plain, name) if along is not None else {}

    def compared(self, label: str) -> str:
        """Return what is compared of a group: its label, or of a cross its part in the column."""
        return label if self.along is None else self.parts[label][self.along]

    def pairs(self, reference: str | None) -> tuple[Places, Places]:
        """Return the positions of the figures compared and of those they are compared with."""
        if reference == "total":
            whole = self.finder.beside(self.rows, by="total", group="total")
            there = whole >= 0
            return self.rows[there], whole[there]
        group = self.plain.keys["group"]
        codes, first = np.unique(group.index[self.rows], return_index=True)
        codes = codes[np.argsort(first)]
        partner = self._partners([group.values[c] for c in codes.tolist()], reference)
        table = np.full((len(group.values), partner.shape[1]), -1, dtype=np.int64)
        table[codes] = np.where(partner >= 0, codes[partner], -1)
        other = table[group.index[self.rows]]
        row, slot = np.nonzero(other >= 0)
        one = self.rows[row]
        found = self.finder.beside(one, group=other[row, slot])
        return one[found >= 0], found[found >= 0]

    def _partners(self, labels: list[str], reference: str | None) -> Places:
        """Return, for each group, the groups it is compared with, filled up with -1."""
        kin: dict[tuple[str, ...], list[int]] = {}
        for i, label in enumerate(labels):
            kin.setdefault(self._place(label), []).append(i)
        if reference is None:
            chosen = [[j for j in kin[self._place(label)] if j > i] for i, label in enumerate(labels)]
        else:
            known = list(dict.fromkeys(self.compared(label) for label in labels))
            if reference not in known:
                raise MpiError(f"{self.purpose}: reference: " + unknown("group", reference, known))
            chosen = [
                [j for j in kin[self._place(label)] if self.compared(labels[j]) == reference and j != i]
                for i, label in enumerate(labels)
            ]
        width = max((len(c) for c in chosen), default=0)
        return np.array([c + [-1] * (width - len(c)) for c in chosen], dtype=np.int64).reshape(len(labels), width)

    def _place(self, label: str) -> tuple[str, ...]:
        """Return within which groups of the other columns a group stands."""
        if self.along is None:
            return ()
        parts = self.parts[label]
        return (*parts[: self.along], *parts[self.along + 1 :])

    def names(self, one: Places, other: Places) -> Coded:
        """Return what each comparison is called, ``Hmong - Kinh``, within the group of the other columns if any."""
        group = self.plain.keys["group"]
        size = len(group.values)
        ids = group.index[one].astype(np.int64) * size + group.index[other]
        distinct, place = np.unique(ids, return_inverse=True)
        labels = [self._name(group.values[i // size], group.values[i % size]) for i in distinct.tolist()]
        return Coded(tuple(labels), place.astype(np.int32))

    def _name(self, a: str, b: str) -> str:
        if self.along is None:
            return f"{a} - {b}"
        within = " × ".join(self._place(a))
        return f"{within}: {self.compared(a)} - {self.compared(b) if b in self.parts else b}"
