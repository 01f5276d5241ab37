"""Severity and risk are for the coder: right by the tables, and kept out of every query by imports, by type and by words."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import grimp
import pytest

from oncospan.coder_facts import CAUTION, CoderFacts, coder_facts, coder_lines
from oncospan.engine import Settings, analyse_notes
from oncospan.gaps.lint import lint
from oncospan.gaps.query import compose
from oncospan.gaps.wording import wordings
from oncospan.icd import code_set
from oncospan.pack import Pack
from oncospan.readers import read_notes
from oncospan.types import Indicator, Query

MONEY = re.compile(
    r"\b(?:M?CCs?|HCCs?|DRGs?|RAF|severity of illness|reimburse\w*|payment|risk adjust\w*|quality (?:score|metric)s?)\b"
)


class TestFacts:
    @pytest.mark.parametrize(
        ("code", "release", "level", "hcc"),
        [
            ("C7B.02", "FY2026", "CC", "17"),
            ("C7B02", "FY2027", "CC", "17"),
            ("C7B.00", "FY2027", "none", "17"),
            ("C7B.1", "FY2027", "none", "17"),
            ("C80.1", "FY2027", "none", "23"),
            ("C77.3", "FY2027", "CC", "20"),
            ("C79.51", "FY2026", "CC", "18"),
            ("D3A.012", "FY2027", "none", "22"),
            ("E34.00", "FY2027", "CC", "17"),
            ("C78.31", "FY2027", "CC", "none"),
            ("C78.31", "FY2026", "none", "none"),
            ("E88.A", "FY2027", "none", "unknown"),
            ("C7B.02", "FY2025", "unknown", "17"),
            ("Z85.3", "FY2027", "none", "unknown"),
        ],
    )
    def test_of_a_code(self, pack: Pack, code: str, release: str, level: str, hcc: str) -> None:
        facts = coder_facts(pack, code, release)
        assert (facts.level, facts.hcc[2026], facts.hcc[2027]) == (level, hcc, hcc)

    def test_agree_with_the_curated_list(self, shared: Path, pack: Pack) -> None:
        rows = json.loads((shared / "domain/data/relevant_codes_fy2027.json").read_text(encoding="utf-8"))
        mine = {r["code"]: coder_facts(pack, r["code"], "FY2027") for r in rows if r["billable"] and r["valid_v44"]}
        levels = {c: (r["cc_v44"], mine[c].level) for r in rows if (c := r["code"]) in mine}
        assert {c: pair for c, pair in levels.items() if (pair[0] or "none") != pair[1]} == {}
        risks = {c: (r["hcc_v28_py2027"], mine[c].hcc[2027]) for r in rows if (c := r["code"]) in mine}
        assert {c: pair for c, pair in risks.items() if pair[1] != "unknown" and (pair[0] or "none") != pair[1]} == {}

    @pytest.mark.parametrize(("table", "column"), [("severity", "code"), ("hcc_v28", "code")])
    def test_every_row_is_a_billable_code(self, pack: Pack, table: str, column: str) -> None:
        codes = code_set(pack, "FY2027")
        with (pack.root / "icd10cm" / "coder_facts" / f"{table}.tsv").open(encoding="utf-8", newline="") as f:
            rows = [r[column] for r in csv.DictReader(f, delimiter="\t")]
        assert len(rows) == len(set(rows)) > 1000
        assert [c for c in rows if not codes.billable(c)] == []

    def test_shown_with_their_source_and_a_caution(self, pack: Pack) -> None:
        lines = list(coder_lines([coder_facts(pack, "C7B.02", "FY2027")]))
        assert lines[1].split() == ["C7B.02", "CC", "17", "17", "IPPS", "table", "6J", "FY2026"]
        assert lines[-1] == CAUTION


class TestNeverInAQuery:
    def test_no_way_of_imports_leads_from_queries_to_the_facts(self) -> None:
        graph = grimp.build_graph("oncospan")
        above = {"oncospan.cli", "oncospan.__main__"}
        above |= {
            f"oncospan.review.{module}" for module in ("coder_view", "views.facts", "urls", "urls_oidc")
        }  # a page of their own
        assert graph.find_downstream_modules("oncospan.coder_facts") == above
        assert not graph.chain_exists("oncospan.gaps", "oncospan.coder_facts", as_packages=True)

    def test_facts_are_no_text(self, pack: Pack) -> None:
        facts = coder_facts(pack, "C7B.02", "FY2027")
        with pytest.raises(TypeError, match="must not reach a query"):
            str(facts)
        with pytest.raises(TypeError, match="must not reach a query"):
            f"{facts}"
        with pytest.raises(TypeError, match="must not reach a query"):
            "{x}".format_map({"x": facts})
        assert repr(facts) == "CoderFacts(C7B.02)"

    def test_no_query_can_be_composed_with_them(self, pack: Pack) -> None:
        facts = coder_facts(pack, "C7B.02", "FY2027")
        indicators = [Indicator(text="ileal carcinoid", source="note", date=None)]
        for template in wordings(pack).gaps.values():
            names = re.findall(r"\{(\w+)\}", template.question + "".join(o.text for o in template.options))
            if names:
                values: dict[str, CoderFacts] = dict.fromkeys(names, facts)
                with pytest.raises(TypeError):
                    compose(template, indicators, values)  # type: ignore[arg-type]  # the point of the test
        with pytest.raises((TypeError, AttributeError)):
            lint(Query(title=facts, indicators=(), question=facts, options=(facts,)))  # type: ignore[arg-type]

    def test_no_wording_and_no_composed_query_speaks_of_money(self, pack: Pack, samples: Path) -> None:
        for template in wordings(pack).gaps.values():
            for text in (template.title, template.question, *(o.text for o in template.options)):
                assert not MONEY.search(text), template.where
        queries = [g.query for a in analyse_notes(read_notes([samples / "notes.jsonl"]), Settings()) for g in a.gaps]
        assert len(queries) > 10
        for q in queries:
            assert not MONEY.search(" ".join((q.title, q.question, *q.options)))

    def test_no_record_holds_them(self, samples: Path) -> None:
        for analysis in analyse_notes(read_notes([samples / "notes.jsonl"]), Settings()):
            keys = {k for c in analysis.record()["codes"] for k in c}
            assert not keys & {"level", "hcc", "cc", "severity", "drg"}
