"""Who was asked: a survey's data and its sampling design, checked once and for all."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.columns import Categories, as_frame, categories, compress, constant_within, first_of, numbers, require
from mpi.design import Design, SingleInGroup, SinglePsu
from mpi.errors import MpiError, MpiWarning, Problems, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    Labels = Mapping[str, Mapping[Any, str]]
    Where = str | nw.Expr | NDArray[np.bool_] | Sequence[bool] | Callable[[Any], Any]

__all__ = ["Survey", "pool"]

_SHOWN = 5


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Survey:
    """Microdata with the design that drew them.

    Parameters
    ----------
    frame : pandas.DataFrame, polars.DataFrame, polars.LazyFrame or pyarrow.Table
        One row per person, or per household with `size`. It is never changed.
    weight : str, optional
        The column of sampling weights (of the row: of the person, or of the household where `size` is given).
        Without it every row weighs 1.
    strata, psu : str, optional
        The columns of strata and primary sampling units. PSU codes are read within their stratum, so codes used
        again in another stratum are another PSU. Without `psu` each row is a PSU; without `strata` there is one.
    household : str, optional
        The column of household identifiers, needed to count households in a file of persons.
    size : str, optional
        The column of household sizes in a file of households: persons are then counted by weight x size.
    fpc : str, optional
        Finite population correction: the number of PSUs in the stratum's population, or (if all are at most 1) the
        share of them that was sampled.
    wave : str, optional
        The column of survey rounds, for a file with several.
    shared_psus : bool, default False
        Whether equal PSU codes in different rounds are the same places; rounds are independent otherwise.
    single_psu : {"error", "certainty", "centered", "scaled"}
        The rule for a stratum with one PSU. `certainty`: it adds nothing (R ``certainty``, ``remove``).
        `centered`: it varies around the mean of all PSUs (R ``adjust``, Stata ``centered``). `scaled`: it varies
        as the other strata do on average (R ``average``, Stata ``scaled``).
    single_in_group : {"keep", "adjust"}
        What happens where only one PSU of a stratum has cases in a group: its other PSUs count as the zeros they
        are, or the rule `single_psu` applies (R ``survey.adjust.domain.lonely``).
    labels : mapping of column to mapping of value to label, optional
        Value labels; groups print them.

    Raises
    ------
    MpiError
        With every problem of the file at once: missing columns with the nearest name; negative, missing or
        non-finite weights; strata with one PSU; duplicated households and so on.

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
    design: Design
    waves: tuple[Any, ...]
    domain: NDArray[np.bool_] | None
    labels: Labels
    roles: Mapping[str, str]

    def __init__(
        self,
        frame: object,
        *,
        weight: str | None = None,
        strata: str | None = None,
        psu: str | None = None,
        household: str | None = None,
        size: str | None = None,
        fpc: str | None = None,
        wave: str | None = None,
        shared_psus: bool = False,
        single_psu: SinglePsu = "error",
        single_in_group: SingleInGroup = "keep",
        labels: Labels | None = None,
    ) -> None:
        named = {
            "weight": weight, "strata": strata, "psu": psu, "household": household, "size": size, "fpc": fpc,
            "wave": wave,
        }  # fmt: skip
        roles = {k: v for k, v in named.items() if v is not None}
        data = as_frame(frame)
        problems = Problems("the survey cannot be used")
        _check_options(single_psu, single_in_group, problems)
        problems.found += require([data], list(roles.values()))
        if len(data) == 0:
            problems.add("it has no rows")
        problems.raise_if_any()
        w = _weights(data, weight, problems)
        rounds = _read(data, wave, "wave", problems)
        h = _read(data, strata, "strata", problems)
        c = _read(data, psu, "psu", problems)
        _check_households(data, roles, problems)
        problems.raise_if_any()
        unit, design = _design(len(data), rounds, h, c, shared=shared_psus)
        design = replace(design, single_psu=single_psu, single_in_group=single_in_group)
        if fpc is not None:
            design = replace(design, sampled=_sampled(data, fpc, unit, design, problems))
        _check_single(design, rounds, h, c, unit, problems)
        problems.raise_if_any()
        waves = tuple(rounds.levels) if rounds is not None else ()
        _fill(self, (data,), w, unit, design, waves, None, labels or {}, roles)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.unit)

    def __repr__(self) -> str:
        """One line: rows, PSUs, strata, degrees of freedom."""
        d = self.design
        rounds = f" in {len(self.waves)} rounds" if self.waves else ""
        inside = f", {int(self.domain.sum()):,} in the domain" if self.domain is not None else ""
        df = d.df(range(d.waves))
        return f"<Survey: {len(self):,} rows{inside}{rounds}, {d.units:,} PSUs in {d.strata:,} strata, df {df:,.0f}>"

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(self.frames[0].columns)

    def where(self, condition: Where) -> Survey:
        """Keep the rows that meet a condition as the domain of interest; the design stays whole.

        Parameters
        ----------
        condition : str, narwhals expression, array of bool, or function
            A 0/1 or boolean column's name; an expression such as ``nw.col("age") < 5``; an array with one entry per
            row; or a function of the (narwhals) frame that gives one of these. Rows where it is missing stay out,
            with a warning that counts them.
        """
        mask = _mask(self, condition)
        inside = mask if self.domain is None else mask & self.domain
        return _copy(self, domain=inside)

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
            raise MpiError(f"column {name!r} {error}") from error
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def categories(self, name: str) -> Categories:
        """Return a column as groups, with the value labels of the file.

        Raises
        ------
        MpiError
            When there is no such column.
        """
        self.check_columns([name])
        return categories(self.frames, name, self.labels.get(name))

    def check_columns(self, names: Sequence[str]) -> None:
        """Raise for every name that is not a column, with the nearest one."""
        problems = Problems("the survey lacks what was asked for")
        problems.found += require(self.frames, names)
        problems.raise_if_any()

    def wave_of_rows(self) -> NDArray[np.int32]:
        """Return the position of each row's round among `waves`."""
        return self.design.wave[self.design.stratum[self.unit]]


