"""The measures that ship with the package."""

from __future__ import annotations

from importlib.resources import as_file, files

from mpi.core.arguments import kinds_checked
from mpi.core.errors import RequestError, unknown
from mpi.measures.measure import Measure

__all__ = ["list_measures", "load_measure"]


@kinds_checked
def list_measures() -> list[str]:
    """Return the names of the measures that ship with the package.

    Examples
    --------
    >>> list_measures()
    ['global-mpi', 'gso-mdp']
    """
    folder = files("mpi") / "measures"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


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
    known = list_measures()
    if name not in known:
        raise RequestError(
            unknown("measure", name, known) + "; a file of your own is read with Measure.from_toml(path)"
        )
    with as_file(files("mpi") / "measures" / f"{name}.toml") as path:
        return Measure.from_toml(path)
