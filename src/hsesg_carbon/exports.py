"""Plain exports of utilities and meter systems -> activity rows, by a stated mapping; every fault at its cell."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from hsesg_carbon.billing import bills
from hsesg_carbon.errors import InputError
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.layouts import Sheet
from hsesg_carbon.mappings import ColumnMapping
from hsesg_carbon.metering import listed_intervals, matrix_intervals, metered
from hsesg_carbon.sites import Site
from hsesg_carbon.takings import COLUMNS, Controls, Exported, Record, Taking
from hsesg_carbon.workbooks import Progress

__all__ = ["COLUMNS", "Controls", "Exported", "read_export"]


def read_export(
    path: Path,
    mapping: ColumnMapping,
    sites: Sequence[Site],
    library: FactorLibrary,
    progress: Progress | None = None,
) -> Exported:
    """
    Return the activity rows that a CSV or Excel export holds.

    Args:
        path: The export as it was delivered.
        mapping: What is stated about it (``read_mapping``).
        sites: The sites that rows may name.
        library: Where activity codes, units and regions are looked up.
        progress: Told how many rows are read.

    Raises:
        InputError: The file cannot be read at all, or the mapping does not fit it: no such sheet, headings that are
            not there. What is wrong with rows comes as findings, all of it at once.

    Source:
        Bills and meters as utilities and meter systems write them out; no format of a publisher is followed.
    """
    if faults := mapping.faults():
        raise InputError("settings-broken", faults, file="mapping")
    sheet = Sheet.found(path, mapping, progress)
    export = Taking(sheet, mapping, sites, library)
    makers: dict[str, Callable[[Taking], Iterator[Record]]] = {
        "bills": bills,
        "readings": metered,
        "intervals": listed_intervals,
        "interval-matrix": matrix_intervals,
    }
    if not export.rows:
        export.note("table-without-rows", "error")
    records = list(makers[mapping.kind](export)) if export.rows else []
    return export.told(records)
