"""The sections of the report in their order: caveats, figures, and the annex that explains them."""

from collections.abc import Callable, Iterable

from hsesg_carbon.report import accounts, assurance, changes, emissions
from hsesg_carbon.report.blocks import Block, Note, Section
from hsesg_carbon.report.reading import Reading
from hsesg_carbon.report.remarks import remarks


def figures(read: Reading) -> tuple[Section, ...]:
    """Return the sections with figures, in their order; a part that does not apply to an organisation is left out."""
    made: list[tuple[str, Callable[[Reading], Iterable[Block]], bool]] = [
        ("scopes", emissions.scopes, True),
        ("targets", emissions.targets, read.applies("targets")),
        ("sources", emissions.sources, True),
        ("sites", emissions.sites, read.applies("sites")),
        ("gases", emissions.gases, True),
        ("boundaries", emissions.boundaries, read.applies("boundaries")),
        ("intensities", accounts.intensities, True),
        ("energy", accounts.energy, True),
        ("water", accounts.water, read.applies("water")),
        ("waste", accounts.waste, read.applies("waste")),
        ("beside", accounts.beside, read.applies("beside")),
        ("restatement", changes.restatement, True),
        ("drivers", changes.drivers, read.applies("drivers")),
        ("uncertainty", assurance.uncertainty, True),
        ("quality", assurance.quality, True),
        ("verification", assurance.verification, True),
    ]
    return tuple(Section(id, read.say(f"head-{id}"), tuple(draw(read))) for id, draw, applies in made if applies)


def caveats(read: Reading) -> Section:
    """Return what a reader must know before using a figure."""
    rows = read.statement["caveats"]
    blocks: list[Block] = [Note(read.say("caveats-note"))]
    if rows:
        blocks.append(remarks(read, rows))
    else:
        blocks.append(Note(read.say("caveats-none"), "nothing"))
    return Section("caveats", read.say("head-caveats"), tuple(blocks))
