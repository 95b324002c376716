"""The measures that ship with the package."""

from __future__ import annotations

from mpi.core.arguments import kinds_checked
from mpi.core.shipped import Shipped
from mpi.measures.measure import Measure

__all__ = ["list_measures", "load_measure"]

_MEASURES = Shipped("measures", "measure", "Measure.from_toml")


@kinds_checked
def list_measures() -> list[str]:
    """Return the names of the measures that ship with the package.

    Examples
    --------
    >>> list_measures()
    ['global-mpi', 'gso-mdp']
    """
    return _MEASURES.names()


@kinds_checked
def load_measure(name: str) -> Measure:
    """Return a measure that ships with the package.

    Parameters
    ----------
    name : str
        One of `list_measures`.

    Raises
    ------
    MpiError
        When there is none of that name; the nearest is offered.

    Examples
    --------
    >>> load_measure("global-mpi").cutoff
    Fraction(1, 3)
    """
    return _MEASURES.read(name, Measure.from_toml)
