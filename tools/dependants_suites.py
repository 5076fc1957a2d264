"""Run the tests of LIME that other packages have, with this package in lime's place and with lime 0.2.0.1.

``python tools/dependants.py --suites`` runs this for every entry of `SUITES`. The tests come from the source
distribution that pip downloads, or, where it has none, from a clone of the package's repository in the folder that
``--tests-from`` names. They are copied into a folder of their own, away from the package's sources, so that what they
import is the installed package. They run in the three ways of dependants_environments.py. A test whose outcome is not
the same in all three runs twice more in each: some draw without a seed, and pass or fail by chance.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from dependants_environments import CLASSIC, ROOT, WAYS, install, install_ours, last_line, run, say, variables

PLUGIN = ROOT / "tools" / "dependants_plugin.py"
SUITE_LIMIT = 3600
"""Seconds that one run of a suite may take."""

AGAIN = 2
"""How often a test runs again where its outcomes differ."""

NAMES = {"ours": "here", "classic": "`classic`", CLASSIC: CLASSIC}


@dataclass(frozen=True)
class Suite:
    """A package's own tests of LIME, and what it takes to run them.

    Attributes
    ----------
    package : str
        Name on the registry.
    version : str
    repository : str
        What to clone; the clone's folder has the name that git gives it.
    tests : tuple of str
        Files, or tests of a file in pytest's words.
    copied : tuple of str
        Files and folders of the sources that the tests need, their own among them.
    shipped : bool
        Whether the source distribution has the tests.
    needs : tuple of str
        Requirements that are installed first.
    alone : bool
        Whether the package is installed without the requirements that it states.
    draws : tuple of str
        Names of tests that compare with numbers of 0.2.0.1's draws from a seed, which `classic` alone gives.
    """

    package: str
    version: str
    repository: str
    tests: tuple[str, ...]
    copied: tuple[str, ...]
    shipped: bool = False
    needs: tuple[str, ...] = ()
    alone: bool = True
    draws: tuple[str, ...] = ()

    @property
    def clone(self) -> str:
        return self.repository.rpartition("/")[2]


SUITES = (
    Suite(
        "lime",
        CLASSIC,
        "https://github.com/marcotcr/lime",
        tests=("lime/tests",),
        copied=("lime/tests",),
        shipped=True,
    ),
    Suite(
        "dianna",
        "1.8.1",
        "https://github.com/dianna-ai/dianna",
        tests=(
            "tests/methods/test_lime_image.py",
            "tests/methods/test_lime_text.py",
            "tests/methods/test_lime_timeseries.py",
            "tests/methods/test_tabular.py",
            "tests/test_kwargs.py",
        ),
        copied=("tests",),
        needs=("fastdtw", "xarray", "onnx", "onnxruntime", "shap", "ipython", "pooch", "pandas", "spacy"),
        draws=("test_lime_function", "test_lime_values"),
    ),
    Suite(
        "shapash",
        "2.10.0",
        "https://github.com/MAIF/shapash",
        tests=(
            "tests/unit_tests/backend/test_lime_backend.py",
            "tests/unit_tests/explainer/test_smart_explainer.py::TestSmartExplainer::test_compile_4",
        ),
        copied=("tests",),
        shipped=True,
        needs=("setuptools<81", "catboost", "xgboost", "lightgbm", "panel"),
        alone=False,
    ),
    Suite(
        "contextual-ai",
        "0.0.2",
        "https://github.com/SAP/contextual-ai",
        tests=("tests/explainer",),
        copied=("tests",),
        needs=("dill", "shap", "pandas<3", "setuptools<81", "matplotlib", "tqdm"),
    ),
    Suite(
        "interpret-community",
        "0.32.0",
        "https://github.com/interpretml/interpret-community",
        tests=("tests/test_lime_explainer.py",),
        copied=("tests",),
        needs=(
            "numpy<2.3",
            "ml-wrappers~=0.6.0",
            "interpret-core<=0.6.9",
            "shap<=0.46.0",
            "raiutils~=0.4.0",
            "setuptools<81",
            "lightgbm",
            "xgboost",
            "torch==2.13.0",
        ),
        alone=False,
    ),
    Suite(
        "lit-nlp",
        "1.3.1",
        "https://github.com/PAIR-code/lit",
        tests=("lit_nlp/components/citrus/lime_test.py", "lit_nlp/components/lime_explainer_test.py"),
        copied=("lit_nlp/components/citrus/lime_test.py", "lit_nlp/components/lime_explainer_test.py"),
        shipped=True,
        needs=("absl-py", "attrs", "ml-collections", "termcolor", "portpicker", "etils[epath]", "pandas<3"),
    ),
)


@dataclass
class SuiteOutcome:
    """How a suite went: by way, the outcome of each test; by test, how often it passed where outcomes differ."""

    package: str
    version: str
    source: str
    error: str = ""
    found: dict[str, dict[str, str]] = field(default_factory=dict)
    said: dict[str, str] = field(default_factory=dict)
    passes: dict[str, dict[str, int]] = field(default_factory=dict)
    draws: tuple[str, ...] = ()
    written: tuple[str, ...] = ()

    def worse(self, way: str) -> list[str]:
        """Tests that pass with 0.2.0.1 more often than in this way."""
        return [test for test, times in self.passes.items() if times[way] < times[CLASSIC]]

    @property
    def good(self) -> bool:
        """Whether tests pass with 0.2.0.1 and none of them fails here, but for those that compare with its draws."""
        fail = {way: {test for test in self.worse(way) if not self.passes[test][way]} for way in WAYS}
        known = {test for test in fail["ours"] if any(name in test for name in self.draws)}
        some = "passed" in self.found.get(CLASSIC, {}).values()
        return not self.error and some and not fail["classic"] and fail["ours"] == known


def unpack(suite: Suite, clones: Path | None, folder: Path) -> tuple[Path | None, str]:
    """The folder with the suite's sources, and where they are from; or None and what is missing."""
    if clones is not None and (clones / suite.clone).is_dir():
        return clones / suite.clone, "repository"
    if not suite.shipped:
        return None, f"git clone {suite.repository} DIR/{suite.clone}, then --tests-from DIR"
    wanted = ["--no-deps", "--no-binary", ":all:", "--dest", str(folder), f"{suite.package}=={suite.version}"]
    done = run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", *wanted])
    if done.returncode:
        return None, f"its source distribution cannot be downloaded: {last_line(done.stderr)}"
    with tarfile.open(next(folder.glob("*.tar.gz"))) as archive:
        archive.extractall(folder / "sources", filter="data")
    return next((folder / "sources").iterdir()), "source distribution"


