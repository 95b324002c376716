"""Estimates as plain values: what JSON holds, and other programs read; and estimates of such values again."""

from __future__ import annotations

import base64
import datetime as dt
import json
import math
import os
import zlib
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.atomic import located
from mpi.core.errors import FileError, Problems, RequestError, unknown
from mpi.inference.cells import Cells
from mpi.inference.counts import ShareCounts
from mpi.inference.design import PsuDesign
from mpi.inference.influence import Influence
from mpi.inference.variance import Block
from mpi.measures.measure import Measure
from mpi.results.simple_random import SimpleRandom
from mpi.tables.keys import NAMES, Keys, coded, cutoffs_as_numbers, group_codes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["SCHEMA", "arguments_of", "plain", "read_json"]

SCHEMA = "mpi-poverty/estimates/1"
"""What the values say they are; the number grows where a reader of older ones would misread them."""

_NUMBERS = ("value", "se", "df", "n", "n_psu")
_TEXTS = ("level", "degrees", "shares")
_SIMPLE, _COUNTS = ("variance", "weight", "square"), ("n_with", "weight")


def plain(est: EstimatesLike, measures: Sequence[Measure], *, influence: bool) -> dict[str, Any]:
    """Return estimates as dictionaries, lists, texts and finite numbers.

    Returns
    -------
    dict
        ``schema``, the version of the format; ``estimates``, a dictionary for each number, with its keys,
        ``estimate, se, ci_low, ci_high, df, n, n_psu``, whether its error is known (``estimable``), its ``flag``, its
        cutoff as a number (``k``), and the code of its group (``group_code``); ``about``, ``titles``, ``level``, and
        the measures as TOML. Cutoffs are fractions as text, what is undefined is None.
    """
    if influence and est.status is not None:
        raise RequestError(
            "released estimates are written without what each PSU contributes, from which hidden figures would follow: "
            "influence=False"
        )
    low, high = est.conf_int()
    numbers = {"estimate": est.value, "se": est.se, "ci_low": low, "ci_high": high}
    numbers |= {"df": est.df, "n": est.n, "n_psu": est.n_psu}
    columns: dict[str, list[Any]] = {n: [_written(v) for v in est.keys[n].to_list()] for n in NAMES}
    columns |= {n: [_number(x) for x in values.tolist()] for n, values in numbers.items()}
    columns |= {"estimable": est.estimable.tolist(), "method": est.method.to_list(), "flag": est.flag.to_list()}
    columns["k"] = [_number(k) for k in cutoffs_as_numbers(est.keys).tolist()]
    if est.status is not None:
        columns["status"] = est.status.label.to_list()
    columns["group_code"] = [_written(code) for code in group_codes(est.keys, est.codes).to_list()]
    found = {
        "schema": SCHEMA,
        **{name: getattr(est, name) for name in _TEXTS},
        "about": dict(est.about),
        "titles": dict(est.titles),
        "measures": [m.to_toml() for m in measures],
        "codes": {
            by: [[label, [_written(v) for v in code]] for label, code in c.items()] for by, c in est.codes.items()
        },
        "estimates": [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)],
    }
    simple = getattr(est, "simple", None)
    if simple is not None:
        found["simple"] = {n: _array(getattr(simple, n)) for n in _SIMPLE}
    if influence and est.counts is not None:
        found["counts"] = {n: _array(getattr(est.counts, n)) for n in _COUNTS}
    return found | ({"influence": _influence(est.influence)} if influence else {})


def arguments_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of `Estimates` that `plain` wrote; see `Estimates.from_dict`.

    Raises
    ------
    MpiError
        When the values are no estimates, of another version, or were written without influences.
    """
    problems = Problems("these are no estimates", FileError)
    if data.get("schema") != SCHEMA:
        problems.add(f"schema is {data.get('schema')!r}; {SCHEMA!r} was expected")
    elif "influence" not in data:
        problems.add(
            "they were written with influence=False, as a table that has no covariances; read it as one, with "
            "pandas.DataFrame(data['estimates'])"
        )
    problems.raise_if_any()
    try:
        return _arguments(data)
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise FileError(f"these are no estimates: {type(error).__name__} {error}; were they changed?") from error


def read_json(source: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a JSON file, or a JSON text, holds.

    Raises
    ------
    MpiError
        When there is no such file, it is no JSON, or no table of names.
    """
    if not isinstance(source, (str, os.PathLike)):
        raise RequestError(f"a path of a JSON file, or its text, is needed, not {type(source).__name__}")
    text = source if isinstance(source, str) and source.lstrip().startswith("{") else _text_of(located(source))
    try:
        data = json.loads(text)
    except ValueError as error:
        raise FileError(f"this is not JSON: {error}") from error
    if not isinstance(data, dict):
        raise FileError(f"these are no estimates, but a JSON {type(data).__name__}")
    return data


