"""Make `vhlss2016/` and `vhlss2022/`: two SYNTHETIC rounds in the file layout of the VHLSS.

Nobody was interviewed. Every household, person and answer is drawn from a random number generator; published totals
steer the draw (see VHLSS.md beside this file). Files, variables and codes are those of the Viet Nam Household Living
Standards Survey as far as public sources tell; variables that start with `syn_` stand for questions whose
real names no public source gives.

Run it with `python make_vhlss.py [folder]`. The same libraries give the same bytes each time.

How it works, in the order of `build`:

1. `draw_areas`: 63 provinces, urban and rural = 126 strata; in each 3 or 4 enumeration areas (EAs) per round, half of
   them in both. Each has its ethnic mix.
2. `draw_homes`: ten households per EA, with weights, ethnic group, size and members.
3. `deprive`: each household has a latent deprivation. It is deprived in an indicator if loading x latent +
   noise reaches the threshold that gives the target rate. Effects of places and groups are tuned by iteration.
4. `classify`: in each province the households are poor, near-poor or neither, so that the official rate comes out.
5. `draw_income`: incomes inside the bounds of these classes, of a set mean.
6. `answer`: members and households give answers from which the rules of the standard find just these deprivations.
7. `files_2016`, `files_2022`: the answers spread over files, with the traps of the real ones.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mpi.programmes.vhlss.codes import labels_of_codes, region_of_province
from mpi.readers.tcvn3 import LETTERS

SEED = 20
OUTPUT = Path(__file__).parent
DATA_LABEL = "SYNTHETIC, in the layout of VHLSS {year}. Not real people: no inference"
TIME_STAMP = datetime(2025, 1, 1, tzinfo=UTC)  # fixed, so that the bytes do not depend on the day
HOMES_PER_AREA = 10
KINH, HOA, HMONG = 1, 4, 8
BAC_KAN = 6  # 96% of its poor households belong to minorities
URBAN = 1

# Province: urban % of persons (2019, from memory), then as published: poor households % of 2016 and 2022, share % of
# households and of persons in 2023 (GSO and public VHLSS 2023 weights).
PROVINCES = {
    1: (49, 1.4, 0.1427, 8.0805, 8.5894), 2: (16, 39.75, 31.6448, 0.7106, 0.8832),
    4: (23, 37.33, 23.615, 0.5062, 0.5454), 6: (21, 29.68, 20.1007, 0.3087, 0.3208),
    8: (14, 22.04, 10.2709, 0.7752, 0.8105), 10: (24, 26.35, 15.5712, 0.6688, 0.7688),
    11: (14, 53.93, 33.5817, 0.5137, 0.6478), 12: (18, 44.31, 30.3111, 0.393, 0.4827),
    14: (14, 42.8, 23.8775, 1.134, 1.3175), 15: (20, 26.12, 16.5741, 0.8305, 0.8545),
    17: (16, 17.75, 7.9369, 0.83, 0.8841), 19: (32, 7.77, 2.1505, 1.3277, 1.3456),
    20: (20, 23.51, 7.9135, 0.7654, 0.7952), 22: (64, 4.3, 1.1139, 1.3743, 1.3728),
    24: (15, 6.43, 2.0322, 1.7489, 1.9075), 25: (18, 10.29, 4.0619, 1.5081, 1.5382),
    26: (26, 5.1, 1.0057, 1.1056, 1.2105), 27: (28, 1.9, 0.8518, 1.4414, 1.5191),
    30: (25, 3.6, 1.1406, 1.9275, 1.9454), 31: (46, 2.1, 0.6482, 2.221, 2.122),
    33: (16, 4.2, 1.6663, 1.2979, 1.3234), 34: (11, 4.7, 1.8234, 2.2721, 1.8817),
    35: (17, 4.9, 1.9755, 0.959, 0.8902), 36: (18, 4.2, 1.4274, 2.1017, 1.8525),
    37: (21, 4.5, 1.6927, 1.0701, 1.0162), 38: (15, 11.86, 5.212, 3.7182, 3.7371),
    40: (15, 17.67, 6.2203, 3.5207, 3.4919), 42: (19, 12.51, 3.8309, 1.5323, 1.3404),
    44: (21, 13.66, 6.3324, 0.946, 0.915), 45: (31, 16.07, 9.5148, 0.5982, 0.6642),
    46: (50, 7.33, 3.9331, 1.1212, 1.1566), 48: (87, 1.48, 0.9304, 1.0869, 1.2277),
    49: (27, 13.67, 7.528, 1.5043, 1.4945), 51: (16, 13.66, 6.5813, 1.2632, 1.2705),
    52: (32, 8.0, 4.01, 1.6187, 1.4874), 54: (29, 9.87, 6.5076, 0.9278, 0.8899),
    56: (42, 5.9, 3.0632, 1.2773, 1.2636), 58: (36, 13.4, 9.0537, 0.5623, 0.5995),
    60: (38, 4.37, 2.8465, 1.2181, 1.2428), 62: (32, 34.0, 19.2596, 0.5452, 0.5927),
    64: (29, 30.2, 18.0977, 1.3741, 1.614), 66: (25, 15.4, 8.1837, 1.8667, 1.9518),
    67: (15, 17.1, 9.7354, 0.6403, 0.6805), 68: (39, 8.1, 3.6126, 1.2906, 1.3285),
    70: (24, 6.7, 2.206, 1.05, 1.0291), 72: (18, 2.5, 1.2332, 1.2477, 1.1803),
    74: (80, 1.1, 0.1213, 3.3259, 2.7808), 75: (44, 0.8, 0.6829, 3.2355, 3.259),
    77: (58, 1.3, 0.8236, 1.22, 1.1741), 79: (79, 0.2, 0.0, 10.0293, 9.3298),
    80: (16, 4.8, 2.2877, 1.758, 1.7277), 82: (14, 5.7, 2.2606, 1.8302, 1.8326),
    83: (10, 10.1, 3.8534, 1.4537, 1.3181), 84: (17, 13.9, 7.0436, 1.0594, 1.0337),
    86: (17, 9.3, 3.5467, 1.0755, 1.0466), 87: (18, 8.0, 3.1131, 1.6113, 1.5748),
    89: (32, 7.6, 4.6368, 1.8983, 1.8898), 91: (28, 8.2, 4.088, 1.5814, 1.7384),
    92: (70, 4.6, 1.006, 1.183, 1.257), 93: (28, 10.7, 5.3013, 0.725, 0.7174),
    94: (32, 10.2, 6.1082, 1.2057, 1.1985), 95: (28, 13.3, 5.2356, 0.8715, 0.9423),
    96: (23, 11.9, 6.3836, 1.1547, 1.1965),
}  # fmt: skip

# Ethnic groups other than Kinh (official codes) in the countryside of a province, %: rounded, from memory of the
# census of 2019. In towns they are URBAN_MINORITIES of that.
MINORITIES = {
    1: {6: 1}, 2: {2: 23, 7: 10, 8: 36, 9: 15, 25: 2, 38: 2}, 4: {2: 42, 7: 31, 8: 12, 9: 10},
    6: {2: 53, 9: 18, 7: 9, 8: 7, 15: 1}, 8: {2: 26, 9: 13, 15: 9, 8: 3, 7: 2, 18: 2},
    10: {8: 28, 2: 16, 9: 15, 25: 5, 7: 4, 40: 1}, 11: {8: 40, 3: 38, 29: 3, 9: 1, 35: 1},
    12: {3: 33, 8: 26, 9: 14, 35: 4, 25: 3, 41: 2}, 14: {3: 55, 8: 18, 6: 8, 34: 2, 9: 2, 29: 1},
    15: {2: 20, 9: 14, 8: 14, 3: 8, 6: 2, 7: 2}, 17: {6: 67, 3: 4, 2: 3, 9: 2, 8: 1},
    19: {2: 13, 7: 8, 18: 5, 15: 4, 9: 3, 8: 1}, 20: {7: 45, 2: 37, 9: 4}, 22: {9: 8, 2: 5, 18: 3, 15: 2},
    24: {7: 5, 2: 3, 18: 2, 15: 2}, 25: {6: 17, 9: 1}, 26: {18: 4}, 37: {6: 3}, 38: {6: 11, 3: 7, 8: 1},
    40: {3: 11, 24: 2, 8: 1, 29: 1}, 44: {23: 3}, 45: {23: 13, 31: 3}, 46: {31: 5, 26: 3},
    49: {26: 5, 14: 4, 27: 2}, 51: {19: 13, 30: 3, 14: 1}, 52: {13: 2}, 54: {12: 4, 17: 3}, 56: {21: 8},
    58: {17: 15, 21: 14}, 60: {17: 4, 21: 2, 16: 1}, 62: {14: 31, 13: 14, 27: 10, 10: 6},
    64: {10: 36, 13: 15, 2: 1, 7: 1}, 66: {12: 21, 7: 5, 2: 3, 20: 3, 8: 2, 3: 1, 9: 1},
    67: {20: 9, 7: 6, 8: 6, 2: 4, 28: 1, 12: 1}, 68: {16: 19, 28: 4, 7: 2, 2: 2, 36: 2},
    70: {22: 12, 2: 3, 7: 3, 5: 2}, 72: {5: 1}, 75: {4: 2, 32: 1}, 77: {32: 1}, 79: {4: 4}, 84: {5: 34}, 86: {5: 2},
    89: {5: 4, 17: 1}, 91: {5: 14, 4: 1}, 92: {5: 3}, 93: {5: 3}, 94: {5: 33, 4: 3}, 95: {5: 9, 4: 1}, 96: {5: 3},
}  # fmt: skip
URBAN_MINORITIES = 0.45
MIX_CONCENTRATION = 3.0  # Dirichlet concentration of an EA's mix: low is segregated
GROUP_EFFECTS = {1: 0.0, 4: 0.0, 2: 0.7, 7: 0.8, 6: 0.8, 3: 1.0, 5: 0.9, 17: 0.8, 9: 1.4, 8: 2.2}
OTHER_GROUP_EFFECT = 1.5
SIZE_SHARES = (9, 18, 21, 25, 14, 8, 3, 1.2, 0.8)  # households of 1 to 9 members, %
AREA_SPREAD, HOME_SPREAD = 0.30, 0.60

# Height for age: median and standard deviation in cm at full years 0 to 16, boys and girls; and median weight in kg
# to 10 years. After the WHO standards, rounded, from memory: near enough to make a child plainly small, or not.
HEIGHTS = {
    1: ((49.9, 75.7, 87.4, 96.1, 103.3, 110, 116, 121.7, 127.3, 132.6, 137.8, 143.1, 149.1, 156, 163.2, 169, 172.9),
        (1.9, 2.4, 3.1, 3.7, 4.2, 4.6, 4.9, 5.3, 5.6, 6.0, 6.3, 6.7, 7.0, 7.4, 7.6, 7.7, 7.6)),
    2: ((49.1, 74.0, 86, 95.1, 102.7, 109.4, 115.1, 120.8, 126.6, 132.5, 138.6, 145, 151.2, 156.4, 159.8, 161.7, 162.5),
        (1.9, 2.6, 3.2, 3.8, 4.3, 4.8, 5.1, 5.5, 5.8, 6.1, 6.4, 6.7, 6.9, 6.9, 6.8, 6.7, 6.6)),
}  # fmt: skip
WEIGHTS_KG = {
    1: (3.3, 9.6, 12.2, 14.3, 16.3, 18.3, 20.5, 22.9, 25.4, 28.1, 31.2),
    2: (3.2, 8.9, 11.5, 13.9, 16.1, 18.2, 20.2, 22.4, 25.0, 28.2, 31.9),
}


@dataclass(frozen=True, slots=True)
class Round:
    """What a round is set to.

    `households` and `persons` in the country; `mean_income` and `lines` (rural, urban) in VND per person per month;
    `rates` the deprivation rates in % of persons, in the order of the standard's indicators; `scored` those that the
    standard counts; `rate_column` where `PROVINCES` holds the published poverty rates.
    """

    year: int
    households: float
    persons: float
    urban: float
    mean_income: float
    lines: dict[str, tuple[float, float]]
    rates: dict[str, float]
    scored: int
    rate_column: int


FALL = 1.51  # of the rates from 2016 to 2020, where only those of 2020 are published
RATES_2020 = {
    "health_access": 2.3, "health_insurance": 19.5, "adult_education": 11.7, "child_schooling": 2.3,
    "housing_quality": 4.6, "housing_area": 5.4, "water": 2.7, "toilet": 6.4, "telecom": 3.0,
    "information_assets": 4.3,
}  # fmt: skip
ROUND_2016 = Round(
    2016, 24.2e6, 92.7e6, 0.345, 3.05e6, {"poor": (0.7e6, 0.9e6), "upper": (1.0e6, 1.3e6)},
    {name: 40.6 if name == "health_insurance" else rate * FALL for name, rate in RATES_2020.items()}, 10, 1,
)  # fmt: skip
ROUND_2022 = Round(
    2022, 27.007e6, 96.8e6, 0.375, 4.67e6, {"upper": (1.5e6, 2.0e6)},
    {
        "employment": 24.0, "dependents": 0.0, "nutrition": 8.0, "health_insurance": 19.5, "adult_education": 15.0,
        "child_schooling": 3.5, "housing_quality": 4.6, "housing_area": 5.4, "water": 2.7, "toilet": 6.4,
        "telecom": 3.0, "information_means": 1.5, "health_access": 2.3, "information_assets": 4.3,
    },
    12, 2,
)  # fmt: skip
LOADINGS = {
    "health_access": 0.2, "health_insurance": 0.15, "employment": 0.15, "dependents": 0.0, "nutrition": 0.5,
    "housing_area": 0.4, "adult_education": 0.6, "child_schooling": 0.6, "telecom": 0.65, "information_assets": 0.7,
    "information_means": 0.8, "housing_quality": 0.8, "water": 0.8, "toilet": 1.0,
}  # fmt: skip
H_2016 = {1: 1.5, 2: 17.4, 3: 7.5, 4: 20.6, 5: 4.9, 6: 19.5}  # % of persons poor at 3 of 10, by region (GSO/UNDP)
H_2016_URBAN, H_2016_RURAL, H_2016_HMONG, MINORITIES_OF_POOR_2016 = 3.9, 12.7, 78.0, 0.51


def main(folder: Path = OUTPUT) -> None:
    """Draw both rounds and write their folders."""
    for year, files in build().items():
        for name, (frame, titles, labels) in files.items():
            write(frame, folder / f"vhlss{year}" / name, titles, labels, year)


def build() -> dict[int, dict[str, tuple[pd.DataFrame, dict[str, str], dict[str, dict[int, str]]]]]:
    """Draw both rounds: for each the files with their variable and value labels."""
    rng = np.random.Generator(np.random.PCG64(SEED))
    areas = draw_areas(rng)
    found = {}
    for design, make in ((ROUND_2016, files_2016), (ROUND_2022, files_2022)):
        homes = draw_homes(rng, areas, design)
        deprive(rng, homes, design)
        classify(rng, homes, design)
        draw_income(rng, homes, design)
        people = answer(rng, homes, design)
        found[design.year] = make(homes, people)
    return found


# ---------------------------------------------------------------------------------- places


def draw_areas(rng: np.random.Generator) -> pd.DataFrame:
    """Draw the EAs of all strata, with their codes, rounds, mix and effect."""
    rows = []
    for province in PROVINCES:
        for area in (1, 2):
            per_round = 4 if area == 2 else 3 + int(rng.integers(2))
            both = per_round // 2 + (per_round % 2) * int(rng.integers(2))
            rounds = [(1, 1)] * both + [(1, 0)] * (per_round - both) + [(0, 1)] * (per_round - both)
            mix = area_mix(province, area)
            for number, (first, second) in enumerate(rounds):
                place = 10 * (area - 1) + number
                rows.append(
                    {
                        "province": province,
                        "area": area,
                        "in_2016": first,
                        "in_2022": second,
                        "district": province * 10 + place % 3 + (0 if area == URBAN else 3),
                        "commune": province * 330 + place * 7 + 1,
                        "ea": 1 + int(rng.integers(40)),
                        "month": 1 + int(rng.integers(12)),
                        "effect": rng.standard_normal(),
                        "groups": list(mix),
                        "mix": place_mix(rng, mix),
                        "jitter": np.exp(0.15 * rng.standard_normal()),
                    }
                )
    return pd.DataFrame(rows)


def place_mix(rng: np.random.Generator, mix: dict[int, float]) -> np.ndarray:
    """Disturb a mix: a Dirichlet draw around it, with no minority at more than five times its share."""
    shares = np.array(list(mix.values()))
    drawn = np.minimum(rng.dirichlet(MIX_CONCENTRATION * shares), 5 * shares)
    drawn[0] = 1 - drawn[1:].sum()
    return drawn


def area_mix(province: int, area: int) -> dict[int, float]:
    """Return the ethnic mix of the town or countryside of a province; it adds up to 1."""
    share = URBAN_MINORITIES if area == URBAN else 1.0
    mix = {group: percent / 100 * share for group, percent in MINORITIES.get(province, {}).items()}
    return {KINH: 1 - sum(mix.values()), **mix}


# ---------------------------------------------------------------------------------- households


def draw_homes(rng: np.random.Generator, areas: pd.DataFrame, design: Round) -> pd.DataFrame:
    """Draw ten households in each EA of a round, with ethnic group, members and weight."""
    places = areas[areas[f"in_{design.year}"] == 1].reset_index(drop=True)
    homes = places.loc[places.index.repeat(HOMES_PER_AREA)].reset_index(drop=True)
    homes["place"] = np.repeat(np.arange(len(places)), HOMES_PER_AREA)
    homes["household"] = np.tile(np.arange(1, HOMES_PER_AREA + 1), len(places))
    groups = [draw_groups(rng, row.groups, row.mix) for row in places.itertuples()]
    homes["ethnicity"] = np.concatenate(groups)
    homes["kinh"] = homes["ethnicity"].isin([KINH, HOA])
    homes["head_sex"] = np.where(rng.random(len(homes)) < np.where(homes["kinh"], 0.29, 0.12), 2, 1)
    homes["region"] = homes["province"].map(region_of_province())
    homes["size"] = draw_sizes(rng, homes, design)
    usual, oldest = np.where(homes["kinh"], 44, 36), np.where(homes["kinh"], 82, 72)
    traits = zip(homes["size"], homes["head_sex"], usual, oldest, strict=True)
    homes["members"] = [draw_members(rng, *home) for home in traits]
    homes["weight"] = weigh(homes, design)
    return homes.drop(columns=["groups", "mix"])


def draw_groups(rng: np.random.Generator, groups: list[int], mix: np.ndarray) -> np.ndarray:
    """Draw the ethnic groups of an EA's households systematically, so that its mix is kept as well as ten allow."""
    points = (np.arange(HOMES_PER_AREA) + rng.random()) / HOMES_PER_AREA
    drawn = np.minimum(np.searchsorted(np.cumsum(mix), points), len(groups) - 1)
    return rng.permutation(np.array(groups)[drawn])


