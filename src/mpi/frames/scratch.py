"""Folders for what does not fit in memory: held by a lock while they are used, swept when whoever made them is gone."""

from __future__ import annotations

import functools
import os
import shutil
import sys
import tempfile
import weakref
from pathlib import Path
from typing import Any

if sys.platform != "win32":  # where nothing is locked, and nothing swept
    import fcntl

__all__ = ["scratch", "sweep"]

_PREFIX, _LOCK = "mpi-", "mpi-poverty.lock"


def scratch(owner: Any) -> Path:
    """Return a new folder where temporary files are (``TMPDIR``) that goes when its owner does.

    At the first call of a process the folders of others are swept that were killed before they could. The system lets
    go of a lock when its process ends, however it ends; so no process number can be mistaken for another's, and
    folders of running processes stay, also of those in other containers.
    """
    home = tempfile.gettempdir()
    _swept(home)
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
    held = _locked(folder)
    weakref.finalize(owner, _gone, folder, held, os.getpid())
    return folder


def sweep(home: Path) -> list[Path]:
    """Remove the folders of this user whose process is gone, and return them; what cannot be removed stays."""
    if sys.platform == "win32":
        return []
    try:
        names = [e.path for e in os.scandir(home) if e.name.startswith(_PREFIX) and e.is_dir(follow_symlinks=False)]
    except OSError:
        return []
    return [folder for folder in map(Path, names) if _is_left(folder)]


@functools.cache
def _swept(home: str) -> None:
    sweep(Path(home))


def _is_left(folder: Path) -> bool:
    """Remove a folder if it is of this user, and nobody holds its lock; tell whether it was."""
    if sys.platform == "win32":
        return False
    try:
        if folder.lstat().st_uid != os.getuid():
            return False
        handle = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # none of ours, or just being made
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    else:
        shutil.rmtree(folder, ignore_errors=True)
        return True
    finally:
        os.close(handle)


def _locked(folder: Path) -> int | None:
    """Lock a new folder; the lock is held before it can be seen. None where the system has no locks."""
    if sys.platform == "win32":
        return None
    unseen = folder / f".{_LOCK}"
    handle = os.open(unseen, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a disk without locks: nobody will sweep it
        os.close(handle)
        return None
    unseen.rename(folder / _LOCK)
    return handle


def _gone(folder: Path, lock: int | None, process: int) -> None:
    """Remove a folder that its own process made, and release its lock."""
    if os.getpid() != process:  # a copy of the process that made it, which still uses it
        return
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)
