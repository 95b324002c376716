"""The design of a survey as users say it: which columns hold it, and by which rules it is read."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, get_args

from mpi.core.arguments import written_out
from mpi.core.errors import DataError, Problems, RequestError, nearest, unknown
from mpi.frames.own_columns import (
    EVERYBODY,
    HOME,
    OWN,
    WHOLE,
    check_rows,
    household_columns,
    household_name,
    with_census,
    with_homes,
    with_household,
)
from mpi.inference.design import SingleInGroup, SinglePsu
from mpi.survey.design_file import read, write
from mpi.survey.replicate_weights import ReplicateRule

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mpi.core.toml_file import TomlSource
    from mpi.frames.own_columns import EachRow, Frame, Household
    from mpi.survey.replicate_weights import ReplicateMethod
    from mpi.survey.words import Where

__all__ = ["Design", "DesignKeywords", "design_keywords", "design_of"]

F = TypeVar("F", bound="Callable[..., Any]")


class DesignKeywords(TypedDict, total=False):
    """The fields of `Design`, as keyword arguments of functions that make a survey."""

    weight: str | None
    strata: str | None
    psu: str | None
    household: Household | None
    size: str | None
    members: Where | None
    rows: EachRow | None
    fpc: str | None
    fpc2: str | None
    wave: str | None
    replicate_weights: str | Sequence[str] | None
    method: ReplicateMethod | None
    scale: float | None
    rscales: Sequence[float] | None
    mse: bool | None
    fay: float | None
    shared_psus: bool | None
    single_psu: SinglePsu
    single_in_group: SingleInGroup
    census: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Design:
    """A sampling design: the columns that hold it, and the rules by which they are read.

    Parameters
    ----------
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
    fpc2 : str, optional
        Finite population correction of the second stage: the number of households (rows, where `household` is not
        given) in the PSU's population, or the share of them that was sampled. It needs `fpc`.
    wave : str, optional
        The column of survey rounds, for a file with several.
    replicate_weights : str or list of str, optional
        The columns of replicate weights, or a pattern of their names such as ``"rw*"``: errors are computed from them.
    method : {"jk1", "jkn", "brr", "fay", "bootstrap", "sdr", "user", "acs", "cps", "dhs"}, optional
        Their kind, or the programme that publishes them; see docs/replication.md.
    scale, rscales : float and list of float, optional
        What all squared deviations count, and each; by default what the method says.
    mse : bool, optional
        Whether deviations are from the figure of the sample, not from the mean of the replicates; so for ``sdr`` and
        programmes, by default.
    fay : float, optional
        The share that ``method="fay"`` keeps of the half left out.
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

    Raises
    ------
    MpiError
        With all that contradicts itself or is no column's name. Whether the columns are there is known only when
        a survey is made.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> vhlss = mpi.Design(weight="wt45", strata="stratum", psu="commune", single_psu="centered")
    >>> vhlss
    Design(weight='wt45', strata='stratum', psu='commune', single_psu='centered')
    >>> frame = pd.DataFrame({"wt45": [1.0, 2, 1, 2], "stratum": [1, 1, 2, 2], "commune": [1, 2, 3, 4]})
    >>> mpi.Survey(frame, design=vhlss)
    <Survey: 4 rows, 4 PSUs in 2 strata, df 2>
    """

    weight: str | None = None
    strata: str | None = None
    psu: str | None = None
    household: Household | None = None
    size: str | None = None
    members: Where | None = None
    rows: EachRow | None = None
    fpc: str | None = None
    fpc2: str | None = None
    wave: str | None = None
    replicate_weights: str | Sequence[str] | None = None
    method: ReplicateMethod | None = None
    scale: float | None = None
    rscales: Sequence[float] | None = None
    mse: bool | None = None
    fay: float | None = None
    shared_psus: bool | None = None
    single_psu: SinglePsu = "error"
    single_in_group: SingleInGroup = "keep"
    census: bool = False

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        named = household_columns(self.household)
        if named:
            object.__setattr__(self, "household", named[0] if len(named) == 1 else named)
        for name in ("replicate_weights", "rscales"):
            if isinstance(getattr(self, name), list):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        problems = Problems("the survey cannot be used", DataError)
        problems.found += [*self._wrong_columns(), *self._wrong_words()]
        problems.found += self.replicate_rule.problems(given=self.replicate_weights is not None)
        problems.raise_if_any()

    @classmethod
    def from_toml(cls, source: TomlSource) -> Design:
        r"""Read a design from a TOML file.

        Parameters
        ----------
        source : path, str or mapping
            The file; or its text, which has several lines; or its tables, as `tomllib` gives them. Its keys are the
            parameters of `Design`; `members` is a column.

        Raises
        ------
        MpiError
            When the file is absent or is not TOML, or with every problem of it at once.

        Examples
        --------
        >>> Design.from_toml('weight = "wt45"\npsu = "commune"')
        Design(weight='wt45', psu='commune')
        """
        found, problems = read(source)
        design = problems.attempt(lambda: cls(**found))
        if design is None:
            raise problems.error()
        return design

    def to_toml(self) -> str:
        """Write the design as TOML text that `from_toml` reads back to an equal design.

        Raises
        ------
        MpiError
            When `members` is an expression or a function, which no file can hold.
        """
        return write(self.said())

    def _wrong_columns(self) -> list[str]:
        named = {r: getattr(self, r) for r in _COLUMNS if r != "household"}
        return [
            f"{r}: a column's name was expected, not {type(c).__name__}"
            for r, c in named.items()
            if c is not None and not isinstance(c, str)
        ]

    def _rows_are(self, word: str) -> bool:
        return isinstance(self.rows, str) and self.rows == word

    def _wrong_words(self) -> list[str]:
        found = []
        drawn = [r for r in ("strata", "psu", "fpc", "fpc2") if getattr(self, r) is not None]
        for name, kinds in (("census", bool), ("shared_psus", (bool, type(None)))):
            if not isinstance(getattr(self, name), kinds):
                found.append(f"{name}: true or false was expected, not {type(getattr(self, name)).__name__}")
        if self.census is True and drawn:
            found.append(f"census=True says that everybody is in the data; leave out {', '.join(drawn)}")
        if self.fpc2 is not None and (self.fpc is None or self.psu is None):
            found.append("fpc2: the second stage needs psu= and the correction of the first, fpc=")
        found += check_rows(self.rows)
        if self._rows_are("persons") and self.size is not None:
            found.append("rows='persons' and size= contradict each other: persons are counted by rows, without size=")
        if self.members is not None and (self.size is not None or self._rows_are("households")):
            found.append("members: each row is a household; only rows of persons can be members of one")
        for name, words in (("single_psu", get_args(SinglePsu)), ("single_in_group", get_args(SingleInGroup))):
            given = getattr(self, name)
            if not isinstance(given, str) or given not in words:
                found.append(f"{name}: {unknown('rule', given, words)}")
        return found

    def __eq__(self, other: object) -> bool:
        """Return whether two designs are equal; members given by an expression or function must be the same object."""
        return isinstance(other, Design) and self._key() == other._key()

    def __hash__(self) -> int:
        """Return a hash that equal designs share."""
        return hash(self._key())

    def _key(self) -> tuple[Any, ...]:
        who = self.members
        return (*(getattr(self, f.name) for f in fields(self) if f.name != "members"), _identity(who))

    def __repr__(self) -> str:
        """Return the call that makes the design, without its defaults."""
        return f"Design({', '.join(f'{name}={value!r}' for name, value in self.said().items())})"

    def said(self) -> dict[str, Any]:
        """Return the fields that differ from their defaults."""
        return {
            f.name: value
            for f in fields(self)
            if (value := getattr(self, f.name)) is not f.default and _identity(value) != _identity(f.default)
        }

    @property
    def roles(self) -> dict[str, str]:
        """The column of each role; everybody in a census is in one unit, which was drawn for certain."""
        named = {r: getattr(self, r) for r in _COLUMNS} | {"household": household_name(self.household)}
        homes = {"households": HOME} if self.rows == "households" else {}
        found = {r: c for r, c in named.items() if c is not None} | homes
        return found | ({"psu": EVERYBODY, "fpc": WHOLE} if self.census else {})

    @property
    def replicate_rule(self) -> ReplicateRule:
        """The rule by which errors follow from replicate weights."""
        return ReplicateRule(self.method, self.scale, self.rscales, self.mse, self.fay)  # type: ignore[arg-type]  # tuples

    @property
    def columns(self) -> tuple[str, ...]:
        """The user's columns that play a role: of the household each of several."""
        found = [c for r, c in self.roles.items() if r != "household" and c not in OWN]
        who = [self.members] if isinstance(self.members, str) else []
        replicates = self.replicate_weights if isinstance(self.replicate_weights, tuple) else ()
        return tuple(dict.fromkeys([*found, *household_columns(self.household), *who, *replicates]))

    @property
    def options(self) -> dict[str, Any]:
        """The rules that are no columns: of shared PSUs, and of strata with one PSU."""
        return {name: getattr(self, name) for name in ("shared_psus", "single_psu", "single_in_group")}

    def prepared(self, frame: Frame) -> Frame:
        """Return a frame with the columns that are made for the design: of households, of a census."""
        data = with_household(frame, self.household)
        data = with_census(data) if self.census else data
        return with_homes(data) if self.rows == "households" else data


