"""Node words joined to the region or organ whose node group they name: "axillary lymph nodes", "nodes of the lesser curvature"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from oncospan.pipeline.mentions.mention import Line, Mention

NODE_OF_REGION = {
    "axilla": "lymph_node_axilla", "lymph_node_axilla": "lymph_node_axilla", "breast": "lymph_node_axilla",
    "head_neck": "lymph_node_head_neck", "cervix": "lymph_node_head_neck", "lymph_node_head_neck": "lymph_node_head_neck",
    "thyroid": "lymph_node_head_neck", "salivary_gland": "lymph_node_head_neck",
    "mediastinum": "lymph_node_intrathoracic", "lung": "lymph_node_intrathoracic", "trachea": "lymph_node_intrathoracic",
    "esophagus": "lymph_node_intrathoracic", "pleura": "lymph_node_intrathoracic",
    "lymph_node_intrathoracic": "lymph_node_intrathoracic",
    "retroperitoneum": "lymph_node_intraabdominal", "peritoneum": "lymph_node_intraabdominal",
    "liver": "lymph_node_intraabdominal", "pancreas": "lymph_node_intraabdominal", "stomach": "lymph_node_intraabdominal",
    "spleen": "lymph_node_intraabdominal", "small_intestine": "lymph_node_intraabdominal",
    "ileum": "lymph_node_intraabdominal", "colon": "lymph_node_intraabdominal", "bile_duct": "lymph_node_intraabdominal",
    "gallbladder": "lymph_node_intraabdominal", "kidney": "lymph_node_intraabdominal",
    "lymph_node_intraabdominal": "lymph_node_intraabdominal",
    "rectum": "lymph_node_pelvic", "prostate": "lymph_node_pelvic", "uterus": "lymph_node_pelvic",
    "lymph_node_pelvic": "lymph_node_pelvic", "lymph_node_inguinal": "lymph_node_inguinal",
}  # fmt: skip
"""The node group meant when a region or organ word stands before "node" (Neoplasm Table, SPEC 3.3)."""

_JOIN = re.compile(
    r"[\s,/&-]*(?:\([\w'\s-]{1,24}\))?[\s,/&-]*(?:(?:and|or|lymph|the|left|right|bilateral|regional|distant|enlarged|metastatic|adjacent)[\s,/&-]*){0,3}"
    r"(?:\d{1,2}\s?(?:/|of)\s?\d{1,2}\s)?"
)
_LEVELS = re.compile(r"(?:[\s,/&-]|\band\b|\bto\b|\b(?:i{1,3}|iv|vi{0,2}|[1-7])[ab]?\b){1,20}(?:lymph\s)?")
"""Further levels of the neck between the first one and the word for nodes ("levels II, III and IV nodes")."""


_NO_PARENTHESES = str.maketrans("()", "  ")


def join_nodes(line: Line, sites: Sequence[Mention]) -> tuple[list[tuple[list[Mention], str]], set[int]]:
    """Site mentions with their SLUG, and the starts of those that a bare node word beside them makes node groups."""
    noded: set[int] = set()
    out: list[tuple[list[Mention], str]] = [([m], m.concept) for m in sites]
    for i, mention in enumerate(sites):
        if mention.concept != "lymph_node" or mention.attrs.get("flag") == "region" or _second(line, sites, i):
            continue
        claimed = False
        for j in range(i - 1, -1, -1):
            region = sites[j]
            gap = line.between(region, sites[j + 1]).lower()
            levels = line.word(region).startswith("level") and _LEVELS.fullmatch(gap) is not None
            if not levels and not _JOIN.fullmatch(gap) and not _JOIN.fullmatch(gap.translate(_NO_PARENTHESES)):
                break
            group = NODE_OF_REGION.get(region.concept)
            if group is None or (gap.strip() and _organ_noun(line, region)):
                break
            out[j] = ([region] if claimed else [region, mention], group)
            noded.add(region.start)
            claimed = True
        if not claimed and i + 1 < len(sites):
            region = sites[i + 1]
            if region.attrs.get("flag") == "region" and re.fullmatch(
                r"s?(?:\s#\s?\d{1,2}\b)?[\s,(]*(?:(?:of|in|at|from|the|left|right|[lr]t?\.?|dissection|biopsy|bx|,)\s*){0,4}",
                line.between(mention, region).lower(),
            ):
                out[i] = ([mention, region], region.concept)
                noded.add(mention.start)
                out[i + 1] = ([region], "")
                claimed = True
            elif (group := NODE_OF_REGION.get(region.concept)) and (
                _nodes_of(line, mention, region) or _titled(line, mention, region)
            ):
                out[i] = ([mention, region], group)
                noded.add(mention.start)
                out[i + 1] = ([region], "")
                claimed = True
        elif claimed:
            out[i] = ([mention], "")
    return [(group, site) for group, site in out if site], noded


_ADJECTIVE = re.compile(r"(?:al|ic|ar|ary|an|ous)\Z")


def _organ_noun(line: Line, region: Mention) -> bool:
    """Whether the words name an organ, which a list tells apart from nodes ("liver and lymph nodes", not "hepatic and celiac nodes")."""
    return (
        region.attrs.get("flag") != "region"
        and not region.concept.startswith("lymph_node")
        and not _ADJECTIVE.search(line.word(region))
    )


_NODES_OF = re.compile(r"s?\s*of\s+(?:the\s+)?(?:left\s+|right\s+)?", re.IGNORECASE)


def _nodes_of(line: Line, node: Mention, organ: Mention) -> bool:
    """Whether a node word and the organ behind it name the organ's nodes ("lymph nodes of the lesser curvature"), no tumor of it."""
    if not _NODES_OF.fullmatch(line.between(node, organ)):
        return False
    return not any(0 <= t.start - organ.end <= 2 for t in line.of("tumor"))


_TITLE = re.compile(
    r"\W{0,4}(?:(?:part\s|specimen\s)?(?:[a-z]|\d{1,2})\s?[.):]\W{0,4})?(?:(?:sentinel|regional)\s)?", re.IGNORECASE
)
_OF_TITLE = re.compile(r"s?(?:\s#\s?\d{1,2})?\s?,\s(?:(?:left|right|distal|proximal|upper|lower|peri-?)\s?){0,2}", re.IGNORECASE)
_TITLE_ENDS = re.compile(
    r"(?:\s(?:bed|region|area|basin))?(?:,?\s(?:(?:levels?|stations?)\s)?(?:\d{1,2}|[ivx]{1,3})[a-brl]?)?\s?(?:[,:.;(-]|\Z|#|nodes?\b)",
    re.IGNORECASE,
)


def _titled(line: Line, node: Mention, organ: Mention) -> bool:
    """Whether a label names nodes and behind a comma the organ they lie at ("D. Lymph node, gallbladder, excision:")."""
    at = line.sentence.start
    return (
        _TITLE.fullmatch(line.text[: node.start - at]) is not None
        and _OF_TITLE.fullmatch(line.between(node, organ)) is not None
        and _TITLE_ENDS.match(line.text, organ.end - at) is not None
    )


_NODAL = frozenset({"nodal", "ganglionic", "ganglionar", "adenopathic"})


def _second(line: Line, sites: Sequence[Mention], at: int) -> bool:
    """Whether "nodal" is a site of its own beside the one before it ("peritoneal or nodal metastases")."""
    return line.word(sites[at]) in _NODAL and (
        at == 0 or not re.fullmatch(r"[\s(]*|\)\s*", line.between(sites[at - 1], sites[at]))
    )
