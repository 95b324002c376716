"""Text of a file as Unicode, whatever the encoding it was written in and read as."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from mpi.readers import tcvn3
from mpi.readers.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    import pandas as pd

    Repair = Callable[[str], str]

__all__ = ["Gathered", "as_unicode", "map_frame", "map_labels", "repair_latin1", "texts_of"]

# Windows-1252 puts quotes, dashes and the euro sign where Latin-1 has control characters.
_CONTROLS = {c: bytes([c]).decode("cp1252", errors="ignore") or chr(c) for c in range(0x80, 0xA0)}


def repair_latin1(text: str) -> str:
    r"""Return text that was read as Latin-1 as what it is: UTF-8 where valid, else Windows-1252.

    Accented Latin-1 text is next to never valid UTF-8 by chance.

    Examples
    --------
    >>> repair_latin1("Ná»\x99i"), repair_latin1("café")
    ('Nội', 'café')
    """
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text.translate(_CONTROLS)


def as_unicode(table: Table, *, context: Iterable[str] = (), repair: Repair | None = None) -> Table:
    """Return the table with every text in Unicode, TCVN3 decoded where the file is in it.

    Parameters
    ----------
    table : Table
        The table as read.
    context : iterable of str
        Other texts of the file, such as labels of columns that were not asked for: they help to decide.
    repair : callable, optional
        What to do to each text first, such as `repair_latin1`.
    """
    first = repair or _same
    texts = [first(text) for text in (*texts_of(table), *context)]
    if tcvn3.looks_like_tcvn3(texts):
        return _map_texts(table, lambda text: tcvn3.decode(first(text)))
    return table if repair is None else _map_texts(table, repair)


def _same(text: str) -> str:
    return text


def texts_of(table: Table) -> Iterator[str]:
    """Yield the texts of a table: each column's distinct strings, the labels and the variable labels."""
    for name in _names(table.frame):
        yield from _distinct(table.frame, name)
    for values in table.labels.values():
        yield from values.values()
        yield from (value for value in values if isinstance(value, str))
    yield from table.titles.values()


class Gathered:
    """Texts that come piece by piece, of which only what tells their encoding is kept."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._repaired: set[str] = set()
        self.settled = False
        """Whether a Vietnamese letter was seen: the texts are Unicode, whatever else they hold."""

    def see(self, texts: Iterable[str], *, repair: bool = False) -> None:
        """Take in texts; with `repair` also as they are when `repair_latin1` has mended them."""
        for text in () if self.settled else texts:
            if not text.isascii():
                self.settled = self.settled or tcvn3.holds_vietnamese(text)
                self._words |= tcvn3.accented_words(text)
                self._repaired |= tcvn3.accented_words(repair_latin1(text)) if repair else set()

    def change(self, context: Iterable[str] = (), *, repair: bool = False) -> Repair | None:
        """Return what makes Unicode of each text, as `as_unicode` does; None where they are Unicode already."""
        first = repair_latin1 if repair else _same
        known = self._repaired if repair else self._words
        if not self.settled and tcvn3.looks_like_tcvn3([*known, *map(first, context)]):
            return lambda text: tcvn3.decode(first(text))
        return repair_latin1 if repair else None


def _map_texts(table: Table, change: Repair) -> Table:
    labels, titles = map_labels(table.labels, change), _map_titles(table.titles, change)
    return Table(map_frame(table.frame, change), labels, titles)


def map_labels(labels: Mapping[str, Mapping[object, str]], change: Repair) -> dict[str, dict[object, str]]:
    """Return value labels with every text changed."""
    return {
        name: {_change_value(value, change): change(label) for value, label in values.items()}
        for name, values in labels.items()
    }


def _map_titles(titles: Mapping[str, str], change: Repair) -> dict[str, str]:
    return {name: change(title) for name, title in titles.items()}


def _change_value(value: object, change: Repair) -> object:
    return change(value) if isinstance(value, str) else value


def map_frame(frame: Any, change: Repair) -> Any:
    """Return a frame (pandas or Arrow) with every text changed."""
    for name in _names(frame):
        changed = {old: new for old in _distinct(frame, name) if (new := change(old)) != old}
        if changed:
            frame = _replaced(frame, name, changed)
    return frame


def _is_arrow(frame: Any) -> bool:
    return type(frame).__module__.startswith("pyarrow")


def _names(frame: Any) -> list[str]:
    if _is_arrow(frame):
        return [field.name for field in frame.schema if "string" in str(field.type)]
    return [name for name, kind in frame.dtypes.items() if kind == object or str(kind).startswith("str")]  # noqa: E721


def _distinct(frame: Any, name: str) -> list[str]:
    if _is_arrow(frame):
        arrow = importlib.import_module("pyarrow.compute")
        values = arrow.unique(_plain(frame.column(name))).to_pylist()
    else:
        values = frame[name].dropna().unique().tolist()
    return [value for value in values if isinstance(value, str)]


def _plain(column: Any) -> Any:
    """Return an Arrow text column without its dictionary; nested types holding text are left alone."""
    kind = str(column.type)
    return column.cast("string") if kind.startswith("dictionary") else column


def _replaced(frame: Any, name: str, changed: Mapping[str, str]) -> Any:
    if not _is_arrow(frame):
        return frame.assign(**{name: _replaced_series(frame[name], changed)})
    arrow, compute = importlib.import_module("pyarrow"), importlib.import_module("pyarrow.compute")
    column = _plain(frame.column(name))
    distinct = compute.unique(column)
    new = arrow.array([changed.get(value, value) for value in distinct.to_pylist()], type=distinct.type)
    place = frame.schema.get_field_index(name)
    return frame.set_column(place, name, new.take(compute.index_in(column.combine_chunks(), distinct)))


def _replaced_series(column: pd.Series[Any], changed: Mapping[str, str]) -> pd.Series[Any]:
    return column.map(lambda value: changed.get(value, value), na_action="ignore")
