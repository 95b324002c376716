"""The file of a command, its design and its weights: options that all commands on a file share."""

from __future__ import annotations

import functools
import inspect
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from mpi.cli import options as opt
from mpi.cli.arguments import codes_of, listed, policy_of
from mpi.cli.messages import reported
from mpi.cli.show import status
from mpi.core.errors import Problems, RequestError, unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mpi.measures.measure import Missing as Policy
    from mpi.survey.survey import Survey

__all__ = ["DataSource", "on_file"]


@dataclass(frozen=True, slots=True)
class DataSource:
    """A file of microdata, and how it becomes a survey.

    Attributes
    ----------
    file : str
        A path, a pattern, or the word for the sample.
    reading : dict
        The design, and how the file is read: arguments of `mpi.read_survey`.
    memory : str or None
        How much memory DuckDB may take.
    policy : {"drop", "reweight", "bounds"} or None
        What becomes of rows with a missing indicator; None as in the measure.
    margins : sequence of str
        Files of known totals that the weights are calibrated to.
    how : str
        The kind of calibration.
    replicates : tuple of str and int, or None
        The kind of replicates to make, and how many.
    seed : int
        What random replicates start from.
    """

    file: str
    reading: dict[str, Any] = field(default_factory=dict)
    memory: str | None = None
    policy: Policy | None = None
    margins: Sequence[str] = ()
    how: str = "rake"
    replicates: tuple[str, int] | None = None
    seed: int = 0

    def survey(self, columns: Sequence[str]) -> Survey:
        """Read the shipped sample, which brings its design, or those columns of a file that are needed."""
        from mpi.datasets import load_sample
        from mpi.readers.large.scan import is_several
        from mpi.survey.read import read_survey

        if self.file == opt.SAMPLE:
            if self.reading:
                flags = ", ".join("--" + k.replace("_", "-") for k in self.reading)
                raise typer.BadParameter(f"the sample brings its own design; leave out {flags}")
            return self.weighted(load_sample())
        wanted = list(dict.fromkeys([*columns, *self.columns_of_margins()]))
        if self.memory is not None or is_several(self.file):
            read = read_survey(self.file, columns=wanted, memory=self.memory, **self.reading)  # shows the rows done
        else:
            with status(f"Reading {Path(self.file).name}"):
                read = read_survey(self.file, columns=wanted, progress=False, **self.reading)
        return self.weighted(read)

    def columns_of_margins(self) -> list[str]:
        """Return the columns of the file that tables of known totals name."""
        if not self.margins or self.file == opt.SAMPLE:
            return []
        from mpi.readers import column_names
        from mpi.readers.large.scan import columns_of

        known = set(columns_of(self.file, self.reading.get("encoding"), self.reading.get("sheet")))
        return [c for table in self.margins for c in column_names(table) if c in known]

    def weighted(self, survey: Survey) -> Survey:
        """Return a survey with calibrated weights and with replicates, where these are asked for."""
        from mpi.survey.replicates import replicate

        if self.margins:
            how: Any = self.how
            survey = survey.calibrate(list(self.margins), how)
        if self.replicates is None:
            return survey
        if not survey.in_memory:
            raise RequestError("--replicates: they are made of rows in memory; leave out --memory, or name one file")
        method: Any = self.replicates[0]
        return replicate(survey, method, self.replicates[1], seed=self.seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Options:
    """The options of a file, as they are written; `mpi.cli.options` explains each."""

    file: opt.File
    design: opt.DesignFile = None
    weight: opt.Weight = None
    strata: opt.Strata = None
    psu: opt.Psu = None
    household: opt.Household = None
    size: opt.Size = None
    members: opt.Members = None
    rows: opt.Rows = None
    fpc: opt.Fpc = None
    wave: opt.Wave = None
    shared_psus: opt.SharedPsus = None
    single_psu: opt.SinglePsu = None
    census: opt.Census = False
    calibrate: opt.Calibrate = None
    calibration: opt.Calibration = None
    replicates: opt.Replicates = None
    seed: opt.Seed = 0
    memory: opt.Memory = None
    encoding: opt.Encoding = None
    sheet: opt.Sheet = None
    missing: opt.Missing = None


def _source(given: _Options) -> DataSource:
    """Return what the options say of a file."""
    from mpi.survey.design import Design
    from mpi.survey.design import design_of as both

    household = [column for text in given.household or [] for column in listed(text, "--household")]
    said = {
        "weight": given.weight, "strata": given.strata, "psu": given.psu,
        "household": household[0] if len(household) == 1 else household or None, "size": given.size,
        "members": given.members, "rows": given.rows.value if given.rows else None, "fpc": given.fpc,
        "wave": given.wave, "shared_psus": given.shared_psus,
        "single_psu": given.single_psu.value if given.single_psu else None, "census": given.census or None,
    }  # fmt: skip
    reading = {k: v for k, v in said.items() if v is not None}
    if given.design is not None:
        reading = both(Design.from_toml(given.design), reading, "mpi").said()
    policy, codes = policy_of(given.missing)
    how = {"missing": codes_of(codes) if codes else None, "encoding": given.encoding, "sheet": given.sheet}
    if given.calibration is not None and not given.calibrate:
        raise typer.BadParameter("it needs --calibrate, a table of known totals", param_hint="--calibration")
    return DataSource(
        given.file, reading | {k: v for k, v in how.items() if v}, given.memory, policy, tuple(given.calibrate or ()),
        given.calibration.value if given.calibration else "rake", replicates_of(given.replicates), given.seed,
    )  # fmt: skip


def replicates_of(text: str | None) -> tuple[str, int] | None:
    """Read `bootstrap:500`, or a kind that needs no number.

    Examples
    --------
    >>> replicates_of("bootstrap:200"), replicates_of("jkn")
    (('bootstrap', 200), ('jkn', 500))
    """
    from typing import get_args

    from mpi.survey.replicates import MadeReplicates

    if text is None:
        return None
    method, _, count = text.partition(":")
    problems = Problems("this cannot be done", RequestError)
    if method not in get_args(MadeReplicates):
        problems.add(f"--replicates: {unknown('kind of replicates', method, get_args(MadeReplicates))}")
    if count and not (count.isdecimal() and int(count) > 1):
        problems.add(f"--replicates: {count!r} is no number of replicates; write bootstrap:500")
    elif count and method != "bootstrap":
        problems.add(f"--replicates: how many {method} makes follows from the design; write --replicates {method}")
    problems.raise_if_any()
    return method, int(count or 500)


def on_file(*, policies: bool = True) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the file and all options of its design; it gets them as ``source``.

    Parameters
    ----------
    policies : bool
        Whether ``--missing`` may also be a word for what becomes of rows with a missing indicator.

    Returns
    -------
    function
        A decorator. The command ends with a message where anything is wrong.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        """Return the command with a signature that names all options."""
        own = [p for p in _parameters(command) if p.name != "source"]
        file, *shared = _parameters(_Options)
        if not policies:
            shared[-1] = shared[-1].replace(annotation=opt.NoAnswer)
        first = [p for p in own if p.default is inspect.Parameter.empty]
        every = [file, *first, *shared, *own[len(first) :]]

        @functools.wraps(command)
        def run(**given: Any) -> None:
            """Read the options of the file, and run the command."""
            with reported():
                if not policies:
                    policy_refused(given["missing"])
                source = _source(_Options(**{p.name: given.pop(p.name) for p in (file, *shared)}))
                command(source=source, **given)

        run.__signature__ = inspect.Signature(every)  # type: ignore[attr-defined]  # what Typer reads
        run.__annotations__ = {p.name: p.annotation for p in every}
        return run

    return decorate


def policy_refused(codes: Sequence[str] | None) -> None:
    """Refuse a word for rows with missing indicators where there is no measure to estimate."""
    policy, _ = policy_of(codes)
    if policy is not None:
        raise typer.BadParameter(f"{policy!r} is for measures that are estimated; name codes", param_hint="--missing")


def _parameters(function: Callable[..., Any]) -> list[inspect.Parameter]:
    return list(inspect.signature(function, eval_str=True).parameters.values())
