"""Files of one table whose columns differ: held against what most of them have, and all told at once."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from mpi.core.errors import FileError, MpiError, Problems, RequestError, unknown, warn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Kinds = Mapping[str, Mapping[str, str]]
    Labels = Mapping[str, Mapping[object, str]]

__all__ = ["EMPTY", "agreed", "booleans_as_numbers", "distinct_names", "kind_of_type", "merged_labels"]

EMPTY = "nothing"
"""The kind of a column without a single value: it fits to any."""

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL", "BIGNUM")
_MOST = 20


def kind_of_type(dtype: str) -> str:
    """Return what a type of DuckDB holds, in a word.

    Examples
    --------
    >>> kind_of_type("DECIMAL(21,2)"), kind_of_type("VARCHAR"), kind_of_type("BIGINT[]")
    ('numbers', 'text', 'BIGINT[]')
    """
    plain = dtype.strip('"').upper()
    if plain == "NULL":
        return EMPTY
    if plain.endswith("]") or plain.startswith(("STRUCT", "MAP", "UNION")):
        return dtype
    if plain.removeprefix("U").startswith(_NUMBERS):
        return "numbers"
    if plain.startswith(("VARCHAR", "ENUM")):
        return "text"
    if plain.startswith(("DATE", "TIMESTAMP")):
        return "dates"
    return {"BOOLEAN": "booleans", "TIME": "times"}.get(plain, dtype)


def booleans_as_numbers(kinds: Kinds, others: Callable[[str, str], bool]) -> Kinds:
    """Return kinds in which columns of true and false are numbers where other files have 0 and 1 in them.

    Parameters
    ----------
    kinds : mapping of file to mapping of column to kind
        What each file holds.
    others : function of file and column
        Tells whether numbers are others than 0, 1 and missing; it is asked only of columns that are both.

    Examples
    --------
    >>> booleans_as_numbers({"a": {"d": "booleans"}, "b": {"d": "numbers"}}, lambda file, column: False)
    {'a': {'d': 'numbers'}, 'b': {'d': 'numbers'}}
    """
    of: dict[str, dict[str, str]] = {}
    for file, held in kinds.items():
        for column, kind in held.items():
            of.setdefault(column, {})[file] = kind
    both = [
        c
        for c, found in of.items()
        if {*found.values()} - {EMPTY} == {"booleans", "numbers"}
        and not any(others(f, c) for f, kind in found.items() if kind == "numbers")
    ]
    return {
        file: {c: "numbers" if c in both and kind != EMPTY else kind for c, kind in held.items()}
        for file, held in kinds.items()
    }


def distinct_names(columns: Sequence[str], *, by_name: bool) -> dict[str, str]:
    """Return what columns are called where names that differ by case alone are one name.

    Parameters
    ----------
    columns : sequence of str
        The columns of the files.
    by_name : bool
        Whether they were asked for by their names.

    Raises
    ------
    MpiError
        When two columns were asked for that differ by case alone.

    Warns
    -----
    MpiWarning
        Where such columns get another name.

    Examples
    --------
    >>> distinct_names(["psu", "d"], by_name=True)
    {'psu': 'psu', 'd': 'd'}
    """
    known: dict[str, str] = {}
    out: dict[str, str] = {}
    for column in columns:
        first = known.setdefault(column.lower(), column)
        new, number = column, 0
        while first != column and (new in columns or new.lower() in known):
            number += 1
            new = f"{column}_{number}"
        known.setdefault(new.lower(), column)
        out[column] = new
    renamed = {c: new for c, new in out.items() if c != new}
    if renamed and by_name:
        twins = ", ".join(f"{c!r} and {known[c.lower()]!r}" for c in renamed)
        raise FileError(
            f"columns {twins} differ by case alone, and DuckDB, which reads these files, takes them for one; name "
            "one of them at a time, or rename them in the files"
        )
    if renamed:
        told = ", ".join(f"{c!r} is called {new!r} (beside {known[c.lower()]!r})" for c, new in renamed.items())
        warn(f"names that differ by case alone are one name to DuckDB, which reads these files: {told}")
    return out


def agreed(kinds: Kinds, columns: Sequence[str] | None) -> list[str]:
    """Return the columns that all files have, in the order asked for.

    Parameters
    ----------
    kinds : mapping of file to mapping of column to kind
        What each file holds.
    columns : sequence of str, optional
        Those that matter; all by default.

    Raises
    ------
    MpiError
        When files lack columns, have others besides, or hold another kind of value, all at once; or nobody has one.
    """
    known = list(dict.fromkeys(c for held in kinds.values() for c in held))
    if columns is not None:
        _require_columns(columns, known)
    wanted = known if columns is None else list(dict.fromkeys(columns))
    problems = [p for c in wanted for p in _column_faults(c, kinds, by_name=columns is not None)]
    if problems:
        raise _error(problems)
    return wanted


def _require_columns(columns: Sequence[str], existing: Sequence[str]) -> None:
    """Raise RequestError where columns are asked for that the files do not have."""
    problems = Problems("the columns cannot be read", RequestError)
    problems.found += [unknown("column", c, existing) for c in dict.fromkeys(columns) if c not in existing]
    if not columns:
        problems.add("no column is named; leave `columns` out to read all of them")
    problems.raise_if_any()


def _column_faults(column: str, kinds: Kinds, *, by_name: bool) -> list[tuple[str, str, str, str]]:
    """Return file, fault, column and a file to compare with, for each that differs from most of them."""
    having = [f for f, held in kinds.items() if column in held]
    lacking = [f for f in kinds if f not in having]
    first = next(iter(kinds))
    if not by_name and (len(having) < len(lacking) or (len(having) == len(lacking) and first in lacking)):
        return [(f, "has", column, lacking[0]) for f in having]
    told = [(f, "lacks", column, having[0]) for f in lacking]
    full = {f: kinds[f][column] for f in having if kinds[f][column] != EMPTY}
    if len(set(full.values())) > 1:
        usual = Counter(full.values()).most_common(1)[0][0]
        other = next(f for f, kind in full.items() if kind == usual)
        told += [(f, f"{kind}, not {usual},", column, other) for f, kind in full.items() if kind != usual]
    return told


def _error(problems: list[tuple[str, str, str, str]]) -> MpiError:
    """Return one error with a line for each file and fault."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for file, fault, column, other in problems:
        lines.setdefault((file, fault, other), []).append(repr(column))
    said = [_sentence(*key, ", ".join(columns)) for key, columns in lines.items()]
    more = [f"and {len(said) - _MOST} more"] if len(said) > _MOST else []
    return Problems("the files are not alike; nothing was read", FileError, said[:_MOST] + more).error()