def draw_sizes(rng: np.random.Generator, homes: pd.DataFrame, design: Round) -> np.ndarray:
    """Draw household sizes, in each province of the mean that the published shares imply."""
    sizes = np.arange(1, len(SIZE_SHARES) + 1)
    out = np.zeros(len(homes), dtype=int)
    for province, rows in homes.groupby("province").groups.items():
        _, _, _, of_homes, of_persons = PROVINCES[province]
        wanted = design.persons / design.households * of_persons / of_homes
        shares = tilted(np.array(SIZE_SHARES), sizes, wanted)
        points = (np.arange(len(rows)) + rng.random()) / len(rows)
        drawn = sizes[np.minimum(np.searchsorted(np.cumsum(shares), points), len(sizes) - 1)]
        out[rows] = rng.permutation(drawn)
    return out


def tilted(shares: np.ndarray, values: np.ndarray, mean: float) -> np.ndarray:
    """Return shares changed by a factor exp(t x value) so that the mean is as wanted."""
    low, high = -2.0, 2.0
    for _ in range(60):
        middle = (low + high) / 2
        changed = shares * np.exp(middle * values)
        if (changed * values).sum() / changed.sum() < mean:
            low = middle
        else:
            high = middle
    return changed / changed.sum()


def draw_members(
    rng: np.random.Generator, size: int, head_sex: int, usual: int, oldest: int
) -> list[tuple[int, int, int]]:
    """Draw (relation, sex, age) of the members, the head first; `usual` and `oldest` are ages of heads."""
    if size == 1:
        return [(1, head_sex, int(rng.integers(55, 88) if rng.random() < 0.7 else rng.integers(22, 56)))]
    age = int(rng.triangular(25, usual, oldest))
    members = [(1, head_sex, age)]
    if rng.random() < (0.9 if head_sex == 1 else 0.3):
        members.append((2, 3 - head_sex, min(90, max(20, age + int(rng.integers(-6, 4))))))
    while len(members) < size:
        members.append(draw_relative(rng, age, len(members)))
    return members


