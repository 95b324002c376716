"""The groupings of ethnic groups that ship with the package; which groups stand together is always a choice."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Literal, get_args

from mpi.codes.classifications import Classification
from mpi.codes.codeset import Language
from mpi.codes.shipped import tables
from mpi.core.errors import RequestError, unknown

__all__ = ["Hoa", "classification", "list_classifications"]

Hoa = Literal["majority", "minority"]
"""Where the Hoa (Chinese) stand: with the Kinh, or with the minorities."""


def list_classifications() -> list[str]:
    """Return the names of the groupings of ethnic groups.

    Examples
    --------
    >>> list_classifications()
    ['usual', 'kinh-minority']
    """
    return list(dict.fromkeys(table["name"] for table in tables("groupings")["grouping"]))


def classification(name: str, *, hoa: Hoa | None = None, language: Language = "en") -> Classification:
    """Return a grouping of ethnic groups; one of your own is made with `Classification.custom`.

    Foreigners and the undetermined (55, 56) are a group of their own in each.

    Parameters
    ----------
    name : str
        "kinh-minority", or "usual": Kinh-Hoa, Tay-Thai-Muong-Nung, Khmer-Cham, Hmong-Dao, Central Highlands, Other,
        after Baulch and others.
    hoa : {"majority", "minority"}, optional
        For "kinh-minority" alone: whether the Hoa stand with the Kinh (the default) or with the minorities. Users of
        VHLSS do both. What was chosen stands in the labels, "Kinh and Hoa" or "Kinh", and in the grouping's name.
    language : {"vi", "en"}
        The language of the group labels.

    Raises
    ------
    MpiError
        When there is no such grouping, or an option is not one of its words.

    Examples
    --------
    >>> classification("kinh-minority").apply([1, 4, 2])
    ['Kinh and Hoa', 'Kinh and Hoa', 'Other 52 groups']
    >>> classification("kinh-minority", hoa="minority").groups[:2]
    ('Kinh', 'Other 53 groups')
    """
    found = _variants(name)
    if language not in get_args(Language):
        raise RequestError(unknown("language", language, get_args(Language)))
    if "hoa" not in found[0]:
        if hoa is not None:
            raise RequestError(f"hoa={hoa!r} is a choice of 'kinh-minority'; {name!r} has no such choice")
        return _read_classification(found[0], name, language)
    chosen = "majority" if hoa is None else hoa
    for table in found:
        if table["hoa"] == chosen:
            return _read_classification(table, f"{name}, hoa={chosen}", language)
    raise RequestError(unknown("choice for hoa", chosen, get_args(Hoa)))


def _variants(name: str) -> list[dict[str, Any]]:
    found = [table for table in tables("groupings")["grouping"] if table["name"] == name]
    if not found:
        hint = "; a grouping of your own is made with Classification.custom"
        raise RequestError(unknown("classification", name, list_classifications()) + hint)
    return found


def _read_classification(table: dict[str, Any], name: str, language: Language) -> Classification:
    mapping = {code: group[language] for group in table["groups"] for code in group["codes"]}
    return Classification(
        name=name,
        groups=tuple(group[language] for group in table["groups"]),
        mapping=MappingProxyType(dict(sorted(mapping.items()))),
        set_name="vn-ethnic",
        source=table["source"],
        status=table["status"],
    )
