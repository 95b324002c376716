"""The cutoff as a number beside its text, the code of a group beside its label, and no category that does not occur."""

from __future__ import annotations

import io
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mpi
from mpi.core.errors import MpiError
from mpi.measures.measure import Measure
from mpi.survey.survey import Survey
from mpi.tables.files import write
from mpi.tables.keys import Keys, coded, group_codes

CODES = {1: "Hà Nội", 2: "Hà Giang", 79: "Hồ Chí Minh"}
MEASURE = Measure.nested("m", {"x": ["a"], "y": ["b"]}, cutoff="1/3")


def survey(kind=int):
    rng = np.random.default_rng(3)
    frame = pd.DataFrame({"a": rng.binomial(1, 0.4, 240), "b": rng.binomial(1, 0.6, 240), "sex": [1, 2] * 120})
    frame["province"] = [kind(x) for x in rng.choice([*CODES], 240)]
    frame = frame.assign(h=np.repeat(range(4), 60), c=np.tile(np.repeat(range(10), 6), 4))
    labels = {"province": {kind(k): v for k, v in CODES.items()}, "sex": {1: "Nam", 2: "Nữ"}}
    return Survey(frame, strata="h", psu="c", labels=labels)


@pytest.fixture(scope="module")
def est():
    return mpi.estimate(survey(), MEASURE, by=["province", ("province", "sex")], cutoffs=["1/3", "1"])


def test_each_number_has_its_cutoff_as_a_number_and_the_code_of_its_group(est):
    table = est.table
    assert table["k"].dtype == np.float64
    known = {"1/3": 1 / 3, "1": 1.0}
    assert [known.get(x) for x in table["cutoff"].astype(object)] == [None if np.isnan(k) else k for k in table["k"]]
    of = {name: code for code, name in CODES.items()} | {"total": np.nan}
    alone = table[table["by"] != "province × sex"]
    assert alone["group_code"].tolist() == pytest.approx([of[g] for g in alone["group"]], nan_ok=True)
    crossed = table[table["group"] == "Hà Giang × Nữ"]
    assert set(crossed["group_code"]) == {"2 × 2"}


@pytest.mark.parametrize("kind", [int, str, float])
def test_a_table_joins_a_map_by_the_codes_of_the_data(kind):
    est = mpi.estimate(survey(kind), MEASURE, by=["province"]).select(statistic="H", by="province")
    geometry = pd.DataFrame({"code": [kind(c) for c in CODES], "shape": [*CODES.values()]})
    joined = est.table.merge(geometry, left_on="group_code", right_on="code")
    assert joined["shape"].tolist() == joined["group"].tolist()
    assert len(joined) == len(CODES)
    wide = est.wide("H", codes=True).reset_index("group_code")
    assert [CODES[int(float(c))] for c in wide["group_code"]] == wide.index.get_level_values("group").tolist()


def test_what_is_no_group_of_the_data_has_no_code(est):
    gap = mpi.gap(est.select(statistic="H", by="province"), "province")
    assert gap.table["group_code"].isna().all()
    assert est.select(by="total").table["group_code"].isna().all()


def test_codes_and_cutoffs_come_back_from_files(est, tmp_path):
    pytest.importorskip("openpyxl", reason="openpyxl is an extra")
    pytest.importorskip("pyarrow", reason="PyArrow is an extra")
    table = est.table
    wanted = ["" if pd.isna(c) else str(c) for c in table["group_code"]]
    read = pd.read_csv(io.StringIO(est.to_csv(columns="all")), dtype={"group_code": "str"}, keep_default_na=False)
    assert read["group_code"].tolist() == wanted
    assert [float(k) if k else None for k in read["k"].astype(str)] == [None if np.isnan(k) else k for k in table["k"]]
    plain = json.loads(est.to_json())["estimates"]
    assert ["" if row["group_code"] is None else str(row["group_code"]) for row in plain] == wanted
    assert [row["k"] for row in plain] == [None if np.isnan(k) else k for k in table["k"]]
    assert mpi.Estimates.from_json(est.to_json()).table["group_code"].tolist() == pytest.approx(
        table["group_code"].tolist(), nan_ok=True
    )
    sheet = pd.read_excel(io.BytesIO(est.to_excel()), "Data", keep_default_na=False, engine="openpyxl")
    assert [str(c) for c in sheet["group_code"]] == wanted
    parquet = pd.read_parquet(io.BytesIO(est.to_parquet(columns="all")))
    assert ["" if pd.isna(c) else c for c in parquet["group_code"]] == wanted
    np.testing.assert_array_equal(parquet["k"], table["k"])


