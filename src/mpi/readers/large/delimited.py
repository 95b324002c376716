"""Delimited text as one table, read by the engine as the reader in memory reads it.

Each file is looked through once. What every reader takes alike the engine reads where it lies; the rest is written as
Parquet first. Either way the fields are text, and what they are is decided as in memory, by all values of a file.
"""

from __future__ import annotations

import io
import itertools
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MpiError, Problems
from mpi.frames.duckdb import Files, as_path, first_line, literal, name, stamps
from mpi.readers import faults
from mpi.readers.delimited import MISSING, opened, tell_left_out, without_missing
from mpi.readers.delimited_look import FileScan, look
from mpi.readers.delimited_rows import rows_of, tidy_fields, writer_of
from mpi.readers.large.converted import write_pieces
from mpi.readers.large.drift import EMPTY, agreed, booleans_as_numbers
from mpi.readers.text import map_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pandas as pd

__all__ = ["opened_text"]

_PIECE = 200_000
_EXACT = 2**53
_WHOLE, _LONG, _FRACTION, _POINT, _COMMA, _BOOLEAN, _TEXT = (1 << i for i in range(7))
"""What a value may be: a whole number, one of 16 digits or more, a fraction, another number, one with a comma, ...

What casts to a number in DuckDB is one in memory, but for "1_0", "+-1" and "nan". Patterns are slow and come last."""

_CLASS = r"""CASE
WHEN {x} IS NULL THEN 0
WHEN {d} IS NOT NULL AND NOT contains({x}, '_') AND NOT contains({x}, '+-') AND NOT isnan({d}) THEN CASE
WHEN {d} % 1 <> 0 THEN 4
WHEN contains({x}, '.') OR contains({x}, 'e') OR contains({x}, 'E') THEN 8
WHEN strlen({x}) < 16 OR regexp_full_match({x}, '[\s\v]*[-+]?[0-9]{{1,15}}[\s\v]*') THEN 1
ELSE 2 END
WHEN {x} IN ('True', 'TRUE', 'true', 'False', 'FALSE', 'false') THEN 32
WHEN contains({x}, ',') AND regexp_full_match({x}, '[\s\v]*[-+]?[0-9]*,[0-9]+[\s\v]*') THEN 16
ELSE 64 END"""
_HUGE = r"TRY_CAST(trim({x}, E' \t\n\v\f\r') AS HUGEINT)"


@dataclass(frozen=True, slots=True)
class _Source:
    """A file, what was found in it, and how the engine reads its fields as text."""

    path: str
    look: FileScan
    table: str
    rows: int


@dataclass(frozen=True, slots=True)
class _TextColumn:
    """The classes of a column's values in one file, as bits; whether some are missing; their range."""

    bits: int
    gaps: bool
    least: int | None = None
    most: int | None = None


def opened_text(
    connection: Any,
    paths: Sequence[str],
    columns: Sequence[str] | None,
    folder: Path,
    advance: Callable[[int], None],
    encoding: str | None = None,
) -> tuple[Any, Files]:
    """Return a relation over the files, and what is known of them.

    Raises
    ------
    MpiError
        When files are no sound text, are not alike, or columns are absent; all files are looked at first.
    """
    seen = stamps(paths)
    looks = _looks(paths, advance, encoding)
    chosen = agreed({p: dict.fromkeys(found.columns, "") for p, found in looks.items()}, columns)
    _check_case(looks)
    sources = [_source(p, found, chosen, folder / f"{i:05}.parquet") for i, (p, found) in enumerate(looks.items())]
    profiles = {s.path: _profile(connection, s, chosen) for s in sources}
    kinds = {s.path: _kinds(profiles[s.path], s.look.delimiter) for s in sources}
    table = {s.path: s for s in sources}
    agreed(booleans_as_numbers(kinds, lambda f, c: _others(connection, table[f], c)), chosen)
    casts = {c: _cast(c, [kinds[s.path][c] for s in sources], [profiles[s.path][c] for s in sources]) for c in chosen}
    select = ", ".join(f"{casts[c]} AS {name(c)}" for c in chosen)
    relation = connection.sql(" UNION ALL ".join(f"SELECT {select} FROM {table}" for table in _tables(sources)))
    return relation, Files(sum(s.rows for s in sources), tuple(paths), _damage(connection, sources, chosen), seen=seen)


def _check_case(looks: Mapping[str, FileScan]) -> None:
    """Refuse names that differ by case alone, which the engine takes for one."""
    problems = Problems("the files cannot be read", FileError)
    for path, found in looks.items():
        counted = Counter(c.lower() for c in found.header)
        twins = [c for c in found.header if counted[c.lower()] > 1]
        if twins:
            named = ", ".join(map(repr, twins))
            problems.add(
                f"{path!r}: names of columns differ by case alone ({named}), which DuckDB takes for one; rename them"
            )
    problems.raise_if_any()


