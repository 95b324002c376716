"""The verbs of a survey: each returns another survey over the same design."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.frames.aggregation import By
    from mpi.frames.recode import Grouped
    from mpi.inference.calibration import Bounds, Distance
    from mpi.survey.calibrate import WeightUnit
    from mpi.survey.rows import SurveyRows
    from mpi.survey.words import Column, Where

__all__ = ["RowsHeld", "calibrate", "collect", "over", "where", "with_column", "with_groups"]


class RowsHeld(Protocol):
    """A survey as its verbs know it: what holds rows."""

    @property
    def rows(self) -> SurveyRows:
        """The rows."""
        ...


S = TypeVar("S", bound=RowsHeld)


def over(kind: type[S], rows: SurveyRows) -> S:
    """Return the survey of rows that are checked already."""
    survey = object.__new__(kind)
    object.__setattr__(survey, "rows", rows)
    return survey


def where(self: S, condition: Where) -> S:
    """Keep the rows that meet a condition as the domain of interest; the design stays whole.

    Parameters
    ----------
    condition : str, narwhals expression, array of bool, or function
        A 0/1 or boolean column's name; an expression such as ``nw.col("age") < 5`` (of Narwhals, or of Polars on
        its frames; of DuckDB, PySpark, Ibis and Dask on theirs); an array with one entry per row, where the rows
        are in memory (a pandas Series is put into the order of the rows by its index); or a function of the frame
        that gives one of these. It is the frame that was given, but for NaN, which is missing, and columns of
        pandas with gaps, which have nulls: a comparison with a missing value is missing, and in expressions of Narwhals
        NaN that arises, too. Columns hold the values of the file: of a column with value labels its codes, not its
        labels. Rows where the condition is missing stay out, with a warning that counts them.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> survey = mpi.Survey(pd.DataFrame({"age": [3, 40, 4], "poor": [1, 0, 1]}))
    >>> children = survey.where(lambda frame: frame["age"] < 5)
    >>> children.domain
    array([ True, False,  True])
    """
    return over(type(self), self.rows.where(condition))


def with_groups(self: S, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None) -> S:
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
    return over(type(self), self.rows.with_groups(name, column, groups, rest=rest))


def with_column(self: S, name: str, values: Column) -> S:
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
    return over(type(self), self.rows.with_column(name, values))


def calibrate(
    self: S,
    margins: Any,
    how: Distance = "rake",
    *,
    unit: WeightUnit = "row",
    bounds: Bounds | None = None,
    on: str | Sequence[By] | None = None,
) -> S:
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
    if self.rows.in_memory:
        return over(type(self), recipe.apply(self.rows.collect()))
    from mpi.survey.left_to_engine import calibrated_there

    return over(type(self), calibrated_there(self.rows, recipe))


def collect(self: S, columns: Sequence[str] | None = None) -> S:
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
    return self if rows is self.rows else over(type(self), rows)
