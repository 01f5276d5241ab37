"""What many tests share: the rule pack, the data that stands beside a checkout, and how Hypothesis searches."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest

from oncospan import pack as packs
from oncospan.readers import read_notes
from oncospan.types import Note

ROOT = Path(__file__).parents[1]

# A shared machine may stall for seconds: a slow example is no failure, and the same commit searches the same examples.
hypothesis.settings.register_profile("oncospan", deadline=None, derandomize=True)
hypothesis.settings.load_profile("oncospan")


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return ROOT


@pytest.fixture(scope="session")
def samples() -> Path:
    """The sample notes and their gold, written for this project."""
    return ROOT / "corpora" / "samples"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of development data beside the checkout; it is not part of the project, so a test may have to be skipped."""
    folder = ROOT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the development data (a folder named shared beside the checkout) is not here")
    return folder


@pytest.fixture(scope="session")
def pack() -> packs.Pack:
    """The rule pack as installed."""
    return packs.load()


@pytest.fixture(scope="session")
def dev_notes(shared: Path) -> tuple[Note, ...]:
    """The documents of the development set, without their gold."""
    return _notes(shared / "corpora" / "dev" / "docs.jsonl")


@pytest.fixture(scope="session")
def unlabelled(shared: Path) -> tuple[Note, ...]:
    """Reports of all specialties, for throughput and robustness."""
    return _notes(shared / "corpora" / "unlabelled" / "mtsamples.jsonl")


def _notes(path: Path) -> tuple[Note, ...]:
    if not path.is_file():
        pytest.skip(f"{path.name} is not among the development data")
    read = tuple(read_notes([path]))
    assert all(isinstance(n, Note) for n in read)
    return tuple(n for n in read if isinstance(n, Note))
