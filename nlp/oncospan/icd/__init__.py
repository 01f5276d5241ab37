"""ICD-10-CM by release: which codes exist and are billable on a day, their notes, and Excludes1 conflicts between two codes."""

from oncospan.icd.codes import CodeSet, IcdCode, code_set, code_set_on
from oncospan.icd.index import IndexRow, index_code, index_default, index_table
from oncospan.icd.neoplasm import NeoplasmRow, neoplasm_table
from oncospan.icd.notes import ExcludesPair, IcdNote, NoteType, excludes1
from oncospan.icd.releases import Release, release_on, releases
from oncospan.icd.site import with_codes

__all__ = [
    "CodeSet",
    "ExcludesPair",
    "IcdCode",
    "IcdNote",
    "IndexRow",
    "NeoplasmRow",
    "NoteType",
    "Release",
    "code_set",
    "code_set_on",
    "excludes1",
    "index_code",
    "index_default",
    "index_table",
    "neoplasm_table",
    "release_on",
    "releases",
    "with_codes",
]
