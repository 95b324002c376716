"""Association of all pairs of indicators, in total and by groups, with the design in every error."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.association.measures import FUNCTIONS, interaction, kr20
from mpi.core.arguments import kinds_checked
from mpi.core.errors import Problems, RequestError, unknown
from mpi.core.exact import text
from mpi.core.readonly import seal
from mpi.estimation.options import Shared  # noqa: TC001  # read when the signature is written out
from mpi.estimation.parts import ColumnLabels
from mpi.estimation.pattern_functions import Functions, PatternVariables, Smooth
from mpi.estimation.pattern_ratios import scores_of, table_estimates
from mpi.estimation.request import check_measure
from mpi.frames.progress import staged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.estimation.identify import Scores
    from mpi.estimation.parts import Undefined
    from mpi.estimation.patterns import Profiles
    from mpi.frames.aggregation import By
    from mpi.inference.intervals import Interval, Own
    from mpi.measures.measure import Measure
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

    Floats = NDArray[np.float64]

__all__ = ["Association", "Deprivations", "estimate"]

Deprivations = Literal["uncensored", "censored"]
"""Whose deprivations: everybody's, or those of the poor alone."""

_METHODS: dict[str, Interval | Own] = {
    "R0": "fraction", "phi": "atanh", "cramers_v": "fraction", "tetrachoric": "atanh", "odds_ratio": "log",
    "jaccard": "fraction",
}  # fmt: skip
_UNDEFINED: dict[str, Undefined] = {
    "R0": "nobody deprived in one of the two", "jaccard": "nobody deprived in one of the two",
    "phi": "nobody or everybody deprived in one of the two",
    "cramers_v": "nobody or everybody deprived in one of the two",
    "tetrachoric": "a cell of the table is empty", "odds_ratio": "a cell of the table is empty",
}  # fmt: skip
_TRAITS = {
    "both": (1.0, 0, 0, 0), "first_only": (-1.0, 1, 0, 0), "second_only": (-1.0, 0, 1, 0),
    "neither": (1.0, -1, -1, 1), "R0": (1.0, 0, 0, 0), "jaccard": (1.0, 0, 0, 0),
}  # fmt: skip
"""How cases with the trait are counted, of those deprived in both, in the first, in the second, and of all."""
_HIDDEN = "interaction"
_OF_ITSELF = ("R0", "phi", "cramers_v", "tetrachoric", "jaccard")
_SAME = {"first_only": "second_only", "second_only": "first_only"}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Association:
    """Estimated association of all pairs of indicators, with tests of independence.

    Attributes
    ----------
    estimates : Estimates
        Every figure with its error and all covariances; ``indicator`` is the pair, ``"schooling × water"``.
    statistic, df, pvalue : ndarray of float, shape (tests,)
        The F statistic of Rao and Scott that a pair is independent, its denominator's degrees of freedom (the
        numerator's is 1), and the p value.
    rows : ndarray of int, shape (tests,)
        Where among the estimates the first figure of each test's pair stands.
    indicators : tuple of str
        The names of the indicators, in order.
    """

    estimates: Estimates
    statistic: Floats
    df: Floats
    pvalue: Floats
    rows: NDArray[np.int64]
    indicators: tuple[str, ...]

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __repr__(self) -> str:
        """Say how many pairs there are and show the matrix of R0 of the first group."""
        pairs = len(self.indicators) * (len(self.indicators) - 1) // 2
        return f"<Association: {pairs:,} pairs of {len(self.indicators)} indicators>\n{self.estimates!r}"

    @property
    def table(self) -> pd.DataFrame:
        """The estimates as a tidy DataFrame, one row per number."""
        return self.estimates.table

    @property
    def tests(self) -> pd.DataFrame:
        """The tests of independence as a DataFrame: one row for each pair, group, round and cutoff."""
        import pandas as pd

        keys = self.estimates.keys.take(self.rows)
        names = ("indicator", "by", "group", "wave", "cutoff")
        columns: dict[str, Any] = {name: keys[name].to_list() for name in names}
        return pd.DataFrame({**columns, "F": self.statistic, "df": self.df, "pvalue": self.pvalue})

    def matrix(self, statistic: str = "R0", **conditions: Any) -> pd.DataFrame:
        """Return one statistic of all pairs as a square table, indicators by indicators.

        Parameters
        ----------
        statistic : str, default R0
            One of ``both, first_only, second_only, neither, R0, phi, cramers_v, tetrachoric, odds_ratio, jaccard``, or
            ``pvalue``.
        **conditions
            Which figures: any of ``by, group, wave, cutoff``; by default those of the total. They must leave one figure
            of each pair.

        Raises
        ------
        MpiError
            When a word does not occur, or several figures of a pair are left.
        """
        known = (*FUNCTIONS, "pvalue")
        if statistic not in known:
            raise RequestError("the matrix cannot be made: " + unknown("statistic", statistic, known, show=15))
        given = conditions if {"by", "group"} & set(conditions) else {"by": "total", **conditions}
        keys = self.estimates.keys
        rows = keys.find({**given, "statistic": "both" if statistic == "pvalue" else statistic})
        pairs = [str(x) for x in keys["indicator"].take(rows).to_list()]
        if len(set(pairs)) < len(pairs):
            several = [n for n in ("group", "wave", "cutoff") if len(set(keys[n].take(rows).to_list())) > 1]
            raise RequestError(
                f"the matrix cannot be made: there are {len(pairs)} figures of {len(set(pairs))} pairs; say which "
                f"{' and '.join(several)} is meant, such as matrix({statistic!r}, {several[0]}=...)"
            )
        return self._square(statistic, rows)

    def _square(self, statistic: str, rows: NDArray[Any]) -> pd.DataFrame:
        import pandas as pd

        value = self.estimates.value
        upper = self.pvalue[np.searchsorted(self.rows, rows)] if statistic == "pvalue" else value[rows]
        lower = upper
        if statistic in _SAME:  # what is the first for one half is the second for the other
            lower = value[rows + _step(self.estimates, _SAME[statistic], rows)]
        d = len(self.indicators)
        one, other = np.triu_indices(d, 1)
        out = np.full((d, d), np.nan)
        out[one, other], out[other, one] = upper, lower
        if statistic in _OF_ITSELF:
            out[np.diag_indices(d)] = 1.0
        names = pd.Index(self.indicators, name="indicator")
        return pd.DataFrame(out, index=names, columns=names.rename(None))


