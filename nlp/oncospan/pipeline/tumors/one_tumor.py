"""Whether a tumor word may be another name of a tumor already told, or is a second tumor of the organ."""

from __future__ import annotations

from collections.abc import Sequence

from oncospan.pipeline.sentence.places import Place
from oncospan.pipeline.sentence.tumor_facts import TumorFact
from oncospan.pipeline.tumors.primary import NEUROENDOCRINE, Primary, alike, family, generic
from oncospan.sites import organ
from oncospan.types import Assertion

_DISTINCT = frozenset(
    """adenocarcinoma signet_ring_carcinoma mucinous_carcinoma squamous_cell_carcinoma urothelial_carcinoma ductal_carcinoma
    lobular_carcinoma pancreatic_ductal_adenocarcinoma hepatocellular_carcinoma renal_cell_carcinoma cholangiocarcinoma gist
    endometrial_carcinoma""".split()
)
"""Histologies that are another tumor than a carcinoid or neuroendocrine tumor of the same organ."""


def _second(primary: Primary, fact: TumorFact) -> bool:
    """Whether a histology stated of the primary's organ is a second tumor there: "adenocarcinoma of the antrum. Carcinoid of the stomach"."""

    def told(f: TumorFact) -> bool:
        return f.how in ("before", "after", "inside") and f.assertion is Assertion.PRESENT and not f.line.says("tumor.revised")

    def kind(f: TumorFact) -> str | None:
        return "carcinoid" if family(f) in ("carcinoid", "net") else ("distinct" if f.mention.concept in _DISTINCT else None)

    other = {"carcinoid": "distinct", "distinct": "carcinoid"}.get(kind(fact) or "")
    if other is None or not told(fact):
        return False
    own = [f for f in primary.facts if not generic(f)]
    return bool(own) and all(kind(f) == other and told(f) for f in own)


_TISSUES = {
    "gland": "adenocarcinoma signet_ring_carcinoma mucinous_carcinoma ductal_carcinoma lobular_carcinoma pancreatic_ductal_adenocarcinoma"
    " cholangiocarcinoma endometrial_carcinoma endometrioid_carcinoma serous_carcinoma colorectal_carcinoma",
    "squamous": "squamous_cell_carcinoma squamous_cell_carcinoma_skin other_skin_carcinoma", "skin": "basal_cell_carcinoma",
    "pigment": "melanoma melanoma_uveal melanoma_mucosal", "urothelium": "urothelial_carcinoma",
    "liver": "hepatocellular_carcinoma", "kidney": "renal_cell_carcinoma", "mesothelium": "mesothelioma",
    "stroma": "gist sarcoma soft_tissue_sarcoma bone_sarcoma", "germ": "seminoma germ_cell_tumor dysgerminoma",
    "thyroid": "papillary_thyroid medullary_thyroid", "brain": "glioma",
}  # fmt: skip
_TISSUE_OF = {concept: tissue for tissue, concepts in _TISSUES.items() for concept in concepts.split()}


def of_one_tissue(a: TumorFact, b: TumorFact) -> bool:
    """Whether the histologies of two facts may be of one tissue: each is known to be of the same, or one names none."""
    mine, other = _TISSUE_OF.get(a.mention.concept), _TISSUE_OF.get(b.mention.concept)
    return generic(a) or generic(b) or (mine is not None and mine == other)


def may_be_one(fact: TumorFact, other: TumorFact) -> bool:
    """Whether two histologies may be of one tumor."""
    if {family(fact), family(other)} <= NEUROENDOCRINE or alike(fact, other):
        return True
    return family(fact) == family(other) == "other" and of_one_tissue(fact, other)


def of_gland(fact: TumorFact) -> bool:
    """Whether the histology is a carcinoma of glands, which as a rule does not begin in the skin."""
    return _TISSUE_OF.get(fact.mention.concept) == "gland"


_NEVER_ENDOCRINE = frozenset("squamous skin pigment mesothelium".split())
"""Tissues whose tumors no later word calls neuroendocrine."""


NO_NET = frozenset("prostate breast skin bladder kidney uterus cervix larynx oral_cavity brain bone soft_tissue".split())
"""Organs whose suspected "cancer" a well differentiated neuroendocrine tumor of the note does not prove."""


_MESOTHELIUM = frozenset("pleura peritoneum pericardium testis lung mediastinum ovary soft_tissue other unspecified".split())
"""Where a mesothelioma begins, or is said to: a cancer of another organ is no word for it ("1. Mesothelioma. 2. Prostate cancer")."""


def other_tissue(primary: Primary, fact: TumorFact) -> bool:
    """Whether the histology is of another tissue than every histology told of the primary."""
    own = set(map(_TISSUE_OF.get, primary.histologies))
    mine = _TISSUE_OF.get(fact.mention.concept)
    doubtful = not primary.certain and not primary.histologies
    at_home = mine != "mesothelium" or organ(primary.site) in _MESOTHELIUM
    if (primary.site == "skin" and of_gland(fact)) or not at_home:
        return True
    another = any(own) and fact.assertion is not Assertion.UNCERTAIN
    if (doubtful or another) and family(fact) in ("carcinoid", "net") and organ(primary.site) in NO_NET:
        return True
    if family(fact) in NEUROENDOCRINE and family(fact) != "mixed":
        return bool(own) and own <= (_NEVER_ENDOCRINE if fact.metastatic is None else _NEVER_ENDOCRINE | {"liver"})
    return mine is not None and bool(own) and None not in own and mine not in own


