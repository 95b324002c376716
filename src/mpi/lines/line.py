"""A national poverty line: a standard that is read from a file, and puts households into its classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mpi.core.arguments import kinds_checked
from mpi.lines.classification import classify
from mpi.lines.estimates import estimate_all
from mpi.lines.files import read
from mpi.lines.standard import Standard

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.core.toml_file import TomlSource
    from mpi.frames.aggregation import By
    from mpi.lines.classification import Absent, Classification, Multiple
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey

__all__ = ["Line"]


@dataclass(frozen=True, slots=True, repr=False)
class Line(Standard):
    """A national poverty line, read from a file by `mpi.load_line` or `Line.from_toml`.

    Attributes
    ----------
    name, title, country : str
        What it is called, and where it applies.
    unit : str
        The unit of the thresholds, such as ``VND per person per month``.
    instrument, validity : LineFact
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
    weighting, identification : LineFact or None
        Where the weights and that cutoff come from.
    notes : tuple of LineFact
        What else there is to know.
    """

    @classmethod
    def from_toml(cls, source: TomlSource) -> Line:
        """Read a line from a TOML file, its text or its tables; every problem is told at once.

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
        return cls(**read(source))

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
        return estimate_all(self, survey, by, **options)
