"""The schemes that ship with the package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mpi.core.arguments import kinds_checked
from mpi.core.shipped import Shipped
from mpi.release.scheme import Scheme

__all__ = ["list_schemes", "load_scheme", "scheme_of"]

_SCHEMES = Shipped("release/schemes", "scheme", "Scheme.from_toml")


@kinds_checked
def list_schemes() -> list[str]:
    """Return the names of the schemes that ship with the package.

    Examples
    --------
    >>> list_schemes()
    ['cepal-2020', 'cepal-2023', 'dhs', 'eurostat', 'ine-chile-2020', 'statcan']
    """
    return _SCHEMES.names()


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
    return _SCHEMES.read(name, Scheme.from_toml)


def scheme_of(scheme: Any) -> Scheme:
    """Return the scheme that a name, a ``.toml`` file, a dictionary or a scheme says.

    Raises
    ------
    MpiError
        When it says none.
    """
    if isinstance(scheme, Scheme):
        return scheme
    if isinstance(scheme, Mapping) or not isinstance(scheme, str) or "\n" in scheme or scheme.endswith(".toml"):
        return Scheme.from_toml(scheme)
    return load_scheme(scheme)