def pool(surveys: Mapping[Any, Survey], *, shared_psus: bool = False) -> Survey:
    """Put several rounds together.

    Parameters
    ----------
    surveys : mapping of round label to Survey
        For example ``{2016: a, 2018: b}``. The rounds keep their own weights and designs; columns used in an
        estimate must have the same name in each.
    shared_psus : bool, default False
        Whether equal stratum and PSU codes in different rounds are the same places. Changes then carry the
        covariance of the shared PSUs; rounds are independent otherwise.

    Raises
    ------
    MpiError
        When a round already has several waves, or the rounds' single-PSU rules differ.
    """
    problems = Problems("the rounds cannot be pooled")
    parts = list(surveys.values())
    if not parts:
        problems.add("there are none")
    problems.found += [f"{k!r} already holds several rounds" for k, s in surveys.items() if s.waves]
    problems.found += [
        f"{k!r} has a domain; pool first, then use where()" for k, s in surveys.items() if s.domain is not None
    ]
    rules = {(s.design.single_psu, s.design.single_in_group) for s in parts}
    if len(rules) > 1:
        problems.add(f"they have different rules for strata with one PSU: {', '.join(sorted(r[0] for r in rules))}")
    if len({tuple(sorted(s.roles)) for s in parts}) > 1:
        problems.add("some have a size, household, strata or PSU column that others lack")
    problems.raise_if_any()
    design = _stack(parts, shared=shared_psus)
    starts = np.cumsum([0, *(s.design.units for s in parts)])
    unit = np.concatenate([s.unit + np.int32(a) for s, a in zip(parts, starts, strict=False)])
    made = object.__new__(Survey)
    labels: dict[str, dict[Any, str]] = {}
    for s in reversed(parts):
        for column, values in s.labels.items():
            labels.setdefault(column, {}).update(values)
    _fill(
        made, tuple(f for s in parts for f in s.frames), np.concatenate([s.weight for s in parts]), unit, design,
        tuple(surveys), None, labels, parts[0].roles,
    )  # fmt: skip
    return made


# --- reading the design ---------------------------------------------------------------------------------------------


def _check_options(single_psu: str, single_in_group: str, problems: Problems) -> None:
    rules = ("error", "certainty", "centered", "scaled")
    if single_psu not in rules:
        problems.add(f"single_psu: {unknown('rule', single_psu, rules)}")
    if single_in_group not in {"keep", "adjust"}:
        problems.add(f"single_in_group: {unknown('rule', single_in_group, ('keep', 'adjust'))}")


def _weights(data: nw.DataFrame[Any], name: str | None, problems: Problems) -> NDArray[np.float64]:
    if name is None:
        return np.ones(len(data))
    try:
        w = numbers(data[name])
    except ValueError as error:
        problems.add(f"weight column {name!r} {error}")
        return np.ones(len(data))
    w = np.ascontiguousarray(w, dtype=np.float64)
    low, high = w.min(), w.max()  # NaN shows in both, infinity in one: the common case costs two reads
    if not (low >= 0 and high < np.inf):
        _add_rows(problems, f"weight column {name!r}: missing", np.isnan(w))
        _add_rows(problems, f"weight column {name!r}: not finite", np.isinf(w))
        _add_rows(problems, f"weight column {name!r}: negative", w < 0)
    elif high == 0:
        problems.add(f"weight column {name!r}: every weight is 0")
    return w


