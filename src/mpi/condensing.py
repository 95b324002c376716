"""Microdata of any size condensed to their profile: one row for each PSU, group and pattern of deprivations.

The engine that holds the data does one group-by; only its result is collected. Every count measure, at any cutoff and
with any weights, follows from it as from the microdata, errors included.
"""

from __future__ import annotations

import functools
import operator
import os
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.asking import By, columns_of, crosses
from mpi.errors import MpiError, Problems, unknown
from mpi.scanning import scan, told_by_engine
from mpi.survey import Survey, standing_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from mpi.design import SinglePsu
    from mpi.measure import Measure

__all__ = ["CASES", "WEIGHT", "profile", "survey_of"]

WEIGHT, CASES = "weight", "cases"
"""The columns of a profile beside its keys and indicators: summed weights, and how many rows they were."""

_CODE, _WRONG, _LOST = "_pattern", "_wrong", "_lost"
_MOST_BITS = 62


def profile(
    data: Any,
    measure: Measure,
    by: Sequence[By] = (),
    *,
    weight: str | None = None,
    strata: str | None = None,
    psu: str | None = None,
    size: str | None = None,
    wave: str | None = None,
    shared_psus: bool = False,
    single_psu: SinglePsu = "error",
    labels: Mapping[str, Mapping[Any, str]] | None = None,
    most: int = 20_000_000,
) -> Survey:
    """Condense microdata to what a measure needs of them; the result is a survey like any other, only smaller.

    Parameters
    ----------
    data : frame
        One row per person (or household, with `size`): pandas, Polars (lazy too), PyArrow, a DuckDB relation, or any
        other frame that Narwhals knows (PySpark, Dask, Ibis). A lazy one is not read into memory: its engine does one
        group-by. Or the path of Parquet or CSV files, ``"census/*.parquet"``: see `scan`, which can limit the memory.
    measure : Measure
        Whose indicators to keep. Any cutoff, weights, and policy for missing answers can be asked for afterwards, and
        any measure of the same columns.
    by : sequence of str or tuple of str
        The columns to disaggregate by later, alone or in any cross; each makes the profile larger.
    weight, strata, psu, size, wave, shared_psus, single_psu, labels
        The design; see `Survey`. Without `psu` the data are a census or a register: everybody is there, and nothing
        has a sampling error.
    most : int
        The most rows the profile may have. Beyond it nothing is collected, and the message says which column to leave
        out.

    Returns
    -------
    Survey
        With a row for each combination that occurs of round, stratum, PSU, columns of `by` and pattern: weights are
        summed, and ``cases`` counts the rows. `mpi.estimate` gives the same figures from it as from the microdata.

    Raises
    ------
    MpiError
        With every problem at once: absent columns (the nearest is offered), indicators that are not 0, 1 or missing,
        weights that are missing or negative, a profile that would be too large.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> people = pd.DataFrame({"a": [1, 0, 1, 1], "b": [0, 0, 0, None], "psu": [1, 1, 2, 2], "w": [1.0, 2.0, 1.0, 3.0]})
    >>> measure = mpi.Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/2")
    >>> small = mpi.profile(people, measure, weight="w", psu="psu")
    >>> small
    <Survey: 4 profiles of 4 rows, 2 PSUs in 1 stratum, df 1>
    >>> mpi.estimate(small, measure, statistics=["H"]).value.tolist()
    [0.5]
    """
    frame = _lazy(data)
    design = {"weight": weight, "strata": strata, "psu": psu, "size": size, "wave": wave}
    roles = {k: v for k, v in design.items() if v is not None}
    groups = _check(frame, measure, by, roles)
    keys = list(dict.fromkeys([*(roles[r] for r in ("wave", "strata", "psu", "size") if r in roles), *groups]))
    found = _collected(frame, measure, keys, weight, most)
    table = _unpacked(found, measure)
    named: dict[str, Any] = {k: v for k, v in roles.items() if k != "weight"}
    if psu is None:
        table["_everybody"], table["_whole"] = 0, 1.0
        named |= {"psu": "_everybody", "fpc": "_whole"}
        named.pop("strata", None)
    return survey_of(table, named, shared_psus=shared_psus, single_psu=single_psu, labels=labels)


