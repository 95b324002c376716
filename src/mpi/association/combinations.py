"""Overlap of deprived dimensions: shares for every combination, for how many, for each beside others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.readonly import seal
from mpi.estimation.options import Shared  # noqa: TC001  # read when the signature is written out
from mpi.estimation.parts import ColumnLabels
from mpi.estimation.pattern_ratios import Quantity, pattern_estimates, scores_of
from mpi.estimation.request import check_measure
from mpi.frames.progress import staged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.estimation.patterns import Profiles
    from mpi.frames.aggregation import By
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["Overlap", "Sets", "overlap"]

Sets = Literal["dimensions", "indicators"]
"""What overlaps."""

_ALL_CELLS, _SQUARE = 8, 6
"""Up to how many sets every combination is listed; up to how many a table of two sides shows them."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Overlap:
    """Estimated overlap of deprivations in several dimensions or indicators, as `overlap` returns it.

    Attributes
    ----------
    estimates : Estimates
        Every share with its error and all covariances.
    sets : tuple of str
        The dimensions, or indicators, that overlap.
    """

    estimates: Estimates
    sets: tuple[str, ...]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __repr__(self) -> str:
        """Say what overlaps and show the estimates."""
        return f"<Overlap of {', '.join(self.sets)}>\n{self.estimates!r}"

    @property
    def table(self) -> pd.DataFrame:
        """The estimates as a tidy DataFrame, one row per number."""
        return self.estimates.table

    def venn(self, **conditions: Any) -> pd.DataFrame:
        """Return the shares of all combinations as a table of two sides, with their sums: a Venn diagram in text.

        Parameters
        ----------
        **conditions
            Which figures: any of ``by, group, wave``; by default those of the total.

        Returns
        -------
        DataFrame
            The first half of the dimensions down, the rest across, each deprived and not; fractions. Sums stand
            last.

        Raises
        ------
        MpiError
            When there are more than 6 dimensions, or several figures of a combination are left.
        """
        import pandas as pd

        if len(self.sets) > _SQUARE:
            raise RequestError(
                f"{len(self.sets)} sets make {2 ** len(self.sets):,} combinations, which no table of two sides shows; "
                "sort those of .table by their estimates"
            )
        given = conditions if {"by", "group"} & set(conditions) else {"by": "total", **conditions}
        chosen = self.estimates.select(statistic="overlap", **given)
        if len(chosen) != 2 ** len(self.sets):
            several = [n for n in ("group", "wave") if len(set(chosen.keys[n].to_list())) > 1]
            raise RequestError(f"say which {' and '.join(several)} is meant, such as venn({several[0]}=...)")
        down = (len(self.sets) + 1) // 2
        rows, columns = (_sides(names) for names in (self.sets[:down], self.sets[down:]))
        table = chosen.value.reshape(len(rows), len(columns) or 1)[::-1, ::-1]  # cells count up from none
        table = np.vstack([table, table.sum(axis=0)])
        table = np.column_stack([table, table.sum(axis=1)])
        return pd.DataFrame(table, index=[*rows, "all"], columns=[*columns, "all"])


def _sides(names: Sequence[str]) -> list[str]:
    """Name the combinations of some sets, from all of them deprived to none."""
    out = []
    for cell in reversed(range(2 ** len(names))):
        inside = _bits(cell, len(names))
        out.append(", ".join(n if b else f"not {n}" for n, b in zip(names, inside, strict=True)))
    return out


