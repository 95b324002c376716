"""Viet Nam's codes of provinces, regions and ethnic groups, each with the code set it belongs to.

A code alone says nothing: the codes of 2025 were other provinces' codes before.

>>> from mpi import codes
>>> codes.lookup(15, "vn-63").name_vi, codes.lookup(15, "vn-34").name_vi
('Yên Bái', 'Lào Cai')
>>> codes.translate([10, 15], "vn-63", "vn-34")
[15, 15]
"""

from mpi.codes.classifications import Classification
from mpi.codes.codeset import Code, CodeSet, Fact
from mpi.codes.crosswalks import Crosswalk, crosswalk, region_of, translate
from mpi.codes.ethnicity import classification, list_classifications
from mpi.codes.guess import fitting_sets, guess_set
from mpi.codes.history import Change, changes, harmonise, stable_set
from mpi.codes.sets import code_set, ethnic_groups, labels, list_sets, lookup, provinces, regions

__all__ = [
    "Change",
    "Classification",
    "Code",
    "CodeSet",
    "Crosswalk",
    "Fact",
    "changes",
    "classification",
    "code_set",
    "crosswalk",
    "ethnic_groups",
    "fitting_sets",
    "guess_set",
    "harmonise",
    "labels",
    "list_classifications",
    "list_sets",
    "lookup",
    "provinces",
    "region_of",
    "regions",
    "stable_set",
    "translate",
]
