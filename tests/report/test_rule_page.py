"""The page of a rule: what every rule says, and in which order."""

from __future__ import annotations

import tomllib

import pytest

from clausewise.report import rule_page
from clausewise.results.rules import RULES, rule_of

_ALWAYS = ["What it means", "Why it matters", "Example", "How to fix it", "How to waive it"]


@pytest.mark.parametrize("slug", RULES)
def test_every_rule_has_every_section(slug: str) -> None:
    found = rule_page.sections(RULES[slug])
    assert [one.heading for one in found if one.heading != "What is expected"] == _ALWAYS
    assert not any(one.text[0].islower() for one in found)
    assert all(one.text.endswith((".", ":")) and one.text.count("`") % 2 == 0 for one in found)


@pytest.mark.parametrize("slug", RULES)
def test_no_two_sections_say_the_same(slug: str) -> None:
    texts = [one.text for one in rule_page.sections(RULES[slug])]
    assert len(set(texts)) == len(texts)


def test_the_waiver_on_a_page_is_one_for_that_rule() -> None:
    *_, waive = rule_page.sections(RULES["flaky"])
    (waiver,) = tomllib.loads(waive.toml)["tool"]["clausewise"]["waivers"]
    assert waiver["rule"] == "flaky"


def test_the_page_as_markdown() -> None:
    page = rule_page.markdown(RULES["flaky"], level=3)
    assert page.startswith("### What it means\n\nThe server answered with a 5xx status")
    assert page.endswith("```\n")
    assert "\n### How to fix it\n\nLook for" in page


def test_a_rule_of_a_newer_version_has_a_page_of_what_is_known() -> None:
    assert [one.heading for one in rule_page.sections(rule_of("of-the-future"))] == ["What it means", "How to waive it"]