def draw_relative(rng: np.random.Generator, head_age: int, number: int) -> tuple[int, int, int]:
    """Draw (relation, sex, age) of a child, child-in-law, grandchild or parent of the head."""
    sex, chance = 1 + int(rng.random() < 0.49), rng.random()
    if head_age < 60 and chance < 0.12 and number >= 2:
        return 4, 1 + int(rng.random() < 0.65), min(98, head_age + int(rng.integers(20, 32)))
    if head_age < 58 or chance < 0.5:
        return 3, sex, max(0, head_age - int(rng.integers(20, 39)))
    if chance < 0.65:
        return 7, sex, max(18, head_age - int(rng.integers(22, 36)))
    return 6, sex, int(rng.integers(0, 18))


def weigh(homes: pd.DataFrame, design: Round) -> np.ndarray:
    """Return household weights, the same in an EA, that give each stratum its share of the households."""
    urban_raw = sum(p[0] / 100 * p[4] for p in PROVINCES.values()) / sum(p[4] for p in PROVINCES.values())
    odds = design.urban / (1 - design.urban) / (urban_raw / (1 - urban_raw))
    total = sum(p[3] for p in PROVINCES.values())
    part = {}
    for province, (urban, _, _, of_homes, _) in PROVINCES.items():
        share = odds * urban / (odds * urban + 100 - urban)
        part[province, 1], part[province, 2] = of_homes / total * share, of_homes / total * (1 - share)
    wanted = design.households * np.array([part[key] for key in zip(homes["province"], homes["area"], strict=True)])
    jitter = homes["jitter"].to_numpy()
    sums = homes.groupby(["province", "area"])["jitter"].transform("sum").to_numpy()
    return np.round(wanted * jitter / sums, 4)


# ---------------------------------------------------------------------------------- deprivations


