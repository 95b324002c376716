"""The rules that ship with the package."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mpi.core.arguments import kinds_checked
from mpi.core.shipped import Shipped
from mpi.indicators.rules.rules import Rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.indicators.rules.words import Missing

__all__ = ["list_rules", "load_rules"]

_RULES = Shipped("indicators/rules/shipped", "rules", "Rules.from_toml")


@kinds_checked
def list_rules() -> list[str]:
    """Return the names of the rules that ship with the package.

    Examples
    --------
    >>> list_rules()
    ['global-mpi', 'vn-2016', 'vn-2022']
    """
    return _RULES.names()


@kinds_checked
def load_rules(name: str, *, missing: Missing = "practice", parameters: Mapping[str, Any] | None = None) -> Rules:
    """Return rules that ship with the package.

    Parameters
    ----------
    name : str
        One of `list_rules`.
    missing : {"practice", "strict"}
        How missing answers are read where those who publish the measure do not let them stand: as they do, or
        strictly, so that a household is judged only where no answer could change it. The two differ in
        ``global-mpi``, whose official programs take an item nobody recorded as not owned, and a child nobody measured
        as no obstacle beside one who grows well.

    parameters : mapping of name to value, optional
        Numbers and codes that a country sets, such as ``{"entry_age": 5}``; `Rules.parameters` lists those of the
        file with their values and sources.

    Raises
    ------
    MpiError
        When there are none of that name, `missing` is another word, or a parameter is not one of the file's; the
        nearest is offered.

    Examples
    --------
    >>> load_rules("vn-2022")["dependents"].household
    Share(share=Fraction(1, 2), strict=True)
    >>> load_rules("global-mpi")["nutrition"].enough, load_rules("global-mpi", missing="strict")["nutrition"].enough
    (Fraction(0, 1), None)
    """
    return _RULES.read(name, lambda path: Rules.from_toml(path, missing=missing, parameters=parameters))
