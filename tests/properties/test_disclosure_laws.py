"""Laws of disclosure tables: whatever a workspace holds, each requirement is answered or says what is missing."""

import csv
import io
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hsesg_carbon as hc
from hsesg_carbon.errors import InputError
from hsesg_carbon.indices import VOCABULARY, Question, standards
from hsesg_carbon.report.disclosed import csv_text, markdown
from tests.conftest import FIXTURES
from tests.strategies import as_text, rows

SIDES = {
    "water.csv": "site,period,kind,source_or_destination,quantity,unit,stressed\n"
    "north,2023,withdrawal,third-party,1200,m3,yes\nnorth,2023,discharge,third-party,900,m3,\n",
    "waste.csv": "site,period,material,hazardous,treatment,quantity,unit\n"
    "south,2024,paper,no,recycling,120,kg\nsouth,2024,devices,no,preparation-for-reuse,7,台\n",
    "measures.csv": "measure,period,scope,quantity,unit,factor,factor_unit,source\n"
    "LED,2022,2,1000,kWh,0.5,kgCO2/kWh,made up\n",
    "offsets.csv": "credit,registry,kind,vintage,volume,retired_for,retired_on\nc1,r,CCER,2021,5,made-up,2023-02-01\n",
    "denominators.csv": "denominator,period,value,unit,boundary,source\n"
    "revenue,2022,10,million CNY,all,made up\nrevenue,2023,11,million CNY,all,made up\narea,2024,900,m2,all,made up\n",
}
tables = st.sets(st.sampled_from(sorted(SIDES)))


@contextmanager
def accounts(drawn: list[dict[str, Any]], sides: set[str], base_year: bool) -> Iterator[hc.Workspace]:
    """Write a workspace on the made-up factors of three gases, and read it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        shutil.copytree(FIXTURES / "factors", folder / "factors")
        shutil.copy(FIXTURES / "multigas.toml", folder)
        (folder / "activity").mkdir()
        text = io.StringIO()
        writer = csv.DictWriter(text, list(drawn[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(as_text(drawn))
        (folder / "activity" / "rows.csv").write_text(text.getvalue(), encoding="utf-8")
        stated = "base_year = 2022\n" if base_year else ""
        (folder / "inventory.toml").write_text(
            'organisation = { id = "made-up", name = { en = "Made up", zh = "虚构" } }\n'
            'methodology = "multigas.toml"\nconsolidation = "equity-share"\nboundary = "all"\n'
            f'{stated}periods = ["2022", "2023", "2024"]\n'
            '[[site]]\nid = "north"\nregion = "CN"\nequity_share = "0.6"\n[[site]]\nid = "south"\nregion = "CN"\n',
            encoding="utf-8",
        )
        for name in sides:
            (folder / name).write_text(SIDES[name], encoding="utf-8")
        yield hc.Workspace(folder)


@settings(max_examples=12)
@given(rows(max_size=8), tables, st.booleans())
def test_every_requirement_of_every_standard_is_answered_or_says_what_is_missing(
    drawn: list[dict[str, Any]], sides: set[str], base_year: bool
) -> None:
    with accounts(drawn, sides, base_year) as workspace:
        for name in standards():
            found = hc.Disclosure.of(workspace, name)
            assert sum(found.counts.values()) == len(found.rows)
            for row in found.rows:
                assert row.answer.figures or row.answer.missing, row.requirement.datum
                assert not [one for one in row.answer.missing if one.code == "disclose-refused"], row.answer.missing
                for figure in row.answer.figures:
                    assert (figure.value is None) == (figure.unit is None) or figure.text
                    assert figure.origin.files or figure.origin.numbers or figure.origin.count
            document = found.as_json("zh")
            assert markdown(document, "zh")
            assert csv_text(document, "zh")


@settings(max_examples=12)
@given(rows(max_size=8), tables)
def test_the_sums_of_the_tables_are_those_of_the_footprint(drawn: list[dict[str, Any]], sides: set[str]) -> None:
    with accounts(drawn, sides, False) as workspace:
        told = {(row["year"], row["scope"]): row["value"] for row in workspace.footprint()["totals"]}
        rows_ = {row.requirement.datum: row for row in hc.Disclosure.of(workspace, "sse-14").rows}
        for datum, scope in (("sse-24-scope1", "1"), ("sse-24-scope2", "2")):
            own = {one.year: one.as_json()["value"] for one in rows_[datum].answer.figures}
            assert own == {year: value for (year, what), value in told.items() if what == scope}
        total = {one.year: one.value for one in rows_["sse-24-total"].answer.figures}
        for datum in ("sse-25-gases", "sse-26-facility", "sse-26-source"):
            sums: dict[int | None, Fraction] = {}
            for one in rows_[datum].answer.figures:
                sums[one.year] = sums.get(one.year, Fraction(0)) + (one.value or 0)
            assert sums == total


@given(st.text(max_size=40))
def test_text_that_is_no_answer_is_refused_with_a_sentence(text: str) -> None:
    """Nothing but the vocabulary is ever read from an index."""
    words = text.split()
    if words and words[0] in VOCABULARY:
        return
    with pytest.raises(InputError, match="no answer"):
        Question.parse(text)
