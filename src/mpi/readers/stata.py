"""Stata files of all versions: data by pandas, which is ten times faster, labels by pyreadstat.

pandas 3 reads every version that Stata released. Before, it lacks 102 to 104 and 110; pyreadstat stands in for
110 only: it does not know the missing values of 102 to 104. `dta_layout` proves first that the file is whole.
"""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mpi.errors import MpiError, warn
from mpi.readers import dta_layout
from mpi.readers.binary_strings import without_binary
from mpi.readers.dates import possible, tell_impossible
from mpi.readers.faults import DamagedError
from mpi.readers.metadata import labels_of, titles_of
from mpi.readers.pieces import Meaning, Pieces
from mpi.readers.reasons import extended_missing
from mpi.readers.table import Table
from mpi.readers.text import as_unicode, repair_latin1, tidied_names, without_blanks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    from mpi.readers.dta_layout import Layout

    Labels = Mapping[str, Mapping[object, str]]

__all__ = ["names", "pieces", "read"]

_UNICODE_SINCE = 118
_SINCE_PANDAS_3 = (102, 103, 104)
_NOT_BEFORE_PANDAS_3 = 110
_NO_READSTAT = (102, 103)


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:  # noqa: ARG001  # Stata's own are Unicode
    """Return the names of the columns, from the head of the file."""
    return tuple(_raw_names(path))


def _raw_names(path: Path) -> dict[str, str]:
    """Return the names of the columns as they are said, and as they stand in the file."""
    from pandas.api.typing import StataReader

    if dta_layout.version_of(path) in _NO_READSTAT:
        with StataReader(path) as reader:
            return tidied_names(map(str, reader.variable_labels()))
    return tidied_names(_metadata(path, legacy=False)[0].column_names)