def _step(est: Estimates, statistic: str, rows: NDArray[Any]) -> int:
    """Return how far from some figures those of another statistic of the same pairs and groups stand."""
    keys = est.keys
    names = [n for n in ("by", "group", "wave", "cutoff") if keys[n].at(int(rows[0])) is not None]
    same = {n: keys[n].at(int(rows[0])) for n in (*names, "indicator")}
    return int(keys.find({**same, "statistic": statistic})[0] - rows[0])


@kinds_checked
@staged("estimating")
def estimate(
    survey: Survey,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    deprivations: Deprivations | Sequence[Deprivations] = "uncensored",
    **options: Unpack[Shared],
) -> Association:
    """Estimate how the indicators of a measure go together, pair by pair, in total and by groups.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    measure : Measure
        Its indicators make the pairs. Its policy for missing answers decides which rows count: `drop`, those without
        a missing answer; `reweight`, of each pair those that answered both.
    by : sequence of str or tuple of str
        Disaggregations, as for `mpi.estimate`.
    deprivations : {"uncensored", "censored"}, or both in a list
        All deprivations, or those of the poor alone (those of others count as none); ``cutoff`` tells them apart.
    where, unit, level, df
        As for `mpi.estimate`.

    Returns
    -------
    Association
        With ``estimates``, ``tests`` and ``matrix("R0")``. Of each pair there are

        - the four cells as shares of all: ``both``, ``first_only``, ``second_only``, ``neither``;
        - ``R0``, redundancy: of those deprived in the rarer indicator, the share deprived in the other too;
        - ``phi``, the correlation; ``cramers_v``, the same without its sign; ``tetrachoric``, the correlation of two
          normal variables that would give the table when cut; ``odds_ratio``; ``jaccard``, the share deprived in both
          among those deprived in either.

        And ``KR20`` of the measure, the reliability of the number of deprivations as a scale.

    Raises
    ------
    MpiError
        With every problem of the request or of the indicators at once; when there are fewer than two indicators.

    Notes
    -----
    Alkire, Foster, Seth, Santos, Roche and Ballon 2015, Multidimensional Poverty Measurement and Analysis, 7.3. Every
    figure is a function of the totals deprived in both, in each and at all, so its error follows by the chain rule.
    Independence is tested as by Rao and Scott (1984, Annals of Statistics 12:46-60): F = phi^2 S / V with S the sum of
    1 / p over the four cells and V the variance of their interaction by the design. That indicators go together is no
    reason by itself to leave one out, nor is it one to keep both.

    Examples
    --------
    >>> import mpi
    >>> survey, measure = mpi.load_sample(), mpi.load_measure("gso-mdp")
    >>> found = mpi.association.estimate(survey, measure, ["area"])
    >>> found.matrix("phi", wave=2018).shape
    (10, 10)
    >>> bool(found.matrix("phi", wave=2018).loc["health_insurance", "health_insurance"] == 1)
    True
    """
    check_measure(measure)
    kinds = _kinds(measure, deprivations)

    def table(prof: Profiles) -> Functions:
        scores = scores_of(prof.deprived, prof.missing, measure, "association")
        return _functions(scores, measure, kinds)

    made = table_estimates(survey, measure, table, by, **options)
    names = {i.name: i.label for i in measure.indicators}
    pairs = combinations(measure.names, 2)
    titles = {_pair(a, b): _pair(names[a], names[b]) for a, b in pairs if (names[a], names[b]) != (a, b)}
    return _tested(replace(made, titles={**made.titles, **titles}), measure)


