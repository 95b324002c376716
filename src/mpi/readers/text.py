"""Text of a file as Unicode, whatever it was written in and read as: composed (NFC), without blanks around it."""

from __future__ import annotations

import importlib
import unicodedata
from typing import TYPE_CHECKING, Any

from mpi.core.errors import warn
from mpi.readers.encodings import (
    accented_words,
    bytes_of,
    guessed,
    holds_vietnamese,
    repair_latin1,
    repair_of,
    strange,
)
from mpi.readers.faults import DamagedError
from mpi.readers.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    import pandas as pd

    Repair = Callable[[str], str]

__all__ = [
    "Gathered", "as_unicode", "map_frame", "map_labels", "repair_latin1", "texts_of", "tidied", "tidied_names",
    "tidy",
    "without_blanks",
]  # fmt: skip

_UNSEEN = "\u200b\u200c\u200d\u2060\ufeff"
_SHOWN = 3
_LOST = "\ufffd"
"""What stands where a letter could not be written."""


def tidy(text: str) -> str:
    r"""Return text in composed letters (NFC), without blanks and invisible signs around it.

    Examples
    --------
    >>> tidy(" Kinh\u00a0"), len(tidy("Hu\u0065\u0302\u0301"))
    ('Kinh', 3)
    """
    if text.isascii():
        return text.strip()
    while (bare := text.strip().strip(_UNSEEN)) != text:
        text = bare
    return unicodedata.normalize("NFC", text)


def tidied_names(raw: Iterable[str]) -> dict[str, str]:
    """Return tidy names of columns, and how each stands in the file.

    Raises
    ------
    mpi.MpiError
        When two names differ only by blanks around them, or by how their letters are composed.
    """
    found: dict[str, str] = {}
    for name in raw:
        clean = tidy(name)
        if clean in found:
            raise DamagedError(
                f"its columns {found[clean]!r} and {name!r} differ only by blanks or by composed letters; rename one"
            )
        found[clean] = name
    return found


def as_unicode(
    table: Table,
    path: Path,
    *,
    context: Iterable[str] = (),
    repair: Repair | None = None,
    encoding: str | None = None,
) -> Table:
    """Return the table with every text in Unicode, what is Vietnamese of old decoded, and tidy.

    Parameters
    ----------
    table : Table
        The table as read.
    path : Path
        The file, which warnings name.
    context : iterable of str
        Other texts of the file, such as labels of columns that were not asked for: they help to decide.
    repair : callable, optional
        What to do to each text first, such as `repair_latin1`.
    encoding : str, optional
        The encoding of the file; found out by default.
    """
    gathered = Gathered()
    gathered.see(texts_of(table), repair=repair is not None)
    change = gathered.change(path, context, repair=repair is not None, encoding=encoding)
    return table if change is None else _map_texts(table, change)


def tidied(table: Table) -> Table:
    """Return the table with every text tidy; it was read in the encoding that was said."""
    return _map_texts(table, tidy)


def texts_of(table: Table) -> Iterator[str]:
    """Yield the texts of a table: each column's distinct strings, the labels and the variable labels."""
    for name in [] if table.frame is None else _names(table.frame):
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
        self._changing = False
        self.settled = False
        """Whether a Vietnamese letter was seen: the texts are Unicode, whatever else they hold."""

    def see(self, texts: Iterable[str], *, repair: bool = False) -> None:
        """Take in texts; with `repair` also as they are when `repair_latin1` has mended them."""
        for text in texts:
            self._changing = self._changing or tidy(text) != text
            if text.isascii() or (self.settled and holds_vietnamese(text)):
                continue
            first = _undoubled(text)
            self._changing = self._changing or first != text
            self.settled = self.settled or holds_vietnamese(first)
            self._words |= accented_words(first)
            self._repaired |= accented_words(repair_latin1(text)) if repair else set()

    def change(
        self, path: Path, context: Iterable[str] = (), *, repair: bool = False, encoding: str | None = None
    ) -> Repair | None:
        """Return what makes tidy Unicode of each text; None where all are that already.

        Warns
        -----
        MpiWarning
            When texts read as well in two encodings, or seem to have been read in a wrong one.
        """
        first = repair_latin1 if repair else _undoubled
        if encoding is not None:
            decoded = repair_of(encoding)
            raw = _same if repair else _undoubled
            return lambda text: tidy(decoded(raw(text)))
        context = [first(text) for text in context]
        words = (self._repaired if repair else self._words).union(*map(accented_words, context))
        guess = None if self.settled else guessed(words)
        if guess is not None:
            decode = guess.encoding.decode
            if guess.rival is not None:
                _tell_rivals(path, words, guess.encoding.name, decode, guess.rival.name, guess.rival.decode)
            return lambda text: tidy(decode(first(text)))
        _tell_strange(path, words)
        untidy = self._changing or any(tidy(text) != text for text in context)
        return (lambda text: tidy(first(text))) if repair or untidy else None


def _same(text: str) -> str:
    return text


def _undoubled(text: str) -> str:
    """Return text that was UTF-8, was read as Windows-1252 and was written as UTF-8 again, as what it was."""
    raw = None if text.isascii() else bytes_of(text)
    if raw is None:
        return text
    found = repair_latin1(raw.decode("latin-1"))
    return found if len(found) < len(text) else text


def _tell_rivals(path: Path, words: Iterable[str], name: str, decode: Repair, rival_name: str, rival: Repair) -> None:
    """Warn that another encoding reads the texts of a file as well."""
    word = min(w for w in words if decode(w) != rival(w))
    message = (
        f"{path} is taken to be in the encoding {name}, where {word!r} is {decode(word)!r}; it might be {rival_name}, "
        f"where it is {rival(word)!r}: say encoding={name!r} or encoding={rival_name!r}"
    )
    warn(message)


def _tell_strange(path: Path, words: Iterable[str]) -> None:
    words = set(words)
    lost = sorted(w for w in words if _LOST in w)
    if lost:
        portable = "; save it as .sav in SPSS or PSPP" if path.suffix.casefold() == ".por" else ""
        message = f"{path} holds letters that cannot be read, and were lost before: {_some(lost)}{portable}"
        warn(message)
    found = sorted(strange(words - set(lost)))
    if found:
        message = (
            f"{path} holds words that seem to be in another encoding than they were read in: {_some(found)}; say it "
            "with encoding=, such as 'tcvn3', 'vni', 'viscii', 'windows-1258', or 'utf-8' where they are right"
        )
        warn(message)


def _some(words: list[str]) -> str:
    more = f" and {len(words) - _SHOWN} more" if len(words) > _SHOWN else ""
    return ", ".join(map(repr, words[:_SHOWN])) + more


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
    texts = [(name, kind) for name, kind in frame.dtypes.items() if kind.kind == "O"]
    return [name for name, kind in texts if kind == object or str(kind).startswith("str")]  # noqa: E721  # a type of data, no class


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


def without_blanks(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with "" missing: it is how Stata and SAS write a missing string."""
    blank = {name: frame[name] == "" for name in _names(frame)}
    return frame.assign(**{name: frame[name].mask(where) for name, where in blank.items() if where.any()})
