"""The sentences of pictures, in English and in Vietnamese."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mpi.plot.digits import Language
    from mpi.tables.estimates_like import EstimatesLike

__all__ = ["description", "everyone", "phrase", "source_of"]

_SENTENCES: dict[str, tuple[str, str]] = {
    # findings
    "all_withheld": ("No group is shown: too few cases", "Không nhóm nào được công bố: quá ít quan sát"),
    "nobody": ("Nobody in the sample is poor", "Không có ai trong mẫu là người nghèo"),
    "nobody_here": ("nobody in the sample", "không có ai trong mẫu"),
    "one": ("{a}: {x} are poor, {span}", "{a}: {x} người nghèo, {span}"),
    "first": (
        "{a}: {x} are poor, more than in any other group; {z}: {y}",
        "{a}: {x} người nghèo, nhiều hơn mọi nhóm khác; {z}: {y}",
    ),
    "shared": (
        "{a} and {b} come first: the sample cannot tell which is poorer",
        "{a} và {b} đứng đầu: mẫu không cho biết nhóm nào nghèo hơn",
    ),
    "shared_many": (
        "{a} comes first, but {n} others may be as poor: the order is not certain",
        "{a} đứng đầu, nhưng {n} nhóm khác có thể nghèo như vậy: thứ tự không chắc chắn",
    ),
    "unordered": (
        "The sample does not tell the groups apart: all may be equally poor",
        "Mẫu không phân biệt được các nhóm: tất cả có thể nghèo như nhau",
    ),
    "first_of": (
        "{what}: highest in {a} ({x}), lowest in {z} ({y})",
        "{what}: cao nhất ở {a} ({x}), thấp nhất ở {z} ({y})",
    ),
    "unordered_of": (
        "{what}: the sample does not tell the groups apart",
        "{what}: mẫu không phân biệt được các nhóm",
    ),
    "falls": (
        "Poverty fell beyond sampling error in {n} of {m} groups, most in {a}",
        "Nghèo giảm vượt sai số mẫu ở {n} trên {m} nhóm, nhiều nhất ở {a}",
    ),
    "changes": (
        "Poverty fell beyond sampling error in {n} of {m} groups and rose in {r}",
        "Nghèo giảm vượt sai số mẫu ở {n} trên {m} nhóm và tăng ở {r} nhóm",
    ),
    "no_change": (
        "In none of {m} groups is a change shown beyond sampling error",
        "Không nhóm nào trong {m} nhóm có thay đổi vượt sai số mẫu",
    ),
    "cutoffs_lower": (
        "At cutoffs from {a} to {b} poverty is lower in {w} than in {v}",
        "Với ngưỡng từ {a} đến {b}, nghèo ở {w} thấp hơn {v}",
    ),
    "cutoffs_higher": (
        "At cutoffs from {a} to {b} poverty is higher in {w} than in {v}",
        "Với ngưỡng từ {a} đến {b}, nghèo ở {w} cao hơn {v}",
    ),
    "cutoffs_none": (
        "At no cutoff is a difference between {v} and {w} shown beyond sampling error",
        "Không có ngưỡng nào cho thấy khác biệt giữa {v} và {w} vượt sai số mẫu",
    ),
    "cutoffs_one": (
        "From {x} at a cutoff of {a} to {y} at {b}",
        "Từ {x} ở ngưỡng {a} đến {y} ở ngưỡng {b}",
    ),
    "cutoffs_many": ("How many are poor depends on the cutoff", "Số người nghèo tùy theo ngưỡng"),
    "heat": ("{a}: {x} are poor and deprived in {j}", "{a}: {x} người nghèo và thiếu hụt về {j}"),
    "heat_plain": ("{a}: {x} are deprived in {j}", "{a}: {x} người thiếu hụt về {j}"),
    "contributions_top": (
        "{j} weighs most in poverty: {x} per cent of M0",
        "{j} chiếm tỷ trọng lớn nhất trong nghèo: {x} phần trăm của M0",
    ),
    "contributions": (
        "From {y} per cent ({z}) to {x} ({j}): no dimension clearly weighs most",
        "Từ {y} phần trăm ({z}) đến {x} ({j}): không chiều nào nổi bật rõ rệt",
    ),
    "plane": (
        "How many are poor ranges from {x} to {y} per cent, what they lack from {z} to {w}",
        "Tỷ lệ nghèo từ {x} đến {y} phần trăm, mức thiếu hụt từ {z} đến {w}",
    ),
    "fell": ("{m} fell by {x}, beyond sampling error{parts}", "{m} giảm {x}, vượt sai số mẫu{parts}"),
    "rose": ("{m} rose by {x}, beyond sampling error{parts}", "{m} tăng {x}, vượt sai số mẫu{parts}"),
    "may_be_none": ("The change of {m} may be none: {span}", "Thay đổi của {m} có thể bằng không: {span}"),
    "pairs": ("{n} of {m} pairs of groups are shown to differ", "{n} trên {m} cặp nhóm được chứng tỏ là khác nhau"),
    "pairs_none": (
        "None of {m} pairs of groups is shown to differ",
        "Không cặp nào trong {m} cặp nhóm được chứng tỏ là khác nhau",
    ),
    "rank_sure": ("{a} comes first in {x} of 100 draws", "{a} đứng đầu trong {x} trên 100 lần rút"),
    "rank_shared": (
        "{a} and {b} share the first rank: the sample cannot tell which is poorer",
        "{a} và {b} cùng đứng đầu: mẫu không cho biết nhóm nào nghèo hơn",
    ),
    # units and keys
    "interval": ("{w} with {level}% interval", "{w}, khoảng tin cậy {level}%"),
    "interval_alone": ("with {level}% interval", "khoảng tin cậy {level}%"),
    "caution": ("(use with caution)", "(cần thận trọng)"),
    "zero_key": ("0: nobody in the sample", "0: không có ai trong mẫu"),
    "caution_key": ("(12): use with caution", "(12): cần thận trọng"),
    "hatched_key": ("hatched: not shown, or\nnot in the sample", "gạch chéo: không công bố\nhoặc không có trong mẫu"),
    "thousandths": ("thousandths", "phần nghìn"),
    "thousandths_short": ("thousandths", "phần nghìn"),
    "points_unit": ("points", "điểm phần trăm"),
    "country": ("all, {w}", "chung, {w}"),
    "country_alone": ("all", "chung"),
    "not_shown": ("not shown", "không công bố"),
    "not_shown_many": ("{n} groups are not shown: {names}", "{n} nhóm không được công bố: {names}"),
    "nobody_poor": ("nobody is poor", "không có ai nghèo"),
    "may_be": ("may be none", "có thể bằng không"),
    "points": ("points", "điểm"),
    "everyone": ("Everyone", "Tất cả"),
    "others": ("All others", "Các nhóm khác"),
    "official": ("cutoff {k}", "ngưỡng {k}"),
    "poor_from": ("poor from a score of …", "nghèo từ điểm số …"),
    "first_rank": ("{i} (highest)", "{i} (cao nhất)"),
    "last_rank": ("{i} (lowest)", "{i} (thấp nhất)"),
    "less": ("under {b}", "dưới {b}"),
    "more": ("{a} and more", "từ {a} trở lên"),
    "large": ("{x} points or more", "từ {x} điểm"),
    "small": ("less than {x}", "dưới {x}"),
    "alike": ("not shown to differ", "chưa chứng tỏ khác"),
    # subtitles
    "by_group": ("{what}, {unit}", "{what}, {unit}"),
    "change_sub": (
        "{what}, {v} (ring) to {w} (arrow), {unit}; dark: p < 0.05 after Holm’s adjustment",
        "{what}, {v} (vòng) đến {w} (mũi tên), {unit}; đậm: p < 0,05 sau hiệu chỉnh Holm",
    ),
    "slope_sub": (
        "{what}, {unit}; dark: p < 0.05 after Holm’s adjustment; grey: may be none",
        "{what}, {unit}; đậm: p < 0,05 sau hiệu chỉnh Holm; xám: có thể bằng không",
    ),
    "bands": ("{what}, {unit}; bands: {level}% intervals", "{what}, {unit}; dải: khoảng tin cậy {level}%"),
    "heat_sub": (
        "{what}, {unit}{w}; brackets: use with caution; 0: nobody in the sample",
        "{what}, {unit}{w}; ngoặc: cần thận trọng; 0: không có ai trong mẫu",
    ),
    "contributions_sub": (
        "Share of each dimension in M0, per cent; a bar adds up to 100",
        "Phần của mỗi chiều trong M0, phần trăm; mỗi thanh cộng thành 100",
    ),
    "plane_sub": (
        "A: what the poor lack on average, per cent{w}; crosses: {level}% intervals; hollow: use with caution",
        "A: mức thiếu hụt bình quân của người nghèo, %{w}; chữ thập: khoảng tin cậy {level}%; rỗng: cần thận trọng",
    ),
    "plane_x": ("H: share of people who are poor, per cent", "H: tỷ lệ người nghèo, phần trăm"),
    "waterfall_sub": (
        "{what}, {unit}; thin lines: {level}% intervals; hollow: may be none",
        "{what}, {unit}; đường mảnh: khoảng tin cậy {level}%; rỗng: có thể bằng không",
    ),
    "pairs_sub": (
        "Row less column, points of {m}{w}; bold on colour: p < 0.05 after Holm’s adjustment for all pairs",
        "Hàng trừ cột, điểm của {m}{w}; đậm trên nền màu: p < 0,05 sau hiệu chỉnh Holm cho mọi cặp",
    ),
    "ranks_sub": (
        "Of 100 draws from the sampling distribution of {m}{w}: how many give this rank",
        "Trong 100 lần rút từ phân phối mẫu của {m}{w}: bao nhiêu lần cho thứ hạng này",
    ),
    "tiles_sub": (
        "{what}, {unit}; a square is a province (code) with all it administers; no borders are drawn",
        "{what}, {unit}; mỗi ô là một tỉnh (mã số) với mọi phần thuộc tỉnh; không vẽ ranh giới",
    ),
    "in_round": (", {w}", ", {w}"),
    "incidence_effect": ("Incidence", "Tỷ lệ"),
    "intensity_effect": ("Intensity", "Cường độ"),
    "population_effect": ("Population", "Dân số"),
    "within_effect": ("Within groups", "Trong nhóm"),
    "demographic_effect": ("Population shares", "Cơ cấu dân số"),
    "synthetic": (
        "SYNTHETIC DATA: nobody was interviewed, and nothing is said about any country",
        "DỮ LIỆU MÔ PHỎNG: không có ai được phỏng vấn, không nói gì về nước nào",
    ),
    "made_with": ("{survey}; made with mpi {version}", "{survey}; tính bằng mpi {version}"),
}

_MEASURED: dict[str, tuple[str, str]] = {
    "H": ("Share of {who} who are poor", "Tỷ lệ {who} nghèo đa chiều"),
    "M0": ("Adjusted headcount ratio M0", "Chỉ số nghèo đa chiều M0"),
    "A": ("What the poor lack on average (A)", "Mức thiếu hụt bình quân của người nghèo (A)"),
    "uncensored_headcount": ("Share of {who} who are deprived", "Tỷ lệ {who} thiếu hụt"),
    "censored_headcount": ("Share of {who} who are poor and deprived", "Tỷ lệ {who} nghèo và thiếu hụt"),
    "vulnerable": ("Share of {who} who are vulnerable", "Tỷ lệ {who} cận nghèo"),
    "severe": ("Share of {who} who are severely poor", "Tỷ lệ {who} nghèo trầm trọng"),
    "poor_share": ("Share of all the poor", "Phần trong tổng số người nghèo"),
    "population_share": ("Share of the population", "Phần trong dân số"),
}
_WHO = {"persons": ("people", "người"), "households": ("households", "hộ")}


def phrase(sentence: str, language: Language = "en", **values: object) -> str:
    """Return a sentence of this name with its values.

    Examples
    --------
    >>> phrase("pairs", n=3, m=10), phrase("pairs", "vi", n=3, m=10)
    ('3 of 10 pairs of groups are shown to differ', '3 trên 10 cặp nhóm được chứng tỏ là khác nhau')
    """
    return _SENTENCES[sentence][language == "vi"].format(**values)


def description(statistic: str, est: EstimatesLike, language: Language = "en") -> str:
    """Return what a statistic measures, in words, of whom."""
    households = est.about.get("counted", "").startswith("households")
    who = _WHO["households" if households else "persons"][language == "vi"]
    if statistic in _MEASURED:
        return _MEASURED[statistic][language == "vi"].format(who=who)
    from mpi.tables.words import STATISTIC_WORDS

    return STATISTIC_WORDS.get(statistic, statistic)


def everyone(name: str, language: Language = "en") -> str:
    """Return what a group is called: the total is everyone."""
    return phrase("everyone", language) if name == "total" else name


def source_of(est: EstimatesLike, language: Language = "en") -> str:
    """Return the source line: the survey and the program."""
    from importlib.metadata import version

    data, measure, survey = (est.about.get(name, "") for name in ("data", "measure", "survey"))
    if data.startswith("SYNTHETIC"):
        data, survey = phrase("synthetic", language), ""
    said = "; ".join(filter(None, (data, measure, survey)))
    return phrase("made_with", language, survey=said, version=version("mpi-poverty"))
