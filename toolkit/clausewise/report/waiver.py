"""How to waive the findings of a rule, for people who read a report."""

from __future__ import annotations


def waiver(rule: str) -> str:
    """A waiver for findings of `rule`, as TOML for pyproject.toml."""
    return (
        f'[[tool.clausewise.waivers]]\nrule = "{rule}"\nreason = "why, and where it is tracked"\nexpires = 2027-06-30'
    )