def compatible(primary: Primary, fact: TumorFact) -> bool:
    """Whether the fact may speak of the primary."""
    mine, theirs = primary.families(), family(fact)
    if generic(fact) or not primary.histologies:
        return True
    if _second(primary, fact) or _another_of_skin(primary, fact) or _elsewhere_on_skin(primary, fact):
        return False
    if theirs in mine:
        return True
    if theirs in NEUROENDOCRINE:
        return any(f in NEUROENDOCRINE or f == "other" for f in mine)
    return theirs == "other" and any(f in NEUROENDOCRINE for f in mine)


_KERATIN = frozenset({"skin", "squamous"})


def _another_of_skin(primary: Primary, fact: TumorFact) -> bool:
    """Whether one is a melanoma and the other a carcinoma of the skin, both told as they are: two tumors."""
    tissue, own = _TISSUE_OF.get(fact.mention.concept), set(map(_TISSUE_OF.get, primary.histologies))
    if primary.site != "skin" or not ((tissue == "pigment" and own <= _KERATIN) or (tissue in _KERATIN and own == {"pigment"})):
        return False
    doubted = fact.assertion is Assertion.UNCERTAIN or not primary.certain
    return not doubted and not fact.line.says("tumor.revised") and not fact.line.says("tumor.read_again")


_WHOLE = frozenset({"skin.face", "skin.eyelid", "skin.overlapping"})
"""Parts of the skin that hold others."""


def _elsewhere_on_skin(primary: Primary, fact: TumorFact) -> bool:
    """Whether a cancer of the skin lies elsewhere than one told beside it, or than one of another tissue: two tumors."""
    if primary.site != "skin" or fact.place is None or fact.metastatic is not None:
        return False
    own = [(f, f.place) for f in primary.facts if f.place is not None and f.place.subsite and not generic(f)]
    if not own or not all(_apart_on_skin(place, fact.place) for _, place in own):
        return False
    last, mine = own[-1][0], _TISSUE_OF.get(fact.mention.concept)
    beside = last.line.section is fact.line.section and 0 <= fact.line.index - last.line.index <= 1
    return beside or (mine is not None and mine not in map(_TISSUE_OF.get, primary.histologies))


def _apart_on_skin(one: Place, other: Place) -> bool:
    """Whether two places are of different parts of the skin, or of the two sides of the body."""
    if None not in (one.side, other.side) and one.side != other.side:
        return True
    parts = {one.subsite, other.subsite}
    return None not in parts and len(parts) == 2 and not parts & _WHOLE


def feature(fact: TumorFact) -> bool:
    """Whether the word only tells what another carcinoma of the sentence is made of ("mucinous carcinoma with signet ring cells")."""
    if fact.mention.concept != "signet_ring_carcinoma" or not fact.line.word(fact.mention).endswith("cells"):
        return False
    earlier = any(m.end <= fact.start and not m.weak for m in fact.line.of("tumor"))
    return (
        earlier and fact.line.within["tumor.made_of"].search(fact.line.text, 0, fact.start - fact.line.sentence.start) is not None
    )


_ROOFS = {
    "head_neck": frozenset("oral_cavity tongue pharynx larynx nasal_sinus salivary_gland".split()),
    "colon": frozenset({"rectum", "rectosigmoid", "anus"}),
}
"""Sites that stand for any of several organs in names of a cancer: "head and neck", "colorectal"."""


_WIDE = {
    "other.female_genital_overlapping": frozenset({"ovary", "fallopian_tube", "peritoneum"}),
    "other.gi_tract": frozenset(
        """esophagus stomach small_intestine duodenum jejunum ileum appendix cecum ascending_colon transverse_colon descending_colon
        sigmoid_colon colon rectosigmoid rectum anus foregut midgut hindgut ampulla pancreas bile_duct gallbladder""".split()
    ),
}
"""What "tubo-ovarian" and "gastrointestinal" may stand for."""


_REGIONS = frozenset({"retroperitoneum", "mediastinum"})
"""Regions in which paraganglia lie: "metastatic paraganglioma (retroperitoneal primary)"."""


def _only_origin(primary: Primary) -> bool:
    """Whether a colon without a part is only named by its metastases ("metastatic colonic adenocarcinoma in the liver")."""
    return primary.subsite is None and all(f.metastatic is not None for f in primary.facts)


def _roof(primary: Primary) -> frozenset[str]:
    """The organs that the site of the primary may stand for."""
    if primary.site in _REGIONS and all(map(generic, primary.facts)):
        return frozenset({"paraganglia"})
    if primary.site == "other":
        return _WIDE.get(primary.subsite or "", frozenset())
    if primary.site == "colon" and primary.subsite != "colon.colorectal" and not _only_origin(primary):
        return frozenset()
    return _ROOFS.get(primary.site, frozenset())


def under_one_roof(primaries: Sequence[Primary]) -> list[Primary]:
    """The primaries, those of a site that stands for several organs joined to the one of such an organ the note names."""
    out = list(primaries)
    for wide in primaries:
        within = [p for p in out if p.site in _roof(wide)]
        if len(within) == 1 and all(compatible(within[0], f) for f in wide.facts):
            for fact in wide.facts:
                within[0].add(fact)
            within[0].facts.sort(key=lambda f: f.start)
            out.remove(wide)
    return out