def deprive(rng: np.random.Generator, homes: pd.DataFrame, design: Round) -> None:
    """Add the latent deprivation, the indicators (0, 1) and their count, with effects tuned to the targets."""
    n = len(homes)
    noise = rng.standard_normal((n, len(design.rates)))
    own = AREA_SPREAD * homes["effect"].to_numpy() + HOME_SPREAD * rng.standard_normal(n)
    base = own + homes["ethnicity"].map(GROUP_EFFECTS).fillna(OTHER_GROUP_EFFECT).to_numpy()
    fits = {name: eligible(homes, name, design.year) for name in design.rates}
    spans = np.array([count_dependents(m) for m in homes["members"]])
    fixed = {"dependents": 2 * spans > homes["size"].to_numpy()} if "dependents" in design.rates else {}
    effect = np.zeros(n)
    step = tune_2016 if design.year == 2016 else tune_2022
    for _ in range(80):
        flags = indicators(base + effect, noise, homes, design, fits, fixed)
        poor = flags[:, : design.scored].sum(axis=1) >= 3
        effect = effect + 0.35 * step(homes, poor)
    homes["latent"] = base + effect
    for column, name in enumerate(design.rates):
        homes[name] = flags[:, column].astype(int)
    homes["count"] = flags[:, : design.scored].sum(axis=1)


def indicators(
    latent: np.ndarray, noise: np.ndarray, homes: pd.DataFrame, design: Round, fits: dict[str, np.ndarray],
    fixed: dict[str, np.ndarray],
) -> np.ndarray:  # fmt: skip
    """Return the indicators (households x indicators): 1 where the score of an eligible household is high enough."""
    persons = (homes["weight"] * homes["size"]).to_numpy()
    out = np.zeros((len(homes), len(design.rates)), dtype=bool)
    for column, (name, rate) in enumerate(design.rates.items()):
        if name in fixed:
            out[:, column] = fixed[name]
            continue
        score = LOADINGS[name] * latent + noise[:, column]
        if name == "housing_area":
            score = score + 0.3 * (homes["size"].to_numpy() - 4)
        score = np.where(fits[name], score, -np.inf)
        order = np.argsort(-score, kind="stable")
        above = np.cumsum(persons[order]) / persons.sum()
        out[:, column] = score >= score[order][np.argmin(np.abs(above - rate / 100))]
    return out


def log_gap(wanted: float, found: float) -> float:
    """Return how far a rate is from what it should be, bounded."""
    return float(np.clip(np.log(max(wanted, 0.002) / max(found, 0.002)), -1, 1))


def tune_2016(homes: pd.DataFrame, poor: np.ndarray) -> np.ndarray:
    """Return what to add to the latent deprivation for H of 2016 by region, area and for Hmong and minorities."""
    persons = (homes["weight"] * homes["size"]).to_numpy()
    change = np.zeros(len(homes))
    for region, rate in H_2016.items():
        rows = (homes["region"] == region).to_numpy()
        change[rows] += 0.5 * log_gap(rate / 100, float(np.average(poor[rows], weights=persons[rows])))
    for area, rate in ((1, H_2016_URBAN), (2, H_2016_RURAL)):
        rows = (homes["area"] == area).to_numpy()
        change[rows] += 0.5 * log_gap(rate / 100, float(np.average(poor[rows], weights=persons[rows])))
    hmong, minority = (homes["ethnicity"] == HMONG).to_numpy(), ~homes["kinh"].to_numpy()
    gap = H_2016_HMONG / 100 - float(np.average(poor[hmong], weights=persons[hmong]))
    share = float((persons * poor * minority).sum() / (persons * poor).sum())
    change[hmong] += 3 * gap
    change[minority & ~hmong] += 1.0 * (MINORITIES_OF_POOR_2016 - share)
    return change


def tune_2022(homes: pd.DataFrame, poor: np.ndarray) -> np.ndarray:
    """Return what to add so that each province has more households with three deprivations than poor ones."""
    weight = homes["weight"].to_numpy()
    change = np.zeros(len(homes))
    for province, rows in homes.groupby("province").indices.items():
        wanted = 1.45 * PROVINCES[province][2] / 100 + 0.025
        change[rows] = log_gap(wanted, float(np.average(poor[rows], weights=weight[rows])))
    return change


def count_dependents(members: list[tuple[int, int, int]]) -> int:
    """Count children under 16 and the very old, who have an allowance."""
    return sum(age < 16 or age >= 85 for _, _, age in members)


def eligible(homes: pd.DataFrame, name: str, year: int) -> np.ndarray:
    """Say which households can be deprived: some indicators need somebody of the age."""
    spans = {
        "adult_education": (15, 30) if year == 2016 else (18, 30),
        "child_schooling": (5, 15) if year == 2016 else (3, 16),
        "nutrition": (0, 16),
        "employment": (18, 60),
    }
    if name not in spans:
        return np.ones(len(homes), dtype=bool)
    low, high = spans[name]
    return np.array([any(low <= age < high for _, _, age in members) for members in homes["members"]])


# ---------------------------------------------------------------------------------- poverty and income


def classify(rng: np.random.Generator, homes: pd.DataFrame, design: Round) -> None:
    """Add the class: "poor" by the round's standard, "near" (low income only) or "above"."""
    score = homes["latent"].to_numpy() + 0.6 * rng.standard_normal(len(homes))
    many = (homes["count"] >= 3).to_numpy()
    weight = homes["weight"].to_numpy()
    kind = np.full(len(homes), "above", dtype=object)
    carry = dict.fromkeys(H_2016, 0.0)
    indices = homes.groupby("province").indices
    for province in sorted(
        indices, key=lambda code: PROVINCES[code][3]
    ):  # small ones first: what is left over is carried
        region, rows = region_of_province()[province], indices[province]
        rate = PROVINCES[province][design.rate_column] / 100
        can = rows if design.year == 2016 else rows[many[rows]]
        wanted = rate * weight[rows].sum() + carry[region]
        first = can[np.argsort(-score[can], kind="stable")]
        if province == BAC_KAN:
            first = minorities_first(first, homes["kinh"].to_numpy(), weight)
        chosen = choose(first, weight, wanted)
        kind[chosen] = "poor"
        carry[region] = wanted - weight[chosen].sum()
        near = 0.03 + 0.25 * rate if design.year == 2016 else 0.05 + 0.6 * rate
        rest = rows[(kind[rows] == "above") & ~many[rows]]
        kind[choose(rest[np.argsort(-score[rest], kind="stable")], weight, near * weight[rows].sum())] = "near"
    homes["class"] = kind


