"""What the codes of HL7, LOINC and NUCC say of a document: its setting, who wrote it, and which part of a report a text is."""

from __future__ import annotations

import re

_PLACES = {
    "inpatient": "I IMP ACUTE NONAC IP INPATIENT 9201 262",
    "outpatient": "O E R P AMB EMER OBSENC OBS VR HH FLD PRENC OP OUTPATIENT ED 9202 9203 581477 8870",
    "": "B C N U SS",
}
"""HL7 v2 table 0004, the HL7 v3 act encounter codes of C-CDA and FHIR, and visit concepts of OMOP; "" says nothing of it."""

CLASSES = {code: setting for setting, codes in _PLACES.items() for code in codes.split()}

_AUTHORS = {
    "radiologist": "18748-4 68604-8 18726-0 18782-3 24627-2 24725-4 30746-2 36554-4 RAD RUS CT NMR NMS NUC XRC CUS RX VUS MR US",
    "pathologist": "11526-1 60567-5 60568-3 11529-5 22634-0 22637-3 33716-2 33717-0 33718-8 33721-2 50595-8 SP PAT CP CG GE",
    "nurse": "34746-8 34815-3 34119-8 78390-2 28651-8",
    "other": "11502-2 26436-6 26435-8 LAB CH HM MB MCB BLB SR IMM TX OTH PHR PT OT RT RC 34823-5 34820-3",
}
"""LOINC codes of documents and the diagnostic services of HL7 table 0074, by who writes such a document."""

AUTHORS = {code: role for role, codes in _AUTHORS.items() for code in codes.split()}

_WRITERS = (
    (
        re.compile(
            r"^1(?!6[34])[0-9]{2}|^22|dieti|social work|case manag|pharmac|therapist|student|scribe|coder|technic", re.IGNORECASE
        ),
        "other",
    ),
    (re.compile(r"2085|247100000X|radiolog", re.IGNORECASE), "radiologist"),
    (re.compile(r"207Z|246Q|patholog", re.IGNORECASE), "pathologist"),
    (re.compile(r"16[34]W|164X|\bnurse(?! practitioner)|nursing|\bR\.?N\b", re.IGNORECASE), "nurse"),
    (
        re.compile(
            r"^20[2-9]|36[37][AL]|364S|physician|doctor|\bM\.?D\b|\bD\.?O\b|practitioner|surge|oncolog|hospitalist|resident"
            r"|internal medicine|family medicine|medicine",
            re.IGNORECASE,
        ),
        "provider",
    ),
)
"""NUCC codes and names of professions, first fit first."""

_TITLES = (
    (re.compile(r"patholog|cytolog|histolog|biopsy report", re.IGNORECASE), "pathologist"),
    (
        re.compile(
            r"radiolog|imaging|^(?:CTA?|MR[IA]?|US|XR|NM|PET|DX)\b|\b(?:CT|MRI|PET|x-?ray|ultrasound|mammogra\w+|scintigra\w+)\b",
            re.IGNORECASE,
        ),
        "radiologist",
    ),
    (re.compile(r"\bnurs(?:e|ing)\b", re.IGNORECASE), "nurse"),
)

HEADINGS = {
    "IMP": "IMPRESSION", "19005-8": "IMPRESSION", "GDT": "FINDINGS", "18782-3": "FINDINGS", "59776-5": "FINDINGS",
    "ADT": "ADDENDUM", "REC": "RECOMMENDATION", "18783-1": "RECOMMENDATION", "55115-0": "TECHNIQUE", "18834-2": "COMPARISON",
    "11329-0": "HISTORY", "55752-0": "CLINICAL INFORMATION", "22636-5": "CLINICAL HISTORY", "22637-3": "FINAL DIAGNOSIS",
    "22634-0": "GROSS DESCRIPTION", "22635-7": "MICROSCOPIC DESCRIPTION", "22638-1": "COMMENT", "22633-2": "SPECIMEN",
}  # fmt: skip
"""The heading under which a part of a report stands, by the code of the part."""


def setting_of(code: str) -> str:
    """The setting of an encounter class; the code itself when it is not known, so that it is reported and not guessed."""
    return CLASSES.get(code.strip().upper(), code)


def role_of_document(code: str, title: str = "") -> str:
    """Who writes documents of such a code or title; empty when neither tells."""
    return AUTHORS.get(code.strip()) or next((role for pattern, role in _TITLES if pattern.search(title)), "")


def role_of_writer(code: str, name: str = "") -> str:
    """The author role of a profession by its code or its name; empty when neither is known."""
    return next((role for pattern, role in _WRITERS for said in (code, name) if said and pattern.search(said)), "")
