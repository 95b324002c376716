"""The schemes that ship with the package."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import as_file, files
from typing import Any

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.release.scheme import Scheme

__all__ = ["list_schemes", "load_scheme", "scheme_of"]


@kinds_checked
def list_schemes() -> list[str]:
    """Return the names of the schemes that ship with the package.

    Examples
    --------
    >>> list_schemes()
    ['cepal-2020', 'cepal-2023', 'dhs', 'eurostat', 'ine-chile-2020', 'statcan']
    """
    folder = files("mpi") / "release" / "schemes"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


@kinds_checked
def load_scheme(name: str) -> Scheme:
    """Return a scheme that ships with the package, with its source and how sure it is.

    Parameters
    ----------
    name : str
        One of `list_schemes`.

    Raises
    ------
    MpiError
        When there is none of that name; the nearest is offered.

    Examples
    --------
    >>> load_scheme("dhs").rule
    'Figures of fewer than 25 unweighted cases are not shown; those of 25 to 49 stand in brackets.'
    """
    known = list_schemes()
    if name not in known:
        raise RequestError(unknown("scheme", name, known) + "; a file of your own is read with Scheme.from_toml(path)")
    with as_file(files("mpi") / "release" / "schemes" / f"{name}.toml") as path:
        return Scheme.from_toml(path)


def scheme_of(given: Any) -> Scheme:
    """Return the scheme that a name, a ``.toml`` file, a dictionary or a scheme says.

    Raises
    ------
    MpiError
        When it says none.
    """
    if isinstance(given, Scheme):
        return given
    if isinstance(given, Mapping) or not isinstance(given, str) or "\n" in given or given.endswith(".toml"):
        return Scheme.from_toml(given)
    return load_scheme(given)
