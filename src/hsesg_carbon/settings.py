"""The settings of a workspace: the content of ``inventory.toml``."""

from datetime import date

from pydantic import BaseModel, ConfigDict, Field

from hsesg_carbon.boundary import Consolidation
from hsesg_carbon.sites import Entity, Site

FILE = "inventory.toml"


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Organisation(_Record):
    """Who reports."""

    id: str
    name: dict[str, str]


class Accepted(_Record):
    """A boundary of a denominator that differs from the inventory's and is divided by all the same, with the reason."""

    denominator: str
    boundary: str
    reason: str
    reason_zh: str | None = None


class Restated(_Record):
    """
    Which version of these accounts was reported before, as ``version`` names it, for which years, and why it changed.

    The version is one under ``versions/``, or a methodology: another folder is no part of the accounts.
    """

    before: str = Field(min_length=1)
    years: tuple[int, ...] = ()
    reason: str
    reason_zh: str | None = None


class Settings(_Record):
    """
    The content of ``inventory.toml``.

    ``boundary`` names the inventory's boundary: denominators must state the same name, or be listed under ``accept``.
    ``known_at`` holds the factor library to what was published by that day, so that the accounts do not move with it.
    ``keep_published`` keeps CO2e that was published on another GWP set than the methodology's, with a finding for each.
    """

    organisation: Organisation
    methodology: str
    consolidation: Consolidation
    boundary: str
    base_year: int | None = None
    known_at: date | None = None
    periods: tuple[str, ...] = Field(min_length=1)
    site: tuple[Site, ...] = Field(min_length=1)
    entity: tuple[Entity, ...] = ()
    accept: tuple[Accepted, ...] = ()
    restated: Restated | None = None
    keep_published: bool = False

    @property
    def years(self) -> tuple[int, ...]:
        """The years that are reported, in the order stated."""
        return tuple(map(int, self.periods))

    def accepted(self, denominator: str) -> list[str]:
        """Return the boundaries other than the inventory's that a denominator may have."""
        return [one.boundary for one in self.accept if one.denominator == denominator]
