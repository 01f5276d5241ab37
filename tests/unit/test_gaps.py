"""Every gap rule on hand-built cases: where it speaks, where it keeps silent, and what its query looks like."""

from __future__ import annotations

import ast
import datetime as dt
import itertools
import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

from oncospan.errors import PackError
from oncospan.gaps import RULES, GapView, find_gaps, lint, wordings
from oncospan.gaps.lint import TAIL, forbidden, unquoted
from oncospan.gaps.sides import part_left_open, side_left_open
from oncospan.icd import CodeSet, code_set
from oncospan.pack import Pack
from oncospan.types import Assertion, AuthorRole, Case, CodeProposal, CodeStatus, Evidence, Finding, Gap, Kind, Note, Rejection

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "models" / "oncospan_metastatic"
DAY = dt.date(2026, 11, 10)
PACK = Pack(name="gaps", version="0", digest="shipped", root=MODEL, terms=(), settings=MappingProxyType({}))


@dataclass(frozen=True)
class Fact:
    """A finding in the making: the words it stands on and what else it says."""

    quote: str
    kind: Kind
    concept: str
    more: dict[str, object]


def primary(quote: str, concept: str, family: str = "other", flags: str = "", **more: object) -> Fact:
    return Fact(quote, Kind.PRIMARY, concept, {"family": family, "flags": frozenset(flags.split()), **more})


def deposit(quote: str, concept: str, flags: str = "", **more: object) -> Fact:
    return Fact(quote, Kind.METASTASIS, concept, {"flags": frozenset(flags.split()), **more})


def syndrome(quote: str, concept: str, **more: object) -> Fact:
    return Fact(quote, Kind.FUNCTIONAL, concept, more)


def sign(quote: str, concept: str, of: str, flags: str = "", **more: object) -> Fact:
    return Fact(quote, Kind.INDICATOR, concept, {"of": of, "flags": frozenset(flags.split()), **more})


def study(quote: str, concept: str, of: str, test: str = "imaging", **more: object) -> Fact:
    return Fact(quote, Kind.CONFIRMATION, concept, {"of": of, "test": test, **more})


def therapy(quote: str, concept: str, flags: str) -> Fact:
    return Fact(quote, Kind.TREATMENT, concept, {"flags": frozenset(flags.split())})


HISTORY, UNCERTAIN, ABSENT = (
    {"assertion": Assertion.HISTORY},
    {"assertion": Assertion.UNCERTAIN},
    {"assertion": Assertion.ABSENT},
)


def evidence(text: str, quote: str) -> tuple[Evidence, ...]:
    start = text.index(quote)
    return (Evidence(start=start, end=start + len(quote), text=quote, section=None, rule="test.rule"),)


def story(
    text: str,
    *facts: Fact,
    codes: str = "",
    withheld: str = "",
    role: AuthorRole = AuthorRole.PROVIDER,
    words: tuple[str, ...] = (),
) -> GapView:
    """The view of a note; ``codes`` is "CODE=number of its fact", ``withheld`` the same for rejected codes."""
    note = Note(text=text, note_type="oncology clinic note", author_role=role, note_date=DAY)
    found = tuple(_finding(i, f, text) for i, f in enumerate(facts))
    pairs = [(c, found[int(i)]) for c, i in (x.split("=") for x in codes.split())]
    proposals = tuple(
        CodeProposal(
            code=c, title=c, sequence=n, status=CodeStatus.PROPOSED, confidence=0.9, evidence=f.evidence, findings=(f.id,),
            rule="test.code", reason="",
        )
        for n, (c, f) in enumerate(pairs, start=1)
    )  # fmt: skip
    rejected = tuple(
        Rejection(code=c, rule="test.no", why="", evidence=found[int(i)].evidence)
        for c, i in (x.split("=") for x in withheld.split())
    )
    case = Case(findings=found, setting=note.setting, author_role=role, on=DAY)
    return GapView(
        case=case, note=note, proposals=proposals, rejected=rejected, codes=code_set(PACK, "FY2027"), pack=PACK, extra_words=words
    )


def _finding(number: int, fact: Fact, text: str) -> Finding:
    more = {"assertion": Assertion.PRESENT, **fact.more}
    return Finding(id=f"f{number}", kind=fact.kind, concept=fact.concept, evidence=evidence(text, fact.quote), **more)  # type: ignore[arg-type]


LIVER = deposit("liver metastases", "liver")
LIVER_SAID = deposit("Liver metastases", "liver")
CT = study("CT", "ct", "metastasis")

