"""Protocols of estimates, measures and indicators, as tables and derived figures read them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from mpi.inference.counts import ShareCounts
    from mpi.inference.influence import Influence
    from mpi.inference.intervals import Interval
    from mpi.tables.keys import Coded, Keys
    from mpi.tables.status import Status

__all__ = ["EstimatesLike", "IndicatorLike", "MeasureLike"]


class IndicatorLike(Protocol):
    """The attributes of an indicator that tables read; see `mpi.Indicator`."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def label(self) -> str:
        """The printed label."""
        ...

    @property
    def dimension(self) -> str:
        """Its dimension."""
        ...

    @property
    def weight(self) -> Fraction:
        """Its weight."""
        ...

    @property
    def description(self) -> str:
        """The definition of who is deprived, in words."""
        ...


class MeasureLike(Protocol):
    """The attributes of a measure that tables read; see `mpi.Measure`."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def title(self) -> str:
        """The printed title."""
        ...

    @property
    def cutoff(self) -> Fraction:
        """The lowest score of the poor."""
        ...

    @property
    def indicators(self) -> Sequence[IndicatorLike]:
        """The indicators."""
        ...


class EstimatesLike(Protocol):
    """Numbers with keys, errors and influences; `mpi.Estimates` says what each is."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def keys(self) -> Keys:
        """The keys of each number."""
        ...

    @property
    def value(self) -> NDArray[np.float64]:
        """The estimates."""
        ...

    @property
    def se(self) -> NDArray[np.float64]:
        """Their standard errors."""
        ...

    @property
    def df(self) -> NDArray[np.float64]:
        """The degrees of freedom of each."""
        ...

    @property
    def n(self) -> NDArray[np.float64]:
        """The unweighted cases that each rests on."""
        ...

    @property
    def n_psu(self) -> NDArray[np.float64]:
        """The PSUs that each rests on."""
        ...

    @property
    def estimable(self) -> NDArray[np.bool_]:
        """Return whether the error of each is known."""
        ...

    @property
    def method(self) -> Coded:
        """The method of each interval."""
        ...

    @property
    def flag(self) -> Coded:
        """The flag of each number."""
        ...

    @property
    def influence(self) -> Influence:
        """The influence of each sampled unit."""
        ...

    @property
    def level(self) -> float:
        """The confidence level of the intervals."""
        ...

    @property
    def degrees(self) -> str:
        """The rule for degrees of freedom: of each group, or of the design."""
        ...

    @property
    def codes(self) -> Mapping[str, Mapping[str, tuple[Any, ...]]]:
        """The values in the data that a group's label stands for."""
        ...

    @property
    def shares(self) -> Interval:
        """The method of intervals for shares."""
        ...

    @property
    def titles(self) -> Mapping[str, str]:
        """The printed labels of indicators that have one."""
        ...

    @property
    def about(self) -> Mapping[str, str]:
        """The notes that a reader of a table needs."""
        ...

    @property
    def measures(self) -> Sequence[MeasureLike]:
        """The measures that were estimated."""
        ...

    @property
    def counts(self) -> ShareCounts | None:
        """The cases with the trait, and the weights of those that each is a share of."""
        ...

    @property
    def status(self) -> Status | None:
        """The printed form of each number, where a scheme was applied."""
        ...

    @property
    def table(self) -> pd.DataFrame:
        """The estimates as a tidy pandas DataFrame."""
        ...

    def __len__(self) -> int: ...

    def conf_int(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower and upper confidence limits."""
        ...

    def release(self, scheme: Any) -> Self:
        """Return the estimates without the figures that a scheme does not show."""
        ...

    def take(self, rows: ArrayLike | slice) -> Self:
        """Return some of the estimates, by position, mask or slice."""
        ...

    def select(self, **conditions: Any) -> Self:
        """Return the estimates whose keys match."""
        ...

    def vcov(self) -> NDArray[np.float64]:
        """Return the covariance matrix of all estimates."""
        ...

    def contrast(self, of: ArrayLike, *, name: str = "difference") -> Self:
        """Return linear combinations of the estimates, with their errors and covariances."""
        ...

    def pvalues(self, value: float | None = None) -> NDArray[np.float64]:
        """Return the two-sided p value of each estimate, by default against no difference."""
        ...
