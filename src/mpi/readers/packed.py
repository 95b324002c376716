"""Files packed by gzip or zip: the data file in them is taken out to a folder of its own while it is read."""

from __future__ import annotations

import gzip
import shutil
import warnings
import zipfile
import zlib
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from mpi.core.errors import FileError, MpiError, warn
from mpi.readers.faults import DamagedError, translated_read_errors
from mpi.readers.formats import FORMATS, PACKED, not_read, suffix_of

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["taken_out"]

_SHOWN = 5


@contextmanager
def taken_out(file: Path) -> Iterator[Path]:
    """Give the data file that a packed file holds, or the file itself where it is not packed.

    Errors and warnings name the packed file.

    Raises
    ------
    MpiError
        When it is damaged or locked, or holds no data file or several.
    """
    if FORMATS.get(suffix_of(file.name) or "") != PACKED:
        yield file
        return
    with TemporaryDirectory(prefix="mpi-", ignore_cleanup_errors=True) as folder:
        with translated_read_errors(file):
            inner = (_from_zip if file.name.casefold().endswith(".zip") else _from_gzip)(file, Path(folder))
        shown = f"{file} ({inner.name})" if file.name.casefold().endswith(".zip") else str(file)
        with _renamed(str(inner), shown):
            yield inner


@contextmanager
def _renamed(inner: str, shown: str) -> Iterator[None]:
    """Put the name of the packed file where errors and warnings name the one that was taken out."""
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            yield
    except MpiError as error:
        raise type(error)(
            str(error).replace(inner, shown), tuple(p.replace(inner, shown) for p in error.problems)
        ) from error
    for warning in seen:
        warn(str(warning.message).replace(inner, shown))


def _from_gzip(file: Path, folder: Path) -> Path:
    target = folder / file.name[: -len(".gz")]
    try:
        with gzip.open(file, "rb") as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
    except (EOFError, zlib.error) as error:
        raise DamagedError("the gzip archive is cut short or damaged") from error
    except gzip.BadGzipFile as error:
        raise DamagedError(f"it is no whole gzip archive ({error})") from error
    return target


def _from_zip(file: Path, folder: Path) -> Path:
    try:
        with zipfile.ZipFile(file) as packed:
            member = _only(file, packed.infolist())
            target = folder / Path(member.filename.replace("\\", "/")).name
            with packed.open(member) as held, target.open("wb") as out:
                shutil.copyfileobj(held, out, 1 << 20)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise DamagedError(
            f"the zip archive is cut short or damaged, or packed in a way that is not known ({error})"
        ) from error
    return target


def _only(file: Path, members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Return the one data file among what a zip archive holds."""
    plain = [m for m in members if not m.is_dir() and not _is_litter(m.filename)]
    data = [m for m in plain if FORMATS.get(suffix_of(m.filename) or PACKED, PACKED) != PACKED]
    data = [m for m in data if not m.filename.casefold().endswith(".txt")] or data  # notes beside the data
    if len(data) == 1:
        if data[0].flag_bits & 1:
            raise FileError(f"cannot read {file}: it is locked by a password; unpack it first")
        return data[0]
    names = ", ".join(repr(m.filename) for m in (data or plain)[:_SHOWN])
    more = f" and {len(data or plain) - _SHOWN} more" if len(data or plain) > _SHOWN else ""
    if data:
        raise FileError(f"cannot read {file}: it holds {len(data)} data files, {names}{more}; unpack the one you mean")
    if not plain:
        raise FileError(f"cannot read {file}: there is no file in it")
    raise FileError(f"cannot read {file}: it holds no data file, but {names}{more}; {not_read(plain[0].filename)}")


def _is_litter(name: str) -> bool:
    """Say whether a file is what systems put beside others."""
    return "__MACOSX" in name or Path(name).name.startswith((".", "Thumbs.db"))
