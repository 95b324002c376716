"""Measure files: what is read, what is written, and every problem of a file told at once."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mpi
from mpi import Indicator, Measure, MpiError

F = Fraction

SHORT = """
name = "mine"
cutoff = "1/3"
[dimensions]
health = ["nutrition", "mortality"]
education = ["schooling"]
"""


@pytest.fixture
def read(tmp_path):
    def read(content: str | bytes) -> Measure:
        file = tmp_path / "mine.toml"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return Measure.from_toml(file)

    return read


@pytest.fixture
def problems(read):
    def problems(content: str | bytes) -> list[str]:
        with pytest.raises(MpiError) as error:
            read(content)
        assert "mine.toml" in str(error.value)
        return list(error.value.problems)

    return problems


# --- what is read ---------------------------------------------------------------------------------------------


def test_the_short_form_is_nested(read):
    m = read(SHORT)
    assert m == Measure.nested("mine", {"health": ["nutrition", "mortality"], "education": ["schooling"]}, "1/3")


def test_the_long_form(read):
    m = read("""
        name = "mine"
        title = "Mine"
        source = "Here"
        cutoff = 0.3
        severe = "1/2"
        vulnerable = 0.2
        missing = "reweight"
        unit = "household"
        [dimensions.health]
        weight = "1/4"
        [dimensions.health.indicators.a]
        label = "A"
        description = "Who is deprived"
        column = "HV_a"
        weight = 0.05
        [dimensions.health.indicators.b]
        weight = 0.2
        [dimensions.rest]
        weight = 0.75
        indicators = ["c", "d"]
    """)
    assert (m.cutoff, m.severe, m.vulnerable) == (F(3, 10), F(1, 2), F(1, 5))
    assert (m.title, m.source, m.missing, m.unit, m.tolerance) == ("Mine", "Here", "reweight", "household", 0)
    assert [str(w) for w in m.weights.values()] == ["1/20", "1/5", "3/8", "3/8"]
    first = m.indicators[0]
    assert (first.column, first.label, first.description, first.dimension) == ("HV_a", "A", "Who is deprived", "health")


def test_dimensions_get_their_weight_from_their_indicators(read):
    m = read('name = "m"\ncutoff = 1\n[dimensions]\nx.indicators.a.weight = "1/5"\ny.indicators.b.weight = "4/5"')
    assert [str(w) for w in m.weights.values()] == ["1/5", "4/5"]


def test_dimensions_share_equally_where_some_indicators_have_no_weight(read):
    m = read('name = "m"\ncutoff = 1\n[dimensions]\nx.indicators = {a.weight = 0.2, b.weight = 0.3}\ny = ["c", "d"]')
    assert [str(w) for w in m.weights.values()] == ["1/5", "3/10", "1/4", "1/4"]


def test_floats_are_exact(read):
    tenths = ", ".join(f"d{j}.weight = 0.1" for j in range(10))
    m = read(f'name = "m"\ncutoff = 0.7\n[dimensions.x]\nindicators = {{ {tenths} }}')
    assert (set(m.weights.values()), m.cutoff, m.tolerance) == ({F(1, 10)}, F(7, 10), 0)


def test_rounded_weights_may_miss_one(read):
    parts = "indicators = { a.weight = 0.3333333333, b.weight = 0.6666666666 }"
    m = read(f'name = "m"\ncutoff = 1\nweights = "rounded"\n[dimensions.x]\n{parts}')
    assert sum(m.weights.values()) == 1
    assert m.tolerance > 0
    with pytest.raises(MpiError, match="add to 9999999999/10000000000"):
        read(f'name = "m"\ncutoff = 1\n[dimensions.x]\n{parts}')


def test_indicators_may_be_in_an_order_of_their_own(read):
    m = read(SHORT.replace("[dim", 'order = ["mortality", "schooling", "nutrition"]\n[dim'))
    assert m.names == ("mortality", "schooling", "nutrition")


def test_windows_files_are_read(read):
    assert read(b"\xef\xbb\xbf" + SHORT.replace("\n", "\r\n").encode()).name == "mine"


def test_path_may_be_text(tmp_path):
    file = tmp_path / "a.toml"
    file.write_text(SHORT)
    assert Measure.from_toml(str(file)).name == "mine"


# --- problems -------------------------------------------------------------------------------------------------


def test_every_problem_of_a_file_is_told_at_once(problems):
    found = problems("""
        nmae = "m"
        title = 5
        cutoff = 33
        severe = 0
        vulnerable = "low"
        missing = "dorp"
        unit = 2020-01-01
        [dimensions]
        empty = []
        number = 0.5
        list = ["a", "", 3]
        [dimensions.health]
        weigth = 1
        [dimensions.health.indicators.a]
        weight = "a sixth"
        colunm = "z"
        [dimensions.health.indicators.b]
        weight = -0.5
        [dimensions.health.indicators]
        c = 0.25
        d = { weight = true, label = [] }
        [dimensions.none]
        weight = "1/4"
        [dimensions.education.d_educ]
        weight = 1
    """)
    expected = [
        "nmae: there is no key 'nmae'; did you mean 'name'?",
        "title: found the number 5, expected text in quotes",
        "cutoff: found the number 33, expected a share above 0 and at most 1",
        "such as '1/3' or 0.25; 33 per cent is '33/100'",
        "severe: found the number 0, expected a share above 0",
        "vulnerable: found the text 'low', expected a share above 0",
        "missing: found the text 'dorp', expected 'drop' or 'reweight' or 'bounds'; did you mean 'drop'?",
        "unit: found the date or time 2020-01-01, expected 'person' or 'household'",
        "dimensions.empty: found an empty list, expected at least one indicator",
        "dimensions.number: found the number 0.5, expected a list of indicators, or a table",
        "dimensions.list[1]: found an empty text, expected the name of an indicator",
        "dimensions.list[2]: found the number 3, expected the name of an indicator",
        "dimensions.health.weigth: there is no key 'weigth'; did you mean 'weight'?",
        "dimensions.health.indicators.a.weight: found the text 'a sixth', expected a share from 0 to 1",
        "dimensions.health.indicators.a.colunm: there is no key 'colunm'; did you mean 'column'?",
        "dimensions.health.indicators.b.weight: found the number -0.5, expected a share from 0 to 1",
        "dimensions.health.indicators.c: found the number 0.25, expected a table such as",
        "dimensions.health.indicators.d.weight: found true, expected a share",
        "dimensions.health.indicators.d.label: found an empty list, expected text in quotes",
        "dimensions.none.indicators: not found, but needed",
        "If 'd_educ' is an indicator, write [dimensions.education.indicators.d_educ].",
        "dimensions.health.indicators.a: indicator 'a' stands in dimensions.list[0] already; name it once",
    ]
    for part in expected:
        assert any(part in p for p in found), part
    assert not any(p.startswith("name:") for p in found)  # it is only misspelt


def test_problems_of_weights_are_told_along_with_others(problems):
    found = problems("""
        name = "m"
        cutoff = 0
        [dimensions.x]
        weight = "1/3"
        indicators = { a.weight = "1/6", b.weight = "1/3" }
        [dimensions.y]
        weight = "1/3"
        indicators = { c.weight = "1/6", d.label = "D" }
    """)
    assert found == [
        "cutoff: found the number 0, expected a share above 0 and at most 1, such as '1/3' or 0.25",
        "dimensions: their weights add to 2/3 (0.666667), expected 1",
        "dimensions.x: its indicators' weights add to 1/2 (0.5), expected its weight 1/3",
        (
            "dimensions.y.indicators.d.weight: not found, though dimensions.y.indicators.c has one; "
            "give all of them or none"
        ),
    ]


@pytest.mark.parametrize(
    ("dimensions", "told"),
    [
        (
            'x = {weight = "1/2", indicators = ["a"]}\ny = ["b"]',
            "dimensions.y.weight: not found, though dimensions.x has one",
        ),
        ("x.indicators.a.weight = 0.33\ny.indicators.b.weight = 0.66", "write thirds as '1/3'"),
        (
            "x = {weight = 0.5, indicators = {a.weight = 0.5, b.weight = 0.5}}\ny = {weight = 0.5, indicators = ['c']}",
            "expected its weight 1/2; an indicator's weight is a share of the whole score, not of its dimension",
        ),
        ("x.indicators.a.weight = 0.2\ny = ['b']", "expected 1/2, as no dimension has a weight"),
        ("x = ['a', 'a']", "dimensions.x[1]: indicator 'a' stands in dimensions.x[0] already"),
        (
            "x.indicators = {a.column = 'z', b.column = 'z'}",
            "dimensions.x.indicators.b: its column 'z' serves dimensions.x.indicators.a already",
        ),
        ("x.indicators = {}", "dimensions.x.indicators: found an empty table"),
        ("'' = 1", 'dimensions."": found the number 1'),
        ("x.indicators.''.weight = 1", 'dimensions.x.indicators."": found an empty text, expected the name'),
        ("", "dimensions: found an empty table, expected a table of dimensions"),
    ],
)
def test_problems_of_dimensions(problems, dimensions, told):
    found = problems(f'name = "m"\ncutoff = "1/3"\n[dimensions]\n{dimensions}')
    assert len(found) == 1
    assert told in found[0]


@pytest.mark.parametrize(
    ("top", "told"),
    [
        ("name = ''", "name: found an empty text, expected a short name"),
        ("name = 0.5", "name: found the number 0.5, expected text in quotes"),
        ("cutoff = 1e999999999", "cutoff: found the number 1e999999999"),
        ("cutoff = nan", "cutoff: found the number nan"),
        ("cutoff = {}", "cutoff: found an empty table"),
        ("weights = 'about'", "weights: found the text 'about', expected 'exact' or 'rounded' or 'float32'"),
        ("order = ['a', 'a']", "order: 'a' stands 2 times"),
        ("order = ['a', 'b', 'c']", "order: there is no indicator 'c'"),
        ("order = ['a']", "order: 'b' is missing"),
        ("order = 'a'", "order: found the text 'a', expected a list with the name of every indicator"),
        ("indicators = {}", "indicators: there is no key 'indicators'"),
    ],
)
def test_problems_of_the_top(problems, top, told):
    lines = {"name": 'name = "m"', "cutoff": "cutoff = 1"}
    lines[top.split(" ")[0]] = top
    found = problems("\n".join(lines.values()) + "\n[dimensions]\nx = ['a', 'b']")
    assert told in found[0]


def test_what_is_needed_and_absent_is_told(problems):
    assert problems("title = 'T'") == [f"{k}: not found, but needed" for k in ("name", "cutoff", "dimensions")]


def test_wrong_kinds_of_dimensions(problems):
    assert problems("name = 'm'\ncutoff = 1\n[[dimensions]]\nx = 1") == [
        "dimensions: found a list, expected a table of dimensions, each with its indicators"
    ]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('name = "m"\ncutoff = = 1\n', "mine.toml, line 2, column 10: this is not TOML: invalid value: cutoff = = 1"),
        ('name = "m', "mine.toml, line 1, column 10: "),
        ("a = 1\na = 2\n", "mine.toml, line 2, column 6: this is not TOML: cannot overwrite a value: a = 2"),
        (b"name = 'm'\ntitle = '\xd0'\n", "mine.toml, line 2: this is not UTF-8 text; save the file as UTF-8"),
        ("a = " + "[" * 100_000, "mine.toml: this is not TOML that can be read"),
        ("a = " + "9" * 10_000, "mine.toml: this is not TOML that can be read"),
        ("", "mine.toml: the file is empty; the smallest measure is\n    name = "),
        ("# nothing yet\n", "the file is empty"),
    ],
)
def test_what_is_no_toml_is_one_error_with_its_place(problems, content, told):
    found = problems(content)
    assert len(found) == 1
    assert told in found[0]


def test_an_absent_file_offers_the_nearest(tmp_path):
    (tmp_path / "vietnam.toml").write_text(SHORT)
    with pytest.raises(MpiError, match=r"did you mean 'vietnam\.toml'"):
        Measure.from_toml(tmp_path / "veitnam.toml")
    with pytest.raises(MpiError, match="there is no folder"):
        Measure.from_toml(tmp_path / "nowhere" / "a.toml")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MpiError, match=r"no other \.toml file"):
        Measure.from_toml(tmp_path / "empty" / "a.toml")
    with pytest.raises(MpiError, match="is a folder"):
        Measure.from_toml(tmp_path)


def test_the_example_of_an_empty_file_is_a_measure(read, problems):
    example = problems("")[0].split("measure is\n")[1]
    assert read(example).name == "mine"


# --- what is written ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", mpi.list_measures())
def test_the_shipped_measures_come_back(name, read):
    m = mpi.load_measure(name)
    assert read(m.to_toml()) == m


def test_data_driven_weights_come_back_with_their_tolerance(read):
    w = [0.123456789012, 0.376543210987, 0.5000000000005]
    m = Measure("m", [Indicator(f"d{j}", dimension="x", weight=v) for j, v in enumerate(w)], 0.4)
    assert m.tolerance > 0
    assert read(m.to_toml()) == m
    assert all(i.rounding for i in read(m.to_toml()).indicators)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    [
        "a.b",
        'say "no"',
        "it's",
        "two words",
        "thiếu kiên cố",
        "a\\b",
        "\x7f\x00\n\r\t",
        "[x]",
        "#",
        "=",
        "\u2028",
        "true",
        "1",
    ]
)
NAME = TEXT.filter(bool)


@st.composite
def measures(draw: st.DrawFn) -> Measure:
    names = draw(st.lists(NAME, min_size=1, max_size=6, unique=True))
    dimensions = draw(st.lists(TEXT, min_size=1, max_size=3, unique=True))
    parts = draw(st.lists(st.integers(0, 50), min_size=len(names), max_size=len(names)).filter(any))
    inexact = draw(st.booleans())
    total = sum(parts)
    weights = [p / total if inexact else F(p, total) for p in parts]
    columns = draw(st.permutations(names)) if draw(st.booleans()) else [None] * len(names)
    indicators = [
        Indicator(
            n, dimension=draw(st.sampled_from(dimensions)), weight=w, column=c, label=draw(TEXT), description=draw(TEXT)
        )
        for n, w, c in zip(names, weights, columns, strict=True)
    ]
    share = st.fractions(min_value=F(1, 1000), max_value=1)
    return Measure(
        draw(NAME), indicators, draw(share), severe=draw(st.none() | share), vulnerable=draw(st.none() | share),
        missing=draw(st.sampled_from(["drop", "reweight", "bounds"])),
        unit=draw(st.sampled_from(["person", "household"])), title=draw(TEXT), source=draw(TEXT),
    )  # fmt: skip


@given(measures())
def test_any_measure_comes_back_equal(tmp_path_factory, measure):
    file = tmp_path_factory.getbasetemp() / "any.toml"
    file.write_bytes(measure.to_toml().encode())
    assert Measure.from_toml(file) == measure


KEYS = st.sampled_from(["weight", "indicators", "a", "b"])
VALUES = st.recursive(
    st.booleans() | st.integers(-3, 40) | st.sampled_from(["1/3", "x", "", "drop"]) | st.just(0.5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["weight", "indicators", "a", "b"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


@given(
    st.dictionaries(
        st.sampled_from(["name", "cutoff", "severe", "missing", "unit", "weights", "order", "dimensions", "extra"]),
        VALUES,
    ),
    st.dictionaries(st.sampled_from(["x", "y"]), VALUES, min_size=1),
)
def test_whatever_stands_in_a_file_it_is_a_measure_or_a_told_problem(tmp_path_factory, top, dimensions):
    lines = {"name": "m", "cutoff": "1/3", "dimensions": dimensions, **top}
    content = "\n".join(f"{k} = {toml(v)}" for k, v in lines.items())
    assert tomllib.loads(content)
    file = tmp_path_factory.getbasetemp() / "odd.toml"
    file.write_text(content)
    with suppress(MpiError):  # and nothing else
        assert sum(Measure.from_toml(file).weights.values()) == 1