def _raw(path: Path, columns: list[str]) -> list[str]:
    """Return how columns are called in the file: otherwise at most where their letters can be composed."""
    names = {} if all(map(str.isascii, columns)) else _raw_names(path)
    return [names.get(c, c) for c in columns]


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns with their labels; a file that is not whole is refused."""
    layout = dta_layout.walk(path)
    frame, legacy = _data(path, layout, None if columns is None else _raw(path, columns))
    frame = _with_years(frame, _years(path, layout, frame))
    if len(frame) != layout.rows:
        raise DamagedError(f"its header says {layout.rows} rows, and {len(frame)} were found")
    raw = tidied_names(map(str, frame.columns))
    kept = list(raw)
    labels, titles, legacy = _labels(path, layout, legacy=legacy)
    _tell_undefined(path, layout, [raw[name] for name in kept])
    seen: dict[str, int] = {}
    frame = without_binary(possible(frame.set_axis(kept, axis=1), seen), path)
    tell_impossible(path, seen)
    table = Table(
        frame,
        {name: labels[raw[name]] for name in kept if raw[name] in labels},
        {name: titles[raw[name]] for name in kept if raw[name] in titles},
    )
    context = [*titles.values(), *(label for values in labels.values() for label in values.values())]
    found = as_unicode(table, path, context=context, repair=repair_latin1 if legacy else None, encoding=encoding)
    return replace(found, frame=without_blanks(found.frame), reasons=_reasons(path, layout, frame, raw, columns))


def _reasons(
    path: Path, layout: Layout, frame: pd.DataFrame, raw: Mapping[str, str], columns: list[str] | None
) -> dict[str, list[Any]]:
    """Return which extended missing value stands where numbers are missing."""
    gaps = [name for name in raw if frame[name].dtype.kind in "fiu" and frame[name].hasnans]
    if not gaps:
        return {}
    order = list(raw.values() if columns is None else _raw_names(path).values())
    return extended_missing(path, layout, {name: order.index(raw[name]) for name in gaps})


def _data(path: Path, layout: Layout, columns: list[str] | None) -> tuple[pd.DataFrame, bool]:
    """Return the data, and whether its text was read as Latin-1."""
    import pandas as pd

    legacy = layout.version < _UNICODE_SINCE
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        try:
            frame = pd.read_stata(path, convert_categoricals=False, preserve_dtypes=True, columns=columns)
        except UnicodeDecodeError:
            return _data_around_bad_text(path, columns), True
        except ValueError:
            if layout.version in _SINCE_PANDAS_3 and int(pd.__version__.split(".")[0]) < 3:
                raise MpiError(f"cannot read {path}: its version, {layout.version}, needs pandas 3") from None
            if layout.version != _NOT_BEFORE_PANDAS_3:
                raise
            return _data_by_pyreadstat(path, columns), True
    _pass_on(path, [w for w in seen if not issubclass(w.category, UnicodeWarning)])
    return frame, legacy or any(issubclass(w.category, UnicodeWarning) for w in seen)


def pieces(path: Path, columns: list[str], rows: int, encoding: str | None = None) -> Pieces:  # noqa: ARG001  # of .sav
    """Return the columns piece by piece, each of so many rows; a file that is not whole is refused."""
    layout = dta_layout.walk(path)
    raw = _raw(path, columns)
    found, seen = {"legacy": layout.version < _UNICODE_SINCE}, dict[str, int]()

    def frames() -> Iterator[pd.DataFrame]:
        """Yield the rows, and note whether texts are of old encodings."""
        for frame, legacy in _in_pieces(path, layout, raw, rows):
            found["legacy"] |= legacy
            yield without_blanks(without_binary(possible(frame.set_axis(columns, axis=1), seen), path))

    def meaning() -> Meaning:
        """Return labels and titles, when all rows have been seen."""
        labels, titles, repair = _labels(path, layout, legacy=found["legacy"])
        _tell_undefined(path, layout, raw)
        tell_impossible(path, seen)
        context = [*titles.values(), *(label for values in labels.values() for label in values.values())]
        kept = {n: labels[r] for n, r in zip(columns, raw, strict=True) if r in labels}
        return Meaning(kept, tuple(context), repair)

    kinds = _kinds(path, layout, raw)
    return Pieces(layout.rows, {n: kinds[r] for n, r in zip(columns, raw, strict=True)}, frames, meaning)


def _kinds(path: Path, layout: Layout, columns: list[str]) -> dict[str, str]:
    """Return what each column is declared to be; dates are seen in the first row."""
    first = next(_in_pieces(path, layout, columns, 1))[0] if layout.rows else None
    dates = [] if first is None else [c for c in columns if first[c].dtype.kind == "M"]
    if layout.version in _NO_READSTAT:
        known = {c: "double" if first is None or _is_numeric(first[c]) else "string" for c in columns}
    else:
        known = _metadata(path, legacy=False)[0].readstat_variable_types
    return {c: "timestamp" if c in dates else known[c] for c in columns}


def _in_pieces(path: Path, layout: Layout, columns: list[str], rows: int) -> Iterator[tuple[pd.DataFrame, bool]]:
    """Yield pieces, and whether their text was read as Latin-1."""
    import pandas as pd

    done, years = 0, None
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            reader: Any = pd.read_stata(path, convert_categoricals=False, preserve_dtypes=True, iterator=True)
        with reader:
            while done < layout.rows:
                with warnings.catch_warnings(record=True) as seen:
                    warnings.simplefilter("always")
                    frame = reader.read(min(rows, layout.rows - done), columns=columns)
                _pass_on(path, [w for w in seen if not issubclass(w.category, UnicodeWarning)])
                done += len(frame)
                years = _years(path, layout, frame) if years is None else years
                yield _with_years(frame, years), any(issubclass(w.category, UnicodeWarning) for w in seen)
    except (UnicodeDecodeError, ValueError) as error:
        if done or (not isinstance(error, UnicodeDecodeError) and layout.version != _NOT_BEFORE_PANDAS_3):
            raise
        for start in range(0, layout.rows, rows):
            yield _data_by_pyreadstat(path, columns, row_offset=start, row_limit=rows), True


def _years(path: Path, layout: Layout, frame: pd.DataFrame) -> list[str]:
    """Return the columns that hold years (format %ty), of which pandas makes the first of January."""
    dates = [str(c) for c in frame.columns if frame[c].dtype.kind == "M"]
    if not dates or layout.version in _NO_READSTAT:
        return []
    formats = _metadata(path, legacy=False)[0].original_variable_types
    return [c for c in dates if formats.get(c, "").lstrip("%-").startswith("ty")]


def _with_years(frame: pd.DataFrame, years: list[str]) -> pd.DataFrame:
    return frame.assign(**{c: frame[c].dt.year for c in years}) if years else frame


def _data_by_pyreadstat(path: Path, columns: list[str] | None, **part: int) -> Any:
    import pyreadstat

    options: Any = {"usecols": columns, "encoding": "ISO-8859-1", "dates_as_pandas_datetime": True, **part}
    frame: Any = pyreadstat.read_dta(str(path), **options)[0]
    return frame if columns is None else frame[columns]


def _data_around_bad_text(path: Path, columns: list[str] | None) -> Any:
    """Read what can be: pandas stops at any long string (strL) that is not UTF-8, pyreadstat at those asked for."""
    try:
        return _data_by_pyreadstat(path, columns)
    except UnicodeDecodeError as error:
        raise DamagedError(
            "a long string (strL) in it is not in UTF-8; translate it in Stata with `unicode translate`, or "
            "leave its column out by way of `columns`"
        ) from error


def _pass_on(path: Path, seen: list[warnings.WarningMessage]) -> None:
    for warning in seen:
        warn(f"{path}: {' '.join(str(warning.message).split())}")


def _labels(path: Path, layout: Layout, *, legacy: bool) -> tuple[Labels, Mapping[str, str], bool]:
    """Return value labels, variable labels, and whether any text of the file was read as Latin-1."""
    if layout.version in _NO_READSTAT:
        return (*_labels_by_pandas(path, layout), legacy)
    metadata, legacy = _metadata(path, legacy=legacy)
    labels = {
        name: {_dotted(value): label for value, label in values.items()} for name, values in labels_of(metadata).items()
    }
    return labels, titles_of(metadata), legacy


def _dotted(value: object) -> object:
    """Return an extended missing value, "a" to ReadStat, as Stata writes it: ".a"."""
    return f".{value}" if isinstance(value, str) else value


def _labels_by_pandas(path: Path, layout: Layout) -> tuple[Labels, Mapping[str, str]]:
    from pandas.api.typing import StataReader

    with StataReader(path) as reader:
        tables, titles = reader.value_labels(), reader.variable_labels()
    named = zip(layout.names, layout.label_names, strict=True)
    labels: Labels = {
        name: {int(value): label for value, label in tables[table].items()} for name, table in named if table in tables
    }
    return labels, {name: title for name, title in titles.items() if title}


def _metadata(path: Path, *, legacy: bool) -> tuple[Any, bool]:
    """Return what pyreadstat says of the file; text that is not UTF-8 is read as Latin-1, and so said."""
    import pyreadstat

    if not legacy:
        try:
            return pyreadstat.read_dta(str(path), metadataonly=True)[1], False
        except (UnicodeDecodeError, pyreadstat.ReadstatError) as error:
            if isinstance(error, pyreadstat.ReadstatError) and "convert string" not in str(error):
                raise
    return pyreadstat.read_dta(str(path), metadataonly=True, encoding="ISO-8859-1")[1], True


def _is_numeric(column: pd.Series[Any]) -> bool:
    return column.dtype.kind in "iufbM"


def _tell_undefined(path: Path, layout: Layout, kept: list[str]) -> None:
    """Warn of labels that the file names and does not hold: before version 117 a clean cut looks the same."""
    named = dict(zip(layout.names, layout.label_names, strict=True))
    lost = [f"{name} ({named[name]})" for name in kept if named.get(name) and named[name] not in layout.defined]
    if lost:
        message = (
            f"{path} names value labels that it does not hold, for {', '.join(lost)}: they were dropped "
            "when it was saved, or its end is cut off; compare its size with the original"
        )
        warn(message)
