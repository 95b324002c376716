"""TOML files that ship with the package, in a folder of their own: their names, and one of them read."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, TypeVar

from mpi.core.errors import RequestError, unknown

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.resources.abc import Traversable
    from pathlib import Path

__all__ = ["Shipped"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shipped:
    """The TOML files of one folder of the package.

    Attributes
    ----------
    folder : str
        Where they are under the package, ``room/folder``.
    kind : str
        What each of them is, for messages.
    reader : str
        What reads a file of a user's own, for messages: ``Measure.from_toml``.
    """

    folder: str
    kind: str
    reader: str

    def names(self) -> list[str]:
        """Return the names of the files, in order.

        Examples
        --------
        >>> Shipped("measures", "measure", "Measure.from_toml").names()
        ['global-mpi', 'gso-mdp']
        """
        return sorted(f.name.removesuffix(".toml") for f in self._folder().iterdir() if f.name.endswith(".toml"))

    def read(self, name: str, reader: Callable[[Path], T]) -> T:
        """Return what the file of a name says, as `reader` reads it.

        Raises
        ------
        MpiError
            When there is none of that name; the nearest is offered.
        """
        known = self.names()
        if name not in known:
            raise RequestError(
                f"{unknown(self.kind, name, known)}; a file of your own is read with {self.reader}(path)"
            )
        with as_file(self._folder() / f"{name}.toml") as path:
            return reader(path)

    def _folder(self) -> Traversable:
        return files("mpi").joinpath(*self.folder.split("/"))
