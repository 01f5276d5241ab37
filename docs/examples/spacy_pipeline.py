# %% [markdown]
# # OncoSpan in a spaCy or medspaCy pipeline
#
# OncoSpan registers a component with spaCy. Where it is installed, `nlp.add_pipe("oncospan")` works without an import.
# Open this file as a notebook (VS Code, PyCharm, Jupyter with Jupytext), or run it: `python docs/examples/spacy_pipeline.py`.

# %%
import spacy

nlp = spacy.blank("en")
nlp.add_pipe("oncospan", config={"setting": "outpatient", "on": "2026-11-10"})

# %% [markdown]
# ## One note
#
# A span for each mention: its label is the kind of finding, `kb_id_` what it is about, `id_` the finding in the record.

# %%
text = "Impression: ileal carcinoid with hepatic metastases on CT. No bone metastases. Possible lung metastasis."
doc = nlp(text)
for span in doc.spans["oncospan"]:
    print(f"{span.text:22} {span.label_:14} {span.kb_id_:8} {span.id_}")

# %% [markdown]
# The record has everything else: assertions with the cues that decided them, codes with reason and confidence, what was refused, and
# gaps with their queries. It is the same as that of `oncospan.analyse` and of the command line.

# %%
record = doc._.oncospan
states = {finding["id"]: finding["assertion"] for finding in record["findings"]}
print({span.text: states[span.id_] for span in doc.spans["oncospan"] if span.label_ == "metastasis"})
for code in record["codes"]:
    print(code["code"], code["title"], code["status"])
print([gap["gap"] for gap in record["gaps"]])

# %% [markdown]
# ## Offsets
#
# spaCy's spans cover whole tokens. Where a mention begins or ends within a token, the span is wider; the record is exact.

# %%
joined = nlp("Known liver-metastases/lung-metastases.")
exact = {(e["start"], e["end"]) for finding in joined._.oncospan["findings"] for e in finding["evidence"]}
for start, end in sorted(exact):
    print(repr(joined.text[start:end]))

# %% [markdown]
# ## What is known of each note
#
# Setting, author and date decide what may be coded. What holds for all notes is said in the config; what holds for one, by the Doc.

# %%
inpatient = nlp.make_doc("Discharge diagnosis: probable hepatic metastases of the known ileal carcinoid.")
inpatient._.oncospan_note = {
    "note_id": "n-7",
    "setting": "inpatient",
    "note_type": "discharge summary",
    "note_date": "2026-11-12",
}
inpatient = nlp(inpatient)
print(inpatient._.oncospan["note_id"], inpatient._.oncospan["setting"], [c["code"] for c in inpatient._.oncospan["codes"]])

# %% [markdown]
# ## Many notes
#
# `nlp.pipe` streams, in several processes if asked to: the record goes with the Doc. Each process loads the rules for itself. For
# exports, `oncospan extract` is faster, and loses no note.

# %%
notes = ["No evidence of metastatic disease.", "Hepatic metastases of an ileal carcinoid.", "Seen for a cold."]
for piped in nlp.pipe(notes, n_process=2, batch_size=2):
    print([span.text for span in piped.spans["oncospan"]])

# %% [markdown]
# ## Beside medspaCy's own components
#
# They do not disturb each other: OncoSpan reads the text with rules of its own.

# %%
import medspacy
from medspacy.target_matcher import TargetRule

clinical = medspacy.load(medspacy_enable=["medspacy_target_matcher", "medspacy_context"])
clinical.add_pipe("sentencizer", first=True)
clinical.get_pipe("medspacy_target_matcher").add(TargetRule("octreotide", "DRUG"))
clinical.add_pipe("oncospan", config={"on": "2026-11-10"})
visit = clinical("No bone metastases. Octreotide for carcinoid syndrome.")
print([(entity.text, entity.label_) for entity in visit.ents])
print([(span.text, span.label_, span.kb_id_) for span in visit.spans["oncospan"]])

# %% [markdown]
# ## Saving
#
# A saved pipeline holds the settings, and which rule pack it was made with; it refuses to load beside another one, which might find
# other things.

# %%
import tempfile

with tempfile.TemporaryDirectory() as folder:
    nlp.to_disk(folder)
    again = spacy.load(folder)
print(again(text)._.oncospan == record)