def survey_of(table: Any, roles: Mapping[str, Any], **options: Any) -> Survey:
    """Return the table of a profile as a survey; `roles` are those of the design, without weights."""
    return standing_for(Survey(table, weight=WEIGHT, **roles, **options), CASES)


def _lazy(data: Any) -> nw.LazyFrame[Any]:
    if isinstance(data, (str, os.PathLike)):
        data = scan(data)
    try:
        wrapped: Any = nw.from_native(data)
    except TypeError as error:
        raise MpiError(f"a profile needs a data frame, or the path of files, not {type(data).__name__}") from error
    if wrapped.implementation.is_pyarrow():
        wrapped = nw.from_native(wrapped.to_pandas())  # grouped values of PyArrow come in an order of their own
    lazy: nw.LazyFrame[Any] = wrapped if isinstance(wrapped, nw.LazyFrame) else wrapped.lazy()
    return lazy


def _check(frame: nw.LazyFrame[Any], measure: Measure, by: Sequence[By], roles: Mapping[str, str]) -> list[str]:
    problems = Problems("the profile cannot be made")
    groups = columns_of(crosses(by, problems))
    known = frame.collect_schema().names()
    asked = dict.fromkeys([*roles.values(), *groups, *measure.columns])
    problems.found += [unknown("column", name, known) for name in asked if name not in known]
    if 2 * len(measure.columns) > _MOST_BITS:
        problems.add(f"{len(measure.columns)} indicators; a profile holds {_MOST_BITS // 2}")
    twice = [c for c in groups if c in measure.columns]
    problems.found += [f"by: {c!r} is an indicator of the measure too; copy it under another name" for c in twice]
    taken = [c for c in (*roles.values(), *groups) if c in (WEIGHT, CASES) and c != roles.get("weight")]
    problems.found += [f"{c!r} is the name of a column of profiles; rename yours" for c in taken]
    problems.raise_if_any()
    return groups


def _collected(
    frame: nw.LazyFrame[Any], measure: Measure, keys: Sequence[str], weight: str | None, most: int
) -> pd.DataFrame:
    """Let the engine group the rows, and collect the groups when they are not too many."""
    schema = frame.collect_schema()
    parts = [_number(c, schema) for c in measure.columns]
    whole = [schema[c].is_integer() or schema[c] == nw.Boolean for c in measure.columns]
    columns = {_CODE: _code(parts, whole), CASES: nw.lit(1)}
    strange = [_strange(x, schema[c]) for x, c in zip(parts, measure.columns, strict=True)]
    columns |= {_WRONG: _flag(strange)} if any(x is not None for x in strange) else {}
    if weight is not None:
        w = _number(weight, schema)
        columns |= {_LOST: nw.when(w >= 0).then(nw.lit(0)).otherwise(nw.lit(1))}
        columns |= {WEIGHT: nw.when(w >= 0).then(w).otherwise(nw.lit(0.0)).cast(nw.Float64)}
    prepared = frame.select(*(_key(k, schema).alias(k) for k in keys), *(x.alias(n) for n, x in columns.items()))
    grouped = prepared.group_by(*keys, _CODE).agg(*(nw.col(c).sum() for c in columns if c != _CODE))
    with told_by_engine():
        found: pd.DataFrame = grouped.head(most + 1).collect("pandas").to_native()
    if len(found) > most:
        raise _too_many(frame, keys, most)
    problems = Problems("the profile cannot be made")
    if not len(found):
        problems.add("the data have no rows")
    wrong, lost = (int(found[c].sum()) if c in found.columns else 0 for c in (_WRONG, _LOST))
    if wrong:
        problems.found += _wrong(frame, measure, schema)
    if lost:
        problems.add(f"weight column {weight!r}: missing, negative or no number in {lost:,} rows")
    problems.raise_if_any()
    if weight is None:
        found[WEIGHT] = found[CASES].astype(float)
    return found.sort_values([*keys, _CODE], ignore_index=True)


