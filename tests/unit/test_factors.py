"""Choosing a number: deterministic, never the nearest, and a tie or a miss names the candidates."""

import datetime as dt
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import hsesg_carbon as hc
from hsesg_carbon.printing.explained import validity
from hsesg_carbon.records import FuelProperty, Wanted

GRID = ("mee-2024-12", "mee-2024-33", "mee-2025-47")
HEADER = (
    "id,activity,flow,variant,technology,value,unit,basis,gwp_set,lifecycle,region,valid_from,valid_to,published,source,"
    "locator,checked,lower95,upper95,supersedes,note\n"
)
SOURCE = '[own]\ntitle = "Own"\npublisher = "us"\nlicence = "own"\nlicence_class = "open"\n'


def wanted(year: int = 2023, **changes: object) -> Wanted:
    asked = {
        "activity": "electricity.grid",
        "flow": "CO2",
        "region": "CN",
        "sources": GRID,
        "variant": "average",
        "start": dt.date(year, 1, 1),
        "end": dt.date(year, 12, 31),
    }
    return Wanted(**{**asked, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("year", "vintage", "value", "fit"),
    [
        (2021, "activity-year", "0.5568", ("exact",)),
        (2023, "activity-year", "0.5306", ("exact",)),
        (2024, "latest-known", "0.5306", ("earlier-year",)),
        (2022, "latest-known", "0.5366", ("exact",)),
        (2024, 2022, "0.5366", ("fixed-year",)),
        (2022, 2022, "0.5366", ("exact",)),
    ],
)
def test_the_vintage_rule_decides(
    library: hc.FactorLibrary, year: int, vintage: str | int, value: str, fit: tuple[str, ...]
) -> None:
    choice = library.choose(wanted(year, vintage=vintage))
    assert (str(choice.factor.value), choice.fit) == (value, fit)


def test_a_miss_names_what_was_asked_and_what_is_near(library: hc.FactorLibrary) -> None:
    with pytest.raises(hc.FactorError, match=r"2024-01-01/2024-12-31.*mee2023\.electricity\.cn\.average") as caught:
        library.choose(wanted(2024))
    assert caught.value.code == "factor-missing"
    with pytest.raises(hc.FactorError) as caught:
        library.choose(wanted(region="world"))
    assert caught.value.code == "factor-missing"


def test_a_tie_names_the_candidates_and_never_picks(library: hc.FactorLibrary) -> None:
    with pytest.raises(hc.FactorError, match=r"mee2023\.electricity\.cn\.average, mee2023.*fossil") as caught:
        library.choose(wanted(variant=None))
    assert caught.value.code == "factor-tie"


def test_sources_rule_in_the_order_that_is_stated(multigas_library: hc.FactorLibrary) -> None:
    asked = wanted(activity="stationary.natural_gas", flow="CH4", region="CN", variant=None)
    choice = multigas_library.choose(Wanted(**{**vars_of(asked), "sources": ("mee-2024-33", "made-up")}))
    assert choice.factor.id == "made-up.natural_gas.ch4"
    assert choice.fit == ("region-parent",)


def vars_of(asked: Wanted) -> dict[str, object]:
    return {name: getattr(asked, name) for name in Wanted.__dataclass_fields__}


def test_an_unknown_source_or_region_is_named(library: hc.FactorLibrary) -> None:
    with pytest.raises(hc.FactorError, match="mee-2024-33"):
        library.choose(wanted(sources=("mee-2024-34",)))
    with pytest.raises(
        hc.FactorError, match=r"region 'XX' .*nearest: world, CN, "
    ):  # no code is like it, but this fits all
        library.choose(wanted(region="XX"))
    with pytest.raises(hc.FactorError, match=r"region 'CN-Z' .*CN-ZJ"):
        library.choose(wanted(region="CN-Z"))


@pytest.mark.parametrize(
    ("day", "value"),
    [("2024-06-30", "0.5568"), ("2025-01-15", "0.5366"), ("2026-02-01", "0.5306")],
)
def test_what_was_known_on_a_day(library: hc.FactorLibrary, day: str, value: str) -> None:
    known = library.known_at(dt.date.fromisoformat(day))
    assert str(known.choose(wanted(2024, vintage="latest-known")).factor.value) == value


def test_before_its_publication_a_statistic_is_unknown(library: hc.FactorLibrary) -> None:
    with pytest.raises(hc.FactorError):
        library.known_at(dt.date(2024, 4, 11)).choose(wanted(2024, vintage="latest-known"))


def test_a_factor_that_begins_within_the_period_does_not_stand_for_all_of_it(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "own.csv").write_text(
        HEADER + "own.late,electricity.grid,CO2,,,0.1,kg/kWh,,,,CN,2024-12-01,,2024-12-01,own,x,primary,,,,\n",
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    with pytest.raises(hc.FactorError):
        library.choose(wanted(2024, vintage="latest-known", sources=("own",), variant=None))


def test_a_correction_supersedes_and_the_old_row_stays_addressable(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "own.csv").write_text(
        HEADER + "own.a,electricity.grid,CO2,,,0.1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,\n"
        "own.b,electricity.grid,CO2,,,0.2,kg/kWh,,,,CN,2020-01-01,,2021-01-01,own,x,primary,,,own.a,corrected\n",
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    asked = wanted(2024, sources=("own",), variant=None)
    assert library.choose(asked).factor.id == "own.b"
    assert library.known_at(dt.date(2020, 6, 1)).choose(asked).factor.id == "own.a"
    assert str(library.factor("own.a").value) == "0.1"


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (
            "mee2022.electricity.cn.average,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,",
            "duplicate-id-factor",
        ),
        (
            "own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,mee2022.electricity.cn.average,",
            "overlay-supersedes",
        ),
        ("own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,nobody,x,primary,,,,", "unknown-source"),
        (
            "own.a,electricity.gird,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,",
            "factor-without-activity",
        ),
        ("own.a,electricity.grid,CO3,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,", "unknown-flow"),
        ("own.a,electricity.grid,CO2,,,1,kg/kWh,,,,XX,2020-01-01,,2020-01-01,own,x,primary,,,,", "unknown-region"),
        ("own.a,electricity.grid,CO2,,,1,kg/blub,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,", "unknown-unit"),
        (
            "own.a,electricity.grid,CO2,,,1,kgCO2e/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,",
            "factor-unit-not-of-flow",
        ),
        ("own.a,electricity.grid,CO2,,,1,kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,", "factor-unit-no-ratio"),
        (
            "own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,2019-01-01,2020-01-01,own,x,primary,,,,",
            "validity-reversed",
        ),
        ("own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,2,3,,", "limits-reversed"),
        ("own.a,electricity.grid,CO2,,,-1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,", "key-out-of-range"),
        (
            'own.a,electricity.grid,CO2,,,"1,000",kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,',
            "number-grouped",
        ),
        ("own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-13,own,x,primary,,,,", "key-misfit"),
        ("own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,,primary,,,,", "key-missing"),
        ("own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,sworn,,,,", "key-not-allowed"),
    ],
)
def test_an_own_factor_that_is_unsound_is_refused(tmp_path: Path, row: str, code: str) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "own.csv").write_text(HEADER + row + "\n", encoding="utf-8")
    with pytest.raises(hc.CarbonError) as caught:
        hc.FactorLibrary.shipped().overlay(tmp_path)
    codes = {caught.value.code, *(one.code for one in caught.value.problems)}
    assert code in codes
    assert caught.value.text("zh")


