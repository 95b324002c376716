"""The layout of a .dta file, walked to prove that the file is whole.

Formats 117 to 119 hold a map of their parts and a closing tag. Formats 102 to 115 hold no end mark, so the walk must
come out at the end of the file.
Source: Stata's own description of its formats (`help dta`).
"""

from __future__ import annotations

import os
import re
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Literal

import numpy as np

from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["TAGGED", "DtaLayout", "version_of", "walk"]

TAGGED = (117, 118, 119)
"""Versions whose files say themselves where their parts are."""

_PLAIN = (102, 103, 104, 105, 108, 110, 111, 113, 114, 115)
# The parts of a tagged file, in the order of its map; the last entry of the map is the file's length.
_PARTS = (
    b"<stata_dta>",
    b"<map>",
    b"<variable_types>",
    b"<varnames>",
    b"<sortlist>",
    b"<formats>",
    b"<value_label_names>",
    b"<variable_labels>",
    b"<characteristics>",
    b"<data>",
    b"<strls>",
    b"<value_labels>",
    b"</stata_dta>",
)
_TYPES, _NAMES, _FORMATS, _LABEL_NAMES, _TITLES, _DATA, _STRLS, _LABELS, _CLOSE = 2, 3, 5, 6, 7, 9, 10, 11, 12
_HEAD = re.compile(
    rb"<stata_dta><header><release>\d{3}</release><byteorder>(?P<order>MSF|LSF)</byteorder>"
    rb"<K>(?P<columns>.{2}|.{4})</K><N>(?P<rows>.{4}|.{8})</N><label>.*</label><timestamp>.*</timestamp></header><map>",
    re.DOTALL,
)
_WIDTHS = {65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1, 32768: 8}
_PLAIN_WIDTHS = {251: 1, 252: 2, 253: 4, 254: 4, 255: 8}
_KINDS = {65526: "d", 65527: "f", 65528: "i", 65529: "h", 65530: "b", 32768: "L"}
_PLAIN_KINDS = {251: "b", 252: "h", 253: "i", 254: "f", 255: "d"}
_OLD_WIDTHS = {ord("b"): 1, ord("i"): 2, ord("l"): 4, ord("f"): 4, ord("d"): 8}
_OLD_KINDS = {ord("b"): "b", ord("i"): "h", ord("l"): "i", ord("f"): "f", ord("d"): "d"}


@dataclass(frozen=True, slots=True)
class DtaLayout:
    """The head and the tail of a .dta file; texts are bytes, as they stand.

    Attributes
    ----------
    version : int
        The format's version, 102 to 119.
    rows : int
        Number of observations.
    order : str
        Which end of a number comes first: ``<`` or ``>``.
    start : int
        The byte at which the rows begin.
    strls : int
        The byte at which long strings begin; 0 where the format has none.
    columns : tuple of pairs
        What each column holds, and in how many bytes: b, h, i, f, d for numbers as `struct` calls them, L for long
        strings, else "".
    names, formats, label_names, titles : tuple of bytes
        Of each column its name, how it is shown, which table of value labels it has (or none), and its title.
    tables : mapping of bytes to bytes
        Tables of value labels by their name: see `dta_labels.table`.
    """

    version: int
    rows: int
    order: str
    start: int
    strls: int
    columns: tuple[tuple[str, int], ...]
    names: tuple[bytes, ...]
    formats: tuple[bytes, ...]
    label_names: tuple[bytes, ...]
    titles: tuple[bytes, ...]
    tables: Mapping[bytes, bytes]


def version_of(path: Path) -> int:
    """Return the version of a .dta file's format.

    Raises
    ------
    mpi.MpiError
        When it does not begin as a Stata file does, or Stata never released that version.
    """
    with path.open("rb") as file:
        head = file.read(31)
    if b"<stata_dta>".startswith(head[:11]):
        digits = head[28:31]
        return _check_version(int(digits) if len(digits) == 3 and digits.isdigit() else None)
    if len(head) > 1 and head[0] in range(102, 117) and head[1] <= 2:
        return _check_version(head[0])
    raise DamagedError("it does not begin as a Stata file does")


