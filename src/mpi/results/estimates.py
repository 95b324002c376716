"""Estimates: numbers with their influence, from which every error, covariance, contrast and test follows."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from mpi.core.former import former
from mpi.core.readonly import seal
from mpi.frames.row_order import positions
from mpi.inference.intervals import Interval, p_value
from mpi.results import contrasts, joint_tests, uncertainty, writers
from mpi.results.as_json import arguments_of, plain, read_json
from mpi.results.hypotheses import nulls, t_statistics
from mpi.tables.display import brief, html
from mpi.tables.files import write_text
from mpi.tables.footnotes import KEY
from mpi.tables.text import publish, refuse_printed, tidy, wide

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping, Sequence
    from typing import Unpack

    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from mpi.inference.counts import ShareCounts
    from mpi.inference.influence import Influence
    from mpi.measures.measure import Measure
    from mpi.plot.picture import Drawing, Picture
    from mpi.results.options import Degrees
    from mpi.results.simple_random import SimpleRandom
    from mpi.tables.files import Target
    from mpi.tables.keys import Coded, Keys
    from mpi.tables.layout import Layout
    from mpi.tables.status import Status

__all__ = ["Estimates"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Estimates:
    """Estimates with their design-based errors and all their covariances.

    Made by `mpi.estimate`, `mpi.mean` and the decompositions; `table` shows them.

    Attributes
    ----------
    keys : Keys
        What each number is.
    value, se : ndarray of float
        The estimates and their standard errors; missing where undefined, and the flag says why.
    df : ndarray of float
        Degrees of freedom of each.
    n, n_psu : ndarray of float
        The unweighted numbers of cases and of PSUs that each rests on.
    estimable : ndarray of bool
        Whether the error of each is known: estimated from what varies in the sample, or 0 by definition. It is not
        where nobody or everybody is poor, in one PSU, where all strata are single, without degrees of freedom.
    method : Coded
        The method of each interval; ``share``, ``intensity`` and ``fraction`` stand for that of `shares`.
    flag : Coded
        What to know about a number; none where all is well.
    influence : Influence
        What each sampled unit contributes.
    level : float
        The confidence level of the intervals.
    degrees : {"group", "design"}
        Whose degrees of freedom `df` are.
    codes : mapping of by to mapping of label to code
        The values in the data that a group's label stands for.
    shares : {"logit", "t", "log", "log1p", "asin", "beta", "wilson", "atanh"}
        The method of intervals for shares.
    titles : mapping of str to str
        What to print for indicators that have a label.
    about : mapping of str to str
        What a reader of a table must know: the measure and its source, what is counted, what became of missing
        answers, the survey.
    measures : tuple of Measure
        The measures that were estimated; a change is one of a single measure.
    simple : SimpleRandom or None
        What a simple random sample would give, where it was asked for with ``deff=True``; see `mpi.precision`.
    counts : Counts or None
        The unweighted cases with the trait that each share counts, and the population it is a share of; none of what
        is derived from others.
    status : Status or None
        How each is shown, after `release`.
    """

    keys: Keys
    value: NDArray[np.float64]
    se: NDArray[np.float64]
    df: NDArray[np.float64]
    n: NDArray[np.float64]
    n_psu: NDArray[np.float64]
    estimable: NDArray[np.bool_]
    method: Coded
    flag: Coded
    influence: Influence
    level: float
    degrees: Degrees
    codes: Mapping[str, Mapping[str, tuple[Any, ...]]]
    shares: Interval = "logit"
    titles: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    measures: tuple[Measure, ...] = ()
    simple: SimpleRandom | None = None
    counts: ShareCounts | None = None
    status: Status | None = None

    def __post_init__(self) -> None:
        """Let nobody write into it."""
        seal(self)

    def __len__(self) -> int:
        """The number of estimates."""
        return len(self.value)

    def __repr__(self) -> str:
        """Say how many numbers there are and what they have in common; show the first and last; say who is left out."""
        by = ", ".join(map(str, self.keys["by"].without_unused().values))
        lost = f"\n{self.about[KEY]}." if self.about.get(KEY) else ""
        return f"<Estimates: {len(self):,} numbers, by {by}>\n{brief(self)}{lost}"

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        return html(self)

    @property
    def table(self) -> pd.DataFrame:
        """The estimates as a tidy pandas DataFrame, one row per number; shares are fractions."""
        return tidy(self)

    def conf_int(self, level: float | None = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower and upper confidence limits, at the level of the estimates or at another."""
        return uncertainty.limits(self if level is None else self.with_interval(level=level))

    def take(self, rows: ArrayLike | slice) -> Self:
        """Return some of the estimates, by position, mask or slice; covariances are kept.

        Raises
        ------
        MpiError
            When a position is out of range, or a mask has another length.
        """
        r = positions(rows, len(self))
        kept = {n: getattr(self, n)[r] for n in ("value", "se", "df", "n", "n_psu", "estimable")}
        keyed = {n: getattr(self, n).take(r) for n in ("keys", "method", "flag", "influence")}
        simple, counts = self.simple and self.simple.take(r), self.counts and self.counts.take(r)
        status = self.status and self.status.take(r)
        return replace(self, **kept, **keyed, simple=simple, counts=counts, status=status)

    def select(self, **conditions: Any) -> Self:
        """Return the estimates whose keys match, with their covariances.

        Parameters
        ----------
        **conditions
            Any of ``statistic, contrast, indicator, dimension, by, group, wave, cutoff, weighting``, each a value
            or a list of values; ``by`` may be a tuple for a cross, ``cutoff`` any way of writing the number.

        Raises
        ------
        MpiError
            When a name or a value does not occur; the nearest is offered.
        """
        return self.take(self.keys.find(conditions))

    def pvalues(self, value: float | None = None) -> NDArray[np.float64]:
        """Return the two-sided p value of each estimate by t, against a stated value or against no difference.

        No difference is a ratio of 1, and 0 of all else. Ratios and relative changes are tested as their intervals are
        made, on the scale of logarithms.
        """
        null = nulls(self) if value is None else np.full(len(self), float(value))
        with np.errstate(invalid="ignore"):
            return p_value(t_statistics(self, null), self.df)

    def release(self, scheme: Any) -> Self:
        """Return the estimates without the figures that a scheme of reliability does not show; see `mpi.release`.

        `scheme` is one of `mpi.release.list_schemes`, or one of your own. What is hidden is missing in every table and
        file made of the result, and the column ``status`` says why; ``publish(scheme=)`` and its kin do it themselves.

        Examples
        --------
        >>> import mpi
        >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), by=["ethnicity"], statistics=["H", "A"])
        >>> est.release("dhs").table["status"].value_counts().to_dict()["not shown: fewer than 25 persons"]
        3
        """
        from mpi.release.released import released  # which figures that no scheme judges need not wait for

        return released(self, scheme)

    def publish(self, shown: str | Sequence[str] | None = None, /, **options: Unpack[Layout]) -> pd.DataFrame:
        """Return a table to publish, as text: groups in rows, statistics in columns; see `mpi.tables.publish`.

        The statistics may stand first: ``est.publish(["H", "A"])`` is ``est.publish(statistics=["H", "A"])``.
        """
        if shown is not None:
            options["statistics"] = shown
        return publish(self, **options)

    def wide(self, shown: str | Sequence[str] | None = None, /, **options: Any) -> pd.DataFrame:
        """Return the same table of numbers: estimate, error, limits and cases of each; see `mpi.tables.wide`.

        Options of `publish` alone are refused: they shape text.
        """
        refuse_printed(options)
        named = options.pop("statistics", None)
        return wide(self, named if shown is None else shown, **options)

    def plot(self, **options: Unpack[Drawing]) -> Picture:
        """Draw the picture that suits these estimates; see `mpi.plot.plot`, which says how it chooses."""
        from mpi.plot.automatic import plot

        return plot(self, **options)

    # --- what other modules say: errors, tests, files ---------------------------------------------------------------

    with_interval = uncertainty.with_interval
    vcov = uncertainty.vcov
    contrast = contrasts.contrast
    wald_test = joint_tests.wald_test
    to_csv = writers.to_csv
    to_parquet = writers.to_parquet
    to_excel = writers.to_excel
    to_latex = writers.to_latex
    to_html = writers.to_html
    limits = former("Estimates.limits", conf_int)
    p_values = former("Estimates.p_values", pvalues)
    test = former("Estimates.test", wald_test, of="restriction")

    # --- other programs ---------------------------------------------------------------------------------------------

    def to_dict(self, *, influence: bool = True) -> dict[str, Any]:
        """Return the estimates as dictionaries, lists, texts and finite numbers, for other programs; see `plain`.

        With `influence`, what each PSU contributes is added, from which covariances and contrasts follow; without it
        the result is a table to hand out, which `from_dict` does not take.

        Examples
        --------
        >>> import mpi
        >>> est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), statistics=["H"])
        >>> est.to_dict()["estimates"][0]["cutoff"]
        '3/10'
        """
        return plain(self, self.measures, influence=influence)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Estimates:
        """Return the estimates that `to_dict` wrote, with their covariances.

        Raises
        ------
        MpiError
            When the values are no estimates, or were written without influences.
        """
        return cls(**arguments_of(data))

    def to_json(self, path: Target = None, *, influence: bool = True) -> str | None:
        """Write the estimates as JSON, atomically, or return the text; see `to_dict`."""
        text = json.dumps(self.to_dict(influence=influence), ensure_ascii=False, allow_nan=False)
        if path is None:
            return text
        write_text(path, text, ".json")
        return None

    @classmethod
    def from_json(cls, source: str | os.PathLike[str]) -> Estimates:
        """Return the estimates of a JSON file that `to_json` wrote, or of its text.

        Examples
        --------
        >>> import mpi
        >>> est = mpi.mean(mpi.load_sample(), "income")
        >>> bool((mpi.Estimates.from_json(est.to_json()).vcov() == est.vcov()).all())
        True
        """
        return cls.from_dict(read_json(source))
