"""The addresses of the workbench: ids are numbers, and nothing else of a patient stands in them."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView, PasswordChangeView
from django.urls import path, reverse_lazy

from oncospan.review.views import audit, encounter, entry, facts, figures, people, query, worklist

_PASSWORD = PasswordChangeView.as_view(template_name="review/password.html", success_url=reverse_lazy("worklist"))

urlpatterns = [
    path("", worklist.page, name="worklist"),
    path("log-in", entry.Entry.as_view(), name="login"),
    path("log-out", LogoutView.as_view(), name="logout"),
    path("first-run", entry.first_run, name="first-run"),
    path("password", _PASSWORD, name="password"),
    path("preferences", entry.preferences, name="preferences"),
    path("filters", worklist.choose, name="filters"),
    path("assign", worklist.assign, name="assign"),
    path("views", worklist.save_view, name="save-view"),
    path("views/<int:pk>", worklist.use_view, name="use-view"),
    path("encounters/<int:pk>", encounter.page, name="encounter"),
    path("encounters/<int:pk>/next", encounter.next_one, name="next"),
    path("encounters/<int:pk>/decide", encounter.decide, name="decide"),
    path("encounters/<int:pk>/accept-proposed", encounter.accept_proposed, name="accept-proposed"),
    path("encounters/<int:pk>/move", encounter.move, name="move"),
    path("encounters/<int:pk>/undo", encounter.undo, name="undo"),
    path("encounters/<int:pk>/codes", encounter.codes, name="codes"),
    path("encounters/<int:pk>/marks", encounter.mark, name="mark"),
    path("encounters/<int:pk>/ask-review", encounter.ask_review, name="ask-review"),
    path("encounters/<int:pk>/give-review", encounter.give_review, name="give-review"),
    path("encounters/<int:pk>/look-after", encounter.look_after, name="look-after"),
    path("encounters/<int:pk>/coder-facts", facts.page, name="coder-facts"),
    path("encounters/<int:pk>/queries", query.compose, name="compose"),
    path("queries", query.listing, name="queries"),
    path("queries/<int:pk>", query.page, name="query"),
    path("queries/<int:pk>/check", query.check, name="check-query"),
    path("queries/<int:pk>/save", query.save, name="save-query"),
    path("queries/<int:pk>/act", query.act, name="act-query"),
    path("queries/<int:pk>/undo", query.undo, name="undo-query"),
    path("queries/<int:pk>/text", query.text, name="query-text"),
    path("queries/<int:pk>/task", query.task, name="query-task"),
    path("people", people.page, name="people"),
    path("people/<int:pk>", people.change, name="change-person"),
    path("figures", figures.page, name="figures"),
    path("figures/decisions.csv", figures.export, {"form": "csv"}, name="decisions-csv"),
    path("figures/decisions.jsonl", figures.export, {"form": "jsonl"}, name="decisions-jsonl"),
    path("audit", audit.page, name="audit"),
]

handler400 = "oncospan.review.views.errors.refused"
handler403 = "oncospan.review.views.errors.forbidden"
handler404 = "oncospan.review.views.errors.not_found"
handler500 = "oncospan.review.views.errors.defect"
