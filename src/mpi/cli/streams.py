"""Output streams of the command line: a reader that goes away is no error, a full disk is reported in a sentence."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["run_to_streams", "unwritten"]


def run_to_streams(run: Callable[[], object], tell: Callable[[str], object]) -> None:
    """Run what prints, and end with the right status.

    Parameters
    ----------
    run : function
        What prints, and ends with `SystemExit`.
    tell : function
        Tells an error.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a console that lacks a letter prints "?" instead of stopping
    aside = _is_aside()
    try:
        run()
    except SystemExit as done:
        if done.code == 1 and not aside and _is_aside():
            raise SystemExit(0) from None  # whoever read the output stopped, as `head` does
        raise
    except OSError as error:
        tell(unwritten(error))
        _put_aside()
        raise SystemExit(1) from None


def unwritten(error: OSError) -> str:
    """Say why something cannot be written."""
    file = f" {error.filename}" if error.filename else ""
    return f"the output{file} cannot be written: {(error.strerror or str(error)).lower()}"


def _is_aside() -> bool:
    """Tell whether what is printed goes nowhere: Rich and Typer put it aside when its reader went away."""
    if type(sys.stdout).__name__ == "PacifyFlushWrapper":
        return True
    try:
        return os.path.samestat(os.fstat(sys.stdout.fileno()), Path(os.devnull).stat())
    except (OSError, ValueError):
        return False


def _put_aside() -> None:
    """Let what is left to print go nowhere: it would fail again when Python ends."""
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
    except (OSError, ValueError):  # no stream of the system
        return
