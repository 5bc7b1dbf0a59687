"""Disclosure tables: what a standard asks for, filled from the accounts, and plainly what they cannot answer."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Self

from hsesg_carbon.answering import Accounts, Answer
from hsesg_carbon.answers import ANSWERS
from hsesg_carbon.errors import CarbonError
from hsesg_carbon.findings import Finding
from hsesg_carbon.indices import NARRATIVE, Question, Requirement, Standard, chosen, index, standards
from hsesg_carbon.messages import LANGUAGES
from hsesg_carbon.verification.reported import ReportedRow
from hsesg_carbon.workspace import Workspace

_PRINTED: Mapping[str, tuple[str, ...]] = {"water": ("withdrawal", "consumption"), "waste": ("",)}
"""Topics of which a reported table may print figures, and the kinds that such a print can be."""

Status = Literal["answered", "partly", "missing", "narrative"]
STATUSES: tuple[Status, ...] = ("answered", "partly", "missing", "narrative")


@dataclass(frozen=True)
class Disclosed:
    """
    A requirement with its answer.

    ``status`` is ``answered``; ``partly``, where something is missing beside what there is; ``missing``; or
    ``narrative``: for people to write.
    """

    requirement: Requirement
    answer: Answer

    @property
    def status(self) -> Status:
        """How far the accounts answer."""
        if self.requirement.question.name == NARRATIVE:
            return "narrative"
        if self.answer.figures:
            return "partly" if self.answer.missing else "answered"
        return "missing"

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return plain data; sentences about what is missing in ``lang``."""
        own = self.requirement
        return {
            "standard": own.standard,
            "clause": own.clause,
            "cited": own.place,
            "datum": own.datum,
            "asked": own.asked,
            "kind": own.kind,
            "obligation": own.obligation,
            "unit": own.unit,
            "answer": own.answer,
            "checked": own.checked,
            "source": own.source,
            "note": own.note,
            "status": self.status,
            "figures": [one.as_json() for one in self.answer.figures],
            "missing": [one.as_json(lang) for one in self.answer.missing],
        }


@dataclass(frozen=True)
class Disclosure:
    """
    The index of a standard, filled from the accounts of a workspace.

    Example: ``Disclosure.of(Workspace("examples/hundsun-2024"), "gri-305").rows[0].status``.
    """

    accounts: Accounts = field(repr=False)
    standards: tuple[Standard, ...]

    @classmethod
    def of(cls, workspace: Workspace, standard: str, before: str = "") -> Self:
        """
        Return the tables of a standard (``sse-14``), or of a family (``gri``) as it rules for the last reported year.

        Args:
            workspace: The accounts.
            standard: An id or a family of ``standards()``.
            before: The version that was reported before, as ``Workspace.version`` takes it; it tells of restatements.
                By default the one that ``[restated]`` of ``inventory.toml`` names.

        Raises:
            InputError: The standard or the version is unknown.
            CarbonError: The accounts cannot be computed.
        """
        earlier = workspace.version(before) if before else None
        accounts = Accounts(workspace, earlier)
        _ = workspace.inventory  # else every single answer would find out anew that it cannot be computed
        return cls(accounts, chosen(standard, accounts.years[-1]))

    @cached_property
    def rows(self) -> tuple[Disclosed, ...]:
        """Every requirement in its order, with its answer."""
        return tuple(Disclosed(one, self._answer(one)) for own in self.standards for one in index(own.id))

    @property
    def counts(self) -> Mapping[Status, int]:
        """How many requirements there are of each status."""
        told = Counter(row.status for row in self.rows)
        return {status: told[status] for status in STATUSES}

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Say what the index itself rests on, whether it rules for these years, and what warns of the accounts."""
        own = [finding for one in self.standards for finding in self._of_standard(one)]
        return (*own, *(one for one in self.accounts.workspace.findings if one.severity != "info"))

    def as_json(self, lang: str = "en") -> dict[str, Any]:
        """Return everything as plain data; exact numbers as text. The keys are the contract of ``disclose --json``."""
        settings = self.accounts.workspace.settings
        return {
            "organisation": {"id": settings.organisation.id, "name": settings.organisation.name},
            "years": list(self.accounts.years),
            "methodology": settings.methodology,
            "standards": [_described(one) for one in self.standards],
            "counts": dict(self.counts),
            "rows": [row.as_json(lang) for row in self.rows],
            "findings": [one.as_json(lang) for one in self.findings],
        }

    def _answer(self, one: Requirement) -> Answer:
        """Return the answer to a requirement; where the accounts refuse a view, that is what is missing."""
        question = one.question
        try:
            answer = ANSWERS[question.name](self.accounts, question, one.unit or "")
            printed = () if answer.figures else self._printed(question)
            return Answer(answer.figures, (*answer.missing, *printed))
        except CarbonError as error:
            why = {lang: error.text(lang) for lang in LANGUAGES}
            return Answer(missing=(Finding(code="disclose-refused", severity="warning", data={"why": why}),))

    def _printed(self, asked: Question) -> Iterator[Finding]:
        """Yield what the reported table prints of water and waste where the accounts compute nothing."""
        topic, _, intensity = asked.name.partition("-")
        if topic not in _PRINTED or asked["stressed"] or asked["kind"] not in _PRINTED[topic]:
            return
        rows = self._reported_rows
        own = [
            f"{one.label} ({one.id})"
            for one in rows
            if one.id.startswith(f"{topic}.") and (".per." in one.id) == bool(intensity)
        ]
        if own:
            yield Finding(code="disclose-printed", severity="info", data={"rows": own})

    @cached_property
    def _reported_rows(self) -> tuple[ReportedRow, ...]:
        """The rows of the reported table; none without such a table, or where ``verify`` must first say its faults."""
        try:
            return self.accounts.workspace.reported.rows if self.accounts.workspace.has_reported else ()
        except CarbonError:
            return ()

    def _of_standard(self, one: Standard) -> list[Finding]:
        rows = index(one.id)
        title = one.title
        found = []
        unread = sum(row.checked != "read" for row in rows)
        if unread:
            data = {"standard": title, "count": unread, "of": len(rows)}
            found.append(Finding(code="disclose-unread", severity="info", data=data))
        if one.draft:
            found.append(Finding(code="disclose-draft", severity="warning", data={"standard": title}))
        last = self.accounts.years[-1]
        if one.first.year > last:
            code = "disclose-early" if one.early else "disclose-not-yet"
            data = {"standard": title, "day": one.first}
            found.append(Finding(code=code, severity="info" if one.early else "warning", data=data))
        if one.replaced_from is not None and last >= one.replaced_from.year - 1:
            others = {lang: [standards()[name].title[lang] for name in one.replaced_by] for lang in LANGUAGES}
            data = {"standard": title, "day": one.replaced_from, "others": others}
            found.append(Finding(code="disclose-replaced", severity="warning", data=data))
        return found


def listed() -> list[dict[str, Any]]:
    """
    Return the standards that there are indices of, with how many requirements each has.

    Example:
        >>> [one["id"] for one in listed()][:2]
        ['sse-14', 'gri-2']
    """
    return [_described(one) | {"requirements": len(index(one.id))} for one in standards().values()]


def _described(one: Standard) -> dict[str, Any]:
    return {
        "id": one.id,
        "family": one.family,
        "title": one.title,
        "publisher": one.publisher,
        "edition": one.edition,
        "from": one.first.isoformat(),
        "replaced_from": one.replaced_from and one.replaced_from.isoformat(),
        "replaced_by": list(one.replaced_by),
        "early_use": one.early,
        "draft": one.draft,
        "note": one.note,
    }