def minorities_first(rows: np.ndarray, kinh: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Return the rows with one Kinh household, that of the least weight, among the first, and the other ones last."""
    majority, minority = rows[kinh[rows]], rows[~kinh[rows]]
    majority = majority[np.argsort(weight[majority], kind="stable")]
    return np.concatenate([minority[:3], majority[:1], minority[3:], majority[1:]])


def choose(rows: np.ndarray, weight: np.ndarray, wanted: float) -> np.ndarray:
    """Return as many of the rows, from the first, as come nearest to the weight wanted."""
    sums = np.concatenate([[0.0], np.cumsum(weight[rows])])
    return rows[: int(np.argmin(np.abs(sums - wanted)))]


def draw_income(rng: np.random.Generator, homes: pd.DataFrame, design: Round) -> None:
    """Add income (thousand VND a year, of the household), inside the bounds of its class and of the set mean."""
    n, town = len(homes), (homes["area"] == URBAN).to_numpy()
    upper = np.where(town, design.lines["upper"][1], design.lines["upper"][0])
    lower = np.where(town, design.lines.get("poor", (0, 0))[1], design.lines.get("poor", (0, 0))[0])
    low = 0.30 + 0.65 * rng.beta(4, 1.6, n)
    kind, many = homes["class"].to_numpy(), (homes["count"] >= 3).to_numpy()
    income = np.where(lower > 0, low * lower, low * upper)
    between = lower + (upper - lower) * (0.05 + 0.9 * rng.random(n))
    middle = (lower > 0) & ((kind == "near") | ((kind == "poor") & many & (rng.random(n) < 0.4)))
    income = np.where(middle, between, income)
    lost = (kind == "near") & (rng.random(n) < 0.03) & (lower == 0)
    income = np.where(lost, -upper * rng.random(n), income)
    spread = np.exp(-0.2 * homes["latent"].to_numpy() + 0.25 * town + 0.65 * rng.standard_normal(n))
    spread *= homes["region"].map({1: 1.25, 2: 0.8, 3: 0.9, 4: 0.9, 5: 1.4, 6: 1.0}).to_numpy()
    persons = (homes["weight"] * homes["size"]).to_numpy()
    above = kind == "above"
    rest = design.mean_income * persons.sum() - (income * persons)[~above].sum() - (1.02 * upper * persons)[above].sum()
    factor = rest / (spread * upper * persons)[above].sum()
    income = np.where(above, upper * (1.02 + factor * spread), income)
    homes["income"] = np.round(income * homes["size"] * 12 / 1000).astype(int)
    if design.year == 2016:  # income losses exist in 2016 too: some poor lost what they put into their trade
        losers = np.flatnonzero((kind == "poor") & ~many)[::60]
        homes.loc[losers, "income"] = -homes.loc[losers, "income"] // 3
    homes["asked"] = homes["household"] > HOMES_PER_AREA - 2
    spent = np.maximum(0.4 * upper, 0.75 * np.abs(income) ** 0.97 * np.exp(0.2 * rng.standard_normal(n)))
    homes["expenditure"] = np.where(homes["asked"], np.round(spent * homes["size"] * 12 / 1000), 0).astype(int)


# ---------------------------------------------------------------------------------- answers


def answer(rng: np.random.Generator, homes: pd.DataFrame, design: Round) -> pd.DataFrame:
    """Return the members with their answers; add the answers of the households to `homes`."""
    rows: list[dict[str, Any]] = []
    for number, home in enumerate(homes.to_dict("records")):
        members = [{"home": number, "member": i + 1, "relation": r, "sex": s, "age": a} for i, (r, s, a) in
                   enumerate(home["members"])]  # fmt: skip
        dated(rng, members, home, design.year)
        schooled(rng, members, home, design.year)
        treated(rng, members, home)
        worked(rng, members, home, design.year)
        connected(rng, members, home, design.year)
        if design.year == 2022:
            measured(rng, members, home)
        rows += members
    dwell(rng, homes, design.year)
    equip(rng, homes, design.year)
    return pd.DataFrame(rows)


def pick(rng: np.random.Generator, members: list[dict[str, Any]], low: int, high: int) -> dict[str, Any]:
    """Return one of the members of an age."""
    fit = [m for m in members if low <= m["age"] < high]
    return fit[int(rng.integers(len(fit)))]


def dated(rng: np.random.Generator, members: list[dict[str, Any]], home: dict[str, Any], year: int) -> None:
    """Add month and year of birth, and the monthly allowance."""
    for m in members:
        m["birth_month"] = 1 + int(rng.integers(12))
        m["birth_year"] = year - m["age"] - (m["birth_month"] > home["month"])
        m["allowance"] = 1 if m["age"] >= 85 else 3


def schooled(rng: np.random.Generator, members: list[dict[str, Any]], home: dict[str, Any], year: int) -> None:
    """Add grade, levels and attendance, so that the indicators of education are as drawn."""
    for m in members:
        m.update(usual_schooling(rng, m["age"], home["latent"], year))
    if home["child_schooling"]:
        low, high = (5, 15) if year == 2016 else (3, 16)
        m = pick(rng, members, low, high)
        level = 0 if m["age"] < 11 else int(m["age"] >= 12)
        m.update({"attending": 3, "now": None, "level": level, "vocational": 0, "grade": min(5 * level, 5)})
    if home["adult_education"]:
        low = 15 if year == 2016 else 18
        m = pick(rng, members, low, 30)
        top = 2 if year == 2016 else 3
        level = int(rng.integers(0 if home["latent"] > 1 else max(0, top - 2), top))
        grade = (99 if rng.random() < 0.25 * (home["latent"] > 1.5) else 2, 5, 9)[level]
        m.update({"attending": 3, "now": None, "level": level, "vocational": 0, "grade": grade})


def usual_schooling(rng: np.random.Generator, age: int, latent: float, year: int) -> dict[str, Any]:
    """Return the schooling of somebody whom no indicator of education calls deprived."""
    if age < 3:
        return {"attending": 3, "now": None, "level": 0, "vocational": 0, "grade": 99}
    lower = 11 if year == 2016 else 12  # at 11 most are in grade 6; by the bands of 2022 they belong in primary school
    upper = 15 if year == 2016 else 16
    if age < upper:
        now = 0 if age < 6 else 1 if age < lower else 2  # 0 is preschool
        grade = 99 if age < 7 else min(age - 6, 9)
        return {"attending": 2 if rng.random() < 0.1 else 1, "now": now, "level": int(age >= lower),
                "vocational": 0, "grade": grade}  # fmt: skip
    if age < 18:
        studies = rng.random() < 0.8
        return {
            "attending": 1 if studies else 3,
            "now": 3 if studies else None,
            "level": 2,
            "vocational": 0,
            "grade": 9,
        }
    if age <= 36:
        return young_adult(rng, age, latent, year)
    chance = 1 / (1 + np.exp(-(1.6 - 0.035 * (age - 36) - 0.9 * latent)))
    level = int(rng.choice([2, 3, 7], p=[0.55, 0.3, 0.15])) if rng.random() < chance else int(rng.integers(0, 2))
    grade = {0: 99 if rng.random() < 0.2 else 3, 1: 5, 2: 9}.get(level, 12)
    return {"attending": 3, "now": None, "level": level, "vocational": 0, "grade": grade}


def young_adult(rng: np.random.Generator, age: int, latent: float, year: int) -> dict[str, Any]:
    """Return the schooling of somebody of 18 to 36: enough for the standard of the round."""
    if age < 23 and rng.random() < 0.35 / (1 + np.exp(latent)):
        return {"attending": 1, "now": 7, "level": 3, "vocational": 0, "grade": 12}
    low = 2 if year == 2016 or age > 30 else 3
    if low == 3 and rng.random() < 0.25 + 0.1 * (latent > 1):
        return {"attending": 3, "now": None, "level": 2, "vocational": int(rng.choice([4, 5, 6])), "grade": 9}
    high = rng.random() < 0.3 / (1 + np.exp(latent))
    level = 7 if high else low if rng.random() < 0.6 else 3
    return {"attending": 3, "now": None, "level": level, "vocational": 0, "grade": 9 if level == 2 else 12}


def treated(rng: np.random.Generator, members: list[dict[str, Any]], home: dict[str, Any]) -> None:
    """Add insurance, illness and care."""
    for m in members:
        ill = rng.random() < 0.06 + 0.1 * (m["age"] >= 60)
        m.update({"insured": 1, "ill": 1 if ill else 2, "care": 1 if ill else None})
    if home["health_insurance"]:
        pick(rng, members, 18, 120)["insured"] = 2
        for m in members:
            if m["age"] >= 6 and rng.random() < 0.35:
                m["insured"] = 2
    if home["health_access"]:
        pick(rng, members, 0, 120).update(ill=1, care=2)


def worked(rng: np.random.Generator, members: list[dict[str, Any]], home: dict[str, Any], year: int) -> None:
    """Add work, the reason for none, the wage job and its contract."""
    for m in members:
        m.update({"work": None, "why": None, "wage": None, "contract": None, "farm": None})
        if m["age"] < 15:
            continue
        works = m["attending"] == 3 and rng.random() < (0.92 if m["age"] < 60 else 0.35)
        idle = {"work": 2, "why": 3 if m["attending"] < 3 else 5}
        m.update({"work": 1, "wage": 2, "farm": 1} if works else idle)
        if works and rng.random() < (0.5 if home["area"] == URBAN else 0.25) - 0.1 * (home["latent"] > 1):
            m.update({"wage": 1, "contract": 1, "farm": 2})
            if year == 2016 and rng.random() < 0.5:
                m["contract"] = 2
    if home.get("employment"):
        m = pick(rng, members, 18, 60)
        if rng.random() < 0.15:
            m.update({"work": 2, "why": 1 + int(rng.integers(2)), "wage": None, "contract": None, "farm": None})
        else:
            m.update({"work": 1, "why": None, "wage": 1, "contract": 2, "farm": 2})


def connected(rng: np.random.Generator, members: list[dict[str, Any]], home: dict[str, Any], year: int) -> None:
    """Add the use of the internet; in 2022 somebody uses it unless the household is deprived, in 2016 half do."""
    home_uses = not home["telecom"] and (year == 2022 or rng.random() < 0.75 / (1 + np.exp(home["latent"])))
    for m in members:
        uses = home_uses and 10 <= m["age"] < 70 and rng.random() < 0.8
        m["internet"] = None if m["age"] < 6 else 1 if uses else 2
    if home_uses and year == 2022:
        pick(rng, members, 18, 120)["internet"] = 1


def measured(rng: np.random.Generator, members: list[dict[str, Any]], home: dict[str, Any]) -> None:
    """Add height (cm) and weight (kg) of those under 16: plainly small where the household is deprived."""
    children = [m for m in members if m["age"] < 16]
    small = pick(rng, children, 0, 16) if home["nutrition"] else None
    for m in members:
        m.update({"height": None, "kg": None})
    for m in children:
        years = m["age"] + (home["month"] - m["birth_month"]) % 12 / 12
        grid = np.arange(17)
        median, spread = (float(np.interp(years, grid, values)) for values in HEIGHTS[m["sex"]])
        z = rng.uniform(-3.4, -2.6) if m is small else rng.uniform(-0.9, 0.8)
        height = median + z * spread
        usual = WEIGHTS_KG[m["sex"]]
        middle = np.interp(years, grid[: len(usual)], usual) if years <= 10 else 17.2 * (height / 100) ** 2
        kg = float(middle) * (0.80 if m is small else rng.uniform(0.95, 1.12))
        m.update({"height": round(height, 1), "kg": round(kg, 1)})


def draw_codes(rng: np.random.Generator, bad: pd.Series, worse: dict[int, float], fine: dict[int, float]) -> np.ndarray:
    """Draw a code for each household: of `worse` where it is deprived, of `fine` where not (code to share)."""
    n = len(bad)
    drawn = [rng.choice(list(of), size=n, p=np.array(list(of.values())) / sum(of.values())) for of in (worse, fine)]
    return np.where(bad == 1, *drawn)


def dwell(rng: np.random.Generator, homes: pd.DataFrame, year: int) -> None:
    """Add the dwelling: materials, type, area, water, toilet, waste."""
    n, town = len(homes), (homes["area"] == URBAN).to_numpy()
    homes["type"] = draw_codes(rng, homes["housing_quality"], {5: 1}, {1: 1, 2: 22, 3: 27, 4: 50})
    homes["column"] = draw_codes(rng, homes["housing_quality"], {4: 2, 5: 1}, {1: 60, 2: 25, 3: 15})
    homes["roof"] = draw_codes(rng, homes["housing_quality"], {3: 2, 4: 2}, {1: 35, 2: 25, 3: 40})
    homes["wall"] = draw_codes(rng, homes["housing_quality"], {4: 2, 5: 2, 6: 1}, {1: 20, 2: 70, 3: 10})
    per_person = np.where(homes["housing_area"] == 1, 4 + 3.5 * rng.random(n), 9 + 25 * rng.random(n) ** 1.5)
    area = per_person * homes["size"]
    homes["living_area"] = np.where(homes["housing_area"] == 1, np.floor(area), np.ceil(area)).astype(int)
    if year == 2016:
        waters = {5: 2, 7: 3, 10: 3}, {1: 42, 3: 30, 4: 10, 6: 6, 8: 4, 9: 8}
        toilets = {4: 3, 5: 4, 6: 3}, {1: 80, 2: 10, 3: 10}
    else:
        waters = {7: 3, 9: 4, 13: 2, 15: 1}, {1: 48, 2: 4, 3: 1, 5: 24, 6: 8, 8: 5, 10: 6, 14: 4}
        toilets = {8: 4, 10: 1, 11: 3, 12: 3, 13: 1}, {1: 8, 2: 76, 3: 3, 6: 4, 7: 6, 9: 3}
    homes["water_code"] = draw_codes(rng, homes["water"], *waters)
    homes["toilet_code"] = draw_codes(rng, homes["toilet"], *toilets)
    collected = rng.random(n) < np.where(town, 0.95, 0.6)
    homes["waste"] = np.where(collected, 1, rng.integers(2, 7, n))


def equip(rng: np.random.Generator, homes: pd.DataFrame, year: int) -> None:
    """Add durables and the loudspeaker, so that the indicators of information are as drawn."""
    n = len(homes)
    wealth = 1 / (1 + np.exp(homes["latent"].to_numpy()))
    shares = {"tv": 0.93, "radio": 0.12, "desktop": 0.3, "laptop": 0.35, "tablet": 0.2, "landline": 0.08, "mobile": 0.7,
              "smartphone": 0.95}  # fmt: skip
    for name, share in shares.items():
        tilt = 1 if name in {"tv", "mobile", "smartphone"} else wealth * 1.6
        homes[name] = (rng.random(n) < share * tilt).astype(int)
    mute = homes["information_assets"] == 1
    homes.loc[mute, ["tv", "radio", "desktop"]] = 0
    homes["loudspeaker"] = np.where(mute, 0, (rng.random(n) < 0.7).astype(int))
    silent = ~mute & (homes[["tv", "radio", "desktop", "loudspeaker"]].sum(axis=1) == 0)
    homes.loc[silent, "tv"] = 1
    if year == 2016:
        homes.loc[homes["telecom"] == 1, ["landline", "mobile"]] = 0
        homes.loc[homes["telecom"] == 0, "mobile"] = 1
        return
    owned = list(shares)
    poor = homes["information_means"] == 1
    homes.loc[poor, owned] = 0
    homes.loc[poor & ~mute, "loudspeaker"] = 1
    none = ~poor & (homes[owned].sum(axis=1) == 0)
    homes.loc[none, "mobile"] = 1


# ---------------------------------------------------------------------------------- files


def yes(values: pd.Series) -> pd.Series:
    """Return 1 and 2, as asked, for 1 and 0."""
    return 2 - values


def per_head(homes: pd.DataFrame) -> pd.Series:
    """Return income in thousand VND per person per month."""
    return (homes["income"] / homes["size"] / 12).round(2).astype("float32")


def owned_list(keys: pd.DataFrame, homes: pd.DataFrame, codes: dict[str, int]) -> pd.DataFrame:
    """Return one row for each thing owned: the household's keys, the code and the count."""
    parts = [keys[homes[name] == 1].assign(code=code, count=1) for name, code in codes.items()]
    parts.append(keys.assign(code=30, count=1))  # a bed, which all have: nobody is absent from the file
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True)


