"""Who was asked: the rows of a survey and its sampling design, checked once and for all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError
from mpi.frames.lazy import is_lazy
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
    from mpi.frames.recode import Grouped
    from mpi.frames.wanted import By
    from mpi.inference.calibration import Bounds, Distance
    from mpi.inference.design import PsuDesign
    from mpi.survey.calibrate import WeightUnit
    from mpi.survey.design import Design, DesignKeywords
    from mpi.survey.rows import SurveyRows
    from mpi.survey.words import Column, Labels, Where

__all__ = ["Survey", "in_words", "of_rows", "profile_notes"]


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
        """Whether the rows are in memory; where they are not, estimates are left to the engine that holds them."""
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
        """Which column plays which role in the design."""
        return self.rows.roles

    @property
    def missing(self) -> MissingCodes:
        """Which codes were declared to be no answer."""
        return self.rows.missing

    @property
    def waves(self) -> tuple[Any, ...]:
        """The rounds; empty where there is one that has no name."""
        return self.rows.waves

    @property
    def about(self) -> Mapping[str, str]:
        """What a profile is made of, matter by matter: rows, weights, indicators, sources; nothing of microdata."""
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
        """Which rows are members of their household; None where all are."""
        return self.rows.collect().members if "members" in self.roles else None

    @property
    def counting(self) -> NDArray[np.bool_] | None:
        """Which rows count: members of their household who are in the domain; None where all do."""
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

    def where(self, condition: Where) -> Survey:
        """Keep the rows that meet a condition as the domain of interest; the design stays whole.

        Parameters
        ----------
        condition : str, narwhals expression, array of bool, or function
            A 0/1 or boolean column's name; an expression such as ``nw.col("age") < 5`` (of Narwhals, or of Polars on
            its frames; of DuckDB, PySpark, Ibis and Dask on theirs); an array with one entry per row, where the rows
            are in memory (a pandas Series is put into the order of the rows by its index); or a function of the frame
            that gives one of these. It is the frame that was given, but for NaN, which is missing, and columns of
            pandas with gaps, which have nulls: a comparison with a missing value is missing. Columns hold the values of
            the file: of a column with value labels its codes, not its labels. Rows where the condition is missing stay
            out, with a warning that counts them.
        """
        return of_rows(self.rows.where(condition))

    def with_groups(
        self, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None
    ) -> Survey:
        """Add a column that puts the values of another into groups; missing values stay missing.

        Parameters
        ----------
        name : str
            What the new column is called.
        column : str
            The column whose values are grouped.
        groups : mapping or Classification
            The group of each value, by the value itself or by its label; or a classification such as
            ``mpi.codes.classification("kinh-minority")``. Several values may share a group. What is neither a value
            nor a label of the column is an error: it would put people into the rest.
        rest : str, optional
            The group of values that a mapping does not name; without it, an unnamed value is an error. A group that
            nobody is in is told by a warning.

        Raises
        ------
        MpiError
            When there is no such column, there is already one of the new name, values are in no group, or a key is
            neither a value nor a label (the nearest is offered).

        Examples
        --------
        >>> import pandas as pd, mpi
        >>> survey = mpi.Survey(pd.DataFrame({"ethnicity": ["Kinh", "Hmong", "Tày", None]}))
        >>> two = survey.with_groups("people", "ethnicity", {"Kinh": "majority"}, rest="minorities")
        >>> two.categories("people").labels
        ('majority', 'minorities', '(missing)')
        """
        return of_rows(self.rows.with_groups(name, column, groups, rest=rest))

    def with_column(self, name: str, values: Column) -> Survey:
        """Add a column of numbers, such as a deprivation of your own.

        Parameters
        ----------
        name : str
            What the new column is called.
        values : function, narwhals expression or array
            A function of the frame (see `Survey.where`; of several rounds each by itself) that gives a column, an
            expression, or an array with one entry per row; a pandas Series is put into the order of the rows by its
            index. Missing stays missing.

        Raises
        ------
        MpiError
            When there is already such a column, the function fails, or there is not one number for each row.

        Examples
        --------
        >>> import pandas as pd, mpi
        >>> survey = mpi.Survey(pd.DataFrame({"attending": [1, 0, None]}))
        >>> survey.with_column("out_of_school", lambda frame: 1 - frame["attending"]).numbers("out_of_school")
        array([ 0.,  1., nan])
        """
        return of_rows(self.rows.with_column(name, values))

    def calibrate(
        self,
        margins: Any,
        how: Distance = "rake",
        *,
        unit: WeightUnit = "row",
        bounds: Bounds | None = None,
        on: str | Sequence[By] | None = None,
    ) -> Survey:
        """Return the survey with weights that add up to known margins, which every error then knows of.

        Parameters
        ----------
        margins : mapping, data frame, Series, path, Survey, Estimates, or list of these
            How many people there are: ``{"region": {"North": 931, "South": 859}}``, a tuple of columns for a cross, a
            number for the sum of a column; a table (or file) with columns of the survey and one of totals; a Series
            whose index names the columns. Of another survey `on` names the columns; its totals, as those of estimates
            (``population`` by group), bring their own errors along.
        how : {"poststratify", "rake", "linear", "logit"}
            ``poststratify`` takes one table; ``rake`` multiplies, ``linear`` adds, ``logit`` keeps to `bounds`.
        unit : {"row", "cluster"}
            Whether all rows of a PSU keep one ratio of weights.
        bounds : tuple of float, optional
            The least and the largest ratio, for ``logit``.
        on : sequence of str or tuple of str, optional
            The columns, and crosses of columns, whose totals are taken of another survey.

        Raises
        ------
        MpiError
            With every problem at once: cells without cases, people in no cell, margins that disagree, margins that no
            weights meet; the first calibration is not undone by a second.

        Notes
        -----
        Where rows are households with a size, margins count persons. A figure's error is that of what the margins do
        not explain (Deville and Sarndal 1992); see docs/calibration.md.

        Examples
        --------
        >>> import pandas as pd, mpi
        >>> survey = mpi.Survey(pd.DataFrame({"sex": ["f", "f", "m"], "poor": [1, 0, 1]}))
        >>> known = survey.calibrate({"sex": {"f": 51, "m": 49}}, "poststratify")
        >>> known.weight
        array([25.5, 25.5, 49. ])
        """
        from mpi.survey.recipe import read_recipe  # which other surveys need not wait for

        recipe = read_recipe(self.rows, margins, how, unit, bounds, on)
        if self.in_memory:
            return of_rows(recipe.of(self.rows.collect()))
        from mpi.survey.left_to_engine import calibrated_there

        return of_rows(calibrated_there(self.rows, recipe))

    def collect(self, columns: Sequence[str] | None = None) -> Survey:
        """Return the survey with its rows in memory: itself, where they are.

        Parameters
        ----------
        columns : sequence of str, optional
            The columns to read besides those of the design, where the rows are not in memory; all by default.

        Raises
        ------
        MpiError
            When there is no such column, or there is too much to be held in memory.

        Notes
        -----
        Figures of a measure, means, totals, ratios, retention and indicators by rules are computed where the data lie.
        What needs the rows themselves (regressions, poverty lines, households by their members) collects them;
        naming the columns makes that smaller.
        """
        rows = self.rows.collect(columns)
        return self if rows is self.rows else of_rows(rows)


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
    survey = object.__new__(Survey)
    object.__setattr__(survey, "rows", rows)
    return survey


def in_words(survey: Survey) -> str:
    """Say of a survey what readers of its figures are to know: how many rows, not how they were condensed."""
    return re.sub(r"[\d,]+ profiles of ", "", repr(survey).strip("<>"))


def profile_notes(survey: Survey) -> dict[str, str]:
    """Return what readers of figures from a profile are to know of what it is made of; nothing of microdata."""
    said = "; ".join(f"{matter}: {what}" for matter, what in survey.about.items())
    return {"profile": said} if said else {}
