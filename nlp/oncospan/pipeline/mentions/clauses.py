"""What the words around a cue and a target say of the clause they stand in: lists, fresh clauses, shielding nouns, courses.

Nothing here but lower-case words goes in, and nothing but a yes, a no or fewer words comes out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

BREAKS = frozenset(", ; ( ) \N{EM DASH} \N{EN DASH} \N{BULLET}".split())
JOINS = frozenset({"and", "or", "nor", "&"})
_AUXILIARIES = frozenset("is are was were has have had been be also all now".split())
_RELATIVES = frozenset({"which", "that"})
EXAMPLES = (("such", "as"), ("including",), ("e", ".", "g", "."))
PREPOSITIONS = frozenset("of for from to with w in on at by into via against as after before since despite".split())
VERBS = frozenset(
    "is are was were has have had shows show showed showing demonstrates demonstrated demonstrate reveals revealed reveal "
    "confirms confirmed measures measured remains remain remained persists persist persisted presents presented underwent "
    "received developed continues continue started noted found identified seen grew progressed appears appear".split()
)
_PREDICATES = VERBS - {"noted", "found", "identified", "seen"} | frozenset(
    "stable unchanged increased decreased progressed enlarged would will should may".split()
)
_SIGHTED = frozenset(
    "seen identified noted present evident visualized visualised demonstrated appreciated detected found observed "
    "reported not no absent negative excluded ruled resolved there discussed explained reviewed disclosed outlined addressed".split()
)
"""Words behind "is" or "were" that what stands before the cue may share: what was not seen, which risks were discussed."""
_OPEN_QUESTIONS = (("cannot",), ("can", "not"), ("could", "not"), ("not", "excluded"), ("not", "ruled"), ("can", "'"))
_SUPPOSING = frozenset("likely probably possibly presumably suspicion".split())
_FRESH_OPENERS = frozenset(
    "possible possibly probable probably likely suspected suspicious questionable concerning concern consistent compatible "
    "presumed presumably favored worrisome".split()
)
_GOING_ON = frozenset("on remains continues continuing currently still now".split())
"""Words that tell behind a comma what goes on ("no evidence of disease, on maintenance olaparib")."""
_SHIELDS = frozenset(
    "progression growth change changes increase increases enlargement worsening complication complications pain response "
    "reaction treatment treatments therapy therapies chemotherapy radiation radiotherapy immunotherapy surgery surgeries "
    "resection resections biopsy biopsies debulking embolization chemoembolization radioembolization ablation bleeding "
    "obstruction toxicity control palliation size extent extension location lineage origin nature grade "
    "invasion infiltration vessels margin margins distribution resectability distal proximal adjacent lateral medial superior "
    "inferior posterior anterior necrosis".split()
)
_BACK_SHIELDS = _SHIELDS - {"biopsy", "biopsies", "control"}
_SHIELD_SUFFIXES = ("ectomy", "otomy", "ostomy", "oscopy", "plasty")
_SHIELDED_BY = frozenset({"of", "for", "from", "to", "in", "about", "regarding", "related", "due", "secondary"})
_CARE = frozenset({"treat", "treating", "cure", "curing"})
_HEADS = frozenset(
    "necrosis invasion extension infiltration rupture spillage thrombus budding capsule size grade margin margins".split()
)
"""Nouns behind a target that take a denial upon themselves ("tumor necrosis: not identified")."""
REMOVALS = frozenset("resection removal excision enucleation extirpation surgery".split())

_DETERMINERS = frozenset("the her his their this these that its my our patient's".split())
_TELLING = VERBS | frozenset(
    "contain contains contained harbor harbors harbored harbour harbours harboured hold holds held "
    "will would might may could".split()
)
"""Verbs that tell something of what stands before them, and not of the target ("if the nodes contain metastases")."""
_OPEN_PREDICATES = frozenset("confirmed proven found present seen identified detected there".split())


def shielded(words: Sequence[str]) -> bool:
    """Whether the words hold a noun that takes the cue upon itself ("progression of", "hepatectomy for")."""
    return not _CARE.isdisjoint(words) or any(
        b in _SHIELDED_BY and (a in _SHIELDS or a.endswith(_SHIELD_SUFFIXES))
        for a, b in pairwise(words)
    )  # fmt: skip


def plain(words: Sequence[str], behind: Sequence[str]) -> list[str]:
    """The words without what stands in parentheses, nor the one that opens right before a target in parentheses."""
    out: list[str] = []
    opened: list[int] = []
    for word in words:
        if word == ")" and opened:
            del out[opened.pop() :]
            continue
        if word == "(":
            opened.append(len(out))
        out.append(word)
    if out and out[-1] == "(" and behind and behind[0] == ")":
        out.pop()
    return out


def next_clause(words: Sequence[str]) -> bool:
    """Whether the words open with "and" and a clause that has a verb of its own ("and a midgut primary is not excluded")."""
    if len(words) < 2 or words[0] != "and" or words[1] in _PREDICATES or words[1] in ("not", "never", "then", "therefore"):
        return False
    end = next((i for i, w in enumerate(words) if w in BREAKS), len(words))
    return not _PREDICATES.isdisjoint(words[2:end])


def predicate(word: str) -> bool:
    """Whether a cue that begins with the word says something of what stands before it ("is possible")."""
    return word in _PREDICATES


def goes_on(behind: Sequence[str], joins: frozenset[str] = JOINS) -> bool:
    """Whether the words behind a target go on with the items of a list that ends in one of ``joins``."""
    run = 0
    for i, word in enumerate(behind):
        if word in JOINS:
            return word in joins and i + 1 < len(behind) and behind[i + 1] not in VERBS
        run = 0 if word == "," else run + 1
        if run > 4 or (word in BREAKS and word != ",") or word in VERBS or word in PREPOSITIONS:
            return False
    return False


def listed(words: Sequence[str], *, open_end: bool = False) -> bool:
    """Whether commas in the words only part the items of one list that ends in ``and``, ``or`` or ``nor``.

    With ``open_end`` the list is known to end behind the words.
    """
    while words and words[-1] in _AUXILIARIES:
        words = words[:-1]
    if words and words[0] in PREPOSITIONS:
        words = words[1:]  # "not on octreotide, lanreotide or"
    if any(w in BREAKS and w != "," for w in words):
        return False
    last = max((i for i, w in enumerate(words) if w == ","), default=-1)
    if not open_end and JOINS.isdisjoint(words[last + 1 :]):
        return False
    if any(w in VERBS or w in PREPOSITIONS for w in words):
        return False
    run = 0
    for word in words:
        run = 0 if word == "," or word in JOINS else run + 1
        if run > 4:
            return False
    return True


def _finite(words: Sequence[str]) -> bool:
    """Whether the words after a target say something of it that a denial would not ("are stable", not "are seen")."""
    for i, word in enumerate(words):
        if word in BREAKS:
            return False
        if any(tuple(words[i : i + len(q)]) == q for q in _OPEN_QUESTIONS):
            return True
        if word in _PREDICATES:
            rest = [w for w in words[i + 1 : i + 3] if w not in {"been", "also", "currently", "again"}]
            return not (rest and rest[0] in _SIGHTED)
    return False


def fresh_clause(between: Sequence[str], after: Sequence[str]) -> bool:
    """Whether the target opens or stands in a clause of its own, so that a cue before that clause does not reach it.

    ``between`` are the words from the cue to the target, ``after`` some words behind the target.
    """
    at = max((i for i, w in enumerate(between) if w in BREAKS or w in JOINS), default=-1)
    if at < 0:
        return False
    if any(
        w in VERBS and any(v in BREAKS or v == "and" for v in between[:i]) and not _passive(between, i)
        for i, w in enumerate(between)
    ):
        return True
    if any(a in {",", "and"} and _supposes(between[i + 1 :]) for i, a in enumerate(between)):
        return True
    if between[at] in {"or", "nor"}:
        return False
    tail = between[at + 1 :]
    if between[at] == "," and tail and tail[0] in JOINS:
        return False
    if tail and (tail[0] in _FRESH_OPENERS or (between[at] in BREAKS and tail[0] in _GOING_ON)):
        return True
    if at and len(tail) <= 2 and between[at] == "and" and _QUALITY.search(between[at - 1]):
        return False  # "a risk of ovarian and peritoneal cancer remains": the noun is shared
    return _finite(after)


_QUALITY = re.compile(r"[a-z]{3}(?:al|ic|ian|ar|ary|eal|ous)\Z")
"""An adjective, which stands with the noun behind the "and"."""


def _supposes(words: Sequence[str]) -> bool:
    """Whether the words open with a supposition of their own ("likely represents", "with the suspicion of")."""
    head = next((w for w in words[:4] if w not in {"with", "the", "a", "most", "very", "more"}), "")
    return head in _SUPPOSING


def _passive(words: Sequence[str], at: int) -> bool:
    """Whether the verb is one of those a denied list may still hold ("no nodes, as noted before, or masses")."""
    return words[at] in {"noted", "found", "identified", "seen", "presents"} and not any(
        w in {"is", "are", "was", "were", "has", "have"} for w in words[max(0, at - 2) : at]
    )


def heads(behind: Sequence[str]) -> bool:
    """Whether the target only qualifies the noun behind it ("tumor necrosis")."""
    return bool(behind) and behind[0] in _HEADS


def definite(words: Sequence[str], behind: Sequence[str]) -> bool:
    """Whether the target is one already spoken of ("if her cancer progresses"), and not in question itself."""
    if not (_TELLING.isdisjoint(words) and BREAKS.isdisjoint(words)) or _DETERMINERS.isdisjoint(words[-4:]):
        return False
    return _OPEN_PREDICATES.isdisjoint(behind[:4])


def belongs(words: Sequence[str], start: int) -> bool:
    """Whether the target at ``start`` only belongs to what the clause speaks of ("vessels to the mass")."""
    at = _phrase_start(words, start, 4)
    return at > 1 and words[at - 1] in _SHIELDED_BY and words[at - 2] in _BACK_SHIELDS


def _phrase_start(words: Sequence[str], start: int, most: int) -> int:
    """Where the phrase that ends in the target begins, right behind its preposition if one is near; 0 where a clause or a list parts it.

    ``most`` is how many words before the target are looked at.
    """
    at = start
    while at > 1 and start - at < most and words[at - 1] not in PREPOSITIONS:
        if words[at - 1] in BREAKS or words[at - 1] in VERBS or words[at - 1] in JOINS:
            return 0
        at -= 1
    return at


_SPREAD = ("metasta", "secondaries", "deposit", "implant", "spread", "dissemination")
_OWNERS = frozenset("his her their our its known patient's".split())
_KINDS = tuple("oma omas tumor tumors tumour tumours cancer cancers carcinoid carcinoids net nets neoplasm".split())


def origin(words: Sequence[str], start: int, end: int, *, article: bool = False) -> bool:
    """Whether the target is the tumor known already that spread is told of ("not metastases of her colon cancer").

    With ``article`` that alone makes a tumor word known ("from the pancreatic carcinoma"), but no place ("metastases of the liver").
    """
    at = _phrase_start(words, start, 5)
    if at < 2 or words[at - 1] not in ("of", "from"):
        return False
    owned = any(w in _OWNERS or w.endswith("'s") for w in words[at:start])
    owned = owned or (article and words[at] == "the" and words[end - 1].endswith(_KINDS))
    return owned and any(w.startswith(_SPREAD) or w == "mets" for w in words[max(0, at - 3) : at - 1])


_CAUSED = frozenset(
    "due related relating relation secondary attributable attributed ascribed consequent owing caused unrelated".split()
)


def cause(words: Sequence[str], start: int) -> tuple[int, int] | None:
    """The words that put something down to the target known already ("due to her", "related to the known"), None if there are none."""
    at = _phrase_start(words, start, 5)
    if at < 2 or words[at - 1] not in ("to", "by") or words[at - 2] not in _CAUSED:
        return None
    return (at - 2, start) if not _DETERMINERS.isdisjoint(words[at:start]) or "known" in words[at:start] else None


_ORIGINS = frozenset({"origin", "primary", "primaries"})


def names_origin(between: Sequence[str]) -> bool:
    """Whether the words behind a cue end with where a tumor comes from, before an aside that says what it is ("of biliary origin (")."""
    return any(w == "(" and before in _ORIGINS for before, w in pairwise(between))


def antecedent(words: Sequence[str], before: str) -> list[str]:
    """The words behind a target without its closing parenthesis, asides, and a relative pronoun at their end."""
    out = list(words[1:] if before == "(" and words and words[0] == ")" else words)
    out = plain(out, ())
    kept = len(out)
    while kept and out[kept - 1] in _AUXILIARIES:
        kept -= 1
    if kept and out[kept - 1] in _RELATIVES:
        out = out[: kept - 2] if kept > 1 and out[kept - 2] == "," else out[: kept - 1]
    return _without_test(out)


_DOUBTED = frozenset(
    "suspected considered thought raised suggested feared discussed evoked proposed questioned sought searched looked not no never "
    "possible likely unlikely probable assessed evaluated investigated examined requested ordered ever".split()
)
"""Words behind a predicate that leave open whether what it speaks of is there ("were suspected and ruled out")."""
_STATED = frozenset("is are was were has have had showed shows revealed reveals demonstrated confirmed disclosed yielded".split())
BEFORE = 10
"""How many words before a target are read to see whether its clause has a verb."""


def told_before(words: Sequence[str], before: Sequence[str]) -> bool:
    """Whether a clause that states the target ends in "and" before what a cue denies ("cancer was found and metastases were excluded").

    ``words`` are those from the target to the cue, ``before`` the last ones before the target.
    """
    at = next((i for i, w in enumerate(words) if w in ("and", "but")), -1)
    if at < 0 or (words[0] in _RELATIVES and at > 0) or not any(map(_subject, words[at + 1 :])):
        return False
    return _stated(words[:at]) or _stated(_own_clause(before), lead=True)


def _subject(word: str) -> bool:
    """Whether a word may belong to the name of what a clause speaks of."""
    return word[0].isalnum() and word not in _AUXILIARIES and word not in _THEN and not word.endswith("ly")


_THEN = frozenset("then later again thus therefore hence since soon was were".split())


def _stated(words: Sequence[str], *, lead: bool = False) -> bool:
    """Whether the words hold a verb that states what they speak of; with ``lead`` they end right before it."""
    at = next((i for i, w in enumerate(words) if w in _STATED), -1)
    return at >= 0 and (lead or at < 4) and _DOUBTED.isdisjoint(words)


def _own_clause(before: Sequence[str]) -> Sequence[str]:
    """The words before a target that stand in its clause."""
    cut = [i for i, w in enumerate(before) if w in BREAKS or w in JOINS or w in (".", ":", "that", "if", "whether", "which")]
    return before[cut[-1] + 1 :] if cut else before


_BY_TEST = frozenset({"by", "on", "with"})
_TESTS = frozenset(
    "ct mri mr pet pet-ct scan scanner scintigraphy tomography resonance ultrasound ultrasonography radiography dotatate dotatoc".split()
)


def _without_test(words: list[str]) -> list[str]:
    """The words behind a target without the test at their end ("localizations by bone scintigraphy", "metastases on MRI")."""
    at = next((i for i in range(len(words) - 1, max(-1, len(words) - 6), -1) if words[i] in _BY_TEST), None)
    return words[:at] if at is not None and words[-1] in _TESTS else words