def _kinds(measure: Measure, deprivations: Deprivations | Sequence[Deprivations]) -> list[str]:
    """Read whose deprivations are asked for, each once."""
    problems = Problems("the association cannot be estimated", RequestError)
    known = get_args(Deprivations)
    if not isinstance(deprivations, (str, list, tuple)):
        problems.add(f"deprivations: {' or '.join(map(repr, known))} was expected, not {deprivations!r}")
        problems.raise_if_any()
    kinds: list[str] = [deprivations] if isinstance(deprivations, str) else list(dict.fromkeys(map(str, deprivations)))
    problems.found += [unknown("deprivations", k, known) for k in kinds if k not in known]
    if not kinds:
        problems.add(f"deprivations is empty; name {known[0]!r}, {known[1]!r} or both")
    if len(measure.names) < 2:
        problems.add(f"measure {measure.name!r} has one indicator; two make a pair")
    problems.raise_if_any()
    return kinds


def _pair(first: str, second: str) -> str:
    """Return the label of a pair, such as "schooling × water"."""
    return f"{first} × {second}"


def _functions(scores: Scores, measure: Measure, kinds: Sequence[str]) -> Functions:
    """Write out the variables of patterns, and the functions of their totals."""
    held = PatternVariables()
    smooth: list[Smooth] = []
    for kind in kinds:
        smooth += _association_of_kind(held, scores, measure, kind)
    return Functions(held, smooth)


