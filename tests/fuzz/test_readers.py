"""Readers take their input or refuse it in both languages: ten thousand seeded cases, and what hypothesis thinks of."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.harness import bounded, ran, shares
from tests.fuzz.targets import QUESTIONS, TARGETS, outcome
from tests.fuzz.whole import WHOLE

EXECUTIONS = 10_000
SEED = 10
SHARES = shares(EXECUTIONS)

TEXT = ["numbers", "rates", "units", "periods", "days", "expressions", "cells"]
BYTES = ["toml", "settings", "mappings", "csv", "chains", "refrigerants", "packs"]
GRAMMAR = st.text("ab.c0123456789+-*/() prev", max_size=60)
FIGURES = st.text("0123456789,.'-+eE%％０９ 万亿kWh年月日Q/", max_size=20)


@pytest.mark.parametrize("name", sorted(TARGETS))
def test_damaged_input_is_taken_or_refused_and_never_misread(name: str) -> None:
    told = ran(TARGETS[name], SEED, SHARES[name])
    assert told.executions == SHARES[name]
    assert told.failures == []


def test_the_cases_of_a_run_are_ten_thousand_and_all_targets_have_some() -> None:
    assert sum(SHARES.values()) == EXECUTIONS
    assert set(SHARES) == set(TARGETS)


@pytest.mark.parametrize("question", QUESTIONS, ids=" ".join)
def test_the_workspace_that_is_damaged_answers_every_question_before_it_is(question: tuple[str, ...]) -> None:
    """Else all that is told of the damage would be a refusal of something that was wrong from the beginning."""
    assert TARGETS["workspaces"].law((dict(WHOLE), question))


@pytest.mark.parametrize("name", TEXT)
@settings(max_examples=100)
@given(text=st.one_of(st.text(), FIGURES, GRAMMAR))
def test_any_text_is_taken_or_refused(name: str, text: str) -> None:
    with bounded(20):
        outcome(TARGETS[name], text)


@pytest.mark.parametrize("name", BYTES)
@settings(max_examples=60)
@given(data=st.one_of(st.binary(max_size=300), st.text(max_size=120).map(str.encode)))
def test_any_bytes_are_taken_or_refused(name: str, data: bytes) -> None:
    with bounded(20):
        outcome(TARGETS[name], data)


@pytest.mark.parametrize("harmless", [ZeroDivisionError("x"), RecursionError("x")])
def test_a_reader_that_raises_anything_else_is_told(harmless: Exception) -> None:
    from tests.fuzz.targets import Target

    def falls(_: Any) -> bool:
        raise harmless

    told = ran(Target("falls", 1, lambda random: random.random(), falls), SEED, 3)
    assert [one["case"] for one in told.failures] == [0, 1, 2]
    assert type(harmless).__name__ in told.failures[0]["why"]
