"""How the sites of the record nest: a part stands under the organ it belongs to."""

from __future__ import annotations

PARENT = {
    "duodenum": "small_intestine", "jejunum": "small_intestine", "ileum": "small_intestine", "midgut": "small_intestine",
    "cecum": "colon", "ascending_colon": "colon", "transverse_colon": "colon", "descending_colon": "colon",
    "sigmoid_colon": "colon", "rectosigmoid": "rectum", "tongue": "oral_cavity", "renal_pelvis": "kidney",
    "lymph_node_head_neck": "lymph_node", "lymph_node_intrathoracic": "lymph_node",
    "lymph_node_intraabdominal": "lymph_node", "lymph_node_axilla": "lymph_node",
    "lymph_node_inguinal": "lymph_node", "lymph_node_pelvic": "lymph_node",
    "carotid_body": "paraganglia",
}  # fmt: skip
"""The organ a more specific site belongs to; sites that stand for themselves are left out."""

PAIRED = frozenset("lung breast kidney renal_pelvis ureter adrenal ovary fallopian_tube testis eye salivary_gland".split())
"""Organs of which a patient has a right and a left."""

DESTINATIONS = frozenset(
    "liver bone brain peritoneum pleura adrenal meninges mediastinum retroperitoneum bone_marrow spinal_cord".split()
)
"""Organs that "metastatic X cancer" more likely names as reached than as origin (SPEC 3.4)."""

REACHED = DESTINATIONS | {"lung"}
"""Organs in which a lesion without a name may be a metastasis."""

MOST_REACHED = frozenset({"liver", "bone", "brain"})
"""Organs whose lesions beside a metastatic tumor nobody takes for anything else."""

SEATS = MOST_REACHED | {"adrenal"}
"""Organs of which one lesion beside a metastatic tumor is enough."""

CAVITIES = frozenset({"pleura", "peritoneum", "pericardium", "meninges"})
"""Organs whose fluid is examined for cells."""

ORIGINS = frozenset(
    "breast colon prostate kidney pancreas thyroid ovary stomach lung bladder uterus cervix esophagus rectum".split()
)
"""Organs that "metastatic X disease" names as where the cancer began (SPEC 3.4)."""


_GUT = {
    "foregut": frozenset({"stomach", "duodenum"}),
    "midgut": frozenset("small_intestine jejunum ileum appendix cecum ascending_colon".split()),
    "hindgut": frozenset("descending_colon sigmoid_colon rectosigmoid rectum".split()),
}
"""The organs of each part of the gut: a named organ is more exact than the part."""


def part_of_gut(site: str) -> bool:
    """Whether a site is only a part of the gut, no organ."""
    return site in _GUT


def organ(site: str) -> str:
    """The organ a site belongs to, or the site itself."""
    return PARENT.get(site, site)


def same_organ(a: str, b: str) -> bool:
    """Whether two sites are one organ or one lies in the other."""
    if a in _GUT or b in _GUT:
        return a == b or b in _GUT.get(a, ()) or a in _GUT.get(b, ())
    return organ(a) == organ(b) and (a == b or organ(a) in (a, b))


def finer(a: str, b: str) -> str:
    """The more specific of two sites of one organ; the first when neither is."""
    if b in _GUT:
        return a
    if (a, b) in _AT:
        return b
    return b if b in _GUT.get(a, ()) or (organ(b) == a and a != b) else a


_AT = frozenset({("colon", "rectosigmoid"), ("pharynx", "tongue")})
"""Regions and the part of them that another organ holds: "colon cancer at the rectosigmoid junction", "oropharyngeal carcinoma of the base of the tongue"."""


_ATTACHED = {
    "breast": "skin soft_tissue bone", "lung": "pleura soft_tissue bone pericardium", "kidney": "adrenal soft_tissue ureter peritoneum",
    "bladder": "prostate urethra ureter soft_tissue peritoneum", "stomach": "peritoneum spleen", "colon": "peritoneum soft_tissue",
    "rectum": "peritoneum soft_tissue", "pancreas": "peritoneum spleen", "larynx": "thyroid soft_tissue", "testis": "soft_tissue",
    "oral_cavity": "bone soft_tissue salivary_gland", "uterus": "peritoneum", "thyroid": "soft_tissue parathyroid", "prostate": "soft_tissue",
    "small_intestine": "peritoneum soft_tissue", "esophagus": "soft_tissue",
}  # fmt: skip
"""The structures that a resection of an organ takes along with it."""


def attached(site: str, to: str) -> bool:
    """Whether a structure is taken along by a resection of the organ, so that a field of its report may be named after it."""
    return site in _ATTACHED.get(organ(to), "").split()


_TAKEN = {
    "uterus": "cervix fallopian_tube", "kidney": "renal_pelvis ureter", "ovary": "fallopian_tube", "rectum": "colon anus",
    "larynx": "pharynx", "salivary_gland": "head_neck",
}  # fmt: skip
"""Organs whose tumors an operation on another organ removes as well."""


