"""Replicate weights of a file: which columns they are, by which rule errors follow, and what they are by part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from mpi.core.errors import nearest, unknown, warn
from mpi.frames.arrays import numbers
from mpi.frames.compress import first_of
from mpi.inference.design import PsuDesign, Split
from mpi.inference.replication import Method, Replication
from mpi.survey.split import finer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import narwhals.stable.v2 as nw
    from numpy.typing import NDArray

    from mpi.core.errors import Problems

    Floats = NDArray[np.float64]

__all__ = ["ReplicateMethod", "ReplicateRule", "columns_matching", "read_replicates"]

ReplicateMethod = Literal["jk1", "jkn", "brr", "fay", "bootstrap", "sdr", "user", "acs", "cps", "dhs"]
"""The kinds of replicate weights, and those that survey programmes publish."""

_PROGRAMMES: dict[str, tuple[Method, bool]] = {"acs": ("sdr", True), "cps": ("sdr", True), "dhs": ("jk1", True)}
"""American Community Survey and Current Population Survey (IPUMS, replicate weights: successive differences, 4 / R,
around the figure of the sample); DHS (Guide to DHS Statistics: one cluster left out at a time)."""

_DIGITS = 12
"""Factors that agree to so many digits are the same."""
_RANKED = 1_200
_LEFT_OUT = 1e-6


@dataclass(frozen=True, slots=True)
class ReplicateRule:
    """The rule by which errors follow from replicates; fields that are None follow from the method."""

    method: ReplicateMethod | None = None
    scale: float | None = None
    rscales: tuple[float, ...] | None = None
    mse: bool | None = None
    fay: float | None = None

    @property
    def kind(self) -> Method:
        """The kind that a programme's weights are of."""
        word = self.method or "user"
        return _PROGRAMMES[word][0] if word in _PROGRAMMES else word  # type: ignore[return-value]  # a kind

    @property
    def around_sample(self) -> bool:
        """Return whether deviations are from the figure of the sample."""
        if self.mse is not None:
            return self.mse
        return _PROGRAMMES[self.method or ""][1] if (self.method or "") in _PROGRAMMES else self.kind == "sdr"

    def problems(self, *, given: bool) -> list[str]:
        """Say what contradicts itself; `given` is whether there are replicate weights."""
        told = [k for k in ("method", "scale", "rscales", "mse", "fay") if getattr(self, k) is not None]
        if not given:
            return [f"{', '.join(told)}: said of replicate_weights=, which are not given"] if told else []
        words = get_args(ReplicateMethod)
        if self.method is None:
            return [f"method: which kind of replicate weights are they? {', '.join(words)}"]
        if self.method not in words:
            return [f"method: {unknown('kind of replicates', self.method, words)}"]
        found = []
        if self.method == "user" and self.scale is None:
            found.append("scale: method='user' needs it, and rscales= where replicates count differently")
        if (self.method == "fay") != (self.fay is not None):
            found.append("fay: method='fay', and it alone, needs the share kept of the half left out, such as fay=0.3")
        elif self.fay is not None and not 0 < self.fay < 1:
            found.append(f"fay: a share between 0 and 1 was expected, not {self.fay!r}")
        if self.method == "jkn" and self.rscales is None:
            found.append("rscales: method='jkn' needs (n - 1) / n of each replicate's stratum")
        return found

    def scales(self, replicates: int, problems: Problems) -> Floats:
        """Return what each replicate's squared deviation counts."""
        R = replicates
        usual = {
            "jk1": (R - 1) / R, "jkn": 1.0, "brr": 1 / R, "fay": 1 / (R * (1 - (self.fay or 0.0)) ** 2),
            "bootstrap": 1 / max(1, R - 1), "sdr": 4 / R, "user": 1.0,
        }  # fmt: skip
        each = np.ones(R) if self.rscales is None else np.array(self.rscales, dtype=np.float64)
        if len(each) != R:
            problems.add(f"rscales: {len(each)} numbers for {R} replicate weights")
            return np.ones(R)
        return each * (usual[self.kind] if self.scale is None else self.scale)


