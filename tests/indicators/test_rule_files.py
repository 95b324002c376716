"""Rule files: what is written reads back equal, every problem is told at once, and nothing is ever executed."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi.indicators
from mpi.core.errors import MpiError
from mpi.indicators import (
    Computed,
    Recoded,
    Rule,
    Rules,
    column,
    evaluate,
    holds,
    list_rules,
    load_rules,
    share_above,
    share_at_least,
)
from mpi.indicators.rules.conditions import AllOf, AnyOf, AtLeast, Between, Compare, IsMissing, OneOf, Times

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
numbers = st.one_of(st.integers(-(10**6), 10**20), st.floats(allow_nan=False, allow_infinity=False))
shares = st.fractions("1/10", "9/10", max_denominator=30)
leaves = st.one_of(
    st.builds(Compare, texts, st.sampled_from(["is", "at_least", "above", "at_most", "below"]), numbers),
    st.builds(lambda c, v: Compare(c, "is", v), texts, texts),
    st.builds(lambda c, r, o, f: Compare(c, r, Times(o, f)), texts, st.sampled_from(["is", "below"]), texts, shares),
    st.builds(lambda c, v: OneOf(c, tuple(v)), texts, st.lists(numbers, min_size=1, max_size=3)),
    st.builds(lambda c, v: OneOf(c, tuple(v)), texts, st.lists(texts, min_size=1, max_size=3)),
    st.builds(lambda c, low, width: Between(c, low, low + width), texts, st.integers(-9, 9), st.floats(0.01, 9)),
    st.builds(IsMissing, texts),
)


def _combined(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(parts, min_size=1, max_size=3).map(tuple)
    skip = st.booleans()
    counted = st.tuples(several, skip).flatmap(lambda p: st.integers(1, len(p[0])).map(lambda n: AtLeast(n, *p)))
    return st.one_of(st.builds(AllOf, several, skip), st.builds(AnyOf, several, skip), counted, parts.map(lambda p: ~p))


conditions = st.recursive(leaves, _combined, max_leaves=5)
words = st.fixed_dictionaries({k: texts | st.just("") for k in ("label", "who", "because", "source", "proxy", "note")})
of_members = st.builds(
    lambda d, e, h, n, k, c, said: Rule(
        name="r", deprived=d, eligible=e, household=h, nobody=n, enough=None if h == "head" else k, column=c, **said
    ),
    conditions,
    st.none() | conditions,
    st.sampled_from(["any", "all", "none", "head"]) | shares.map(share_above) | shares.map(share_at_least),
    st.sampled_from(["not deprived", "deprived", "missing"]),
    st.none() | shares | st.just("one"),
    texts,
    words,
)
of_home = st.builds(lambda d: Rule(name="r", of="household", deprived=d, status="verified"), conditions)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mine.toml"


@given(rule=of_members | of_home, name=texts, title=texts, source=texts)
@settings(max_examples=100, deadline=None)
def test_rules_read_back_equal(tmp_path_factory: Any, rule: Rule, name: str, title: str, source: str) -> None:
    optional = Rule(name=name + "!", deprived=column("sold") == 0, optional=["sold"], tell_absent=True)
    made = (Computed("haz", "height_for_age_z", ("s", "m", "h")), Recoded("improved", rule.deprived, ~rule.deprived))
    rules = Rules(name, [rule, optional], made, title, source)
    file = tmp_path_factory.getbasetemp() / "again.toml"
    file.write_text(rules.to_toml(), encoding="utf-8", newline="")
    again = Rules.from_toml(file)
    assert again == rules
    assert again.to_toml() == rules.to_toml()


@pytest.mark.parametrize("name", list_rules())
def test_the_shipped_rules_read_back_equal(name: str, path: Path) -> None:
    rules = load_rules(name)
    path.write_text(rules.to_toml(), encoding="utf-8")
    assert Rules.from_toml(path) == rules


@pytest.mark.parametrize("name", list_rules())
def test_the_shipped_rules_say_where_they_come_from(name: str) -> None:
    rules = load_rules(name)
    assert rules.source
    for rule in rules:
        assert rule.source, rule.name
        assert rule.because, rule.name
        assert rule.who or rule.of == "household", rule.name
        if rule.status == "from memory":
            assert "recalled" in rule.source + rule.note + rules.source, rule.name


def problems(path: Path, content: str) -> tuple[str, ...]:
    path.write_text(content, encoding="utf-8")
    with pytest.raises(MpiError) as caught:
        Rules.from_toml(path)
    assert str(path) in str(caught.value)
    return caught.value.problems


MANY = """
titel = "Mine"

[computed.haz]
function = "hight_for_age_z"
[computed.improved]
yes = { column = "code", is = 1 }
nein = 3

[rules.insurance]
of = "member"
deprived = { column = "insured", is = 0 }
household = "anny"
nobody = "mising"
enough = "3/2"
status = "verifed"
label = 3
optional = "insured"