def _association_of_kind(variables: PatternVariables, scores: Scores, measure: Measure, kind: str) -> list[Smooth]:
    """Return the smooth functions of raw or censored deprivations: shares, associations of pairs, and KR-20."""
    censored = kind == "censored"
    deprived = scores.deprived & scores.reach(measure.cutoff)[:, None] if censored else scores.deprived
    cutoff, observed = text(measure.cutoff) if censored else None, scores.observed
    full = scores.kept & observed.all(axis=1)
    alike = bool((full == scores.kept).all())  # whoever counts answered everything
    everybody = variables.put("all", full)

    def own(j: int, second: int) -> int:
        """Return the variable of those deprived in one indicator among those who answered both."""
        if alike:
            return variables.put((kind, j), deprived[:, j] & full)
        return variables.put((kind, j, second), deprived[:, j] & observed[:, second])

    of, among, labels, shares = [], [], [], []
    for a, b in combinations(range(len(measure.names)), 2):
        answered = observed[:, a] & observed[:, b]
        both = variables.put((kind, "both", a, b), deprived[:, a] & deprived[:, b])
        either = variables.put((kind, "either", a, b), (deprived[:, a] | deprived[:, b]) & answered)
        asked = everybody if alike else variables.put((a, b), answered)
        one, other = own(a, b), own(b, a)
        shares.append((both, one, other, asked))
        of.append([variables.ratio(x, asked) for x in (both, one, other)])
        among.append({"R0": (one, other), "jaccard": (either, either), "": (asked, asked)})
        labels.append((_pair(measure.names[a], measure.names[b]), _dimension(measure, a, b)))
    out = []
    place = np.array(of).T
    for name, function in {**FUNCTIONS, _HIDDEN: interaction}.items():
        own_labels = [
            ColumnLabels(
                name, indicator=pair, dimension=dimension, cutoff=cutoff, method=_METHODS.get(name, "share"),
                undefined=_UNDEFINED.get(name, "no complete cases in group"),
            )
            for pair, dimension in labels
        ]  # fmt: skip
        cases = np.array([x.get(name, x[""]) for x in among]).T
        trait = (np.array(_TRAITS[name]), np.array(shares).T) if name in _TRAITS else None
        out.append(Smooth(own_labels, place, function, cases, trait))
    return [*out, _reliability(variables, deprived & full[:, None], kind, everybody, cutoff)]


def _dimension(measure: Measure, a: int, b: int) -> str:
    one, other = measure.indicators[a].dimension, measure.indicators[b].dimension
    return one if one == other else _pair(one, other)


def _reliability(
    store: PatternVariables, deprived: NDArray[np.bool_], kind: str, everybody: int, cutoff: str | None
) -> Smooth:
    """Return KR-20: a function of the mean and mean square of the number of deprivations, and of their shares."""
    number = deprived.sum(axis=1)
    variables = [store.put((kind, "number"), number), store.put((kind, "square"), number**2)]
    variables += [store.put((kind, "complete", j), column) for j, column in enumerate(deprived.T)]
    of = np.array([[store.ratio(v, everybody)] for v in variables])
    label = ColumnLabels("KR20", cutoff=cutoff, method="t", undefined="scores do not vary in group")
    return Smooth([label], of, kr20, np.array([[everybody]]))


def _tested(est: Estimates, measure: Measure) -> Association:
    """Take the tests of independence off the estimates: what is hidden among them goes."""
    from scipy.special import fdtrc

    statistic = est.keys["statistic"]
    names = (_HIDDEN, "phi", "both", "first_only", "second_only", "neither")
    hidden, phi, *cells = (np.flatnonzero(statistic.index == statistic.values.index(name)) for name in names)
    p = np.array([est.value[c] for c in cells])
    inverse = np.divide(1.0, p, out=np.zeros_like(p), where=p > 0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        f = np.where(est.se[hidden] > 0, est.value[phi] ** 2 * inverse / est.se[hidden] ** 2, np.nan)
        pvalue = np.where(est.df[hidden] > 0, fdtrc(1.0, np.maximum(est.df[hidden], 1.0), f), np.nan)
    keep = np.flatnonzero(statistic.index != statistic.values.index(_HIDDEN))
    return Association(est.take(keep), f, est.df[hidden], pvalue, np.searchsorted(keep, cells[0]), measure.names)
