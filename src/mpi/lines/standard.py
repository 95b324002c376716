"""A poverty standard: thresholds, classes and indicators, each with its source and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.core.errors import RequestError
from mpi.lines.caution import caution
from mpi.lines.items import Standing, amount
from mpi.measures.indicator import Indicator
from mpi.measures.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from fractions import Fraction

    import pandas as pd

    from mpi.lines.items import Area, ClassCondition, Deprivation, LineClass, LineFact, Threshold

__all__ = ["Standard"]


@dataclass(frozen=True, slots=True, repr=False)
class Standard:
    """The data of a poverty standard; a `Line` explains each and adds what is done with them."""

    name: str
    title: str
    country: str
    unit: str
    instrument: LineFact
    validity: LineFact
    valid_from: date
    valid_to: date
    areas: tuple[Area, ...]
    thresholds: tuple[Threshold, ...]
    classes: tuple[LineClass, ...]
    indicators: tuple[Deprivation, ...]
    cutoff: Fraction | None
    weighting: LineFact | None
    identification: LineFact | None
    notes: tuple[LineFact, ...]

    @property
    def measure(self) -> Measure:
        """The line's indicators as an Alkire-Foster measure: no income, a person is poor from the line's cutoff on.

        Each indicator has the column ``dep_<name>``. Households are identified as a whole, so that each member of
        one has the same status; persons are counted unless an estimate says ``unit="household"``.

        Raises
        ------
        MpiError
            When the line is of income alone.

        Warns
        -----
        MpiWarning
            Once per session and line, where items of it are not verified.

        Examples
        --------
        >>> import warnings
        >>> from mpi.lines import load_line
        >>> with warnings.catch_warnings():
        ...     warnings.simplefilter("ignore")
        ...     measure = load_line("vn-2022").measure
        >>> measure.cutoff, measure.columns[0]
        (Fraction(1, 4), 'dep_employment')
        """
        if self.cutoff is None:
            raise RequestError(f"line {self.name!r} is of income alone: it has no indicators to make a measure of")
        caution(self.name, self.standings())
        return Measure(
            self.name,
            [
                Indicator(
                    i.name, dimension=i.dimension, weight=i.weight, column=i.column, label=i.label,
                    description=f"{i.deprived} ({i.standing.status})",
                )
                for i in self.indicators
            ],
            self.cutoff,
            title=self.title,
            source=f"{self.instrument.text}; the standing of each part: load_line({self.name!r}).provenance()",
        )  # fmt: skip

    def provenance(self) -> pd.DataFrame:
        """Return every item of the line: its value and unit, its article, how sure it is, and where it was read.

        Examples
        --------
        >>> from mpi.lines import load_line
        >>> table = load_line("vn-2016").provenance().set_index("item")
        >>> table.loc["thresholds.poverty_level.urban", ["value", "status"]].tolist()
        [900000, 'verified']
        """
        import pandas as pd

        names = ("item", "value", "unit", "article", "status", "source")
        return pd.DataFrame(
            [(item, value, unit, s.article, s.status, s.source) for item, value, unit, s in self._items()],
            columns=pd.Index(names),
        )

    def standings(self) -> list[Standing]:
        """Return how sure each item is, in the order of `provenance`."""
        return [standing for *_, standing in self._items()]

    def describe(self, condition: ClassCondition, area: int | None = None) -> str:
        """Say a condition in words, with the thresholds of one area where it is given by its position.

        Examples
        --------
        >>> from mpi.lines import load_line
        >>> line = load_line("vn-2022")
        >>> line.describe(line.classes[0].conditions[0], area=0)
        'income at or below the income line (2,000,000) and at least 3 deprivations'
        """
        if condition.otherwise:
            return "the conditions of no other class"
        bounds = []
        if condition.above is not None:
            word = "above" if self._threshold(condition.above).inclusive else "at or above"
            bounds.append(f"{word} {self._column_of(condition.above, area)}")
        if condition.up_to is not None:
            word = "at or below" if self._threshold(condition.up_to).inclusive else "below"
            bounds.append(f"{word} {self._column_of(condition.up_to, area)}")
        counts = []
        if condition.at_least is not None:
            counts.append(f"at least {condition.at_least}")
        if condition.fewer_than is not None:
            counts.append(f"fewer than {condition.fewer_than}")
        parts = [f"income {' and '.join(bounds)}"] if bounds else []
        return " and ".join([*parts, *([f"{' and '.join(counts)} deprivations"] if counts else [])])

    def __repr__(self) -> str:
        """The instrument, the period, the classes with their conditions, and how much of it is verified."""
        lines = [f"<Line {self.name}: {self.title}>", f"{self.instrument.text}; applies {self.validity.text}"]
        for c in self.classes:
            ways = "; or ".join(self.describe(w) for w in c.conditions)
            lines.append(f"  {c.name} ({c.local or c.label}): {ways}")
        lines += [f"  {t.label}: {self._values(t)} {self.unit}" for t in self.thresholds]
        return "\n".join([*lines, self._sureness()])

    def _repr_html_(self) -> str:
        """Return the table of all items for a notebook."""
        from html import escape

        head = f"<b>{escape(self.name)}</b>: {escape(self.title)}<br>{escape(self.instrument.text)}"
        return f"<p>{head}<br>{escape(self._sureness())}</p>{self.provenance().to_html(index=False, escape=True)}"

    def _items(self) -> Iterator[tuple[str, Any, str, Standing]]:
        yield "instrument", self.instrument.text, "", self.instrument.standing
        yield "validity", self.validity.text, "date", self.validity.standing
        for t in self.thresholds:
            for name, value in zip([a.name for a in self.areas] or [""], t.values, strict=True):
                yield f"thresholds.{t.name}{name and f'.{name}'}", value, self.unit, t.standing
        for c in self.classes:
            for i, w in enumerate(c.conditions):
                if not w.otherwise:
                    yield f"classes.{c.name}.when[{i}]", self.describe(w), "", w.standing
        for fact in (self.weighting, self.identification):
            if fact is not None:
                yield fact.name, fact.text, "share of the score", fact.standing
        for d in self.indicators:
            yield f"indicators.{d.name}", d.deprived, "0 or 1 per household", d.standing
        for fact in self.notes:
            yield f"notes.{fact.name}", fact.text, "", fact.standing

    def _threshold(self, name: str) -> Threshold:
        return next(t for t in self.thresholds if t.name == name)

    def _column_of(self, name: str, area: int | None) -> str:
        found = self._threshold(name)
        return f"the {found.label.lower()}" + ("" if area is None else f" ({amount(found.values[area])})")

    def _values(self, threshold: Threshold) -> str:
        if not self.areas:
            return amount(threshold.values[0])
        return ", ".join(f"{a.name} {amount(v)}" for a, v in zip(self.areas, threshold.values, strict=True))

    def _sureness(self) -> str:
        standings = self.standings()
        sure = sum(s.verified for s in standings)
        if sure == len(standings):
            return f"all {sure} items are verified"
        return f"{sure} of {len(standings)} items are verified; provenance() shows the standing of each"
