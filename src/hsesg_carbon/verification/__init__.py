"""Verification (核查) of reported figures: what in a printed table cannot be true, and why."""

from hsesg_carbon.verification.materiality import Difference, Schedule
from hsesg_carbon.verification.reported import ReportedTable
from hsesg_carbon.verification.sampling import Population, Sample, poisson_factor
from hsesg_carbon.verification.verdict import Verification, verify

__all__ = [
    "Difference",
    "Population",
    "ReportedTable",
    "Sample",
    "Schedule",
    "Verification",
    "poisson_factor",
    "verify",
]
