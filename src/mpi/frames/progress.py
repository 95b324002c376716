"""Work that takes long: a bar that shows what is done and at which stage it is, on terminals and in notebooks only."""

from __future__ import annotations

import functools
import sys
import threading
import time
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from mpi.core.memory import translated_memory_errors
from mpi.frames.duckdb import connection_of, files_of
from mpi.frames.engine_errors import translated_while_reading
from mpi.frames.interrupts import attended, stop_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import narwhals.stable.v2 as nw
    import pandas as pd

    from mpi.frames.interrupts import Stop

__all__ = ["collected", "rows_done", "staged", "worked"]

P = ParamSpec("P")
R = TypeVar("R")
Unit = Literal["rows", "tasks", "%"]

_ROOM = "name fewer columns in by=, or give the process more memory"
_PATIENCE = 1.0
"""Seconds before a bar is shown."""


def collected(
    lazy: nw.LazyFrame[Any], *, rows: int | None = None, show: bool | None = None, console: Any = None
) -> pd.DataFrame:
    """Collect a lazy frame as pandas; while its engine works, show how much is done.

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
    return worked(lazy, lambda: _pandas(lazy), rows=rows, show=show, console=console)


def worked(
    lazy: nw.LazyFrame[Any],
    work: Callable[[], R],
    *,
    rows: int | None = None,
    show: bool | None = None,
    console: Any = None,
) -> R:
    """Let the engine of a lazy frame work, and return what it makes; see `collected`, which asks it for a table."""
    connection, stop = connection_of(lazy.to_native()), stop_of(lazy)
    total = files_of(connection).rows if rows is None else rows
    shown = rows_done("reading", total, show=show, console=console)
    with translated_while_reading(lazy), translated_memory_errors("what the engine was asked for", _ROOM), shown as bar:
        if lazy.implementation.is_dask():
            with _tasks(bar):
                return work()
        if stop is None:
            return work()
        if connection is None:
            return attended(work, stop, lambda: None)
        with _progress_enabled(connection):
            return _watched(work, connection, bar, stop)


def _pandas(lazy: nw.LazyFrame[Any]) -> pd.DataFrame:
    found: pd.DataFrame = lazy.collect("pandas").to_native()
    return found


def _watched(work: Callable[[], R], connection: Any, bar: _Bar, stop: Stop) -> R:
    """Do the work in a thread, and tell what DuckDB says of it."""
    shares = [0.0]

    def look() -> None:
        """Show the share done, as DuckDB tells it."""
        share = float(connection.query_progress())
        if share < 0 < shares[-1]:
            bar.stage("collecting")
        elif share > 0:
            bar.share(share / 100)
        shares.append(share)

    found = attended(work, stop, look)
    bar.share(1)
    return found


@contextmanager
def _progress_enabled(connection: Any) -> Iterator[None]:
    """Enable DuckDB's count of its progress, unprinted, for a while; a connection of the user's is left as it was."""
    asked = {"enable_progress_bar_print": False, "enable_progress_bar": True}
    settings = ", ".join(f"current_setting('{name}')" for name in asked)
    held = dict(zip(asked, connection.execute(f"SELECT {settings}").fetchall()[0], strict=True))
    if held["enable_progress_bar"]:
        yield
        return
    for name, value in asked.items():
        connection.execute(f"SET {name} = {value}")
    try:
        yield
    finally:
        with suppress(Exception):  # a query that does not stop at once keeps its connection
            for name, value in reversed(held.items()):
                connection.execute(f"SET {name} = {value}")


@contextmanager
def _tasks(bar: _Bar) -> Iterator[None]:
    """Show how many tasks Dask has done, of those that it knows; a cluster of its own shows them on its dashboard."""
    from dask import callbacks

    def done(_key: object, _result: object, _graph: object, state: Any, _worker: object) -> None:
        known = sum(len(state[k]) for k in ("ready", "waiting", "running", "finished"))
        bar.set_total(known, "tasks")
        bar.advance_to(len(state["finished"]))

    shown: Any = callbacks.Callback
    with shown(posttask=done):
        yield


_OPEN: ContextVar[_Bar | None] = ContextVar("mpi_bar", default=None)
"""The bar that is shown, which stages within it share."""


def staged(what: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a function say what it is doing, where that takes long, with the time since the first stage began.

    What is read within it shows its rows in the same place; afterwards it is this stage again.

    Parameters
    ----------
    what : str
        What is done.
    """

    def decorate(function: Callable[P, R]) -> Callable[P, R]:
        """Return the function with a bar shown while it works."""

        @functools.wraps(function)
        def wrapper(*args: P.args, **named: P.kwargs) -> R:
            with rows_done(what, None):
                return function(*args, **named)

        return wrapper

    return decorate


