"""A SAS file (.sas7bdat) of one page, written for tests: by the public notes on its layout of M. Shotwell."""

from __future__ import annotations

import math
import struct
from pathlib import Path

_MAGIC = bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00\x09\xc7\x31\x8c\x18\x1f\x10\x11"
_HEAD, _PAGE = 1024, 8192
UTF8, WINDOWS = 20, 62
Column = tuple[str, str, str, list[float] | list[bytes]]


def write_sas(path: Path, columns: list[Column], *, encoding: int = UTF8) -> Path:
    """Write columns, each a name, a label, a format and values: floats, or texts of bytes."""
    rows = len(columns[0][3])
    widths = [8 if _is_number(c) else max(map(len, c[3])) or 1 for c in columns]
    text = bytearray(12) + b" " * 16

    def put(said: str) -> tuple[int, int]:
        at, held = len(text), said.encode()
        text.extend(held.ljust(-(-len(held) // 4) * 4 or 4, b"\0"))
        return at, len(held)

    places = [[put(said) for said in column[:3]] for column in columns]
    names = b"".join(struct.pack("<4H", 0, name[0], name[1], 0) for name, _, _ in places)
    starts = [sum(widths[:i]) for i in range(len(widths))]
    kinds = [1 if _is_number(column) else 2 for column in columns]
    attributes = b"".join(struct.pack("<2IHBB", *of, 0, k, 0) for *of, k in zip(starts, widths, kinds, strict=True))
    parts = [
        _row_size(sum(widths), rows, len(columns)),
        struct.pack("<3I", 0xF6F6F6F6, len(columns), 0),
        _part(0xFFFFFFFD, bytes(text[2:])),
        _part(0xFFFFFFFF, bytes(6) + names + bytes(8)),
        _part(0xFFFFFFFC, bytes(6) + attributes + bytes(8)),
    ]
    for _, label, shown in places:
        body = bytearray(52)
        struct.pack_into("<I", body, 0, 0xFFFFFBFE)
        struct.pack_into("<3H", body, 34, 0, shown[0], shown[1])
        struct.pack_into("<3H", body, 40, 0, label[0], label[1])
        parts.append(bytes(body))
    data = b"".join(b"".join(_cell(c, i, w) for c, w in zip(columns, widths, strict=True)) for i in range(rows))
    path.write_bytes(_header(encoding) + _page(parts, data, rows))
    return path


def _part(signature: int, body: bytes) -> bytes:
    """Return a part that says how long it is, but for what every such part has."""
    return struct.pack("<IH", signature, len(body) + 6 - 12) + body


def _is_number(column: Column) -> bool:
    return not isinstance(column[3][0], bytes)


def _cell(column: Column, row: int, width: int) -> bytes:
    value = column[3][row]
    if isinstance(value, bytes):
        return value.ljust(width)
    return b"\0\0\0\0\0\xfe\xff\xff" if math.isnan(value) else struct.pack("<d", value)


def _row_size(width: int, rows: int, columns: int) -> bytes:
    body = bytearray(480)
    struct.pack_into("<I", body, 0, 0xF7F7F7F7)
    struct.pack_into("<5I", body, 20, width, rows, 0, 0, columns)
    struct.pack_into("<I", body, 60, rows)
    return bytes(body)


def _page(parts: list[bytes], data: bytes, rows: int) -> bytes:
    page = bytearray(_PAGE)
    struct.pack_into("<3H", page, 16, 512, rows + len(parts), len(parts))
    end = _PAGE
    for i, part in enumerate(parts):
        end -= len(part)
        page[end : end + len(part)] = part
        struct.pack_into("<2I2B", page, 24 + 12 * i, end, len(part), 0, 0)
    start = 24 + 12 * len(parts)
    start += start % 8
    page[start : start + len(data)] = data
    return bytes(page)


def _header(encoding: int) -> bytes:
    head = bytearray(_HEAD)
    head[:32] = _MAGIC
    head[32], head[35], head[37], head[39], head[70] = 0x22, 0x22, 1, ord("1"), encoding
    head[84:92] = b"SAS FILE"
    head[92:156] = b"PEOPLE".ljust(64)
    head[156:164] = b"DATA    "
    struct.pack_into("<3I", head, 196, _HEAD, _PAGE, 1)
    head[216:224] = b"9.0401M2"
    head[224:240] = b"Linux".ljust(16)
    return bytes(head)
