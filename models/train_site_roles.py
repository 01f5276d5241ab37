"""Train the reading of site roles: the table ``learned/site_roles.tsv``, from annotated notes (``make train`` calls it).

A named site is what the gold says of its organ in that note: a primary's, a metastasis's, denied, doubted or none of these.
Mentions of an organ that holds both a primary and a metastasis teach nothing and are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from oncospan.evaluate import Row
from oncospan.evaluate.facts import ORGAN, gold_facts
from oncospan.pack import load
from oncospan.pipeline.reading import reader_of
from oncospan.pipeline.sentence.places import places
from oncospan.pipeline.sentence.site_roles import INTERCEPT, ROLES, SiteRoles, Weights, features
from oncospan.types import Note

STRENGTH = 1.0
"""The inverse of the L2 penalty."""
FEWEST = 3
"""In how many notes a feature must stand."""
DIGITS = 2
"""Digits of a weight: what is left out is below what machines differ in."""


@dataclass(frozen=True, slots=True)
class Example:
    """A mention of a site: the note it stands in, what stands around it, and what the gold says it is."""

    note: int
    features: Mapping[str, float]
    role: str


def examples(notes: Sequence[tuple[Note, Row]]) -> list[Example]:
    """Every mention of a site in the notes whose role the gold tells, in order."""
    reader = reader_of(load())
    out = []
    for i, (note, gold) in enumerate(notes):
        roles = _roles(gold)
        for line in reader.read(note.text).lines:
            found = ((p, roles.get(ORGAN.get(p.site, p.site), "none")) for p in places(line))
            out += [Example(i, features(line, p), role) for p, role in found if role]
    return out


def _roles(gold: Row) -> dict[str, str | None]:
    """What each organ of a note is; None for one that holds a primary and a metastasis."""
    facts = gold_facts(gold)
    out: dict[str, str | None] = {}
    for role, slot in (
        ("uncertain", "metastasis_uncertain"),
        ("absent", "metastasis_absent"),
        ("metastasis", "metastasis_present"),
    ):
        out |= {str(site): role for site in facts[slot]}
    both = facts["primary_site"] & facts["metastasis_present"]
    return out | {str(site): None if site in both else "primary" for site in facts["primary_site"]}


def fitted(rows: Iterable[Example]) -> SiteRoles:
    """The model of some mentions."""
    rows = list(rows)
    notes = {(f, row.note) for row in rows for f in row.features}
    often = {f for f, n in Counter(f for f, _ in notes).items() if n >= FEWEST}
    table = DictVectorizer()
    x = table.fit_transform([{f: v for f, v in row.features.items() if f in often} for row in rows])
    model = LogisticRegression(C=STRENGTH, tol=1e-7, max_iter=5000).fit(x, [row.role for row in rows])
    at = [list(model.classes_).index(role) for role in ROLES]
    weights: Weights = {
        f: tuple(round(float(model.coef_[k, i]), DIGITS) + 0.0 for k in at) for f, i in sorted(table.vocabulary_.items())
    } | {INTERCEPT: tuple(round(float(model.intercept_[k]), DIGITS) + 0.0 for k in at)}
    return SiteRoles({f: w for f, w in weights.items() if f == INTERCEPT or any(w)})
