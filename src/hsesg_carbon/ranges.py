"""Ranges: what is stated of how far inputs may lie from their estimates: the content of ``uncertainty.toml``."""

from collections import Counter
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from hsesg_carbon.errors import InputError
from hsesg_carbon.spreads import Shape, Spread
from hsesg_carbon.tables import read_record
from hsesg_carbon.units import parse_number

FILE = "uncertainty.toml"


def _percentage(value: Any) -> Any:
    """Read ``"5 %"``; anything else is refused, because 5 and 0.05 could both be meant."""
    if not isinstance(value, str) or not value.strip().endswith("%"):
        raise InputError("uncertainty-percent", value=str(value))
    return parse_number(value.strip().removesuffix("%").strip()) / 100


Percent = Annotated[Decimal, BeforeValidator(_percentage), Field(ge=0)]


class _Stated(BaseModel):
    """How far something may lie from its estimate: 95 % between ``below`` and ``above`` it, and how that is known."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    below: Percent
    above: Percent
    shape: Shape
    origin: str = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self.spread  # noqa: B018  (raises)
        return self

    @property
    def spread(self) -> Spread:
        """The same as multiples of the estimate."""
        return Spread(float(1 - self.below), float(1 + self.above), self.shape)


class OfActivity(_Stated):
    """
    The uncertainty of activity data; the first that fits a cell rules.

    ``activity`` and ``site`` are patterns; ``quality`` holds it to rows of that quality. ``shared`` says what errs
    together: everything at a site of one ``meter``, whatever the period; or each ``period`` by itself.

    ``filled`` is a pattern of ids of rows that fill gaps (``gap:*``): these have the spread of the method that filled
    them, unless a row that names them states another.
    """

    activity: str = "*"
    site: str = "*"
    quality: str | None = None
    filled: str | None = None
    shared: Literal["meter", "period"]


class OfNumber(_Stated):
    """The uncertainty of a factor, a fuel property or an instrument's factor, by its id."""

    id: str = Field(min_length=1)


class OfDenominator(_Stated):
    """The uncertainty of what emissions are divided by, each period by itself; the first that fits rules."""

    denominator: str = Field(min_length=1)
    period: str = "*"

    def fits(self, denominator: str, period: str) -> bool:
        """Whether it is about that denominator of that period; both are patterns here."""
        return fnmatchcase(denominator, self.denominator) and fnmatchcase(period, self.period)


class UncertaintyRules(BaseModel):
    """
    What is stated of uncertainty: the content of ``uncertainty.toml``.

    ``published`` is the shape for 95 % limits that a publication prints unequally far from its value, ``lognormal`` or
    ``triangular``; equal ones are normal. Limits are used where the number was seen in two transcriptions or the
    publication itself; a row under ``number`` comes before them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    published: Literal["lognormal", "triangular"]
    activity: tuple[OfActivity, ...] = ()
    number: tuple[OfNumber, ...] = ()
    denominator: tuple[OfDenominator, ...] = ()

    @model_validator(mode="after")
    def _once(self) -> Self:
        counts = Counter(one.id for one in self.number)
        if twice := [name for name, count in counts.items() if count > 1]:
            raise InputError("uncertainty-twice", ids=twice)
        return self

    @classmethod
    def read(cls, path: Path) -> "UncertaintyRules":
        """Read ``uncertainty.toml``; every key that does not fit is named in one ``InputError``."""
        return read_record(path, cls)
