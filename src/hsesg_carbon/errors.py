"""What can go wrong, as five types. The sentence comes from the message catalogue, its facts travel as ``data``."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, Protocol

from hsesg_carbon.messages import message


class Problem(Protocol):
    """One of the things wrong with an input: in practice a ``Finding``."""

    code: str

    def line(self, lang: str = "en") -> str:
        """Return place, value and sentence in one line."""


class CarbonError(ValueError):
    """
    Base of all errors of this library: what, where, why and what to do.

    ``code`` names the message in the catalogue, ``data`` holds the facts it mentions, ``text(lang)`` is the sentence.
    ``problems`` lists every single thing that is wrong, each with its place, where there can be several: work goes on
    after the first, so that one error tells all.
    """

    def __init__(self, code: str, /, problems: Sequence[Problem] = (), **data: Any) -> None:
        self.code = code
        self.data = data
        self.problems = tuple(problems)
        super().__init__(code)

    def __str__(self) -> str:
        return self.text("en")

    def text(self, lang: str = "en") -> str:
        """Return the sentence in ``lang`` (``en`` or ``zh``) and, a line each, every problem."""
        lines = [message(self.code, lang, **self.data), *(f"  {problem.line(lang)}" for problem in self.problems)]
        return "\n".join(lines)


class UnitError(CarbonError):
    """A unit is unknown, or two units do not measure the same thing."""


class InputError(CarbonError):
    """A file, table, row or argument cannot be used."""


class FactorError(CarbonError):
    """The factor library lacks a number, has two where one is needed, or contradicts itself."""


class MethodologyError(CarbonError):
    """A methodology cannot be read or does not say what it must say."""


class InventoryError(CarbonError):
    """An inventory was asked for something that was not computed or that its basis does not allow."""


def near(word: str, known: Sequence[str], count: int = 4) -> list[str]:
    """
    Return the known words most like ``word``, for "did you mean".

    Example:
        >>> near("kwH", ["kWh", "MWh", "person"])
        ['kWh', 'MWh']
    """
    lowered: dict[str, str] = {}
    for one in known:
        lowered.setdefault(one.lower(), one)
    return [lowered[match] for match in get_close_matches(word.lower()[:80], list(lowered), n=count, cutoff=0.6)]
