"""The code sets that ship with the package, found by name; no code is looked up without naming its set."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, get_args

from mpi.codes.codeset import Code, CodeSet, Fact, Kind, Language
from mpi.codes.shipped import rows, tables
from mpi.core.errors import MpiError, RequestError, unknown

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["code_set", "ethnic_groups", "labels", "list_sets", "lookup", "province_sets", "provinces", "regions"]


def list_sets() -> list[str]:
    """Return the names of the code sets.

    Examples
    --------
    >>> list_sets()
    ['vn-63', 'vn-34', 'vn-old3', 'vn-region6', 'vn-ethnic']
    """
    return list(tables("sets"))


def province_sets() -> list[str]:
    """Return the names of the code sets of provinces.

    Examples
    --------
    >>> province_sets()
    ['vn-63', 'vn-34', 'vn-old3']
    """
    return [name for name, table in tables("sets").items() if table["kind"] == "province"]


def code_set(name: str | None = None) -> CodeSet:
    """Return a code set.

    Parameters
    ----------
    name : str
        One of `list_sets`. There is no default: codes were given anew to other provinces.

    Raises
    ------
    MpiError
        When no set is named, or there is none of that name.

    Examples
    --------
    >>> code_set("vn-34").instrument
    'Decision 19/2025/QD-TTg'
    """
    return _load_named(name, list_sets())


def provinces(set_name: str | None = None) -> CodeSet:
    """Return the provinces of a code set: "vn-63", "vn-34" or "vn-old3".

    Raises
    ------
    MpiError
        When no set is named, or it is not one of provinces.

    Examples
    --------
    >>> len(provinces("vn-63")), len(provinces("vn-34"))
    (63, 34)
    """
    return _load_named(set_name, province_sets())


def regions() -> CodeSet:
    """Return the six regions, in the order of the statistics office and of MICS.

    Examples
    --------
    >>> [r.name_en for r in regions()][:2]
    ['Red River Delta', 'Northern Midlands and Mountains']
    """
    return code_set("vn-region6")


def ethnic_groups() -> CodeSet:
    """Return the 54 ethnic groups, and 55 foreigner, 56 undetermined.

    Examples
    --------
    >>> ethnic_groups().find("Hmong").code
    8
    """
    return code_set("vn-ethnic")


def labels(set_name: str | None = None, language: Language = "vi") -> dict[int, str]:
    """Return the name of each code of a set, as ``Survey(..., labels={"province": labels("vn-63")})`` takes them.

    Retired codes, such as Hà Tây's, are included: older data hold them. A column that holds codes as text is made
    numbers, as these labels expect them, by ``translate(values, "vn-63", "vn-63")``.

    Raises
    ------
    MpiError
        When no set is named, or there is none of that name, or the language is not one of "vi" and "en".

    Examples
    --------
    >>> labels("vn-63")[1], labels("vn-region6", "en")[6]
    ('Hà Nội', 'Mekong River Delta')
    """
    if language not in get_args(Language):
        raise RequestError(unknown("language", language, get_args(Language)))
    return code_set(set_name).labels(language)


def lookup(code_or_name: int | str, set_name: str | None = None) -> Code:
    """Return the unit of a code or name in a code set.

    Parameters
    ----------
    code_or_name : int or str
        1, "1", "01", "Hà Nội", "ha noi", "Thành phố Hà Nội".
    set_name : str
        One of `list_sets`.

    Raises
    ------
    MpiError
        When no set is named (the message shows what the value means in each), or the set has no such unit: the
        nearest name and the sets that do have it are told.

    Examples
    --------
    >>> lookup(15, "vn-63").name_vi, lookup(15, "vn-34").name_vi
    ('Yên Bái', 'Lào Cai')
    """
    if set_name is None:
        raise RequestError(_needs_set(code_or_name))
    codes = code_set(set_name)
    unit = codes.get(code_or_name)
    if unit is not None:
        return unit
    try:
        return codes.find(code_or_name)
    except MpiError as error:
        elsewhere = _meanings(code_or_name, province_sets()) if codes.kind == "province" else ""
        raise RequestError(f"{error}; it is {elsewhere}" if elsewhere else str(error)) from None


def _load_named(name: str | None, known: Sequence[str]) -> CodeSet:
    if name is None:
        raise RequestError(_needs_set(15))
    if name not in known:
        raise RequestError(unknown("code set", name, known))
    return _load(name)


def _needs_set(value: object) -> str:
    found = _meanings(value, province_sets())
    case = f": {value!r} is {found}" if found else ""
    return (
        f"name the code set, one of {', '.join(map(repr, list_sets()))}: the codes of 2025 were other provinces' "
        f"codes before{case}"
    )


def _meanings(value: object, sets: Sequence[str]) -> str:
    found = [(name, code_set(name).get(value)) for name in sets]
    return ", ".join(f"{unit.name_vi} ({unit.text}) in {name}" for name, unit in found if unit)


@cache
def _load(name: str) -> CodeSet:
    table = tables("sets")[name]
    kind: Kind = table["kind"]
    units = [_code(row, table["width"]) for row in rows(name)]
    return CodeSet(
        name=name,
        kind=kind,
        instrument=table["instrument"],
        width=table["width"],
        valid_from=table.get("valid_from"),
        valid_to=table.get("valid_to"),
        facts=tuple(Fact(**fact) for fact in table["facts"]),
        codes=tuple(u for u in units if u.retired is None),
        retired=tuple(u for u in units if u.retired),
        note=table["note"],
    )


def _code(row: dict[str, str], width: int) -> Code:
    return Code(
        code=int(row["code"]),
        text=row["code"].zfill(width),
        name_vi=row["name_vi"],
        name_en=row["name_en"],
        region6=int(row["region6"]) if row["region6"] else None,
        aliases=tuple(a for a in row["aliases"].split(";") if a),
        retired=date.fromisoformat(row["retired"]) if row["retired"] else None,
    )
