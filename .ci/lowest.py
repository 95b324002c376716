"""Print what the package and its tests need at least, without what only compares with others or is too large here."""

import re
import tomllib
from pathlib import Path

LEFT_OUT = {"svy", "statsmodels", "pyspark", "nbmake", "ipykernel", "great-tables"}
"""Svy asks for a newer Polars than we do, statsmodels is held against, and PySpark needs Java."""

project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
extras = [r for extra in ("engines", "excel", "report", "test") for r in project["optional-dependencies"][extra]]
wanted = [r for r in dict.fromkeys(project["dependencies"] + extras) if re.split(r"[\[<>=~! ]", r)[0] not in LEFT_OUT]
print("\n".join(wanted))