def blanks(values: pd.Series, seed: int, share: float = 0.002, only: pd.Series | None = None) -> pd.Series:
    """Make a few answers missing, among those allowed."""
    rng = np.random.Generator(np.random.PCG64(seed))
    some = rng.random(len(values)) < share
    return values.mask(some if only is None else some & only)


YES_NO = {1: "Có", 2: "Không"}
RELATIONS = {1: "Chủ hộ", 2: "Vợ/chồng", 3: "Con", 4: "Bố/mẹ", 5: "Ông/bà", 6: "Cháu", 7: "Khác"}
TYPES = {1: "Nhà biệt thự", 2: "Nhà kiên cố khép kín", 3: "Nhà kiên cố không khép kín", 4: "Nhà bán kiên cố",
         5: "Nhà tạm và nhà khác"}  # fmt: skip
WATERS_2016 = {1: "Nước máy riêng", 2: "Nước máy công cộng", 3: "Giếng khoan", 4: "Giếng đào được bảo vệ",
               5: "Giếng đào không được bảo vệ", 6: "Nước khe/mó được bảo vệ", 7: "Nước khe/mó không được bảo vệ",
               8: "Nước mua", 9: "Nước mưa", 10: "Khác"}  # fmt: skip
TOILETS_2016 = {1: "Tự hoại", 2: "Suilabh", 3: "Hai ngăn", 4: "Cầu cá", 5: "Khác", 6: "Không có"}
WATERS_2022 = {1: "Nước máy vào nhà", 2: "Nước máy vào sân", 3: "Nước máy hàng xóm", 4: "Nước máy công cộng",
               5: "Giếng khoan", 6: "Giếng đào được bảo vệ", 7: "Giếng đào không được bảo vệ",
               8: "Nước khe/mó được bảo vệ", 9: "Nước khe/mó không được bảo vệ", 10: "Nước mưa", 11: "Xe téc",
               12: "Xe thùng nhỏ", 13: "Nước mặt", 14: "Nước đóng chai/bình", 15: "Khác"}  # fmt: skip
