"""Train the confidence of proposed codes: ``python models/train_confidence.py [--out DIR] [--check NOTES GOLD]``.

Reads the corpora of the project (never a test split), measures a logistic regression out of fold, chooses the review threshold
and writes ``confidence.toml``, and the figures of MODEL_CARD.md beside it, into DIR: the same corpora and rules give the same
bytes. ``--check`` writes nothing; it measures the shipped model on other annotated notes.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a fit of a few hundred rows only waits for more threads
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from oncospan.coding.features import FEATURES, Around, numbers, stands
from oncospan.coding.learned import FILE, ConfidenceModel, read_model
from oncospan.engine import Analyser
from oncospan.evaluate import Row, read_rows
from oncospan.evaluate.facts import code_outcome, is_right
from oncospan.pack import load
from oncospan.pipeline.sentence.site_roles import FILE as ROLES_FILE
from oncospan.pipeline.sentence.site_roles import roles_of
from oncospan.pipeline.sentence.site_roles import text_of as roles_text
from oncospan.readers import read_notes
from oncospan.types import Analysis, BadNote, Note
from train_site_roles import examples
from train_site_roles import fitted as site_roles

ROOT = Path(__file__).resolve().parent.parent
CORPORA = ("samples", "gold/train")
SEEDS, FOLDS = 5, 5
STRENGTH = 0.03
"""The inverse of the L2 penalty on standardised features; strong, for there are few wrong codes to learn from."""
DIGITS = 4
"""Digits of a weight: what is left out is far below what a confidence shows, and differs between machines."""
THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(20))
CEILING = 0.4
"""The highest default threshold: what a rule states in so many words stays proposed, rare as it may be in the corpus, unless a site
wants it otherwise; above it the worked examples of the coding rules begin to go to review."""
NAMES = tuple(FEATURES)
SIGNS = np.array([FEATURES[n].sign for n in NAMES])


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """Annotated notes with the analysis of the rules alone, and the proposed codes that are right or wrong, a row each."""

    notes: Sequence[tuple[Analysis, Row]]
    x: Any
    y: Any
    note: Any
    where: Sequence[tuple[int, str]]

    @property
    def fixed(self) -> Any:
        """The fixed figures of the rules."""
        return self.x[:, NAMES.index("rule_figure")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """What is proposed at one threshold."""

    threshold: float
    asked: float
    precision: float
    recall: float
    f1: float


def read(pairs: Iterable[tuple[Path, Path]]) -> list[tuple[Note, Row]]:
    """The notes of pairs of a file of notes and a file of gold, each with its gold."""
    out: list[tuple[Note, Row]] = []
    for path, gold_path in pairs:
        gold = read_rows(gold_path)
        out += [(n, gold[n.note_id]) for n in read_notes([path]) if not isinstance(n, BadNote) and n.note_id in gold]
    return out


def crossed(notes: Sequence[tuple[Note, Row]]) -> list[Analysis]:
    """The analyses of the rules alone, the sites of each note read by a model that saw no mention of it."""
    rows = examples(notes)
    found: dict[int, Analysis] = {}
    for fold in range(FOLDS):
        analyser = Analyser(second_opinion=False, roles=site_roles(r for r in rows if r.note % FOLDS != fold))
        found |= {i: analyser.analyse(note) for i, (note, _) in enumerate(notes) if i % FOLDS == fold}
    return [found[i] for i in range(len(notes))]


def tabled(analyses: Iterable[Analysis], golds: Iterable[Row]) -> Data:
    """The data of analyses and their gold."""
    notes = list(zip(analyses, golds, strict=True))
    rows, where = [], []
    for i, (a, gold_row) in enumerate(notes):
        around = around_of(a)
        for p in a.codes:
            right = is_right(gold_row, p.code)
            if stands(p) and right is not None:
                rows.append(([numbers(p, around)[n] for n in NAMES], int(right)))
                where.append((i, p.code))
    return Data(
        notes=notes, x=np.array([r for r, _ in rows]), y=np.array([y for _, y in rows]), note=np.array([i for i, _ in where]),
        where=where,
    )  # fmt: skip


def around_of(a: Analysis) -> Around:
    """What stands around the proposals of an analysis."""
    return Around(a.findings, a.codes, a.gaps, a.note.author_role, len(a.note.text))


def fitted(x: Any, y: Any, *, signed: bool = True) -> tuple[float, Any]:
    """Intercept and weights on plain features; those that come out against their sign are left out, the worst first."""
    keep = [i for i in range(x.shape[1]) if x[:, i].std() > 0]
    while True:
        mean, scale = x[:, keep].mean(0), x[:, keep].std(0)
        model = LogisticRegression(C=STRENGTH, solver="newton-cholesky", tol=1e-10, max_iter=500).fit(
            (x[:, keep] - mean) / scale, y
        )
        against = model.coef_[0] * SIGNS[keep]
        if not signed or against.min() >= 0:
            break
        keep.pop(int(against.argmin()))
    weights = np.zeros(x.shape[1])
    weights[keep] = model.coef_[0] / scale
    return float(model.intercept_[0] - (model.coef_[0] * mean / scale).sum()), weights


def logistic(signed: bool) -> Callable[[Any, Any, Any], Any]:
    """Fits on some rows and estimates others."""

    def estimate(x: Any, y: Any, others: Any) -> Any:
        intercept, weights = fitted(x, y, signed=signed)
        return 1 / (1 + np.exp(-(intercept + others @ weights)))

    return estimate


def boosted(x: Any, y: Any, others: Any) -> Any:
    """The same with boosted trees that keep to the signs."""
    model = HistGradientBoostingClassifier(
        max_iter=40,
        max_depth=2,
        learning_rate=0.08,
        min_samples_leaf=10,
        monotonic_cst=SIGNS,
        early_stopping=False,
        random_state=0,
    )
    return model.fit(x, y).predict_proba(others)[:, 1]


def base_rate(_: Any, y: Any, others: Any) -> Any:
    """The same with the share of right codes for every code."""
    return np.full(len(others), y.mean())


def out_of_fold(data: Data, estimate: Callable[[Any, Any, Any], Any]) -> list[Any]:
    """For every seed the estimates of all rows, each by a model that saw no code of its note."""
    runs = []
    for seed in range(SEEDS):
        found = np.zeros(len(data.y))
        folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=seed)
        for train, test in folds.split(data.x, data.y, data.note):
            found[test] = estimate(data.x[train], data.y[train], data.x[test])
        runs.append(found)
    return runs


def quality(y: Any, runs: Sequence[Any]) -> tuple[float, float, float]:
    """Log loss, Brier score and ranking (area under the curve), the mean over the runs."""
    figures = [(log_loss(y, np.clip(p, 0.01, 0.99)), brier_score_loss(y, p), roc_auc_score(y, p)) for p in runs]
    ll, brier, auc = np.mean(figures, axis=0)
    return float(ll), float(brier), float(auc)


def curve(data: Data, runs: Sequence[Any]) -> list[Point]:
    """What is proposed at every threshold, the mean over the runs; a code sent to review counts as not found."""
    return [_point(t, np.mean([_counts(data, p, t) for p in runs], axis=0)) for t in THRESHOLDS]


def _counts(data: Data, chances: Any, threshold: float) -> tuple[int, int, int, int]:
    sent = {w for w, c in zip(data.where, chances, strict=True) if c < threshold}
    total = [0, 0, 0]
    for i, (a, gold) in enumerate(data.notes):
        kept = [{"code": p.code} for p in a.codes if stands(p) and (i, p.code) not in sent]
        for k, n in enumerate(code_outcome(gold, {"codes": kept}, lambda code: code).counts):
            total[k] += n
    return *total, len(sent)  # type: ignore[return-value]


def _point(threshold: float, counts: Any) -> Point:
    tp, fp, fn, sent = counts
    precision, recall = tp / (tp + fp) if tp + fp else 1.0, tp / (tp + fn) if tp + fn else 1.0
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Point(threshold=threshold, asked=sent / (sent + tp + fp), precision=precision, recall=recall, f1=f1)


def chosen(points: Sequence[Point]) -> Point:
    """The threshold of the best F1 among those at least as precise as the rules alone, the highest of equals; none above CEILING."""
    able = [p for p in points if p.threshold <= CEILING and p.precision >= points[0].precision]
    return max(able, key=lambda p: (round(p.f1, 3), p.threshold))


def bins(y: Any, runs: Sequence[Any]) -> list[tuple[str, int, float, float]]:
    """Calibration: the codes of all runs by their estimate; how many a run, the mean estimate, the share that is right."""
    chance, right = np.concatenate(runs), np.tile(y, len(runs))
    out = []
    for low, high in pairwise((0.0, 0.6, 0.7, 0.8, 0.9, 1.0001)):
        inside = (chance >= low) & (chance < high)
        if inside.any():
            n = round(inside.sum() / len(runs))
            out.append((f"{low:.1f} to {min(high, 1):.1f}", n, chance[inside].mean(), right[inside].mean()))
    return out


def rows_digest(data: Data) -> str:
    """The digest of the rows: the same where corpora and rules say the same."""
    rows = [f"{','.join(f'{v:.6f}' for v in x)}={y}" for x, y in zip(data.x, data.y, strict=True)]
    return f"sha256:{hashlib.sha256(chr(10).join(rows).encode()).hexdigest()}"


def text_of(model: ConfidenceModel, digest: str) -> str:
    """The file of a model; ``digest`` is that of the rows it was trained on."""
    lines = ["# Written by models/train_confidence.py (make train); MODEL_CARD.md tells how. Features: oncospan.coding.features."]
    lines += [f'rows = "{digest}"', f"threshold = {model.threshold}", f"intercept = {model.intercept}", "", "[weights]"]
    return "\n".join([*lines, *(f"{name} = {weight}" for name, weight in model.weights.items())]) + "\n"


def train(data: Data) -> tuple[ConfidenceModel, str]:
    """The model of all data, and its figures out of fold as Markdown."""
    runs = out_of_fold(data, logistic(signed=True))
    points = curve(data, runs)
    best = chosen(points)
    intercept, weights = fitted(data.x, data.y)
    rounded = {n: round(float(w), DIGITS) for n, w in zip(NAMES, weights, strict=True)}
    model = ConfidenceModel(
        threshold=best.threshold, intercept=round(intercept, DIGITS), weights={n: w for n, w in rounded.items() if w}
    )
    others = {
        "the rules' fixed figures": [data.fixed], "one figure for all": out_of_fold(data, base_rate), "**this model**": runs,
        "the same without site roles": out_of_fold(_without(data, "site_role"), logistic(signed=True)),
        "the same, signs left free": out_of_fold(data, logistic(signed=False)), "boosted trees with the signs": out_of_fold(data, boosted),
    }  # fmt: skip
    return model, _figures(data, model, points, runs, {k: quality(data.y, v) for k, v in others.items()})


def _without(data: Data, name: str) -> Data:
    """The data with one feature the same for all, so that no model can use it."""
    x = data.x.copy()
    x[:, NAMES.index(name)] = 0.0
    return replace(data, x=x)


def _figures(
    data: Data,
    model: ConfidenceModel,
    points: Sequence[Point],
    runs: Sequence[Any],
    ablation: Mapping[str, tuple[float, float, float]],
) -> str:
    out = [f"{len(data.notes)} notes, {len(data.y)} proposed codes, {int((data.y == 0).sum())} of them wrong.", ""]
    out += _table(
        ("confidence", "log loss", "Brier", "ranking (AUC)"), [(k, *(f"{v:.3f}" for v in q)) for k, q in ablation.items()]
    )
    out += _table(
        ("estimate", "codes", "mean estimate", "share right"),
        [(r, str(n), f"{c:.2f}", f"{s:.2f}") for r, n, c, s in bins(data.y, runs)],
    )
    out += _table(
        ("threshold", "sent to review", "precision", "recall", "F1"),
        [
            (f"**{p.threshold:.2f}**" if p.threshold == model.threshold else f"{p.threshold:.2f}", f"{p.asked:.1%}",
             f"{p.precision:.3f}", f"{p.recall:.3f}", f"{p.f1:.3f}")
            for p in points if p.threshold in (0.0, model.threshold) or p.threshold >= 0.3
        ],
    )  # fmt: skip
    rows = sorted(model.weights.items(), key=lambda w: -abs(w[1]) * float(data.x[:, NAMES.index(w[0])].std()))
    out += _table(
        ("feature", "what it is", "weight", "times its spread"),
        [(f"`{n}`", FEATURES[n].what, f"{w:+.3f}", f"{w * data.x[:, NAMES.index(n)].std():+.2f}") for n, w in rows],
    )
    unused = [f"`{n}`" for n in NAMES if n not in model.weights]
    return "\n".join(
        [*out, f"Without weight, as their sign or spread did not hold: {', '.join(unused)}." if unused else ""]
    ).rstrip()


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return ["| " + " | ".join(r) + " |" for r in (head, ["---"] * len(head), *rows)] + [""]


def with_figures(card: str, figures: str) -> str:
    """The card with its figures between the marks."""
    marked = f"<!-- figures: begin -->\n{figures}\n<!-- figures: end -->"
    return re.sub(r"<!-- figures: begin -->.*<!-- figures: end -->", lambda _: marked, card, flags=re.DOTALL)


def check(data: Data, model: ConfidenceModel) -> None:
    """Print how the model does on notes it was not trained on."""
    chances = []
    for a, gold in data.notes:
        around = around_of(a)
        chances += [model.chance(p, around) for p in a.codes if stands(p) and is_right(gold, p.code) is not None]
    for name, p in (("rules", data.fixed), ("model", np.array(chances))):
        print(name, "log loss {:.3f}  Brier {:.4f}  AUC {:.3f}".format(*quality(data.y, [p])))
    for point in curve(data, [np.array(chances)]):
        mark = " <- default" if point.threshold == model.threshold else ""
        print(
            f"{point.threshold:.2f}  review {point.asked:.3f}  P {point.precision:.3f}  R {point.recall:.3f}  F1 {point.f1:.3f}{mark}"
        )


def main() -> None:
    """Train and write, or check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=load().root / Path(FILE).parent)
    parser.add_argument("--check", type=Path, nargs=2, metavar=("NOTES", "GOLD"))
    parser.add_argument("--corpora", type=Path, default=ROOT / "corpora")
    args = parser.parse_args()
    if args.check:
        notes = read([tuple(args.check)])
        analyser = Analyser(second_opinion=False, roles=roles_of(load()))
        check(tabled((analyser.analyse(n) for n, _ in notes), (g for _, g in notes)), read_model(load().root / FILE))
        return
    folders = [args.corpora / name for name in CORPORA]
    if absent := [str(f) for f in folders if not f.is_dir()]:
        parser.error(f"no such corpus: {', '.join(absent)}")
    notes = read((f / "notes.jsonl", f / "gold.jsonl") for f in folders)
    data = tabled(crossed(notes), (g for _, g in notes))
    model, figures = train(data)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / Path(ROLES_FILE).name).write_text(roles_text(site_roles(examples(notes)).weights), encoding="utf-8", newline="\n")
    (args.out / Path(FILE).name).write_text(text_of(model, rows_digest(data)), encoding="utf-8", newline="\n")
    card = load().root / Path(FILE).parent / "MODEL_CARD.md"
    (args.out / card.name).write_text(with_figures(card.read_text(encoding="utf-8"), figures), encoding="utf-8", newline="\n")
    print(figures)


if __name__ == "__main__":
    main()
