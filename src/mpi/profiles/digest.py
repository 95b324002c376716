"""The digest of a profile: what tells a damaged file from a whole one, and a profile from a copy of itself."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.errors import MissingLibraryError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["arrow", "digest_of"]


def arrow() -> tuple[Any, Any]:
    """Return PyArrow, and what it reads and writes Parquet files with.

    Raises
    ------
    MpiError
        When it is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise MissingLibraryError("profiles are kept as Parquet files, which needs: pip install pyarrow") from None
    return pa, parquet


def digest_of(table: Any, about: Mapping[str, Any]) -> str:
    """Return the SHA-256 digest of a profile: of its columns, their order, kinds and values, and of what it says.

    Parameters
    ----------
    table : pyarrow.Table
        The rows.
    about : mapping
        What the file says of them; it can be written as JSON.

    Returns
    -------
    str
        64 hexadecimal digits, the same on every machine and for every release of PyArrow.

    Examples
    --------
    >>> import pyarrow as pa
    >>> digest_of(pa.table({"d": [1, 0]}), {}) == digest_of(pa.table({"d": [1, 1]}), {})
    False
    """
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for name, column in zip(table.column_names, table.columns, strict=True):
        plain = _plain(column)
        kind = "text" if plain.type == "large_string" else str(plain.type)
        digest.update(json.dumps([name, kind, len(plain)]).encode())
        for part in _parts(plain):
            digest.update(part)
    return digest.hexdigest()


def _plain(column: Any) -> Any:
    """Return a column without its dictionary, and text as one kind: Parquet keeps neither as it was."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column.cast(pa.large_string()) if pa.types.is_string(column.type) else column


def _parts(column: Any) -> Iterator[Any]:
    """Return the bytes of a column: where it is missing, and its values; what stands below a null is no matter."""
    import pyarrow as pa
    import pyarrow.compute as pc

    yield np.packbits(column.is_null().to_numpy()).tobytes()
    if pa.types.is_floating(column.type) or pa.types.is_integer(column.type):
        yield np.ascontiguousarray(column.fill_null(0).to_numpy()).data
        return
    text = column.cast(pa.large_string()).fill_null("")
    yield np.ascontiguousarray(pc.call_function("binary_length", [text]).cast(pa.int64()).to_numpy()).data
    for chunk in text.chunks:
        ends = np.frombuffer(chunk.buffers()[1], dtype=np.int64)[chunk.offset : chunk.offset + len(chunk) + 1]
        if len(chunk):
            yield memoryview(chunk.buffers()[2] or b"")[ends[0] : ends[-1]]