TOILETS_2022 = {1: "Dội vào cống", 2: "Tự hoại", 3: "Dội vào hố", 4: "Dội ra ngoài", 5: "Không biết",
                6: "Hố cải tiến có ống thông hơi", 7: "Hố có bệ", 8: "Hố không bệ", 9: "Ủ phân", 10: "Thùng",
                11: "Cầu cá", 12: "Không có", 13: "Khác"}  # fmt: skip

File = tuple[pd.DataFrame, dict[str, str], dict[str, dict[int, str]]]


def files_2016(homes: pd.DataFrame, people: pd.DataFrame) -> dict[str, File]:
    """Spread the answers over the files of 2016."""
    names = {"tinh": "province", "huyen": "district", "xa": "commune", "diaban": "ea", "hoso": "household"}
    keys = pd.DataFrame({key: homes[name].to_numpy() for key, name in names.items()})
    own = keys.loc[people["home"]].reset_index(drop=True)
    shipped = labels_of_codes()
    now = people["now"].astype("Float64")
    adults = (people["age"] >= 6).to_numpy()
    spent = pd.DataFrame({v: (homes["expenditure"] * s).astype(int) for v, s in EXPENSES.items()})
    spent["m5a2ct"] += homes["expenditure"] - spent.sum(axis=1)
    durables = {"tv": 15, "radio": 18, "desktop": 20, "landline": 11, "mobile": 12}
    areas = keys.drop(columns="hoso").assign(wt45=homes["weight"], wt9=(homes["weight"] * 5).round(4))
    return {
        "Ho1.dta": (
            keys.assign(ttnt=homes["area"], dantoc=homes["ethnicity"], tsnguoi=homes["size"]),
            {"ttnt": "Thành thị/nông thôn", "dantoc": "Dân tộc chủ hộ", "tsnguoi": "Tổng số người", "tinh": "Tỉnh"},
            {"ttnt": dict(shipped["area"]), "dantoc": dict(shipped["ethnicity"]), "tinh": dict(shipped["province"])},
        ),
        "Ho2.dta": (keys.assign(**{v: spent[v] for v in spent if v[1] != "7" and v != "m6bc7"}), {}, {}),
        "Ho3.dta": (
            keys.assign(thunhap=homes["income"], thubq=per_head(homes)),
            {"thunhap": "Tổng thu nhập của hộ (nghìn đồng/năm)", "thubq": "Thu nhập bình quân"},
            {},
        ),
        "Ho4.dta": (keys.assign(m6bc7=spent["m6bc7"]), {}, {}),
        "Muc1A.dta": (
            own.assign(m1ama=people["member"], m1ac2=people["sex"], m1ac3=people["relation"],
                       m1ac4b=people["birth_year"], m1ac5=people["age"], m1ac16=people["internet"]),
            {"m1ac2": "Giới tính", "m1ac3": "Quan hệ với chủ hộ", "m1ac4b": "Năm sinh", "m1ac5": "Tuổi",
             "m1ac16": "Có sử dụng internet"},
            {"m1ac2": dict(shipped["sex"]), "m1ac3": RELATIONS, "m1ac16": YES_NO},
        ),
        "Muc2AB.dta": (
            own.assign(m2ma=people["member"], m2ac1=people["grade"].astype(str), m2ac2a=people["level"].replace({7: 9}),
                       m2ac2b=people["vocational"].replace({6: 7}), m2ac4=blanks(people["attending"], 1, 0.001),
                       m2ac6=now.replace({7: 9})),
            {"m2ac1": "Học hết lớp mấy", "m2ac2a": "Bằng cấp cao nhất", "m2ac4": "Hiện có đi học",
             "m2ac6": "Cấp đang học"},
            {"m2ac4": {1: "Có", 2: "Nghỉ hè", 3: "Không"}},
        ),
        "Muc3A.dta": (
            own.assign(m3ma=people["member"], syn_bhyt=blanks(people["insured"], 2, 0.001), syn_om=people["ill"],
                       syn_kham=people["care"]),
            {"syn_bhyt": "Có BHYT (tên biến giả định)", "syn_om": "Ốm nặng (tên biến giả định)",
             "syn_kham": "Có khám chữa bệnh (tên biến giả định)"},
            {"syn_bhyt": YES_NO, "syn_om": YES_NO, "syn_kham": YES_NO},
        ),
        "Muc4A.dta": (
            own[adults].assign(m4ama=people["member"], m4ac1a=people["wage"], m4ac1b=people["farm"],
                               m4ac2=people["work"]),
            {"m4ac1a": "Làm công ăn lương", "m4ac1b": "Tự làm nông nghiệp", "m4ac2": "Có việc làm"},
            {"m4ac1a": YES_NO, "m4ac1b": YES_NO, "m4ac2": YES_NO},
        ),
        "Muc6B.dta": (
            owned_list(keys, homes, durables).rename(columns={"code": "m6bma", "count": "m6bc3"}),
            {"m6bma": "Mã đồ dùng", "m6bc3": "Số lượng"},
            {},
        ),
        "Muc7.dta": (
            keys.assign(m7c2=homes["living_area"], m7c4d=homes["type"], m7c18=homes["water_code"],
                        syn_nhaxi=blanks(homes["toilet_code"], 3, only=homes["toilet"] == 0),
                        m7c27=spent["m7c27"], syn_loa=yes(homes["loudspeaker"])),
            {"m7c2": "Diện tích ở (m2)", "m7c4d": "Loại nhà", "m7c18": "Nguồn nước",
             "syn_nhaxi": "Loại hố xí (tên biến giả định)", "syn_loa": "Nghe được loa phát thanh (tên biến giả định)"},
            {"m7c4d": TYPES, "m7c18": WATERS_2016, "syn_nhaxi": TOILETS_2016, "syn_loa": YES_NO},
        ),
        "wt16.dta": (
            areas.drop_duplicates(ignore_index=True),
            {"wt45": "Quyền số thu nhập", "wt9": "Quyền số chi tiêu"},
            {},
        ),
    }  # fmt: skip


EXPENSES = {"m2xct": 0.06, "m3ct": 0.06, "m5a1ct": 0.05, "m5a2ct": 0.4, "m5b1ct": 0.15, "m5b2ct": 0.1, "m5b3ct": 0.05,
            "m6bc7": 0.05, "m7c27": 0.05}  # fmt: skip