[rules.roof]
of = "household"
household = "all"
eligible = { column = "age", at_least = 6 }
deprived = { all = [
    { colum = "roof", is = 1 },
    { column = "wall", from = 3 },
    { at_least = 3, of = [{ column = "x", is = 1 }] },
] }

[rules.empty]

[rules.water]
deprived = { column = "water", in = [1, "tap"] }
column = "d"

[rules.toilet]
deprived = { column = "toilet", below = { times = 0, column = "size" } }
household = { share_above = 1 }
"""


def test_every_problem_of_a_file_is_told_at_once(path: Path) -> None:
    found = "\n".join(problems(path, MANY))
    for said in [
        "titel: there is no key 'titel'; did you mean 'title'?",
        "computed.haz: computed column 'haz': there is no function 'hight_for_age_z'; did you mean 'height_for_age_z'?",
        "computed.improved.nein: there is no key 'nein'",
        "computed.improved.no: not found, but needed",
        "rules.insurance.of: found the text 'member', expected 'members' or 'household'; did you mean 'members'?",
        "rules.insurance.household: found the text 'anny'",
        "rules.insurance.nobody: found the text 'mising'",
        "rules.insurance.enough: a share above 0 and at most 1, or 'one', not 3/2",
        "rules.insurance.status: found the text 'verifed'",
        "rules.insurance.label: found the number 3, expected text in quotes",
        "rules.insurance.optional: found the text 'insured', expected a list of names of columns",
        "rules.roof.deprived.all[0].colum: there is no key 'colum'; did you mean 'column'?",
        "rules.roof.deprived.all[1]: from goes with below",
        "rules.roof.deprived.all[2]: at least 3 of 1 conditions",
        "rules.empty: found an empty table",
        "rules.water.deprived.in: 'water': give the values it may be, all numbers or all texts",
        "rules.toilet.deprived.below: a column is compared with a multiple of 'size' above 0, not 0",
        "rules.toilet.household.share_above: a share must be at least 0 and below 1, not 1",
    ]:
        assert said in found


def test_what_does_not_fit_together_is_told_with_the_rest(path: Path) -> None:
    found = problems(
        path,
        """
