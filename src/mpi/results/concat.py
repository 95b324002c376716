"""Estimates from one design put together, with the covariances between all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mpi.core.arguments import kinds_explained, type_name
from mpi.core.errors import Problems, RequestError
from mpi.frames.round_values import tell_of_codes
from mpi.inference.counts import ShareCounts
from mpi.inference.influence import Influence
from mpi.results.simple_random import joined
from mpi.tables.footnotes import KEY
from mpi.tables.keys import NAMES, Coded, Keys, stacked
from mpi.tables.status import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from mpi.inference.design import PsuDesign
    from mpi.results.estimates import Estimates

__all__ = ["concat", "independent", "pieced"]


@kinds_explained
def concat(parts: Sequence[Estimates]) -> Estimates:
    """Put estimates of one survey together; covariances between them are those of the design.

    Parameters
    ----------
    parts : sequence of Estimates
        Made from one survey (the same design), with one confidence level and one rule for degrees of freedom.

    Raises
    ------
    MpiError
        When the designs, levels or rules differ, or there is nothing to put together.

    Examples
    --------
    >>> import mpi
    >>> survey = mpi.load_sample()
    >>> income = mpi.mean(survey, "income")
    >>> poor = mpi.estimate(survey, mpi.load_measure("gso-mdp"), statistics=["H"])
    >>> both = concat([income, poor])
    >>> both.keys["statistic"].values
    ('mean', 'H')
    >>> bool(both.vcov()[0, 2] < 0)
    True
    """
    parts = list(parts)
    if not parts:
        raise RequestError("there are no estimates to put together")
    strange = [type_name(p) for p in parts if not hasattr(p, "influence")]
    if strange:
        raise RequestError(f"only estimates can be put together, not {', '.join(dict.fromkeys(strange))}")
    first = parts[0]
    problems = Problems("the estimates cannot be put together", RequestError)
    if any(p.influence.design is not first.influence.design for p in parts):
        problems.add("they come from different surveys; pool the rounds first (mpi.pool), then estimate")
    for name in ("level", "degrees", "shares"):
        values = list(dict.fromkeys(getattr(p, name) for p in parts))
        if len(values) > 1:
            problems.add(f"they differ in {name}: {', '.join(map(repr, values))}")
    problems.raise_if_any()
    codes: dict[str, Mapping[str, tuple[Any, ...]]] = {}
    for part in parts:
        for by, known in part.codes.items():
            codes[by] = {**codes.get(by, {}), **known}
    return replace(
        first,
        keys=Keys({n: stacked([p.keys[n] for p in parts]) for n in NAMES}),
        value=np.concatenate([p.value for p in parts]),
        se=np.concatenate([p.se for p in parts]),
        df=np.concatenate([p.df for p in parts]),
        n=np.concatenate([p.n for p in parts]),
        n_psu=np.concatenate([p.n_psu for p in parts]),
        estimable=np.concatenate([p.estimable for p in parts]),
        method=stacked([p.method for p in parts]),
        flag=stacked([p.flag for p in parts]),
        influence=_influence([p.influence for p in parts]),
        codes=codes,
        titles={name: title for p in reversed(parts) for name, title in p.titles.items()},
        about=_about(parts),
        measures=tuple(dict.fromkeys(m for p in parts for m in p.measures)),
        simple=joined([p.simple for p in parts]),
        counts=ShareCounts.stacked([(p.counts, len(p)) for p in parts]),
        status=Status.stacked([(p.status, len(p)) for p in parts]),
    )


def _about(parts: Sequence[Estimates]) -> dict[str, str]:
    """Return what is said of the first; but the rows that each left out."""
    lost = list(dict.fromkeys(p.about[KEY] for p in parts if KEY in p.about))
    return {**parts[0].about, **({KEY: "; ".join(lost)} if lost else {})}


def pieced(parts: Iterable[Estimates], names: Sequence[str]) -> Estimates:
    """Put estimates of some disaggregations each together, as if they were made at once.

    Parameters
    ----------
    parts : iterable of Estimates
        Of one design; each has the total, which is taken once, and disaggregations of its own.
    names : sequence of str
        The disaggregations in order, as they are called in ``by``.
    """
    made: list[Estimates] = []
    for part in parts:
        made.append(part if not made else part.take(~_in_disaggregation(part, "total")))
    if len(made) < 2:
        return made[0]
    whole = concat(made)
    return whole.take(np.concatenate([np.flatnonzero(_in_disaggregation(whole, name)) for name in ("total", *names)]))


def _in_disaggregation(part: Estimates, name: str) -> NDArray[np.bool_]:
    """Return which figures are of one disaggregation."""
    by = part.keys["by"]
    return np.asarray(by.index == (by.values.index(name) if name in by.values else -2))


def _influence(parts: Sequence[Influence]) -> Influence:
    import scipy.sparse as sp

    blocks = tuple(b for p in parts for b in p.blocks)
    return Influence(parts[0].design, blocks, sp.csr_array(sp.block_diag([p.jacobian for p in parts], format="csr")))


@kinds_explained
def independent(rounds: Mapping[Any, Estimates]) -> Estimates:
    """Put estimates of surveys that were drawn independently together, one for each round.

    For rounds that were estimated each by itself; where microdata are at hand, `mpi.pool` does it before the
    estimate, and can link PSUs that rounds share.

    Parameters
    ----------
    rounds : mapping of label to Estimates
        The estimates of each round, without rounds of their own.

    Returns
    -------
    Estimates
        All of them, ``wave`` being the label; the covariance between rounds is 0.

    Raises
    ------
    MpiError
        When one has several rounds, or levels or rules for degrees of freedom differ.

    Examples
    --------
    >>> import pandas as pd, mpi
    >>> measure = mpi.Measure.nested("m", {"x": ["a"]}, cutoff=1)
    >>> one = mpi.estimate(mpi.Survey(pd.DataFrame({"a": [0, 1, 1, 1]})), measure, statistics=["H"])
    >>> two = mpi.estimate(mpi.Survey(pd.DataFrame({"a": [0, 0, 1, 0]})), measure, statistics=["H"])
    >>> both = independent({"2013-14": one, "2020-21": two})
    >>> mpi.decompose.change(both, kinds="change").value.tolist()
    [-0.5]
    """
    _check_rounds(rounds)
    problems = Problems("the rounds cannot be put together", RequestError)
    for label, est in rounds.items():
        if est.influence.design.waves > 1:
            problems.add(
                f"round {label!r} is of a survey of {est.influence.design.waves} rounds, which have one design "
                "already; compare them as they are, or estimate each from a survey of its own"
            )
    rules = {(e.influence.design.single_psu, e.influence.design.single_in_group) for e in rounds.values()}
    if len(rules) > 1:
        problems.add("their designs differ in single_psu or single_in_group")
    problems.raise_if_any()
    _tell_of_codes(rounds)
    design = _beside([e.influence.design for e in rounds.values()])
    units = np.cumsum([0, *(e.influence.design.units for e in rounds.values())]).tolist()
    moved = [_moved(e, design, label, place, units[place]) for place, (label, e) in enumerate(rounds.items())]
    told = {label: e.about for label, e in rounds.items()}
    return replace(concat(moved), about=_abouts(told))


def _tell_of_codes(rounds: Mapping[Any, Estimates]) -> None:
    """Warn of groups without labels whose values the rounds write differently; groups are joined by what they print."""
    for by in dict.fromkeys(by for est in rounds.values() for by in est.codes):
        values = [
            {codes[0]: label for label, codes in est.codes.get(by, {}).items() if len(codes) == 1}
            for est in rounds.values()
        ]
        levels = sorted({v for known in values for v in known if v is not None}, key=lambda v: (str(type(v)), v))
        labels = {v: label for known in values for v, label in known.items() if label != str(v)}
        there = np.array([[v in known for v in levels] for known in values], dtype=bool).reshape(len(values), -1)
        tell_of_codes(by, levels, labels, there, list(rounds))


def _check_rounds(rounds: Any) -> None:
    if not isinstance(rounds, Mapping):
        raise RequestError(f"independent: {{round: estimates}} was expected, not {type(rounds).__name__}")
    other = [f"{label!r} is {type(e).__name__}" for label, e in rounds.items() if not hasattr(e, "influence")]
    if other:
        raise RequestError(f"independent: Estimates are needed for each round; {', '.join(other)}")
    if len(rounds) < 2:
        raise RequestError("independent: two rounds or more are needed")


def _abouts(abouts: Mapping[Any, Mapping[str, str]]) -> dict[str, str]:
    """Return what a reader must know; where the rounds differ, of each."""
    out: dict[str, str] = {}
    for key in dict.fromkeys(k for about in abouts.values() for k in about):
        said = {label: about[key] for label, about in abouts.items() if key in about}
        same = len(set(said.values())) == 1 and len(said) == len(abouts)
        out[key] = next(iter(said.values())) if same else "; ".join(f"{w}: {text}" for w, text in said.items())
    return out


def _beside(designs: Sequence[PsuDesign]) -> PsuDesign:
    """Return the designs as one, each of them a round that shares nothing with the others."""
    strata = np.cumsum([0, *(d.strata for d in designs)]).tolist()
    stratum = np.concatenate([d.stratum + np.int32(a) for d, a in zip(designs, strata, strict=False)])
    wave = np.repeat(np.arange(len(designs), dtype=np.int32), [d.strata for d in designs])
    return replace(
        designs[0],
        stratum=stratum,
        psu=np.arange(len(stratum), dtype=np.int32),
        wave=wave,
        place=np.arange(len(wave), dtype=np.int32),
        sampled=np.concatenate([d.sampled for d in designs]),
    )


def _moved(est: Estimates, design: PsuDesign, label: Any, place: int, start: int) -> Estimates:
    """Return the estimates of one survey as those of one round of a larger design."""
    cells: dict[int, Any] = {}

    def moved(old: Any) -> Any:
        """Return cells in the larger design; those that several blocks share are moved once."""
        if id(old) not in cells:
            wave = np.full(len(old.wave), place, dtype=np.int32)
            cells[id(old)] = replace(old, unit=old.unit + np.int32(start), wave=wave)
        return cells[id(old)]

    blocks = tuple(
        replace(b, cells=moved(b.cells), whole=None if b.whole is None else moved(b.whole))
        for b in est.influence.blocks
    )
    wave = Coded((label,), np.zeros(len(est), dtype=np.int32))
    return replace(
        est,
        keys=est.keys.with_column("wave", wave),
        influence=Influence(design, blocks, est.influence.jacobian),
    )
