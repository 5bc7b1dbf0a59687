"""Sites and the entities that hold them: what a chain gives, and what is wrong with one."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

import hsesg_carbon as hc
from hsesg_carbon.boundary import CONSOLIDATIONS
from hsesg_carbon.vetting import near_regions

VENTURE = [
    {"id": "daughter", "held_by": "us", "equity_share": "0.83"},
    {"id": "venture", "held_by": "daughter", "equity_share": "0.5", "control": ["joint-financial"]},
]
YEAR = hc.Period.parse("2023")


def boundary(site: dict[str, Any], entities: list[dict[str, Any]], approach: Any = "equity-share") -> hc.Boundary:
    own = tuple(hc.Entity.model_validate(one) for one in entities)
    return hc.Boundary("all", (hc.Site.model_validate({"id": "plant"} | site),), approach, "us", own)


def shares(site: dict[str, Any], entities: list[dict[str, Any]]) -> list[Fraction]:
    """Return what counts of a site under all consolidations, in their order."""
    return [boundary(site, entities, approach).share("plant", YEAR) for approach in CONSOLIDATIONS]


@pytest.mark.parametrize(
    ("site", "entities", "expected"),
    [
        ({"entity": "venture"}, VENTURE, ["0.415", "0.5", "0", "0"]),
        ({"entity": "daughter"}, VENTURE, ["0.83", "1", "1", "0"]),
        ({"entity": "us"}, VENTURE, ["1", "1", "1", "1"]),
        ({}, VENTURE, ["1", "1", "1", "1"]),
        ({"equity_share": "0.3", "control": ["joint-financial", "operational"]}, [], ["0.3", "0.3", "1", "1"]),
        # what a site states beside its entity holds in the end: the same share, no more control
        ({"entity": "venture", "equity_share": "0.4150"}, VENTURE, ["0.415", "0.5", "0", "0"]),
        ({"entity": "venture", "control": ["joint-financial"]}, VENTURE, ["0.415", "0.5", "0", "0"]),
        ({"entity": "daughter", "control": ["financial"]}, VENTURE, ["0.83", "1", "0", "0"]),
        ({"entity": "daughter", "control": []}, VENTURE, ["0.83", "0", "0", "0"]),
        # a venture that is no legal person of its own
        ({"entity": "venture", "legal_entity": "us"}, VENTURE, ["0.415", "0.5", "0", "1"]),
        ({"legal_entity": "venture"}, [], ["1", "1", "1", "0"]),
        # control that one link lacks is lacking
        (
            {"entity": "below"},
            [
                {"id": "associate", "equity_share": "0.4", "control": []},
                {"id": "below", "held_by": "associate", "equity_share": "0.9"},
            ],
            ["0.36", "0", "0", "0"],
        ),
    ],
)
def test_what_counts_of_a_site_follows_from_its_chain(
    site: dict[str, Any], entities: list[dict[str, Any]], expected: list[str]
) -> None:
    assert shares(site, entities) == [Fraction(one) for one in expected]


def test_a_leased_part_is_taken_of_the_chain() -> None:
    lease = {"basis": "area", "share": "0.2", "note": "made up"}
    assert shares({"entity": "venture", "lease": lease}, VENTURE) == [
        Fraction("0.083"),
        Fraction("0.1"),
        Fraction(0),
        Fraction(0),
    ]


def test_a_site_counts_only_while_every_link_holds_it() -> None:
    entities = [
        {"id": "daughter", "from": date(2022, 4, 1)},
        {"id": "venture", "held_by": "daughter", "from": date(2021, 1, 1), "to": date(2023, 6, 30)},
    ]
    one = boundary({"entity": "venture", "to": date(2024, 12, 31)}, entities, "operational-control")
    counted = {
        label: one.share("plant", hc.Period.parse(label)) for label in ("2022-03", "2022-04", "2023-06", "2023-07")
    }
    assert counted == {"2022-03": 0, "2022-04": 1, "2023-06": 1, "2023-07": 0}
    cut = dict(one.counted("plant", hc.Period.parse("2022-03-01/2022-04-30")))
    assert cut == {2022: Fraction(30, 61)}
    with pytest.raises(hc.InventoryError) as caught:
        one.share("plant", YEAR)
    assert caught.value.code == "boundary-within-period"
    assert caught.value.data["day"] == date(2023, 6, 30)


def test_a_boundary_can_be_seen_another_way_with_its_entities() -> None:
    one = boundary({"entity": "venture"}, VENTURE)
    again = hc.Boundary(one.id, one.sites, "financial-control", one.entity, one.entities)
    assert again.share("plant", YEAR) == Fraction("0.5")


@pytest.mark.parametrize(
    ("site", "entities", "said"),
    [
        (
            {"entity": "ventur"},
            VENTURE,
            "site plant: entity 'ventur' is neither an [[entity]] nor the organisation",
        ),
        ({"entity": "a"}, [{"id": "a", "held_by": "b"}], "entity a: held_by 'b' is neither"),
        (
            {"entity": "a"},
            [{"id": "a", "held_by": "b"}, {"id": "b", "held_by": "c"}, {"id": "c", "held_by": "b"}],
            "entity b: held_by leads back to itself (b < c < b)",
        ),
        ({}, [{"id": "a", "held_by": "a"}], "entity a: held_by leads back to itself (a < a)"),
        ({}, [{"id": "a"}, {"id": "a"}], "entity a stands there twice"),
        ({}, [{"id": "us"}], "entity 'us' has the id of the organisation itself"),
        (
            {"entity": "venture", "equity_share": "0.5"},
            VENTURE,
            "site plant: equity_share is 0.5, but through entity venture it is 0.415",
        ),
        ({"entity": "us", "equity_share": "0.6"}, [], "equity_share is 0.6, but through entity us it is 1"),
        (
            {"entity": "venture", "control": ["operational", "joint-financial"]},
            VENTURE,
            "site plant: control states operational, which is not held through entity venture (that has joint",
        ),
        ({"entity": "venture", "control": ["financial"]}, VENTURE, "control states financial, which is not held"),
        (
            {"entity": "a", "from": date(2023, 1, 1)},
            [{"id": "a", "to": date(2022, 12, 31)}],
            "site plant: no day is left",
        ),
    ],
)
def test_entities_that_cannot_be_are_named_with_their_key(
    site: dict[str, Any], entities: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(hc.InputError) as caught:
        boundary(site, entities)
    assert said in str(caught.value)
    assert "plant" in caught.value.text("zh") or "实体" in caught.value.text("zh")


def test_financial_control_is_ones_own_or_joint() -> None:
    with pytest.raises(ValueError, match="not both"):
        hc.Site.model_validate({"id": "plant", "control": ["financial", "joint-financial"]})


def test_all_faults_are_told_at_once() -> None:
    with pytest.raises(hc.InputError) as caught:
        boundary({"entity": "venture", "equity_share": "0.5", "control": ["operational"]}, VENTURE)
    assert [one.code for one in caught.value.problems] == ["site-share-differs", "site-control-differs"]


def test_the_chain_of_a_site_and_entities_without_sites_are_findings() -> None:
    one = boundary({"entity": "venture"}, [*VENTURE, {"id": "asleep", "held_by": "daughter"}])
    (chain,) = [found for found in one.findings([("plant", YEAR)]) if found.code == "site-held-through"]
    assert chain.message() == (
        "site plant is held through venture (50 %) < daughter (83 %): equity share 41.5 %, financial control 50 %, "
        "operational control 0 %."
    )
    assert one.idle == ["asleep"]


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("US-TX", ["US", "US-egrid-AKGD", "US-egrid-AKMS"]),
        ("GB-Leeds", ["GB-LND", "GB"]),
        ("CN-GD-zhuhai", ["CN-GD-shenzhen", "CN-GD"]),
        ("CN-浙江", ["CN-ZJ"]),
        ("Germany", ["DE"]),
        ("上海", ["CN-SH"]),
    ],
)
def test_a_region_that_is_not_known_is_told_what_lies_in_the_same_country(written: str, told: list[str]) -> None:
    found = near_regions(written, hc.FactorLibrary.shipped().regions)
    assert found[: len(told)] == told
    country = written.split("-", maxsplit=1)[0]
    assert all(code.startswith(country) for code in found) or "-" not in written
