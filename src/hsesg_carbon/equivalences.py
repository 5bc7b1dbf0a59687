"""Equivalences: an amount of CO2e as miles by car or acres of forest, for people. They never enter an inventory."""

from fractions import Fraction

from hsesg_carbon import units
from hsesg_carbon.errors import FactorError, near
from hsesg_carbon.factors import FactorLibrary
from hsesg_carbon.units import CO2E, Amount


def equivalent(amount: Amount, equivalence: str, library: FactorLibrary | None = None) -> Amount:
    """
    Return how many of an equivalence an amount of CO2e is: the amount over its value, exactly.

    Args:
        amount: In a unit of CO2e.
        equivalence: An id of ``emission_factors/equivalences.csv``; it names the edition, because the publisher
            replaces values without keeping old ones.
        library: Where the equivalences stand; the shipped library by default.

    Raises:
        FactorError: The id is unknown.
        UnitError: The amount is none of CO2e.

    Example:
        >>> equivalent(Amount(Fraction(1000), "tCO2e"), "epa-equiv.vehicle-year.2020").rounded(1)
        Decimal('212.3')
    """
    known = (library or FactorLibrary.shipped()).equivalences
    one = known.get(equivalence)
    if one is None:
        raise FactorError(
            "unknown-equivalence", equivalence=equivalence, known=near(equivalence, list(known)) or list(known)[:8]
        )
    return Amount(amount.value * units.ratio(amount.unit, CO2E) / Fraction(one.value), one.per)
