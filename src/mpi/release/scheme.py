"""A scheme of an office: which figures are reliable, which are printed in brackets or marked, which are not shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mpi.core.errors import Problems, RequestError
from mpi.release.reader import read

if TYPE_CHECKING:
    from mpi.core.toml_file import TomlSource
    from mpi.release.conditions import ReliabilityCondition

__all__ = ["Label", "Scheme", "Shown"]

Shown = Literal["plain", "brackets", "mark", "hidden"]
"""How a figure is printed: as it is, in brackets, with a mark behind it, or not at all."""


@dataclass(frozen=True, slots=True)
class Label:
    """A label of a scheme, its conditions, and how figures under it are printed.

    Attributes
    ----------
    name : str
        What it calls them: ``reliable``.
    show : {"plain", "brackets", "mark", "hidden"}
        How they are printed.
    mark : str
        What stands behind a marked figure: ``E``.
    shares, means : tuple of tuple of Condition
        When a share, and when another figure, is called so: where all conditions of one of the tuples are met. The
        labels are tried in order; the last one, of figures that no other fits, has none.
    """

    name: str
    show: Shown
    mark: str = ""
    shares: tuple[tuple[ReliabilityCondition, ...], ...] = ()
    means: tuple[tuple[ReliabilityCondition, ...], ...] = ()

    @property
    def conditions(self) -> tuple[ReliabilityCondition, ...]:
        """All conditions."""
        return tuple(c for way in (*self.shares, *self.means) for c in way)


@dataclass(frozen=True, slots=True)
class Scheme:
    """The rule by which an office decides which figures it publishes, and how.

    Attributes
    ----------
    name : str
        Its name: ``dhs``.
    title : str
        Whose rule it is.
    labels : tuple of Label
        The labels, the best first; the last fits what no other does.
    rule : str
        The rule in words, as it is printed under tables.
    source : str
        Where it stands.
    standing : str
        How sure the rule is: read in the source, quoted by others, or not confirmed.
    few : int
        Where figures that rest on fewer cases are hidden, so many; they are printed as ``<25``. 0 for none.
    protection : float
        No hidden figure may be known from what is shown to within this share of it; 0 hides what the rule says alone.

    Examples
    --------
    >>> own = Scheme.from_toml({
    ...     "name": "ours", "rule": "Figures of fewer than 30 households are not shown.", "few": 30,
    ...     "labels": [{"name": "shown", "show": "plain", "when": ["n >= 30"]}, {"name": "small", "show": "hidden"}],
    ... })
    >>> [label.name for label in own.labels]
    ['shown', 'small']
    """

    name: str
    title: str
    labels: tuple[Label, ...]
    rule: str
    source: str = ""
    standing: str = ""
    few: int = 0
    protection: float = 0.2

    def __post_init__(self) -> None:
        """Hold the labels to an order that makes sense."""
        problems = Problems(f"scheme {self.name!r}", RequestError)
        if not self.labels:
            problems.add("it has no labels; give at least two")
        elif self.labels[-1].conditions:
            problems.add(f"the last label, {self.labels[-1].name!r}, is of what fits no other, and has no conditions")
        names = [label.name for label in self.labels]
        problems.found += [f"two labels are called {n!r}" for n in dict.fromkeys(names) if names.count(n) > 1]
        if not 0 <= self.protection < 1:
            problems.add(f"protection is {self.protection}; a share from 0 to below 1 was expected, such as 0.2")
        problems.raise_if_any()

    @property
    def needs(self) -> tuple[str, ...]:
        """The ingredients that its conditions are about."""
        return tuple(dict.fromkeys(i for label in self.labels for c in label.conditions for i in c.ingredients))

    @classmethod
    def from_toml(cls, source: TomlSource) -> Scheme:
        """Return the scheme of a TOML file, of its text, or of a dictionary with the same keys.

        Raises
        ------
        MpiError
            With every problem of the file at once.
        """
        arguments = read(source)
        labels = tuple(Label(**label) for label in arguments.pop("labels"))
        return cls(**arguments, labels=labels)