@kinds_checked
@staged("estimating")
def overlap(
    survey: Survey,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    of: Sets = "dimensions",
    least: int | Mapping[str, int] = 1,
    **options: Unpack[Shared],
) -> Overlap:
    """Estimate how deprivations in several dimensions overlap, in total and by groups.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        Its dimensions, of any number; weights and cutoff play no part. Under `drop` rows with a missing answer are
        left out; under `reweight` a dimension is judged by those of its indicators that were answered.
    by : sequence of str or tuple of str
        Disaggregations, as for `mpi.estimate`.
    of : {"dimensions", "indicators"}
        What overlaps.
    least : int or mapping of dimension to int, default 1
        In how many of its indicators somebody who counts as deprived in a dimension is deprived at least: 1 is
        the union, as in MODA. Dimensions left out of a mapping have 1.
    where, unit, level, df
        As for `mpi.estimate`.

    Returns
    -------
    Overlap
        With ``estimates`` and, for up to six dimensions, ``venn()``. Statistics are

        - ``overlap``: the share of each combination, deprived in these dimensions and in no other; ``indicator`` names
          it (``"health + education"``, ``"none"``). Of more than 8 dimensions only combinations that occur are listed;
        - ``dimensions_deprived``: the share deprived in exactly so many, which ``indicator`` says;
        - ``dimensions_at_least``: in so many or more, from 1 (the union) to all (the intersection);
        - ``with_others``: of those deprived in ``dimension``, the share deprived in so many others too, which
          ``indicator`` says (``"health, 2 others"``).

    Raises
    ------
    MpiError
        With every problem of the request or of the indicators at once.

    Notes
    -----
    De Neubourg, Chai, de Milliano, Plavgo and Wei 2012, Step-by-step guidelines to the multiple overlapping deprivation
    analysis (MODA), UNICEF.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> found = mpi.association.overlap(survey, measure, of="dimensions")
    >>> shares = found.estimates.select(statistic="overlap", wave=2018)
    >>> len(shares), round(float(shares.value.sum()), 12)
    (32, 1.0)
    """
    check_measure(measure)
    sets, needed, belongs = _rule(measure, of, least)

    def quantities(prof: Profiles) -> list[Quantity]:
        scores = scores_of(prof.deprived, prof.missing, measure, "overlap")
        inside = (scores.deprived @ belongs.astype(np.int64)) >= needed
        return _quantities(inside & scores.kept[:, None], scores.kept, sets)

    return Overlap(pattern_estimates(survey, measure, quantities, by, **options), sets)


def _rule(
    measure: Measure, sets_of: str, least: int | Mapping[str, int]
) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.bool_]]:
    """Return the sets, how many deprivations each needs, and which indicators belong to it (indicators x sets)."""
    problems = Problems("the overlap cannot be estimated", RequestError)
    if sets_of not in get_args(Sets):
        problems.add(unknown("of", sets_of, get_args(Sets)))
    sets = measure.names if sets_of == "indicators" else measure.dimensions
    owners = [i.name if sets_of == "indicators" else i.dimension for i in measure.indicators]
    given = least if isinstance(least, Mapping) else dict.fromkeys(sets, least)
    problems.found += [f"least: {unknown('dimension', name, sets)}" for name in given if name not in sets]
    for name, count in given.items():
        most = owners.count(name)
        if name in sets and (isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= most):
            problems.add(f"least: {count!r} for {name!r}, which has {most}; a whole number from 1 to {most} is needed")
    if len(sets) < 2:
        problems.add(f"measure {measure.name!r} has one of the {sets_of}; two overlap")
    problems.raise_if_any()
    needed = np.array([given.get(name, 1) for name in sets])
    return sets, needed, np.array([[owner == name for name in sets] for owner in owners])


def _quantities(inside: NDArray[np.bool_], counted: NDArray[np.bool_], sets: tuple[str, ...]) -> list[Quantity]:
    """Return the shares, from which sets each pattern is in (patterns x sets)."""
    D, number = len(sets), inside.sum(axis=1)
    code = inside @ (1 << np.arange(D)[::-1])
    cells = range(1 << D) if D <= _ALL_CELLS else np.unique(code[counted]).tolist()
    out = [
        Quantity(ColumnLabels("overlap", indicator=_label(sets, cell)), (code == cell) & counted, counted)
        for cell in cells
    ]
    exactly = [(ColumnLabels("dimensions_deprived", indicator=str(m)), number == m) for m in range(D + 1)]
    at_least = [(ColumnLabels("dimensions_at_least", indicator=str(m)), number >= m) for m in range(1, D + 1)]
    out += [Quantity(label, which & counted, counted) for label, which in (*exactly, *at_least)]
    for j, name in enumerate(sets):
        own = inside[:, j]
        for m in range(D):
            others = f"{name}, {m} other{'' if m == 1 else 's'}"
            label = ColumnLabels("with_others", indicator=others, dimension=name, undefined=_NOBODY)
            out.append(Quantity(label, own & (number == m + 1), own))
    return out


_NOBODY: Literal["nobody deprived in it"] = "nobody deprived in it"


def _label(sets: tuple[str, ...], cell: int) -> str:
    return " + ".join(n for n, b in zip(sets, _bits(cell, len(sets)), strict=True) if b) or "none"


def _bits(cell: int, count: int) -> list[bool]:
    """Return the bits of a number, the highest first."""
    return [bool(cell >> i & 1) for i in reversed(range(count))]