def _add_rows(problems: Problems, what: str, bad: NDArray[np.bool_]) -> None:
    count = int(bad.sum())
    if count:
        rows = ", ".join(str(r) for r in np.flatnonzero(bad)[:_SHOWN])
        more = " ..." if count > _SHOWN else ""
        problems.add(f"{what} in {count:,} of {len(bad):,} rows (rows {rows}{more}, counted from 0)")


def _read(data: nw.DataFrame[Any], name: str | None, role: str, problems: Problems) -> Categories | None:
    """Read a column of the design; a missing stratum, PSU or round is a problem."""
    if name is None:
        return None
    found = categories([data], name)
    if found.levels and found.levels[-1] is None:
        _add_rows(problems, f"{role} column {name!r}: missing", found.index == len(found.levels) - 1)
    return found


def _check_households(data: nw.DataFrame[Any], roles: Mapping[str, str], problems: Problems) -> None:
    if "size" not in roles:
        return
    name = roles["size"]
    try:
        size = numbers(data[name]).astype(np.float64)
    except ValueError as error:
        problems.add(f"size column {name!r} {error}")
        return
    _add_rows(problems, f"size column {name!r}: missing, or not above 0,", ~(size > 0))
    if "household" in roles:
        keys = [data[roles[r]] for r in ("wave", "strata", "psu", "household") if r in roles]
        duplicated = _duplicated(keys)
        _add_rows(
            problems,
            f"household column {roles['household']!r}: duplicated (size says one row is a household)",
            duplicated,
        )


def _duplicated(keys: Sequence[nw.Series[Any]]) -> NDArray[np.bool_]:
    code = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        part = categories([key.to_frame()], key.name)
        code = compress(code * len(part.levels) + part.index)[1].astype(np.int64)
    return np.bincount(code)[code] > 1


