"""Work that takes long: a bar that shows the rows done, on terminals and in notebooks only."""

from __future__ import annotations

import sys
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mpi.engine import connection_of, files_of, told_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import narwhals.stable.v2 as nw
    import pandas as pd

__all__ = ["collected", "rows_done"]

_PATIENCE, _POLL = 1.0, 0.05
"""Seconds before a bar is shown, and between two looks at what is done."""


def collected(
    lazy: nw.LazyFrame[Any], *, rows: int | None = None, show: bool | None = None, console: Any = None
) -> pd.DataFrame:
    """Collect a lazy frame as pandas; while DuckDB works, show how many rows are done.

    Parameters
    ----------
    lazy : narwhals LazyFrame
        Of any engine. Those that say nothing of their progress show the time that has passed.
    rows : int, optional
        How many rows the engine reads; of files that were scanned it is known.
    show : bool, optional
        Whether to show a bar. By default one is shown on a terminal or in a notebook, after a second.
    console : rich.console.Console, optional
        Where to show it; standard error by default.

    Raises
    ------
    MpiError
        When the engine cannot read its files, or not compute it; the file is named where it can be found.
    """
    connection = connection_of(lazy.to_native())
    total = files_of(connection).rows if rows is None else rows
    with told_for(lazy), rows_done("reading", total, show=show, console=console) as at:
        if connection is None:
            return _pandas(lazy)
        return _watched(lambda: _pandas(lazy), connection, total, at)


def _pandas(lazy: nw.LazyFrame[Any]) -> pd.DataFrame:
    found: pd.DataFrame = lazy.collect("pandas").to_native()
    return found


def _watched(
    work: Callable[[], pd.DataFrame], connection: Any, total: int | None, at: Callable[[int], None]
) -> pd.DataFrame:
    """Do the work in a thread, and tell what is done of it; an interrupt ends the query, not only the waiting."""
    found: list[pd.DataFrame] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001  # it is raised again below, where the caller waits
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while thread.is_alive():
            thread.join(_POLL)
            at(int((total or 0) * max(connection.query_progress(), 0) / 100))
    except BaseException:
        while thread.is_alive():  # the query may not have begun at the first try
            connection.interrupt()
            thread.join(_POLL)
        raise
    if failed:
        raise failed[0]
    at(total or 0)
    return found[0]


@contextmanager
def rows_done(
    what: str, total: int | None, *, show: bool | None = None, console: Any = None
) -> Iterator[Callable[[int], None]]:
    """Give a function that is told how many rows are done; the bar is shown only when it takes longer than a second.

    Parameters
    ----------
    what : str
        What stands before the bar.
    total : int, optional
        All rows, where their number is known.
    show : bool, optional
        True shows the bar at once and anywhere, False never; by default on terminals and in notebooks.
    console : rich.console.Console, optional
        Where to show it; standard error by default.
    """
    bar = _Bar(what, total, show=show, console=console)
    try:
        yield bar.at
    finally:
        bar.close()


class _Bar:
    """A bar that comes late or never, and only goes forward; it comes without being told of rows, too."""

    def __init__(self, what: str, total: int | None, *, show: bool | None, console: Any) -> None:
        self.what, self.total, self.console = what, total, console
        patience = 0.0 if show else _PATIENCE
        self.since = time.monotonic() + patience
        self.wanted = _wanted(show)
        self.done = 0
        self.progress: Any = None
        self.task: Any = None
        self.lock = threading.Lock()
        self.timer = threading.Timer(patience, self.shown)
        self.timer.daemon = True
        if self.wanted:
            self.timer.start()

    def at(self, done: int) -> None:
        self.done = max(self.done, done)
        if self.wanted and time.monotonic() >= self.since:
            self.shown()

    def shown(self) -> None:
        """Show the bar, or what has changed of it."""
        with self.lock:
            if not self.wanted:
                return
            if self.progress is None:
                self.progress = _progress(self.console)
                self.task = self.progress.add_task(self.what, total=self.total)
                self.progress.start()
            self.progress.update(self.task, completed=self.done)

    def close(self) -> None:
        self.timer.cancel()
        with self.lock:
            self.wanted = False
            if self.progress is not None:
                self.progress.stop()


def _progress(console: Any) -> Any:
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn
    from rich.text import Text

    class Rows(ProgressColumn):
        """Rows done of all rows."""

        def render(self, task: Any) -> Text:
            """Write both numbers out; without a total only the first, and nothing where that is not known, either."""
            if task.total is None:
                return Text(f"{int(task.completed):,} rows" if task.completed else "")
            return Text(f"{int(task.completed):,} of {int(task.total):,} rows")

    shown = _console() if console is None else console
    columns = (TextColumn("{task.description}"), BarColumn(), Rows(), TimeElapsedColumn())
    return Progress(*columns, console=shown, transient=True)


def _console() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def _wanted(show: bool | None) -> bool:  # noqa: FBT001  # None is a third value

    if show is not None:
        return show
    return _terminal() or _notebook()


def _terminal() -> bool:
    return bool(sys.stderr is not None and sys.stderr.isatty())


def _notebook() -> bool:
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return found is not None and type(found).__name__ == "ZMQInteractiveShell"
