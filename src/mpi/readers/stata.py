"""Stata files of all versions, 102 to 119: the columns asked for, with their labels.

`dta_layout` proves first that the file is whole; `dta_values` then takes the columns out of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mpi.core.errors import warn
from mpi.readers import dta_dates, dta_labels, dta_layout
from mpi.readers.dates import tell_impossible
from mpi.readers.dta_missing_values import without_missing
from mpi.readers.dta_strings import LongStrings
from mpi.readers.dta_values import Texts, raw_columns
from mpi.readers.pieces import FileLabels, Pieces
from mpi.readers.table import Table
from mpi.readers.text import Gathered, map_labels, texts_of, tidied_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from mpi.readers.dta_layout import DtaLayout
    from mpi.readers.text import Repair

__all__ = ["names", "pieces", "read"]

_UNICODE_SINCE, _TAGGED_SINCE = 118, 117
_WIDE = 2000
"""From how many columns on pandas is given one array for all of one type."""


def names(path: Path, encoding: str | None = None) -> tuple[str, ...]:  # noqa: ARG001  # Stata's own are Unicode
    """Return the names of the columns."""
    return tuple(_places(dta_layout.walk(path)))


def read(path: Path, columns: list[str] | None, encoding: str | None = None) -> Table:
    """Return the columns with their labels; a file that is not whole is refused."""
    layout = dta_layout.walk(path)
    places = _chosen(layout, columns)
    opened = _Opened(path, layout)
    held = opened.columns(places)
    opened.tell(places)
    meaning = opened.file_labels(places)
    titles = {n: t for n, p in places.items() if (t := opened.title(p))}
    gathered = Gathered()
    for texts in (c.texts for c in held.values() if isinstance(c, _Coded)):
        gathered.see(texts, repair=meaning.repair)
    gathered.see(texts_of(Table(None, meaning.labels, titles)), repair=meaning.repair)
    change = gathered.change(path, meaning.context, repair=meaning.repair, encoding=encoding)
    frame = _frame(held, layout.rows, change)
    if change is None:
        return Table(frame, meaning.labels, titles, opened.reasons)
    changed = {n: change(t) for n, t in titles.items()}
    return Table(frame, map_labels(meaning.labels, change), changed, opened.reasons)


def pieces(path: Path, columns: list[str], rows: int, encoding: str | None = None) -> Pieces:  # noqa: ARG001  # of .sav
    """Return the columns piece by piece, each of so many rows; a file that is not whole is refused."""
    layout = dta_layout.walk(path)
    places = _chosen(layout, columns)
    opened = _Opened(path, layout)

    def frames() -> Iterator[pd.DataFrame]:
        """Yield the rows, and note whether texts are of old encodings."""
        for start in range(0, layout.rows, rows):
            stop = min(start + rows, layout.rows)
            yield _frame(opened.columns(places, start, stop, reasons=False), stop - start)

    def file_labels() -> FileLabels:
        """Return what the values mean, when all rows have been seen."""
        opened.tell(places)
        return opened.file_labels(places)

    return Pieces(layout.rows, {n: _kind(layout, p) for n, p in places.items()}, frames, file_labels)


def _kind(layout: DtaLayout, place: int) -> str:
    """Return what a column is declared to be."""
    kind = layout.columns[place][0]
    if kind in {"", "L"}:
        return "string"
    shown = dta_dates.date_kind(layout.formats[place])
    if shown == dta_dates.YEARS:
        return "int32"
    if shown and shown != dta_dates.LEAP_SECONDS:
        return "timestamp"
    return {"b": "int8", "h": "int16", "i": "int32", "f": "float", "d": "double"}[kind]


def _places(layout: DtaLayout) -> dict[str, int]:
    """Return where each column is, by its name as it is said."""
    decode = _decode if layout.version >= _UNICODE_SINCE else _latin1
    return {clean: place for place, clean in enumerate(tidied_names(map(decode, layout.names)))}


def _chosen(layout: DtaLayout, columns: list[str] | None) -> dict[str, int]:
    places = _places(layout)
    return places if columns is None else {name: places[name] for name in columns}


def _latin1(raw: bytes) -> str:
    return raw.decode("latin-1")


def _decode(raw: bytes) -> str:
    """Return text of Unicode; what is none is read byte by byte, and mended later."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _is_unicode(texts: Iterable[bytes]) -> bool:
    try:
        b"\0".join(texts).decode()
    except UnicodeDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column of texts: the distinct ones, and which of them stands in each row."""

    texts: Sequence[str]
    codes: NDArray[np.integer[Any]]

    def taken(self, change: Repair | None = None) -> Any:
        """Return the text of each row as pandas holds texts; a blank one is missing."""
        import numpy as np
        import pandas as pd

        if not len(self.codes):
            return pd.Series([""]).array[:0]
        texts = self.texts if change is None else list(map(change, self.texts))
        where = np.array([i if text else -1 for i, text in enumerate(texts)], np.int64)
        return pd.Series(list(texts)).array.take(where[self.codes], allow_fill="" in texts)


@dataclass(slots=True)
class _Opened:
    """A file that is being read: what is seen on the way is told at the end."""

    path: Path
    layout: DtaLayout
    reasons: dict[str, list[Any]] = field(default_factory=dict)
    legacy: bool = False
    impossible: dict[str, int] = field(default_factory=dict)
    binary: dict[str, None] = field(default_factory=dict)
    long: LongStrings | None = None

    def __post_init__(self) -> None:
        at = self.layout
        self.legacy = at.version < _UNICODE_SINCE or not all(
            map(_is_unicode, (at.names, at.titles, at.label_names, at.formats, at.tables))
        )

    def columns(
        self, places: Mapping[str, int], start: int = 0, stop: int | None = None, *, reasons: bool = True
    ) -> dict[str, Any]:
        """Return the rows from one to before another, column by column; texts are coded."""
        raw = raw_columns(self.path, self.layout, places.values(), start, stop)
        return {name: self._column(name, place, raw.pop(place), reasons=reasons) for name, place in places.items()}

    def _column(self, name: str, place: int, raw: NDArray[Any] | Texts, *, reasons: bool) -> Any:
        if isinstance(raw, Texts):
            return self._texts(raw)
        if self.layout.columns[place][0] == "L":
            return self._long(name, raw)
        values, letters = without_missing(raw, self.layout.version)
        kind = dta_dates.date_kind(self.layout.formats[place])
        if kind and kind not in {dta_dates.YEARS, dta_dates.LEAP_SECONDS}:
            dates, lost = dta_dates.moments(values, kind)
            if lost:
                self.impossible[name] = self.impossible.get(name, 0) + lost
            return dates
        if reasons and letters is not None:
            self.reasons[name] = letters.tolist()
        return dta_dates.years(values) if kind == dta_dates.YEARS else values

    def _texts(self, raw: Texts) -> _Coded:
        texts = [text.partition(b"\0")[0] for text in raw.distinct]
        if self.layout.version < _UNICODE_SINCE:
            return _Coded(list(map(_latin1, texts)), raw.codes)
        self.legacy = self.legacy or not _is_unicode(texts)
        return _Coded(list(map(_decode, texts)), raw.codes)

    def _long(self, name: str, raw: NDArray[Any]) -> _Coded:
        import pandas as pd

        if self.long is None:
            self.long = LongStrings(self.path, self.layout)
        codes, numbers = pd.factorize(raw)
        held = self.long.get(numbers.tolist())
        texts = [held[n] for n in numbers.tolist()]
        if None in texts:
            self.binary[name] = None
        return _Coded([text or "" for text in texts], codes)

    def file_labels(self, places: Mapping[str, int]) -> FileLabels:
        """Return value labels and all texts of the head; these are read as Latin-1 if any text of the file is."""
        at, attached = self.layout, [t if t in self.layout.tables else None for t in self.layout.label_names]
        tables = self._tables({t for t in attached if t is not None})
        labels = {n: dict(tables[t]) for n, p in places.items() if (t := attached[p]) and not _is_text(at, p)}
        context = [self._text(t) for t in at.titles if t.strip()]
        context += [label for table in tables.values() for label in table.values()]
        return FileLabels(labels, tuple(context), self.legacy)

    def _tables(self, names: Iterable[bytes]) -> dict[bytes, dict[object, str]]:
        """Return tables of value labels."""
        try:
            if not self.legacy:
                return {t: dta_labels.table(self.layout, t, bytes.decode) for t in names}
        except UnicodeDecodeError:
            self.legacy = True
        return {t: dta_labels.table(self.layout, t, _latin1) for t in names}

    def _text(self, raw: bytes) -> str:
        return _latin1(raw) if self.legacy else raw.decode()

    def title(self, place: int) -> str:
        """Return the title of a column, or ""; call it after `meaning`."""
        return self._text(self.layout.titles[place].rstrip(b" "))

    def tell(self, places: Mapping[str, int]) -> None:
        """Warn of what was lost on the way, and of labels that are named and absent."""
        uncounted = [n for n, p in places.items() if self._counts_leap_seconds(p)]
        if uncounted:
            said = ", ".join(map(repr, uncounted))
            warn(f"{self.path} counts leap seconds (%tC) in {said}; these columns are left as Stata's own numbers")
        if self.layout.version < _TAGGED_SINCE:
            _tell_undefined(self.path, self.layout, places)
        tell_impossible(self.path, self.impossible)
        if self.binary:
            said = ", ".join(map(repr, self.binary))
            warn(f"{self.path} holds binary values that are no text, in {said}; they are missing")

    def _counts_leap_seconds(self, place: int) -> bool:
        shown = dta_dates.date_kind(self.layout.formats[place])
        return shown == dta_dates.LEAP_SECONDS and not _is_text(self.layout, place)


def _is_text(layout: DtaLayout, place: int) -> bool:
    return layout.columns[place][0] in {"", "L"}


def _frame(columns: Mapping[str, Any], rows: int, change: Repair | None = None) -> pd.DataFrame:
    """Return columns as a frame, texts changed."""
    import pandas as pd

    found = {name: c.taken(change) if isinstance(c, _Coded) else c for name, c in columns.items()}
    return _assembled(found) if len(found) > _WIDE else pd.DataFrame(found, index=pd.RangeIndex(rows), copy=False)


def _assembled(columns: Mapping[str, Any]) -> pd.DataFrame:
    """Return a frame of very many columns: pandas puts them together one by one, which is slow."""
    import numpy as np
    import pandas as pd

    kinds: dict[str, list[str]] = {}
    for name, values in columns.items():
        kinds.setdefault(values.dtype.char if isinstance(values, np.ndarray) else "", []).append(name)
    parts = [
        pd.DataFrame(np.stack([columns[n] for n in held]).T, columns=held, copy=False)
        if kind
        else pd.DataFrame({n: columns[n] for n in held})
        for kind, held in kinds.items()
    ]
    return pd.concat(parts, axis=1).reindex(columns=list(columns))


def _tell_undefined(path: Path, layout: DtaLayout, places: Mapping[str, int]) -> None:
    """Warn of labels that the file names and does not hold: before version 117 a clean cut looks the same."""
    lost = [
        f"{name} ({_latin1(layout.label_names[place])})"
        for name, place in places.items()
        if layout.label_names[place] and layout.label_names[place] not in layout.tables
    ]
    if lost:
        message = (
            f"{path} names value labels that it does not hold, for {', '.join(lost)}: they were dropped "
            "when it was saved, or its end is cut off; compare its size with the original"
        )
        warn(message)