def test_files_keep_their_columns_unless_more_are_asked_for(est):
    core, every = (pd.read_csv(io.StringIO(est.to_csv(columns=c))) for c in ("core", "all"))
    assert [*core.columns, "k", "group_code"] == every.columns.tolist()
    pd.testing.assert_frame_equal(core, every[core.columns])
    assert est.to_csv() == est.to_csv(columns="core")
    with pytest.raises(MpiError, match=r"columns: there is no choice 'codes'.*core"):
        est.to_csv(columns="codes")
    with pytest.raises(MpiError, match="excel holds tables to publish: codes=True shows codes"):
        write(est, None, "excel", columns="all")


def test_codes_stand_in_tables_to_publish(est):
    table = est.publish("H", by="province", cutoff="1/3", codes=True)
    assert table.index.names == ["by", "group", "group_code"]
    assert table.index.get_level_values("group_code").tolist() == [*CODES]
    assert "Hà Giang & 2 & " in est.to_latex(by="province", statistics=["H"], codes=True)
    assert '<th scope="row">Hà Giang</th><th scope="row">2</th>' in est.to_html(by="province", codes=True)
    plain = est.publish("H", by="province", cutoff="1/3")
    assert table.droplevel("group_code").equals(plain)
    assert table.attrs["notes"] == plain.attrs["notes"]  # which name rows by their labels


def test_a_selection_has_no_categories_that_do_not_occur(est):
    few = est.select(by="province", group=["Hà Giang"], statistic="H", cutoff="1")
    table = few.table
    for name in table.columns[table.dtypes == "category"]:
        assert set(table[name].cat.categories) == set(table[name].dropna()), name
    assert len(table.groupby(["by", "group"], observed=False)) == 1
    assert ", by province>" in repr(few)
    assert "total" not in repr(few)


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["a", "b", "c", None]), max_size=8), st.data())
def test_a_column_without_unused_values_says_the_same(values, data):
    column = coded(values)
    rows = data.draw(st.lists(st.integers(0, len(values) - 1), max_size=8)) if values else []
    taken = column.take(np.array(rows, dtype=np.int64))
    used = taken.without_unused()
    assert used.to_list() == taken.to_list() == [values[i] for i in rows]
    assert set(used.values) == {values[i] for i in rows} - {None}
    assert list(used.values) == [v for v in column.values if v in used.values]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(["total", "a", "b", None]), st.sampled_from(["x", "y", "z"])), min_size=1))
def test_codes_are_those_of_the_label_in_its_own_disaggregation(pairs):
    codes = {"a": {"x": (np.int64(1),), "y": (None,)}, "b": {"x": ("1",), "y": (2.5,), "z": (1, None)}, "total": {}}
    keys = Keys({"by": coded([by for by, _ in pairs]), "group": coded([group for _, group in pairs])})
    known = {("a", "x"): 1, ("b", "x"): "1", ("b", "y"): 2.5, ("b", "z"): "1 × "}
    found = group_codes(keys, codes).to_list()
    assert found == [known.get(pair) for pair in pairs]
    assert [type(c) for c in found] == [type(known.get(pair)) for pair in pairs]