def copy_tests(suite: Suite, sources: Path, work: Path) -> None:
    """Copy the tests and what they need, and nothing that would hide the installed packages."""
    for name in suite.copied:
        target = work / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (sources / name).is_dir():
            shutil.copytree(sources / name, target, ignore=shutil.ignore_patterns("__pycache__", ".git"))
        else:
            shutil.copy(sources / name, target)
    shutil.copy(PLUGIN, work)


def run_tests(tests: Iterable[str], home: Path, work: Path, way: str) -> tuple[dict[str, tuple[str, str]], list[str]]:
    """Outcome and last words of each test, and which data were written since they could not be downloaded."""
    results = work / "results.jsonl"
    results.unlink(missing_ok=True)
    python = str(home / "bin" / "python")
    options = ["-q", "-p", "no:cacheprovider", "-p", "dependants_plugin", "--rootdir", str(work)]
    options.append("--continue-on-collection-errors")
    environment = variables(home, way) | {"DEPENDANTS_RESULTS": str(results)}
    done = run([python, "-m", "pytest", *options, *tests], cwd=work, env=environment, timeout=SUITE_LIMIT)
    (home / f"{way}.log").write_text(done.stdout + done.stderr)
    found, written = {}, set()
    for line in results.read_text().splitlines() if results.exists() else ():
        row = json.loads(line)
        if "written" in row:
            written.add(row["written"])
        else:
            found[row["test"]] = (row["outcome"], row["said"])
    if not found:
        raise SystemExit(f"{home.name}, {way}: no test ran. {last_line(done.stdout)} {last_line(done.stderr)}")
    return found, sorted(written)


