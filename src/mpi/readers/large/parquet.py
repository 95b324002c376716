"""Parquet files as one table: their footers are read and compared first, their rows when the engine needs them."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MpiError, Problems
from mpi.frames.duckdb import Files, as_path, first_line, in_zone, is_zoned, literal, name, null_for_nan, stamps
from mpi.readers.large.drift import agreed, booleans_as_numbers, distinct_names, kind_of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from mpi.frames.duckdb import Stamp

__all__ = ["opened"]

_EXACT = 2**53
_ALONE = 200
"""How many files are each read by themselves."""
_FOLDER = re.compile(r"([^=/\\]+)=([^=/\\]*)")


def opened(connection: Any, paths: Sequence[str], columns: Sequence[str] | None) -> tuple[Any, Files]:
    """Return a relation over the files, of the types that hold the values of all, and what is known of the files.

    Raises
    ------
    MpiError
        When files are damaged or not alike, or columns are absent; nothing was read then.
    """
    escaped = [as_path(p) for p in paths]
    seen = dict(zip(paths, stamps(paths), strict=True))
    _check_footers(connection, escaped)
    types = _types(connection, escaped)
    keys = _keys_of_folders(list(types))
    kinds = {
        f: {c: kind_of_type(t) for c, t in held.items()} | dict.fromkeys(keys, "keys") for f, held in types.items()
    }
    chosen = agreed(booleans_as_numbers(kinds, lambda f, c: _others(connection, f, c)), columns)
    shown = distinct_names(chosen, by_name=columns is not None)
    _check_long_codes(connection, escaped, [c for c in chosen if _mixed(c, types)])
    relation = connection.sql(
        _query(types, shown, keys, {f: _called(connection, f, held) for f, held in types.items()})
    )
    rows = connection.sql(f"SELECT sum(num_rows) FROM parquet_file_metadata({literal(escaped)})").fetchall()[0][0]
    real = [c for c in chosen if c not in keys]
    relation, zone = in_zone(connection, relation, _zones(types, real))
    return relation, Files(
        int(rows or 0),
        tuple(types),
        _damage(connection, list(types), real),
        zone,
        seen=_stamps_of(seen, types),
        nulls=True,
    )


def _stamps_of(stamps: Mapping[str, Stamp | None], files: Iterable[str]) -> tuple[Stamp | None, ...]:
    """Return what is known of files in the order in which the engine names them."""
    return tuple(stamps.get(file) for file in files)


def _zones(types: Mapping[str, Mapping[str, str]], columns: Sequence[str]) -> list[str]:
    """Return the time zones of the columns that hold points in time, as PyArrow finds them in the footers."""
    zoned = {f: [c for c in columns if is_zoned(held.get(c, ""))] for f, held in types.items()}
    if not any(zoned.values()):
        return []
    try:
        from pyarrow import parquet
    except ImportError:
        return []
    found = []
    for file, names in zoned.items():
        if names and Path(file).is_file():
            schema = parquet.read_schema(file)
            found += [schema.field(c).type.tz for c in names]
        elif names:
            return []
    return found


def _called(connection: Any, file: str, types: Mapping[str, str]) -> dict[str, str]:
    """Return what the engine calls the columns of a file: by another name where two differ by case alone."""
    if len({c.lower() for c in types}) == len(types):
        return {}
    query = f"DESCRIBE SELECT * FROM read_parquet({literal(as_path(file))}, hive_partitioning = false)"
    return dict(zip(types, (row[0] for row in connection.sql(query).fetchall()), strict=True))


def _others(connection: Any, file: str, column: str) -> bool:
    """Tell whether a column of numbers has others than 0, 1 and missing."""
    x = name(column)
    return bool(
        connection.sql(
            f"SELECT 1 FROM read_parquet({literal(as_path(file))}) WHERE {x} NOT IN (0, 1) "
            f"AND CAST({x} AS VARCHAR) <> 'nan' LIMIT 1"
        ).fetchall()
    )


def _query(
    types: Mapping[str, Mapping[str, str]],
    shown: Mapping[str, str],
    keys: Sequence[str],
    called: Mapping[str, Mapping[str, str]],
) -> str:
    """Return what reads the files; the types of all hold all values. Columns are shown by their names, or others.

    Of a file that is read by itself the engine knows from its footer which values occur, so that what cannot be is not
    looked for row by row: sums take half the time. Where files are too many for that, those of the same types are read
    as one.
    """
    like: dict[tuple[str, ...], list[str]] = {}
    names: dict[tuple[str, ...], tuple[str, ...]] = {}
    for number, (file, held) in enumerate(types.items()):
        alone = str(number) if len(types) <= _ALONE else ""
        read = tuple(called[file].get(c, c) for c in shown)
        group = (alone, *(held.get(c, "") for c in shown), *read)
        like.setdefault(group, []).append(as_path(file))
        names[group] = read
    held_by_all = zip(*(group[1 : len(shown) + 1] for group in like), strict=True)
    floats = {c for c, held in zip(shown, held_by_all, strict=True) if _need_double(held)}
    hive = f"hive_partitioning = {str(bool(keys)).lower()}"
    parts = []
    for group, files in like.items():
        columns = zip(shown.items(), names[group], group[1:], strict=False)
        select = ", ".join(f"{_read_as(x, dtype, wide=c in floats)} AS {name(new)}" for (c, new), x, dtype in columns)
        parts.append(f"SELECT {select} FROM read_parquet({literal(files)}, {hive})")
    return " UNION ALL ".join(parts)


def _read_as(column: str, dtype: str, *, wide: bool) -> str:
    """Return how a column is read, NaN as missing."""
    value = null_for_nan(name(column)) if dtype.startswith(("FLOAT", "DOUBLE")) else name(column)
    return f"CAST({value} AS DOUBLE)" if wide else value


def _need_double(types: Sequence[str]) -> bool:
    """Say whether files differ in a column that some hold as floats, since single precision would not hold integers.

    So is a column that is empty in all files, which has no type at all.
    """
    if all(t.strip('"') == "NULL" for t in types):
        return True
    return len(set(types)) > 1 and any(t.startswith(("FLOAT", "DOUBLE", "DECIMAL")) for t in types)


def _check_footers(connection: Any, escaped: Sequence[str]) -> None:
    """Refuse files whose footer cannot be read, or whose rows are not all there."""
    said = _failure(connection, f"SELECT count(*) FROM parquet_schema({literal(escaped)})")
    if said:
        each = {p: _failure(connection, f"SELECT count(*) FROM parquet_schema({literal(p)})") for p in escaped}
        problems = [f"{p!r}: {s}" for p, s in each.items() if s] or [said]
        raise _damaged(problems)
    short = connection.sql(
        "SELECT f.file_name FROM parquet_file_metadata(" + literal(escaped) + ") f JOIN (SELECT file_name, "
        "max(least(data_page_offset, coalesce(dictionary_page_offset, data_page_offset)) + total_compressed_size) AS e "
        "FROM parquet_metadata(" + literal(escaped) + ") GROUP BY ALL) m ON f.file_name = m.file_name "
        "WHERE e > file_size_bytes - footer_size - 8 ORDER BY ALL"
    ).fetchall()
    if short:
        raise _damaged([f"{p!r}: a piece of it is missing" for (p,) in short])


def _damaged(problems: list[str]) -> MpiError:
    mend = "" if any("://" in p for p in problems) else " (copy or export them again from their source)"
    return Problems(f"the files cannot be read{mend}", FileError, problems).error()


def _failure(connection: Any, query: str) -> str:
    """Return the first line of the error that a query gives; empty where it works."""
    import duckdb

    try:
        connection.sql(query).fetchall()
    except duckdb.Error as error:
        return first_line(error)
    return ""


def _types(connection: Any, escaped: Sequence[str]) -> dict[str, dict[str, str]]:
    """Return each file's columns and their types, as DuckDB reads them."""
    rows = connection.sql(
        f"SELECT file_name, name, coalesce(duckdb_type, type, ''), coalesce(num_children, 0) "
        f"FROM parquet_schema({literal(escaped)})"
    ).fetchall()
    by_file: dict[str, list[tuple[str, str, int]]] = {}
    for file, *row in rows:
        by_file.setdefault(file, []).append(tuple(row))
    return {file: _top(nodes) for file, nodes in by_file.items()}


