"""Tables are printed before files are written; a reader that stops, or a full disk, loses no file."""

from __future__ import annotations

import pytest

import mpi
from mpi.cli import estimate as command


@pytest.mark.parametrize("stop", [None, BrokenPipeError(), SystemExit(1), KeyboardInterrupt()])
def test_files_are_written_once_tables_are_printed(
    monkeypatch: pytest.MonkeyPatch, stop: BaseException | None, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[str] = []
    monkeypatch.setattr(command, "_write_all", lambda *_: seen.append("written after " + capsys.readouterr().out))
    est = mpi.estimate(mpi.load_sample(), mpi.load_measure("gso-mdp"), statistics=["H"])

    def work() -> None:
        with command.written_after(est, ["t.csv"], {}):
            print("the table")  # noqa: T201  # as the command line does
            if stop is not None:
                raise stop

    if stop is None:
        work()
    else:
        with pytest.raises(type(stop)):
            work()
    assert seen == ([] if isinstance(stop, KeyboardInterrupt) else ["written after the table\n"])