YES: dict[str, list[GapView]] = {
    "G01": [
        story("CT shows liver metastases.", LIVER, CT, codes="C78.7=0"),
        story("Metastatic neuroendocrine carcinoma, G3.", primary("neuroendocrine carcinoma", "unspecified", "nec", grade="G3")),
        story(
            "PMH breast cancer, NED. Now liver metastases of neuroendocrine type.",
            primary("breast cancer", "breast", flags="disease_free", **HISTORY),
            deposit("liver metastases", "liver", "neuroendocrine"),
        ),
        story(
            "Liver metastases; possible lung primary.",
            deposit("Liver metastases", "liver"),
            primary("lung primary", "lung", **UNCERTAIN),
        ),
    ],
    "G02": [
        story("Gastric adenocarcinoma on FLOT.", primary("Gastric adenocarcinoma", "stomach"), codes="C16.9=0"),
        story("Small bowel carcinoid.", primary("Small bowel carcinoid", "small_intestine", "carcinoid"), codes="C7A.019=0"),
        story("Pancreatic adenocarcinoma.", primary("Pancreatic adenocarcinoma", "pancreas"), codes="C25.9=0"),
    ],
    "G03": [
        story(
            "Metastatic prostate cancer.",
            primary("prostate cancer", "prostate"),
            deposit("Metastatic", "unspecified"),
            codes="C61=0 C79.9=1",
        ),
        story(
            "Stage IV colon cancer on FOLFOX.",
            primary("colon cancer", "colon"),
            deposit("Stage IV", "unspecified", "stage_only"),
            codes="C79.9=1",
        ),
        story(
            "Metastatic carcinoid; possible bone metastasis.",
            deposit("Metastatic", "unspecified"),
            deposit("bone metastasis", "bone", **UNCERTAIN),
        ),
    ],
    "G04": [
        story("Breast cancer on letrozole.", primary("Breast cancer", "breast", flags="treated"), codes="C50.919=0"),
        story("Known lung metastases.", deposit("lung metastases", "lung"), codes="C78.00=0"),
        story("Pheochromocytoma.", primary("Pheochromocytoma", "adrenal", "adrenal_paraganglia"), codes="D35.00=0"),
        story("Merkel cell carcinoma of the eyelid.", primary("Merkel cell carcinoma", "skin", "merkel"), codes="C4A.10=0"),
        story("Adrenal metastasis.", deposit("Adrenal metastasis", "adrenal"), codes="C79.70=0"),
    ],
    "G05": [
        story("Ileal NET on lanreotide.", primary("Ileal NET", "ileum", "net", "net_wording treated"), codes="C7A.8=0"),
        story("Pancreatic NET.", primary("Pancreatic NET", "pancreas", "net", "net_wording")),
        story(
            "Rectal carcinoid, read elsewhere as neuroendocrine carcinoma.",
            primary("Rectal carcinoid", "rectum", "carcinoid", "carcinoid_wording nec_wording"),
        ),
        story(
            "Malignant insulinoma with liver metastases.",
            primary("Malignant insulinoma", "pancreas", "islet_cell", "islet_wording", behavior="malignant"),
            LIVER,
        ),
        story(
            "Gastric NET; second report: poorly differentiated carcinoma of the stomach.",
            primary("Gastric NET", "stomach", "net", "net_wording", grade="G1"),
            primary("poorly differentiated carcinoma", "stomach", "nec_poorly_differentiated"),
        ),
    ],
    "G06": [
        story("Appendiceal carcinoid.", primary("Appendiceal carcinoid", "appendix", "carcinoid"), codes="D3A.020=0"),
        story("Right pheochromocytoma.", primary("pheochromocytoma", "adrenal", "adrenal_paraganglia", side="right")),
        story(
            "Insulinoma of the tail; no liver metastases.",
            primary("Insulinoma", "pancreas", "islet_cell"),
            deposit("liver metastases", "liver", **ABSENT),
        ),
        story(
            "Rectal NET, and colon cancer with liver metastases.",
            primary("Rectal NET", "rectum", "net"),
            primary("colon cancer", "colon"),
            deposit("liver metastases", "liver", origin="f1"),
        ),
        story("Ileal carcinoid removed, NED.", primary("Ileal carcinoid", "ileum", "carcinoid", "disease_free", **HISTORY)),
    ],
    "G07": [
        story("Large cell neuroendocrine carcinoma.", primary("neuroendocrine carcinoma", "bladder", "nec"), codes="C7A.8=0"),
        story("Thymic NET.", primary("Thymic NET", "thymus", "net")),
        story(
            "Lung LCNEC resected 2012; liver metastases on CT.",
            primary("LCNEC", "lung", "nec", "resected", **HISTORY),
            LIVER,
            CT,
        ),
    ],
    "G08": [
        story("Prostate cancer with liver metastases.", primary("Prostate cancer", "prostate"), LIVER, codes="C78.7=1"),
        story("Biopsy-proven breast cancer; liver metastases.", LIVER, study("Biopsy", "biopsy", "primary", "tissue")),
        story("Bone and liver metastases, no CT available.", LIVER, study("CT", "ct", "metastasis", **ABSENT)),
    ],
    "G09": [
        story("Lesion suspicious for liver metastases.", deposit("liver metastases", "liver", **UNCERTAIN), withheld="C78.7=0"),
        story("Probable lung cancer.", primary("lung cancer", "lung", **UNCERTAIN)),
        story(
            "Metastatic disease, and lesions consistent with liver metastases.",
            deposit("Metastatic disease", "unspecified"),
            deposit("liver metastases", "liver", **UNCERTAIN),
        ),
        story(
            "Right lung metastasis; possible left lung metastasis.",
            deposit("Right lung metastasis", "lung", side="right"),
            deposit("left lung metastasis", "lung", side="left", **UNCERTAIN),
        ),
    ],
    "G11": [
        story(
            "Malignant ileal carcinoid.",
            primary("ileal carcinoid", "ileum", "carcinoid", behavior="malignant"),
            codes="C7A.012=0",
        ),
        story("NET, liver metastases.", primary("NET", "colon", "net", **HISTORY), LIVER, codes="Z85.038=0 C7B.8=1"),
        story(
            "Islet cell cancer.", primary("Islet cell cancer", "pancreas", "islet_cell", behavior="malignant"), codes="C25.4=0"
        ),
        story(
            "Thymic NET in MEN 1.",
            primary("Thymic NET", "thymus", "net"),
            syndrome("MEN 1", "men"),
            codes="C7A.8=0 E31.21=1",
        ),
    ],
    "G12": [
        story(
            "Ileal carcinoid with daily flushing.",
            primary("Ileal carcinoid", "ileum", "carcinoid"),
            sign("flushing", "flushing", "carcinoid_syndrome"),
            codes="C7A.012=0",
        ),
        story(
            "Insulinoma, hypoglycemia on diazoxide.",
            primary("Insulinoma", "pancreas", "islet_cell"),
            sign("hypoglycemia", "hypoglycemia", "hyperinsulinism", "weak"),
            sign("diazoxide", "diazoxide", "hyperinsulinism", "weak"),
        ),
        story(
            "NET metastases, possible carcinoid syndrome, raised 5-HIAA.",
            deposit("NET metastases", "liver", "neuroendocrine"),
            syndrome("carcinoid syndrome", "carcinoid_syndrome", **UNCERTAIN),
            sign("raised 5-HIAA", "marker_5hiaa", "carcinoid_syndrome"),
        ),
    ],
    "G14": [
        story(
            "History of breast cancer, on tamoxifen.",
            primary("breast cancer", "breast", flags="history_cue treated", **HISTORY),
            therapy("tamoxifen", "tamoxifen", "endocrine current"),
        ),
        story("History of colon cancer.", primary("colon cancer", "colon", flags="history_cue", **HISTORY)),
        story("Pheochromocytoma, excised 2010.", primary("Pheochromocytoma", "adrenal", "adrenal_paraganglia", "resected")),
        story(
            "H/o breast cancer that has spread: liver metastases.",
            primary("breast cancer", "breast", flags="history_cue"),
            LIVER,
        ),
        story("H/o rectal cancer, now recurrent.", primary("rectal cancer", "rectum", flags="history_cue recurrent")),
    ],
    "G15": [
        story(
            "Ileal carcinoid s/p resection 2022. Liver metastases.",
            primary("Ileal carcinoid", "ileum", "carcinoid", "resected"),
            deposit("Liver metastases", "liver"),
        ),
        story(
            "Colectomy for colon cancer; liver metastases.",
            primary("colon cancer", "colon", flags="resected", **HISTORY),
            LIVER,
        ),
        story(
            "Kidney cancer removed; lung metastases from it.",
            primary("Kidney cancer", "kidney", flags="resected", **HISTORY),
            deposit("lung metastases", "lung", origin="f0"),
        ),
    ],
    "G18": [
        story("Metastatic lung cancer.", primary("lung cancer", "lung", flags="direction_ambiguous", origin="carcinoma")),
        story("Metastatic liver tumor.", deposit("liver tumor", "liver", "direction_ambiguous")),
        story(
            "Metastatic bone cancer, former breast cancer.",
            deposit("bone cancer", "bone", "direction_ambiguous"),
            primary("breast cancer", "breast", **HISTORY),
        ),
    ],
    "G25": [
        story(
            "Carcinoma of unknown primary. Later: pancreatic cancer.",
            primary("unknown primary", "unknown_primary"),
            primary("pancreatic cancer", "pancreas"),
        ),
        story("CUP; lung cancer.", primary("CUP", "unknown_primary"), primary("lung cancer", "lung"), codes="C80.1=0 C34.90=1"),
        story(
            "CUP with liver metastases, ileal carcinoid.",
            primary("CUP", "unknown_primary"),
            LIVER,
            primary("ileal carcinoid", "ileum", "carcinoid"),
        ),
    ],
    "G26": [
        story("Disseminated carcinomatosis.", deposit("carcinomatosis", "unspecified", "disseminated"), codes="C80.0=0"),
        story(
            "Widely metastatic breast cancer.",
            primary("breast cancer", "breast"),
            deposit("Widely metastatic", "unspecified", "disseminated"),
        ),
        story(
            "Diffuse metastases, liver clear: no liver metastases.",
            deposit("Diffuse metastases", "unspecified", "disseminated"),
            deposit("liver metastases", "liver", **ABSENT),
        ),
    ],
    "G27": [
        story("H/o cancer, treated elsewhere.", primary("cancer", "unspecified", **HISTORY), codes="Z85.9=0"),
        story("Malignancy as a child.", primary("Malignancy", "unspecified", **HISTORY)),
        story(
            "Past cancer; possible lung cancer now.",
            primary("Past cancer", "unspecified", **HISTORY),
            primary("lung cancer", "lung", **UNCERTAIN),
        ),
    ],
}