def files_2022(homes: pd.DataFrame, people: pd.DataFrame) -> dict[str, File]:
    """Spread the answers over the files of 2022; keys are text without leading zeros, except in the weight file."""
    names = {"MATINH": "province", "MAHUYEN": "district", "MAXA": "commune", "MADIABAN": "ea", "HOSO": "household"}
    keys = pd.DataFrame({key: homes[name].astype(str).to_numpy() for key, name in names.items()})
    idho = [f"{c:05d}{e:03d}{h:03d}" for c, e, h in zip(homes["commune"], homes["ea"], homes["household"], strict=True)]
    keys.insert(0, "IDHO", idho)
    own = keys.loc[people["home"]].reset_index(drop=True)
    shipped = labels_of_codes()
    month = homes["month"]
    codes = {"tv": 16, "radio": 19, "desktop": 21, "laptop": 22, "tablet": 23, "landline": 11, "mobile": 12,
             "smartphone": 13}  # fmt: skip
    asked = homes["expenditure"].where(homes["asked"] | (homes["household"] <= 4))  # 0 or blank where not asked
    areas = pd.DataFrame({"tinh": homes["province"], "huyen": homes["district"], "xa": homes["commune"],
                          "diaban": homes["ea"], "ky": month, "ttnt": homes["area"], "wt45": homes["weight"],
                          "wt9": (homes["weight"] * 5).round(4)})  # fmt: skip
    household = keys.assign(
        KYDIEUTRA=month, DANTOCCHUHO=homes["ethnicity"], SONHANKHAU=homes["size"], THUNHAP=homes["income"],
        THUBQ=per_head(homes), TONGCHITIEU=asked,
        M7_C2=homes["living_area"], M7_C4A=homes["column"], M7_C4B=homes["roof"], M7_C4C=homes["wall"],
        M7_C4D=homes["type"], M7_C13A=homes["water_code"],
        M7_C15=blanks(homes["toilet_code"], 4, only=homes["toilet"] == 0),
        M7_C18=homes["waste"], syn_loa=yes(homes["loudspeaker"]),
    )  # fmt: skip
    members = own.assign(
        M1A_MA=people["member"], M1A_C2=people["sex"], M1A_C3=people["relation"], M1A_C4A=people["birth_month"],
        M1A_C4B=people["birth_year"], M1A_C5=people["age"], M1A_C10=people["internet"], M1A_C11=people["allowance"],
        M2_C1=people["grade"], M2_C2A=people["level"], M2_C2B=people["vocational"],
        M2_C3=blanks(people["attending"], 5, 0.0005), M2_C5=people["now"], M3A_C7=blanks(people["insured"], 6, 0.0005),
        syn_om=people["ill"], syn_kham=people["care"], M3B_C5=people["height"].astype("float32"),
        M3B_C7=people["kg"].astype("float32"), M4A_C2=people["work"], M4A_C2A=people["why"], M4A_C4=people["wage"],
        M4A_C7=people["contract"],
    )  # fmt: skip
    return {
        "Ho_ThongTinHo.dta": (
            household,
            {"DANTOCCHUHO": "Dân tộc chủ hộ", "SONHANKHAU": "Số nhân khẩu", "THUNHAP": "Thu nhập (nghìn đồng/năm)",
             "TONGCHITIEU": "Tổng chi tiêu (nghìn đồng/năm)", "M7_C2": "Diện tích ở (m2)", "M7_C4D": "Loại nhà",
             "M7_C13A": "Nguồn nước", "M7_C15": "Nhà tiêu", "M7_C18": "Rác thải",
             "syn_loa": "Nghe được loa phát thanh (tên biến giả định)"},
            {"DANTOCCHUHO": dict(shipped["ethnicity"]), "M7_C4D": TYPES, "M7_C13A": WATERS_2022, "M7_C15": TOILETS_2022,
             "syn_loa": YES_NO},
        ),
        "Ho_ThanhVien.dta": (
            members,
            {"M1A_C2": "Giới tính", "M1A_C3": "Quan hệ với chủ hộ", "M1A_C5": "Tuổi", "M1A_C10": "Sử dụng internet",
             "M1A_C11": "Trợ cấp hàng tháng", "M2_C1": "Học hết lớp mấy (99: chưa đi học)", "M2_C3": "Đang đi học",
             "M3A_C7": "Có BHYT", "M3B_C5": "Chiều cao (cm)", "M3B_C7": "Cân nặng (kg)", "M4A_C2": "Có việc làm",
             "M4A_C2A": "Lý do không làm việc", "M4A_C4": "Làm công ăn lương", "M4A_C7": "Có hợp đồng lao động",
             "syn_om": "Ốm nặng (tên biến giả định)", "syn_kham": "Có khám chữa bệnh (tên biến giả định)"},
            {"M1A_C2": dict(shipped["sex"]), "M1A_C3": RELATIONS, "M1A_C10": YES_NO,
             "M1A_C11": {1: "Người cao tuổi", 2: "Người khuyết tật", 3: "Không"},
             "M2_C3": {1: "Có", 2: "Nghỉ hè", 3: "Không"}, "M3A_C7": YES_NO, "M4A_C2": YES_NO, "M4A_C4": YES_NO,
             "M4A_C7": YES_NO},
        ),
        "Ho_Muc6A.dta": (
            owned_list(keys.drop(columns="IDHO"), homes, codes).rename(columns={"code": "M6A_MA", "count": "M6A_C3"}),
            {"M6A_MA": "Mã đồ dùng", "M6A_C3": "Số lượng"},
            {},
        ),
        "weight2022.dta": (
            areas.drop_duplicates(ignore_index=True),
            {"wt45": "Quyền số thu nhập", "wt9": "Quyền số chi tiêu", "ttnt": "Thành thị/nông thôn"},
            {"ttnt": dict(shipped["area"]), "tinh": dict(shipped["province"])},
        ),
    }  # fmt: skip


def write(
    frame: pd.DataFrame, path: Path, titles: dict[str, str], labels: dict[str, dict[int, str]], year: int
) -> None:
    """Write a Stata file with the smallest types: 114 with Vietnamese in TCVN3 for 2016, 118 in Unicode for 2022."""
    path.parent.mkdir(parents=True, exist_ok=True)
    coded = tcvn3 if year == 2016 else str
    frame.astype(smallest_types(frame)).to_stata(
        path,
        write_index=False,
        version=114 if year == 2016 else 118,
        byteorder="little",
        time_stamp=TIME_STAMP,
        data_label=DATA_LABEL.format(year=year),
        variable_labels={name: coded(title) for name, title in titles.items()},
        value_labels={name: {v: coded(t) for v, t in values.items()} for name, values in labels.items()},
    )


def tcvn3(text: str) -> str:
    """Write Vietnamese in TCVN3, as Latin-1 letters of the same bytes; what has no code loses its capital."""
    back = {letter: byte for byte, letter in LETTERS.items()}
    return "".join(back.get(c, back.get(c.lower(), c)) for c in text)


def smallest_types(frame: pd.DataFrame) -> dict[str, str]:
    """Name the type of each column of whole numbers; Stata keeps the top of each range for missing values."""
    found = {}
    for name in frame:
        column = pd.to_numeric(frame[name]) if frame[name].dtype == object and name not in TEXTS else frame[name]
        if name in TEXTS or str(column.dtype) in {"float32", "str", "string"}:
            continue
        if (column.dropna() % 1 != 0).any():
            continue
        high, low = column.max(), column.min()
        found[name] = (
            "Int8" if high <= 100 and low >= -100 else "Int16" if high <= 32_740 and low > -32_000 else "Int32"
        )
    return found


TEXTS = ("IDHO", "MATINH", "MAHUYEN", "MAXA", "MADIABAN", "HOSO", "m2ac1")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
