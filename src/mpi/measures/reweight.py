"""The indicators of a measure with other weights: equal and nested, without some of them, or as stated."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from mpi.core.errors import MpiError, Problems, RequestError, unknown
from mpi.core.exact import Number, rounding
from mpi.measures.indicator import Indicator, read_weight, reweighted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["check_names", "nested_indicators", "with_stated_weights", "without"]


def nested_indicators(name: str, dimensions: Mapping[str, Sequence[str]]) -> list[Indicator]:
    """Return indicators with equal nested weights: dimensions weigh alike, as do the indicators of each.

    Parameters
    ----------
    name : str
        The measure, for messages.
    dimensions : mapping of str to sequence of str
        The indicators of each dimension.
    """
    problems = Problems(f"measure {name!r}", RequestError)
    for dimension, names in dimensions.items():
        if isinstance(names, str) or not names:
            problems.add(f"dimension {dimension!r} needs a list of indicators, not {names!r}")
    problems.raise_if_any()
    return [
        Indicator(j, dimension=dimension, weight=Fraction(1, len(dimensions) * len(names)))
        for dimension, names in dimensions.items()
        for j in names
    ]


def without(indicators: Sequence[Indicator], names: Sequence[str], measure: str) -> list[Indicator]:
    """Return the indicators that are not named, with the weight of the others spread over their dimension."""
    check_names(indicators, names, measure, "leave out")
    kept = [i for i in indicators if i.name not in names]
    total = _dimension_weights(indicators)
    alive = sum(total[d] for d in {i.dimension for i in kept})
    if not alive:
        left = "no indicator with a weight" if kept else "no indicator"
        raise RequestError(f"measure {measure!r}: {left} would be left; keep at least one")
    return [reweighted(i, _share(i, kept) * total[i.dimension] / alive) for i in kept]


def with_stated_weights(
    indicators: Sequence[Indicator], weights: Mapping[str, Number], measure: str
) -> list[Indicator]:
    """Return the indicators with stated weights: of every dimension, shared as before within it, or of every indicator.

    Parameters
    ----------
    indicators : sequence of Indicator
        All of the measure.
    weights : mapping of str to number
        The weight of each dimension, or of each indicator.
    measure : str
        Its name, for messages.
    """
    problems = Problems(f"measure {measure!r}: the weights cannot be changed", RequestError)
    if not isinstance(weights, Mapping):
        raise RequestError(f"{problems.subject}: a mapping of weights is needed, not {type(weights).__name__}")
    values = {k: read_weight(v, problems, f"weight of {k!r}") for k, v in weights.items()}
    problems.raise_if_any()
    off = {k: rounding(v) for k, v in weights.items()}
    if set(values) == {i.dimension for i in indicators}:
        return [
            reweighted(i, _share(i, indicators) * values[i.dimension], max(i.rounding, off[i.dimension]))
            for i in indicators
        ]
    if set(values) == {i.name for i in indicators}:
        return [reweighted(i, values[i.name], off[i.name]) for i in indicators]
    raise _explain_weights(indicators, set(values), measure)


def check_names(indicators: Sequence[Indicator], names: Iterable[str], measure: str, verb: str) -> None:
    """Raise for every name that no indicator has, with the nearest one."""
    problems = Problems(f"measure {measure!r}: cannot {verb} what it does not have", RequestError)
    known = [i.name for i in indicators]
    for name in names:
        if name not in known:
            problems.add(unknown("indicator", name, known))
    problems.raise_if_any()


def _explain_weights(indicators: Sequence[Indicator], given: set[str], measure: str) -> MpiError:
    problems = Problems(f"measure {measure!r}: weights must name every dimension or every indicator", RequestError)
    dimensions, names = list(dict.fromkeys(i.dimension for i in indicators)), [i.name for i in indicators]
    known = (*dimensions, *names)
    for name in sorted(given - set(known)):
        problems.add(unknown("dimension or indicator", name, known))
    absent = [n for n in (dimensions if given & set(dimensions) else names) if n not in given]
    if absent:
        problems.add(f"no weight for {', '.join(map(repr, absent))}")
    if given & set(dimensions) and given & set(names):
        problems.add("dimensions and indicators are mixed")
    return problems.error()


def _dimension_weights(indicators: Iterable[Indicator]) -> dict[str, Fraction]:
    out: dict[str, Fraction] = {}
    for i in indicators:
        out[i.dimension] = out.get(i.dimension, Fraction(0)) + i.weight
    return out


def _share(indicator: Indicator, among: Sequence[Indicator]) -> Fraction:
    """Return the indicator's share of its dimension among some indicators; equal where none has a weight."""
    mates = [i.weight for i in among if i.dimension == indicator.dimension]
    total = sum(mates, Fraction(0))
    return indicator.weight / total if total else Fraction(1, len(mates))
