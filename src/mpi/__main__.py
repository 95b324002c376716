"""The command line by ``python -m mpi``."""

from __future__ import annotations

from mpi.cli.app import main

if __name__ == "__main__":
    main()