def _design(
    rows: int, wave: Categories | None, strata: Categories | None, psu: Categories | None, *, shared: bool
) -> tuple[NDArray[np.int32], Design]:
    """Number the strata (by round) and the units (PSUs by stratum), and tell which unit each row belongs to."""
    t, rounds = (wave.index, len(wave.levels)) if wave else (None, 1)
    h, places = (strata.index, len(strata.levels)) if strata else (None, 1)
    stratum = _pairs(t, h, places)
    if psu is None:
        unit = np.arange(rows, dtype=np.int32)
        first, code = np.arange(rows), unit
    else:
        unit = _nest(psu.index, len(psu.levels), stratum)
        first = first_of(unit, int(unit.max()) + 1)
        code = psu.index[first]
    found, of_unit = (
        compress(stratum[first]) if stratum is not None else (np.zeros(1, np.int64), np.zeros(len(first), np.int32))
    )
    place = (found % places).astype(np.int32)
    identity = np.arange(len(first), dtype=np.int32)
    if shared and rounds > 1:
        identity = compress(place[of_unit].astype(np.int64) * (int(code.max()) + 1) + code)[1]
        location = place
    else:
        location = np.arange(len(found), dtype=np.int32)
    waves = (found // places).astype(np.int32)
    return unit, Design(of_unit, identity, waves, location, np.zeros(len(found)))


def _pairs(t: NDArray[np.int32] | None, h: NDArray[np.int32] | None, places: int) -> NDArray[Any] | None:
    if t is None:
        return h
    return t if h is None and places == 1 else t.astype(np.int64) * places + (h if h is not None else 0)


def _nest(psu: NDArray[np.int32], count: int, stratum: NDArray[Any] | None) -> NDArray[np.int32]:
    """Make PSU codes unique across strata; codes that already are come back untouched."""
    if stratum is None:
        return psu
    if constant_within(psu, count, stratum) is not None:
        return psu
    return compress(stratum.astype(np.int64) * count + psu)[1]


def _sampled(
    data: nw.DataFrame[Any], name: str, unit: NDArray[np.int32], design: Design, problems: Problems
) -> NDArray[np.float64]:
    try:
        values = numbers(data[name]).astype(np.float64)
    except ValueError as error:
        problems.add(f"fpc column {name!r} {error}")
        return design.sampled
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        _add_rows(problems, f"fpc column {name!r}: missing, or not above 0,", bad)
        return design.sampled
    stratum = design.stratum[unit]
    given = values[first_of(stratum, design.strata)]
    if not np.array_equal(given[stratum], values):
        _add_rows(problems, f"fpc column {name!r}: varies within the stratum", given[stratum] != values)
        return design.sampled
    n = design.sizes()
    sampled = given if values.max() <= 1 else n / given
    if (sampled > 1).any():
        h = int(np.argmax(sampled > 1))
        problems.add(f"fpc column {name!r}: a stratum has {n[h]} PSUs in the sample and {given[h]:g} in the population")
    return sampled


def _check_single(
    design: Design,
    wave: Categories | None,
    strata: Categories | None,
    psu: Categories | None,
    unit: NDArray[np.int32],
    problems: Problems,
) -> None:
    single = np.flatnonzero(design.sizes() == 1)
    if design.single_psu != "error" or not len(single):
        return
    row = first_of(design.stratum[unit], design.strata)
    names = []
    for h in single[:_SHOWN]:
        stratum = strata.label(row[h]) if strata else "(all)"
        inside = f" (PSU {psu.label(row[h])})" if psu else ""
        names.append(stratum + inside + (f" of round {wave.label(row[h])}" if wave else ""))
    more = f" and {len(single) - _SHOWN} more" if len(single) > _SHOWN else ""
    problems.add(
        f"{len(single)} of {design.strata} strata have one PSU: {', '.join(names)}{more}. A single PSU shows no "
        "variation: merge the stratum with a neighbour, or choose single_psu='centered' (as the global MPI does), "
        "'certainty' (adds nothing) or 'scaled' (as the other strata on average)"
    )


def _stack(parts: Sequence[Survey], *, shared: bool) -> Design:
    """Put the designs of independent files one after the other; link PSUs by their codes where they are shared."""
    strata_starts = np.cumsum([0, *(s.design.strata for s in parts)])
    stratum = np.concatenate([s.design.stratum + np.int32(a) for s, a in zip(parts, strata_starts, strict=False)])
    wave = np.repeat(np.arange(len(parts), dtype=np.int32), [s.design.strata for s in parts])
    sampled = np.concatenate([s.design.sampled for s in parts])
    first = parts[0].design
    psu = np.arange(len(stratum), dtype=np.int32)
    place = np.arange(len(wave), dtype=np.int32)
    if shared:
        place, psu = _identities(parts)
    return Design(stratum, psu, wave, place, sampled, first.single_psu, first.single_in_group)


def _identities(parts: Sequence[Survey]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Number strata and PSUs by their codes across files."""
    places: dict[Hashable, int] = {}
    psus: dict[Hashable, int] = {}
    place, psu = [], []
    for s in parts:
        row = first_of(s.unit, s.design.units)
        h = _codes(s, "strata", row)
        c = _codes(s, "psu", row)
        of_stratum = first_of(s.design.stratum, s.design.strata)
        place += [places.setdefault(h[u], len(places)) for u in of_stratum]
        psu += [psus.setdefault((a, b), len(psus)) for a, b in zip(h, c, strict=True)]
    return np.array(place, dtype=np.int32), np.array(psu, dtype=np.int32)


def _codes(s: Survey, role: str, row: NDArray[np.int64]) -> list[Any]:
    if role not in s.roles:
        return [0] * len(row) if role == "strata" else list(range(len(row)))
    found = categories(s.frames, s.roles[role])
    return [found.levels[i] for i in found.index[row]]


# --- domains --------------------------------------------------------------------------------------------------------


def _mask(survey: Survey, condition: Where) -> NDArray[np.bool_]:
    if isinstance(condition, str):
        values = survey.numbers(condition)
    elif isinstance(condition, nw.Expr):
        values = _evaluate(survey, lambda frame: frame.select(_condition=condition)["_condition"])
    elif callable(condition):
        values = _evaluate(survey, condition)
    else:
        values = np.asarray(condition)
    if values.shape != (len(survey),):
        raise MpiError(f"the condition has {values.size:,} entries; the survey has {len(survey):,} rows")
    return _truth(values)


def _evaluate(survey: Survey, condition: Callable[[Any], Any]) -> NDArray[Any]:
    parts = []
    for frame in survey.frames:
        found = condition(frame)
        if isinstance(found, nw.Expr):
            found = frame.select(_condition=found)["_condition"]
        parts.append(numbers(found) if isinstance(found, nw.Series) else np.asarray(found))
    return np.concatenate(parts)


def _truth(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype.kind == "b":
        return values
    if values.dtype.kind not in "iuf" or not np.isin(values[~np.isnan(values)], (0, 1)).all():
        raise MpiError("the condition must be true or false (or 1, 0) in every row; compare the column with something")
    absent = np.isnan(values)
    if absent.any():
        warnings.warn(
            f"the condition is missing in {int(absent.sum()):,} rows; they stay out of the domain",
            MpiWarning,
            stacklevel=4,
        )
    return values == 1


def _copy(survey: Survey, **changes: Any) -> Survey:
    made = object.__new__(Survey)
    names = ("frames", "weight", "unit", "design", "waves", "domain", "labels", "roles")
    _fill(made, *(changes.get(n, getattr(survey, n)) for n in names))
    return made


def _fill(made: Survey, *values: Any) -> None:
    for key, value in zip(
        ("frames", "weight", "unit", "design", "waves", "domain", "labels", "roles"), values, strict=True
    ):
        object.__setattr__(made, key, value)