NO: dict[str, list[GapView]] = {
    "G01": [
        story("Colon cancer, liver metastases.", primary("Colon cancer", "colon"), LIVER),
        story("Unknown primary, liver metastases.", primary("Unknown primary", "unknown_primary"), LIVER),
        story("Former colon cancer, liver metastases.", primary("colon cancer", "colon", **HISTORY), LIVER),
        story("No liver metastases.", deposit("liver metastases", "liver", **ABSENT)),
        story("Father had liver metastases.", deposit("liver metastases", "liver", assertion=Assertion.FAMILY)),
    ],
    "G02": [
        story("Antral adenocarcinoma.", primary("Antral adenocarcinoma", "stomach"), codes="C16.3=0"),
        story("Prostate cancer.", primary("Prostate cancer", "prostate"), codes="C61=0"),
        story("Kidney cancer.", primary("Kidney cancer", "kidney"), codes="C64.9=0"),
        story("Left breast cancer.", primary("Left breast cancer", "breast", side="left"), codes="C50.912=0"),
        story("Former gastric cancer.", primary("gastric cancer", "stomach", **HISTORY), codes="Z85.028=0"),
    ],
    "G03": [
        story("Metastatic colon cancer with liver metastases.", deposit("Metastatic", "unspecified"), LIVER),
        story("No metastases.", deposit("metastases", "unspecified", **ABSENT)),
        story("Disseminated carcinomatosis.", deposit("carcinomatosis", "unspecified", "disseminated")),
        story("Possible metastatic disease.", deposit("metastatic disease", "unspecified", **UNCERTAIN)),
    ],
    "G04": [
        story("Left breast cancer.", primary("Left breast cancer", "breast", side="left"), codes="C50.912=0"),
        story("Former breast cancer.", primary("breast cancer", "breast", **HISTORY), codes="Z85.3=0"),
        story("Liver metastases.", deposit("Liver metastases", "liver"), codes="C78.7=0"),
        story("Carcinoid of the lung.", primary("Carcinoid", "lung", "carcinoid"), codes="C7A.090=0"),
        story("Merkel cell carcinoma.", primary("Merkel cell carcinoma", "skin", "merkel"), codes="C4A.9=0"),
    ],
    "G05": [
        story("Ileal NET G1.", primary("Ileal NET", "ileum", "net", "net_wording", grade="G1"), role=AuthorRole.PATHOLOGIST),
        story("Well-differentiated rectal NET.", primary("rectal NET", "rectum", "net", "net_wording well_differentiated"),
              role=AuthorRole.RADIOLOGIST),
        story("Pancreatic NET, excised.", primary("Pancreatic NET", "pancreas", "net", "net_wording", grade="G2", **HISTORY)),
        story("Ileal carcinoid.", primary("Ileal carcinoid", "ileum", "carcinoid", "carcinoid_wording")),
        story("Pancreatic NET, an insulinoma.", primary("Pancreatic NET", "pancreas", "net", "net_wording islet_wording")),
        story("NET of the bladder.", primary("NET", "bladder", "net", "net_wording")),
        story(
            "Insulinoma with neuroendocrine liver metastases.",
            primary("Insulinoma", "pancreas", "islet_cell"),
            deposit("liver metastases", "liver", "neuroendocrine", family="net"),
        ),
        story("Suspected ileal NET.", primary("ileal NET", "ileum", "net", **UNCERTAIN)),
    ],
    "G06": [
        story("Malignant ileal carcinoid.", primary("carcinoid", "ileum", "carcinoid", behavior="malignant")),
        story("Ileal carcinoid with liver metastases.", primary("Ileal carcinoid", "ileum", "carcinoid"), LIVER),
        story("Pheochromocytoma removed, NED.", primary("Pheochromocytoma", "adrenal", "adrenal_paraganglia", "disease_free", **HISTORY)),
        story("Former rectal carcinoid; possible liver metastases.", primary("rectal carcinoid", "rectum", "carcinoid", **HISTORY),
              deposit("liver metastases", "liver", **UNCERTAIN)),
        story("Benign insulinoma.", primary("insulinoma", "pancreas", "islet_cell", behavior="benign")),
        story("Colon cancer.", primary("Colon cancer", "colon")),
    ],
    "G07": [
        story("NET, Ki-67 4%.", primary("NET", "ileum", "net", "graded")),
        story("Poorly differentiated NEC.", primary("NEC", "lung", "nec_poorly_differentiated", "poorly_differentiated")),
        story("Ileal carcinoid.", primary("Ileal carcinoid", "ileum", "carcinoid")),
        story("LCNEC removed, NED.", primary("LCNEC", "lung", "nec", "resected disease_free", **HISTORY)),
        story("NET G2.", primary("NET", "ileum", "net", grade="G2")),
    ],
    "G08": [
        story("CT: liver metastases.", LIVER, CT),
        story("Biopsy of the liver metastases.", LIVER, study("Biopsy", "biopsy", "metastasis", "tissue")),
        story("Seen at laparotomy: liver metastases.", LIVER, study("laparotomy", "operative_finding", "metastasis", "tissue")),
        story("Possible liver metastases.", deposit("liver metastases", "liver", **UNCERTAIN)),
        story("Former liver metastases.", deposit("liver metastases", "liver", **HISTORY)),
    ],
    "G09": [
        story("Liver metastases. Possible liver metastasis.", LIVER_SAID,
              deposit("liver metastasis", "liver", **UNCERTAIN)),
        story("Possible liver metastases, later: no liver metastasis.", deposit("liver metastases", "liver", **UNCERTAIN),
              deposit("liver metastasis", "liver", **ABSENT)),
        story("Bladder cancer, perhaps small cell.", primary("Bladder cancer", "bladder"),
              primary("small cell", "bladder", "small_cell", **UNCERTAIN)),
        story("Liver metastases; possibly metastatic elsewhere.", LIVER_SAID, deposit("metastatic", "unspecified", **UNCERTAIN)),
        story("If liver metastases are found.", deposit("liver metastases", "liver", assertion=Assertion.HYPOTHETICAL)),
    ],
    "G11": [
        story("Nonfunctional carcinoid.", primary("carcinoid", "ileum", "carcinoid"), syndrome("Nonfunctional", "nonfunctional"),
              codes="C7A.012=0"),
        story("Carcinoid without carcinoid syndrome.", primary("Carcinoid", "ileum", "carcinoid"),
              syndrome("carcinoid syndrome", "carcinoid_syndrome", **ABSENT), codes="C7A.012=0"),
        story("Rectal NEC with liver metastases.", primary("Rectal NEC", "rectum", "nec_poorly_differentiated"), LIVER,
              codes="C7A.1=0 C7B.8=1"),
        story("Merkel cell nodes.", primary("Merkel cell", "skin", "merkel"), codes="C7B.1=0"),
        story("Carcinoid with flushing.", primary("Carcinoid", "ileum", "carcinoid"),
              sign("flushing", "flushing", "carcinoid_syndrome"), codes="C7A.012=0"),
        story("Benign carcinoid.", primary("carcinoid", "appendix", "carcinoid", behavior="benign"), codes="D3A.020=0"),
    ],
    "G12": [
        story("Carcinoid syndrome with flushing, ileal carcinoid.", primary("ileal carcinoid", "ileum", "carcinoid"),
              syndrome("Carcinoid syndrome", "carcinoid_syndrome"), sign("flushing", "flushing", "carcinoid_syndrome")),
        story("Nonfunctional NET, flushing from menopause.", primary("NET", "ileum", "net"), syndrome("Nonfunctional", "nonfunctional"),
              sign("flushing", "flushing", "carcinoid_syndrome")),
        story("Colon cancer with flushing.", primary("Colon cancer", "colon"), sign("flushing", "flushing", "carcinoid_syndrome")),
        story("Carcinoid with loose stools.", primary("Carcinoid", "ileum", "carcinoid"),
              sign("loose stools", "diarrhea", "carcinoid_syndrome", "weak")),
        story("Carcinoid with hypertension.", primary("Carcinoid", "ileum", "carcinoid"),
              sign("hypertension", "hypertension", "catecholamine_excess")),
        story("Pheochromocytoma with flushing.", primary("Pheochromocytoma", "adrenal", "adrenal_paraganglia"),
              sign("flushing", "flushing", "carcinoid_syndrome")),
        story("Removed carcinoid, flushing.", primary("carcinoid", "ileum", "carcinoid", "disease_free", **HISTORY),
              sign("flushing", "flushing", "carcinoid_syndrome")),
    ],
    "G14": [
        story("Breast cancer 2010, NED, no therapy.", primary("Breast cancer", "breast", flags="history_cue disease_free", **HISTORY)),
        story("Breast cancer on letrozole.", primary("Breast cancer", "breast", flags="treated")),
        story("Colon cancer resected now, pathology back.", primary("Colon cancer", "colon", flags="resected"),
              study("pathology", "resection", "primary", "tissue")),
        story("Colon cancer resected; liver metastases.", primary("Colon cancer", "colon", flags="resected", **HISTORY), LIVER),
        story("Colon cancer resected, adjuvant planned.", primary("Colon cancer", "colon", flags="resected planned")),
        story("Specimen: colon. Clinical: history of breast cancer.", primary("breast cancer", "breast", flags="history_cue", **HISTORY),
              role=AuthorRole.PATHOLOGIST),
        story("Newly found lung cancer.", primary("lung cancer", "lung")),
    ],
    "G15": [
        story("Carcinoid resected, no local recurrence; liver metastases.", LIVER,
              primary("Carcinoid", "ileum", "carcinoid", "resected disease_free", **HISTORY)),
        story("Carcinoid in place, liver metastases.", primary("Carcinoid", "ileum", "carcinoid", "in_place"), LIVER),
        story("Colectomy specimen: cancer. Liver metastases.", primary("cancer", "colon", flags="resected"),
              deposit("Liver metastases", "liver"), study("specimen", "resection", "primary", "tissue")),
        story("Carcinoid resected, no metastases.", primary("Carcinoid", "ileum", "carcinoid", "resected"),
              deposit("metastases", "unspecified", **ABSENT)),
    ],
    "G18": [
        story("Lung cancer.", primary("Lung cancer", "lung")),
        story("Liver tumor metastatic from colon cancer.", primary("colon cancer", "colon"),
              deposit("Liver tumor", "liver", "direction_ambiguous", origin="f0")),
        story("Metastatic lung cancer to the brain.", primary("lung cancer", "lung", flags="direction_ambiguous"),
              deposit("brain", "brain", origin="f0")),
        story("Metastatic liver tumor, known colon cancer.", deposit("liver tumor", "liver", "direction_ambiguous"),
              primary("colon cancer", "colon")),
        story("Perhaps metastatic lung cancer.", primary("lung cancer", "lung", flags="direction_ambiguous", **UNCERTAIN)),
    ],
    "G25": [
        story("Unknown primary.", primary("Unknown primary", "unknown_primary")),
        story("Unknown primary, perhaps lung cancer.", primary("Unknown primary", "unknown_primary"),
              primary("lung cancer", "lung", **UNCERTAIN)),
        story("Unknown primary; former breast cancer.", primary("Unknown primary", "unknown_primary"),
              primary("breast cancer", "breast", **HISTORY)),
        story("No longer unknown primary: lung cancer.", primary("unknown primary", "unknown_primary", **ABSENT),
              primary("lung cancer", "lung")),
    ],
    "G26": [
        story("Peritoneal carcinomatosis.", deposit("carcinomatosis", "peritoneum", "disseminated")),
        story("Widely metastatic, liver metastases.", deposit("Widely metastatic", "unspecified", "disseminated"), LIVER),
        story("Metastatic disease.", deposit("Metastatic disease", "unspecified")),
        story("No carcinomatosis.", deposit("carcinomatosis", "unspecified", "disseminated", **ABSENT)),
    ],
    "G27": [
        story("H/o colon cancer.", primary("colon cancer", "colon", **HISTORY)),
        story("Cancer, unspecified.", primary("Cancer", "unspecified")),
        story("Past cancer, i.e. breast cancer.", primary("Past cancer", "unspecified", **HISTORY), primary("breast cancer", "breast")),
        story("Mother had cancer.", primary("cancer", "unspecified", assertion=Assertion.FAMILY)),
    ],
}  # fmt: skip