def _top(nodes: list[tuple[str, str, int]]) -> dict[str, str]:
    """Return the columns of a schema, which is written as a tree, depth first, below its root."""
    found: dict[str, str] = {}
    open_nodes = 0
    for column, dtype, children in nodes[1:]:
        if open_nodes == 0:
            found[column] = f"STRUCT {dtype}".strip() if children else dtype
        open_nodes += children - (1 if open_nodes else 0)
    return found


def _keys_of_folders(paths: Sequence[str]) -> list[str]:
    """Return the keys in the names of the folders, as in ``province=01/part.parquet``, that all paths have."""
    keys = [[m[1] for part in PurePath(p).parts[:-1] if (m := _FOLDER.fullmatch(part))] for p in paths]
    return keys[0] if keys and all(k == keys[0] for k in keys) else []


def _mixed(column: str, types: dict[str, dict[str, str]]) -> bool:
    """Say whether a column is whole in some files and a float in others, which holds 15 digits only."""
    held = {t[column] for t in types.values() if column in t}
    return bool(held & {"BIGINT", "UBIGINT"}) and bool(held & {"DOUBLE", "FLOAT"})


def _check_long_codes(connection: Any, escaped: Sequence[str], columns: Sequence[str]) -> None:
    """Refuse whole numbers beyond 2^53 beside floats, which would merge them; the footers say how large they are."""
    if not columns:
        return
    found = connection.sql(
        "SELECT DISTINCT file_name, path_in_schema FROM parquet_metadata("
        + literal(escaped)
        + ") WHERE path_in_schema "
        f"IN ({', '.join(map(literal, columns))}) AND type = 'INT64' AND greatest(abs(TRY_CAST(stats_max_value AS "
        f"HUGEINT)), abs(TRY_CAST(stats_min_value AS HUGEINT))) >= {_EXACT} ORDER BY ALL"
    ).fetchall()
    if found:
        raise Problems(
            "the files are not alike; nothing was read",
            FileError,
            [
                f"{file!r} holds codes of more than 15 digits in {column!r}, which is a float in other files, where "
                "such codes merge; write it as a whole number or as text in all of them"
                for file, column in found
            ],
        ).error()


def _damage(connection: Any, paths: Sequence[str], columns: Sequence[str]) -> Callable[[], list[str]]:
    """Return what reads each file by itself, and says which cannot be read."""
    select = f"max(hash({', '.join(map(name, columns))}))" if columns else "count(*)"
    cursor = connection.cursor()

    def read_each() -> list[str]:
        """Read the files one by one."""
        said = {p: _failure(cursor, f"SELECT {select} FROM read_parquet({literal(as_path(p))})") for p in paths}
        return [f"{p!r}: {s}" for p, s in said.items() if s]

    return read_each
