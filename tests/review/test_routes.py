"""Every route for every role: what it may and may not do, with nobody logged in as well."""

from __future__ import annotations

import pytest
from django.urls import get_resolver, reverse

from oncospan.review import queries, second_look, worklist
from oncospan.review.models import Encounter, SavedView
from oncospan.review.present import composed_query

ALL = {"read-only", "reviewer", "lead", "admin"}
REVIEW = {"reviewer", "lead", "admin"}
LEAD = {"lead", "admin"}

GET = {
    "worklist": ALL, "encounter": ALL, "next": ALL, "queries": ALL, "query": ALL, "figures": ALL, "query-text": ALL, "query-task": ALL,
    "password": ALL, "coder-facts": REVIEW, "audit": LEAD, "decisions-csv": LEAD, "decisions-jsonl": LEAD, "people": {"admin"},
}  # fmt: skip
"""The pages, and who may see them."""

POST = {
    "filters": ALL, "assign": REVIEW, "save-view": ALL, "use-view": ALL, "preferences": ALL, "logout": ALL,
    "decide": REVIEW, "accept-proposed": REVIEW, "move": REVIEW, "undo": REVIEW, "codes": REVIEW, "mark": REVIEW,
    "ask-review": REVIEW, "look-after": REVIEW, "compose": REVIEW, "check-query": REVIEW, "save-query": REVIEW,
    "act-query": REVIEW, "undo-query": REVIEW, "give-review": LEAD, "people": {"admin"}, "change-person": {"admin"},
}  # fmt: skip
"""The steps, and who may do them."""

OPEN = {"login", "first-run"}


@pytest.fixture
def address(encounter, people):
    """The address of a route for the things of this test."""
    gap = encounter.gaps.first().key
    query = queries.draft(encounter, gap, composed_query(encounter, gap), people["lead"])

    def of(name, role):
        if name == "use-view":
            view, _ = SavedView.objects.get_or_create(user=people[role], name="mine", defaults={"filters": {}})
            return reverse(name, args=[view.pk])
        if name == "change-person":
            return reverse(name, args=[people["reviewer"].pk])
        if "query" in name:
            return reverse(name, args=[query.pk])
        if name in {"encounter", "next", "decide", "accept-proposed", "move", "undo", "codes", "mark", "ask-review",
                    "give-review", "look-after", "coder-facts", "compose"}:  # fmt: skip
            return reverse(name, args=[encounter.pk])
        return reverse(name)

    return of


def test_every_route_is_tested():
    assert {p.name for p in get_resolver().url_patterns} == GET.keys() | POST.keys() | OPEN


@pytest.mark.parametrize("role", sorted(ALL))
@pytest.mark.parametrize("name", sorted(GET))
def test_pages(as_role, address, name, role):
    response = as_role(role).get(address(name, role))
    assert (response.status_code in {200, 302}) if role in GET[name] else response.status_code == 403


@pytest.mark.parametrize("role", sorted(ALL))
@pytest.mark.parametrize("name", sorted(POST))
def test_steps(as_role, address, name, role):
    at = address(name, role)
    client = as_role(role)
    response = client.post(at, {"version": "1", "do": "save"})
    if role in POST[name]:
        assert response.status_code in {200, 302, 404, 409, 422}
    else:
        assert response.status_code == 403
    if name not in GET:
        client = as_role(role)
        assert client.get(at).status_code == 405


@pytest.mark.parametrize("name", sorted(GET.keys() | POST.keys()))
def test_nobody_gets_in_without_log_in(client, address, name):
    at = address(name, "reviewer")
    for response in (client.get(at), client.post(at)):
        if name == "preferences":
            continue
        assert response.status_code in {302, 405}
        if response.status_code == 302 and name != "logout":
            assert response["Location"].startswith(reverse("login"))


def test_a_person_without_a_role_sees_nothing(client, encounter, django_user_model):
    client.force_login(
        django_user_model.objects.create_user("new"), backend="django.contrib.auth.backends.ModelBackend"
    )  # fmt: skip
    assert client.get(reverse("encounter", args=[encounter.pk])).status_code == 403
    assert client.get(reverse("worklist")).status_code == 403


def test_a_view_of_another_person_is_not_there(as_role, people):
    view = SavedView.objects.create(user=people["lead"], name="hers", filters={})
    assert as_role("reviewer").post(reverse("use-view", args=[view.pk]), {"remove": "1"}).status_code == 404
    assert SavedView.objects.count() == 1


def test_only_a_lead_gives_encounters_to_others(as_role, people, encounter):
    at = reverse("look-after", args=[encounter.pk])
    assert as_role("reviewer").post(at, {"version": "1", "assignee": people["lead"].pk}).status_code == 422
    assert as_role("reviewer").post(at, {"version": "1", "assignee": people["reviewer"].pk}).status_code == 302
    assert as_role("lead").post(at, {"version": "2", "assignee": people["admin"].pk}).status_code == 302


def test_several_encounters_are_assigned_at_once(as_role, people, imported):
    def assign(role, to, **more):
        client = as_role(role)
        sent = client.post(reverse("assign"), {"chosen": chosen, "assignee": to, **more})
        return sent["Location"], client.get(reverse("worklist")).content.decode()

    rows = list(Encounter.objects.order_by("pk"))
    second_look.look_after(rows[0].pk, 1, people["lead"], None, worklist.today())
    chosen = [f"{e.pk}-1" for e in rows] + ["1;2", "-", "99999-1"]
    at, page = assign("lead", people["reviewer"].pk, after="12-3")
    assert at == "/?after=12-3"
    assert f"{len(rows) - 1} encounters assigned to reviewer." in page
    assert "Somebody else changed an encounter" in page
    assert "(2)" in page
    chosen = [f"{e.pk}-2" for e in rows]
    at, page = assign("reviewer", people["lead"].pk, after="//evil.example")
    assert at == "/"
    assert f"take it yourself, or ask a lead. ({len(rows)})" in page.replace("&#x27;", "'")
    chosen = []
    assert "Choose encounters by the boxes" in assign("lead", "")[1]
    first = Encounter.objects.get(pk=rows[0].pk)
    assert (first.assignee, first.follow_up) == (None, worklist.today())
    assert Encounter.objects.filter(assignee=people["reviewer"]).count() == len(rows) - 1


def test_a_conflict_is_shown(as_role, encounter):
    code = encounter.proposals.first().code
    form = {"version": "1", "subject": "code", "verb": "accept", "key": code}
    client, at = as_role("reviewer"), reverse("decide", args=[encounter.pk])
    assert client.post(at, form).status_code == 302
    again = client.post(at, form, headers={"HX-Request": "true"})
    assert again.status_code == 409
    assert "Somebody else changed this encounter" in again.content.decode()
    assert client.post(at, form).status_code == 409


def test_the_list_of_filters_is_kept_out_of_addresses(as_role, encounter):
    client = as_role("reviewer")
    response = client.post(reverse("filters"), {"search": encounter.patient_ref})
    assert response["Location"] == reverse("worklist")
    page = client.get(reverse("worklist")).content.decode()
    assert encounter.encounter_ref in page


def test_nothing_read_in_yet_says_what_to_do(as_role):
    assert "oncospan review OUT/" in as_role("reviewer").get(reverse("worklist")).content.decode()