@contextmanager
def rows_done(what: str, total: int | None, *, show: bool | None = None, console: Any = None) -> Iterator[_Bar]:
    """Give what is told how many rows are done; the bar is shown only when it takes longer than a second.

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
    outer = _OPEN.get()
    if outer is not None and show is None:
        held = (outer.what, outer.total, outer.unit, outer.done)
        outer.begin(what, total)
        try:
            yield outer
        finally:
            outer.begin(*held)
        return
    bar = _Bar(what, total, show=show, console=console)
    mark = _OPEN.set(bar if show is not False else outer)
    try:
        yield bar
    finally:
        _OPEN.reset(mark)
        bar.close()


class _Bar:
    """A bar that comes late or never, and only goes forward; it comes without being told of rows, too."""

    def __init__(self, what: str, total: int | None, *, show: bool | None, console: Any) -> None:
        self.what, self.total, self.console = what, total, console
        self.unit: Unit = "rows"
        patience = 0.0 if show else _PATIENCE
        self.start = time.monotonic()
        self.since = self.start + patience
        self.wanted = _is_shown(show)
        self.done = 0
        self.progress: Any = None
        self.task: Any = None
        self.lock = threading.Lock()
        self.timer = threading.Timer(patience, self.shown)
        self.timer.daemon = True
        if self.wanted:
            self.timer.start()

    def __call__(self, done: int) -> None:
        self.advance_to(done)

    def advance_to(self, done: int) -> None:
        """Show how many are done."""
        self.done = max(self.done, done)
        self._refresh()

    def share(self, share: float) -> None:
        """Tell what share is done: of all rows, or in percent where nobody knows how many they are."""
        if self.total is None:
            self.set_total(100, "%")
        self.advance_to(int((self.total or 0) * share))

    def set_total(self, total: int, unit: Unit) -> None:
        """Set how many there are of what is counted."""
        self.total, self.unit = total, unit

    def stage(self, what: str) -> None:
        """Tell what is being done now, with all that was counted."""
        self.what = what
        self._refresh()

    def begin(self, what: str, total: int | None, unit: Unit = "rows", done: int = 0) -> None:
        """Begin to count something else."""
        self.what, self.total, self.unit, self.done = what, total, unit, done
        self._refresh()

    def _refresh(self) -> None:
        if self.wanted and time.monotonic() >= self.since:
            self.shown()

    def shown(self) -> None:
        """Show the bar, or what has changed of it."""
        with self.lock:
            if not self.wanted:
                return
            if self.progress is None:
                self.progress = _progress(self)
                self.task = self.progress.add_task(self.what, total=self.total)
                self.progress.start()
            task = self.progress.tasks[0]
            task.total = self.total  # which `update` would keep where it is not known any more
            self.progress.update(self.task, description=self.what, completed=self.done)

    def close(self) -> None:
        """Take it away."""
        self.timer.cancel()
        with self.lock:
            self.wanted = False
            if self.progress is not None:
                self.progress.stop()

    def counted(self) -> str:
        """Write out what is done of how much; nothing where neither is known."""
        if self.unit == "%":
            return f"{self.done} %"
        if self.total is None:
            return f"{self.done:,} {self.unit}" if self.done else ""
        return f"{self.done:,} of {self.total:,} {self.unit}"

    def elapsed(self) -> str:
        """Write out the time that has passed."""
        minutes, seconds = divmod(int(time.monotonic() - self.start), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def _progress(bar: _Bar) -> Any:
    from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn
    from rich.text import Text

    class BarText(ProgressColumn):
        """The text of a bar."""

        def __init__(self, say: Callable[[], str]) -> None:
            super().__init__()
            self.say = say

        def render(self, task: Any) -> Text:  # noqa: ARG002  # all bars have one
            """Write it."""
            return Text(self.say())

    shown = _console() if bar.console is None else bar.console
    columns = (TextColumn("{task.description}"), BarColumn(), BarText(bar.counted), BarText(bar.elapsed))
    return Progress(*columns, console=shown, transient=True)


def _console() -> Any:
    from rich.console import Console

    return Console(stderr=True)


def _is_shown(show: bool | None) -> bool:  # noqa: FBT001  # None is a third value

    if show is not None:
        return show
    return _terminal() or _notebook()


def _terminal() -> bool:
    return bool(sys.stderr is not None and sys.stderr.isatty())


def _notebook() -> bool:
    shell = sys.modules.get("IPython")
    found = shell.get_ipython() if shell is not None else None
    return found is not None and type(found).__name__ == "ZMQInteractiveShell"
