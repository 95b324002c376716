"""Pictures: what they say is carried by the errors, nothing lies on anything, nothing withheld is in them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

import mpi
from mpi.codes import provinces

pytest.importorskip("matplotlib", reason="matplotlib is an extra")

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MEASURE = mpi.Measure.nested("m", {"health": ["d1", "d2"], "living": ["d3", "d4"]}, cutoff="1/2")
LONG = ["Bắc Trung Bộ và Duyên hải miền Trung", "Trung du và miền núi phía Bắc", "Đồng bằng sông Cửu Long"]


def a_survey(
    groups: list[str], *, rounds: tuple[int, ...] = (2016, 2022), cases: int = 60, seed: int = 3
) -> mpi.Survey:
    rng = np.random.default_rng(seed)
    parts = []
    for w, year in enumerate(rounds):
        for i, g in enumerate(groups):
            p = 0.1 + 0.6 * ((7 * i) % 11) / 11 - 0.05 * w
            frame = pd.DataFrame({f"d{j}": rng.random(cases) < max(p, 0.02) for j in (1, 2, 3, 4)})
            parts.append(frame.assign(g=g, psu=1000 * i + np.arange(cases) // 6, year=year))
    data = pd.concat(parts, ignore_index=True)
    return mpi.Survey(data, psu="psu", strata="g", wave="year", shared_psus=False)


def estimates(groups: list[str], **keywords: Any) -> mpi.Estimates:
    cutoffs = keywords.pop("cutoffs", None)
    return mpi.estimate(a_survey(groups, **keywords), MEASURE, by=["g"], cutoffs=cutoffs)


def texts(picture: Any) -> list[Any]:
    """The texts that are drawn: ticks outside of their axis are not."""
    hidden = set()
    for ax in picture.figure.axes:
        for axis, (low, high) in ((ax.xaxis, sorted(ax.get_xlim())), (ax.yaxis, sorted(ax.get_ylim()))):
            hidden |= {id(t.label1) for t in axis.get_major_ticks() if not low <= t.get_loc() <= high}
    found = picture.figure.findobj(lambda a: hasattr(a, "get_text"))
    return [t for t in found if t.get_text().strip() and t.get_visible() and id(t) not in hidden]


def boxes(picture: Any) -> list[tuple[str, Any]]:
    picture.figure.canvas.draw()
    renderer = picture.figure.canvas.get_renderer()
    return [(t.get_text(), t.get_window_extent(renderer)) for t in texts(picture)]


def overlaps(picture: Any, allowed: int = 0) -> list[tuple[str, str]]:
    """The pairs of texts that lie on each other by more than two points in both directions."""
    found = []
    known = boxes(picture)
    for i, (a, one) in enumerate(known):
        for b, other in known[i + 1 :]:
            wide = min(one.x1, other.x1) - max(one.x0, other.x0)
            tall = min(one.y1, other.y1) - max(one.y0, other.y0)
            if min(wide, tall) > 4 and abs(one.width - other.width) + abs(one.x0 - other.x0) > 0:
                found.append((a, b))
    return found[allowed:]


def cut_off(picture: Any) -> list[str]:
    frame = picture.figure.bbox
    return [
        t for t, box in boxes(picture) if box.x0 < -1 or box.y0 < -1 or box.x1 > frame.x1 + 1 or box.y1 > frame.y1 + 1
    ]


PROVINCES = [c.name_vi for c in provinces("vn-63")]
DRAWN: list[tuple[str, Callable[[mpi.Estimates], Any]]] = [
    ("ranked", mpi.plot.ranked),
    ("ranked_vi", lambda e: mpi.plot.ranked(e, language="vi")),
    ("ranked_m0", lambda e: mpi.plot.ranked(e.select(wave=2022), statistic="M0")),
    ("ranked_dhs", lambda e: mpi.plot.ranked(e, scheme="dhs")),
    ("change", mpi.plot.change),
    ("change_vi", lambda e: mpi.plot.change(e, language="vi")),
    ("heat", lambda e: mpi.plot.heat(e.select(wave=2022))),
    ("plane", lambda e: mpi.plot.incidence_intensity(e.select(wave=2022))),
]
FEW: list[tuple[str, Callable[[mpi.Estimates], Any]]] = [
    ("slope", mpi.plot.slope),
    ("pairs", lambda e: mpi.plot.pairs(e.select(wave=2022))),
    ("ranks", lambda e: mpi.plot.ranks(e.select(wave=2022), seed=2)),
    ("contributions", mpi.plot.contributions),
    ("waterfall", lambda e: mpi.plot.waterfall(mpi.decompose.shapley(e.select(by="total")))),
]


@pytest.fixture(scope="module")
def made() -> dict[str, mpi.Estimates]:
    return {"3": estimates(LONG), "63": estimates(PROVINCES, cases=36)}


@pytest.mark.parametrize(("name", "draw"), DRAWN + FEW)
def test_three_groups_with_long_names_lie_on_nothing(name: str, draw: Any, made: dict[str, mpi.Estimates]) -> None:
    picture = draw(made["3"])
    assert overlaps(picture) == []
    assert cut_off(picture) == []
    assert min(t.get_fontsize() for t in texts(picture)) >= 8
    assert len(picture._repr_png_()) > 5_000
    assert picture.title in picture.alt


@pytest.mark.parametrize(("name", "draw"), DRAWN)
def test_sixty_three_groups_lie_on_nothing(name: str, draw: Any, made: dict[str, mpi.Estimates]) -> None:
    picture = draw(made["63"])
    assert overlaps(picture) == []
    assert cut_off(picture) == []
    assert picture.figure.get_figheight() * 2.54 < 29.7  # a page


REGIONS = [
    "Northern Midlands and Mountains", "North Central and Central Coast", "Central Highlands", "Red River Delta",
    "Mekong River Delta", "South East",
]  # fmt: skip


@pytest.mark.parametrize("groups", [REGIONS, PROVINCES[:10], PROVINCES[:20]], ids=len)
@pytest.mark.parametrize("name", ["pairs", "ranks", "contributions"])
def test_six_to_twenty_groups_lie_on_nothing_and_are_told_in_full(name: str, groups: list[str]) -> None:
    if name == "contributions" and len(groups) > 10:
        pytest.skip("twelve bars at most: it is refused, which another test holds")
    picture = getattr(mpi.plot, name)(estimates(groups, rounds=(2022,), cases=36))
    assert overlaps(picture) == []
    assert cut_off(picture) == []
    drawn = " ".join(t.get_text() for t in texts(picture)).replace("\n", " ")
    assert "…" not in drawn
    assert picture.title in drawn


def test_one_group_keeps_its_axis_and_key() -> None:
    est = estimates(["Hmông"]).select(by="g")
    for picture in (mpi.plot.ranked(est), mpi.plot.change(est), mpi.plot.heat(est.select(wave=2022))):
        assert overlaps(picture) == []
        assert cut_off(picture) == []
    assert mpi.plot.ranked(est).title.startswith("Hmông: ")
    with pytest.raises(mpi.MpiError, match="2 to 20"):
        mpi.plot.pairs(est.select(wave=2022))


def test_what_a_scheme_hides_is_nowhere_in_a_picture() -> None:
    """Neither in its texts, nor in its table, nor in the file; the groups are named as not shown."""
    survey = a_survey(["A", "B"], rounds=(2022,), cases=60)
    small = mpi.estimate(a_survey(["A", "B", "C"], rounds=(2022,), cases=18), MEASURE, by=["g"]).select(by="g")
    for draw in (mpi.plot.ranked, mpi.plot.heat):
        picture = draw(small, scheme="dhs")
        words = (picture.source, picture.subtitle, "d1", "d2", "d3", "d4")
        numbers = [t for t, _ in boxes(picture) if any(ch.isdigit() for ch in t) and not t.startswith(words)]
        assert [t for t in numbers if t not in {"0%", "1", "2", "3", "4", "5", "2022", "2022 with 95% interval"}] == []
        assert len(picture.table) == 0
    assert mpi.plot.ranked(small, scheme="dhs").title == "No group is shown: too few cases"
    assert len(mpi.plot.ranked(mpi.estimate(survey, MEASURE, by=["g"]), scheme="dhs").table) == 2


def test_titles_say_what_the_errors_carry() -> None:
    clear = estimates(["low", "high"], rounds=(2022,), cases=400)
    frame = a_survey(["same", "alike"], rounds=(2022,), cases=60, seed=5)
    assert "more than in any other group" in mpi.plot.ranked(clear).title
    assert mpi.plot.ranked(mpi.estimate(frame, MEASURE, by=["g"], cutoffs=[1]).select(by="g")).title != ""
    nobody = mpi.Survey(
        pd.DataFrame({f"d{j}": np.zeros(80) for j in range(1, 5)}).assign(g=["a", "b"] * 40, p=range(80)), psu="p"
    )
    est = mpi.estimate(nobody, MEASURE, by=["g"])
    assert mpi.plot.ranked(est).title == "Nobody in the sample is poor"
    assert mpi.plot.ranked(est, language="vi").title == "Không có ai trong mẫu là người nghèo"
    one = np.random.default_rng(0).integers(0, 2, (600, 4))
    twin = pd.DataFrame(np.tile(one, (2, 1)), columns=["d1", "d2", "d3", "d4"]).assign(
        g=["a"] * 600 + ["b"] * 600, p=range(1200)
    )
    assert "does not tell" in mpi.plot.ranked(mpi.estimate(mpi.Survey(twin, psu="p"), MEASURE, by=["g"])).title


def test_changes_are_dark_where_the_tests_show_them() -> None:
    est = estimates(["a", "b", "c"], cases=300)
    found = mpi.significance(mpi.change(est.select(statistic="H", by="g"), kinds=["change"]))
    picture = mpi.plot.change(est)
    fell = int(((found["p_adjusted"] < 0.05) & (found["estimate"] < 0)).sum())
    said = picture.title
    assert ("In none" in said) == (fell == 0 and not ((found["p_adjusted"] < 0.05) & (found["estimate"] > 0)).any())
    assert fell == 0 or f" {fell} of 3 groups" in said


def test_curves_over_cutoffs_and_their_finding() -> None:
    est = estimates(["a", "b"], cutoffs=["1/4", "1/2", "3/4", "1"], cases=300)
    rounds = mpi.plot.cutoffs(est.select(by="total"))
    groups = mpi.plot.cutoffs(est.select(by="g", wave=2022))
    assert {overlaps(rounds) == [], overlaps(groups) == [], cut_off(rounds) == [], cut_off(groups) == []} == {True}
    assert "cutoff" in rounds.title.lower()
    assert "in b than in a" in groups.title
    with pytest.raises(mpi.MpiError, match="one cutoff only"):
        mpi.plot.cutoffs(estimates(["a"]).select(by="total"))


def test_ranks_add_up_and_pairs_are_those_of_the_tests() -> None:
    est = estimates(LONG).select(wave=2022)
    share = mpi.plot.ranks(est).table
    assert share.sum(axis=1).to_numpy() == pytest.approx(1)
    assert share.sum(axis=0).to_numpy() == pytest.approx(1)
    found = mpi.significance(mpi.gap(est.select(statistic="H", by="g"), by="g", kinds="difference"))
    picture = mpi.plot.pairs(est)
    assert picture.title.startswith(f"{int((found['p_adjusted'] < 0.05).sum())} of 3 pairs")
    assert sorted(picture.table["p_adjusted"]) == pytest.approx(sorted(found["p_adjusted"]))


def test_estimates_choose_their_picture() -> None:
    est = estimates(LONG)
    kinds = {
        "slope": est, "ranked": est.select(wave=2022), "heat": est.select(wave=2022, statistic="censored_headcount"),
        "contributions": est.select(statistic="contribution_share"),
        "waterfall": mpi.decompose.shapley(est.select(by="total")),
        "cutoffs": estimates(["a"], cutoffs=["1/4", "1/2"]).select(by="total"),
        "change": estimates([f"g{i}" for i in range(9)]),
    }  # fmt: skip
    assert {k: e.plot().kind for k, e in kinds.items()} == {k: k for k in kinds}


@pytest.mark.parametrize("set_name", ["vn-63", "vn-34"])
def test_grids_of_provinces_keep_north_and_east(set_name: str) -> None:
    """Each province has a square of its own; the squares of one region lie together, and the north is at the top."""
    from mpi.plot.tiles import grid_of

    grid = grid_of(set_name)
    assert set(grid) == {c.text for c in provinces(set_name)}
    assert len(set(grid.values())) == len(grid)
    row = {c.name_vi: grid[c.text] for c in provinces(set_name)}
    assert row["Cao Bằng"][0] < row["Hà Nội"][0] < row["Huế"][0] < row["Hồ Chí Minh"][0] < row["Cà Mau"][0]
    assert row["Điện Biên"][1] < row["Hà Nội"][1] < row["Quảng Ninh"][1]
    assert row["An Giang"][1] < row["Hồ Chí Minh"][1] < row["Khánh Hòa"][1]


@pytest.mark.parametrize("set_name", ["vn-63", "vn-34"])
def test_tiles_lie_on_nothing(set_name: Any) -> None:
    names = [c.name_vi for c in provinces(set_name)]
    est = estimates(names, cases=12)
    for language in ("en", "vi"):
        picture = mpi.plot.tiles(est, set_name=set_name, language=language)  # type: ignore[arg-type]  # one of two words
        assert overlaps(picture) == []
        assert cut_off(picture) == []
    assert len(picture.axes) == 2
    with pytest.raises(mpi.MpiError, match="no provinces"):
        mpi.plot.tiles(estimates(["a", "b"]))


def test_pictures_are_written_and_drawn_on_axes(tmp_path: Path, made: dict[str, mpi.Estimates]) -> None:
    from matplotlib.figure import Figure

    picture = mpi.plot.ranked(made["3"], title="Own words", source="Own source")
    assert (picture.title, picture.source) == ("Own words", "Own source")
    for kind in ("png", "svg", "pdf"):
        picture.save(tmp_path / f"x.{kind}")
        assert (tmp_path / f"x.{kind}").stat().st_size > 5_000
    with pytest.raises(mpi.MpiError, match=r"is written as \.png, \.svg or"):
        picture.save(tmp_path / "x.jpg")
    ax = Figure().subplots()
    assert mpi.plot.ranked(made["3"], ax=ax).axes == (ax,)
    assert ax.get_title(loc="left") != ""
    assert isinstance(picture.table, pd.DataFrame)
    again = io.BytesIO(picture._repr_png_())
    assert again.getbuffer().nbytes > 5_000


def test_what_is_ambiguous_is_refused_with_what_to_select(made: dict[str, mpi.Estimates]) -> None:
    est = made["3"]
    with pytest.raises(mpi.MpiError, match=r"take one, such as est.select\(wave=2016\)"):
        mpi.plot.heat(est)
    several = mpi.estimate(a_survey(["a", "b"]), MEASURE, by=["g", "psu"], statistics=["H"])
    with pytest.raises(mpi.MpiError, match="there are 2 disaggregations"):
        mpi.plot.ranked(several)
    with pytest.raises(mpi.MpiError, match="there is one round only"):
        mpi.plot.change(est.select(wave=2022))
    with pytest.raises(mpi.MpiError, match="no groups"):
        mpi.plot.ranked(est.select(by="total"))
