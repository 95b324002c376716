"""Monetary poverty and inequality of a survey, with the design's errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Unpack

from mpi.core.arguments import defaults, kinds_checked
from mpi.core.errors import RequestError
from mpi.estimation.options import Counting
from mpi.estimation.request import check_survey, opened
from mpi.estimation.rows import counted
from mpi.estimation.unobserved import with_categories
from mpi.frames.progress import staged
from mpi.monetary.assembled import assembled
from mpi.monetary.lines import Fixed, specs_of
from mpi.monetary.names import statistics_of
from mpi.monetary.on_engines import summed_there
from mpi.survey.survey import data_notes, in_words
from mpi.survey.undeclared import tell_undeclared
from mpi.tables.footnotes import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mpi.estimation.request import Opened
    from mpi.frames.aggregation import By
    from mpi.monetary.lines import LineLike, Relative
    from mpi.monetary.names import Statistic
    from mpi.results.estimates import Estimates
    from mpi.survey.survey import Survey
    from mpi.survey.words import Where

__all__ = ["MonetaryOptions", "ends_of", "estimate", "estimated", "request_of"]


class MonetaryOptions(Counting, total=False):
    """The options of estimates of money beside `where`, which lines are read in."""

    observed: bool


defaults(MonetaryOptions, unit=None, level=0.95, df="group", observed=True)


@kinds_checked
@staged("estimating")
def estimate(
    survey: Survey,
    welfare: str,
    by: Sequence[By] = (),
    *,
    line: LineLike = None,
    statistics: str | Sequence[str] | None = None,
    where: Where | None = None,
    **options: Unpack[MonetaryOptions],
) -> Estimates:
    """Estimate poverty and inequality of money, such as income or expenditure per head.

    Parameters
    ----------
    survey : Survey
        Who was asked.
    welfare : str
        The column of income or expenditure per person. Where it is missing, rows are left out, and the table says how
        many; negative amounts and 0 count, but for logarithms and powers (`ge`, `atkinson`, `watts`,
        `prosperity_gap`), which are of amounts above 0.
    by, where
        As for `mpi.estimate`.
    line : optional
        The poverty line, in the money of `welfare`: a number; a column's name (such as one line for towns and one
        for the country); a mapping of each round to a number; ``mpi.load_line(...)``, whose first threshold counts
        (another by a pair of the line and its name), each household by its ``area``;
        ``mpi.international_line("2.15", year=2018)``, per month; `relative_line`; or a mapping of names to these.
        A person is poor below the line, as the field has it; at the threshold of a law that includes it, too.
    statistics : str or sequence of str, optional
        Words with their parameters in brackets: ``fgt(0)`` (the headcount), ``fgt(1)``, ``fgt(2)`` or any other,
        ``watts``, ``sen``, ``sst``, ``number_of_poor``, ``rmpg``, ``tip(p)``, ``prosperity_gap``, all of a line; and
        ``mean``, ``mean(0,0.4)`` (of the poorest 40 per cent), ``quantile(p)``, ``gini``, ``ge(a)``, ``atkinson(e)``,
        ``lorenz(p)`` (the share of the poorest p), ``share(p,q)``, ``palma``, ``qsr``. Names of the World Bank's
        platform do too: ``headcount, poverty_gap, poverty_severity, median, mld, theil, decile1`` to ``decile10``.
    **options
        ``unit, level, df, observed``, as for `mpi.estimate`.

    Returns
    -------
    Estimates
        ``indicator`` is the column and ``dimension`` the line. A relative line stands among the figures as
        ``line``, with its error, which is in the errors of all that is measured by it.

    Raises
    ------
    MpiError
        With every statistic, line and column that cannot be used; where rows are with an engine and a statistic
        needs them in order.

    Notes
    -----
    The formulas stand in the documentation (Money). Errors are those of the influence of each row: exact derivatives,
    but for quantiles (and the headcount at relative lines), whose density is estimated by a Gaussian kernel with the
    bandwidth s / N^(1/5), s being the standard deviation and N the sum of weights (Osier 2009).

    Examples
    --------
    >>> import mpi
    >>> est = mpi.monetary.estimate(mpi.load_sample(), "income", line=900, statistics=["headcount", "gini"])
    >>> est.table["statistic"].tolist()
    ['fgt(0)', 'gini', 'fgt(0)', 'gini']
    """
    check_survey(survey)
    asked = statistics_of(statistics, line=line is not None)
    request, specs = request_of(survey, welfare, by, line, where, options)
    return estimated(request, welfare, asked, specs, observed=options.get("observed", True))


def ends_of(rounds: Sequence[Any] | None) -> tuple[Any, Any]:
    """Return from which round to which; None for the first and the last.

    Raises
    ------
    MpiError
        When there are not two.
    """
    if rounds is None:
        return None, None
    if isinstance(rounds, str) or not hasattr(rounds, "__len__") or len(rounds) != 2:
        raise RequestError(f"rounds: two are needed, from which to which, not {rounds!r}")
    start, end = rounds
    return start, end


def request_of(
    survey: Survey, welfare: str, by: Sequence[By], line: LineLike, where: Where | None, options: MonetaryOptions
) -> tuple[Opened, dict[str, Fixed | Relative]]:
    """Check the request, and read the lines."""
    survey.check_columns([welfare])
    plain = {k: v for k, v in options.items() if k != "observed"}
    request = opened(survey, by, columns=[welfare], where=where, **plain)  # type: ignore[arg-type]  # as MonetaryOptions says
    tell_undeclared(request.domain, [welfare])
    specs = specs_of(line, request.domain)
    columns = [s.column for s in specs.values() if isinstance(s, Fixed) and s.column is not None]
    return replace(request, columns=[*request.columns, *columns]), specs


def estimated(
    request: Opened, welfare: str, asked: Sequence[Statistic], specs: Mapping[str, Fixed | Relative], *, observed: bool
) -> Estimates:
    """Return the statistics of a request that was checked."""
    if request.domain.in_memory:
        found, first = request.estimates(
            lambda survey, rows, by: assembled(survey, rows, by, (welfare, asked, specs), request)
        )
    else:
        found, first = summed_there(request, welfare, asked, specs)
    said = {"counted": counted(first, request.unit), **data_notes(first), "survey": in_words(first)}
    lost = {k: v for k, v in found.about.items() if k in (KEY, "amounts")}
    lines = {f"line {n}": _description(s) for n, s in specs.items()}
    about = {**said, **lines, **lost}
    return with_categories(replace(found, about=about), request.domain, observed=observed)


def _description(spec: Fixed | Relative) -> str:
    return spec.said if isinstance(spec, Fixed) else spec.words
