"""Rules on lazy frames: one group-by that the engine does where the data lie; the same answers as in memory."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING, Any

import narwhals.stable.v2 as nw

from mpi.core.errors import DataError, RequestError
from mpi.frames.engine_errors import engine_of, translated_errors
from mpi.frames.lazy import engine_frame
from mpi.indicators.answers.counts import COUNTED, Counts, answers_to, possible, settle
from mpi.indicators.answers.gather import columns_needed
from mpi.indicators.answers.logic import whole
from mpi.indicators.lazy.checks import check_names, fitted_rules
from mpi.indicators.lazy.expressions import as_expression
from mpi.indicators.lazy.join import check_keys, joined
from mpi.indicators.lazy.truth import SCRATCH, with_truths
from mpi.indicators.rules.words import HEAD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mpi.indicators.lazy.checks import FittedRules
    from mpi.indicators.rules.conditions import Condition
    from mpi.indicators.rules.rule import Rule
    from mpi.indicators.rules.rules import Rules

    Labels = Mapping[str, Mapping[Any, str]]

__all__ = ["conditions_of", "evaluate_lazily", "households_of"]

_KNOWN = f"{SCRATCH}known"


def evaluate_lazily(
    members: nw.LazyFrame[Any], rules: Rules, keys: Sequence[str], households: Any, labels: Labels
) -> Any:
    """Apply rules to a lazy frame; see `mpi.indicators.evaluate`.

    Returns
    -------
    lazy frame
        Of the same kind; nothing is computed before it is collected.
    """
    check_keys(members, keys, "the members' frame")
    check_names(members, [*keys, *columns_needed(rules, members.collect_schema().names())])
    with translated_errors(members, "apply the rules"):
        frame = members if households is None else _with_households(members, households, rules, keys)
        fit = fitted_rules(frame, rules, labels)
        return nw.to_native(households_of(fit, {k: nw.col(k) for k in keys}))


def households_of(fit: FittedRules, keys: Mapping[str, nw.Expr]) -> nw.LazyFrame[Any]:
    """Return the households of members, with what the rules say of each.

    Parameters
    ----------
    fit : Fitted
        The members and what is asked of them.
    keys : mapping of name to expression
        What identifies a household, at least one column.
    """
    frame, rules, schema = fit.frame, fit.rules, fit.schema
    asked = [c for c in columns_needed(rules, list(schema)) if schema[c] is not None and c not in keys]
    frame = frame.select(*(expr.alias(name) for name, expr in keys.items()), *asked)
    frame, hold = with_truths(frame, conditions_of(rules), schema)
    masks = {_scratch_name(i, part): mask for i, r in enumerate(rules) for part, mask in answers_to(r, hold).items()}
    frame = frame.select(*keys, *(whole(mask).alias(name) for name, mask in masks.items()))
    frame = frame.group_by(*keys).agg(*(nw.col(name).sum() for name in masks))
    counts = [_counts(i, masks) for i in range(len(rules))]
    known = functools.reduce(operator.and_, (~nw.col(k).is_null() for k in keys))
    frame = frame.with_columns(known.alias(_KNOWN), *_possible(rules, counts))
    return frame.select(*keys, *(_decided(i, r, c) for i, (r, c) in enumerate(zip(rules, counts, strict=True))))


def conditions_of(rules: Iterable[Rule]) -> list[Condition]:
    """Return what rules ask, each condition once: who is judged, who is deprived, and who is the head."""
    asked = (c for r in rules for c in (*r.conditions, *([HEAD] if r.household == "head" else [])))
    return list(dict.fromkeys(asked))


_MAY = ("may_be", "may_be_not")


def _scratch_name(number: int, part: str) -> str:
    """Return the name of a scratch column of a rule."""
    return f"{SCRATCH}{number}_{part}"


def _counts(number: int, masks: Iterable[str]) -> Counts:
    zero = nw.lit(0)
    return Counts(
        **{p: nw.col(_scratch_name(number, p)) if _scratch_name(number, p) in masks else zero for p in COUNTED}
    )


def _possible(rules: Iterable[Rule], counts: Iterable[Counts]) -> Iterator[nw.Expr]:
    for i, (rule, found) in enumerate(zip(rules, counts, strict=True)):
        for may, name in zip(possible(rule, found), _MAY, strict=True):
            yield may.alias(_scratch_name(i, name))


def _decided(number: int, rule: Rule, counts: Counts) -> nw.Expr:
    """Decide a household; members without an identifier are no household, and nothing is known of it."""
    found = settle(rule, counts, *(nw.col(_scratch_name(number, n)) for n in _MAY))
    return nw.when(nw.col(_KNOWN)).then(as_expression(found)).alias(rule.column)


def _with_households(
    members: nw.LazyFrame[Any], households: Any, rules: Rules, keys: Sequence[str]
) -> nw.LazyFrame[Any]:
    homes = engine_frame(households)
    if homes is None:
        raise RequestError("the members' frame is lazy and the households' frame is not; give both of one kind")
    if homes.implementation is not members.implementation:
        kinds = f"{engine_of(members)} and the households' of {engine_of(homes)}"
        raise RequestError(f"the members' frame is one of {kinds}; give both of one kind")
    check_keys(homes, keys, "the households' frame")
    own, theirs = members.collect_schema().names(), homes.collect_schema().names()
    asked = columns_needed(rules, [*own, *theirs])
    check_names(homes, [c for c in asked if c in theirs])
    both = [c for c in asked if c in own and c in theirs and c not in keys]
    if both:
        raise DataError(f"{', '.join(map(repr, both))} stands in both frames; leave it out of one of them")
    return joined(members, homes, keys, [c for c in asked if c in theirs and c not in keys])
