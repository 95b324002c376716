"""Reading the sampling design of a file: weights, strata, PSUs, rounds, finite population correction, all checked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw
import numpy as np

from mpi.core.errors import DataError, Problems, warn
from mpi.frames.alike import alike, merged, tell_alike
from mpi.frames.arrays import Categories, categories, numbers, require
from mpi.frames.compress import compress, constant_within, first_of
from mpi.frames.own_columns import EVERYBODY
from mpi.inference.design import PsuDesign
from mpi.survey.household_words import no_rosters, not_interviewed
from mpi.survey.replicate_weights import read_replicates
from mpi.survey.split import second_stage

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from mpi.survey.design import Design

__all__ = ["Sample", "hint_of_shared", "read_sample"]

_SHOWN = 5
_NO_TEXT = (nw.Boolean, nw.Int8, nw.Int16, nw.Int32, nw.Int64, nw.UInt8, nw.UInt16, nw.UInt32, nw.UInt64, nw.Float64)
"""The most usual types of columns that hold no text, and need not be looked through."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The sampling design of rows, as read from their columns.

    Attributes
    ----------
    weight : ndarray of float, shape (rows,)
        The sampling weight of each row.
    unit : ndarray of int32, shape (rows,)
        The sampled unit of each row.
    design : PsuDesign
        The units and strata.
    waves : tuple
        The rounds, as they stand in the data; empty where there is no such column.
    """

    weight: NDArray[np.float64]
    unit: NDArray[np.int32]
    design: PsuDesign
    waves: tuple[Any, ...]


def read_sample(data: nw.DataFrame[Any], spec: Design) -> Sample:
    """Read the design from the columns that play its roles.

    Raises
    ------
    MpiError
        With every problem at once.
    """
    roles, shared = spec.roles, spec.shared_psus
    problems = Problems("the survey cannot be used", DataError)
    if shared and "wave" not in roles:
        problems.add("shared_psus: there are no rounds to share PSUs; name their column with wave=, or use mpi.pool")
    if shared and "psu" not in roles:
        problems.add("shared_psus: there are no PSUs to share; name their column with psu=")
    problems.found += require([data], list(roles.values()))
    if len(data) == 0:
        problems.add("it has no rows")
    problems.raise_if_any()
    weight = _weights(data, roles.get("weight"), problems)
    wave, strata, psu = (_read(data, roles.get(role), role, problems) for role in ("wave", "strata", "psu"))
    _check_households(data, roles, weight, problems)
    problems.raise_if_any()
    if roles.get("psu") == EVERYBODY:
        shared = bool(shared)  # the one unit of a census is no place, of which to ask whether rounds share it
    unit, design = _design(len(data), wave, strata, psu or _homes(data, roles), shared=shared)
    _look_for_members(data, roles, weight, unit, design)
    _look_for_split_households(data, roles, wave, unit, design)
    bare = _weightless(weight, unit, design.units)
    design = replace(design, single_psu=spec.single_psu, single_in_group=spec.single_in_group, weightless=bare)
    if "fpc" in roles:
        design = replace(design, sampled=_sampled(data, roles["fpc"], unit, design, problems))
    if spec.replicate_weights is None:
        _check_single(design, wave, strata, psu, unit, problems)
    drawn = unit, design
    if "fpc2" in roles and not problems.found:
        drawn = _second_stage(data, roles, unit, design, problems)
    if spec.replicate_weights is not None and not problems.found:
        drawn = read_replicates(data, spec.replicate_weights, spec.replicate_rule, weight, drawn, problems)
    problems.raise_if_any()
    _tell_written_alike(data, roles, {"wave": wave, "strata": strata, "psu": psu}, unit, design)
    return Sample(weight, *drawn, tuple(wave.levels) if wave else ())


def _weights(data: nw.DataFrame[Any], name: str | None, problems: Problems) -> NDArray[np.float64]:
    if name is None:
        return np.ones(len(data))
    try:
        w = numbers(data[name])
    except ValueError as error:
        problems.add(f"weight column {name!r} {error}")
        return np.ones(len(data))
    w = np.ascontiguousarray(w, dtype=np.float64)
    low, high = w.min(), w.max()  # NaN shows in both, infinity in one: the common case costs two reads
    if not (low >= 0 and high < np.inf):
        _add_rows(problems, f"weight column {name!r}: missing", np.isnan(w))
        _add_rows(problems, f"weight column {name!r}: not finite", np.isinf(w))
        _add_rows(problems, f"weight column {name!r}: negative", w < 0)
    elif high == 0:
        problems.add(f"weight column {name!r}: every weight is 0")
    return w


def _add_rows(problems: Problems, what: str, bad: NDArray[np.bool_]) -> None:
    count = int(bad.sum())
    if count:
        rows = ", ".join(str(r) for r in np.flatnonzero(bad)[:_SHOWN])
        more = " ..." if count > _SHOWN else ""
        problems.add(f"{what} in {count:,} of {len(bad):,} rows (rows {rows}{more}, counted from 0)")


def _read(data: nw.DataFrame[Any], name: str | None, role: str, problems: Problems) -> Categories | None:
    """Read a column of the design; a missing stratum, PSU or round is a problem."""
    if name is None:
        return None
    found = categories([data], name)
    if found.levels and found.levels[-1] is None:
        _add_rows(problems, f"{role} column {name!r}: missing", found.index == len(found.levels) - 1)
    return found


def _check_households(
    data: nw.DataFrame[Any], roles: Mapping[str, str], weight: NDArray[np.float64], problems: Problems
) -> None:
    """Hold rows that are households to a size each (unless nobody was interviewed), and to one row each."""
    if "size" in roles:
        name = roles["size"]
        try:
            size = numbers(data[name]).astype(np.float64)
        except ValueError as error:
            problems.add(f"size column {name!r} {error}")
            return
        absent = ~(size > 0)
        _add_rows(problems, f"size column {name!r}: missing, or not above 0,", absent & (weight != 0))
        not_interviewed(int((absent & (weight == 0)).sum()), name)
    said = "size" if "size" in roles else "rows='households'" if "households" in roles else ""
    if said and "household" in roles:
        keys = [data[roles[r]] for r in ("wave", "strata", "psu", "household") if r in roles]
        _add_rows(
            problems,
            f"household column {roles['household']!r}: duplicated ({said} says one row is a household; where rows are "
            "members, leave it out)",
            _duplicated(keys),
        )


def _homes(data: nw.DataFrame[Any], roles: Mapping[str, str]) -> Categories | None:
    """Return the households, which were drawn where no PSU is named: their members are no independent draws."""
    if "household" not in roles or "size" in roles or "households" in roles:
        return None
    found = categories([data], roles["household"])
    if not found.levels or found.levels[-1] is not None:
        return found
    gone = found.index == len(found.levels) - 1
    levels = (*found.levels[:-1], *([None] * int(gone.sum())))  # who lives with whom is not known: each row is one
    own = np.int32(len(found.levels) - 2) + np.cumsum(gone, dtype=np.int32)
    return Categories(levels, np.where(gone, own, found.index), found.names)


def _look_for_members(
    data: nw.DataFrame[Any],
    roles: Mapping[str, str],
    weight: NDArray[np.float64],
    unit: NDArray[np.int32],
    design: PsuDesign,
) -> None:
    """Warn where rows with a size look like members of households, each with the size of its household."""
    if "size" not in roles or "household" in roles or "households" in roles:
        return
    size = numbers(data[roles["size"]]).astype(np.float64)
    known = (size > 0) & (weight > 0)
    within = unit if "psu" in roles else design.stratum[unit]
    no_rosters(roles["size"], within[known], size[known], in_order=True)


_MANY_PSUS = 30
"""Identifiers that start anew in each of fewer PSUs than these look like those of households over several PSUs."""


def _look_for_split_households(
    data: nw.DataFrame[Any],
    roles: Mapping[str, str],
    wave: Categories | None,
    unit: NDArray[np.int32],
    design: PsuDesign,
) -> None:
    """Warn where identifiers of households lie in several PSUs or strata, and do not start anew in each PSU."""
    if "household" not in roles or "size" in roles or "households" in roles or not {"strata", "psu"} & set(roles):
        return
    found = categories([data], roles["household"])
    home = found.index if wave is None else found.index.astype(np.int64) * len(wave.levels) + wave.index
    lies_in = np.full(int(home.max()) + 1, -1, dtype=np.int32)
    lies_in[home] = unit if "psu" in roles else design.stratum[unit]
    split = lies_in[home] != (unit if "psu" in roles else design.stratum[unit])
    if not split.any() or design.units < _MANY_PSUS or len(home) / len(found.levels) > design.units / 4:
        return
    codes = np.unique(found.index[split])
    codes = codes[[found.levels[i] is not None for i in codes.tolist()]]
    if len(codes):
        shown = ", ".join(repr(found.levels[i]) for i in codes[:3].tolist())
        warn(
            f"household column {roles['household']!r}: {len(codes):,} of {len(found.levels):,} identifiers "
            f"({shown}) lie in several PSUs or strata, where they count as several households. Members of a household "
            "are drawn together: are strata= and psu= the right columns? Where identifiers start anew in each "
            f"district, say household=['district', {roles['household']!r}]"
        )


def _duplicated(keys: Sequence[nw.Series[Any]]) -> NDArray[np.bool_]:
    code = np.zeros(len(keys[0]), dtype=np.int64)
    for key in keys:
        part = categories([key.to_frame()], key.name)
        code = compress(code * len(part.levels) + part.index)[1].astype(np.int64)
    return np.bincount(code)[code] > 1


def _design(
    rows: int, wave: Categories | None, strata: Categories | None, psu: Categories | None, *, shared: bool | None
) -> tuple[NDArray[np.int32], PsuDesign]:
    """Number the strata (by round) and the units (PSUs by stratum), and tell which unit each row belongs to."""
    t, rounds = (wave.index, len(wave.levels)) if wave else (None, 1)
    h, places = (strata.index, len(strata.levels)) if strata else (None, 1)
    stratum = _pairs(t, h, places)
    if psu is None:
        unit = np.arange(rows, dtype=np.int32)
        first, code = np.arange(rows), unit
    else:
        unit = _nest(psu.index, len(psu.levels), stratum)
        first = first_of(unit, int(unit.max()) + 1)
        code = psu.index[first]
    found, of_unit = (
        compress(stratum[first]) if stratum is not None else (np.zeros(1, np.int64), np.zeros(len(first), np.int32))
    )
    place = (found % places).astype(np.int32)
    identity = np.arange(len(first), dtype=np.int32)
    location = np.arange(len(found), dtype=np.int32)
    if rounds > 1 and psu is not None and shared is not False:
        linked = compress(place[of_unit].astype(np.int64) * (int(code.max()) + 1) + code)[1]
        if shared:
            identity, location = linked, place
        else:
            hint_of_shared(linked)
    waves = (found // places).astype(np.int32)
    return unit, PsuDesign(of_unit, identity, waves, location, np.zeros(len(found)))


def _weightless(weight: NDArray[np.float64], unit: NDArray[np.int32], units: int) -> NDArray[np.bool_] | None:
    """Tell the units without a row that has a weight; None where there are none, which costs one read."""
    if (weight > 0).all():
        return None
    out = np.asarray(np.bincount(unit, weights=weight > 0, minlength=units) == 0)
    return out if out.any() else None


def hint_of_shared(identity: NDArray[np.int32]) -> None:
    """Warn where PSUs of several rounds have equal codes, and nobody said whether they are the same places."""
    twice = int((np.bincount(identity) > 1).sum())
    if twice:
        warn(
            f"{twice:,} PSUs have the code (and stratum) of a PSU of another round. If these are the same places, say "
            "shared_psus=True: errors of changes are others then. If the codes were given anew, say shared_psus=False; "
            "the rounds are taken as independent"
        )


def _tell_written_alike(
    data: nw.DataFrame[Any],
    roles: Mapping[str, str],
    read: Mapping[str, Categories | None],
    unit: NDArray[np.int32],
    design: PsuDesign,
) -> None:
    """Warn of rounds, strata, PSUs and households that differ only in how their names are written."""
    for role, what in (("wave", "rounds"), ("strata", "strata")):
        found = read[role]
        if found is not None:
            tell_alike(f"{role} column {roles[role]!r}", what, alike(found.levels))
    psu = read["psu"]
    if psu is not None:
        _tell_parts(f"psu column {roles['psu']!r}", "PSUs of one stratum", psu, design.stratum[unit])
    if "household" in roles and data[roles["household"]].dtype not in _NO_TEXT:
        found = categories([data], roles["household"])
        _tell_parts(f"household column {roles['household']!r}", "households of one PSU", found, unit)


def _tell_parts(where: str, what: str, categories: Categories, within: NDArray[Any]) -> None:
    """Warn of names written alike, where they stand in the same stratum or PSU."""
    one = merged(categories.levels)
    if one is None:
        return
    moved = one != np.arange(len(one))
    involved = np.isin(categories.index, np.flatnonzero(moved | np.isin(np.arange(len(one)), one[moved])))
    pairs = {(int(w), int(i)) for w, i in zip(within[involved], categories.index[involved], strict=True)}
    of: dict[tuple[int, int], list[int]] = {}
    for w, i in sorted(pairs):
        of.setdefault((w, int(one[i])), []).append(i)
    sets = dict.fromkeys(tuple(categories.levels[i] for i in same) for same in of.values() if len(same) > 1)
    tell_alike(where, what, list(sets))


def _pairs(t: NDArray[np.int32] | None, h: NDArray[np.int32] | None, places: int) -> NDArray[Any] | None:
    if t is None:
        return h
    return t if h is None and places == 1 else t.astype(np.int64) * places + (h if h is not None else 0)


def _nest(psu: NDArray[np.int32], count: int, stratum: NDArray[Any] | None) -> NDArray[np.int32]:
    """Make PSU codes unique across strata; codes that already are come back untouched."""
    if stratum is None:
        return psu
    if constant_within(psu, count, stratum) is not None:
        return psu
    return compress(stratum.astype(np.int64) * count + psu)[1]


def _sampled(
    data: nw.DataFrame[Any], name: str, unit: NDArray[np.int32], design: PsuDesign, problems: Problems
) -> NDArray[np.float64]:
    try:
        values = numbers(data[name]).astype(np.float64)
    except ValueError as error:
        problems.add(f"fpc column {name!r} {error}")
        return design.sampled
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        _add_rows(problems, f"fpc column {name!r}: missing, or not above 0,", bad)
        return design.sampled
    stratum = design.stratum[unit]
    given = values[first_of(stratum, design.strata)]
    if not np.array_equal(given[stratum], values):
        _add_rows(problems, f"fpc column {name!r}: varies within the stratum", given[stratum] != values)
        return design.sampled
    n = design.sizes()
    sampled = given if values.max() <= 1 else n / given
    if (sampled > 1).any():
        h = int(np.argmax(sampled > 1))
        problems.add(f"fpc column {name!r}: a stratum has {n[h]} PSUs in the sample and {given[h]:g} in the population")
    return sampled


def _second_stage(
    data: nw.DataFrame[Any], roles: Mapping[str, str], unit: NDArray[np.int32], design: PsuDesign, problems: Problems
) -> tuple[NDArray[np.int32], PsuDesign]:
    """Split PSUs into the households, or rows, that were drawn in them."""
    name = roles["fpc2"]
    try:
        values = numbers(data[name]).astype(np.float64)
    except ValueError as error:
        problems.add(f"fpc2 column {name!r} {error}")
        return unit, design
    bad = ~(np.isfinite(values) & (values > 0))
    if bad.any():
        _add_rows(problems, f"fpc2 column {name!r}: missing, or not above 0,", bad)
        return unit, design
    homes = _homes(data, roles)
    return second_stage(unit, design, np.arange(len(data)) if homes is None else homes.index, values, problems)


def _check_single(
    design: PsuDesign,
    wave: Categories | None,
    strata: Categories | None,
    psu: Categories | None,
    unit: NDArray[np.int32],
    problems: Problems,
) -> None:
    single = np.flatnonzero((design.sizes() == 1) & (design.sampled < 1))
    if design.single_psu != "error" or not len(single):
        return
    row = first_of(design.stratum[unit], design.strata).tolist()
    homes = psu is None and len(unit) > design.units  # no PSU is named: households were drawn
    drawn, one = ("household (and psu= is not given)", "household") if homes else ("PSU", "PSU")
    names = []
    for h in single[:_SHOWN]:
        stratum = strata.label(row[h]) if strata else "(all)"
        inside = f" (PSU {psu.label(row[h])})" if psu else ""
        names.append(stratum + inside + (f" of round {wave.label(row[h])}" if wave else ""))
    more = f" and {len(single) - _SHOWN} more" if len(single) > _SHOWN else ""
    problems.add(
        f"{len(single)} of {design.strata} strata have one {drawn}: {', '.join(names)}{more}. A single "
        f"{one} shows no variation: merge the stratum with a neighbour, or choose single_psu='centered' "
        "(as the global MPI does), 'certainty' (adds nothing) or 'scaled' (as the other strata on average)"
    )
