"""The project as others receive it: the wheel, the editable install, the lock files, and what NOTICE promises."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import oncospan

DATA = {".toml", ".tsv", ".yaml", ".md"}
LOCKS = ("requirements.lock", "build.lock", "bench.lock", "spark.lock")
IMPORT_ALL = """
import importlib, os, pkgutil, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "oncospan.review.settings"
import django, oncospan
django.setup()  # the models of the workbench are imported by Django alone
for module in pkgutil.walk_packages(oncospan.__path__, "oncospan."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""
WHERE = """
import oncospan, oncospan_metastatic
from pathlib import Path
from oncospan.pack import load
pack = load()
assert pack.root == Path(oncospan_metastatic.__file__).parent
print(Path(oncospan.__file__).parent, pack.root, pack.digest, sep="\\n")
"""


@pytest.fixture(scope="module")
def sources(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what a build reads: building in the checkout would leave files there, and take up old ones."""
    copy = tmp_path_factory.mktemp("sources")
    for folder in ("nlp", "models"):
        shutil.copytree(root / folder, copy / folder, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(root / name, copy / name)
    return copy


@pytest.fixture(scope="module")
def wheel(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(sources))
    (built,) = folder.glob("*.whl")
    return built


def _pip(*arguments: str) -> None:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _fresh(folder: Path) -> Path:
    """The Python of a new environment which sees the libraries of this one, but not this one's OncoSpan."""
    venv.create(folder, symlinks=True)
    own = sysconfig.get_path("purelib", "venv", {"base": str(folder), "platbase": str(folder)})
    # A path in a .pth file goes on sys.path, last, and the .pth files found there (an editable OncoSpan) are not read.
    Path(own, "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    return folder / "bin" / "python"


def _said(python: Path | str, code: str, cwd: Path) -> list[str]:
    done = subprocess.run([str(python), "-I", "-c", code], capture_output=True, text=True, check=False, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.slow
def test_one_wheel_holds_the_engine_and_every_data_file_of_the_pack(sources: Path, wheel: Path) -> None:
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    code = {p.relative_to(sources / "nlp").as_posix() for p in (sources / "nlp").rglob("*") if p.is_file()}
    folder = sources / "models" / "oncospan_metastatic"
    data = {p.relative_to(sources / "models").as_posix() for p in folder.rglob("*") if p.suffix in DATA}

    assert any(name.endswith("codes.tsv") for name in data)
    assert inside == code | data | {"oncospan_metastatic/__init__.py"}


@pytest.mark.slow
def test_the_wheel_states_its_license_its_command_and_one_version(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    (info,) = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
    metadata = archive.read(f"{info}/METADATA").decode()

    assert info == f"oncospan-{oncospan.__version__}.dist-info"
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/NOTICE"} <= set(archive.namelist())
    assert "License-Expression: Apache-2.0\n" in metadata
    assert "oncospan = oncospan.cli:main" in archive.read(f"{info}/entry_points.txt").decode()
    assert "oncospan = oncospan.spacy_component:make_oncospan" in archive.read(f"{info}/entry_points.txt").decode()


@pytest.mark.slow
def test_an_installed_wheel_finds_its_pack(wheel: Path, root: Path, tmp_path: Path) -> None:
    python = _fresh(tmp_path / "env")
    _pip("--python", str(python), "install", "--no-deps", str(wheel))

    engine, pack, digest = _said(python, WHERE, tmp_path)

    assert Path(engine).is_relative_to(tmp_path)
    assert Path(pack).is_relative_to(tmp_path)
    assert digest == oncospan.pack.read(root / "models" / "oncospan_metastatic").digest


@pytest.mark.slow
def test_an_editable_install_imports_both_roots_from_the_checkout(sources: Path, tmp_path: Path) -> None:
    python = _fresh(tmp_path / "env")
    _pip("--python", str(python), "install", "--no-deps", "--no-build-isolation", "--editable", str(sources))

    engine, pack, _ = _said(python, WHERE, tmp_path)

    assert Path(engine) == sources / "nlp" / "oncospan"
    assert Path(pack) == sources / "models" / "oncospan_metastatic"


def test_the_installed_version_is_the_one_in_the_source() -> None:
    assert version("oncospan") == oncospan.__version__


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_file_names_no_host_and_no_place_and_hashes_everything(root: Path, name: str) -> None:
    lines = (root / name).read_text(encoding="utf-8").splitlines()
    pins = [i for i, line in enumerate(lines) if re.match(r"[\w.-]+==", line)]

    assert pins
    assert not [line for line in lines if re.search(r"://|(?<!\w)/|\s@\s|^-", line)]
    assert all("--hash=sha256:" in lines[i + 1] for i in pins)


def test_the_lock_has_what_the_project_asks_for(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    text = "\n".join((root / name).read_text(encoding="utf-8") for name in LOCKS)
    locked = dict(re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE))
    extras = [r for extra in project["optional-dependencies"].values() for r in extra]
    wanted = [Requirement(r) for r in [*project["dependencies"], *extras]]

    # The lock is for Python 3.11, whatever runs this test.
    here = [r for r in wanted if r.marker is None or r.marker.evaluate({"python_version": "3.11"})]
    unmet = [str(r) for r in here if not r.specifier.contains(locked.get(canonicalize_name(r.name), "0"), prereleases=True)]

    assert len(here) > 20
    assert not unmet, "make lock"


def test_no_part_of_oncospan_loads_what_the_notice_says_it_does_not(tmp_path: Path) -> None:
    loaded = set(_said(sys.executable, IMPORT_ALL, tmp_path))

    assert "medspacy" in loaded
    assert not loaded & {"unidecode", "medspacy_quickumls", "quickumls", "nltk"}