def _looks(paths: Sequence[str], advance: Callable[[int], None], encoding: str | None) -> dict[str, FileScan]:
    """Return the scan of each file; all problems are raised together."""
    problems = Problems("the files cannot be read", FileError)
    found, done = {}, 0
    for path in paths:
        try:
            with faults.translated_read_errors(Path(path)):
                found[path] = look(Path(path), lambda n, before=done: advance(before + n), encoding)  # type: ignore[misc]  # of a lambda with a default

                done += found[path].rows
        except MpiError as error:
            problems.found += error.problems
    problems.raise_if_any()
    for path, each in found.items():
        tell_left_out(path, each.skipped, each.empty, len(each.bare))
    return found


# --- the fields as text ---


def _source(path: str, scan: FileScan, chosen: list[str], target: Path) -> _Source:
    """Return how the engine reads a file: itself, or a copy in Parquet."""
    if scan.plain:
        return _Source(path, scan, _read_csv([path], scan), scan.rows)
    with faults.translated_read_errors(Path(path)):
        rows = write_pieces(_pieces(path, scan, chosen), dict.fromkeys(chosen, "string"), target)
    return _Source(path, scan, f"read_parquet({literal(as_path(str(target)))})", rows)


def _tables(sources: Sequence[_Source]) -> list[str]:
    """Return what the engine reads; files in a row that are written alike are read as one."""
    found = []
    for _, group in itertools.groupby(sources, _manner):
        like = list(group)
        plain = like[0].look.plain
        found += [_read_csv([s.path for s in like], like[0].look)] if plain else [s.table for s in like]
    return found


def _manner(source: _Source) -> tuple[Any, ...]:
    x = source.look
    return x.plain, x.header, x.delimiter, x.quoted, _compression(source.path)


def _compression(path: str) -> str:
    """Return the compression of a file, as the engine names it."""
    return "gzip" if path.casefold().endswith(".gz") else "none"


def _read_csv(paths: Sequence[str], scan: FileScan) -> str:
    """Return the SQL that reads files of one dialect."""
    quote = '"' if scan.quoted else ""
    fields = ", ".join(f"{literal(c)}: 'VARCHAR'" for c in scan.header)
    return (
        f"read_csv({literal([as_path(p) for p in paths])}, auto_detect = false, header = true, columns = {{{fields}}}, "
        f"delim = {literal(scan.delimiter)}, quote = {literal(quote)}, escape = {literal(quote)}, comment = '', "
        f"nullstr = {literal(MISSING)}, allow_quoted_nulls = true, compression = {literal(_compression(paths[0]))}, "
        "hive_partitioning = false)"
    )


def _pieces(path: str, scan: FileScan, chosen: list[str]) -> Iterator[pd.DataFrame]:
    """Yield the fields as text, with everything put right that the engine would take otherwise."""
    import pandas as pd

    options: Any = {"na_values": MISSING, "keep_default_na": False, "index_col": False, "dtype": str}
    options |= {"sep": scan.delimiter, "header": 0, "names": list(scan.header), "usecols": chosen}
    with opened(Path(path)) as file, io.TextIOWrapper(file, encoding=scan.codec, newline="") as text:
        for part in [text] if scan.tidy else _tidied(text, scan):
            for frame in pd.read_csv(part, chunksize=_PIECE, **options):
                yield frame if scan.change is None else without_missing(map_frame(frame, scan.change))


def _tidied(text: io.TextIOBase, scan: FileScan) -> Iterator[io.StringIO]:
    """Yield pieces with the header each, without blanks around fields, empty rows, and lines before the header."""
    for _ in range(scan.skipped):
        text.readline()
    every = (tidy_fields(row) for _, row in rows_of(text, scan.delimiter))
    header, rows = next(every), filter(any, every)
    while piece := list(itertools.islice(rows, _PIECE)):
        out = io.StringIO(newline="")
        writer_of(out, scan.delimiter).writerows([header, *piece])
        out.seek(0)
        yield out


# --- what they are ---


