"""Random rows on every engine: what each gives of them, and where one differs from another.

The rows are drawn as a PyArrow table with NaN and null. What they are held to is the same rows in Polars with every NaN
made null by hand, so that an engine for which NaN is a number is found out even where all others agree with it.
"""

from __future__ import annotations

import datetime as dt
import decimal
import operator
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import mpi

NAMES = (
    "cases_", "index", "count", "a b", 'q"uote', "o'clock", "Tỉnh", "UPPER", "select", "group", "n",
    "1st", "per%", "under_score", "#", "_where", "value", "v", "x,y", "level_0", "null", "(total)", "a\\b",
)  # fmt: skip
"""What columns may be called; of Spark's, none has a dot or a backtick."""

TEXTS = (
    "Kinh",
    "Tày",
    "H'Mông",
    'say "no"',
    "a,b",
    "North × South",
    " ",
    "NA",
    "null",
    "nan",
    "missing",
    "Ünïcode",
    "0",
)

ASKED = 2
"""How many questions are drawn for the rows."""

FAST = (
    "numpy", "nullable", "pandas on arrow", "polars", "lazy polars", "arrow", "dataset", "duckdb", "duckdb on parquet",
    "scan", "read_survey", "ibis",
)  # fmt: skip
SLOW = ("dask", "dask on parquet")
SLOWEST = ("spark",)
ENGINES = (*FAST, *SLOW, *SLOWEST)


@dataclass
class Drawn:
    """Rows, their design, and what is asked of them."""

    table: pa.Table
    design: dict[str, str]
    measure: mpi.Measure
    groups: list[str]
    numbers: list[str]
    asked: dict[str, Callable[[mpi.Survey], Any]]
    profiled: bool
    kinds: dict[str, str] = field(default_factory=dict)


# --- rows -----------------------------------------------------------------------------------------------------------