def _number(name: str, schema: Mapping[str, Any]) -> nw.Expr:
    """Read a column as a number, NaN as missing (SQL engines and frames differ in it)."""
    dtype = schema[name]
    if dtype == nw.Boolean:
        return nw.col(name).cast(nw.Int8)
    if dtype.is_integer():
        return nw.col(name)
    return nw.col(name).cast(nw.Float64).fill_nan(None)


def _key(name: str, schema: Mapping[str, Any]) -> nw.Expr:
    if schema[name] == nw.Categorical or schema[name] == nw.Enum:
        return nw.col(name).cast(nw.String)
    return nw.col(name).fill_nan(None) if schema[name].is_float() else nw.col(name)


def _code(parts: Sequence[nw.Expr], whole: Sequence[bool]) -> nw.Expr:
    """Write a row's bits as one integer: deprivations, and above them which indicators are missing.

    Whole numbers are multiplied, which engines do faster than they compare; others may be no number at all.
    """
    d = len(parts)
    terms = []
    for j, (x, exact) in enumerate(zip(parts, whole, strict=True)):
        one = nw.lit(1 << j)
        bit = x.fill_null(0).cast(nw.Int64) * (1 << j) if exact else nw.when(x == 1).then(one).otherwise(nw.lit(0))
        terms.append(nw.when(x.is_null()).then(nw.lit(1 << (d + j))).otherwise(bit).cast(nw.Int64))
    return functools.reduce(operator.add, terms)


def _strange(x: nw.Expr, dtype: Any) -> nw.Expr | None:
    """Return where a column is neither 0 nor 1 nor missing; None where its type says that it cannot be."""
    if dtype == nw.Boolean:
        return None
    return (x < 0) | (x > 1) if dtype.is_integer() else (x != 0) & (x != 1)


def _flag(conditions: Sequence[nw.Expr | None]) -> nw.Expr:
    """Return 1 where a condition holds; sums of booleans differ between engines."""
    some = functools.reduce(operator.or_, [c.fill_null(value=False) for c in conditions if c is not None])
    return nw.when(some).then(nw.lit(1)).otherwise(nw.lit(0))


def _wrong(frame: nw.LazyFrame[Any], measure: Measure, schema: Mapping[str, Any]) -> list[str]:
    """Look again, only when something is wrong: which values of which indicators."""
    said = []
    for name in measure.columns:
        x = _number(name, schema)
        values = frame.filter(~x.is_null() & (x != 0) & (x != 1)).select(x.alias("v"), nw.lit(1).alias("n"))
        found = values.group_by("v").agg(nw.col("n").sum()).collect("pandas").to_native()
        if len(found):
            shown = ", ".join(f"{v:g} ({int(n):,} times)" for v, n in found.head(4).itertuples(index=False))
            said.append(f"column {name!r} holds values other than 0, 1 and missing: {shown}")
    return said


def _too_many(frame: nw.LazyFrame[Any], keys: Sequence[str], most: int) -> MpiError:
    levels = {}
    for key in keys:
        distinct = frame.select(key).unique().select(nw.len().alias("n")).collect("pandas").to_native()
        levels[key] = int(distinct["n"].iloc[0])
    told = ", ".join(f"{k} {n:,}" for k, n in sorted(levels.items(), key=lambda item: -item[1]))
    return MpiError(
        f"the profile would have more than {most:,} rows; nothing was collected. Distinct values: {told}. Leave out of "
        "by= what is not needed (two profiles of one column each are smaller than one of both), or raise most="
    )


def _unpacked(found: pd.DataFrame, measure: Measure) -> pd.DataFrame:
    """Write the patterns out as columns of 0, 1 and missing, behind keys, cases and weights."""
    code = found[_CODE].to_numpy(dtype=np.int64)
    d = len(measure.columns)
    keys = [c for c in found.columns if c not in (_CODE, _WRONG, _LOST, CASES, WEIGHT)]
    table = found[[*keys, CASES, WEIGHT]].copy()
    for j, name in enumerate(measure.columns):
        values: NDArray[np.float64] = (code >> j & 1).astype(np.float64)
        values[code >> (d + j) & 1 > 0] = np.nan
        table[name] = values if np.isnan(values).any() else values.astype(np.int8)
    return table