_COLUMNS = ("weight", "strata", "psu", "household", "size", "fpc", "fpc2", "wave")
"""What is a column of the user's; the household may be several."""


def design_of(design: Design | None, said: Mapping[str, Any], who: str) -> Design:
    """Return the design that is given as such, by keywords, or as both where they say different things.

    Parameters
    ----------
    design : Design or None
        What is said as one.
    said : mapping
        The keywords.
    who : str
        The function that was given them, for messages.

    Raises
    ------
    TypeError
        When there is no such keyword; the nearest is offered.
    MpiError
        When a keyword says again what the design says already, with both values.

    Examples
    --------
    >>> design_of(Design(weight="w"), {"psu": "commune"}, "Survey")
    Design(weight='w', psu='commune')
    >>> design_of(Design(weight="w"), {"weight": "v"}, "Survey")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    mpi.errors.RequestError: the survey cannot be used: weight: the design says 'w', but weight='v' is given too; ...
    """
    known = [f.name for f in fields(Design)]
    for name in said:
        if name not in known:
            close = nearest(name, known)
            hint = f"; did you mean {close!r}?" if close else ""
            raise TypeError(f"{who} got an unexpected keyword argument {name!r}{hint}")
    if design is None:
        return Design(**said)
    if not isinstance(design, Design):
        raise RequestError(
            f"the survey cannot be used: design: a Design is needed, not {type(design).__name__}; make one with "
            "mpi.Design(weight=..., strata=..., psu=...)"
        )
    given = {k: v for k, v in said.items() if k in Design(**said).said()}
    problems = Problems("the survey cannot be used", RequestError)
    problems.found += [
        f"{k}: the design says {getattr(design, k)!r}, but {k}={v!r} is given too; give one of them"
        for k, v in given.items()
        if k in design.said()
    ]
    problems.raise_if_any()
    return replace(design, **given)


def design_keywords(function: F) -> F:
    """Show the keywords of a design, one by one, in the signature of a function that takes them as ``**keywords``.

    `help`, documentation and the completion of notebooks read signatures; type checkers read `DesignKeywords`.
    """
    signature = inspect.signature(function)
    own = [p for p in written_out(function).parameters.values() if p.kind is not p.VAR_KEYWORD]
    ours = [
        inspect.Parameter(f.name, inspect.Parameter.KEYWORD_ONLY, default=f.default, annotation=f.type)
        for f in fields(Design)
    ]
    function.__signature__ = signature.replace(parameters=[*own, *ours])  # type: ignore[attr-defined]  # as functools does
    return function


def _identity(value: Any) -> Any:
    """Return what can be compared: texts and words by what they say, expressions and functions by what they are."""
    return value if isinstance(value, (str, tuple, bool, type(None))) else id(value)