ALL = list(itertools.chain(*YES.values(), *NO.values()))


def numbers(view: GapView) -> set[str]:
    return {g.gap[:3] for g in find_gaps(view)}


def label(item: object) -> str | None:
    return item.note.text[:40] if isinstance(item, GapView) else None


ON_NOTES = frozenset({"G10", "G13", "G16", "G17", "G19", "G20", "G21", "G22", "G23", "G24", "G28", "G29", "G30"})
"""Rules that live on how notes are worded: their cases are whole notes (test_gaps_notes)."""


def test_every_rule_has_three_cases_on_each_side() -> None:
    assert set(YES) == set(NO) == set(RULES) - ON_NOTES
    assert all(len(cases) >= 3 for cases in (*YES.values(), *NO.values()))


@pytest.mark.parametrize(("gap", "view"), [(g, v) for g, views in YES.items() for v in views], ids=label)
def test_the_rule_speaks(gap: str, view: GapView) -> None:
    assert gap in numbers(view)


@pytest.mark.parametrize(("gap", "view"), [(g, v) for g, views in NO.items() for v in views], ids=label)
def test_the_rule_keeps_silent(gap: str, view: GapView) -> None:
    assert gap not in numbers(view)


@pytest.mark.parametrize("view", ALL, ids=label)
def test_every_gap_can_be_asked(view: GapView) -> None:
    gaps = find_gaps(view)
    assert [g.gap for g in gaps] == sorted(g.gap for g in gaps)
    for gap in gaps:
        assert lint(gap.query) == ()
        assert gap.query.options[-2:] == TAIL
        assert len(gap.query.options) >= 3
        assert 1 <= len(gap.query.indicators) <= 6
        assert all(view.note.text[e.start : e.end] == e.text for e in gap.evidence)
        assert all(i.text in view.note.text for i in gap.query.indicators)
        assert {(i.source, i.date) for i in gap.query.indicators} == {
            (f"oncology clinic note, {view.note.author_role}", "2026-11-10")
        }
        assert not forbidden().search(str(gap.query.record()))
        assert set(gap.codes) <= {p.code for p in view.proposals} | {r.code for r in view.rejected}


