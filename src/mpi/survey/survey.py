"""Who was asked: a survey's data and its sampling design, checked once and for all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import DataError, Problems, RequestError
from mpi.core.readonly import ReadOnly, read_only
from mpi.frames.alike import tell_groups
from mpi.frames.arrays import Categories, as_frame, categories, declared, numbers, owned, require
from mpi.frames.lazy import is_lazy
from mpi.frames.missing_codes import WHY, MissingCodes, read_missing, without_codes
from mpi.frames.own_columns import (
    EVERYBODY,
    MEMBER,
    OWN,
    columns_used,
    household_name,
    membership,
    with_census,
    with_homes,
    with_household,
)
from mpi.frames.recode import Grouped, grouped
from mpi.frames.round_values import tell_of_codes
from mpi.survey.conditions import truth, values_of
from mpi.survey.origin import Origin
from mpi.survey.sample import read_sample, roles_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from mpi.frames.missing_codes import Declared
    from mpi.frames.own_columns import EachRow, Household
    from mpi.frames.wanted import Cross, Pair
    from mpi.inference.design import PsuDesign, SingleInGroup, SinglePsu
    from mpi.measures.words import Unit

    Labels = Mapping[str, Mapping[Any, str]]
    Column = nw.Expr | NDArray[Any] | Sequence[float | None] | Callable[[Any], Any]
    Where = str | nw.Expr | NDArray[np.bool_] | Sequence[bool] | Callable[[Any], Any]

__all__ = ["Survey", "in_words", "made", "of_origin", "standing_for", "told_of_profile"]


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Survey:
    """Microdata with the design that drew them.

    Parameters
    ----------
    frame : data frame
        One row per person, or per household with `size`. It is never changed, and what happens to it later does not
        reach the survey. pandas and Polars data frames and
        PyArrow tables are used as they are. Of what is not in memory (lazy Polars frames, PyArrow datasets, DuckDB
        relations, Ibis tables, Dask and PySpark data frames) each estimate collects only the groups it needs; see
        `Survey.collect`.
    weight : str, optional
        The column of sampling weights (of the row: of the person, or of the household where `size` is given).
        Without it every row weighs 1.
    strata, psu : str, optional
        The columns of strata and primary sampling units. PSU codes are read within their stratum, so codes used
        again in another stratum are another PSU. Without `psu` each household is one, or each row where
        `household` is not given; without `strata` there is one.
    household : str or list of str, optional
        The column of household identifiers, or the columns that identify a household together: needed to count
        households in a file of persons.
    size : str, optional
        The column of household sizes in a file of households: persons are then counted by weight x size. A household
        of weight 0 may lack its size: it was not interviewed.
    members : str, narwhals expression or function, optional
        Who of the listed is a member of the household, as `Survey.where` takes conditions. Others (servants, lodgers,
        guests) stay in the design, but no figure counts them and no indicator of the household asks them.
    rows : {"persons", "households"}, optional
        What a row is, where `household` and `size` do not tell: households without identifier or size are counted with
        ``unit="household"``.
    fpc : str, optional
        Finite population correction: the number of PSUs in the stratum's population, or (if all are at most 1) the
        share of them that was sampled.
    wave : str, optional
        The column of survey rounds, for a file with several.
    shared_psus : bool, optional
        Whether equal PSU codes in different rounds are the same places; rounds are independent otherwise. Say which,
        where rounds have codes in common: a warning asks for it.
    single_psu : {"error", "certainty", "centered", "scaled"}
        The rule for a stratum with one PSU. `certainty`: it adds nothing (R ``certainty``, ``remove``).
        `centered`: it varies around the mean of all PSUs (R ``adjust``, Stata ``centered``). `scaled`: it varies
        as the other strata do on average (R ``average``, Stata ``scaled``).
    single_in_group : {"keep", "adjust"}
        What happens where only one PSU of a stratum has cases in a group: its other PSUs count as the zeros they
        are, or the rule `single_psu` applies (R ``survey.adjust.domain.lonely``).
    census : bool, default False
        Whether everybody is in the data, as in a census or a register: nothing then has a sampling error, and there
        are neither strata nor PSUs.
    labels : mapping of column to mapping of value to label, optional
        Value labels; groups print them.
    missing : mapping of column to codes, or codes for all columns, optional
        Codes that are no answer, such as 98 for "don't know": ``{"yrs": [97, 98, 99], "minutes": "995-999"}``. Codes
        are numbers, texts (in columns of numbers, value labels), ranges, or lists of these; ``"*"`` names all columns
        that are not named. What is declared is missing everywhere; `mpi.retention` counts it by code. An empty list
        says that all values of a column are answers. Columns of the design are touched only by their names.

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

    frames: tuple[nw.DataFrame[Any], ...]
    weight: NDArray[np.float64]
    unit: NDArray[np.int32]
    design: PsuDesign
    waves: tuple[Any, ...]
    domain: NDArray[np.bool_] | None
    labels: Labels
    roles: Mapping[str, str]
    missing: MissingCodes
    origin: Origin
    _known: dict[str, Categories]

    in_memory: ClassVar[bool] = True
    """Whether the rows are in memory; where they are not, estimates are left to the engine that holds them."""

    def __new__(cls, frame: object = None, **_: Any) -> Self:
        """Make the kind of survey that the frame asks for, as paths are made."""
        if cls is Survey and is_lazy(frame):
            from mpi.survey.out_of_core import Unread

            return object.__new__(Unread)  # type: ignore[return-value]  # which is a Survey
        return object.__new__(cls)

    def __init__(  # noqa: PLR0913  # the design is many columns, and all are by name
        self,
        frame: object,
        *,
        weight: str | None = None,
        strata: str | None = None,
        psu: str | None = None,
        household: Household | None = None,
        size: str | None = None,
        members: Where | None = None,
        rows: EachRow | None = None,
        fpc: str | None = None,
        wave: str | None = None,
        shared_psus: bool | None = None,
        single_psu: SinglePsu = "error",
        single_in_group: SingleInGroup = "keep",
        census: bool = False,
        labels: Labels | None = None,
        missing: Declared = None,
    ) -> None:
        roles = roles_of(
            census=census, rows=rows, members=members is not None, weight=weight, strata=strata, psu=psu,
            household=household_name(household), size=size, fpc=fpc, wave=wave,
        )  # fmt: skip
        declared = read_missing(missing)
        used = columns_used(roles, household, members)
        data = with_household(without_codes(owned(as_frame(frame)), declared, labels or {}, used), household)
        data = with_census(data) if census else data
        data = with_homes(data) if rows == "households" else data
        sample = read_sample(data, roles, shared=shared_psus, single_psu=single_psu, single_in_group=single_in_group)
        _fill(
            self,
            (data,),
            sample.weight,
            sample.unit,
            sample.design,
            sample.waves,
            None,
            labels or {},
            roles,
            declared,
            Origin(),
        )
        if members is not None:
            _add_members(self, data, membership(values_of(self, members)))

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.unit)

    def __repr__(self) -> str:
        """One line: rows, PSUs, strata, degrees of freedom, and whether there are no weights."""
        d = self.design
        rounds = f" in {len(self.waves)} rounds" if self.waves else ""
        cases = self.numbers(self.roles["cases"]) if "cases" in self.roles else np.ones(len(self))
        inside = f", {int(cases[self.domain].sum()):,} in the domain" if self.domain is not None else ""
        inside += f", {int(self.members.sum()):,} of members" if self.members is not None else ""
        df = d.df(range(d.waves))
        profiles = f"{len(self):,} profiles of " if "cases" in self.roles else ""
        rows = f"{profiles}{int(cases.sum()):,} rows"
        bare = "" if self.roles.get("weight") else ", unweighted"
        if self.roles.get("psu") == EVERYBODY:
            return f"<Survey: {rows}{inside}{rounds}, a census>"
        strata = f"{d.strata:,} {'stratum' if d.strata == 1 else 'strata'}"
        return f"<Survey: {rows}{inside}{rounds}, {d.units:,} PSUs in {strata}, df {df:,.0f}{bare}>"

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(c for c in self.frames[0].columns if c not in OWN and not c.startswith(WHY))

    @property
    def about(self) -> Mapping[str, str]:
        """What a profile is made of, matter by matter: rows, weights, indicators, sources; nothing of microdata.

        Examples
        --------
        >>> import pandas as pd, mpi
        >>> people = pd.DataFrame({"d": [1, 0, 1], "psu": [1, 1, 2]})
        >>> small = mpi.profile(people, mpi.Measure.nested("m", {"x": ["d"]}, cutoff=1), psu="psu")
        >>> small.about["weights"], small.about["sources"]
        ('none, each row counts once, 3 in all', 'a frame')
        """
        return self.origin.made.words() if self.origin.made is not None else {}

    @property
    def members(self) -> NDArray[np.bool_] | None:
        """Which rows are members of their household; None where all are."""
        return self.numbers(MEMBER) == 1 if "members" in self.roles else None

    @property
    def counting(self) -> NDArray[np.bool_] | None:
        """Which rows count: members of their household who are in the domain; None where all do."""
        who = self.members
        return self.domain if who is None else who if self.domain is None else who & self.domain

    @property
    def has_rounds(self) -> bool:
        """Whether there are several rounds."""
        return bool(self.waves)

    @property
    def has_domain(self) -> bool:
        """Whether a domain was chosen."""
        return self.domain is not None

    @property
    def single_rules(self) -> tuple[str, str]:
        """The rules for strata with one PSU, in the whole and in a group."""
        return self.design.single_psu, self.design.single_in_group

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
        mask = truth(values_of(self, condition))
        inside = mask if self.domain is None else mask & self.domain
        kept = made(**{name: getattr(self, name) for name in _PARTS} | {"domain": inside})
        object.__setattr__(kept, "_known", self._known)  # the rows are the same
        return kept

    def over(self, frames: Sequence[nw.DataFrame[Any]]) -> Survey:
        """Return the survey over other frames of the same rows, for columns that were computed."""
        return made(**{name: getattr(self, name) for name in _PARTS} | {"frames": tuple(frames)})

    def with_groups(
        self, name: str, column: str, groups: Mapping[Any, str] | Grouped, *, rest: str | None = None
    ) -> Survey:
        """Add a column that puts the values of another into groups.

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

        Returns
        -------
        Survey
            The same survey with one more column; missing values stay missing. The user's frame is not changed.

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
        if name in self.columns:
            raise RequestError(f"there is a column {name!r} already; choose another name")
        known = self._groups(column)
        found = grouped(known, groups, rest, column)
        index = iter(np.split(known.index, np.cumsum([len(f) for f in self.frames])[:-1]))
        frames = [
            f.with_columns(nw.new_series(name, [found[i] for i in next(index)], nw.String, backend=f.implementation))
            for f in self.frames
        ]
        return self.over(frames)

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

        Returns
        -------
        Survey
            The same survey with one more column. The user's frame is not changed.

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
        if name in self.columns:
            raise RequestError(f"there is a column {name!r} already; choose another name")
        found = values_of(self, values, "the column")
        ends = np.cumsum([len(f) for f in self.frames])[:-1]
        return self.over(
            [
                f.with_columns(nw.new_series(name, part.tolist(), backend=f.implementation))
                for f, part in zip(self.frames, np.split(found, ends), strict=True)
            ]
        )

    def collect(self, columns: Sequence[str] | None = None) -> Survey:  # noqa: ARG002  # for surveys not in memory
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
        return self

    def condensed(
        self,
        flags: Sequence[str] = (),  # noqa: ARG002  # `Unread` uses it
        groups: Sequence[str] = (),  # noqa: ARG002  # `Unread` uses it
        pairs: Sequence[Pair] = (),  # noqa: ARG002  # `Unread` uses it
        *,
        unit: Unit = "person",  # noqa: ARG002  # `Unread` uses it
    ) -> Survey:
        """Return a survey in memory that gives the same figures of these columns: itself, where the rows are.

        Parameters
        ----------
        flags, groups : sequence of str
            Indicators, and columns to disaggregate by.
        pairs : sequence of pairs of str
            Columns to be summed, each with the one it is divided by, or None.
        unit : {"person", "household"}
            What is to be counted.
        """
        return self

    def condensed_apart(
        self,
        flags: Sequence[str],  # noqa: ARG002  # `Unread` uses it
        by: Sequence[Cross],
        pairs: Sequence[Pair] = (),  # noqa: ARG002  # `Unread` uses it
        *,
        unit: Unit = "person",  # noqa: ARG002  # `Unread` uses it
    ) -> list[tuple[Survey, list[Cross]]]:
        """Return surveys in memory that together give the figures of some disaggregations, each with its own.

        One where it is in memory, or where all columns crossed fit into memory; of several that does not fit, each
        holds the columns of some disaggregations only. Their design is the same.

        Parameters
        ----------
        flags, pairs, unit : optional
            As for `condensed`.
        by : sequence of tuple of str
            The disaggregations.
        """
        return [(self, list(by))]

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column as numbers, NaN where missing.

        Raises
        ------
        MpiError
            When there is no such column, or it holds text.
        """
        self.check_columns([name])
        try:
            parts = [numbers(f[name]) for f in self.frames]
        except ValueError as error:
            raise DataError(f"column {name!r} {error}") from error
        return read_only(parts[0] if len(parts) == 1 else np.concatenate(parts))

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
        found = self._groups(name)
        if name not in self.roles.values():  # of which it was told when the survey was made
            tell_groups(name, found)
        return found

    def _groups(self, name: str) -> Categories:
        """Return a column as groups."""
        self.check_columns([name])
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = categories(self.frames, name, self.labels.get(name))
        written = {declared(f[name]) for f in self.frames}  # one list of categories is one way to write
        if len(self.waves) > 1 and name not in self.roles.values() and (len(written) > 1 or () in written):
            there = np.zeros((len(self.waves), len(found.levels)), dtype=bool)
            who = slice(None) if self.counting is None else self.counting
            there[self.wave_of_rows()[who], found.index[who]] = True
            tell_of_codes(name, found.levels, found.names, there, self.waves)
        return found

    def declared(self, name: str, *, labels: bool = False) -> tuple[Any, ...]:
        """Return the values that a column can have, whether anybody has them or not.

        Parameters
        ----------
        name : str
            The column.
        labels : bool, default False
            Whether a value label declares a value, as a category of pandas, Polars or an engine does.
        """
        self.check_columns([name])
        found = [v for f in self.frames for v in declared(f[name])]
        return tuple(dict.fromkeys([*found, *(self._labelled(name, found) if labels else ())]))

    def _labelled(self, name: str, found: Sequence[Any]) -> list[Any]:
        """Return the values that have labels and are answers, in order; texts among numbers are missing values."""
        known = self.labels.get(name, {})
        numbers = [v for v in known if not isinstance(v, str)]
        values = [v for v in known if isinstance(v, str)] if found or not numbers else numbers
        gone = self.missing.of(name).among_levels(values)
        return sorted(v for v, lost in zip(values, gone, strict=True) if not lost)

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        problems = Problems("the survey lacks what was asked for", RequestError)
        problems.found += require(self.frames, names)
        problems.raise_if_any()

    def wave_of_rows(self) -> NDArray[np.int32]:
        """Return the position of each row's round among `waves`."""
        return self.design.wave[self.design.stratum[self.unit]]