def columns_matching(pattern: str | Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the columns that a pattern or a list names.

    Examples
    --------
    >>> columns_matching("rw*", ["w", "rw1", "rw2"])
    ['rw1', 'rw2']
    """
    if not isinstance(pattern, str):
        return list(pattern)
    return [c for c in known if fnmatchcase(c, pattern)] if any(x in pattern for x in "*?[") else [pattern]


def read_replicates(
    data: nw.DataFrame[Any],
    asked: str | Sequence[str],
    rule: ReplicateRule,
    weight: Floats,
    drawn: tuple[NDArray[np.int32], PsuDesign],
    problems: Problems,
) -> tuple[NDArray[np.int32], PsuDesign]:
    """Split units by the replicate weights of their rows, and let the replicates make errors.

    Parameters
    ----------
    data : data frame
        The rows.
    asked : str or sequence of str
        The columns, or a pattern of their names.
    rule : ReplicateRule
        How errors follow.
    weight : ndarray of float, shape (rows,)
        The weights of the sample.
    drawn : tuple of ndarray and PsuDesign
        The unit of each row, and the design.
    problems : Problems
        To which is added what is wrong.
    """
    names = columns_matching(asked, data.columns)
    absent = [c for c in names if c not in data.columns]
    if absent:
        near = nearest(absent[0], data.columns)
        hint = f"; did you mean {near!r}?" if near else ""
        problems.add(f"replicate_weights: there are no columns {', '.join(map(repr, absent[:3]))}{hint}")
    if len(names) < 2:  # a variance needs two
        problems.add(f"replicate_weights: {asked!r} names {len(names)} columns; at least two are needed")
    if drawn[1].waves > 1:
        problems.add("replicate_weights: read each round by itself, and put them together with mpi.pool")
    scales = rule.scales(max(1, len(names)), problems)
    if problems.found:
        return drawn
    factors = _factors(data, names, weight, problems)
    if problems.found:
        return drawn
    factors = _raised(rule, factors, weight)
    key = np.unique(np.round(factors, _DIGITS), axis=0, return_inverse=True)[1].ravel()
    part, design = finer(*drawn, key)
    split = design.split
    if split is None:
        raise TypeError("the design is not split")
    own = factors[first_of(part, design.units)].T
    df = _rank(own * np.bincount(part, weights=weight, minlength=design.units)) - 1
    replication = Replication(rule.kind, own, scales[None], rule.around_sample, np.array([float(df)]))
    errors = PsuDesign.from_replicates(len(own), 1)
    made = Split(split.psus, errors, split.stages, None, replication)
    return part, replace(design, split=made)


def _factors(data: nw.DataFrame[Any], names: list[str], weight: Floats, problems: Problems) -> Floats:
    out = np.empty((len(data), len(names)))
    for i, name in enumerate(names):
        try:
            out[:, i] = numbers(data[name]).astype(np.float64)
        except ValueError as error:
            problems.add(f"replicate weight column {name!r} {error}")
            return out
    bad = ~np.isfinite(out).all(axis=0) | (out < 0).any(axis=0)
    if bad.any():
        shown = ", ".join(repr(names[i]) for i in np.flatnonzero(bad)[:3])
        problems.add(f"replicate_weights: {int(bad.sum())} columns have missing or negative weights ({shown})")
    odd = (weight == 0) & (out > 0).any(axis=1)
    if odd.any():
        problems.add(f"replicate_weights: {int(odd.sum()):,} rows of weight 0 have replicate weights above 0")
    return np.divide(out, weight[:, None], out=np.ones_like(out), where=weight[:, None] > 0)


def _raised(rule: ReplicateRule, factors: Floats, weight: Floats) -> Floats:
    """Raise jackknife weights that were not raised for the unit left out: right for rates, they are not for totals."""
    if rule.kind != "jk1":
        return factors
    R = factors.shape[1]
    left = (weight @ factors) / weight.sum()
    if (factors <= 1 + _LEFT_OUT).all() and abs(left.mean() - (R - 1) / R) < _LEFT_OUT:
        warn(
            "replicate_weights: each leaves a cluster out and does not raise the others, which gives wrong errors of "
            f"totals; they are raised by {R:,} / {R - 1:,}"
        )
        factors = np.asarray(factors * (R / (R - 1)))
    return factors


def _rank(weights: Floats) -> int:
    """Return the rank of replicate weights; their number less nothing where it would take long to find."""
    if len(weights) > _RANKED:
        return len(weights)
    value = np.linalg.eigvalsh(weights @ weights.T)
    return int((value > value.max() * len(value) * 1e-13).sum())