@pytest.mark.parametrize("view", ALL, ids=label)
def test_the_same_case_gives_the_same_gaps(view: GapView) -> None:
    assert find_gaps(view) == find_gaps(view)


@pytest.mark.parametrize("assertion", [Assertion.FAMILY, Assertion.HYPOTHETICAL])
def test_what_is_not_the_patients_or_not_so_raises_nothing(assertion: Assertion) -> None:
    text = "Metastatic NET with liver metastases and flushing."
    view = story(
        text,
        primary("NET", "ileum", "net", "history_cue direction_ambiguous", assertion=assertion),
        deposit("Metastatic", "unspecified", "disseminated direction_ambiguous", assertion=assertion),
        deposit("liver metastases", "liver", assertion=assertion),
        sign("flushing", "flushing", "carcinoid_syndrome", assertion=assertion),
    )
    assert find_gaps(view) == ()


def test_an_indication_line_alone_raises_nothing() -> None:
    view = story(
        "Indication: history of melanoma, metastatic, possible lung metastasis.",
        primary("melanoma", "skin", flags="history_cue low_trust", **HISTORY),
        deposit("metastatic", "unspecified", "low_trust"),
        deposit("lung metastasis", "lung", "low_trust", **UNCERTAIN),
    )
    assert find_gaps(view) == ()


