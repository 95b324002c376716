"""Lines read from the tables of a line file, with every problem noted by its path."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any, get_args

from mpi.core.errors import unknown
from mpi.core.exact import text
from mpi.core.toml_words import is_text, join
from mpi.lines.decisions import band_names, conditions_met
from mpi.lines.items import Area, ClassCondition, Deprivation, LineClass, LineFact, Standing, Status, Threshold

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mpi.core.toml_table import TomlTable

__all__ = ["read_line"]

_STANDING = ("status", "source", "article")
_TOP = (
    "name", "title", "country", "unit", "instrument", "validity", "areas", "thresholds", "classes", "weighting",
    "identification", "indicators", "notes",
)  # fmt: skip
_NEEDED = ("name", "unit", "instrument", "validity", "thresholds", "classes")
_INDICATOR = ("dimension", "deprived")
_BITS = 62


def read_line(top: TomlTable) -> dict[str, Any]:
    """Return the arguments of `Line` that a file gives; they are sound where no problem was noted."""
    top.check(_TOP, needed=_NEEDED)
    areas = _areas(top)
    thresholds = _thresholds(top, areas)
    weighting, each = _share(top, "weighting", "each")
    identification, cutoff = _share(top, "identification", "cutoff")
    indicators = _indicators(top, each)
    classes = _classes(top, _Known([t.name for t in thresholds], len(indicators)))
    validity, first, last = _validity(top)
    if indicators and cutoff is None and "identification" not in top:
        top.note("identification", "not found, but needed: cutoff = '3/10', the share from which a person is poor")
    if not top.problems.found:
        _partition(top, thresholds, classes, len(indicators))
    name = top.text("name")
    if "name" in top and not name and is_text(top.values["name"]):
        top.expected("name", "a short name")
    return {
        "name": name,
        "title": top.text("title", name),
        "country": top.text("country"),
        "unit": top.text("unit"),
        "instrument": _fact(top, "instrument"),
        "validity": validity,
        "valid_from": first,
        "valid_to": last,
        "areas": areas,
        "thresholds": thresholds,
        "classes": classes,
        "indicators": indicators,
        "cutoff": cutoff if indicators else None,
        "weighting": weighting,
        "identification": identification,
        "notes": _notes(top),
    }


# --- facts in words ---------------------------------------------------------------------------------------


def _read_standing(table: TomlTable) -> Standing:
    """Read how sure an item is; every item says so, and only what was not found has no source."""
    if "status" not in table:
        table.note("status", f"not found, but needed: {' or '.join(map(repr, get_args(Status)))}")
        return Standing("not found", "")
    words: tuple[Status, ...] = get_args(Status)
    status: Status = table.word("status", words, "not found")
    source = table.text("source")
    if not source and status != "not found" and "source" not in table:
        table.note("source", "not found, but needed: where this was read")
    return Standing(status, source, table.text("article"))


def _fact(top: TomlTable, key: str) -> LineFact:
    table = top.table(key)
    if table is None:
        return LineFact(key, "", Standing("not found", ""))
    table.check(("text", *_STANDING), needed=("text",))
    return LineFact(key, table.text("text"), _read_standing(table))


def _notes(top: TomlTable) -> tuple[LineFact, ...]:
    found = []
    for name, table in top.tables("notes"):
        table.check(("text", *_STANDING), needed=("text",))
        found.append(LineFact(name, table.text("text"), _read_standing(table)))
    return tuple(found)


def _validity(top: TomlTable) -> tuple[LineFact, Any, Any]:
    table = top.table("validity")
    if table is None:
        return LineFact("validity", "", Standing("not found", "")), None, None
    table.check(("from", "to", "text", *_STANDING), needed=("from", "to"))
    first, last = table.day("from"), table.day("to")
    if "from" in table and "to" in table and last < first:
        table.note("to", f"{last} is before {first}, the first day")
    said = table.text("text")
    period = f"{first} to {last}" + (f" ({said})" if said else "")
    return LineFact("validity", period, _read_standing(table)), first, last


def _share(top: TomlTable, key: str, inner: str) -> tuple[LineFact | None, Fraction | None]:
    table = top.table(key)
    if table is None:
        return None, None
    table.check((inner, "text", *_STANDING), needed=(inner,))
    share = table.share(inner)
    said = table.text("text")
    words = ("" if share is None else text(share)) + (f": {said}" if said else "")
    return LineFact(key, words, _read_standing(table)), share


# --- areas and thresholds -----------------------------------------------------------------------------------


def _areas(top: TomlTable) -> tuple[Area, ...]:
    found = []
    for name, table in top.tables("areas"):
        table.check(("label", "codes", "words"))
        found.append(
            Area(
                name, table.text("label", name), tuple(table.entries("codes")), tuple(map(str, table.entries("words")))
            )
        )
    return tuple(found)


def _thresholds(top: TomlTable, areas: Sequence[Area]) -> tuple[Threshold, ...]:
    found = []
    for name, table in top.tables("thresholds"):
        table.check(("label", "value", "bound", *_STANDING), needed=("value",))
        inclusive = table.word("bound", ("inclusive", "exclusive"), "inclusive") == "inclusive"
        label = table.text("label", name.replace("_", " "))
        found.append(Threshold(name, label, _values(table, areas), inclusive, _read_standing(table)))
    if "thresholds" in top and not found:
        top.note("thresholds", "at least one threshold of income is needed")
    found.sort(key=lambda t: (t.values, t.inclusive))
    for low, high in pairwise(found):
        for area, a, b in zip(areas, low.values, high.values, strict=False):
            if a > b:
                top.problems.add(
                    f"{join('thresholds', low.name)}: it is below {high.name!r} elsewhere, but above it in "
                    f"{area.name!r}; keep one order in all areas"
                )
    return tuple(found)


def _values(table: TomlTable, areas: Sequence[Area]) -> tuple[int | float, ...]:
    """Read a threshold's value in each area: one number for all, or a table by area."""
    if "value" not in table:
        return (0,) * max(len(areas), 1)
    if not isinstance(table.values["value"], dict):
        return (table.number("value"),) * max(len(areas), 1)
    inner = table.table("value")
    assert inner is not None  # noqa: S101  # it was seen to be a table
    names = [a.name for a in areas]
    if not names:
        table.note("value", "it differs by area, but the file has no [areas]; name them, or give one number")
        return (0,)
    inner.check(names, needed=names)
    return tuple(inner.number(n) if n in inner else 0 for n in names)