def walk(path: Path) -> DtaLayout:
    """Return the layout of a whole .dta file.

    Raises
    ------
    mpi.MpiError
        When the file is cut short, its parts are not where it says, or it is no Stata file.
    """
    version = version_of(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return (_walk_tagged if version in TAGGED else _walk_plain)(file, version, size)


def _check_version(version: int | None) -> int:
    if version in TAGGED or version in _PLAIN:
        return version
    if version is None:
        raise DamagedError("the file is cut short or damaged: it ends before its version")
    known = ", ".join(map(str, (*_PLAIN, *TAGGED)))
    raise DamagedError(
        f"its format is version {version}, and those that can be read are {known}; where it comes from "
        "a newer Stata, write it there with `saveold, version(14)`"
    )


def _take(file: BinaryIO, count: int, what: str) -> bytes:
    size = os.fstat(file.fileno()).st_size
    if count > size - file.tell():  # before there is memory for what a damaged file says
        raise DamagedError(f"the file is cut short: it ends at byte {size}, inside its {what}")
    return file.read(count)


def _texts(file: BinaryIO, count: int, width: int, what: str) -> tuple[bytes, ...]:
    """Return texts of one width, each up to its first zero."""
    raw = _take(file, count * width, what)
    found = np.frombuffer(raw, dtype=f"S{width}").tolist() if count else []
    return tuple(text.partition(b"\0")[0] if b"\0" in text else text for text in found)


# --- formats 117 to 119: tags and a map ---


def _walk_tagged(file: BinaryIO, version: int, size: int) -> DtaLayout:
    found = _HEAD.match(head := file.read(1024))
    if found is None or len(head) < found.end() + 14 * 8:
        raise DamagedError(f"the file is cut short or damaged: it has {size} bytes and no whole header")
    order = ">" if found["order"] == b"MSF" else "<"
    end: Literal["big", "little"] = "big" if order == ">" else "little"
    places = struct.unpack_from(f"{order}14Q", head, found.end())
    _check_parts(file, places, size, version)
    rows, count = int.from_bytes(found["rows"], end), int.from_bytes(found["columns"], end)
    columns = _columns(file, places, order, count)
    _check_data(rows, sum(w for _, w in columns), places[_STRLS] - places[_DATA] - len(b"<data></data>"))
    name, shown, title = (33, 49, 81) if version == 117 else (129, 57, 321)

    def texts(part: int, width: int, what: str) -> tuple[bytes, ...]:
        """Return the texts of one part of the header, one for each column."""
        file.seek(places[part] + len(_PARTS[part]))
        return _closed(file, _texts(file, count, width, what), _PARTS[part])

    names, formats = texts(_NAMES, name, "list of columns"), texts(_FORMATS, shown, "list of formats")
    label_names = texts(_LABEL_NAMES, name, "label names")
    file.seek(len(_PARTS[_TITLES]), os.SEEK_CUR)  # Stata 13 writes a wrong place of it into the map
    titles = _closed(file, _texts(file, count, title, "variable labels"), _PARTS[_TITLES])
    tables = _tagged_tables(file, places, order, name)
    data, strls = places[_DATA] + len(b"<data>"), places[_STRLS] + len(b"<strls>")
    return DtaLayout(version, rows, order, data, strls, columns, names, formats, label_names, titles, tables)


def _closed(file: BinaryIO, texts: tuple[bytes, ...], tag: bytes) -> tuple[bytes, ...]:
    """Return texts behind which their part ends."""
    close = tag.replace(b"<", b"</")
    if file.read(len(close)) != close:
        raise DamagedError(f"the file is damaged: its part {tag.decode()} is not as long as its columns are many")
    return texts


def _check_parts(file: BinaryIO, places: tuple[int, ...], size: int, version: int) -> None:
    if size < places[-1]:
        raise DamagedError(f"the file is cut short: it has {size} of its {places[-1]} bytes")
    for index, (part, place) in enumerate(zip(_PARTS, places, strict=False)):
        if version == 117 and index == _TITLES:
            continue  # Stata 13 writes a wrong place here, and readers know not to use it
        before = b"" if index == 0 else b"</header>" if index == 1 else _PARTS[index - 1].replace(b"<", b"</")
        file.seek(min(max(place - len(before), 0), size))
        if file.read(len(before) + len(part)) != before + part:
            raise DamagedError(
                f"the file is damaged: its part {part.decode()} is not at byte {place}, where its map says"
            )


def _columns(file: BinaryIO, places: tuple[int, ...], order: str, columns: int) -> tuple[tuple[str, int], ...]:
    file.seek(places[_TYPES] + len(_PARTS[_TYPES]))
    types = struct.unpack(f"{order}{columns}H", _take(file, 2 * columns, "list of types"))
    return tuple((_KINDS.get(kind, ""), kind if kind <= 2045 else _known_width(_WIDTHS, kind)) for kind in types)


def _known_width(widths: dict[int, int], kind: int) -> int:
    if kind not in widths:
        raise DamagedError(f"the file is damaged: it has a column of type {kind}, which Stata does not know")
    return widths[kind]


def _check_data(rows: int, width: int, found: int) -> None:
    if rows * width != found:
        raise DamagedError(f"the file is damaged: {rows} rows of {width} bytes do not make its {found} bytes of data")


def _tagged_tables(file: BinaryIO, places: tuple[int, ...], order: str, name: int) -> dict[bytes, bytes]:
    """Return the tables of value labels, each between its tags."""
    file.seek(places[_LABELS] + len(_PARTS[_LABELS]))
    raw = _take(file, places[_CLOSE] - file.tell(), "value labels")
    found, at = {}, 0
    while raw[at : at + 5] == b"<lbl>":
        at += 5
        if len(raw) < at + 4 + name + 3:
            break
        length = struct.unpack_from(f"{order}I", raw, at)[0]
        label = raw[at + 4 : at + 4 + name].partition(b"\0")[0]
        at += 4 + name + 3
        found[label] = raw[at : at + length]
        at += length
        if raw[at : at + 6] != b"</lbl>":
            break
        at += 6
    if raw[at:] != b"</value_labels>":
        raise DamagedError("the file is damaged: its value labels are not as long as they say")
    return found


# --- formats 102 to 115: one part after another ---


def _walk_plain(file: BinaryIO, version: int, size: int) -> DtaLayout:
    order = ">" if _take(file, 4, "header")[1] == 1 else "<"
    count = _number(file, order, "H", "header")
    rows = _number(file, order, "H" if version == 102 else "I", "header")
    _take(file, (81 if version > 105 else 32) + (18 if version > 104 else 0), "header")
    columns = tuple(_plain_column(version, kind) for kind in _take(file, count, "list of types"))
    name = 33 if version > 108 else 9
    names = _texts(file, count, name, "list of columns")
    _take(file, 2 * (count + 1), "order of rows")
    formats = _texts(file, count, _format_width(version), "list of formats")
    label_names = _texts(file, count, name, "label names")
    titles = _texts(file, count, 81 if version > 105 else 32, "variable labels")
    _skip_characteristics(file, version, order)
    start = file.tell()
    _skip_rows(file, rows, sum(w for _, w in columns), size)
    tables = _plain_tables(file, version, order, size)
    return DtaLayout(version, rows, order, start, 0, columns, names, formats, label_names, titles, tables)


def _number(file: BinaryIO, order: str, kind: str, what: str) -> int:
    size = struct.calcsize(f"{order}{kind}")
    return int(struct.unpack(f"{order}{kind}", _take(file, size, what))[0])


def _plain_column(version: int, kind: int) -> tuple[str, int]:
    if version >= 111:
        return _PLAIN_KINDS.get(kind, ""), kind if kind <= 244 else _known_width(_PLAIN_WIDTHS, kind)
    if kind in _OLD_WIDTHS:
        return _OLD_KINDS[kind], _OLD_WIDTHS[kind]
    if kind <= 127:
        raise DamagedError(f"the file is damaged: it has a column of type {kind}, which Stata does not know")
    return "", kind - 127


def _format_width(version: int) -> int:
    return 49 if version > 113 else 12 if version > 104 else 7


def _skip_characteristics(file: BinaryIO, version: int, order: str) -> None:
    if version <= 104:
        return
    while True:
        kind = _take(file, 1, "characteristics")
        length = _number(file, order, "I" if version > 108 else "H", "characteristics")
        if kind == b"\0":
            return
        _take(file, length, "characteristics")


def _skip_rows(file: BinaryIO, rows: int, width: int, size: int) -> None:
    start = file.tell()
    if size < start + rows * width:
        found = (size - start) // width
        raise DamagedError(f"the file is cut short: it has {found} of its {rows} rows")
    file.seek(rows * width, os.SEEK_CUR)


def _plain_tables(file: BinaryIO, version: int, order: str, size: int) -> dict[bytes, bytes]:
    found = {}
    while file.tell() < size and not _only_padding(file, size):
        name, held = _old_table(file, order) if version < 108 else _plain_table(file, version, order)
        found[name] = held
    return found


def _only_padding(file: BinaryIO, size: int) -> bool:
    """Say whether only zeros follow, as block devices leave them: no table of labels begins with four."""
    place = file.tell()
    rest = file.read(4)
    padding = len(rest) == 4 and not any(rest) and not any(file.read(size - place - 4))
    file.seek(place)
    return padding


def _plain_table(file: BinaryIO, version: int, order: str) -> tuple[bytes, bytes]:
    length = _number(file, order, "I", "value labels")
    name = _take(file, 9 if version == 108 else 33, "value labels").partition(b"\0")[0]
    _take(file, 3, "value labels")
    counts = _take(file, 8, "value labels")
    entries, text = struct.unpack(f"{order}2I", counts)
    if length != 8 + 8 * entries + text:
        shown = name.decode("latin-1")
        raise DamagedError(f"the file is damaged: its value labels {shown!r} do not have the length they say")
    return name, counts + _take(file, 8 * entries + text, "value labels")


def _old_table(file: BinaryIO, order: str) -> tuple[bytes, bytes]:
    raw = _take(file, 2, "value labels")
    entries = struct.unpack(f"{order}H", raw)[0]
    name = _take(file, 9, "value labels").partition(b"\0")[0]
    _take(file, 1, "value labels")
    return name, raw + _take(file, 10 * entries, "value labels")
