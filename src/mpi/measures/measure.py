"""The `Measure` class: indicators in dimensions, exact rational weights and poverty cutoffs.

A `Measure` never changes; each operation gives a new one.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, get_args

from mpi.core.errors import Problems, RequestError
from mpi.measures.checks import check_indicators, check_word, normalised, only_indicators, read_cutoff
from mpi.measures.files import read, write
from mpi.measures.indicator import Indicator, altered, check_texts
from mpi.measures.reweight import check_names, nested_indicators, with_stated_weights, without
from mpi.measures.words import Missing, Unit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from fractions import Fraction

    from mpi.core.exact import Number
    from mpi.core.toml_file import TomlSource

__all__ = ["Indicator", "Measure", "Missing", "Unit"]


@dataclass(frozen=True, slots=True, init=False)
class Measure:
    """A multidimensional poverty measure of the Alkire-Foster kind.

    Person i's deprivation score is the sum of the weights of the indicators i is deprived in; a person is
    poor when the score is at least the poverty cutoff k. Weights and cutoffs are exact rationals, so the
    comparison is exact too (Alkire and Foster 2011, J. Public Economics 95:476-487).

    Parameters
    ----------
    name : str
        A short name.
    indicators : sequence of Indicator
        At least one; their weights add to 1.
    cutoff : str, int, float, Fraction or Decimal
        The poverty cutoff k, a share of the score in (0, 1].
    severe, vulnerable : optional
        The cutoffs of severe poverty (at least this) and of vulnerability (from this to k).
    missing : {"drop", "reweight", "bounds"}
        What becomes of a row with a missing indicator.
    unit : {"person", "household"}
        What is counted.
    title, source : str, optional
        What to print, and where the definition comes from.

    Raises
    ------
    MpiError
        With every problem of the definition at once: weights that do not add to 1, an indicator twice, a
        cutoff outside (0, 1] and so on.

    Notes
    -----
    A float that a fraction with a small denominator explains is that fraction, be it off by rounding: 0.1 + 0.2 is
    3/10. Weights given as floats that are no such fractions (data-driven weights) may miss 1 by 1e-9, those of 32
    bits by 1e-6; they are then divided by their sum, and a score counts as at the cutoff within that `tolerance`.
    Nobody without a deprivation is ever poor.

    Examples
    --------
    >>> m = Measure.nested("mine", {"health": ["a", "b"], "education": ["c"]}, cutoff="1/3")
    >>> [str(i.weight) for i in m.indicators]
    ['1/4', '1/4', '1/2']
    """

    name: str
    indicators: tuple[Indicator, ...]
    cutoff: Fraction
    severe: Fraction | None
    vulnerable: Fraction | None
    missing: Missing
    unit: Unit
    title: str
    source: str
    tolerance: Fraction

    def __init__(
        self,
        name: str,
        indicators: Sequence[Indicator],
        cutoff: Number,
        *,
        severe: Number | None = None,
        vulnerable: Number | None = None,
        missing: Missing = "drop",
        unit: Unit = "person",
        title: str = "",
        source: str = "",
    ) -> None:
        problems = Problems(f"measure {name!r}", RequestError)
        texts = {"name": name, "title": title, "source": source}
        check_texts(texts, problems)
        given = only_indicators(indicators, problems)
        check_indicators(given, problems)
        given, tolerance = normalised(given, problems)
        optional = {"severe": severe, "vulnerable": vulnerable}
        cutoffs = {key: k if k is None else read_cutoff(k, key, problems) for key, k in optional.items()}
        cutoffs["cutoff"] = read_cutoff(cutoff, "cutoff", problems)
        words = {"missing": missing, "unit": unit}
        check_word(missing, get_args(Missing), "missing", problems)
        check_word(unit, get_args(Unit), "unit", problems)
        problems.raise_if_any()
        values = {**texts, "title": title or name, "indicators": given, **cutoffs, **words, "tolerance": tolerance}
        for key, value in values.items():
            object.__setattr__(self, key, value)

    @classmethod
    def nested(
        cls,
        name: str,
        dimensions: Mapping[str, Sequence[str]],
        cutoff: Number,
        *,
        severe: Number | None = None,
        vulnerable: Number | None = None,
        missing: Missing = "drop",
        unit: Unit = "person",
    ) -> Measure:
        """Make a measure with equal nested weights: dimensions weigh alike, as do the indicators of each.

        Parameters
        ----------
        name : str
            A short name.
        dimensions : mapping of str to sequence of str
            The indicators of each dimension.
        cutoff, severe, vulnerable, missing, unit
            As for `Measure`.

        Examples
        --------
        >>> Measure.nested("m", {"x": ["a"], "y": ["b", "c"]}, cutoff="1/2").weights["b"]
        Fraction(1, 4)
        """
        indicators = nested_indicators(name, dimensions)
        return cls(name, indicators, cutoff, severe=severe, vulnerable=vulnerable, missing=missing, unit=unit)

    @classmethod
    def from_toml(cls, source: TomlSource) -> Measure:
        r"""Read a measure from a TOML file.

        Parameters
        ----------
        source : path, str or mapping
            The file; or its text, which has several lines; or its tables, as `tomllib` gives them. It has a `name`, a
            `cutoff` and `dimensions`, and may have `title`, `source`, `severe`, `vulnerable`, `missing`, `unit`,
            `order` (of indicators, where dimensions mix) and `weights`, the word ``rounded`` where they may miss 1 by
            1e-9 (``float32``: by 1e-6). A dimension is a list of indicators, or a table with a `weight` and
            `indicators`: a list again, or a table each (`weight`, `column`, `label`, `description`). Weights are shares
            of the whole score. Where no dimension has one they share equally, and so do the indicators of a dimension
            where none has one.

        Raises
        ------
        MpiError
            When the file is absent or is not TOML (with line and column), or with every problem of it at once,
            each with the path of its key.

        Examples
        --------
        >>> from pathlib import Path
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as folder:
        ...     file = Path(folder) / "mine.toml"
        ...     _ = file.write_text('name = "mine"\ncutoff = 0.5\n[dimensions]\nx = ["a"]\ny = ["b", "c"]')
        ...     Measure.from_toml(file).weights["c"]
        Fraction(1, 4)
        """
        found, problems = read(source)
        measure = problems.attempt(lambda: cls(**found))
        problems.raise_if_any()
        return measure  # type: ignore[return-value]  # None only where problems were noted

    def to_toml(self) -> str:
        """Write the measure as TOML text that `from_toml` reads back to an equal measure."""
        return write({f.name: getattr(self, f.name) for f in fields(self)})

    @property
    def names(self) -> tuple[str, ...]:
        """The indicators' names, in order."""
        return tuple(i.name for i in self.indicators)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that hold the indicators, in order."""
        return tuple(i.column for i in self.indicators)

    @property
    def dimensions(self) -> tuple[str, ...]:
        """The dimensions, in order."""
        return tuple(dict.fromkeys(i.dimension for i in self.indicators))

    @property
    def weights(self) -> dict[str, Fraction]:
        """The weight of each indicator."""
        return {i.name: i.weight for i in self.indicators}

    def drop(self, *names: str) -> Measure:
        """Leave indicators out; their weight is spread over the rest of their dimension, in proportion.

        This is what the global MPI does where a survey lacks an indicator. A dimension that loses all its
        indicators loses its weight to the other dimensions, in proportion.

        Examples
        --------
        >>> m = Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, cutoff="1/3").drop("a")
        >>> {k: str(v) for k, v in m.weights.items()}
        {'b': '1/2', 'c': '1/2'}
        """
        return self._with(without(self.indicators, names, self.name))

    def with_weights(self, weights: Mapping[str, Number]) -> Measure:
        """Change the weights: name every dimension (shared as before within it) or every indicator.

        Parameters
        ----------
        weights : mapping of str to number
            Either the weight of each dimension or the weight of each indicator; they add to 1. An indicator
            left out of a mapping of indicators is an error; give it 0 to leave it without weight.

        Examples
        --------
        >>> m = Measure.nested("m", {"x": ["a", "b"], "y": ["c"]}, cutoff="1/3")
        >>> {k: str(v) for k, v in m.with_weights({"x": "1/4", "y": "3/4"}).weights.items()}
        {'a': '1/8', 'b': '1/8', 'c': '3/4'}
        """
        return self._with(with_stated_weights(self.indicators, weights, self.name))

    def with_cutoff(self, cutoff: Number) -> Measure:
        """Change the poverty cutoff."""
        return self._with(self.indicators, cutoff=cutoff)

    def union(self) -> Measure:
        """Count as poor whoever is deprived in any indicator: k is the smallest weight."""
        return self.with_cutoff(min(i.weight for i in self.indicators if i.weight > 0))

    def intersection(self) -> Measure:
        """Count as poor whoever is deprived in every indicator: k is 1."""
        return self.with_cutoff(1)

    def with_columns(self, columns: Mapping[str, str]) -> Measure:
        """Say which columns hold the indicators, for those whose column is not their name.

        Examples
        --------
        >>> Measure.nested("m", {"x": ["a"]}, cutoff=1).with_columns({"a": "HV201_dep"}).columns
        ('HV201_dep',)
        """
        check_names(self.indicators, columns, self.name, "find a column for")
        return self._with([altered(i, column=columns.get(i.name, i.column)) for i in self.indicators])

    def with_missing(self, missing: Missing) -> Measure:
        """Change what becomes of rows with a missing indicator."""
        return self._with(self.indicators, missing=missing)

    def _with(
        self, indicators: Sequence[Indicator], *, cutoff: Number | None = None, missing: Missing | None = None
    ) -> Measure:
        return Measure(
            self.name,
            indicators,
            self.cutoff if cutoff is None else cutoff,
            severe=self.severe,
            vulnerable=self.vulnerable,
            missing=missing or self.missing,
            unit=self.unit,
            title=self.title,
            source=self.source,
        )
