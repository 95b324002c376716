"""A file that cannot be read: one message that names it, what was found and what to do."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from mpi.core.errors import FileError, MpiError, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

__all__ = ["DamagedError", "require_file", "require_kind", "translated_read_errors"]

_AGAIN = "Copy or export it again from its source"

_SAS = bytes(12) + b"\xc2\xea\x81\x60\xb3\x14\x11\xcf\xbd\x92\x08\x00"

# The first bytes of files that get a wrong suffix, what they are, and what to do with them.
_KINDS = (
    (b"PAR1", "parquet", "a Parquet file", "rename it to .parquet"),
    (b"$FL2", "spss", "an SPSS file", "rename it to .sav"),
    (b"$FL3", "spss", "a compressed SPSS file", "rename it to .zsav"),
    (b"<stata_dta>", "stata", "a Stata file", "rename it to .dta"),
    (b"PK\x03\x04", "excel packed", "a zip archive or an Excel workbook", "call it .zip or .xlsx, whichever it is"),
    (b"\xd0\xcf\x11\xe0", "", "an old Excel or Office file", "save the sheet as CSV"),
    (b"\x1f\x8b", "packed", "a gzip archive", "add .gz to its name"),
    (b"HEADER RECORD*******LIB", "xport", "a SAS transport file", "rename it to .xpt"),
    (b"ARROW1", "feather", "an Arrow (Feather) file", "rename it to .feather"),
    (b"FEA1", "", "a Feather file of version 1", "write it as Parquet"),
    (_SAS, "sas", "a SAS file", "rename it to .sas7bdat"),
    (b"RDX", "", "a file of R", "export it from R with haven::write_dta"),
    (b"SQLite format 3", "", "a database", "export the table as CSV"),
    (b"BZh", "", "a bzip2 archive", "unpack it"),
    (b"\xfd7zXZ", "", "an xz archive", "unpack it"),
    (b"%PDF", "", "a PDF document", "ask for the data file"),
    (b"<!DOCTYPE", "", "a web page", "download the data itself; the page may be a login form or an error"),
    (b"<html", "", "a web page", "download the data itself; the page may be a login form or an error"),
    (b"version https://git-lfs", "", "a Git LFS pointer, not the file itself", "run `git lfs pull`"),
)


class DamagedError(FileError):
    """A file that is cut short or damaged; `translated_read_errors` adds the file and the remedy."""


@contextmanager
def translated_read_errors(file: Path) -> Iterator[None]:
    """Turn whatever goes wrong while reading `file` into one `MpiError`."""
    try:
        yield
    except DamagedError as error:
        raise FileError(f"cannot read {file}: {error}. {_AGAIN}") from error
    except (MpiError, MemoryError, Warning):  # a warning is raised only where its reader asked for that
        raise
    except OSError as error:
        raise FileError(
            f"cannot read {file}: {error.strerror or error}. {_AGAIN}, and check that it may be read"
        ) from error
    except Exception as error:
        found = " ".join(str(error).split()) or type(error).__name__
        raise FileError(
            f"cannot read {file}: it is damaged, cut short or not what its suffix says ({found}). {_AGAIN}"
        ) from error


def require_file(file: Path, suffixes: Iterable[str]) -> None:
    """Raise unless `file` is there, is a file and holds something; offer the nearest name in its folder."""
    if file.is_dir():
        raise FileError(f"cannot read {file}: it is a folder; name one file in it")
    if not file.exists():
        raise FileError(f"cannot read {file}: {_nearby(file, tuple(suffixes))}")
    if file.stat().st_size == 0:
        raise FileError(f"cannot read {file}: it is empty (0 bytes). {_AGAIN}")


def require_kind(file: Path, kind: str) -> None:
    """Raise where the first bytes of `file` say that it is something else than its suffix says."""
    with translated_read_errors(file), file.open("rb") as opened:
        head = opened.read(32).lstrip(b"\xef\xbb\xbf \r\n\t")
    zipped = file.name.casefold().endswith(".gz")
    for magic, is_kind, what, remedy in _KINDS:
        if (
            head.lower().startswith(magic.lower())
            and kind not in is_kind.split()
            and not (zipped and magic == b"\x1f\x8b")
        ):
            raise FileError(f"cannot read {file}: it is {what}, not what its suffix says; {remedy}")


def _nearby(file: Path, suffixes: tuple[str, ...]) -> str:
    folder = file.parent
    if not folder.is_dir():
        return f"there is no folder {str(folder)!r}; check the path, which is taken from {str(folder.cwd())!r}"
    names = sorted(p.name for p in folder.iterdir() if p.name.casefold().endswith(suffixes))
    return f"{unknown('file', file.name, names)} (in {str(folder.resolve())!r})"
