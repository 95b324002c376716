"""Detection of the code set of a column; where several fit, an error lists them for the user to choose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mpi.codes.sets import code_set, province_sets
from mpi.codes.values import distinct
from mpi.core.errors import RequestError

if TYPE_CHECKING:
    from mpi.codes.codeset import CodeSet

__all__ = ["fitting_sets", "guess_set"]


def fitting_sets(values: object) -> tuple[str, ...]:
    """Return the code sets of provinces that have every one of the values; missing values fit any.

    Examples
    --------
    >>> fitting_sets([1, 15, 79])
    ('vn-63', 'vn-34')
    """
    found = distinct(values)
    return tuple(name for name in province_sets() if not _strange(found, code_set(name)))


def guess_set(values: object) -> str:
    """Return the one code set of provinces that has every one of the values.

    All codes of "vn-34" are also codes of "vn-63", so no numbers can prove that a file is coded by the 34.

    Raises
    ------
    MpiError
        When several sets fit, or none does; the message says what speaks for each.

    Examples
    --------
    >>> guess_set([2, 15, 79])
    'vn-63'
    """
    found = distinct(values)
    if not found:
        raise RequestError("no value is there to tell the code set by")
    sets = fitting_sets(found)
    if len(sets) == 1:
        return sets[0]
    raise RequestError(_several(found, sets) if sets else _none(found))


def _several(values: list[object], sets: tuple[str, ...]) -> str:
    covered = {name: len({code_set(name).find(v).code for v in values}) for name in sets}
    shares = ", ".join(f"{name} ({covered[name]} of its {len(code_set(name))} codes occur)" for name in sets)
    return f"several code sets have all these values: {shares}; say which one the file was coded by"


def _none(values: list[object]) -> str:
    cases = []
    for name in province_sets():
        strange = _strange(values, code_set(name))
        shown = ", ".join(repr(v) for v in strange[:8]) + (f" and {len(strange) - 8} more" if len(strange) > 8 else "")
        cases.append(f"{name} has no {shown}")
    return f"no code set has all these values: {'; '.join(cases)}"


def _strange(values: list[object], codes: CodeSet) -> list[object]:
    return [value for value in values if codes.get(value) is None]
