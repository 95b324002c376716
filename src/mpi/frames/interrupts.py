"""Work of an engine that Ctrl-C ends: done in a thread of its own, so that its user never waits for the engine."""

from __future__ import annotations

import atexit
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from mpi.frames.duckdb import connection_of

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Stop", "attended", "stop_of"]

R = TypeVar("R")

_POLL, _WAIT, _LAST = 0.05, 1.5, 60.0
"""Seconds: between two looks; until Ctrl-C is passed on though the engine is not done; for that at the end."""

_LEFT: dict[int, Callable[[], None]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class Stop:
    """A way to interrupt an engine.

    Attributes
    ----------
    ask : function
        Asks it; it may have to be asked again.
    settle : function, optional
        Waits until none of its threads works any more.
    inherit : function, optional
        Gives the thread that works what belongs to the thread of the user.
    """

    ask: Callable[[], None]
    settle: Callable[[], None] | None = None
    inherit: Callable[[Callable[[], None]], Callable[[], None]] | None = None


def stop_of(lazy: Any) -> Stop | None:
    """Return how the engine of a lazy frame is stopped; None where Ctrl-C reaches it by itself (Polars, Dask)."""
    native = lazy.to_native()
    connection = connection_of(native)
    if connection is not None:
        return Stop(connection.interrupt, lambda: _settled(connection))
    if lazy.implementation.is_pyspark():
        return Stop(native.sparkSession.sparkContext.cancelAllJobs, None, _heir(native.sparkSession))
    if lazy.implementation.is_pyspark_connect():
        return Stop(native.sparkSession.interruptAll, None, _heir(native.sparkSession))
    return None


def _heir(session: Any) -> Any:
    """Return what gives a thread the properties, pool and tags of the user's; until Spark 4 they are the context's."""
    import pyspark

    made: Any = pyspark.inheritable_thread_target
    return made if pyspark.__version__ < "4" and not hasattr(session, "client") else made(session)


def attended(work: Callable[[], R], stop: Stop, look: Callable[[], None]) -> R:
    """Do the work in a thread, and look at it from time to time; Ctrl-C stops the engine and is raised soon.

    Where the engine takes longer to stop, it is left alone with that, and waited for when the program ends: threads of
    DuckDB that read from PyArrow then would end the process with an abort.
    """
    found: list[R] = []
    failed: list[BaseException] = []
    ended = threading.Event()  # Ctrl-C while a thread is joined makes Python 3.11 take the thread for ended

    def run() -> None:
        """Do the work and store its result or its error."""
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001  # it is raised again below, where the caller waits
            failed.append(error)
        finally:
            ended.set()

    threading.Thread(target=run if stop.inherit is None else stop.inherit(run), daemon=True).start()
    try:
        while not ended.wait(_POLL):
            look()
    except BaseException:
        _leave(ended, stop)
        raise
    if failed:
        raise failed[0]
    return found[0]


def _leave(ended: threading.Event, stop: Stop) -> None:
    """Ask an engine to stop, and wait for it: now for a moment, and at the end of the program."""
    _poll(ended, stop, _WAIT)
    if stop.settle is not None:
        _LEFT[id(stop)] = lambda: _ended(ended, stop)


def _poll(ended: threading.Event, stop: Stop, seconds: float) -> None:
    until = time.monotonic() + seconds
    while not ended.is_set() and time.monotonic() < until:  # the query may not have begun at the first try
        with suppress(Exception):  # whatever an engine says that is gone
            stop.ask()
        ended.wait(_POLL)


def _ended(ended: threading.Event, stop: Stop) -> None:
    _poll(ended, stop, _LAST)
    if stop.settle is not None:
        with suppress(Exception):  # as above
            stop.settle()


def _settled(connection: Any) -> None:
    """Wait for the threads of DuckDB: it lets go of one only when its work is done."""
    cursor = connection.cursor()
    number = cursor.execute("SELECT current_setting('threads')").fetchall()[0][0]
    cursor.execute("SET threads = 1")
    cursor.execute(f"SET threads = {int(number)}")


@atexit.register
def _all_ended() -> None:
    while _LEFT:
        _LEFT.popitem()[1]()
