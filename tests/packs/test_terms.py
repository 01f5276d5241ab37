"""Every term rule of the pack matches its example and not its counter-example, after overlaps are settled."""

from __future__ import annotations

import pytest

from oncospan.pack import Pack, TermRule, load
from oncospan.pipeline.reading import reader_of


def _rules() -> list[TermRule]:
    return list(load().terms)


def _fired(pack: Pack, text: str) -> set[str]:
    reader = reader_of(pack)
    return reader.rules_in(text)


@pytest.mark.parametrize("rule", _rules(), ids=lambda r: r.id)
def test_rule_matches_its_example_and_not_its_counter_example(rule: TermRule, pack: Pack) -> None:
    assert rule.id in _fired(pack, rule.example), f"{rule.where}: the example does not make {rule.id} fire"
    assert rule.id not in _fired(pack, rule.counter_example), f"{rule.where}: the counter-example makes {rule.id} fire"


def test_no_literal_stands_in_two_rules_of_one_case(pack: Pack) -> None:
    seen: dict[tuple[str, bool], str] = {}
    doubles = []
    for rule in (t for t in pack.terms if t.category != "procedure"):  # those are matched apart
        guarded = bool(rule.unless_before or rule.unless_after or rule.needs)
        for literal in rule.literals():
            key = (literal if rule.exact else literal.lower(), rule.exact)
            other = seen.setdefault(key, rule.id)
            if (
                other != rule.id
                and not guarded
                and not any((o.unless_before or o.unless_after or o.needs) for o in pack.terms if o.id == other)
            ):
                doubles.append((literal, other, rule.id))
    assert doubles == []