def _profile(connection: Any, source: _Source, chosen: Sequence[str]) -> dict[str, _TextColumn]:
    """Return what the values of each column are, by all of them."""
    parts = []
    for c in chosen:
        x = name(c)
        parts += [f"bit_or({_CLASS.format(x=x, d=name('as number ' + c))})", f"count(*) > count({x})"]
    casts = ", ".join(f"TRY_CAST({name(c)} AS DOUBLE) AS {name('as number ' + c)}" for c in chosen)
    row = _read_rows(connection, f"(SELECT {', '.join(map(name, chosen))}, {casts} FROM {source.table})", source, parts)
    found = {c: _TextColumn(int(row[2 * i] or 0), bool(row[2 * i + 1])) for i, c in enumerate(chosen)}
    long = [c for c, column in found.items() if column.bits & _LONG and not column.bits & ~(_WHOLE | _LONG)]
    if long:
        ends = [f"{f}({_HUGE.format(x=name(c))})" for c in long for f in ("min", "max")]
        large = [f"bool_or({name(c)} IS NOT NULL AND {_HUGE.format(x=name(c))} IS NULL)" for c in long]
        row = _read_rows(connection, source.table, source, ends + large)
        for i, c in enumerate(long):
            least, most = (None, None) if row[2 * len(long) + i] else (int(row[2 * i]), int(row[2 * i + 1]))
            found[c] = _TextColumn(found[c].bits, found[c].gaps, least, most)
    return found


def _read_rows(connection: Any, table: str, source: _Source, parts: list[str]) -> Any:
    import duckdb

    try:
        return connection.sql(f"SELECT {', '.join(parts)} FROM {table}").fetchall()[0]
    except duckdb.Error as error:
        raise FileError(f"the files cannot be read: {source.path!r}: {first_line(error)}") from error


def _others(connection: Any, source: _Source, column: str) -> bool:
    """Tell whether a column of numbers has others than 0, 1 and missing."""
    number = f"TRY_CAST(replace({name(column)}, ',', '.') AS DOUBLE)"
    return bool(_read_rows(connection, source.table, source, [f"count(*) FILTER ({number} NOT IN (0, 1))"])[0])


def _kinds(columns: Mapping[str, _TextColumn], delimiter: str) -> dict[str, str]:
    """Return what each column holds; "1,5" is a number where the delimiter is no comma and nothing has a point."""
    numbers = _WHOLE | _LONG | _FRACTION | _POINT
    pointed = any(c.bits & _FRACTION and not c.bits & ~numbers for c in columns.values())
    found = {}
    for column, c in columns.items():
        commas = c.bits & _COMMA and not c.bits & ~(_WHOLE | _LONG | _COMMA) and delimiter != "," and not pointed
        if not c.bits:
            found[column] = EMPTY
        elif c.bits == _BOOLEAN:
            found[column] = "booleans"
        else:
            found[column] = "numbers" if commas or not c.bits & ~numbers else "text"
    return found


def _cast(column: str, kinds: Sequence[str], columns: Sequence[_TextColumn]) -> str:
    """Return what makes of the text what the column is in all files together; the casts skip white space."""
    x = name(column)
    bits = 0
    for c in columns:
        bits |= c.bits
    if "text" in kinds:
        return x
    if "booleans" in kinds:
        truth = f"CAST({x} AS BOOLEAN)"
        if "numbers" not in kinds:
            return truth
        return (
            f"CASE WHEN lower({x}) IN ('true', 'false') THEN CAST({truth} AS DOUBLE) ELSE TRY_CAST({x} AS DOUBLE) END"
        )
    if bits & _COMMA:
        return f"CAST(replace({x}, ',', '.') AS DOUBLE)"
    if bits & ~(_WHOLE | _LONG) or not bits:
        return f"CAST({x} AS DOUBLE)"
    return _whole(x, columns)


def _whole(x: str, columns: Sequence[_TextColumn]) -> str:
    """Return whole numbers as such; codes that no whole number or float holds exactly stay text, as in memory."""
    long = [c for c in columns if c.bits & _LONG]
    if not long:
        return f"CAST({x} AS BIGINT)"
    if any(c.least is None or c.most is None for c in long):
        return x
    least, most = min(c.least or 0 for c in long), max(c.most or 0 for c in long)
    gaps = any(c.gaps for c in columns)
    if gaps and max(-least, most) >= _EXACT:
        return x
    if least >= -(2**63) and most < 2**63:
        return f"CAST({x} AS BIGINT)"
    signed = any(c.least is None or c.least < 0 for c in columns if c.bits)
    return f"CAST({x} AS UBIGINT)" if most < 2**64 and not signed else x


def _damage(connection: Any, sources: Sequence[_Source], chosen: Sequence[str]) -> Callable[[], list[str]]:
    cursor = connection.cursor()

    def read_each() -> list[str]:
        """Read the files one by one."""
        said = []
        for s in sources:
            try:
                _read_rows(cursor, s.table, s, [f"max(hash({', '.join(map(name, chosen))}))"])
            except MpiError as error:
                said.append(str(error).removeprefix("the files cannot be read: "))
        return said

    return read_each
