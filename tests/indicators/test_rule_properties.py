"""Rules against an evaluation of their own, in plain Python, that goes through every way of filling what is missing."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import Any

import narwhals.stable.v2 as nw
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpi.indicators import Rule, Rules, column, evaluate, expression, holds, share_above, share_at_least
from mpi.indicators.rules.conditions import AllOf, AnyOf, AtLeast, Between, Compare, IsMissing, Not, OneOf, Times
from naive_rules import fillings, judge
from naive_rules import holds as naive_holds

COLUMNS = ("a", "b", "c")
DOMAIN = (0, 1, 2, 3)
WORDS = ("any", "all", "none", "head", share_above("1/2"), share_at_least("1/2"), share_at_least("2/3"))
NOBODY = ("not deprived", "deprived", "missing")

names = st.sampled_from(COLUMNS)
small = st.integers(-1, 4)
leaves = st.one_of(
    st.builds(Compare, names, st.sampled_from(["at_least", "above", "at_most", "below"]), small),
    st.builds(Compare, names, st.just("is"), st.sampled_from([-1, 2, 3, 4])),  # 0 and 1 are asked of yes and no alone
    st.builds(lambda n, o, f: Compare(n, "below", Times(o, f)), names, names, st.sampled_from([1, 2, "1/2", "2/3"])),
    st.builds(lambda n, v: OneOf(n, tuple(v)), names, st.lists(small, min_size=1, max_size=3)),
    st.builds(lambda n, low, width: Between(n, low, low + width), names, small, st.integers(1, 3)),
    st.builds(IsMissing, names),
)


def _combined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several, skip = st.lists(parts, min_size=1, max_size=3).map(tuple), st.booleans()
    return st.one_of(
        st.builds(AllOf, several, skip),
        st.builds(AnyOf, several, skip),
        st.tuples(several, skip).flatmap(lambda p: st.integers(1, len(p[0])).map(lambda n: AtLeast(n, *p))),
        parts.map(lambda p: ~p),
    )


conditions = st.recursive(leaves, _combined, max_leaves=6)
answers = st.one_of(st.none(), st.sampled_from(DOMAIN))
records = st.fixed_dictionaries(dict.fromkeys(COLUMNS, answers))
members = st.lists(
    st.builds(lambda r, h: {**r, "relation": h}, records, st.sampled_from([1, 2, 2, None])), min_size=1, max_size=4
)
rules = st.one_of(
    st.builds(
        lambda d, e, h, n, k: Rule(
            name="r", deprived=d, eligible=e, household=h, nobody=n, enough=None if h == "head" else k
        ),
        conditions,
        st.none() | conditions,
        st.sampled_from(WORDS),
        st.sampled_from(NOBODY),
        st.sampled_from([None, None, "one", "1/2", "2/3", 1]),
    ),
)


def number(value: Any) -> float:
    return math.nan if value is None else float(value)


def frame_of(homes: list[list[dict[str, Any]]], kind: str = "float") -> pd.DataFrame:
    rows = [{"household": i, **m} for i, home in enumerate(homes) for m in home]
    table = pd.DataFrame(rows)
    wanted = [c for c in table if c != "household"]
    return table.astype(dict.fromkeys(wanted, "Int8" if kind == "nullable" else "float64"))


@given(conditions, st.lists(records, min_size=1, max_size=12))
@settings(max_examples=80, deadline=None)
def test_conditions_are_those_of_kleene_in_memory_and_on_engines(condition: Any, rows: list[dict[str, Any]]) -> None:
    expected = [number(naive_holds(condition, r)) for r in rows]
    arrays = {n: np.array([number(r[n]) for r in rows]) for n in COLUMNS}
    np.testing.assert_array_equal(holds(condition, arrays), expected)
    lazy = nw.from_native(
        pl.LazyFrame([{n: r[n] for n in COLUMNS} for r in rows], schema=dict.fromkeys(COLUMNS, pl.Int8))
    )
    found = lazy.select(found=expression(condition, lazy.collect_schema())).collect()["found"].to_list()
    assert [number(v) for v in found] == pytest.approx(expected, nan_ok=True)


@given(conditions, records)
@settings(max_examples=100, deadline=None)
def test_what_is_known_of_a_condition_is_so_however_the_gaps_are_filled(condition: Any, record: dict[str, Any]) -> None:
    if _asks_for_gaps(condition):
        return  # whether an answer is missing is about the gap itself
    found = holds(condition, {n: [number(record[n])] for n in COLUMNS})[0]
    if not math.isnan(found):
        assert {naive_holds(condition, f) for f in fillings(record, DOMAIN)} == {bool(found)}


def _asks_for_gaps(condition: Any) -> bool:
    if getattr(condition, "skip_missing", False) or isinstance(condition, IsMissing):
        return True
    parts = getattr(condition, "conditions", (condition.condition,) if isinstance(condition, Not) else ())
    return any(map(_asks_for_gaps, parts))


def _leaves(condition: Any) -> list[Any]:
    parts = getattr(condition, "conditions", (condition.condition,) if isinstance(condition, Not) else None)
    return [condition] if parts is None else [leaf for p in parts for leaf in _leaves(p)]


@given(rules, st.lists(members, min_size=1, max_size=8), st.sampled_from(["float", "nullable"]))
@settings(max_examples=100, deadline=None)
def test_a_household_is_what_all_fillings_agree_on(rule: Rule, homes: list[list[Any]], kind: str) -> None:
    found = evaluate(frame_of(homes, kind), Rules("r", [rule]))["dep_r"]
    np.testing.assert_array_equal(found, [number(judge(rule, home)) for home in homes])


@given(st.lists(rules, min_size=1, max_size=2), st.lists(members, min_size=1, max_size=5))
@settings(max_examples=6, deadline=None)
def test_engines_agree_on_every_rule(several: list[Rule], homes: list[list[Any]]) -> None:
    named = Rules("r", [Rule(**_parts(r), name=f"r{i}") for i, r in enumerate(several)])
    table = frame_of(homes)
    expected = [[number(judge(r, home)) for r in several] for home in homes]
    duckdb = pytest.importorskip("duckdb", reason="DuckDB is an extra")
    relation = duckdb.from_arrow(pa.Table.from_pandas(table))
    found = {
        "pandas": evaluate(table, named),
        "polars": evaluate(pl.from_pandas(table), named).to_pandas(),
        "arrow": evaluate(pa.Table.from_pandas(table), named).to_pandas(),
        "lazy polars": evaluate(pl.from_pandas(table).lazy(), named).collect().to_pandas(),
        "duckdb": evaluate(relation, named).df(),
    }
    for kind, other in found.items():
        values = other.sort_values("household")[[r.column for r in named]].to_numpy(dtype=float)
        np.testing.assert_array_equal(values, expected, err_msg=kind)


def _parts(rule: Rule) -> dict[str, Any]:
    return {k: getattr(rule, k) for k in ("deprived", "eligible", "household", "nobody", "enough")}


KINDS = {
    "deprived": (1, 1), "free": (1, 0), "open": (1, None), "stranger": (0, 1),
    "maybe deprived": (None, 1), "maybe free": (None, 0), "maybe open": (None, None),
}  # fmt: skip


def test_every_household_of_up_to_four_members() -> None:
    """All mixtures of the six answers and of those not eligible, by every word, default and share of answers."""
    homes = [
        [{"a": KINDS[k][0], "b": KINDS[k][1]} for k in mixture]
        for n in range(1, 5)
        for mixture in combinations_with_replacement(KINDS, n)
    ]
    several = [
        Rule(
            name=f"r{i}", eligible=column("a") == 1, deprived=column("b") == 1, household=h, nobody=n, enough=e
        )
        for i, (h, n, e) in enumerate(product([w for w in WORDS if w != "head"], NOBODY, [None, "one", "1/2", "2/3"]))
    ]  # fmt: skip
    found = evaluate(frame_of(homes), Rules("all", several))
    for rule in several:
        np.testing.assert_array_equal(found[rule.column], [number(judge(rule, h)) for h in homes], err_msg=repr(rule))


@given(conditions, st.none() | conditions, st.sampled_from(NOBODY), st.lists(members, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_words_that_say_the_same(deprived: Any, eligible: Any, nobody: Any, homes: list[list[Any]]) -> None:
    """Any is more than a share of 0; all is a share of 1; none of them is not any; all do is none do not."""
    opposite = {"not deprived": "deprived", "deprived": "not deprived", "missing": "missing"}
    shared = {"eligible": eligible, "nobody": nobody}
    several = {
        "any": Rule(name="any", deprived=deprived, **shared),
        "more": Rule(name="more", deprived=deprived, household=share_above(0), **shared),
        "all": Rule(name="all", deprived=deprived, household="all", **shared),
        "whole": Rule(name="whole", deprived=deprived, household=share_at_least(1), **shared),
        "no_not": Rule(name="no_not", deprived=~deprived, household="none", **shared),
        "none": Rule(
            name="none", deprived=deprived, household="none", eligible=eligible, nobody=opposite[nobody]
        ),
    }  # fmt: skip
    found = evaluate(frame_of(homes), Rules("words", list(several.values())))
    np.testing.assert_array_equal(found["dep_any"], found["dep_more"])
    np.testing.assert_array_equal(found["dep_all"], found["dep_whole"])
    np.testing.assert_array_equal(found["dep_all"], found["dep_no_not"])
    np.testing.assert_array_equal(found["dep_any"], 1 - found["dep_none"])


@given(rules, members, st.data())
@settings(max_examples=50, deadline=None)
def test_one_more_answer_never_turns_what_was_known(
    rule: Rule, home: list[dict[str, Any]], data: st.DataObject
) -> None:
    if rule.enough is not None or any(_asks_for_gaps(c) for c in (rule.deprived, rule.judged) if c is not None):
        return  # by a share of answers, or about the gap itself, another answer may decide anew
    filled = [{k: data.draw(st.sampled_from(DOMAIN)) if v is None and k != "relation" else v for k, v in m.items()}
              for m in home]  # fmt: skip
    before, after = evaluate(frame_of([home, filled]), Rules("r", [rule]))["dep_r"]
    assert np.isnan(before) or before == after


@given(rules, st.lists(members, min_size=2, max_size=6), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
def test_the_order_of_rows_does_not_matter(rule: Rule, homes: list[list[Any]], random: Any) -> None:
    table = frame_of(homes)
    order = list(range(len(table)))
    random.shuffle(order)
    asked = Rules("r", [rule])
    kept = evaluate(table, asked).set_index("household")["dep_r"]
    turned = evaluate(table.iloc[order], asked).set_index("household")["dep_r"]
    pd.testing.assert_series_equal(kept, turned.loc[kept.index])


def test_a_share_on_its_limit_is_exact() -> None:
    """A third of three is not more than a third, whatever a float makes of it; 7 of 49 is a seventh."""
    people = pd.DataFrame({"household": [0] * 3 + [1] * 49, "x": [1, 0, 0] + [1] * 7 + [0] * 42})
    several = [
        Rule(name="above", deprived=column("x") == 1, household=share_above("1/3")),
        Rule(name="from", deprived=column("x") == 1, household=share_at_least("1/3")),
        Rule(name="seventh", deprived=column("x") == 1, household=share_at_least(Fraction(1, 7))),
        Rule(name="over", deprived=column("x") == 1, household=share_above(Fraction(1, 7))),
    ]
    found = evaluate(people, Rules("shares", several))
    assert found["dep_above"].tolist() == [0, 0]
    assert found["dep_from"].tolist() == [1, 0]
    assert found["dep_seventh"].tolist() == [1, 1]
    assert found["dep_over"].tolist() == [1, 0]
