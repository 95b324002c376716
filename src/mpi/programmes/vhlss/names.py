"""The harmonised names: what a survey read from any round calls its columns."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["DERIVED", "HEADINGS", "NEEDED", "STANDARDS", "TITLES"]

TITLES: Mapping[str, str] = MappingProxyType(
    {
        "sex": "Sex: 1 male, 2 female",
        "relation": "Relation to the head: 1 head, 2 spouse, 3 child, others as asked",
        "age": "Age in completed years",
        "birth_year": "Year of birth",
        "birth_month": "Month of birth",
        "interview_month": "Month of the interview",
        "age_months": "Age in completed months",
        "attending": "Attends school now; summer break counts",
        "grade": "Highest grade finished, 0 to 12; never attended is 0",
        "level": "Highest level finished: 0 below primary, 1 primary, 2 lower secondary ... 9 PhD",
        "attending_level": "Level now attended; -1 preschool",
        "insured": "Has health insurance",
        "ill": "Was ill: bed-bound and needing care, or off work or school",
        "sought_care": "Sought care, asked of the ill",
        "working": "Has a job",
        "seeking": "Has no job and looks for one, or lost it",
        "wage": "Has a wage job",
        "contract": "Has a labour contract, asked of wage workers",
        "allowance": "Monthly social allowance: 1 as elderly, 2 as disabled, 3 none",
        "internet": "Uses the internet",
        "height": "Height (cm)",
        "weight_kg": "Body weight (kg)",
        "area": "1 urban, 2 rural",
        "weight": "Household weight",
        "weight_expenditure": "Household weight of the expenditure subsample",
        "person_weight": "Household weight times size, where the file gives it",
        "size": "Members of the household",
        "ethnicity": "Ethnic group of the head, codes 1 to 54",
        "head_sex": "Sex of the head",
        "income": "Income, VND per person per month",
        "expenditure": "Expenditure, VND per person per month",
        "housing_column": "Material of the columns, codes of 2022",
        "housing_roof": "Material of the roof, codes of 2022",
        "housing_wall": "Material of the walls, codes of 2022",
        "housing_type": "Type of dwelling: 1 villa ... 4 semi-solid, 5 temporary",
        "living_area": "Living area (m2)",
        "water": "Source of water, codes of 2022",
        "toilet": "Type of toilet, codes of 2022",
        "waste": "Disposal of waste, codes of 2022",
        "tv": "Has a television",
        "radio": "Has a radio",
        "desktop": "Has a desktop computer",
        "laptop": "Has a laptop",
        "tablet": "Has a tablet",
        "landline": "Has a landline telephone",
        "mobile": "Has a mobile telephone",
        "smartphone": "Has a smartphone",
        "loudspeaker": "Can hear the loudspeakers of the commune",
    }
)
"""Each harmonised name that a layout may map, and what it is. 0/1 columns: 1 yes, 0 no."""

HEADINGS = MappingProxyType({"ethnicity": "Ethnic group of the head", "head_sex": "Sex of the head"})
"""What stands above groups by a harmonised name that does not say it by itself."""

NEEDED = ("weight", "area", "size")
"""Names without which there is no survey; `size` can be counted where there are members."""

DERIVED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "size": ("members",),
        "head_sex": ("relation", "sex"),
        "birth_year": ("age",),
        "age_months": ("birth_month", "birth_year", "interview_month"),
    }
)
"""Names that the reader makes from others where a round has no variable for them."""

STANDARDS: Mapping[str, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "vn-2016": MappingProxyType(
            {
                "health_access": ("ill", "sought_care"),
                "health_insurance": ("age", "insured"),
                "adult_education": ("age", "birth_year", "level", "attending"),
                "child_schooling": ("age", "attending"),
                "housing_quality": ("housing_type",),
                "housing_area": ("living_area", "size"),
                "water": ("water",),
                "toilet": ("toilet",),
                "telecom": ("landline", "mobile", "internet"),
                "information_assets": ("tv", "radio", "desktop", "loudspeaker"),
            }
        ),
        "vn-2022": MappingProxyType(
            {
                "employment": ("seeking", "wage", "contract"),
                "dependents": ("age", "allowance", "size"),
                "nutrition": ("age_months", "sex", "height", "weight_kg"),
                "health_insurance": ("age", "insured"),
                "adult_education": ("age", "level", "attending"),
                "child_schooling": ("age", "attending", "attending_level"),
                "housing_quality": ("housing_column", "housing_roof", "housing_wall"),
                "housing_area": ("living_area", "size"),
                "water": ("water",),
                "toilet": ("toilet",),
                "telecom": ("internet",),
                "information_means": (
                    "tv", "radio", "desktop", "landline", "mobile", "laptop", "tablet", "smartphone",
                ),
            }
        ),
    }
)  # fmt: skip
"""The names that each indicator of a standard is computed from."""
