"""The phrases of the pack among words: the same matches as spaCy's own matcher has for every phrase written out."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from spacy.language import Language
from spacy.matcher import PhraseMatcher
from spacy.tokens import Doc

import oncospan_metastatic
from oncospan.errors import PackError
from oncospan.pack import load, read
from oncospan.pipeline.mentions.context_rules import ContextRule, read_context
from oncospan.pipeline.mentions.phrases import Phrases, Rest, clash
from oncospan.pipeline.text.screen import words_of
from oncospan.pipeline.text.tokens import blank

RULES = read_context(Path(oncospan_metastatic.__file__).parent)


@pytest.fixture(scope="module")
def nlp() -> Language:
    return blank()


def literals_of(rule: ContextRule) -> list[str]:
    """Literals of a rule, a few where there are thousands, from their beginning and end."""
    every = list(rule.literals())
    return every if len(every) < 2000 else [*every[:500], *every[:: len(every) // 500], *every[-500:]]


def test_the_cues_of_every_rule_are_found_as_by_spacy(nlp: Language) -> None:
    number = nlp.vocab.strings.add
    ours = Phrases(itertools.chain.from_iterable(rule.phrases(number(rule.id)) for rule in RULES))
    theirs = PhraseMatcher(nlp.vocab, attr="LOWER")
    chosen = {rule.id: literals_of(rule) for rule in RULES}
    for rule_id, literals in chosen.items():
        theirs.add(rule_id, [[number(word) for word in words_of(literal)] for literal in literals])
    for literals in chosen.values():
        doc = nlp(" ".join(literals))
        assert set(theirs(doc)) <= set(ours(lowered(doc)))
    for rule in RULES:
        for literal in literals_of(rule)[:50]:
            doc = nlp(literal)
            assert (number(rule.id), 0, len(doc)) in ours(lowered(doc))


def lowered(doc: Doc) -> list[str]:
    return [token.lower_ for token in doc]


def test_each_choice_of_a_place_and_none_is_found() -> None:
    rest: Rest = (7, (), ((("no",),), (("clear",), ("very", "clear"), ()), (("sign",),)))
    found = Phrases([rest, (8, ("no", "clear"), ())])
    assert found(words_of("no clear sign, no sign; no very clear sign, clear sign, no")) == [
        (8, 0, 2), (7, 0, 3), (7, 4, 6), (7, 7, 11),
    ]  # fmt: skip
    assert found([]) == []


def test_a_phrase_of_two_numbers_clashes() -> None:
    either: Rest = (1, (), ((("was",), ("is",)), ((), ("later",)), (("seen",),)))
    assert clash([either, (2, ("is", "later", "told"), ())]) is None
    assert clash([either, (2, ("is", "later", "seen"), ())]) == (("is", "later", "seen"), (1, 2))


def test_hyphens_give_way_only_where_they_join_letters() -> None:
    rule = next(r for r in RULES if "-free" in r.terms)
    assert "-free" in set(rule.literals())
    assert "free" not in set(rule.literals())


def test_every_guard_of_the_pack_is_a_regular_expression() -> None:
    read(load().root)  # which compiles them all, as for any pack but the shipped one


def test_a_broken_guard_of_another_pack_is_refused_when_it_is_read(tmp_path: Path) -> None:
    root = load().root
    for path in ("pack.toml", *(f"terms/{p.name}" for p in (root / "terms").glob("*.tsv"))):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes((root / path).read_bytes())
    side = tmp_path / "terms" / "side.tsv"
    lines = side.read_text(encoding="utf-8").split("\n")
    at = next(i for i, line in enumerate(lines) if line.startswith("side."))
    cells = lines[at].split("\t")
    cells[7] = "(broken"
    side.write_text("\n".join([*lines[:at], "\t".join(cells), *lines[at + 1 :]]), encoding="utf-8")
    with pytest.raises(PackError, match="not a regular expression") as caught:
        read(tmp_path)
    assert caught.value.where == f"side.tsv:{at + 1}"