[rules.a]
deprived = { column = "x", is = 1 }
of = "household"
nobody = "deprived"
label = 3
[rules.b]
deprived = { column = "x", is = 1 }
column = "dep_c"
optional = ["xx"]
[rules.c]
deprived = { column = "x", is = 1 }
household = "head"
enough = 0.5
[rules.d]
deprived = { column = "x", is = 1 }
[rules.e]
deprived = { column = "x", is = 1 }
column = "dep_d"
""",
    )
    assert found == (
        "rules.a.label: found the number 3, expected text in quotes",
        "rules.a: of: a rule of the household has no members to choose from; leave out nobody",
        "rules.b: optional: there is no column the rule asks for called 'xx'; did you mean 'x'? Known: 'x'",
        "rules.c: enough: the head is one person, of whom no share can answer; leave it out",
        "column 'dep_d' stands 2 times",
    )


HOSTILE = {
    '{ column = "x" }': "found none, expected one of is, at_least",
    '{ column = "", is = 1 }': "found an empty text, expected the name of a column",
    '{ column = "", missing = true }': "found an empty text, expected the name of a column",
    "{ column = 3, is = 1 }": "found the number 3, expected the name of a column",
    '{ column = "x", is = nan }': "compared with nan",
    '{ column = "x", is = 1e400 }': "compared with inf",
    '{ column = "x", is = 2020-01-01 }': "found the date or time 2020-01-01",
    '{ column = "x", is = 1, below = 3 }': "found is, below, expected one of",
    '{ column = "x", below = "5" }': "texts have no order",
    '{ column = "x", from = 5, below = 5 }': "the lower first",
    '{ column = "x", from = "5", below = 9 }': "expected numbers for from and below",
    '{ column = "x", in = 3 }': "expected a list of numbers or of texts",
    '{ column = "x", in = [] }': "give the values it may be",
    '{ column = "x", missing = 1 }': "expected true or false",
    '{ column = "x", is = 1, missing = 1 }': "expected true (a missing answer passes the test) or false",
    '{ all = [{ column = "x", is = 1 }], skip_missing = 1 }': "found the number 1, expected true or false",
    '{ not = { column = "x", is = 1 }, skip_missing = true }': "there is no key 'skip_missing'",
    '{ column = "x", below = { times = "a/b", column = "s" } }': "expected a number such as 8 or '1/2'",
    '{ column = "x", below = { column = 3 } }': "expected text in quotes",
    "{ all = [] }": "expected a list of conditions",
    '{ any = { column = "x", is = 1 } }': "found a table, expected a list of conditions",
    "{ not = 3 }": "found the number 3, expected a condition",
    '{ at_least = 1.5, of = [{ column = "x", is = 1 }] }': "give a number from 1 to that",
    '{ of = [{ column = "x", is = 1 }] }': "not found, but needed",
    "{}": "found an empty table, expected a condition",
    '"x == 1"': "found the text 'x == 1', expected a condition",
    "true": "found true, expected a condition",
}  # fmt: skip


@pytest.mark.parametrize("condition", HOSTILE)
def test_no_condition(condition: str, path: Path) -> None:
    (said,) = problems(path, f"[rules.a]\ndeprived = {condition}")
    assert said.startswith("rules.a.deprived")
    assert HOSTILE[condition] in said


COUNTS_AS = {  # what an answer of 3, of 1 and a missing one are
    '{ column = "x", is = 1 }': [0, 1, np.nan],
    '{ column = "x", is = 1, missing = true }': [0, 1, 1],
    '{ column = "x", is = 1, missing = false }': [0, 1, 0],
    '{ column = "x", not_in = [1, 2], missing = true }': [1, 0, 1],
    '{ column = "x", from = 1, below = 3, missing = false }': [0, 1, 0],
    '{ not = { column = "x", is = 1, missing = false } }': [1, 0, 1],
    '{ column = "one", below = { column = "x" }, missing = true }': [1, 0, 1],  # either column may be missing
    '{ all = [{ column = "x", is = 1 }, { column = "one", is = 1 }], skip_missing = true }': [0, 1, 1],
    '{ any = [{ column = "x", is = 1 }, { column = "none", is = 1 }], skip_missing = true }': [0, 1, np.nan],
    '{ at_least = 1, of = [{ column = "x", is = 1 }, { column = "none", is = 1 }], skip_missing = true }': [
        0,
        1,
        np.nan,
    ],
    '{ at_least = 2, of = [{ column = "x", is = 1 }, { column = "one", is = 1 }], skip_missing = true }': [0, 1, 0],
}


@pytest.mark.parametrize("condition", COUNTS_AS)
def test_what_a_missing_answer_counts_as(condition: str, path: Path) -> None:
    path.write_text(f"[rules.a]\ndeprived = {condition}")
    read = Rules.from_toml(path)["a"].deprived
    found = holds(read, {"x": [3, 1, np.nan], "one": [1, 1, 1], "none": [np.nan] * 3})
    np.testing.assert_array_equal(found, COUNTS_AS[condition])


@pytest.mark.parametrize("content", ["", 'name = "x"', "rules = 3", "[rules]", "[[rules]]\nx = 1", "[rule.a]\nx = 1"])
def test_no_rules(content: str, path: Path) -> None:
    assert problems(path, content)


@pytest.mark.parametrize(
    "content",
    ["[rules.a]\ndeprived = { column = 'x', is = 1", "[rules.a", "deprived = __import__('os')", "[" * 9000, "\x00"],
)
def test_no_toml(content: str, path: Path) -> None:
    (said,) = problems(path, content)
    assert "this is not TOML" in said


def test_no_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('[rules.a]\ndeprived = { column = "x", is = 1 }')
    with pytest.raises(MpiError, match=r"called 'mime.toml'; did you mean 'mine.toml'\?"):
        Rules.from_toml(tmp_path / "mime.toml")
    with pytest.raises(MpiError, match=r"a rule file is one \.toml file"):
        Rules.from_toml(tmp_path)
    (tmp_path / "old.toml").write_bytes('title = "đ"'.encode("utf-16"))
    with pytest.raises(MpiError, match="not UTF-8"):
        Rules.from_toml(tmp_path / "old.toml")
    with pytest.raises(MpiError, match=r"there is no rules 'vn-2021'; did you mean 'vn-20"):
        load_rules("vn-2021")


def test_a_file_without_a_name_is_called_by_its_own(path: Path) -> None:
    path.write_text('name = ""\n[rules.a]\ndeprived = { column = "x", is = 1 }')
    assert Rules.from_toml(path).name == "mine"


def test_conditions_nested_deep(path: Path) -> None:
    depth = 151
    path.write_text(f"[rules.a]\ndeprived = {'{ not = ' * depth}{{ column = 'x', is = 1 }}{'}' * depth}")
    assert Rules.from_toml(path)["a"].deprived == ~(column("x") == 1)


def test_code_in_a_file_is_text(path: Path, tmp_path: Path) -> None:
    """A name or a value that looks like code is a name or a value."""
    made = tmp_path / "made"
    code = f"__import__('pathlib').Path('{made}').touch()"
    path.write_text(
        f'[rules."{code}"]\ndeprived = {{ column = "{code}", is = "{code}" }}\nlabel = "{{0.__class__}}"',
        encoding="utf-8",
    )
    found = evaluate(pd.DataFrame({"household": [1, 2], code: [code, "no"]}), Rules.from_toml(path))
    assert found[f"dep_{code}"].tolist() == [1, 0]
    assert not made.exists()


def test_nothing_in_the_room_executes_text() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "query"}
    for file in Path(mpi.indicators.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                assert called not in forbidden, f"{file.name}:{node.lineno}"
            if isinstance(node, ast.Import):
                assert not {a.name for a in node.names} & {"pickle", "yaml", "subprocess"}, f"{file.name}:{node.lineno}"
