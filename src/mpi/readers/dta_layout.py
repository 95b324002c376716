"""The layout of a .dta file, walked to prove that the file is whole.

Neither pandas nor ReadStat notices every cut: pandas never looks for the end of the labels. Formats 117 to
119 hold a map of their parts and a closing tag. Formats 102 to 115 hold no end mark, so the walk must come
out at the end of the file.
Source: Stata's own description of its formats (`help dta`).
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from mpi.readers.faults import DamagedError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Layout", "version_of", "walk"]

_TAGGED = (117, 118, 119)
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
_TYPES, _TITLES, _DATA, _STRLS = 2, 7, 9, 10
_WIDTHS = {65526: 8, 65527: 4, 65528: 4, 65529: 2, 65530: 1, 32768: 8}
_PLAIN_WIDTHS = {251: 1, 252: 2, 253: 4, 254: 4, 255: 8}
_KINDS = {65526: "d", 65527: "f", 65528: "i", 65529: "h", 65530: "b"}
_PLAIN_KINDS = {251: "b", 252: "h", 253: "i", 254: "f", 255: "d"}
_OLD_WIDTHS = {ord("b"): 1, ord("i"): 2, ord("l"): 4, ord("f"): 4, ord("d"): 8}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the head and the tail of a .dta file say.

    Attributes
    ----------
    version : int
        The format's version, 102 to 119.
    rows : int
        Number of observations.
    names : tuple of str
        The columns (versions before 117 only).
    label_names : tuple of str
        For each column the name of its value labels, or "" (versions before 117 only).
    defined : frozenset of str
        Names of the value labels that the file holds (versions before 117 only).
    order : str
        Which end of a number comes first: ``<`` or ``>``.
    start : int
        The byte at which the rows begin.
    columns : tuple of pairs
        What each column holds, and in how many bytes: b, h, i, f, d for numbers as `struct` calls them, else "".
    """

    version: int
    rows: int
    names: tuple[str, ...] = ()
    label_names: tuple[str, ...] = ()
    defined: frozenset[str] = frozenset()
    order: str = "<"
    start: int = 0
    columns: tuple[tuple[str, int], ...] = ()


def version_of(path: Path) -> int:
    """Return the version of a .dta file's format.

    Raises
    ------
    mpi.errors.MpiError
        When it does not begin as a Stata file does, or Stata never released that version.
    """
    with path.open("rb") as file:
        head = file.read(31)
    if b"<stata_dta>".startswith(head[:11]):
        digits = head[28:31]
        return _known(int(digits) if len(digits) == 3 and digits.isdigit() else None)
    if len(head) > 1 and head[0] in range(102, 117) and head[1] <= 2:
        return _known(head[0])
    raise DamagedError("it does not begin as a Stata file does")


def walk(path: Path) -> Layout:
    """Return the layout of a whole .dta file.

    Raises
    ------
    mpi.errors.MpiError
        When the file is cut short, its parts are not where it says, or it is no Stata file.
    """
    version = version_of(path)
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        return (_walk_tagged if version in _TAGGED else _walk_plain)(file, version, size)


def _known(version: int | None) -> int:
    if version in _TAGGED or version in _PLAIN:
        return version
    if version is None:
        raise DamagedError("the file is cut short or damaged: it ends before its version")
    known = ", ".join(map(str, (*_PLAIN, *_TAGGED)))
    raise DamagedError(
        f"its format is version {version}, and those that can be read are {known}; where it comes from "
        "a newer Stata, write it there with `saveold, version(14)`"
    )


def _take(file: BinaryIO, count: int, what: str) -> bytes:
    found = file.read(count)
    if len(found) < count:
        raise DamagedError(f"the file is cut short: it ends at byte {file.tell()}, inside its {what}")
    return found


# --- formats 117 to 119: tags and a map ---


def _walk_tagged(file: BinaryIO, version: int, size: int) -> Layout:
    head = file.read(1024)
    start = head.find(b"</header><map>")
    if start < 0 or len(head) < start + 14 + 14 * 8:
        raise DamagedError(f"the file is cut short or damaged: it has {size} bytes and no whole header")
    order = ">" if b"<byteorder>MSF" in head else "<"
    places = struct.unpack_from(f"{order}14Q", head, start + 14)
    _check_parts(file, places, size, version)
    rows, columns = _count(head, b"<N>", order), _columns(file, places, order, _count(head, b"<K>", order))
    _check_data(rows, sum(w for _, w in columns), places[_STRLS] - places[_DATA] - len(b"<data></data>"))
    return Layout(version, rows, order=order, start=places[_DATA] + len(b"<data>"), columns=columns)


