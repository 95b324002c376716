"""What tables, files and derived figures read of estimates, whatever made them."""

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
    """What tables say of an indicator; `mpi.Indicator` says what each is."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def label(self) -> str:
        """What to print for it."""
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
        """Who is deprived in it, in words."""
        ...


class MeasureLike(Protocol):
    """What tables say of a measure; `mpi.Measure` says what each is."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    @property
    def title(self) -> str:
        """What to print for it."""
        ...

    @property
    def cutoff(self) -> Fraction:
        """From which score on somebody is poor."""
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
        """What each number is."""
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
        """What to know about each number."""
        ...

    @property
    def influence(self) -> Influence:
        """What each sampled unit contributes."""
        ...

    @property
    def level(self) -> float:
        """The confidence level of the intervals."""
        ...

    @property
    def degrees(self) -> str:
        """Whose degrees of freedom `df` are."""
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
        """What to print for indicators that have a label."""
        ...

    @property
    def about(self) -> Mapping[str, str]:
        """What a reader of a table must know."""
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
        """How each is shown, where a scheme was applied."""
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