def gap_of(view: GapView, number: str) -> Gap:
    return next(g for g in find_gaps(view) if g.gap.startswith(number))


def test_a_silenced_gap_stays_silent() -> None:
    disseminated = YES["G26"][0]
    assert numbers(disseminated) == {"G01", "G08", "G26"}
    assert "G11" not in numbers(YES["G12"][0])
    assert "G01" not in numbers(YES["G25"][2])


def test_a_site_may_leave_gaps_out() -> None:
    view = YES["G26"][0]
    left = {g.gap[:3] for g in find_gaps(view, skip=frozenset({"G08", "G26"}))}
    assert left == {"G01"}


def test_direction_and_extent_may_be_asked_together() -> None:
    view = story(
        "Metastatic lung cancer.",
        primary("lung cancer", "lung", flags="direction_ambiguous"),
        deposit("Metastatic", "unspecified"),
        codes="C34.90=0 C79.9=1",
    )
    assert {"G03", "G04", "G08", "G18"} <= numbers(view)


def test_the_type_query_offers_only_what_the_record_supports() -> None:
    plain = gap_of(YES["G05"][0], "G05").query.options
    assert any("Carcinoid" in o for o in plain)
    assert not any("Poorly" in o or "Small cell" in o or "Mixed" in o for o in plain)
    pancreas = gap_of(YES["G05"][1], "G05").query.options
    assert any("Islet" in o for o in pancreas)
    assert not any(o.startswith("Carcinoid") for o in pancreas)
    mixed_words = gap_of(YES["G05"][2], "G05").query.options
    assert any("Carcinoid" in o for o in mixed_words)
    assert any("Poorly" in o for o in mixed_words)


