"""The protocol of a survey's rows, which those in memory and those with an engine fulfil."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.frames.aggregation import Cross, Pair
    from mpi.frames.arrays import Categories
    from mpi.frames.missing_codes import MissingCodes
    from mpi.frames.recode import Grouped
    from mpi.measures.words import Unit
    from mpi.survey.memory import MemoryRows
    from mpi.survey.origin import Origin
    from mpi.survey.words import Column, Labels, Where

__all__ = ["SurveyRows"]


class SurveyRows(Protocol):
    """The rows of a survey: `MemoryRows`, or `EngineRows` that an engine holds.

    Rows are frozen; what changes them returns others of the same kind. An engine reads nothing until it is asked to
    `collect` or to condense.
    """

    def __len__(self) -> int:
        """The number of rows."""
        ...

    def describe(self) -> str:
        """Say in one line what the rows are."""
        ...

    # --- what is known of them ----------------------------------------------------------------------------------------

    @property
    def in_memory(self) -> bool:
        """Return whether they are in memory."""
        ...

    @property
    def labels(self) -> Labels:
        """The labels of values, by column."""
        ...

    @property
    def missing(self) -> MissingCodes:
        """The codes that were declared to be no answer."""
        ...

    @property
    def roles(self) -> Mapping[str, str]:
        """The column of each role in the design."""
        ...

    @property
    def origin(self) -> Origin:
        """The provenance of the rows and columns."""
        ...

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the user's columns."""
        ...

    @property
    def waves(self) -> tuple[Any, ...]:
        """The rounds; empty where there is one that has no name."""
        ...

    @property
    def has_rounds(self) -> bool:
        """Return whether there are several rounds."""
        ...

    @property
    def has_domain(self) -> bool:
        """Return whether a domain was chosen."""
        ...

    @property
    def single_rules(self) -> tuple[str, str]:
        """The rules for strata with one PSU, in the whole and in a group."""
        ...

    # --- their columns ------------------------------------------------------------------------------------------------

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        ...

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column as numbers, NaN where missing."""
        ...

    def categories(self, name: str) -> Categories:
        """Return a column as groups."""
        ...

    def declared(self, name: str, *, labels: bool = False) -> tuple[Any, ...]:
        """Return the values that a column can have; see `Survey.declared`."""
        ...

    def unique(self, name: str) -> list[Any]:
        """Return the values that occur in a column; none where it is absent."""
        ...

    def text_counts(self, names: Sequence[str]) -> dict[str, dict[Any, int]]:
        """Return the values of those columns that hold text, each with its rows that count."""
        ...

    def code_counts(self, found: Mapping[str, Mapping[Any, str]]) -> dict[tuple[str, Any], int]:
        """Return the rows that count and hold each of some codes, by column and code."""
        ...

    def reason_counts(self, column: str, indicator: str) -> dict[Any, tuple[int, int]]:
        """Return the rows that count of each code by which answers are missing, and those without the indicator."""
        ...

    # --- other rows made of them --------------------------------------------------------------------------------------

    def where(self, condition: Where) -> Self:
        """Keep the rows that meet a condition as the domain; see `Survey.where`."""
        ...

    def with_groups(
        self, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None
    ) -> Self:
        """Add a column that puts the values of another into groups; see `Survey.with_groups`."""
        ...

    def with_column(self, name: str, values: Column) -> Self:
        """Add a column of numbers; see `Survey.with_column`."""
        ...

    def collect(self, columns: Sequence[str] | None = None) -> MemoryRows:
        """Return the rows in memory: some columns and those of the design, or all."""
        ...

    def condensed(
        self,
        flags: Sequence[str] = (),
        groups: Sequence[str] = (),
        pairs: Sequence[Pair] = (),
        *,
        unit: Unit = "person",
    ) -> MemoryRows:
        """Return rows in memory that give the same figures of these columns.

        Parameters
        ----------
        flags, groups : sequence of str
            Indicators, and columns to disaggregate by.
        pairs : sequence of pairs of str
            Columns to be summed, each with the one it is divided by, or None.
        unit : {"person", "household"}
            What is to be counted.
        """
        ...

    def condensed_apart(
        self, flags: Sequence[str], by: Sequence[Cross], pairs: Sequence[Pair] = (), *, unit: Unit = "person"
    ) -> list[tuple[MemoryRows, list[Cross]]]:
        """Return rows in memory that together give the figures of some disaggregations, each with its own.

        One where they are in memory, or where all columns crossed fit into memory; of several that does not fit, each
        holds the columns of some disaggregations only. Their design is the same.

        Parameters
        ----------
        flags, pairs, unit : optional
            As for `condensed`.
        by : sequence of tuple of str
            The disaggregations.
        """
        ...
