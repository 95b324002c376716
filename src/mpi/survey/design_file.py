"""Designs as TOML files: which columns hold the design of a survey, read and written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from mpi.core.errors import FileError, Problems, RequestError
from mpi.core.toml_file import parsed, source_name
from mpi.core.toml_table import TomlTable, number
from mpi.core.toml_words import is_text, quoted
from mpi.frames.own_columns import EachRow
from mpi.inference.design import SingleInGroup, SinglePsu
from mpi.survey.replicate_weights import ReplicateMethod

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mpi.core.toml_file import TomlSource

__all__ = ["read", "write"]

_COLUMNS = ("weight", "strata", "psu", "size", "members", "fpc", "fpc2", "wave")
_WORDS = {
    "rows": get_args(EachRow), "method": get_args(ReplicateMethod),
    "single_psu": get_args(SinglePsu), "single_in_group": get_args(SingleInGroup),
}  # fmt: skip
_FLAGS = ("shared_psus", "census", "mse")
_NUMBERS = ("scale", "fay")
_NOTHING = "# each row weighs 1 and is a PSU\n"
_SEVERAL = ("household", "replicate_weights")
_KEYS = (*_COLUMNS, *_SEVERAL, *_WORDS, *_FLAGS, *_NUMBERS, "rscales")


def read(source: TomlSource) -> tuple[dict[str, Any], Problems]:
    """Read the keywords of `Design` from a TOML file, its text or its tables; see `Design.from_toml`.

    Returns
    -------
    keywords : dict
        By which a `Design` is made.
    problems : Problems
        For what is wrong with them together, with the file as its subject.

    Raises
    ------
    MpiError
        When the file is absent or is not TOML, or with every problem of its keys.
    """
    problems = Problems(source_name(source, "design"), FileError)
    table = TomlTable(parsed(source, "design"), "", problems)
    table.check(_KEYS)
    found: dict[str, Any] = dict(table.texts(_COLUMNS))
    found |= {k: table.word(k, words, None) for k, words in _WORDS.items() if k in table}
    found |= {k: table.truth(k) for k in _FLAGS if k in table}
    found |= {k: table.number(k) for k in _NUMBERS if k in table}
    found |= {k: _read_columns(table, k) for k in _SEVERAL if k in table}
    if "rscales" in table:
        found["rscales"] = _numbers(table)
    problems.raise_if_any()
    return found, problems


def _read_columns(table: TomlTable, key: str) -> Any:
    """Return one column, or several."""
    if is_text(table.values[key]):
        return table.text(key)
    return table.names(key, "a column's name, or a list of them")


def _numbers(table: TomlTable) -> tuple[float, ...]:
    """Return a list of numbers."""
    values = [number(v) for v in table.entries("rscales", "a list of numbers")]
    if any(isinstance(v, bool) or not isinstance(v, (int, float)) for v in values):
        table.expected("rscales", "a list of numbers")
        return ()
    return tuple(float(v) for v in values)


def write(said: Mapping[str, Any]) -> str:
    """Write what a design says as TOML text that reads back to an equal design.

    Examples
    --------
    >>> print(write({"psu": "commune", "household": ("HH1", "HH2"), "census": False}), end="")
    psu = "commune"
    household = ["HH1", "HH2"]
    census = false

    Raises
    ------
    MpiError
        When members are told by an expression or a function, which no file can hold.
    """
    if not isinstance(said.get("members", ""), str):
        raise RequestError(
            "the design cannot be written: members is an expression or a function; give the name of a column of 0 and 1"
        )
    return "".join(f"{key} = {_value(value)}\n" for key, value in said.items()) or _NOTHING


def _value(value: Any) -> str:
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_value, value))}]"
    return str(value).lower() if isinstance(value, bool) else repr(float(value))
