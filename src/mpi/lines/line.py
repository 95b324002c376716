"""A national poverty line: thresholds, classes and indicators, each with its source and how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.arguments import kinds_checked
from mpi.errors import MpiError
from mpi.indicator import Indicator
from mpi.lines.caution import caution
from mpi.lines.items import Standing, amount
from mpi.measure import Measure

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from fractions import Fraction

    import pandas as pd

    from mpi.asking import By
    from mpi.estimates import Estimates
    from mpi.lines.classification import Absent, Classification, Multiple
    from mpi.lines.items import Area, Condition, Deprivation, Fact, LineClass, Threshold
    from mpi.survey import Survey

__all__ = ["Line"]


@dataclass(frozen=True, slots=True, repr=False)
class Line:
    """A national poverty line, read from a file by `mpi.load_line` or `Line.from_toml`.

    Attributes
    ----------
    name, title, country : str
        What it is called, and where it applies.
    unit : str
        The unit of the thresholds, such as ``VND per person per month``.
    instrument, validity : Fact
        The decree, and the period it applies to, with their standing.
    valid_from, valid_to : date
        The first and the last day on which it applies.
    areas : tuple of Area
        The areas with thresholds of their own; none where all have the same.
    thresholds : tuple of Threshold
        Thresholds of income, ascending.
    classes : tuple of LineClass
        The classes of households with their conditions; each household is in exactly one.
    indicators : tuple of Deprivation
        The deprivations that are counted; none where the line is of income alone.
    cutoff : Fraction or None
        The share of deprivations from which `measure` counts a person as poor.
    weighting, identification : Fact or None
        Where the weights and that cutoff come from.
    notes : tuple of Fact
        What else there is to know.
    """

    name: str
    title: str
    country: str
    unit: str
    instrument: Fact
    validity: Fact
    valid_from: date
    valid_to: date
    areas: tuple[Area, ...]
    thresholds: tuple[Threshold, ...]
    classes: tuple[LineClass, ...]
    indicators: tuple[Deprivation, ...]
    cutoff: Fraction | None
    weighting: Fact | None
    identification: Fact | None
    notes: tuple[Fact, ...]

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Line:
        """Read a line from a TOML file; every problem of the file is told at once.

        Another country's line is such a file, without any code.

        Raises
        ------
        MpiError
            When the file is absent, is not TOML, or does not define a line; each problem with the path of its key.

        Notes
        -----
        The keys of a file; every table but those of areas and classes has a `status` (verified, secondary, from
        memory, not found), a `source` and perhaps an `article`:

        - ``name``, ``unit``, and perhaps ``title`` and ``country``;
        - ``[instrument]`` with ``text``; ``[validity]`` with ``from`` and ``to``, dates, and perhaps ``text``;
        - ``[areas.<name>]``, where thresholds differ: ``label``, ``codes`` and ``words`` by which data tell the area;
        - ``[thresholds.<name>]``: ``value``, one number or a table of one for each area; ``bound``, inclusive (an
          income at the threshold is not above it, the default) or exclusive; ``label``;
        - ``[classes.<name>]``: ``label``, ``local`` (its name in the country's language), and ``when``, a list of
          conditions of which one suffices: ``above`` and ``up_to``, names of thresholds, and ``deprivations``, with
          ``at_least`` or ``fewer_than``; or ``otherwise = true`` for the class that takes the rest. Each household
          must be in exactly one class;
        - ``[indicators.<name>]``: ``dimension``, ``deprived`` (who is, in words), and perhaps ``label``, ``local``,
          ``weight`` and ``column`` (``dep_<name>`` by default);
        - ``[weighting]`` with ``each``, and ``[identification]`` with ``cutoff``, exact shares: for `measure`;
        - ``[notes.<name>]`` with ``text``.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> law = '''
        ... name = "mine"
        ... unit = "EUR per person per month"
        ... instrument = { text = "Act 1 of 2020", status = "verified", source = "official journal" }
        ... validity = { from = 2020-01-01, to = 2024-12-31, status = "verified", source = "official journal" }
        ... [thresholds.line]
        ... value = 600
        ... status = "verified"
        ... source = "Act 1, article 2"
        ... [[classes.poor.when]]
        ... up_to = "line"
        ... status = "verified"
        ... source = "Act 1, article 3"
        ... [classes.other]
        ... otherwise = true'''
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "mine.toml"
        ...     _ = file.write_text(law)
        ...     line = Line.from_toml(file)
        >>> line.thresholds[0].values
        (600,)
        """
        from mpi.lines.line_files import read

        return read(path)

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
            raise MpiError(f"line {self.name!r} is of income alone: it has no indicators to make a measure of")
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

    @kinds_checked
    def classify(
        self,
        survey: Survey,
        *,
        income: str = "income",
        income_in: Multiple = "units",
        area: str | None = "area",
        areas: Mapping[Any, str] | None = None,
        columns: Mapping[str, str] | None = None,
        absent: Absent = "error",
        prefix: str = "",
    ) -> Classification:
        """Put each household into its class, as far as its income and its deprivations decide it.

        Parameters
        ----------
        survey : Survey
            Who was asked.
        income : str
            The column of income, in the unit of the line (VND per person per month). It is compared as it stands,
            without tolerance or rounding: 700,000 is at or below a line of 700,000, and 700,000.01 is above it.
            Where incomes were divided (by 12 months, by members), round them to whole dong first if the survey
            office does; an income whose exact quotient is the line stays on it.
        income_in : {"units", "thousands", "millions"}
            Whether the column holds dong, thousands or millions of them, if the line is in dong.
        area : str or None
            The column that says which of the line's areas a household is in. Its value labels are read, and
            without labels its codes (Viet Nam: 1 urban, 2 rural). None for a line without areas.
        areas : mapping of value or label to the name of an area, optional
            Another coding, such as ``{0: "rural", 1: "urban"}``.
        columns : mapping of indicator to column, optional
            For indicators that do not stand in ``dep_<name>``; their values are 0, 1 and missing.
        absent : {"error", "missing"}
            What an indicator without a column is: an error, or missing for everybody.
        prefix : str
            Put before the names of the new columns, which must not be in the survey yet.

        Returns
        -------
        Classification
            The class of each row; missing where what is not known of the household could change it.

        Raises
        ------
        MpiError
            With every problem of the columns at once.

        Warns
        -----
        MpiWarning
            Once per session and line, where items of it are not verified; and where incomes look like thousands.

        Examples
        --------
        >>> import mpi
        >>> from mpi.lines import load_line
        >>> status = load_line("vn-2006").classify(mpi.load_sample(), income_in="thousands")
        >>> status.table["class"].tolist()
        ['poor', 'other', 'total']
        """
        from mpi.lines.classification import classify

        return classify(
            self, survey, income=income, income_in=income_in, area=area, areas=areas, columns=columns, absent=absent,
            prefix=prefix,
        )  # fmt: skip

    def estimate_with(self, survey: Survey, by: Sequence[By] = (), **options: Any) -> Estimates:
        """Estimate the classes of this line and its measure: what ``mpi.estimate(survey, line, by)`` does.

        The share and the number in each class (statistics named by class) come first, then the Alkire-Foster
        statistics of `measure`, where the line has indicators. `options` are those of `mpi.estimate`; for columns
        under other names use `mpi.estimate_line`.
        """
        from mpi.lines.class_estimates import estimate_all

        return estimate_all(self, survey, by, **options)

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

    def describe(self, condition: Condition, area: int | None = None) -> str:
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
            bounds.append(f"{word} {self._named(condition.above, area)}")
        if condition.up_to is not None:
            word = "at or below" if self._threshold(condition.up_to).inclusive else "below"
            bounds.append(f"{word} {self._named(condition.up_to, area)}")
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

    def _named(self, name: str, area: int | None) -> str:
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