OWN_GAS = "id,activity,flow,value,unit,region,valid_from,published,source,locator,checked\n"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("own.a,stationary.natural_gas,CO2,2,kgco2/m3,CN,2024-01-01,2025,own,x,primary", "Did you mean kgCO2?"),
        ("own.a,stationary.natural_gas,CO2,2,kgCO2/m3,China,2024-01-01,2025,own,x,primary", "nearest: CN, "),
        ("own.a,stationary.natural_gas,C02,2,kgCO2/m3,CN,2024-01-01,2025,own,x,primary", "there are CO2."),
        ("own.a,stationary.natural_gas,CO2,2,kgCO2/m3,CN,2024-01-01,2025/2/10,own,x,primary", "fit: write a day"),
    ],
)
def test_what_is_mistyped_in_an_own_factor_is_told_the_word_that_was_meant(tmp_path: Path, row: str, told: str) -> None:
    (tmp_path / "sources.toml").write_text(
        '[own]\ntitle = "t"\npublisher = "p"\nlicence = "l"\nlicence_class = "own"\n', encoding="utf-8"
    )
    (tmp_path / "own.csv").write_text(OWN_GAS + row + "\n", encoding="utf-8")
    with pytest.raises(hc.CarbonError) as caught:
        hc.FactorLibrary.shipped().overlay(tmp_path)
    assert told in caught.value.text()


