"""Writing files so that a reader never sees half of one."""

from __future__ import annotations

import os
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from mpi.core.errors import FileError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["atomic_path", "located"]


def located(path: str | os.PathLike[str]) -> Path:
    """Return where a path leads: ``~`` is the home folder, as it is in a shell.

    Examples
    --------
    >>> located("~/people.dta") == Path.home() / "people.dta"
    True
    """
    found = Path(path)
    try:
        return found.expanduser()
    except RuntimeError:  # there is no such user
        return found


@contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it into place when the block ends well, remove it otherwise.

    The old file stays whole until the new one is complete and on the disk.

    Raises
    ------
    MpiError
        When the folder is absent or cannot be written, or the disk is full; `path` is then untouched.
    """
    target = located(path).resolve()  # a link stays a link; what it points to is replaced
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.stem}-", suffix=target.suffix, dir=target.parent)
        temporary = Path(name)
        os.close(handle)
        yield temporary
        with temporary.open("rb+") as written:
            os.fsync(written.fileno())
        temporary.chmod(_mode(target))
        temporary.replace(target)
    except OSError as error:
        raise FileError(
            f"cannot write {target}: {error.strerror or error}; nothing was changed. Choose a folder that exists, can "
            "be written and has room"
        ) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def _mode(target: Path) -> int:
    """Return the permissions of the file that is replaced; for a new one, those that the user's mask leaves."""
    if target.exists():
        return stat.S_IMODE(target.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
