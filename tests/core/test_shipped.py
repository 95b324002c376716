"""What ships as TOML: listed, read, and refused with the nearest name and the way to one's own, in every room alike."""

from __future__ import annotations

from typing import Any

import pytest

import mpi
from mpi.indicators import list_rules, load_rules
from mpi.release import list_schemes, load_scheme

LIBRARIES = {
    "measure": (mpi.list_measures, mpi.load_measure, "Measure.from_toml"),
    "line": (mpi.list_lines, mpi.load_line, "Line.from_toml"),
    "scheme": (list_schemes, load_scheme, "Scheme.from_toml"),
    "rules": (list_rules, load_rules, "Rules.from_toml"),
}


@pytest.mark.parametrize("kind", LIBRARIES)
def test_a_name_that_does_not_ship_is_told_with_the_nearest_and_the_way_out(kind: str) -> None:
    names, load, reader = LIBRARIES[kind]
    known: list[str] = names()
    assert known == sorted(known) != []
    near: Any = known[0] + "x"
    with pytest.raises(mpi.errors.RequestError, match=f"{known[0]}.*{reader}"):
        load(near)
    assert load(known[0]).name == known[0]


def test_money_is_counted_by_person_where_no_unit_is_named() -> None:
    survey = mpi.load_sample()
    named, plain, none = (
        mpi.monetary.estimate(survey, "income", line=900, statistics=["headcount"], **unit).value.tolist()
        for unit in ({"unit": "person"}, {}, {"unit": None})
    )
    assert named == plain == none