def test_a_zero_factor_is_a_factor(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "own.csv").write_text(
        HEADER + "own.a,electricity.grid,CO2,,,0,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,\n",
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    assert library.choose(wanted(sources=("own",), variant=None)).factor.value == 0


BLANK_CELLS = [  # what the rule asks, what own rows state (variant, technology, lifecycle), which would rule
    ({"variant": "average"}, [(2024, ("", "", ""))], "own.0"),
    ({"variant": "average"}, [(2024, ("average", "", ""))], None),  # it rules
    ({"variant": "average"}, [(2024, ("fossil", "", ""))], None),  # it is of another kind, and says so
    ({"variant": "average"}, [(2024, ("", "", "")), (2024, ("average", "", ""))], None),  # so is the first of these
    ({"variant": "average"}, [(2024, ("", "", "")), (2024, ("", "", ""))], "own.0"),
    ({"variant": "average"}, [(2022, ("", "", ""))], None),  # an earlier one would not rule in any case
    ({"variant": None}, [(2024, ("", "", ""))], None),  # nothing is asked
    ({"technology": "new"}, [(2024, ("average", "", ""))], "own.0"),
    ({"technology": "new"}, [(2024, ("", "new", ""))], "own.0"),
    ({"technology": "new"}, [(2024, ("", "old", ""))], "mee2023.electricity.cn.average"),  # the next one says nothing
    ({"stated_technology": "new"}, [(2024, ("average", "", ""))], None),  # sources need not tell technologies apart
    ({"stated_technology": "new"}, [(2024, ("", "new", ""))], "own.0"),
    ({"lifecycle": "direct"}, [(2024, ("average", "", ""))], "own.0"),
]


@pytest.mark.parametrize(("asked", "rows", "told"), BLANK_CELLS)
def test_a_factor_that_is_passed_over_for_a_blank_cell_can_be_told(
    tmp_path: Path, asked: dict[str, str | None], rows: list[tuple[int, tuple[str, str, str]]], told: str | None
) -> None:
    """A row whose cell is blank may be of any kind: it is not taken, and not passed over unnoticed either."""
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "own.csv").write_text(
        HEADER
        + "".join(
            f"own.{at},electricity.grid,CO2,{variant},{technology},0.4,kg/kWh,,,{lifecycle},CN,{year}-01-01,,2025,own,x,"
            "primary,,,,\n"
            for at, (year, (variant, technology, lifecycle)) in enumerate(rows)
        ),
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    found = library.unsaid(wanted(2024, sources=("own", *GRID), vintage="latest-known", **asked))
    assert (found.id if found else None) == told


def test_a_plan_names_the_factor_that_a_blank_cell_keeps_out(tmp_path: Path) -> None:
    """Once for all months, with the rule and the words that the row lacks."""
    own = tmp_path / "factors"
    own.mkdir()
    (own / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "method.toml").write_text(
        'id = "m"\ntitle = { en = "m", zh = "m" }\nextends = "hundsun-2024"\n[[use]]\nactivity = "electricity.grid"\n'
        'flow = "CO2"\nsource = ["own", "mee-2024-33"]\nvariant = "average"\nvintage = "latest-known"\nreason = "x"\n',
        encoding="utf-8",
    )
    method = hc.Methodology.load(tmp_path / "method.toml")
    bill = {"site": "hq", "activity": "electricity.grid", "quantity": "1", "unit": "kWh", "region": "CN"}
    bills = pd.DataFrame([{**bill, "activity_id": month, "period": month} for month in ("2024-01", "2024-02")])
    told = []
    for variant in ("", "average"):
        row = f"own.a,electricity.grid,CO2,{variant},,0.4,kg/kWh,,,,CN,2024-01-01,,2025,own,x,primary,,,,\n"
        (own / "own.csv").write_text(HEADER + row, encoding="utf-8")
        library = hc.FactorLibrary.shipped().overlay(own)
        plan = hc.Plan.compile(hc.Activities(bills, library=library), library, method)
        told.append([one for one in plan.findings if one.code == "factor-unsaid"])
    (found,), none = told
    assert none == []
    assert found.severity == "warning"
    assert (found.data["passed"], found.data["number"]) == ("own.a", "mee2022.electricity.cn.average")
    assert (found.data["rule"], found.data["unsaid"]) == (1, ["variant average"])
    assert found.data["periods"] == ["2024-01–2024-02"]


def test_regions_that_are_their_own_parents_are_named(tmp_path: Path) -> None:
    (tmp_path / "regions.csv").write_text("code,parent,name_en,name_zh\nAA,BB,a,a\nBB,AA,b,b\n", encoding="utf-8")
    with pytest.raises(hc.FactorError, match="its own parent"):
        hc.FactorLibrary.shipped().overlay(tmp_path)


def test_a_search_finds_by_alias_in_both_languages(library: hc.FactorLibrary) -> None:
    for words, code in [
        ("外购电力", "electricity.grid"),
        ("92#汽油", "mobile.petrol"),
        ("Natural Gas", "stationary.natural_gas"),
        ("ｅｌｅｃｔｒｉｃｉｔｙ", "electricity.grid"),
        ("柴油", "mobile.diesel"),
    ]:
        assert code in [getattr(hit, "activity", "") for hit in library.search(words)]
    assert "mee2023.electricity.cn-zj.average" in [getattr(hit, "id", "") for hit in library.search("浙江 electricity")]
    assert library.search("") == []
    assert library.suggest("natural gsa")[0].endswith("natural_gas")
    assert len(library.suggest("gasolin")) == 6  # and not the seven that are like it
    for nothing in ("xx", "qq", "zzz"):
        assert library.search(nothing) == []


def test_every_record_can_be_shown_by_its_id(library: hc.FactorLibrary) -> None:
    assert library.find("ar6.gwp100.ch4.fossil").id == "ar6.gwp100.ch4.fossil"  # type: ignore[union-attr]
    assert library.find("electricity.grid").activity == "electricity.grid"  # type: ignore[union-attr]
    with pytest.raises(hc.FactorError, match=r"mobile\.petrol"):
        library.find("mobile.petroll")
    with pytest.raises(hc.FactorError):
        library.factor("gbt2589-2020.petrol.ncv")
    with pytest.raises(hc.FactorError):
        library.fuel_property("mee2022.electricity.cn.average")


def test_a_property_that_is_missing_or_ties_names_the_candidates(library: hc.FactorLibrary) -> None:
    assert library.property_of("gbt2589-2020", "petrol", "ncv").id == "gbt2589-2020.petrol.ncv"
    with pytest.raises(hc.FactorError) as caught:
        library.property_of("cn-practice-density", "petrol", "density")
    assert caught.value.code == "property-tie"
    with pytest.raises(hc.FactorError, match=r"gbt2589-2020\.petrol\.ncv") as caught:
        library.property_of("mee-2024-33", "petrol", "ncv")
    assert caught.value.code == "property-missing"
    with pytest.raises(hc.FactorError) as caught:
        library.property_of("mee-2024-33", "no-such-fuel", "ncv")
    assert caught.value.code == "property-none" and "(-)" not in caught.value.text()
    with pytest.raises(hc.FactorError) as caught:
        library.choose(wanted(activity="no.such.activity"))
    assert caught.value.code == "factor-none" and "Nearest" not in caught.value.text()


def test_gwp_of_an_unknown_set_or_gas_says_what_to_add(library: hc.FactorLibrary) -> None:
    with pytest.raises(hc.FactorError, match="AR4, AR5, AR5-ccf, AR6, SAR, TAR"):
        library.gwp("AR7", "CO2")
    with pytest.raises(hc.FactorError, match=r"gwp\.csv"):
        library.gwp("AR6", "propane")
    with pytest.raises(hc.FactorError, match="combustion_methane"):
        library.gwp("AR6", "CH4")


PRINTED_PER = [  # (unit, basis, value): one factor as a publication prints it per several units
    ("kg/kWh", "gross", "0.2"),
    ("kg/kWh", "net", "0.22"),
    ("kg/m3", "", "2"),
    ("kg/t", "", "2500"),
]


@pytest.fixture
def printed_per_many(tmp_path: Path) -> hc.FactorLibrary:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    rows = [
        f"own.{at},stationary.natural_gas,CO2,,,{value},{unit},{basis},,,CN,2024-01-01,,2024,own,x,primary,,,,\n"
        for at, (unit, basis, value) in enumerate(PRINTED_PER)
    ]
    rows += [
        f"own.{name},vehicle.car,CO2,,{name},{value},{unit},,,,CN,2024-01-01,,2024,own,x,primary,,,,\n"
        for name, value, unit in (
            ("small", "0.1", "kg/km"),
            ("large", "0.3", "kg/km"),
            ("small.mile", "0.16", "kg/mile"),
        )
    ]
    rows += ["own.any,vehicle.van,CO2,,,0.2,kg/km,,,,CN,2024-01-01,,2024,own,x,primary,,,,\n"]
    rows += [
        f"own.bus.{unit},vehicle.bus,CO2,,,{value},kg/{unit},,,,CN,2024-01-01,,2024,own,x,primary,,,,\n"
        for value, unit in (("0.8", "km"), ("1.29", "mile"))
    ]
    (tmp_path / "own.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    return hc.FactorLibrary.shipped().overlay(tmp_path)


@pytest.mark.parametrize(
    ("units", "basis", "value"),
    [
        (("m3",), None, "2"),
        (("万m3",), None, "2"),
        (("kg",), None, "2500"),
        (("MWh",), "gross", "0.2"),
        (("GJ",), "net", "0.22"),
        (("Nm3", "GJ"), "net", "0.22"),
        (("Nm3", "t"), "net", "2500"),
    ],
)
def test_the_factor_per_the_unit_of_the_bill_rules(
    printed_per_many: hc.FactorLibrary, units: tuple[str, ...], basis: str | None, value: str
) -> None:
    asked = wanted(2024, activity="stationary.natural_gas", sources=("own",), variant=None, units=units, basis=basis)
    assert str(printed_per_many.choose(asked).factor.value) == value


@pytest.mark.parametrize("units", [("kWh",), ()])
def test_a_unit_that_leaves_several_factors_is_a_tie(
    printed_per_many: hc.FactorLibrary, units: tuple[str, ...]
) -> None:
    """kWh may be net or gross."""
    asked = wanted(2024, activity="stationary.natural_gas", sources=("own",), variant=None, units=units)
    with pytest.raises(hc.FactorError) as caught:
        printed_per_many.choose(asked)
    assert caught.value.code == "factor-tie"
    assert "own.0" in caught.value.data["candidates"]


def test_a_unit_that_leads_to_none_of_them_is_told_which_are_printed(printed_per_many: hc.FactorLibrary) -> None:
    asked = wanted(2024, activity="stationary.natural_gas", sources=("own",), variant=None, units=("Nm3",))
    with pytest.raises(hc.FactorError, match=r"printed per kWh, m3, t.*from Nm3") as caught:
        printed_per_many.choose(asked)
    assert caught.value.code == "factor-per-other-unit"


@pytest.mark.parametrize(("unit", "value"), [("km", "0.8"), ("m", "0.8"), ("mile", "1.29")])
def test_kilometres_and_miles_printed_apart_are_not_confused(
    printed_per_many: hc.FactorLibrary, unit: str, value: str
) -> None:
    asked = wanted(2024, activity="vehicle.bus", sources=("own",), variant=None, units=(unit,))
    assert str(printed_per_many.choose(asked).factor.value) == value


@pytest.mark.parametrize(
    ("activity", "technology", "stated", "value"),
    [
        ("vehicle.car", None, "small", "0.1"),
        ("vehicle.car", "large", None, "0.3"),
        ("vehicle.car", "large", "small", "0.1"),
        ("vehicle.car", "large", "unheard-of", "0.3"),
        ("vehicle.van", None, "small", "0.2"),
        ("vehicle.van", None, None, "0.2"),
    ],
)
def test_what_the_activity_states_goes_before_the_technology_of_the_rule(
    printed_per_many: hc.FactorLibrary, activity: str, technology: str | None, stated: str | None, value: str
) -> None:
    asked = wanted(
        2024,
        activity=activity,
        sources=("own",),
        variant=None,
        technology=technology,
        stated_technology=stated,
        units=("km",),
    )
    choice = printed_per_many.choose(asked)
    assert str(choice.factor.value) == value
    apart = stated is not None and choice.factor.technology not in {None, stated}
    assert choice.fit == (("other-technology",) if apart else ("exact",))


def test_a_technology_that_no_rule_settles_is_a_tie_or_a_miss(printed_per_many: hc.FactorLibrary) -> None:
    for stated, code in ((None, "factor-tie"), ("unheard-of", "factor-missing")):
        asked = wanted(
            2024, activity="vehicle.car", sources=("own",), variant=None, stated_technology=stated, units=("km",)
        )
        with pytest.raises(hc.FactorError) as caught:
            printed_per_many.choose(asked)
        assert caught.value.code == code
        assert "own.small" in str(caught.value)


def test_a_technology_column_is_checked_and_kept_apart(printed_per_many: hc.FactorLibrary) -> None:
    row = {"site": "hq", "period": "2024", "activity": "vehicle.car", "quantity": 100, "unit": "km", "region": "CN"}
    cars = [{**row, "activity_id": name, "technology": name} for name in ("small", "large")]
    acts = hc.Activities(pd.DataFrame(cars), library=printed_per_many)
    assert {key.technology for key in acts.keys} == {"small", "large"}
    cars[0]["technology"] = "smal"
    with pytest.raises(hc.InputError, match=r"smal.*small") as caught:
        hc.Activities(pd.DataFrame(cars), library=printed_per_many)
    assert [one.code for one in caught.value.problems] == ["unknown-technology"]


@pytest.mark.parametrize(
    ("file", "row", "code"),
    [
        (
            "own.csv",
            "own.a,electricity.grid,CO2,,,0.5,kg/L,,,,CN,2024-01-01,,2024,own,x,primary,,,,",
            "factor-per-what",
        ),
        (
            "own.csv",
            "own.a,stationary.lpg,CO2,,,60,t/TJ,,,,CN,2024-01-01,,2024,own,x,primary,,,,",
            "factor-without-basis",
        ),
        (
            "own.csv",
            "own.a,waste.paper,CO2e,,,60,kgCO2e/t,,AR99,,CN,2024-01-01,,2024,own,x,primary,,,,",
            "co2e-of-unknown-set",
        ),
        (
            "own.csv",
            "own.a,electricity.grid,CO2,,,0.5,kg/kWh,,,,CN,2024-01-01,,2024,own,x,primary,,,own.a,",
            "supersedes-itself",
        ),
        ("own.csv", "own.a,electricity.grid,CO2,,,0.5,kg/kWh,,,,CN,2024-01-01,,0000,own,x,primary,,,,", "key-misfit"),
        ("own.csv", "own.a,electricity.grid,CO2,,,0.5,kg/kWh,,,,CN,2024,,2024,own,x,primary,,,,", "key-not-a-day"),
        ("props.csv", "own.p,petrol,density,0.7,GJ/t,CN,own,x,primary,", "property-links-other"),
        ("props.csv", "own.p,petrol,ncv,43,GJ/t,CN,own,x,primary,gross", "property-basis"),
        ("props.csv", "own.p,petrol,oxidation,1.1,1,CN,own,x,primary,", "property-not-pure"),
        ("gwp.csv", "own.g,AR6,N2O,GWP100,300,kgCO2e/kg,2024,own,x,primary", "overlay-gwp-set"),
        ("gwp.csv", "own.g,OURS,NOSUCH,GWP100,300,kgCO2e/kg,2024,own,x,primary", "unknown-flow"),
        ("gwp.csv", "own.g,OURS,N2O,GWPx,300,kgCO2e/kg,2024,own,x,primary", "gwp-metric"),
        ("gwp.csv", "own.g,OURS,N2O,GWP100,-5,kgCO2e/kg,2024,own,x,primary", "gwp-unit"),
        ("catalogue.csv", "own.thing,1,1,thing,t,CO3,a,b,c", "unknown-flow"),
        ("catalogue.csv", "own.thing,1,1,thing,banana,CO2,a,b,c", "unknown-unit-nothing-near"),
        ("regions.csv", "XX,YY,a,b", "unknown-region"),
    ],
)
def test_own_data_that_would_break_accounts_are_refused(tmp_path: Path, file: str, row: str, code: str) -> None:
    headers = {
        "own.csv": HEADER,
        "props.csv": "id,subject,property,value,unit,region,source,locator,checked,basis\n",
        "gwp.csv": "id,gwp_set,flow,metric,value,unit,published,source,locator,checked\n",
        "catalogue.csv": "activity,scope,iso14064,subject,measured_in,flows,name_en,name_zh,aliases\n",
        "regions.csv": "code,parent,name_en,name_zh\n",
    }
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / file).write_text(headers[file] + row + "\n", encoding="utf-8")
    with pytest.raises(hc.CarbonError) as caught:
        hc.FactorLibrary.shipped().overlay(tmp_path)
    assert code in {one.code for one in caught.value.problems}
    assert caught.value.text("zh")


OWN = "own.a,electricity.grid,CO2,,,1,kg/kWh,,,,CN,2020-01-01,,2020-01-01,own,x,primary,,,,\n"


@pytest.mark.parametrize(
    ("files", "code", "told"),
    [
        ({"own.pdf": "x"}, "own-file-unknown", "own.pdf"),
        ({"own.csv": "name,value\na,1\n"}, "own-file-unknown", "own.csv"),
        ({"regions.csv": "code,parent,name_en,name_zh\nCN,,China,中国\n"}, "overlay-clash", "CN"),
        (
            {
                "sources.toml": SOURCE.replace("[own]", "[mee-2024-33]"),
                "own.csv": HEADER + OWN.replace(",own,x", ",mee-2024-33,x"),
            },
            "overlay-clash",
            "mee-2024-33",
        ),
        ({"own.csv": HEADER + OWN.replace(",,,,\n", ",,,own.b,\n")}, "unknown-id", "own.b"),
        (
            {"own.csv": HEADER + OWN.replace(",own,x", ",mee-2024-33,x")},
            "overlay-clash",
            "own factors: source mee-2024-33 exists already",
        ),
        ({"own.csv": HEADER + OWN.replace(",own,x", ",owns,x")}, "unknown-source", "Near: own"),
        ({"sources.toml": '[own]\ntitle = "Own"\n'}, "key-missing", "licence"),
        ({"sources.toml": "[own\n"}, "toml-broken", "sources.toml"),
    ],
)
def test_a_folder_of_own_factors_is_refused_whole_with_what_is_wrong(
    tmp_path: Path, files: dict[str, str], code: str, told: str
) -> None:
    for name, text in {"sources.toml": SOURCE, "notes.md": "not read", **files}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(hc.CarbonError) as caught:
        hc.FactorLibrary.shipped().overlay(tmp_path)
    assert code in {caught.value.code, *(one.code for one in caught.value.problems)}
    assert told in caught.value.text()


def test_every_fault_of_a_folder_of_own_factors_is_told_at_once_with_its_row(tmp_path: Path) -> None:
    """A number that cannot be read hides neither the words nor the ids that are wrong in other rows and files."""
    gas = "own.{},stationary.natural_gas,CO2,{},{},CN,2024-01-01,2025,{},x,primary\n"
    rows = [("a", "2.5x", "kgCO2/m3", "own"), ("b", "2", "kgCO3/m3", "own"), ("c", "2", "kgCO2/m3", "own")]
    rows += [("c", "3", "kgCO2/m3", "own"), ("d", "2", "kgCO2/m3", "owns")]
    files = {
        "sources.toml": SOURCE,
        "a.csv": OWN_GAS + "".join(gas.format(*row) for row in rows),
        "b.csv": "name\nx\n",
        "c.csv": "id,subject,property,value,unit,region,source,locator,checked\n"
        "own.e,coal,ncv,x,GJ/t,CN,own,x,primary\n",
        "d.xlsx": "no workbook",
        "e.pdf": "no table",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(hc.FactorError) as caught:
        hc.FactorLibrary.shipped().overlay(tmp_path)
    told = [(one.where and (one.where.file, one.where.row), one.code) for one in caught.value.problems]
    assert told == [
        (None, "own-file-unknown"),
        (None, "excel-broken"),
        (None, "own-file-unknown"),
        (("a.csv", 2), "number-not-a-number"),
        (("c.csv", 2), "number-not-a-number"),
        (("a.csv", 5), "duplicate-id-factor"),
        (("a.csv", 6), "unknown-source"),
        (("a.csv", 3), "unknown-unit"),
    ]
    (tmp_path / "regions.csv").write_text("code,parent\nXX,CN\n", encoding="utf-8")
    with pytest.raises(hc.FactorError) as caught:  # a word that is missing for now would be missed in every row
        hc.FactorLibrary.shipped().overlay(tmp_path)
    assert [one.code for one in caught.value.problems][-1] == "number-not-a-number"
    assert len(caught.value.problems) == 7


def test_a_folder_of_own_factors_that_is_not_there_is_no_empty_one(tmp_path: Path) -> None:
    with pytest.raises(hc.InputError, match="nowhere"):
        hc.FactorLibrary.shipped().overlay(tmp_path / "nowhere")


def test_a_gas_that_is_neither_a_flow_nor_a_group_is_refused_with_those_there_are(library: hc.FactorLibrary) -> None:
    with pytest.raises(hc.FactorError, match=r"'CO3'.*HFCs"):
        library.gases(["CO2", "CO3"])


def test_notes_beside_own_factors_are_passed_over(tmp_path: Path) -> None:
    files = {"sources.toml": SOURCE, "own.csv": HEADER + OWN}
    beside = dict.fromkeys(("notes.md", "read me.txt", "Thumbs.db", "desktop.ini", ".DS_Store", "~$own.xlsx"), "x")
    for name, text in (files | beside).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert hc.FactorLibrary.shipped().overlay(tmp_path).factor("own.a").value == 1


def test_what_came_closest_is_told_by_region_then_by_rule_then_by_day(library: hc.FactorLibrary) -> None:
    asked = wanted(2024)
    with pytest.raises(hc.FactorError) as caught:
        library.choose(asked)
    told = [str(one).split(" ")[0] for one in caught.value.data["candidates"]]
    assert 1 < len(told) <= 8
    found = [library.factor(one) for one in told]
    path = library.region_path("CN")
    assert path[0] == "CN"
    assert path[-1] == "world"
    distance = [
        (path.index(one.region) if one.region in path else len(path), abs((one.valid_from - asked.start).days))
        for one in found
        if one.variant == "average" and one.source in GRID
    ]
    assert distance == sorted(distance)
    assert found[0].id == "mee2023.electricity.cn.average"
    for told in caught.value.data["candidates"]:
        assert library.factor(str(told).split(" ")[0]).source in GRID
    with pytest.raises(hc.FactorError) as caught:  # a source without the activity: then whoever has it
        library.choose(wanted(2024, sources=("ipcc-2006-v2",)))
    assert caught.value.code == "factor-missing"
    assert "mee2023.electricity.cn.average" in str(caught.value.data["candidates"][0])
    with pytest.raises(hc.FactorError) as caught:  # nothing of that rule at all: then whatever there is of the activity
        library.choose(wanted(2024, sources=("mee-2024-12",), variant="nobody's"))
    assert all(".electricity." in str(one) for one in caught.value.data["candidates"])


def test_of_many_that_tie_a_few_are_named_and_the_rest_counted(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    rows = [
        f"own.{place:02},electricity.grid,CO2,v{place},,0.1,kg/kWh,,,,CN,2024-01-01,,2024-01-01,own,x,primary,,,,\n"
        for place in range(15)
    ]
    (tmp_path / "own.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    with pytest.raises(hc.FactorError) as caught:
        library.choose(wanted(2024, sources=("own",), variant=None))
    assert caught.value.code == "factor-tie"
    *named, more = caught.value.data["candidates"]
    assert more == f"... {15 - len(named)} more"
    assert named == [f"own.{place:02}" for place in range(len(named))]
    assert str(caught.value.data["apart"]).startswith("variant: v0, v1, v10, v11, ")


def test_what_tells_those_that_tie_apart_is_told_one_after_the_other(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    rows = [
        f"own.{place},electricity.grid,CO2,v{place},,0.1,kg/kWh,,,{cycle},CN,2024-01-01,,2024-01-01,own,x,primary,,,,\n"
        for place, cycle in enumerate(("direct", "losses"))
    ]
    (tmp_path / "own.csv").write_text(HEADER + "".join(rows), encoding="utf-8")
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    with pytest.raises(hc.FactorError) as caught:
        library.choose(wanted(2024, sources=("own",), variant=None))
    assert caught.value.data["apart"] == "variant: v0, v1; lifecycle: direct, losses"


def test_searches_compare_words_whatever_their_width_case_and_blanks(library: hc.FactorLibrary) -> None:
    assert library.search("ＮＡＴＵＲＡＬ \t gas") == library.search("natural gas") != []
    assert library.search("xx") == []
    assert len(library.search("co2", limit=3)) == 3
    assert library.suggest("stationary.natural_gass")[0] == "stationary.natural_gas"
    assert len(library.suggest("mobile")) <= 6


def test_own_factors_may_stand_in_the_folders_of_the_shipped_ones(tmp_path: Path) -> None:
    for name in ("factors", "fuel_properties"):
        (tmp_path / name).mkdir()
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "factors" / "a.csv").write_text(HEADER + OWN, encoding="utf-8")
    (tmp_path / "fuel_properties" / "b.csv").write_text(
        "id,subject,property,value,unit,region,source,locator,checked\nown.p,petrol,density,0.7,t/m3,CN,own,x,primary\n",
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    assert library.factor("own.a").value == 1
    assert str(library.fuel_property("own.p").value) == "0.7"


def test_a_source_that_is_described_badly_is_named_with_its_file(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(
        '[own]\ntitle = "Own"\npublisher = "us"\nlicence = "own"\n', encoding="utf-8"
    )
    with pytest.raises(hc.FactorError) as caught:
        hc.FactorLibrary.shipped().overlay(tmp_path)
    (problem,) = caught.value.problems
    assert problem.where is not None
    assert (problem.where.file, problem.where.value) == ("sources.toml", "own")
    assert (problem.code, problem.data["key"]) == ("key-missing", "licence_class")


def test_a_corrected_property_rules_and_the_old_row_stays_addressable(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "props.csv").write_text(
        "id,subject,property,value,unit,region,source,locator,checked,supersedes\n"
        "own.a,petrol,density,0.7,t/m3,CN,own,x,primary,\n"
        "own.b,petrol,density,0.75,t/m3,CN,own,y,primary,own.a\n",
        encoding="utf-8",
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    assert library.property_of("own", "petrol", "density").id == "own.b"
    assert str(library.fuel_property("own.a").value) == "0.7"


def test_own_flows_are_words_and_no_factors(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "flows.csv").write_text(
        "flow,kind,unit,name_en,name_zh,group\nHFC-own,gas,t,A blend of our own,自有混合物,HFCs\n", encoding="utf-8"
    )
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    assert library.flows["HFC-own"].group == "HFCs"
    assert "HFC-own" in library.gases(["HFCs"])


def test_a_technology_that_the_rule_asks_for_is_no_other_one(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    row = "own.t,electricity.grid,CO2,,turbine,0.1,kg/kWh,,,,CN,2024-01-01,,2024-01-01,own,x,primary,,,,\n"
    (tmp_path / "own.csv").write_text(HEADER + row, encoding="utf-8")
    library = hc.FactorLibrary.shipped().overlay(tmp_path)
    asked = wanted(2024, sources=("own",), variant=None, technology="turbine")
    assert library.choose(asked).fit == ("exact",)


@pytest.mark.parametrize(
    ("first", "last", "told"),
    [
        ("2024-01-01", "2024-12-31", "2024"),
        ("2023-01-01", "2024-12-31", "2023–2024"),
        ("2023-01-01", None, "2023–"),
        (None, "2024-12-31", "–2024"),
        (None, None, ""),
    ],
)
def test_a_list_of_numbers_says_from_when_to_when_each_holds(first: str | None, last: str | None, told: str) -> None:
    density = {
        "id": "own.d",
        "subject": "diesel",
        "property": "density",
        "value": "0.84",
        "unit": "t/m3",
        "region": "CN",
    }
    stated = {"valid_from": first, "valid_to": last, "source": "own", "locator": "x", "checked": "primary"}
    assert validity(FuelProperty.model_validate(density | stated)) == told


def test_a_folder_of_published_data_is_read_whole_with_its_workbooks(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "factors").mkdir()
    (tmp_path / "factors" / "a.csv").write_text(HEADER + OWN, encoding="utf-8")
    book = openpyxl.Workbook()
    for row in (HEADER, OWN.replace("own.a", "own.b")):
        book.active.append([cell or None for cell in row.strip().split(",")])
    book.save(tmp_path / "factors" / "b.xlsx")
    library = hc.FactorLibrary.load(tmp_path)
    assert [one.id for one in library.factors] == ["own.a", "own.b"]
    assert library.home == tmp_path
    (tmp_path / "factors" / "c.csv").write_text(HEADER + OWN + OWN.replace(",own,x", ",other,x"), encoding="utf-8")
    with pytest.raises(hc.InputError) as caught:
        hc.FactorLibrary.load(tmp_path)
    assert [one.code for one in caught.value.problems] == [
        "duplicate-id-factor",
        "duplicate-id-factor",
        "unknown-source",
    ]
