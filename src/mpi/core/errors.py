"""Exceptions and their messages: what is wrong, where, what was expected, the nearest match, how to mend it.

Problems are collected and told all at once, so that a user with five mistakes makes one round trip, not five.
"""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = [
    "DataError",
    "FileError",
    "MissingLibraryError",
    "MpiError",
    "MpiWarning",
    "Problems",
    "RequestError",
    "nearest",
    "translated_user_errors",
    "unknown",
    "warn",
    "warned_once",
]  # fmt: skip


T = TypeVar("T")


class MpiError(ValueError):
    """Something is wrong in what was asked, in the data or in a file, or a library is missing.

    The message says what, where, and how to mend it. What is raised is one of four kinds: `RequestError`, `DataError`,
    `FileError` or `MissingLibraryError`.

    Attributes
    ----------
    problems : tuple of str
        Each problem found, one sentence or more.
    """

    def __init__(self, message: str, problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.problems = problems or (message,)


class RequestError(MpiError):
    """A request that cannot be done: a wrong argument or name, or more than the machine or an engine can do."""


class DataError(MpiError):
    """The rows cannot be used as they are: values, types, identifiers, a design that does not fit, too few cases."""


class FileError(MpiError):
    """A file cannot be read or written: it is absent, damaged, of another kind, or holds what it should not."""


class MissingLibraryError(MpiError, ImportError):
    """A library is needed that is not installed; the message says what to install. It is an `ImportError` too."""


class MpiWarning(UserWarning):
    """Something worth knowing that does not make the numbers wrong."""


MpiError.__module__ = MpiWarning.__module__ = "mpi"  # where users find them
RequestError.__module__ = DataError.__module__ = FileError.__module__ = MissingLibraryError.__module__ = "mpi.errors"


def warn(message: str) -> None:
    """Warn of something where the library was called: at the first line that is none of its own.

    Examples
    --------
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     warn("two groups have one name")
    >>> told[0].category.__name__
    'MpiWarning'
    """
    import inspect  # which `import mpi` need not wait for

    level, frame = 1, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_HERE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, MpiWarning, stacklevel=level)


@contextmanager
def warned_once(*, several: bool = True) -> Iterator[None]:
    """Tell warnings that the parts of one work have in common once; with `several` False, let them be.

    Examples
    --------
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     with warned_once():
    ...         warn("few cases")
    ...         warn("few cases")
    >>> len(told)
    1
    """
    if not several:
        yield
        return
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield
    for message in dict.fromkeys(str(w.message) for w in told if issubclass(w.category, MpiWarning)):
        warn(message)
    for other in (w for w in told if not issubclass(w.category, MpiWarning)):
        warnings.warn_explicit(other.message, other.category, other.filename, other.lineno)


_HERE = str(Path(__file__).parents[1]) + os.sep


@dataclass(slots=True)
class Problems:
    """Collects problems and raises them together, as one error of a kind.

    Examples
    --------
    >>> problems = Problems("the survey cannot be used", DataError)
    >>> problems.add("weight: 2 rows are negative")
    >>> problems.raise_if_any()
    Traceback (most recent call last):
    mpi.errors.DataError: the survey cannot be used: weight: 2 rows are negative
    """

    subject: str
    kind: type[MpiError]
    found: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Note one problem."""
        self.found.append(problem)

    def attempt(self, make: Callable[[], T], where: str = "") -> T | None:
        """Return what a function makes; None where that fails, with its problems noted, each behind `where`."""
        try:
            return make()
        except MpiError as error:
            self.found += [f"{where}{p}" for p in error.problems]
            return None

    def raise_if_any(self) -> None:
        """Raise one `MpiError` that lists every problem noted so far; do nothing where there is none."""
        if self.found:
            raise self.error()

    def error(self) -> MpiError:
        """Return the error that lists every problem noted so far."""
        if len(self.found) == 1:
            return self.kind(f"{self.subject}: {self.found[0]}", tuple(self.found))
        lines = "\n".join(f"  {i}. {p}" for i, p in enumerate(self.found, 1))
        return self.kind(f"{self.subject}, {len(self.found)} problems:\n{lines}", tuple(self.found))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like `name`, or None where none is near.

    Examples
    --------
    >>> nearest("wieght", ["weight", "psu"])
    'weight'
    """
    options = {str(k).casefold(): str(k) for k in known}
    close = get_close_matches(name.casefold(), options, n=1, cutoff=0.6)
    return options[close[0]] if close else None


def unknown(kind: str, name: object, known: Iterable[object], *, show: int = 12) -> str:
    """Say that `name` is not one of `known`, with the nearest match and the list.

    Examples
    --------
    >>> unknown("column", "regoin", ["region", "sex"])
    "there is no column 'regoin'; did you mean 'region'? Known: 'region', 'sex'"
    """
    names = [str(k) for k in known]
    close = nearest(str(name), names)
    hint = f"; did you mean {close!r}?" if close else "."
    shown = ", ".join(repr(n) for n in names[:show])
    more = f" and {len(names) - show} more" if len(names) > show else ""
    listing = f" Known: {shown}{more}" if names else ""
    return f"there is no {kind} {str(name)!r}{hint}{listing}"


@contextmanager
def translated_user_errors(what: str, *, mend: str = "write it for the frame the survey was made of") -> Iterator[None]:
    """Turn whatever a frame or its engine says of an expression or a function of the user's into one error of ours."""
    try:
        yield
    except MpiError:
        raise
    except Exception as error:  # each engine has errors of its own
        said = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise RequestError(f"{what}: {said}; {mend}") from error