def _sentence(file: str, fault: str, model: str, columns: str) -> str:
    """Return the sentence about a file that differs from a model."""
    if fault == "lacks":
        return f"{file!r} lacks {columns}, unlike {model!r}"
    if fault == "has":
        return f"{file!r} has {columns} besides, unlike {model!r}"
    return f"{file!r} holds {fault} in {columns}, unlike {model!r}"


def merged_labels(labels: Mapping[str, Labels]) -> dict[str, dict[object, str]]:
    """Return the labels of all files together; one file may know labels that another does not.

    Parameters
    ----------
    labels : mapping of file to mapping of column to mapping of code to label

    Raises
    ------
    MpiError
        When a code is called differently in two files; all are told.
    """
    merged: dict[str, dict[object, str]] = {}
    source: dict[tuple[str, object], str] = {}
    problems = []
    for file, columns in labels.items():
        for column, values in columns.items():
            known = merged.setdefault(column, {})
            for code, label in values.items():
                first = source.setdefault((column, code), file)
                if known.setdefault(code, label) != label:
                    problems.append(
                        f"{file!r} calls {column!r} {code!r} {label!r}, and {first!r} calls it {known[code]!r}"
                    )
    if problems:
        more = [f"and {len(problems) - _MOST} more"] if len(problems) > _MOST else []
        raise Problems(
            "the value labels of the files disagree; nothing was read", FileError, problems[:_MOST] + more
        ).error()
    return merged
