"""Files that DuckDB does not read by itself, written piece by piece as Parquet where it can read them."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mpi.core.errors import FileError, MissingLibraryError, MpiError, Problems
from mpi.frames.progress import rows_done
from mpi.readers import dta_layout, faults
from mpi.readers.large.drift import agreed, merged_labels
from mpi.readers.text import Gathered, map_frame, map_labels

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import pandas as pd

    from mpi.readers.pieces import Pieces
    from mpi.readers.text import Repair

__all__ = ["converted", "write_pieces"]

_CELLS, _LEAST = 4_000_000, 1000
"""How many values a piece holds, some tens of megabytes, and how many rows at least."""

_TYPES = {
    "int8": "int8", "int16": "int16", "int32": "int32", "float": "float32", "double": "float64", "string": "string",
}  # fmt: skip
_KINDS = {"string": "text", "timestamp": "dates", "time": "times"}


@dataclass(frozen=True, slots=True)
class Converted:
    """Parquet files that stand for others, and what their values mean."""

    paths: tuple[str, ...]
    labels: Mapping[str, Mapping[object, str]]


def converted(
    kind: str,
    paths: Sequence[str],
    columns: Sequence[str] | None,
    folder: Path,
    *,
    show: bool | None = None,
    encoding: str | None = None,
) -> Converted:
    """Write the columns of Stata or SPSS files as Parquet files in a folder, and show how many rows are done.

    Raises
    ------
    MpiError
        When files are damaged or not alike, also in their labels; the disk is full; or PyArrow is not installed.
    """
    reader = importlib.import_module(f"mpi.readers.{kind}")
    opened = _opened(reader, paths, columns, encoding)
    counts = [p.rows for p in opened.values()]
    total = None if None in counts else sum(n or 0 for n in counts)
    made, labels, done = [], {}, 0
    with rows_done("converting", total, show=show) as at:
        for number, (path, pieces) in enumerate(opened.items()):
            target = folder / f"{number:05}.parquet"
            with faults.translated_read_errors(Path(path)):
                shown = partial(_advance, at, done)
                rows, labels[path] = _write_one(Path(path), pieces, target, shown, encoding)

            if pieces.rows is not None and rows != pieces.rows:
                raise FileError(f"cannot read {path}: its header says {pieces.rows} rows, and {rows} were found")
            done += rows
            made.append(str(target))
    return Converted(tuple(made), merged_labels(labels))


def _opened(
    reader: Any, paths: Sequence[str], columns: Sequence[str] | None, encoding: str | None
) -> dict[str, Pieces]:
    """Return each file's pieces, of the columns that all have; nothing but heads is read."""
    problems = Problems("the files cannot be read", FileError)
    names: dict[str, tuple[str, ...]] = {}
    for path in paths:
        names[path] = _try(problems, path, lambda p: _names(reader, p, encoding)) or ()
    problems.raise_if_any()
    chosen = agreed({p: dict.fromkeys(n, "") for p, n in names.items()}, columns)
    size = max(_CELLS // max(len(chosen), 1), _LEAST)
    found = {p: _try(problems, p, lambda p: reader.pieces(p, chosen, size, encoding)) for p in paths}
    problems.raise_if_any()
    agreed({p: {c: _KINDS.get(k, "numbers") for c, k in f.kinds.items()} for p, f in found.items()}, chosen)
    return found


def _names(reader: Any, path: Path, encoding: str | None) -> tuple[str, ...]:
    if path.suffix.casefold() == ".dta":
        dta_layout.walk(path)  # proves that it is whole
    found: tuple[str, ...] = reader.names(path, encoding)
    return found


def _try(problems: Problems, path: str, read: Callable[[Path], Any]) -> Any:
    try:
        with faults.translated_read_errors(Path(path)):
            return read(Path(path))
    except MpiError as error:
        problems.found += error.problems
    return None


def _advance(at: Callable[[int], None], before: int, n: int) -> None:
    """Move a bar to some rows of a file behind those of the files before it."""
    at(before + n)


def _write_one(
    path: Path, pieces: Pieces, target: Path, at: Callable[[int], None], encoding: str | None
) -> tuple[int, dict[str, dict[object, str]]]:
    """Write one file; texts are put right afterwards, when all have been seen."""
    texts = [c for c, kind in pieces.kinds.items() if kind == "string"]
    gathered = Gathered()

    def watched() -> Iterable[pd.DataFrame]:
        """Yield the pieces, and remember their texts."""
        for frame in pieces.frames():
            for c in texts:
                gathered.see((v for v in frame[c].dropna().unique() if isinstance(v, str)), repair=True)
            yield frame

    rows = write_pieces(watched(), pieces.kinds, target, at)
    meaning = pieces.meaning()
    change = gathered.change(path, meaning.context, repair=meaning.repair, encoding=encoding)
    if change is None:
        return rows, {c: dict(values) for c, values in meaning.labels.items()}
    if texts:
        gone: Any = (lambda text: change(text) or None) if path.suffix.casefold() == ".dta" else change
        _rewrite(target, gone)  # a blank text is a missing one in Stata
    return rows, map_labels(meaning.labels, change)


def write_pieces(
    frames: Iterable[pd.DataFrame], kinds: Mapping[str, str], target: Path, at: Callable[[int], None] | None = None
) -> int:
    """Write data frames as one Parquet file of fixed types, and return the number of rows.

    Raises
    ------
    MpiError
        When the disk is full, or PyArrow is not installed.
    """
    arrow, parquet = _pyarrow()
    schema = arrow.schema([(c, _type(arrow, kind)) for c, kind in kinds.items()])
    done = 0
    try:
        with parquet.ParquetWriter(target, schema) as file:
            for frame in frames:
                arrays = [arrow.array(frame[f.name], type=f.type, from_pandas=True) for f in schema]
                file.write_table(arrow.Table.from_arrays(arrays, schema=schema))
                done += len(frame)
                if at is not None:
                    at(done)
    except OSError as error:
        raise _no_room(target, error) from error
    return done


def _rewrite(path: Path, change: Repair) -> None:
    _, parquet = _pyarrow()
    new = path.with_suffix(".new")
    try:
        with parquet.ParquetFile(path) as old, parquet.ParquetWriter(new, old.schema_arrow) as file:
            for group in range(old.num_row_groups):
                file.write_table(map_frame(old.read_row_group(group), change))
        new.replace(path)
    except OSError as error:
        raise _no_room(path, error) from error


def _no_room(path: Path, error: OSError) -> MpiError:
    return FileError(
        f"the files cannot be put where the engine reads them, in {str(path.parent)!r}: {error.strerror or error}; set "
        "TMPDIR to a folder with room, and name the columns that you need"
    )


def _type(arrow: Any, kind: str) -> Any:
    if kind == "timestamp":
        return arrow.timestamp("us")
    return arrow.time64("us") if kind == "time" else getattr(arrow, _TYPES[kind])()


def _pyarrow() -> tuple[Any, Any]:
    try:
        return importlib.import_module("pyarrow"), importlib.import_module("pyarrow.parquet")
    except ImportError as error:
        raise MissingLibraryError(
            "files of this kind, larger than memory, need PyArrow too: pip install pyarrow"
        ) from error
