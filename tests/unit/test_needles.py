import json
import re
from pathlib import Path

import pytest

from oncospan.needles import Needles, needles
from oncospan.pack import load
from oncospan.signals import signals

SAMPLES = Path(__file__).parents[2] / "corpora" / "samples" / "notes.jsonl"


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        (r"\b(?:leaflets?|hand\s?out)\b", {"leaflet", "hand"}),
        (r"\bnodes? (?:of|in) the\b", {"node"}),
        (r"(?:not|never)\s(?:seen|found)", {"seen", "found"}),
        (r"metasta[sz]i[sz]e", {"metasta"}),
        (r"(?:tumor){1,2}", {"tumor"}),
        (r"(?:tumor)?", None),
        (r"(?<=tumor)\W", None),
        (r"tumor|\d", None),
        (r"in|of", None),
        (r"the|leaflet", None),
        ("TUMOR", {"tumor"}),
        (r"bruis+ed", {"bruis"}),
        (r"lesion{0,2}", {"lesio"}),
        (r"(?:lesion|mass)*node", {"node"}),
        (r"\u2013tumor|t\.n\.m", {"tumor", "t.n.m"}),
        (r"(?<!no )(?P<what>tumor)", {"tumor"}),
        (r"[\]tumor[]mass", {"mass"}),
        (r"(tumor)(?(1)mass|node)", None),
    ],
)
def test_literals_of_which_one_must_stand(pattern: str, expected: set[str] | None) -> None:
    assert needles(re.compile(pattern, re.IGNORECASE)) == expected


def test_a_pattern_in_free_form_is_always_tried() -> None:
    assert needles(re.compile("tumor # mass", re.VERBOSE)) is None


def test_no_signal_is_missed() -> None:
    known = signals(load())
    sentences = {s for line in SAMPLES.read_text("utf-8").splitlines() for s in json.loads(line)["text"].splitlines()}
    told = [s for s in sorted(sentences) if s.strip()]
    assert len(told) > 200
    for sentence in told:
        may = known.found(sentence)
        missed = [name for name, p in known.items() if name not in may and p.search(sentence)]
        assert missed == []


def test_most_signals_are_ruled_out_at_a_glance() -> None:
    known = signals(load())
    may = known.found("The abdomen was soft, with a well healed incision.")
    assert sum(name in may for name in known) < len(known) / 2


def test_odd_cases_rule_nothing_out() -> None:
    masses = re.compile("masse", re.IGNORECASE)
    assert masses.search("ma\u017f\u017fe")
    assert Needles({"masses": masses}).found("ma\u017f\u017fe") == {"masses"}


def test_a_guard_says_the_same_as_its_pattern() -> None:
    for term in load().terms:
        for guard in filter(None, (term.unless_before, term.needs)):
            for text in (term.example, term.counter_example, term.example.upper(), f"\u017f {term.example}"):
                assert bool(guard.search(text)) is (guard.compiled().search(text) is not None), term.id
