"""What people decide: kept with its history, undone, refused where it makes no sense, never lost to a second hand."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from oncospan.review import code_book, decisions, queries, second_look, undo, worklist
from oncospan.review.decisions import Choice, Refused, Stale
from oncospan.review.importing import import_run
from oncospan.review.models import AuditEvent, Decision, Encounter, SecondReview, Severity, Subject, Verb
from oncospan.review.present import chart_of, composed_query
from oncospan.review.worklist import Filters


def _codes(encounter):
    return list(encounter.proposals.order_by("sequence").values_list("code", flat=True))


def _decide(encounter, user, verb, key, **more):
    subject = more.pop("subject", Subject.CODE)
    encounter.refresh_from_db()
    return decisions.decide(encounter.pk, encounter.version, user, Choice(subject=subject, verb=verb, key=key, **more))


def test_a_decision_counts_and_is_audited(encounter, people):
    before = encounter.open_codes
    after = _decide(encounter, people["reviewer"], Verb.ACCEPT, _codes(encounter)[0])
    assert after.open_codes == before - 1
    last = AuditEvent.objects.order_by("-number").first()
    assert (last.actor, last.action, last.encounter) == ("reviewer", "accept code", encounter.pk)


def test_who_acts_on_an_older_version_is_told(encounter, people):
    code = _codes(encounter)[0]
    _decide(encounter, people["reviewer"], Verb.ACCEPT, code)
    with pytest.raises(Stale):
        decisions.decide(encounter.pk, 1, people["lead"], Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=code))
    assert Decision.objects.count() == 1


def test_undo_brings_back_the_decision_before(encounter, people):
    code, by = _codes(encounter)[0], people["reviewer"]
    _decide(encounter, by, Verb.ACCEPT, code)
    changed = _decide(encounter, by, Verb.REJECT, code, reason="Other")
    undone = undo.undo(encounter.pk, changed.version, by).encounter
    assert next(c for c in chart_of(undone).codes if c.code == code).state == Verb.ACCEPT
    undone = undo.undo(encounter.pk, undone.version, by).encounter
    assert not Decision.objects.filter(in_force=True).exists()
    with pytest.raises(Refused):
        undo.undo(encounter.pk, undone.version, by)


@pytest.mark.parametrize(
    "choice",
    [
        {"subject": Subject.CODE, "verb": Verb.REJECT, "reason": "  "},
        {"subject": Subject.CODE, "verb": Verb.REPLACE, "reason": "Other", "code": "C7B.0"},
        {"subject": Subject.CODE, "verb": Verb.REPLACE, "reason": "Other", "code": "X99.99"},
        {"subject": Subject.CODE, "verb": Verb.DISMISS, "reason": "Other"},
        {"subject": Subject.GAP, "verb": Verb.ACCEPT},
        {"subject": Subject.GAP, "verb": Verb.DISMISS, "reason": "Other"},
        {"subject": Subject.ORDER, "verb": Verb.REORDER, "order": ("Q00",)},
    ],
    ids=["no reason", "header", "unknown code", "code dismissed", "gap accepted", "no such gap", "foreign order"],
)
def test_what_makes_no_sense_is_refused_whole(encounter, people, choice):
    with pytest.raises(Refused):
        decisions.decide(encounter.pk, 1, people["reviewer"], Choice(key=_codes(encounter)[0], **choice))
    assert not Decision.objects.exists()
    assert Encounter.objects.get(pk=encounter.pk).version == 1


def test_replace_and_add_take_a_billable_code_of_the_date(encounter, people):
    code, by = _codes(encounter)[0], people["reviewer"]
    _decide(encounter, by, Verb.REPLACE, code, reason="A more specific code applies", code="c79.51")
    after = _decide(encounter, by, Verb.ADD, "", code="Z85.020")
    cards = {c.code: c for c in chart_of(after).codes}
    assert (cards[code].decision.code, cards[code].decision.title) == ("C79.51", "Secondary malignant neoplasm of bone")
    assert cards["Z85.020"].status == "added"
    with pytest.raises(Refused, match="already"):
        _decide(encounter, by, Verb.ADD, "", code="Z85.020")


def test_the_order_is_kept_and_undone(encounter, people):
    codes = _codes(encounter)
    turned = tuple(reversed(codes))
    after = _decide(encounter, people["reviewer"], Verb.REORDER, "", subject=Subject.ORDER, order=turned)
    assert chart_of(after).order == turned
    assert chart_of(undo.undo(encounter.pk, after.version, people["reviewer"]).encounter).order == tuple(codes)


def test_all_proposed_are_accepted_at_once(encounter, people):
    after = decisions.accept_proposed(encounter.pk, 1, people["reviewer"])
    chart = chart_of(after)
    assert all((c.state == Verb.ACCEPT) == (c.status == "proposed") for c in chart.codes)


def test_a_second_review_is_given_by_another(encounter, people):
    after = second_look.ask(encounter.pk, 1, people["lead"])
    with pytest.raises(Refused, match="cannot give"):
        second_look.give(encounter.pk, after.version, people["lead"], agrees=True, comment="")
    with pytest.raises(Refused, match="disagree"):
        second_look.give(encounter.pk, after.version, people["admin"], agrees=False, comment=" ")
    second_look.give(encounter.pk, after.version, people["admin"], agrees=False, comment="The liver is denied.")
    assert SecondReview.objects.get().agrees is False


def test_marked_words_are_those_of_the_note(encounter, people):
    note = encounter.notes.get()
    start = note.text.index(note.text.split()[3])
    second_look.mark(encounter.pk, 1, people["reviewer"], note, start, start + 8, "metastasis", "")
    mark = encounter.marks.get()
    assert mark.text == note.text[start : start + 8]
    assert f'id="m{mark.pk}"' not in chart_of(encounter).notes[0].html
    assert "by-hand" in chart_of(encounter).notes[0].html
    for wrong in ((5, 5), (0, len(note.text) + 1)):
        with pytest.raises(Refused):
            second_look.mark(encounter.pk, 2, people["reviewer"], note, *wrong, "metastasis", "")


def test_pages_of_the_list_hold_every_encounter_once(imported, people, monkeypatch):
    monkeypatch.setattr(worklist, "PAGE", 2)
    user, seen, after = people["reviewer"], [], ""
    pages = []
    while True:
        page = worklist.page_of(worklist.chosen(Filters(), user), after=after)
        pages.append([r.encounter.pk for r in page.rows])
        seen += pages[-1]
        if not page.after:
            break
        after = page.after
    wanted = list(Encounter.objects.filter(open=True).order_by("rank", "id").values_list("pk", flat=True))
    assert seen == wanted
    back = worklist.page_of(worklist.chosen(Filters(), user), before=page.before)
    assert [r.encounter.pk for r in back.rows] == pages[-2]


@pytest.mark.parametrize("few", [-1, 1000], ids=["many found", "few found"])
def test_filters_and_scopes(run_folder, people, monkeypatch, few):
    monkeypatch.setattr(worklist, "FEW", few)
    import_run(run_folder, [])
    encounter = Encounter.objects.filter(open_codes__gt=1, open_gaps__gt=0).order_by("rank").first()
    user = people["reviewer"]

    def keys(**chosen):
        filters = Filters.of(chosen)
        found = set(worklist.chosen(filters, user).values_list("pk", flat=True))
        assert {r.encounter.pk for r in worklist.page_of(worklist.listed(filters, user)).rows} == found
        return found

    gap = encounter.gaps.first().gap
    assert encounter.pk in keys(gap=gap) & keys(code=_codes(encounter)[0][:3]) & keys(search=encounter.encounter_ref[:-1])
    for severity in ("low", "medium", "high"):
        assert keys(severity=severity) == set(
            Encounter.objects.filter(open=True, severity=Severity[severity.upper()]).values_list("pk", flat=True)
        )
    for setting in ("inpatient", "outpatient"):
        assert keys(setting=setting) == set(Encounter.objects.filter(open=True, setting=setting).values_list("pk", flat=True))
    assert encounter.pk not in keys(gap=gap[:3]) | keys(code=gap) | keys(code=gap[:3]) | keys(code="!")
    assert not keys(search="no such id") | keys(code="Q99") | keys(scope="mine") | keys(scope="waiting") | keys(scope="due")
    second_look.look_after(encounter.pk, 1, user, user, worklist.today())
    assert keys(scope="mine") == keys(scope="due") == keys(assignee=str(user.pk)) == {encounter.pk}
    assert not keys(assignee=str(people["lead"].pk))
    assert encounter.pk not in keys(scope="unassigned")
    query = queries.draft(encounter, gap, composed_query(encounter, gap), user)
    queries.send(query, query.version, user)
    Encounter.objects.filter(pk=encounter.pk).update(open=False)
    Encounter.objects.exclude(pk=encounter.pk).filter(open_gaps__gt=0).update(open=False)
    asked = second_look.ask(encounter.pk, Encounter.objects.get(pk=encounter.pk).version, user)
    assert keys(scope="review") == {asked.pk}
    assert worklist.counts(user) == {scope: len(keys(scope=scope)) for scope in worklist.SCOPES}
    assert encounter.pk in keys(scope="waiting") - keys(scope="done") - keys(scope="open")


def test_the_page_says_how_many_there_are(imported, as_role, monkeypatch):
    def said(**chosen):
        client = as_role("reviewer")
        client.post(reverse("filters"), chosen)
        return re.search(r'id="total">\s*(.*?),', client.get(reverse("worklist")).content.decode())[1]

    many = Encounter.objects.filter(open=True).count()
    assert said() == said(search="sample") == f"{many} encounters"
    monkeypatch.setattr(worklist, "PAGE", 2)
    assert said() == said(search="sample") == said(code="C") == f"{many} encounters"
    monkeypatch.setattr(worklist, "FEW", 1)
    assert said(code="C") == f"{many} encounters"
    assert said(search="sample") == "More than 1 encounters"


def test_hostile_filters_are_harmless(people, imported):
    for text in ("' OR 1=1 --", "%", "_", "q\x00q", "\U0010ffff", "../../etc/passwd"):
        found = worklist.chosen(Filters.of({"search": text, "gap": text, "code": text, "assignee": text}), people["reviewer"])
        assert not worklist.page_of(found).rows
    assert worklist.page_of(worklist.chosen(Filters(), people["reviewer"]), after="1;drop", before="x-y").rows


def test_words_are_marked_by_writing_them_too(encounter, people, as_role):
    note = encounter.notes.first()
    at = note.text.index(" ", 40) + 1
    words = " ".join(note.text[at : at + 30].split())
    form = {"version": "1", "note": note.pk, "words": f"  {words.upper()} ", "kind": "primary"}
    client, route = as_role("reviewer"), reverse("mark", args=[encounter.pk])
    assert client.post(route, form).status_code == 302
    mark = encounter.marks.get()
    assert " ".join(mark.text.split()) == words
    assert note.text[mark.start : mark.end] == mark.text
    for nothing in ("words that nobody wrote", "   "):
        refused = client.post(route, {**form, "version": "2", "words": nothing})
        assert refused.status_code == 422
        assert "no such words" in refused.content.decode()


def test_the_page_says_what_is_left(as_role, encounter, people):
    client, at = as_role("reviewer"), reverse("encounter", args=[encounter.pk])
    assert "Still open" in client.get(at).content.decode()
    everything = [Choice(subject=Subject.CODE, verb=Verb.ACCEPT, key=p.code) for p in encounter.proposals.all()]
    everything += [Choice(subject=Subject.GAP, verb=Verb.DISMISS, key=g.key, reason="Other") for g in encounter.gaps.all()]
    decisions.decide(encounter.pk, 1, people["reviewer"], *everything)
    page = client.get(at).content.decode()
    assert "Nothing is left to decide here" in page
    assert reverse("next", args=[encounter.pk]) in page


def test_a_search_shows_titles_that_begin_with_its_words_first():
    assert [c.code for c in code_book.search("FY2027", "secondary liver")] == ["C7B.02", "C78.7", "C22.9"]
    assert code_book.search("FY2027", "C22.9")[0].code == "C22.9"
    assert code_book.search("FY2027", "  ") == ()