def try_suite(suite: Suite, home: Path, base: Path, *, ours: Path, theirs: Path, clones: Path | None) -> SuiteOutcome:
    """Run a suite in the three ways, and what differs again."""
    outcome = SuiteOutcome(suite.package, suite.version, "", draws=suite.draws)
    with tempfile.TemporaryDirectory() as folder:
        sources, outcome.source = unpack(suite, clones, Path(folder))
        if sources is None:
            outcome.source, outcome.error = "", outcome.source
            return outcome
        if not (home / "ready").exists():
            say(suite.package, "installing")
            package = f"{suite.package}=={suite.version}"
            outcome.error = install(package, ("pytest", *suite.needs), suite.alone, home, base=base, theirs=theirs)
            if outcome.error:
                return outcome
        install_ours(home, ours)
        work = Path(folder) / "tests"
        copy_tests(suite, sources, work)
        for way in WAYS:
            found, written = run_tests(suite.tests, home, work, way)
            outcome.found[way] = {test: result for test, (result, _) in found.items()}
            outcome.said |= {f"{way}: {test}": said for test, (_, said) in found.items() if said}
            outcome.written = tuple(written)
            say(suite.package, way, counts(outcome.found[way]))
        run_again(outcome, home, work)
    return outcome


def run_again(outcome: SuiteOutcome, home: Path, work: Path) -> None:
    """Count how often a test passes where its outcomes differ."""
    every = dict.fromkeys(test for found in outcome.found.values() for test in found)
    differ = [test for test in every if len({outcome.found[way].get(test) for way in WAYS}) > 1]
    outcome.passes = {test: {way: int(outcome.found[way].get(test) == "passed") for way in WAYS} for test in differ}
    for _ in range(AGAIN if differ else 0):
        for way in WAYS:
            found, _ = run_tests(differ, home, work, way)
            for test in differ:
                outcome.passes[test][way] += found.get(test, ("", ""))[0] == "passed"
    for test, times in outcome.passes.items():
        say(outcome.package, test, ", ".join(f"{NAMES[way]} {times[way]} of {AGAIN + 1}" for way in WAYS))


def counts(found: dict[str, str]) -> str:
    """How many tests passed, of how many; those that are skipped, or that their authors expect to fail, left out."""
    ran = [result for result in found.values() if result != "skipped"]
    return f"{ran.count('passed')} of {len(ran)}"


def suites_table(outcomes: list[SuiteOutcome]) -> str:
    """The outcomes as Markdown."""
    lines = [
        "| package | version | tests from | with 0.2.0.1 | here | with `classic` | what differs, or was written |",
        "| --- | --- | --- | ---: | ---: | ---: | --- |",
    ]
    for one in sorted(outcomes, key=lambda one: one.package.lower()):
        if one.error:
            lines.append(f"| {one.package} | {one.version} | {one.source} | – | – | – | not run: {one.error} |")
            continue
        numbers = [counts(one.found[way]) for way in (CLASSIC, "ours", "classic")]
        notes = [
            f"`{test.rpartition('::')[2]}`: "
            + ", ".join(f"{NAMES[way]} {times[way]} of {AGAIN + 1}" for way in (CLASSIC, "ours", "classic"))
            for test, times in one.passes.items()
        ]
        if one.written:
            notes.append(f"written for it: {', '.join(one.written)}")
        cells = (one.package, one.version, one.source, *numbers, "; ".join(notes))
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
