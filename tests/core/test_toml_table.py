"""The one reader of TOML tables: every problem noted with the path of its key, and a value that stands for it."""

from fractions import Fraction

import pytest

from mpi.core.errors import FileError, Problems
from mpi.core.toml_file import parsed
from mpi.core.toml_table import TomlTable

WRONG = """
titel = "x"
share = 33
day = "yesterday"
"odd key" = 1
empty = {}
names = ["a", 1]
rows = [{}, 3]
deep.er = 4
"""


@pytest.fixture
def table():
    return TomlTable(parsed(WRONG, "test"), "", Problems("test", FileError))


def test_every_problem_has_the_path_of_its_key(table):
    known = ("title", "share", "day", "odd key", "empty", "names", "rows", "deep", "last")
    table.check(known, needed=("title", "last"), hints={"titel": "Write it in English."})
    assert table.share("share") is None
    table.day("day")
    assert table.text("odd key", "?") == "?"
    assert table.table("empty", "a table that says something", filled=True) is None
    assert table.names("names", "a list of names") == ()
    assert table.listed("rows", entry="a table with a name", filled=True) == []
    table.table("deep").text("er")
    listed = "'title', 'share', 'day', 'odd key', 'empty', 'names', 'rows', 'deep', 'last'"
    assert table.problems.found == [
        f"titel: there is no key 'titel'; did you mean 'title'? Known: {listed}. Write it in English.",
        "last: not found, but needed",
        "share: found the number 33, expected a share above 0 and at most 1, such as '1/10'; 33 per cent is '33/100'",
        "day: found the text 'yesterday', expected a date such as 2022-01-01, without quotes",
        '"odd key": found the number 1, expected text in quotes',
        "empty: found an empty table, expected a table that says something",
        "names: found a list, expected a list of names",
        "rows[0]: found an empty table, expected a table with a name",
        "rows[1]: found the number 3, expected a table with a name",
        "deep.er: found the number 4, expected text in quotes",
    ]


def test_what_is_absent_is_no_problem(table):
    assert table.text("none", "usual") == "usual"
    assert table.word("none", ("a", "b"), None) is None
    assert table.texts(("none",)) == {}
    assert table.table("none") is None
    assert table.tables("none") == table.listed("none") == table.entries("none") == []
    assert table.share("none") is None
    assert table.truth("none") is False
    assert table.problems.found == []


def test_shares_are_exact():
    table = TomlTable(parsed("a = 0.05\nb = '1/3'\nc = 0\nd = 8\ne = true\n", "test"), "", Problems("test", FileError))
    assert (table.share("a"), table.share("b"), table.share("c", zero=True)) == (Fraction(1, 20), Fraction(1, 3), 0)
    assert table.exact("d") == 8
    assert table.problems.found == []
    assert table.share("c") is None
    assert table.exact("e") is None
    assert [p.split(":")[0] for p in table.problems.found] == ["c", "e"]
