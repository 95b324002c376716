"""The rules that ship with the package."""

from __future__ import annotations

from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from mpi.errors import MpiError, unknown

if TYPE_CHECKING:
    from mpi.indicators.rules import Rules

__all__ = ["list_rules", "load_rules"]


def list_rules() -> list[str]:
    """Return the names of the rules that ship with the package.

    Examples
    --------
    >>> list_rules()
    ['global-mpi', 'vn-2016', 'vn-2022']
    """
    folder = files("mpi.indicators") / "library"
    return sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))


def load_rules(name: str) -> Rules:
    """Return rules that ship with the package.

    Parameters
    ----------
    name : str
        One of `list_rules`.

    Raises
    ------
    MpiError
        When there are none of that name; the nearest is offered.

    Examples
    --------
    >>> load_rules("vn-2022")["dependents"].household
    Share(share=Fraction(1, 2), strict=True)
    """
    from mpi.indicators.rule_files import read

    known = list_rules()
    if name not in known:
        raise MpiError(unknown("rules", name, known) + "; a file of your own is read with Rules.from_toml(path)")
    with as_file(files("mpi.indicators") / "library" / f"{name}.toml") as path:
        return read(path)