def test_evidence_against_is_shown_too() -> None:
    query = gap_of(YES["G06"][2], "G06").query
    assert any("no liver metastases" in i.text for i in query.indicators)


def test_an_uncertain_finding_names_the_code_it_withholds() -> None:
    assert gap_of(YES["G09"][0], "G09").codes == ("C78.7",)


def test_the_status_query_quotes_the_therapy_and_offers_prevention_only_then() -> None:
    treated, untreated = gap_of(YES["G14"][0], "G14").query, gap_of(YES["G14"][1], "G14").query
    assert "“tamoxifen”" in treated.question
    assert any("prevention" in o for o in treated.options)
    assert not any("prevention" in o for o in untreated.options)


def test_a_site_may_forbid_more_words() -> None:
    text = "Known lung metastases, our steering score is 4."
    view = story(text, deposit("lung metastases", "lung"), codes="C78.00=0", words=("steering score",))
    assert all("steering" not in str(g.query.record()) for g in find_gaps(view))


def test_abbreviations_that_mean_money_elsewhere_are_left_out_of_queries() -> None:
    view = story(
        "CC: cough. MCC with HCC in PMH.", primary("MCC", "skin", "merkel", "history_cue"), deposit("HCC", "liver", **HISTORY)
    )
    query = gap_of(view, "G14").query
    assert not forbidden().search(str(query.record()))
    assert "the finding quoted above" in query.question or "“" in query.question