# --- classes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Known:
    """The names that a condition may refer to."""

    thresholds: Sequence[str]
    indicators: int


def _classes(top: TomlTable, names: _Known) -> tuple[LineClass, ...]:
    """Return the classes of a line file."""
    found = []
    for name, table in top.tables("classes"):
        table.check(("label", "local", "when", "otherwise"))
        if not name.isidentifier() or name in _RESERVED:
            table.note_table(f"a class is a column of the result: letters, digits and _, not {_RESERVED}")
        conditions = tuple(_condition(w, names) for w in table.listed("when"))
        if table.truth("otherwise"):
            conditions += (ClassCondition(None, None, None, None, otherwise=True, standing=Standing("verified", "")),)
        elif not conditions:
            table.note("when", "not found, but needed: the conditions of the class, or otherwise = true")
        label = table.text("label", name.replace("_", "-"))
        found.append(LineClass(name, label, table.text("local"), conditions))
    rest = [c.name for c in found if any(w.otherwise for w in c.conditions)]
    if len(rest) > 1:
        top.note("classes", f"{' and '.join(map(repr, rest))} each take the rest; only one class can")
    if sum(len(c.conditions) for c in found) > _BITS:
        top.note("classes", f"there are more than {_BITS} conditions")
    return tuple(found)


_RESERVED = ("class", "class_code", "class_by", "undecided", "total")


def _condition(table: TomlTable, names: _Known) -> ClassCondition:
    """Return one condition of a class."""
    table.check(("above", "up_to", "deprivations", *_STANDING))
    for key in ("above", "up_to"):
        if key in table and table.text(key) not in names.thresholds and is_text(table.values[key]):
            table.note(key, unknown("threshold", table.text(key), names.thresholds))
    least, fewer = _counts(table, names.indicators)
    if not any(key in table for key in ("above", "up_to", "deprivations")):
        table.note("up_to", "not found; a condition needs above, up_to or deprivations")
    above, up_to = table.text("above") or None, table.text("up_to") or None
    return ClassCondition(above, up_to, least, fewer, otherwise=False, standing=_read_standing(table))


def _counts(table: TomlTable, indicators: int) -> tuple[int | None, int | None]:
    inner = table.table("deprivations")
    if inner is None:
        return None, None
    inner.check(("at_least", "fewer_than"))
    if not inner.values:
        table.expected("deprivations", "at_least or fewer_than, such as { at_least = 3 }")
    if not indicators:
        table.note("deprivations", "the file has no [indicators] to count")
    found = inner.count("at_least"), inner.count("fewer_than")
    for key, value in zip(("at_least", "fewer_than"), found, strict=True):
        if indicators and value is not None and value > indicators:
            inner.note(key, f"{value}, but there are {indicators} indicators")
    return found


def _partition(
    top: TomlTable, thresholds: Sequence[Threshold], classes: Sequence[LineClass], indicators: int
) -> None:  # fmt: skip
    """Hold the classes to one for each household: note bands and counts in none, or in several."""
    of_class = [c.name for c in classes for _ in c.conditions]
    names = band_names(thresholds)
    gaps: dict[tuple[str, str], list[int]] = {}
    for band, row in enumerate(conditions_met(thresholds, classes, indicators)):
        for count, held in enumerate(row):
            found = list(dict.fromkeys(of_class[i] for i in held))
            if len(found) != 1:
                what = f"in both {' and '.join(map(repr, found))}" if found else "in no class"
                gaps.setdefault((names[band], what), []).append(count)
    for (where, what), counts in gaps.items():
        number = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
        having = f" with {number} deprivations" if indicators else ""
        hint = "" if "both" in what else "; a class with otherwise = true takes the rest"
        top.note("classes", f"a household with income {where}{having} is {what}{hint}")


# --- indicators -----------------------------------------------------------------------------------------------


def _indicators(top: TomlTable, weight_each: Fraction | None) -> tuple[Deprivation, ...]:
    """Return the indicators of a line file, of equal weights where it gives none."""
    entries = top.tables("indicators")
    found = []
    for name, table in entries:
        table.check((*_INDICATOR, "weight", "label", "local", "column", *_STANDING), needed=_INDICATOR)
        weight = table.share("weight") if "weight" in table else weight_each or Fraction(1, len(entries))
        found.append(
            Deprivation(
                name, table.text("dimension"), weight or Fraction(0), table.text("label", name.replace("_", " ")),
                table.text("local"), table.text("deprived"), table.text("column", f"dep_{name}"), _read_standing(table),
            )
        )  # fmt: skip
    total = sum((d.weight for d in found), Fraction(0))
    if found and total != 1 and all(d.weight for d in found):
        top.problems.add(
            f"{_where_weights(top)}: the weights of the {len(found)} indicators add to {text(total)}, not to 1"
        )
    return tuple(found)


def _where_weights(top: TomlTable) -> str:
    return join("weighting", "each") if "weighting" in top else "indicators"