def draw(rng: np.random.Generator) -> Drawn:
    """Draw rows of every kind, and what is asked of them."""
    n = int(rng.integers(30, 160))
    names = iter(rng.permutation(NAMES).tolist())
    columns: dict[str, pa.Array] = {}
    kinds: dict[str, str] = {}

    def put(kind_and_values: tuple[str, pa.Array]) -> str:
        name = next(names)
        kinds[name], columns[name] = kind_and_values
        return name

    strata = int(rng.integers(1, 4))
    stratum = rng.integers(0, strata, n)
    unit = rng.integers(0, int(rng.integers(2, 8)), n)
    first = [(s, u) for s in range(strata) for u in (0, 1)]
    stratum[: len(first)], unit[: len(first)] = zip(*first, strict=True)  # no stratum has one PSU
    design: dict[str, str] = {}
    if rng.random() < 0.85:
        design["psu"] = put(_keys(rng, unit, gaps=False))
        if rng.random() < 0.7:
            design["strata"] = put(_keys(rng, stratum, gaps=False))
        else:
            del stratum
    if rng.random() < 0.8:
        design["weight"] = put(_weights(rng, n))
    if "psu" in design and rng.random() < 0.3:
        design["size"] = put(("size", pa.array(rng.integers(1, 8, n), pa.int16())))
    if "psu" in design and rng.random() < 0.3:
        design["wave"] = put(_rounds(rng, n))
    flags = [put(_flags(rng, n)) for _ in range(int(rng.integers(2, 5)))]
    groups = [put(_keys(rng, rng.integers(0, int(rng.integers(1, 5)), n), gaps=True)) for _ in range(2)]
    numbers = [put(_numbers(rng, n)) for _ in range(2)]
    extra = [put(_keys(rng, rng.integers(0, 3, n), gaps=True, kind="text")), put(_dates(rng, n)), put(_truths(rng, n))]
    half = max(1, len(flags) // 2)
    measure = mpi.Measure.nested("m", {"x": flags[:half], "y": flags[half:]}, cutoff=str(rng.choice(["1/3", "1/2"])))
    table = pa.table(columns)
    if len(set(kinds)) != len(kinds):
        raise AssertionError("names are drawn once")
    drawn = Drawn(table, design, measure, groups, numbers, {}, profiled="psu" in design, kinds=kinds)
    every = _asked(rng, drawn, flags, extra)
    drawn.asked = {k: every[k] for k in sorted(rng.choice(list(every), ASKED, replace=False).tolist())}
    return drawn


def _gaps(rng: np.random.Generator, n: int, *, some: bool = True) -> np.ndarray:
    share = float(rng.choice([0.0, 0.1, 0.3])) if some else 0.0
    return rng.random(n) < share


def _floats(rng: np.random.Generator, values: np.ndarray, dtype: pa.DataType | None = None) -> pa.Array:
    """Floats whose gaps are NaN, null, or both."""
    gone = _gaps(rng, len(values))
    how = rng.choice(["nan", "null", "both"])
    null = gone & ((how == "null") | ((how == "both") & (rng.random(len(values)) < 0.5)))
    made = pa.array(np.where(gone, np.nan, values), mask=null, from_pandas=False)
    return made.cast(dtype) if dtype is not None else made


def _nulls(rng: np.random.Generator, values: list[Any], dtype: pa.DataType, *, some: bool = True) -> pa.Array:
    gone = _gaps(rng, len(values), some=some)
    return pa.array([None if g else v for v, g in zip(values, gone, strict=True)], dtype)


def _weights(rng: np.random.Generator, n: int) -> tuple[str, pa.Array]:
    w = np.round(rng.uniform(0.25, 4, n) * 4) / 4
    w[rng.random(n) < 0.05] = 0
    w[:8] = 1
    kind = str(rng.choice(["float64", "float32", "decimal", "int"]))
    if kind == "decimal":
        return kind, pa.array([decimal.Decimal(str(x)) for x in w], pa.decimal128(10, 2))
    return kind, pa.array(np.ceil(w).astype("int32")) if kind == "int" else pa.array(w.astype(kind))


def _rounds(rng: np.random.Generator, n: int) -> tuple[str, pa.Array]:
    at = rng.integers(0, 2, n)
    kind = str(rng.choice(["int", "text", "date"]))
    if kind == "date":
        return kind, pa.array([dt.date(2016 + 2 * int(a), 1, 1) for a in at])
    return kind, pa.array([f"r{a}" for a in at]) if kind == "text" else pa.array((2016 + 2 * at).astype("int16"))


def _flags(rng: np.random.Generator, n: int) -> tuple[str, pa.Array]:
    d = (rng.random(n) < rng.uniform(0.1, 0.8)).astype(int)
    kind = str(rng.choice(["bool", "int8", "int64", "uint8", "float64", "float32", "decimal"]))
    if kind.startswith("float"):
        return kind, _floats(rng, d.astype(float), pa.type_for_alias(kind))
    if kind == "decimal":
        return kind, _nulls(rng, [decimal.Decimal(int(x)) for x in d], pa.decimal128(3, 0))
    return kind, _nulls(rng, [bool(x) if kind == "bool" else int(x) for x in d], pa.type_for_alias(kind))


def _keys(rng: np.random.Generator, at: np.ndarray, *, gaps: bool, kind: str | None = None) -> tuple[str, pa.Array]:
    kinds = ["text", "int8", "int64", "long", "float64", "date", "bool", "decimal", "dictionary", "uint64"]
    kind = kind or str(rng.choice([k for k in kinds if k != "bool" or at.max() < 2]))
    texts = rng.permutation(TEXTS).tolist()
    made: dict[str, Callable[[int], Any]] = {
        "text": lambda i: texts[i],
        "dictionary": lambda i: texts[i],
        "int8": lambda i: i + 1,
        "int64": lambda i: 10 * i,
        "long": lambda i: 2**60 + i,
        "uint64": lambda i: 2**63 + i,
        "float64": lambda i: i + 0.5,
        "date": lambda i: dt.date(2000 + i, 2, 28),
        "bool": bool,
        "decimal": lambda i: decimal.Decimal(i) / 4,
    }
    values = [made[kind](int(i)) for i in at]
    if kind == "float64":
        return kind, _floats(rng, np.array(values)) if gaps else pa.array(values)
    types = {
        "text": pa.string(),
        "dictionary": pa.string(),
        "long": pa.int64(),
        "date": pa.date32(),
        "bool": pa.bool_(),
    }
    dtype = types.get(kind) or (pa.decimal128(6, 2) if kind == "decimal" else pa.type_for_alias(kind))
    column = _nulls(rng, values, dtype, some=gaps)
    if kind == "dictionary":  # whose order is that of the texts: to some engines a dictionary has none
        known = pa.array(sorted(set(values)))
        return kind, pa.DictionaryArray.from_arrays(pc.index_in(column, known), known)
    return kind, column


def _numbers(rng: np.random.Generator, n: int) -> tuple[str, pa.Array]:
    x = np.round(rng.lognormal(1, 1, n), 2)
    kind = str(rng.choice(["float64", "float64", "float32", "int32", "decimal"]))
    if kind.startswith("float"):
        return kind, _floats(rng, x, pa.type_for_alias(kind))
    if kind == "decimal":
        return kind, _nulls(rng, [decimal.Decimal(str(v)) for v in x], pa.decimal128(12, 2))
    return kind, _nulls(rng, [int(v) for v in x], pa.int32())


def _dates(rng: np.random.Generator, n: int) -> tuple[str, pa.Array]:
    days = [dt.date(1990, 1, 1) + dt.timedelta(int(d)) for d in rng.integers(0, 9000, n)]
    if rng.random() < 0.5:
        return "date", _nulls(rng, days, pa.date32())
    times = [dt.datetime(d.year, d.month, d.day, 12) for d in days]  # noqa: DTZ001  # has no zone
    return "timestamp", _nulls(rng, times, pa.timestamp("us"))


def _truths(rng: np.random.Generator, n: int) -> tuple[str, pa.Array]:
    return "bool", _nulls(rng, [bool(x) for x in rng.integers(0, 2, n)], pa.bool_())


# --- questions ------------------------------------------------------------------------------------------------------


def _condition(  # noqa: PLR0911  # one for each kind
    rng: np.random.Generator, drawn: Drawn, extra: list[str], depth: int = 0
) -> nw.Expr:
    """Draw a condition on columns with gaps."""
    text, day, truth = extra
    x = nw.col(str(rng.choice(drawn.numbers)))
    which = int(rng.integers(0, 11 if depth < 2 else 8))
    compare = [operator.ge, operator.gt, operator.le, operator.lt, operator.ne, operator.eq][int(rng.integers(0, 6))]
    if which < 3:
        return compare(x, int(rng.integers(1, 6)))
    if which == 3:
        return x.is_between(1, int(rng.integers(2, 6)))
    if which == 4:
        known = [v for v in drawn.table[text].unique().to_pylist() if v is not None] or ["x"]
        return [operator.ne, operator.eq][int(rng.integers(0, 2))](nw.col(text), str(rng.choice(known)))
    if which == 5:
        moment = dt.date(2001, 5, 5)
        if drawn.kinds[day] == "timestamp":
            moment = dt.datetime(2001, 5, 5)  # noqa: DTZ001  # has no zone
        return compare(nw.col(day), moment)
    if which == 6:
        return nw.col(truth)
    if which == 7:
        return nw.col(drawn.numbers[0]) > nw.col(drawn.numbers[1])
    one, other = (_condition(rng, drawn, extra, depth + 1) for _ in range(2))
    return ~one if which == 8 else one & other if which == 9 else one | other


def _asked(rng: np.random.Generator, drawn: Drawn, flags: list[str], extra: list[str]) -> dict[str, Callable[..., Any]]:
    g, h = drawn.groups
    condition, other = (_condition(rng, drawn, extra) for _ in range(2))
    new = _condition(rng, drawn, extra)
    x, y = drawn.numbers
    number = nw.col(x) * 2 + 1 if drawn.kinds[x] != "decimal" else nw.col(x)
    dims = {"x": [drawn.measure.columns[0]], "y": ["new one"]}
    longer = mpi.Measure.nested("longer", dims, cutoff="1/2")
    policy = str(rng.choice(["drop", "reweight", "bounds"]))
    known = [v for v in drawn.table[g].unique().to_pylist() if v is not None and v == v]  # noqa: PLR0124  # no NaN
    putting = dict.fromkeys(known[:1], "one")
    measure = drawn.measure.with_missing(policy)
    return {
        "estimate": lambda s: mpi.estimate(s, measure, by=[g, (g, h)], where=condition),
        "whole": lambda s: mpi.estimate(s, drawn.measure, by=[h]),
        "with_column": lambda s: mpi.estimate(s.with_column("new one", new), longer, by=[g], where=other),
        "computed": lambda s: mpi.mean(s.with_column("new one", number), ["new one", x], by=[h], where=condition),
        "where twice": lambda s: mpi.total(s.where(condition), [y], by=[g], where=other),
        "with_groups": lambda s: mpi.estimate(s.with_groups("put", g, putting, rest="others"), measure, by=["put"]),
        "flag": lambda s: mpi.mean(s, [flags[0], x], by=[g, (g, h)], where=extra[2]),
        "proportion": lambda s: mpi.proportion(s, [h, flags[-1]], by=[g], where=other),
        "total": lambda s: mpi.total(s, [x, flags[0]], by=[h]),
        "ratio": lambda s: mpi.ratio(s, x, y, by=[g], where=condition),
        "profile": lambda s: mpi.estimate(_profiled(s, drawn), measure, by=[g, (g, h)]),
    }


def _profiled(survey: mpi.Survey, drawn: Drawn) -> mpi.Survey:
    return mpi.profile(survey, drawn.measure, by=drawn.groups) if drawn.profiled else survey


# --- frames ---------------------------------------------------------------------------------------------------------


def clean(table: pa.Table) -> pl.DataFrame:
    """The rows in Polars, NaN made null by hand."""
    frame = pl.DataFrame(pl.from_arrow(table))
    floats = [c for c, t in frame.schema.items() if t.is_float()]
    return frame.with_columns(pl.when(pl.col(c).is_not_nan()).then(pl.col(c)).alias(c) for c in floats)


_NULLABLE = {
    pa.int8(): pd.Int8Dtype(), pa.int16(): pd.Int16Dtype(), pa.int32(): pd.Int32Dtype(), pa.int64(): pd.Int64Dtype(),
    pa.uint8(): pd.UInt8Dtype(), pa.uint64(): pd.UInt64Dtype(), pa.bool_(): pd.BooleanDtype(),
    pa.float32(): pd.Float32Dtype(), pa.float64(): pd.Float64Dtype(), pa.string(): pd.StringDtype(),
}  # fmt: skip


def numpy_frame(table: pa.Table) -> pd.DataFrame:
    """The rows in pandas of NumPy's types; whole numbers that floats do not hold stay whole."""
    wide = {
        c: table[c] for c in table.column_names if table[c].type in (pa.int64(), pa.uint64()) and table[c].null_count
    }
    frame = table.to_pandas()
    return frame.assign(**{c: v.to_pandas(types_mapper=_NULLABLE.get) for c, v in wide.items()})


def survey_of(engine: str, drawn: Drawn, folder: Path, spark: Callable[[], Any] | None = None) -> mpi.Survey:
    """The rows as a survey on an engine."""
    path = folder / "rows.parquet"
    if not path.exists():
        pq.write_table(drawn.table, path, row_group_size=50)
    if engine == "read_survey":
        return mpi.read_survey(path, memory="500MB", **drawn.design)
    return mpi.Survey(frame_of(engine, drawn.table, path, spark), **drawn.design)


def frame_of(  # noqa: PLR0911, PLR0912  # one for each engine
    engine: str, table: pa.Table, path: Path, spark: Callable[[], Any] | None = None
) -> Any:
    """The rows as a frame of an engine; `path` is a file that holds them."""
    match engine:
        case "clean":
            return clean(table)
        case "numpy":
            return numpy_frame(table)
        case "nullable":
            return table.to_pandas(types_mapper=_NULLABLE.get)
        case "pandas on arrow":
            plain = pa.table({c: _decoded(table[c]) for c in table.column_names})
            return plain.to_pandas(types_mapper=pd.ArrowDtype)
        case "polars":
            return pl.from_arrow(table)
        case "lazy polars":
            return pl.scan_parquet(path)
        case "arrow":
            return table
        case "dataset":
            import pyarrow.dataset as ds

            return ds.dataset(path)
        case "duckdb":
            import duckdb

            return duckdb.from_arrow(table)
        case "duckdb on parquet":
            import duckdb

            return duckdb.connect().read_parquet(str(path))
        case "scan":
            return mpi.scan(path)
        case "ibis":
            import ibis

            return ibis.duckdb.connect().read_parquet(str(path))
        case "dask":
            import dask.dataframe as dd

            frame, typed = numpy_frame(table), table.to_pandas(types_mapper=pd.ArrowDtype)
            texts = [c for c in frame if frame[c].dtype == object]  # which Dask makes of what it does not know
            return dd.from_pandas(frame.assign(**{c: typed[c] for c in texts}), npartitions=3)
        case "dask on parquet":
            import dask.dataframe as dd

            wide = any(table[c].type in (pa.int64(), pa.uint64()) and table[c].null_count for c in table.column_names)
            return dd.read_parquet(path, dtype_backend="pyarrow" if wide else None)  # else Dask makes floats of them
    if spark is None:
        raise ValueError(engine)
    return spark().read.parquet(str(path))


def _decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column


# --- answers --------------------------------------------------------------------------------------------------------


def answers(survey: Callable[[], mpi.Survey], drawn: Drawn) -> dict[str, dict[str, Any]]:
    """What an engine says to each question: figures, what they are, notes, warnings; or the error.

    What is wrong with the design is told of rows in memory when the survey is made, and of others when they are read:
    it counts as told by each answer.
    """
    found: dict[str, dict[str, Any]] = {}
    made, at_first = _heard(survey)
    for name, ask in drawn.asked.items():
        est, told = _heard(lambda ask=ask: made if isinstance(made, str) else ask(made))
        if isinstance(est, str):
            found[name] = {"error": est}
            continue
        found[name] = {
            **{key: est.keys[key].to_list() for key in ("statistic", "indicator", "by", "group", "wave")},
            "n": est.n.tolist(),
            "n_psu": est.n_psu.tolist(),
            "flag": [str(f) for f in est.table["flag"].astype(object)],
            "value": est.value,
            "se": est.se,
            "about": {k: _told(v) for k, v in est.about.items()},
            "warnings": {"at first": at_first, "then": told},
        }
    return found


def _heard(act: Callable[[], Any]) -> tuple[Any, set[str]]:
    """Return what something gives, or the text of its error, and what it warns of."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            given = act()
        except mpi.MpiError as error:
            given = _told(str(error))
    return given, {_told(str(w.message)) for w in told if issubclass(w.category, mpi.MpiWarning)}


def _told(message: str) -> str:
    """What is said, without what engines count or call otherwise."""
    return re.sub(r"[\d,]+ profiles of |sources: [^;]*; ", "", message)


def differences(one: dict[str, dict[str, Any]], other: dict[str, dict[str, Any]]) -> list[str]:
    """Say where two engines differ."""
    out = []
    for name, a in one.items():
        b = other[name]
        if a.keys() != b.keys():
            out.append(f"{name}: {a.get('error', 'figures')!r} and {b.get('error', 'figures')!r}")
            continue
        for key, x in a.items():
            y = b[key]
            if key == "warnings":
                early = x["at first"] | y["at first"]
                same = x["then"] | early == y["then"] | early
            else:
                same = _close(x, y) if key in ("value", "se") else x == y
            if not same:
                out.append(f"{name}: {key}: {_shown(x, y)}")
                break
    return out


def _close(x: Any, y: Any) -> bool:
    return len(x) == len(y) and np.allclose(x, y, rtol=1e-12, atol=1e-12, equal_nan=True)


def _shown(x: Any, y: Any) -> str:
    if isinstance(x, dict):
        keys = [k for k in x.keys() | y.keys() if x.get(k) != y.get(k)]
        return f"{ {k: x.get(k) for k in keys} } and { {k: y.get(k) for k in keys} }"
    if len(x) != len(y) or isinstance(x, str):
        return f"{x!r:.300} and {y!r:.300}"
    apart = [(i, u, v) for i, (u, v) in enumerate(zip(x, y, strict=True)) if repr(u) != repr(v)]
    return f"{len(apart)} of {len(x)}, first {apart[:3]}"
