"""One law over thousands of small cases, as one test: each case that breaks it is named with what broke."""

from collections.abc import Callable, Iterable
from typing import TypeVar

Case = TypeVar("Case")

SHOWN = 20
"""Cases that are told in full; of the others their number."""


def each(cases: Iterable[Case], named: Callable[[Case], str], law: Callable[[Case], object]) -> None:
    """
    Hold every case to a law, then fail with the name of each that broke it and what was raised.

    No case at all fails as well: a law over nothing is none. The law stands in the test's module, where pytest spells
    out what an ``assert`` compared.
    """
    broken: list[str] = []
    seen = 0
    for one in cases:
        seen += 1
        try:
            law(one)
        except Exception as error:  # whatever breaks the law is told with the case
            broken.append(f"{named(one)}: {type(error).__name__}: {error}")
    assert seen, "there is no case"
    more = f"\nand {len(broken) - SHOWN} more" if len(broken) > SHOWN else ""
    assert not broken, f"{len(broken)} of {seen} cases:\n" + "\n".join(broken[:SHOWN]) + more
