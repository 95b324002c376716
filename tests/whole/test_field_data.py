"""Published answers on real and official synthetic surveys (skipped where those files are not at hand)."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.inference.intervals import interval

pytestmark = pytest.mark.filterwarnings("ignore:measure .* misses the score:mpi.MpiWarning")  # 33 of 100 is meant

SYN = mpi.Measure.nested(
    "syn",
    {
        "health": ["d_nutr", "d_cm"],
        "education": ["d_satt", "d_educ"],
        "living": ["d_elct", "d_sani", "d_wtr", "d_hsg", "d_ckfl", "d_asst"],
    },
    cutoff="33/100",
)


@pytest.fixture(scope="module")
def syn(field: Path) -> mpi.Survey:
    frame = pd.read_csv(field / "data/syn_cdta.csv")
    return mpi.Survey(frame[frame.t == 1], weight="weight", strata="stratum", psu="psu")


def test_mpitb_example(field: Path, syn: mpi.Survey) -> None:
    """mpitbR 1.0.1 on mpitb's own example: b, se and limits, national and by area, three cutoffs, every indicator."""
    oracle = json.loads((field / "oracles.json").read_text(encoding="utf-8"))["syn_cdta_t1"]["expected"]
    est = mpi.estimate(syn, SYN, by=["area"], cutoffs=["1/5", "33/100", "1/2"], df="design").with_interval("logit")
    low, high = est.conf_int()
    names = {
        "hd": "uncensored_headcount",
        "hdk": "censored_headcount",
        "actb": "contribution",
        "pctb": "contribution_share",
    }
    cutoffs = {20: "1/5", 33: "33/100", 50: "1/2"}
    checked = 0
    for row in oracle:
        national = row["loa"] == "nat"
        keys = {
            "statistic": names.get(row["measure"], row["measure"]),
            "by": "total" if national else row["loa"],
            "group": "total" if national else row["subg"],
            "cutoff": None if row["measure"] == "hd" else cutoffs[row["k"]],
            "indicator": row["indicator"],
        }
        (i,) = est.keys.find(keys)
        for got, name in ((est.value[i], "b"), (est.se[i], "se"), (low[i], "ll"), (high[i], "ul")):
            if row[name] is not None:
                assert got == pytest.approx(row[name], abs=1e-8)
                checked += 1
    assert len(oracle) == 327
    assert checked == 768


def test_shares_have_errors(syn: mpi.Survey) -> None:
    """Peers print none; with M0 held fixed it would be .005135."""
    est = mpi.estimate(syn, SYN).select(statistic="contribution_share", indicator="d_nutr")
    assert est.se[0] == pytest.approx(0.003763, abs=5e-7)


def test_stated_answers(syn: mpi.Survey) -> None:
    est = mpi.estimate(syn, SYN, by=["area"], df="design").with_interval("logit")
    low, high = est.conf_int()
    stated = {
        "M0": (0.14241623, 0.002485918, 0.13760345, 0.14736856),
        "H": (0.33521657, 0.005541809, 0.32442178, 0.34618649),
        "A": (0.42484840, 0.001859749, 0.42120012, 0.42850489),
    }
    for statistic, figures in stated.items():
        (i,) = est.keys.find({"statistic": statistic, "by": "total"})
        assert (est.value[i], est.se[i], low[i], high[i]) == pytest.approx(figures, abs=1e-8)
    urban = est.select(statistic="population_share", group="1")
    assert (urban.value[0], urban.se[0]) == pytest.approx((0.59914, 0.0058), abs=5e-5)


# --- OPHI's published national table, 112 countries -----------------------------------------------------------------

INDICATORS = {
    "nutrition": "d_nutr", "child_mortality": "d_cm", "years_schooling": "d_educ", "school_attendance": "d_satt",
    "cooking_fuel": "d_ckfl", "sanitation": "d_sani", "drinking_water": "d_wtr", "electricity": "d_elct",
    "housing": "d_hsg", "assets": "d_asst",
}  # fmt: skip


@pytest.fixture(scope="module")
def ophi(field: Path) -> pd.DataFrame:
    return pd.read_csv(field / "data/ophi_national_2024.csv")


def test_an_absent_indicator_moves_its_weight_within_its_dimension(ophi: pd.DataFrame) -> None:
    """MPI = sum of w_j h_j(k) with the weights that `Measure.drop` gives, for every country."""
    measure = mpi.load_measure("global-mpi")
    for row in ophi.to_dict("records"):
        absent = [j for name, j in INDICATORS.items() if np.isnan(row[f"cens_{name}"])]
        weights = measure.drop(*absent).weights if absent else measure.weights
        assert len(weights) == row["n_ind"]
        total = sum(float(weights[j]) * row[f"cens_{name}"] / 100 for name, j in INDICATORS.items() if j in weights)
        assert total == pytest.approx(row["MPI"], abs=1e-12)
        for name, j in INDICATORS.items():
            if j in weights:
                share = 100 * float(weights[j]) * row[f"cens_{name}"] / 100 / row["MPI"]
                assert share == pytest.approx(row[f"contrib_{name}"], abs=1e-9)
    assert len(ophi) == 112