@pytest.fixture(scope="module")
def fy2027() -> CodeSet:
    return code_set(PACK, "FY2027")


@pytest.mark.parametrize(
    "code", "C34.10 C50.919 C56.9 C62.90 C64.9 C69.90 C74.90 C78.00 C79.00 C79.60 C79.70 C4A.10 D35.00".split()
)
def test_a_side_is_left_open(code: str, fy2027: CodeSet) -> None:
    assert side_left_open(code, fy2027)


@pytest.mark.parametrize("code", "C34.11 C34.2 C50.911 C61 C7A.090 C7B.00 C78.7 C79.9 C80.1 C4A.9 C16.9 Z99.99".split())
def test_no_side_is_left_open(code: str, fy2027: CodeSet) -> None:
    assert not side_left_open(code, fy2027)


def test_which_titles_leave_the_part_of_the_organ_open(fy2027: CodeSet) -> None:
    assert all(part_left_open(c, fy2027) for c in "C7A.019 C7A.029 C7A.094 C7A.098 C16.9 C18.9 C25.9".split())
    assert not any(
        part_left_open(c, fy2027) for c in "C7A.00 C7A.8 C61 C56.9 C64.9 C80.1 C79.9 C62.91 C34.10 C34.90 C50.911 C81.90".split()
    )


def test_the_pack_words_all_thirty_gaps() -> None:
    book = wordings(PACK)
    assert list(book.gaps) == [f"G{n:02}" for n in range(1, 31)]
    assert all(not forbidden().search(w.name) for w in book.gaps.values())


def test_the_ids_are_those_of_the_specification() -> None:
    spec = ROOT.parent / "shared" / "domain" / "gaps.json"
    if not spec.is_file():
        pytest.skip("the domain files are not beside this checkout")
    wanted = {k: v["severity"] for k, v in json.loads(spec.read_text(encoding="utf-8")).items()}
    assert {w.id: w.severity for w in wordings(PACK).gaps.values()} == wanted


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("severity: high", "severity: urgent", "severity"),
        ('      - "Not evaluated"', '      - "Unable to determine"', "end every query"),
        ("Can the sites involved be listed?", "Please list the sites.", "question mark"),
        ("Can the side be specified?", "Can the side be specified for {stage}?", "placeholders"),
        ("closed_by: A list of the sites.", "closed: A list of the sites.", "missing"),
        ("G26_DISSEMINATED_NOS", "G27_DISSEMINATED_NOS", "stands at"),
        ("title: Clarification of side", "title: Clarification of side (MCC)", "payment"),
    ],
)
def test_a_bad_wording_is_refused_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    shutil.copy(MODEL / "gaps.yaml", tmp_path / "gaps.yaml")
    path = tmp_path / "gaps.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    bad = Pack(name="gaps", version="0", digest=said, root=tmp_path, terms=(), settings=MappingProxyType({}))
    with pytest.raises(PackError, match=rf"gaps\.yaml:\d+: .*{said}"):
        wordings(bad)


def test_only_the_composer_builds_a_query() -> None:
    builders = []
    for path in sorted((ROOT / "nlp" / "oncospan").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                if name == "Query":
                    builders.append(path.relative_to(ROOT / "nlp" / "oncospan").as_posix())
    assert builders == ["gaps/query.py", "review/queries.py"]  # there it is what a person edited, for the linter alone


def test_our_own_words_name_no_diagnosis_in_a_title() -> None:
    for gap in (g for v in ALL for g in find_gaps(v)):
        assert not re.search(r"cancer|carcin|metast|malign|syndrome", gap.query.title, re.IGNORECASE)
        assert unquoted(gap.query.question).count("?") == 1
