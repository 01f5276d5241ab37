"""OncoSpan as a component of other people's spaCy and medspaCy pipelines: ``nlp.add_pipe("oncospan")``.

The component reads ``doc.text`` with the engine; tokens, tags and other components change nothing of what it finds. It fills

* ``doc.spans["oncospan"]``: a span for each mention of a finding. Its label is the kind (``metastasis``), ``kb_id_`` the concept
  (``liver``), ``id_`` the id of the finding in the record. Spans cover whole tokens: where a mention begins or ends within one,
  the span is wider, and the exact offsets stand in the record.
* ``doc.spans["oncospan_codes"]``: a span for each quote of a code. Its label is the code, ``id_`` its status.
* ``doc._.oncospan``: the output record, which goes with the Doc through ``to_bytes``, DocBin and the processes of ``nlp.pipe``.

What is known of the note is said by the settings of the component, or of one Doc by ``doc._.oncospan_note``, a mapping of fields of a
note (``setting``, ``note_date`` …). The engine is loaded with the first note.

spaCy imports this module whenever it makes a pipeline, so nothing heavy is imported here. It evaluates the annotations of the
factory, which therefore are no strings.
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spacy.language import Language
from spacy.tokens import Doc, Span

from oncospan.errors import PackError, UsageError
from oncospan.types import AuthorRole, FamilyHistoryCodes, NetSitePolicy, Note, Setting

if TYPE_CHECKING:
    from oncospan.engine import Settings

RECORD = "oncospan"
"""The extension of a Doc that holds the record: ``doc._.oncospan``."""

NOTE = "oncospan_note"
"""The extension of a Doc that says what is known of the note: ``doc._.oncospan_note``."""

CODES = "_codes"
"""Behind the key of the findings this makes the key of the codes."""

_FIELDS = {f.name for f in fields(Note)} - {"text"}
_STATE = "pack.json"
_KEPT = "oncospan.record"
"""Where a Doc keeps its record, as JSON: medspaCy takes every mapping with a key ``section`` for one of its own when a Doc is read."""


def record_of(doc: Doc) -> dict[str, Any] | None:
    """The record of a Doc that went through the component; None where it did not."""
    kept = doc.user_data.get(_KEPT)
    return None if kept is None else json.loads(kept)


if not Doc.has_extension(RECORD):
    Doc.set_extension(RECORD, getter=record_of)
if not Doc.has_extension(NOTE):
    Doc.set_extension(NOTE, default=None)


@dataclass(frozen=True, kw_only=True)
class OncoSpan:
    """The component; it holds its settings alone, so it pickles, and each process loads the engine for itself."""

    note: Note
    """What holds for notes of which nothing else is said."""
    pack: str | None = None
    net_site_policy: NetSitePolicy = NetSitePolicy.STRICT_INDEX
    family_history_codes: FamilyHistoryCodes = FamilyHistoryCodes.NONE
    spans_key: str = RECORD

    def __call__(self, doc: Doc) -> Doc:
        """The Doc with its spans and its record; what is wrong with the text stands in the record's errors."""
        from oncospan.engine import analyser_of

        record = analyser_of(self.settings).analyse(self._note_of(doc)).record()
        doc.user_data[_KEPT] = json.dumps(record)
        mentions = ((e, f["kind"], f["concept"], f["id"]) for f in record["findings"] for e in f["evidence"])
        doc.spans[self.spans_key] = list(_spans(doc, mentions))
        quotes = ((e, c["code"], "", c["status"]) for c in record["codes"] for e in c["evidence"])
        doc.spans[self.spans_key + CODES] = list(_spans(doc, quotes))
        return doc

    @cached_property
    def settings(self) -> "Settings":
        """The settings of the engine."""
        from oncospan.engine import Settings
        from oncospan.pack import DEFAULT_PACK

        return Settings(
            pack=self.pack or DEFAULT_PACK, net_site_policy=self.net_site_policy, family_history_codes=self.family_history_codes
        )

    def _note_of(self, doc: Doc) -> Note:
        told = doc._.get(NOTE) or {}
        return replace(self.note, text=doc.text, **_checked(told))

    def to_bytes(self, *, exclude: Iterable[str] = ()) -> bytes:  # noqa: ARG002 - spaCy gives it
        """Which rule pack the pipeline was saved with; the settings stand in the pipeline's own config."""
        from oncospan.pack import load

        pack = load(self.settings.pack)
        return json.dumps({"pack": f"{pack.name} {pack.version}", "digest": pack.digest}).encode()

    def from_bytes(self, data: bytes, *, exclude: Iterable[str] = ()) -> "OncoSpan":  # noqa: ARG002 - spaCy gives it
        """The component, where the installed rule pack is that of the saved pipeline. Raises PackError."""
        if data != self.to_bytes():
            saved = json.loads(data)
            raise PackError(
                f"the pipeline was saved with the rule pack {saved['pack']}, {saved['digest']:.19}…, and another is installed",
                hint="Install that one, or add the component anew: other rules may find other things.",
            )
        return self

    def to_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> None:
        """Write which rule pack the pipeline was saved with."""
        folder = Path(path)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _STATE).write_bytes(self.to_bytes(exclude=exclude))

    def from_disk(self, path: Path | str, *, exclude: Iterable[str] = ()) -> "OncoSpan":
        """The component, where the installed rule pack is that of the saved pipeline. Raises PackError."""
        return self.from_bytes((Path(path) / _STATE).read_bytes(), exclude=exclude)


def _spans(doc: Doc, wanted: Iterable[tuple[Mapping[str, Any], str, str, str]]) -> Iterable[Span]:
    for span, label, concept, ident in wanted:
        found = doc.char_span(span["start"], span["end"], label=label, kb_id=concept, span_id=ident, alignment_mode="expand")
        if found is not None:
            yield found


def _checked(told: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a note, dates read. Raises UsageError for a field that there is not."""
    if unknown := sorted(set(told) - _FIELDS):
        raise UsageError(f"a note has no {', '.join(unknown)}", hint=f"doc._.{NOTE} may have: {', '.join(sorted(_FIELDS))}.")
    out = dict(told)
    if isinstance(day := out.get("note_date"), str):
        out["note_date"] = dt.date.fromisoformat(day)
    return out


@Language.factory(
    "oncospan",
    assigns=["doc.spans", f"doc._.{RECORD}"],
    default_config={
        "setting": "outpatient", "author_role": "provider", "on": None, "pack": None, "net_site_policy": "strict_index",
        "family_history_codes": "none", "spans_key": RECORD,
    },
)  # fmt: skip
def make_oncospan(
    nlp: Language,  # noqa: ARG001 - spaCy gives it
    name: str,  # noqa: ARG001 - spaCy gives it
    setting: str,
    author_role: str,
    on: str | None,
    pack: str | None,
    net_site_policy: str,
    family_history_codes: str,
    spans_key: str,
) -> OncoSpan:
    """The component by the settings of ``nlp.add_pipe("oncospan", config={…})``. Raises ValueError for a value that there is not."""
    day = dt.date.fromisoformat(on) if on else None
    note = Note(text="", setting=Setting(setting), author_role=AuthorRole(author_role), note_date=day)
    return OncoSpan(
        note=note, pack=pack, net_site_policy=NetSitePolicy(net_site_policy),
        family_history_codes=FamilyHistoryCodes(family_history_codes), spans_key=spans_key,
    )  # fmt: skip
