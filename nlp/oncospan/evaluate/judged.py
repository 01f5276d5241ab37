"""What reviewers decided as a measure of the rules: precision by rule, code and confidence, disagreements, and a run held against it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from math import sqrt
from typing import Any

from oncospan.evaluate.decisions import Kind, Row
from oncospan.evaluate.records import Located

JUDGED = ("accept", "reject", "replace")
BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Where the bands of confidence begin."""

_Z = 1.96


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How proposals were judged; precision with its 95% interval of Wilson."""

    accepted: int
    rejected: int
    replaced: int

    @property
    def decided(self) -> int:
        """All that were judged."""
        return self.accepted + self.rejected + self.replaced

    @property
    def precision(self) -> float | None:
        """The accepted of the judged."""
        return self.accepted / self.decided if self.decided else None

    def interval(self) -> tuple[float, float] | None:
        """Between what the precision lies, 95 times of 100."""
        if not (n := self.decided):
            return None
        p, z = self.accepted / n, _Z * _Z
        middle, spread = p + z / (2 * n), _Z * sqrt(p * (1 - p) / n + z / (4 * n * n))
        return max(0.0, (middle - spread) / (1 + z / n)), min(1.0, (middle + spread) / (1 + z / n))

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping."""
        out: dict[str, Any] = {"accepted": self.accepted, "rejected": self.rejected, "replaced": self.replaced}
        bounds = self.interval()
        if self.precision is not None and bounds:
            out |= {"precision": round(self.precision, 4), "low": round(bounds[0], 4), "high": round(bounds[1], 4)}
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """A run held against the decisions: codes that stand after the review, and codes that were refused."""

    records: int
    """Records of the run whose codes were decided."""
    absent: int
    """Decided records that the run does not have."""
    found: int
    missed: int
    refused_again: int
    gone: int
    undecided: int
    """Codes of those records that nobody judged."""
    missed_codes: Counter[str] = field(repr=False)
    again_codes: Counter[str] = field(repr=False)

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping; precision is that of the judged codes alone."""
        return {
            "records": self.records, "records_without_output": self.absent, "found": self.found, "missed": self.missed,
            "refused_again": self.refused_again, "gone": self.gone, "undecided": self.undecided,
            "precision": _ratio(self.found, self.refused_again), "recall": _ratio(self.found, self.missed),
            "missed_codes": dict(self.missed_codes.most_common()), "refused_again_codes": dict(self.again_codes.most_common()),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A decision that another person put in the place of one that said otherwise."""

    row: Row
    earlier: Row

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping."""
        return {
            "level": self.row.level, "patient_id": self.row.patient_id, "record_id": self.row.record_id, "code": self.row.key,
            "rule": self.row.rule, "from": _said(self.earlier), "to": _said(self.row),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an export of decisions says."""

    whole: Share
    added: Counter[str]
    """Codes that reviewers added: the run had missed them."""
    rules: Mapping[str, Share]
    codes: Mapping[str, Share]
    bands: Mapping[float, tuple[Share, float]]
    """By the beginning of the band: how its codes were judged, and their mean confidence."""
    gaps: Mapping[str, Counter[str]]
    """Of every gap: how often it was dismissed, asked, and each outcome."""
    reviews: Counter[str]
    """Second reviews by what they said."""
    disagreed: tuple[Row, ...]
    """Those that disagree, the words of the reviewer as their reason."""
    changes: tuple[Change, ...]

    def record(self) -> dict[str, Any]:
        """A JSON-ready mapping."""
        missed = self.whole.replaced + self.added.total()
        return {
            "codes_decided": self.whole.decided, **self.whole.record(), "added": self.added.total(),
            "recall": _ratio(self.whole.accepted, missed),
            "rules": {name: s.record() for name, s in self.rules.items()},
            "codes": {name: s.record() for name, s in self.codes.items()},
            "added_codes": dict(self.added.most_common()),
            "confidence": [{"from": b, "mean": round(mean, 4), **s.record()} for b, (s, mean) in self.bands.items()],
            "gaps": {gap: dict(counts) for gap, counts in self.gaps.items()},
            "second_reviews": dict(self.reviews),
            "disagreed": [{"level": r.level, "patient_id": r.patient_id, "record_id": r.record_id} for r in self.disagreed],
            "changed_by_another": [c.record() for c in self.changes],
        }  # fmt: skip


