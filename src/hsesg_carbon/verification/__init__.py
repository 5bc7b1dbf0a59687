"""Verification (核查) of reported figures: what in a printed table cannot be true, and why."""

from hsesg_carbon.verification.reported import ReportedTable
from hsesg_carbon.verification.verdict import Verification, verify

__all__ = ["ReportedTable", "Verification", "verify"]
