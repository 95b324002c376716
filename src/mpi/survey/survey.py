"""The `Survey` class: rows and their sampling design, checked once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError
from mpi.frames.lazy import is_lazy
from mpi.survey import verbs
from mpi.survey.design import design_keywords, design_of
from mpi.survey.memory import memory_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Unpack

    import narwhals.stable.v2 as nw
    import numpy as np
    from numpy.typing import NDArray

    from mpi.frames.arrays import Categories
    from mpi.frames.missing_codes import Declared, MissingCodes
    from mpi.inference.design import PsuDesign
    from mpi.survey.design import Design, DesignKeywords
    from mpi.survey.rows import SurveyRows
    from mpi.survey.words import Labels

__all__ = ["Survey", "data_notes", "in_words", "of_rows"]


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Survey:
    """Microdata with the design that drew them.

    Parameters
    ----------
    frame : data frame
        One row per person, or per household with `size`. It is never changed, and what happens to it later does not
        reach the survey. pandas and Polars data frames and PyArrow tables are used as they are. Of what is not in
        memory (lazy Polars frames, PyArrow datasets, DuckDB relations, Ibis tables, Dask and PySpark data frames) each
        estimate collects only the groups it needs; see `Survey.collect`.
    design : Design, optional
        Which columns hold the design, and the rules by which it is read.
    labels : mapping of column to mapping of value to label, optional
        Value labels; groups print them.
    missing : mapping of column to codes, or codes for all columns, optional
        Codes that are no answer, such as 98 for "don't know": ``{"yrs": [97, 98, 99], "minutes": "995-999"}``. Codes
        are numbers, texts (in columns of numbers, value labels), ranges, or lists of these; ``"*"`` names all columns
        that are not named. What is declared is missing everywhere; `mpi.retention` counts it by code. An empty list
        says that all values of a column are answers. Columns of the design are touched only by their names.
    **keywords
        The design in short, ``weight="w", psu="commune"``: whatever `Design` takes, and the design does not say.

    Raises
    ------
    MpiError
        With every problem of the file at once: missing columns with the nearest name; negative, missing or
        non-finite weights; strata with one PSU; duplicated households and so on. Of data that are not in memory only
        the names of columns are checked here, the rest when they are read.

    Examples
    --------
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"w": [1.0, 2, 1, 2], "h": [1, 1, 2, 2], "c": [1, 2, 3, 4], "poor": [1, 0, 0, 1]})
    >>> Survey(frame, weight="w", strata="h", psu="c")
    <Survey: 4 rows, 4 PSUs in 2 strata, df 2>
    """

    rows: SurveyRows

    @design_keywords
    def __init__(
        self,
        frame: object,
        *,
        design: Design | None = None,
        labels: Labels | None = None,
        missing: Declared = None,
        **keywords: Unpack[DesignKeywords],
    ) -> None:
        said = design_of(design, keywords, "Survey")
        object.__setattr__(self, "rows", _read(frame, said, labels, missing))

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.rows)

    def __repr__(self) -> str:
        """One line: rows, PSUs, strata, degrees of freedom; or where the rows are."""
        return f"<Survey: {self.rows.describe()}>"

    @property
    def in_memory(self) -> bool:
        """Return whether rows are in memory; where they are not, estimates are left to the engine that holds them."""
        return self.rows.in_memory

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.rows.columns

    @property
    def labels(self) -> Labels:
        """The labels of values, by column."""
        return self.rows.labels

    @property
    def roles(self) -> Mapping[str, str]:
        """The column of each role in the design."""
        return self.rows.roles

    @property
    def missing(self) -> MissingCodes:
        """The codes that were declared to be no answer."""
        return self.rows.missing

    @property
    def waves(self) -> tuple[Any, ...]:
        """The rounds; empty where there is one that has no name."""
        return self.rows.waves

    @property
    def about(self) -> Mapping[str, str]:
        """The contents of a profile, topic by topic: rows, weights, indicators, sources; empty for microdata."""
        made = self.rows.origin.made
        return {} if made is None else made.words()

    # --- arrays by row: of what is not in memory, all rows are read into it -------------------------------------------

    @property
    def frames(self) -> tuple[nw.DataFrame[Any], ...]:
        """The rows as frames, one for each round that was read by itself."""
        return self.rows.collect().frames

    @property
    def weight(self) -> NDArray[np.float64]:
        """The sampling weight of each row."""
        return self.rows.collect().weight

    @property
    def unit(self) -> NDArray[np.int32]:
        """The sampled unit (PSU of a round) of each row."""
        return self.rows.collect().unit

    @property
    def design(self) -> PsuDesign:
        """The units and strata that were drawn."""
        return self.rows.collect().design

    @property
    def domain(self) -> NDArray[np.bool_] | None:
        """The rows of the domain; None where all are."""
        return self.rows.collect().domain if self.rows.has_domain else None

    @property
    def members(self) -> NDArray[np.bool_] | None:
        """The mask of rows that are members of their household; None where all are."""
        return self.rows.collect().members if "members" in self.roles else None

    @property
    def counting(self) -> NDArray[np.bool_] | None:
        """The mask of rows that count: members of their household in the domain; None where all do."""
        return self.rows.collect().counting

    def wave_of_rows(self) -> NDArray[np.int32]:
        """Return the position of each row's round among `waves`."""
        return self.rows.collect().wave_of_rows()

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column as numbers, NaN where missing.

        Raises
        ------
        MpiError
            When there is no such column, or it holds text.
        """
        return self.rows.numbers(name)

    def categories(self, name: str) -> Categories:
        """Return a column as groups, with the value labels of the file.

        Raises
        ------
        MpiError
            When there is no such column.

        Warns
        -----
        MpiWarning
            When groups differ only by blanks, case or how their letters are composed.
        """
        return self.rows.categories(name)

    def declared(self, name: str, *, labels: bool = False) -> tuple[Any, ...]:
        """Return the values that a column can have, whether anybody has them or not.

        Parameters
        ----------
        name : str
            The column.
        labels : bool, default False
            Whether a value label declares a value, as a category of pandas, Polars or an engine does.
        """
        return self.rows.declared(name, labels=labels)

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        self.rows.check_columns(names)

    # --- other surveys made of it -------------------------------------------------------------------------------------

    where = verbs.where
    with_groups = verbs.with_groups
    with_column = verbs.with_column
    calibrate = verbs.calibrate
    collect = verbs.collect


def _read(frame: object, design: Design, labels: Labels | None, missing: Declared) -> SurveyRows:
    given: object = labels
    if given is not None and not isinstance(given, Mapping):
        kind = type(given).__name__
        raise RequestError(f"labels: a mapping of columns to the labels of their values is needed, not {kind}")
    if not is_lazy(frame):
        return memory_rows(frame, design, labels, missing)
    from mpi.survey.out_of_core import engine_rows  # which surveys in memory need not wait for

    return engine_rows(frame, design, labels, missing)


def of_rows(rows: SurveyRows) -> Survey:
    """Return the survey of rows that are checked already."""
    return verbs.over(Survey, rows)


def in_words(survey: Survey) -> str:
    """Say of a survey what readers of its figures are to know: how many rows, not how they were condensed."""
    return re.sub(r"[\d,]+ profiles of ", "", repr(survey).strip("<>"))


def data_notes(survey: Survey) -> dict[str, str]:
    """Return what readers of figures are to know of the data: what a profile is made of, whether they are synthetic."""
    made, data = survey.about.items(), survey.rows.origin.data
    said = {"profile": "; ".join(f"{matter}: {what}" for matter, what in made), "data": data}
    return {name: text for name, text in said.items() if text}