def test_published_intervals(ophi: pd.DataFrame) -> None:
    for name, unit in (("MPI", 1), ("H", 100)):
        p, se, low, high = (ophi[f"{name}{x}"].to_numpy() / unit for x in ("", "_se", "_ll", "_ul"))
        found = interval("logit", p, se, ophi.df_implied.to_numpy(float), 0.95, np.zeros(len(p)))
        known = np.isfinite(se) & np.isfinite(low)
        assert known.sum() >= 100
        assert found[0][known] == pytest.approx(low[known], abs=1e-12)
        assert found[1][known] == pytest.approx(high[known], abs=1e-12)


def test_published_products(ophi: pd.DataFrame) -> None:
    assert (ophi.H * ophi.A / 1e4).to_numpy() == pytest.approx(ophi.MPI.to_numpy(), abs=1e-12)


def test_weights_of_a_survey_without_nutrition() -> None:
    """Viet Nam's MICS: child mortality carries all of health."""
    weights = mpi.load_measure("global-mpi").drop("d_nutr").weights
    assert weights["d_cm"] == Fraction(1, 3)
    assert sum(weights.values()) == 1


# --- Chile's official poverty rate ----------------------------------------------------------------------------------

CHILE = {  # region: rate and SE in per cent, single PSUs centred, whole design
    1: (13.9833, 0.8715), 2: (9.3104, 0.9406), 3: (9.4596, 0.7467), 4: (11.6941, 0.9398), 5: (11.3427, 0.5719),
    6: (9.9693, 0.8627), 7: (12.3099, 0.7313), 8: (13.1899, 0.6897), 9: (17.4391, 0.9450), 10: (11.3105, 0.7695),
    11: (6.6116, 0.8980), 12: (5.6547, 0.7756), 13: (8.9759, 0.3815), 14: (12.2220, 0.7242), 15: (11.9214, 0.8655),
    16: (14.7132, 0.9976),
}  # fmt: skip


@pytest.fixture(scope="module")
def casen(field: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    frame = pd.read_csv(field / "data/chl_casen2020.csv.gz")
    known = frame.pobreza.notna()
    frame["poor"] = (frame.pobreza < 3).astype(float).where(known)
    frame["extreme"] = (frame.pobreza == 1).astype(float).where(known)
    path = tmp_path_factory.mktemp("chile") / "casen.csv.gz"
    frame.to_csv(path, index=False)
    return path


@pytest.mark.parametrize(
    ("rule", "poor_se", "extreme_se"),
    [
        ("certainty", 0.0021526926, 0.0013084728),
        ("centered", 0.0021526970, 0.0013084737),
        ("scaled", 0.0021563630, 0.0013107038),
    ],
)
def test_chile_from_file_to_official_counts(casen: Path, rule: str, poor_se: float, extreme_se: float) -> None:
    survey = mpi.read_survey(
        casen, columns=["poor", "extreme", "region"], weight="expr", strata="estrato", psu="cod_upm", single_psu=rule
    )
    assert (len(survey), survey.design.strata, survey.design.units) == (185_437, 588, 11_490)
    total = mpi.total(survey, ["poor", "extreme"])
    assert total.value.tolist() == [2_112_185, 831_232]
    rate = mpi.mean(survey, ["poor", "extreme"], by=["region"], df="design")
    assert rate.value[:2] == pytest.approx([0.108137062, 0.042556398], abs=5e-10)
    assert rate.se[:2] == pytest.approx([poor_se, extreme_se], abs=5e-11)
    assert set(rate.df) == {10_902}
    if rule == "centered":
        regions = rate.select(by="region", indicator="poor")
        stated = np.array([CHILE[int(g)] for g in regions.keys["group"].to_list()]) / 100
        assert regions.value == pytest.approx(stated[:, 0], abs=5.1e-7)
        assert regions.se == pytest.approx(stated[:, 1], abs=5.1e-7)


def test_chile_by_category(casen: Path) -> None:
    survey = mpi.read_survey(casen, weight="expr", strata="estrato", psu="cod_upm", single_psu="centered")
    est = mpi.proportion(survey, "pobreza")
    assert est.keys["indicator"].to_list() == ["1", "2", "3"]
    assert est.value.sum() == pytest.approx(1, abs=1e-14)
    assert est.value[0] == pytest.approx(0.042556398, abs=5e-10)