def judge(rows: Iterable[Row]) -> Judgement:
    """The figures of an export."""
    decisions: dict[int, Row] = {}
    reviews: list[Row] = []
    gaps: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in rows:
        match row.kind:
            case Kind.DECISION:
                decisions[row.number] = row
            case Kind.SECOND_REVIEW:
                reviews.append(row)
            case Kind.QUERY if row.verb not in {"draft", "cancelled"}:
                gaps[row.rule].update(["asked", *([row.outcome] if row.outcome else [])])
    held = [d for d in decisions.values() if d.in_force]
    for d in held:
        if d.subject == "gap" and d.verb == "dismiss":
            gaps[d.rule]["dismissed"] += 1
    judged = [d for d in held if d.subject == "code" and d.verb in JUDGED and d.rule]
    return Judgement(
        whole=_share(judged),
        added=Counter(d.key for d in held if d.verb == "add"),
        rules=_shares(judged, "rule"),
        codes=_shares(judged, "key"),
        bands=dict(_banded(judged)),
        gaps=dict(sorted(gaps.items())),
        reviews=Counter(r.verb for r in reviews),
        disagreed=tuple(r for r in reviews if r.verb == "disagrees"),
        changes=tuple(_changes(decisions)),
    )


def _share(rows: Iterable[Row]) -> Share:
    counts = Counter(r.verb for r in rows)
    return Share(accepted=counts["accept"], rejected=counts["reject"], replaced=counts["replace"])


def _shares(rows: list[Row], name: str) -> dict[str, Share]:
    """The shares by a column, those with most decisions first."""
    groups: defaultdict[str, list[Row]] = defaultdict(list)
    for r in rows:
        groups[getattr(r, name)].append(r)
    found = {key: _share(group) for key, group in groups.items()}
    return dict(sorted(found.items(), key=lambda kv: (-kv[1].decided, kv[0])))


def _banded(rows: list[Row]) -> Iterator[tuple[float, tuple[Share, float]]]:
    for begin, end in zip(BANDS, (*BANDS[1:], 2.0), strict=True):
        inside = [(r, r.confidence) for r in rows if r.confidence is not None and begin <= r.confidence < end]
        if inside:
            yield begin, (_share(r for r, _ in inside), sum(c for _, c in inside) / len(inside))


def _changes(decisions: Mapping[int, Row]) -> Iterator[Change]:
    for row in decisions.values():
        earlier = decisions.get(row.before) if row.before is not None else None
        if earlier and row.subject == "code" and not row.undone_at and earlier.by != row.by and _said(earlier) != _said(row):
            yield Change(row=row, earlier=earlier)


def _said(row: Row) -> str:
    return f"{row.verb} {row.code}".strip()


def against(rows: Iterable[Row], records: Iterable[Located]) -> Against:
    """A run held against the decisions that are in force."""
    stand: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    refused: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    for r in rows:
        if r.kind is Kind.DECISION and r.in_force and r.subject == "code":
            if r.verb in {"accept", "replace", "add"}:
                stand[r.of].add(r.code or r.key)
            if r.verb in {"reject", "replace"}:
                refused[r.of].add(r.key)
    counts: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    again: Counter[str] = Counter()
    decided, seen = stand.keys() | refused.keys(), set()
    for located in records:
        of = (located.level, str(located.record.get("patient_id") or ""), located.name)
        if of in seen or of not in decided:
            continue
        seen.add(of)
        codes = {c["code"] for c in located.record["codes"]}
        wrong = refused[of] - stand[of]
        missed.update(stand[of] - codes)
        again.update(wrong & codes)
        counts.update(found=len(stand[of] & codes), gone=len(wrong - codes), undecided=len(codes - stand[of] - wrong))
    return Against(
        records=len(seen),
        absent=len(decided - seen),
        found=counts["found"],
        missed=missed.total(),
        refused_again=again.total(),
        gone=counts["gone"],
        undecided=counts["undecided"],
        missed_codes=missed,
        again_codes=again,
    )


def _ratio(right: int, wrong: int) -> float | None:
    return round(right / (right + wrong), 4) if right + wrong else None