def in_words(survey: Survey) -> str:
    """Say of a survey what readers of its figures are to know: how many rows, not how they were condensed."""
    return re.sub(r"[\d,]+ profiles of ", "", repr(survey).strip("<>"))


def told_of_profile(survey: Survey) -> dict[str, str]:
    """Return what readers of figures from a profile are to know of what it is made of; nothing of microdata."""
    said = "; ".join(f"{matter}: {what}" for matter, what in survey.about.items())
    return {"profile": said} if said else {}


def made(**parts: Any) -> Survey:
    """Return a survey of given parts, all of them checked already."""
    survey = object.__new__(Survey)
    given = {"missing": MissingCodes(), "origin": Origin(), **parts}
    _fill(survey, *(given[name] for name in _PARTS))
    return survey


def of_origin(survey: Survey, origin: Origin) -> Survey:
    """Return a survey in memory that says where it comes from."""
    return made(**{n: getattr(survey, n) for n in _PARTS} | {"origin": origin})


def standing_for(survey: Survey, cases: str, *, weighted: bool = True, households: bool = False) -> Survey:
    """Return the survey with a column that says how many rows of the microdata, or households, each row stands for."""
    roles = {r: c for r, c in survey.roles.items() if weighted or r != "weight"}
    roles |= {"cases": cases, **({"households": cases} if households else {})}
    return made(**{n: getattr(survey, n) for n in _PARTS} | {"roles": roles})


def _add_members(survey: Survey, data: nw.DataFrame[Any], who: NDArray[np.bool_]) -> None:
    """Put the column that tells members apart beside the others."""
    column = nw.new_series(MEMBER, who.astype(np.int8), backend=data.implementation)
    parts = {"frames": (data.with_columns(column),), "roles": {**survey.roles, "members": MEMBER}}
    _fill(survey, *(parts.get(name, getattr(survey, name)) for name in _PARTS))


def _fill(survey: Survey, *values: Any) -> None:
    object.__setattr__(survey, "_known", {})
    for key, value in zip(_PARTS, values, strict=True):
        object.__setattr__(survey, key, _kept(value))


def _kept(value: Any) -> Any:
    """Return a part of a survey that nobody can write into."""
    if isinstance(value, np.ndarray):
        return read_only(value)
    return ReadOnly.of(value) if isinstance(value, Mapping) else value


_PARTS = ("frames", "weight", "unit", "design", "waves", "domain", "labels", "roles", "missing", "origin")
