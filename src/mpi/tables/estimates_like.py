"""What tables, files and derived figures read of estimates, whatever made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

    from mpi.inference.influence import Influence
    from mpi.inference.intervals import Interval
    from mpi.tables.keys import Coded, Keys

__all__ = ["EstimatesLike"]


class EstimatesLike(Protocol):
    """Numbers with keys, errors and influences; `mpi.Estimates` says what each is."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def keys(self) -> Keys: ...  # noqa: D102
    @property
    def value(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def se(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def df(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def n(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def n_psu(self) -> NDArray[np.float64]: ...  # noqa: D102
    @property
    def estimable(self) -> NDArray[np.bool_]: ...  # noqa: D102
    @property
    def method(self) -> Coded: ...  # noqa: D102
    @property
    def flag(self) -> Coded: ...  # noqa: D102
    @property
    def influence(self) -> Influence: ...  # noqa: D102
    @property
    def level(self) -> float: ...  # noqa: D102
    @property
    def degrees(self) -> str: ...  # noqa: D102
    @property
    def codes(self) -> Mapping[str, Mapping[str, tuple[Any, ...]]]: ...  # noqa: D102
    @property
    def shares(self) -> Interval: ...  # noqa: D102
    @property
    def titles(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def about(self) -> Mapping[str, str]: ...  # noqa: D102
    @property
    def table(self) -> pd.DataFrame: ...  # noqa: D102

    def __len__(self) -> int: ...

    def conf_int(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the lower and upper confidence limits."""
        ...

    def take(self, rows: ArrayLike | slice) -> Self:
        """Return some of the estimates, by position, mask or slice."""
        ...

    def select(self, **conditions: Any) -> Self:
        """Return the estimates whose keys match."""
        ...
