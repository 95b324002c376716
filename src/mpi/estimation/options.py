"""Keyword arguments shared by all estimates, and their defaults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from mpi.core.arguments import defaults

if TYPE_CHECKING:
    from mpi.measures.words import Unit
    from mpi.results.options import Degrees
    from mpi.survey.words import Where

__all__ = ["Counting", "Options", "Precise", "Shared", "shared"]


class Counting(TypedDict, total=False):
    """Options of whatever has an interval: what is counted, how sure limits are.

    Attributes
    ----------
    unit : {"person", "household"}
        What is counted; by default what the measure says, or persons.
    level : float
        The confidence level, 0.95 by default.
    df : {"group", "design"}
        Whose degrees of freedom.
    """

    unit: Unit | None
    level: float
    df: Degrees


class Shared(Counting, total=False):
    """Options of everything that is estimated from a survey.

    Attributes
    ----------
    where : str, narwhals expression, array of bool, or function
        The domain of interest; the design stays whole. See `Survey.where`.
    """

    where: Where | None


class Options(Shared, total=False):
    """Options of what is estimated by groups.

    Attributes
    ----------
    observed : bool
        Whether only groups with cases have rows.
    """

    observed: bool


class Precise(Options, total=False):
    """Options of what can be set against a simple random sample.

    Attributes
    ----------
    deff : bool
        Whether to keep what a simple random sample would give, for `mpi.precision`.
    """

    deff: bool


defaults(Shared, where=None, unit=None, level=0.95, df="group")
defaults(Options, where=None, unit=None, level=0.95, df="group", observed=True)
defaults(Precise, where=None, unit=None, level=0.95, df="group", observed=True, deff=False)


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The options of one request; see `Shared`, `Options` and `Precise`."""

    where: Where | None = None
    unit: Unit | None = None
    level: float = 0.95
    df: Degrees = "group"
    observed: bool = True
    deff: bool = False


def shared(options: Shared) -> _Chosen:
    """Return the options that were given, and what holds for the others.

    Examples
    --------
    >>> shared({"level": 0.9}).level, shared({}).df
    (0.9, 'group')
    """
    return _Chosen(**options)
