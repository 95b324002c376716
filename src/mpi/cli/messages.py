"""Messages of the library in the words of the command line, and how they are printed."""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any

import typer

from mpi.core.errors import MpiError, MpiWarning
from mpi.core.plain_text import visible_lines

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["in_options", "reported", "say", "tell"]

_STOPPED = 130


@contextmanager
def reported() -> Iterator[None]:
    """Print an error in one block and a warning in one line, on stderr; end with the right status."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", MpiWarning)
        warnings.showwarning = partial(_show_warning, warnings.showwarning)
        try:
            yield
        except MpiError as error:
            say("error", in_options(str(error)))
            raise typer.Exit(1) from None
        except MemoryError:
            say("error", "the memory is used up; use a machine with more, or a file with fewer rows")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            say("stopped", "nothing more is written")
            raise typer.Exit(_STOPPED) from None


def _show_warning(usual: Any, message: Warning | str, category: type[Warning], *rest: Any) -> None:
    """Show the library's warnings in one line each; others as usual."""
    if issubclass(category, MpiWarning):
        say("warning", in_options(" ".join(str(message).split())))
    else:
        usual(message, category, *rest)


def say(kind: str, message: str) -> None:
    """Print an error or a warning on stderr, with its kind before it."""
    colour = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}.get(kind)
    tell(f"{typer.style(kind + ':', fg=colour, bold=True)} {visible_lines(message)}")


def tell(words: str) -> None:
    """Print on stderr; that nobody listens there is no reason to stop."""
    with suppress(BrokenPipeError):
        typer.echo(words, err=True)


# --- in the words of the command line ---------------------------------------------------------------------------

_FLAGS = {
    **{
        k: f"--{k}"
        for k in (
            "weight",
            "strata",
            "psu",
            "household",
            "size",
            "members",
            "rows",
            "fpc",
            "wave",
            "unit",
            "where",
            "by",
        )
    },
    "single_psu": "--single-psu",
    "shared_psus": "--shared-psus",
    "census": "--census",
    "memory": "--memory",
    "df": "--df",
    "encoding": "--encoding",
    "sheet": "--sheet",
    "statistics": "--statistic",
    "missing": "--missing",
}
_GIVEN = re.compile(
    rf"(?<![\w/\\.'\"-])({'|'.join(_FLAGS)})=(?:'(\w+)'|True\b|(?=[\s),.;:]|$))"  # never a part of a file's name
)
_BEGINS = re.compile(r"(^\s*\d+\. |: |^)(single_psu|shared_psus|statistics|by): ", re.MULTILINE)
_PROVENANCE = re.compile(r"load_line\('([\w-]+)'\)\.provenance\(\) shows which(?: \(for a file .*?\)\))?")
_CODES = re.compile(r"missing=\{'([^']*)': \[([^\]]*)\]\}")
_MAPPING = re.compile(r"with overrides=\{.*?\}\}")
_PHRASES = {
    "; give rules=, or columns of 0, 1 and missing": "; choose another --line",
    "; a file of your own is read with Line.from_toml(path)": "; or give the path of a .toml file",
    ". A layout of your own is given with layout=": "",
    ", or use mpi.pool": "",
    "shared_psus=False": "--no-shared-psus",
    "use measure.with_missing('drop')": "choose --missing drop",
    "leave it out with measure.drop(...) to move its weight": "leave it out of the measure file; its weight moves",
}


def in_options(message: str) -> str:
    """Say a message of the library in the words of the command line.

    Examples
    --------
    >>> in_options("choose single_psu='centered', or name the column of rounds with wave=")
    'choose --single-psu centered, or name the column of rounds with --wave'
    """
    for phrase, instead in _PHRASES.items():
        message = message.replace(phrase, instead)
    message = _CODES.sub(lambda m: f"--missing {m[1]}={m[2].replace(', ', ',').replace(chr(39), '')}", message)
    message = _MAPPING.sub("with a file for --overrides", message)
    message = _PROVENANCE.sub(r"mpi lines \1 shows which", message)
    message = _BEGINS.sub(lambda m: f"{m[1]}{_FLAGS[m[2]]}: ", message)
    return _GIVEN.sub(lambda m: " ".join(filter(None, (_FLAGS[m[1]], m[2]))), message)