def _text_of(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        others = sorted(f.name for f in file.parent.glob("*.json")) if file.parent.is_dir() else []
        raise FileError(unknown(f"file in {str(file.parent)!r} called", file.name, others)) from None
    except (OSError, ValueError) as error:
        raise FileError(f"cannot read {file}: {error}") from error


def _arguments(data: Mapping[str, Any]) -> dict[str, Any]:
    rows = data["estimates"]

    def column(name: str) -> list[Any]:
        """Return one field of all rows."""
        return [row[name] for row in rows]

    keys = Keys({n: coded([_read(v) for v in column(n)]) for n in NAMES})
    given = ("estimate", "se", "df", "n", "n_psu")
    numbers = {n: np.array([_float(x) for x in column(c)]) for n, c in zip(_NUMBERS, given, strict=True)}
    codes = {by: {label: tuple(map(_read, code)) for label, code in pairs} for by, pairs in data["codes"].items()}
    return {
        "keys": keys, **numbers, "estimable": np.array(column("estimable"), dtype=bool),
        "method": coded(column("method")), "flag": coded(column("flag")), "codes": codes,
        "influence": _read_influence(data["influence"]), **{name: data[name] for name in _TEXTS},
        "titles": dict(data["titles"]), "about": dict(data["about"]),
        "measures": tuple(map(Measure.from_toml, data["measures"])),
        "simple": SimpleRandom(*(_read_array(data["simple"][n]) for n in _SIMPLE)) if "simple" in data else None,
        "counts": ShareCounts(*(_read_array(data["counts"][n]) for n in _COUNTS)) if "counts" in data else None,
    }  # fmt: skip


# --- single values ----------------------------------------------------------------------------------------------------


def _number(value: float) -> float | str | None:
    """Return a number that JSON has: None for NaN, a text for what is infinite."""
    if math.isnan(value):
        return None
    return value if math.isfinite(value) else str(value)


def _float(value: float | str | None) -> float:
    return math.nan if value is None else float(value)


def _written(value: Any) -> Any:
    """Return a value of the data as JSON has it: dates, decimals and fractions as text, with their kind.

    Examples
    --------
    >>> _written(dt.date(2016, 1, 1)), _written(np.int64(3)), _written("Hà Nội")
    ({'date': '2016-01-01'}, 3, 'Hà Nội')
    """
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return _number(value) if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, dt.datetime):
        return {"datetime": value.isoformat()}
    for kind, made in _KINDS.items():
        if isinstance(value, made):
            return {kind: value.isoformat() if kind in {"date", "time"} else str(value)}
    return {"text": str(value)}


def _read(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    read: dict[str, Callable[[str], Any]] = {
        "datetime": dt.datetime.fromisoformat, "date": dt.date.fromisoformat, "time": dt.time.fromisoformat,
        "float": float, "decimal": Decimal, "fraction": Fraction,
    }  # fmt: skip
    return read.get(kind, str)(text)


_KINDS: dict[str, type[Any]] = {"date": dt.date, "time": dt.time, "decimal": Decimal, "fraction": Fraction}


# --- influences -------------------------------------------------------------------------------------------------------


def _influence(influence: Influence) -> dict[str, Any]:
    """Return influences as arrays in text; cells that several blocks share are written once."""
    known: dict[int, int] = {}
    cells: list[dict[str, Any]] = []

    def place(part: Cells | None) -> int | None:
        """Return where cells stand in the list, which they join if they are new."""
        if part is None:
            return None
        if id(part) not in known:
            known[id(part)] = len(cells)
            cells.append({n: _array(getattr(part, n)) for n in ("unit", "stratum", "start", "wave")})
        return known[id(part)]

    design, jacobian = influence.design, influence.jacobian
    blocks = [{"cells": place(b.cells), "whole": place(b.whole), "scores": _array(b.scores)} for b in influence.blocks]
    arrays = ("stratum", "psu", "wave", "place", "sampled")
    return {
        "design": {
            **{n: _array(getattr(design, n)) for n in arrays},
            "single_psu": design.single_psu,
            "single_in_group": design.single_in_group,
            "weightless": None if design.weightless is None else _array(design.weightless),
        },
        "cells": cells,
        "blocks": blocks,
        "jacobian": {n: _array(getattr(jacobian, n)) for n in ("data", "indices", "indptr")}
        | {"shape": list(jacobian.shape)},
    }


def _read_influence(data: Mapping[str, Any]) -> Influence:
    import scipy.sparse as sp

    given = data["design"]
    arrays: dict[str, Any] = {n: _read_array(given[n]) for n in ("stratum", "psu", "wave", "place", "sampled")}
    weightless = None if given["weightless"] is None else _read_array(given["weightless"])
    design = PsuDesign(
        **arrays, single_psu=given["single_psu"], single_in_group=given["single_in_group"], weightless=weightless
    )
    none32, none64 = np.zeros(0, np.int32), np.zeros(0, np.int64)
    none: dict[str, Any] = {"of_row": none32, "order": none64, "unordered": 0}
    held: list[dict[str, Any]] = [
        {n: _read_array(c[n]) for n in ("unit", "stratum", "start", "wave")} | none for c in data["cells"]
    ]
    cells = [Cells(**c) for c in held]
    blocks = tuple(
        Block(cells[b["cells"]], _read_array(b["scores"]), None if b["whole"] is None else cells[b["whole"]])
        for b in data["blocks"]
    )
    j = data["jacobian"]
    parts = tuple(_read_array(j[n]) for n in ("data", "indices", "indptr"))
    return Influence(design, blocks, sp.csr_array(parts, shape=tuple(j["shape"])))


def _array(values: NDArray[Any]) -> dict[str, Any]:
    """Return an array as text, to the last bit."""
    held = np.ascontiguousarray(values)
    held = held.astype(held.dtype.newbyteorder("<"))
    return {
        "dtype": held.dtype.str, "shape": list(held.shape),
        "zlib": base64.b64encode(zlib.compress(held.tobytes(), 6)).decode("ascii"),
    }  # fmt: skip


def _read_array(data: Mapping[str, Any]) -> NDArray[Any]:
    raw = zlib.decompress(base64.b64decode(data["zlib"]))
    found = np.frombuffer(raw, dtype=np.dtype(data["dtype"])).reshape(data["shape"])
    return found.astype(found.dtype.newbyteorder("="))