def taken_with(removes: str, site: str) -> bool:
    """Whether an operation that removes an organ takes out a tumor of the site: a hysterectomy that of the cervix."""
    return same_organ(removes, site) or organ(site) in _TAKEN.get(removes, "").split()


_BASINS = {
    "lymph_node_intraabdominal": "colon small_intestine stomach pancreas liver bile_duct gallbladder ampulla kidney appendix testis adrenal",
    "lymph_node_axilla": "breast",
    "lymph_node_intrathoracic": "lung esophagus thymus trachea pleura",
    "lymph_node_head_neck": "larynx oral_cavity pharynx thyroid salivary_gland nasal_sinus head_neck parathyroid",
    "lymph_node_pelvic": "prostate bladder uterus cervix rectum ureter urethra vagina",
    "lymph_node_inguinal": "vulva penis anus",
}


def basin(site: str) -> str | None:
    """The node group that an operation on an organ takes along; None where it depends on the part."""
    return next((group for group, organs in _BASINS.items() if organ(site) in organs.split()), None)


_LEVELS = (
    "brain meninges pituitary eye nasal_sinus oral_cavity salivary_gland",
    "pharynx larynx thyroid parathyroid",
    "lung pleura mediastinum heart pericardium esophagus trachea thymus breast",
    "stomach liver bile_duct gallbladder ampulla pancreas spleen adrenal kidney",
    "small_intestine appendix colon",
    "rectum anus bladder urethra prostate testis penis ovary fallopian_tube uterus cervix vagina vulva",
)
"""Organs from the head down: one grows into another only on its own level or on the next."""
_LEVEL = {site: level for level, sites in enumerate(_LEVELS) for site in sites.split()}
_CHEST = _LEVEL["breast"]


def reached_only(home: str, site: str) -> bool:
    """Whether a tumor that involves the site has as a rule come there by the blood, not grown into it."""
    if organ(site) == "liver":
        return organ(home) not in _BESIDE_LIVER
    if organ(site) == "lung":
        return organ(home) not in _IN_CHEST
    if organ(site) == "brain":
        return organ(home) not in _IN_HEAD
    if organ(site) in ("bone", "bone_marrow"):
        return _LEVEL.get(organ(home), 0) >= _CHEST
    return remote(home, site)


_IN_CHEST = frozenset(_LEVELS[2].split()) | {"retroperitoneum", "soft_tissue", "bone", "skin"}
_IN_HEAD = frozenset(_LEVELS[0].split()) | {"bone", "pharynx", "paraganglia", "nerve"}
_BESIDE_LIVER = frozenset("liver gallbladder bile_duct stomach esophagus kidney adrenal retroperitoneum duodenum".split())


def remote(a: str, b: str) -> bool:
    """Whether two organs lie so far apart that a tumor of one found in the other did not grow into it."""
    if organ(b) == "skin":
        a, b = b, a
    if organ(a) == "skin":
        return _LEVEL.get(organ(b), 0) >= _CHEST and organ(b) != "breast"
    levels = (_LEVEL.get(organ(a)), _LEVEL.get(organ(b)))
    if levels[0] is None or levels[1] is None:
        return False
    return abs(levels[0] - levels[1]) > ("breast" not in (organ(a), organ(b)))


_HOSTS = frozenset(
    """bone bone_marrow brain meninges spinal_cord spleen heart adrenal liver peritoneum lung pleura thyroid pancreas skin kidney
    breast stomach small_intestine colon ovary bladder testis""".split()
)
"""Organs in which a tumor that bears the name of another organ is a deposit."""

_NEIGHBORS = (
    {"lung", "pleura", "thymus", "mediastinum", "trachea"}, {"breast", "skin"}, {"adrenal", "kidney"},
    {"pancreas", "small_intestine", "ampulla", "bile_duct", "stomach", "spleen"}, {"liver", "gallbladder", "bile_duct"},
    {"thyroid", "larynx", "trachea", "parathyroid", "esophagus", "head_neck", "carotid_body"}, {"peritoneum", "ovary", "fallopian_tube", "uterus"},
    {"bladder", "prostate", "rectum", "uterus", "cervix", "vagina", "urethra", "ovary", "colon", "fallopian_tube"}, {"stomach", "esophagus"},
    {"colon", "small_intestine", "stomach", "pancreas", "ovary", "appendix", "gallbladder", "rectum"},
    {"skin", "soft_tissue", "head_neck", "oral_cavity", "salivary_gland", "nasal_sinus", "vulva", "anus", "penis"}, {"adrenal", "paraganglia"},
)  # fmt: skip
"""Organs that a tumor of one of them may grow into."""


def guest_in(home: str, site: str) -> bool:
    """Whether a tumor that bears the name of its home, found in another organ, is a deposit there and has not grown into it."""
    home, site = organ(home), organ(site)
    return site in _HOSTS and not same_organ(site, home) and not any({site, home} <= near for near in _NEIGHBORS)