def _count(head: bytes, tag: bytes, order: str) -> int:
    start, end = head.find(tag) + len(tag), head.find(tag.replace(b"<", b"</"))
    return int.from_bytes(head[start:end], "big" if order == ">" else "little")


def _check_parts(file: BinaryIO, places: tuple[int, ...], size: int, version: int) -> None:
    if size < places[-1]:
        raise DamagedError(f"the file is cut short: it has {size} of its {places[-1]} bytes")
    for index, (part, place) in enumerate(zip(_PARTS, places, strict=False)):
        if version == 117 and index == _TITLES:
            continue  # Stata 13 writes a wrong place here, and readers know not to use it
        file.seek(place)
        if file.read(len(part)) != part:
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


# --- formats 102 to 115: one part after another ---


def _walk_plain(file: BinaryIO, version: int, size: int) -> Layout:
    order = ">" if _take(file, 4, "header")[1] == 1 else "<"
    columns = _number(file, order, "H", "header")
    rows = _number(file, order, "H" if version == 102 else "I", "header")
    _take(file, (81 if version > 105 else 32) + (18 if version > 104 else 0), "header")
    types = _take(file, columns, "list of types")
    held = tuple((_PLAIN_KINDS.get(kind, "") if version >= 111 else "", _plain_width(version, kind)) for kind in types)
    width = sum(w for _, w in held)
    name_width = 33 if version > 108 else 9
    names = tuple(_text(_take(file, name_width, "list of columns")) for _ in range(columns))
    _take(file, 2 * (columns + 1) + columns * _format_width(version), "list of formats")
    label_names = tuple(_text(_take(file, name_width, "label names")) for _ in range(columns))
    _take(file, columns * (81 if version > 105 else 32), "variable labels")
    _skip_characteristics(file, version, order)
    start = file.tell()
    _skip_rows(file, rows, width, size)
    labels = _walk_labels(file, version, order, size)
    return Layout(version, rows, names, label_names, labels, order, start, held)


def _number(file: BinaryIO, order: str, kind: str, what: str) -> int:
    size = struct.calcsize(f"{order}{kind}")
    return int(struct.unpack(f"{order}{kind}", _take(file, size, what))[0])


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("latin-1")


def _plain_width(version: int, kind: int) -> int:
    if version >= 111:
        return kind if kind <= 244 else _known_width(_PLAIN_WIDTHS, kind)
    return _OLD_WIDTHS[kind] if kind in _OLD_WIDTHS else kind - 127


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


def _walk_labels(file: BinaryIO, version: int, order: str, size: int) -> frozenset[str]:
    defined = set()
    while file.tell() < size and not _only_padding(file, size):
        defined.add(_walk_old_table(file, order) if version < 108 else _walk_table(file, version, order))
    return frozenset(defined)


def _only_padding(file: BinaryIO, size: int) -> bool:
    """Say whether only zeros follow, as block devices leave them: no table of labels begins with four."""
    place = file.tell()
    rest = file.read(4)
    padding = len(rest) == 4 and not any(rest) and not any(file.read(size - place - 4))
    file.seek(place)
    return padding


def _walk_table(file: BinaryIO, version: int, order: str) -> str:
    length = _number(file, order, "I", "value labels")
    name = _text(_take(file, 9 if version == 108 else 33, "value labels"))
    _take(file, 3, "value labels")
    entries, text = _number(file, order, "I", "value labels"), _number(file, order, "I", "value labels")
    if length != 8 + 8 * entries + text:
        raise DamagedError(f"the file is damaged: its value labels {name!r} do not have the length they say")
    _take(file, 8 * entries + text, "value labels")
    return name


def _walk_old_table(file: BinaryIO, order: str) -> str:
    entries = _number(file, order, "H", "value labels")
    name = _text(_take(file, 9, "value labels"))
    _take(file, 1 + 10 * entries, "value labels")
    return name
