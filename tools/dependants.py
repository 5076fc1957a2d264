"""Run other people's programs that import lime with this package in lime's place, and print a table of the outcomes.

``python tools/dependants.py`` takes every entry of `DEPENDANTS`; ``python tools/dependants.py dalex shapash`` takes
these. For each of them an environment of its own is made with ``venv``, the package is installed, then a wheel of this
checkout. The small program ``tools/dependants/use_NAME.py`` uses what the package offers for lime, in the package's own
terms, and prints the weights that it got, as JSON. It runs three times:

``ours``
    with this package and nothing else changed;
``classic``
    the same with ``LIME_SAMPLING_METHOD=classic``;
``0.2.0.1``
    with lime 0.2.0.1, which lies in a folder beside the environment and comes first on the path.

The table says whether the program ran, and how far the weights of the first two runs are from those of the third: the
greatest difference as a share of the greatest weight, and how many weights the two have in common where that is not
all. The first is the sampling noise of both; the second is 0 where the package hands its seed on.
An environment is removed when its turn is over, unless ``--keep`` is given.

``python tools/dependants.py --suites`` runs packages' own tests of LIME instead, in the same three ways: see
dependants_suites.py, which lists them. Where the tests are only in a package's repository, ``--tests-from DIR`` names a
folder with its clone in it: ``git clone https://github.com/dianna-ai/dianna DIR/dianna``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dependants_environments import (
    CLASSIC,
    ROOT,
    WAYS,
    build_wheels,
    install,
    install_ours,
    last_line,
    make_base,
    run,
    say,
    variables,
    write_table,
)
from dependants_suites import SUITES, SuiteOutcome, suites_table, try_suite

DRIVERS = ROOT / "tools" / "dependants"
TORCH = ("torch==2.13.0",)

PROGRAM_LIMIT = 900
"""Seconds that one run of a program may take."""


@dataclass(frozen=True)
class Dependant:
    """A package that imports lime, and what it takes to run it.

    Attributes
    ----------
    package : str
        Name on the registry.
    version : str
    runs : str
        What the program uses, for the table.
    needs : tuple of str
        Requirements that are installed first.
    alone : bool
        Whether the package is installed without the requirements that it states, which today's Python or this
        package's own cannot meet; `needs` then lists what it imports.
    reason : str
        Why `alone`, for the table.
    """

    package: str
    version: str
    runs: str
    needs: tuple[str, ...] = ()
    alone: bool = False
    reason: str = ""

    @property
    def driver(self) -> Path:
        return DRIVERS / f"use_{self.package.replace('-', '_').lower()}.py"


DEPENDANTS = (
    Dependant("interpret-core", "0.7.8", "LimeTabular: a classifier and a regressor", needs=("plotly",)),
    Dependant(
        "interpret-community",
        "0.32.0",
        "LIMEExplainer: local and global, classification and regression, a subset of the columns",
        needs=(
            "numpy<2.3",
            "ml-wrappers~=0.6.0",
            "interpret-core<=0.6.9",
            "shap<=0.46.0",
            "raiutils~=0.4.0",
            "setuptools<81",
        ),
    ),
    Dependant("aix360", "0.3.0", "LimeTabularExplainer, LimeTextExplainer, LimeImageExplainer"),
    Dependant(
        "omnixai",
        "1.3.1",
        "LimeTabular (categories, ignored features, dill), LimeText, LimeImage",
        needs=(
            "numpy<2",
            "pandas<2.2",
            "scikit-learn<1.6",
            "shap<0.47",
            "dill",
            "plotly",
            "ipython",
            "tabulate",
            "statsmodels",
            "setuptools<81",
            "pillow",
            "SALib",
            "openai",
        ),
        alone=True,
        reason="asks for numpy<1.24 and scikit-learn<1.2",
    ),
    Dependant(
        "dalex",
        "1.8.0",
        "Explainer.predict_surrogate(type='lime'): result, plot, classification and regression",
        needs=("matplotlib",),
    ),
    Dependant(
        "shapash",
        "2.10.0",
        "SmartExplainer(backend='lime') and LimeBackend: binary, multiclass, regression",
        needs=("setuptools<81",),
    ),
    Dependant(
        "ferret-xai",
        "0.4.2",
        "LIMEExplainer on a transformer",
        needs=(
            *TORCH,
            "transformers>=4.50,<5",
            "captum",
            "datasets",
            "joblib",
            "seaborn",
            "shap",
            "thermostat-datasets",
            "pytreebank",
            "opencv-python-headless",
            "tokenizers",
        ),
        alone=True,
        reason="asks for lime<0.3 and numpy<2",
    ),
    Dependant(
        "contextual-ai",
        "0.0.2",
        "ExplainerFactory: tabular (classification, regression) and text; explainers saved and loaded",
        needs=("dill", "shap", "pandas<3", "setuptools<81", "matplotlib", "tqdm"),
        alone=True,
        reason="asks for scikit-learn==0.22.2",
    ),
    Dependant(
        "pyreal",
        "0.4.10",
        "UnivariateLimeSaliency, over RecurrentTabularExplainer",
        needs=(
            "shap",
            "pandas<3",
            "numba",
            "seaborn",
            "matplotlib",
            "setuptools<81",
            "faiss-cpu",
            "openai",
            "reverse-geocoder",
        ),
        alone=True,
        reason="asks for lime<0.3, numba<0.58 and shap==0.42.1",
    ),
    Dependant(
        "dianna",
        "1.8.1",
        "explain_tabular, explain_text, explain_image, explain_timeseries with method='LIME'",
        needs=("fastdtw", "xarray", "onnx", "onnxruntime", "shap", "ipython", "pooch", "pandas"),
        alone=True,
        reason="without torch, which its LIME does not use",
    ),
    Dependant(
        "lime-stability",
        "0.1.1",
        "LimeTabularExplainerOvr: a subclass with a base of its own; CSI and VSI",
        needs=("statsmodels", "pandas<3"),
        alone=True,
        reason="asks for a backport of the standard library's statistics",
    ),
    Dependant(
        "stabilized-lime",
        "0.1.0",
        "LimeTabularExplainer.slime, over lime's discretizers",
        needs=("pyDOE2==1.3.0", "setuptools<81"),
    ),
    Dependant(
        "anchor-exp",
        "0.0.2.0",
        "AnchorTabularExplainer, over lime's QuartileDiscretizer and DecileDiscretizer",
        needs=("setuptools<81", "wheel"),
        alone=True,
        reason="without spacy, which its tables do not use",
    ),
    Dependant(
        "calibrated-explanations",
        "1.0.2",
        "LimeHelper: the explanation beside its own",
    ),
    Dependant(
        "LASExplanation",
        "0.0.1",
        "LIMEBAG: entropy discretizer, lasso path",
        needs=("setuptools<81", "shap", "pandas<3"),
    ),
    Dependant(
        "lime-audit",
        "0.1.0",
        "run_lime_single over seeds, environment report",
        needs=("transformers", *TORCH),
    ),
)


def run_program(dependant: Dependant, home: Path, lime: str) -> tuple[dict[str, float] | None, str, float]:
    """Weights that the program prints, or None; what went wrong; seconds."""
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = run(
                [str(home / "bin" / "python"), str(dependant.driver)],
                cwd=folder,
                env=variables(home, lime),
                timeout=PROGRAM_LIMIT,
            )
        except subprocess.TimeoutExpired:
            return None, f"took longer than {PROGRAM_LIMIT} s", time.monotonic() - start
    seconds = time.monotonic() - start
    if done.returncode:
        (home / f"{lime}.err").write_text(done.stdout + done.stderr)
        return None, last_line(done.stderr), seconds
    weights: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return weights, "", seconds


def distance(ours: dict[str, float], theirs: dict[str, float]) -> tuple[float, int]:
    """Greatest difference of the numbers that two runs have in common, as a share of the greatest; how many they are.

    A run's noise can put another feature into the last place, which has no counterpart.
    """
    common = ours.keys() & theirs.keys()
    scale = max(abs(value) for value in theirs.values())
    return max((abs(ours[key] - theirs[key]) for key in common), default=0.0) / scale, len(common)


@dataclass
class Outcome:
    package: str
    version: str
    runs: str
    outcome: str
    peer: str = ""
    numbers: int = 0
    default: tuple[float, int] | None = None
    classic: tuple[float, int] | None = None
    seconds: float = 0.0
    reason: str = ""

    @property
    def good(self) -> bool:
        return self.outcome == "runs unchanged"


def try_dependant(dependant: Dependant, home: Path, base: Path, ours: Path, theirs: Path) -> Outcome:
    result = Outcome(dependant.package, dependant.version, dependant.runs, "", reason=dependant.reason)
    if not (home / "ready").exists():
        say(dependant.package, "installing")
        package = f"{dependant.package}=={dependant.version}"
        error = install(package, dependant.needs, dependant.alone, home, base=base, theirs=theirs)
        if error:
            result.outcome = f"cannot be installed: {error}"
            return result
    install_ours(home, ours)
    runs = {}
    for lime in WAYS:
        runs[lime], error, seconds = run_program(dependant, home, lime)
        say(dependant.package, lime, "fails: " + error if error else "runs", f"{seconds:.0f} s")
        if lime == "ours":
            result.outcome = f"fails: {error}" if error else "runs unchanged"
            result.seconds, result.numbers = round(seconds, 1), len(runs[lime] or {})
        if lime == CLASSIC:
            result.peer = f"fails: {error}" if error else "runs"
    theirs_got = runs[CLASSIC]
    if theirs_got:
        result.default, result.classic = (
            distance(got, theirs_got) if got else None for got in (runs["ours"], runs["classic"])
        )
    return result


def table(outcomes: list[Outcome]) -> str:
    """The outcomes as Markdown."""

    def apart(one: Outcome, found: tuple[float, int] | None) -> str:
        if found is None:
            return "–"
        share, common = found
        written = "0" if share < 1e-8 else f"{100 * share:.1f} %"
        return written if common == one.numbers else f"{written}, {common} of {one.numbers}"

    lines = [
        "| package | version | what was run | outcome | with 0.2.0.1 | from 0.2.0.1 | the same, `classic` | note |",
        "| --- | --- | --- | --- | --- | ---: | ---: | --- |",
    ]
    for one in sorted(outcomes, key=lambda one: one.package.lower()):
        note = f"`--no-deps`: {one.reason}" if one.reason else ""
        cells = (one.package, one.version, one.runs, one.outcome, one.peer, apart(one, one.default))
        lines.append(f"| {' | '.join(cells)} | {apart(one, one.classic)} | {note} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("packages", nargs="*", help="which ones; all when none is named")
    parser.add_argument("--suites", action="store_true", help="run the packages' own tests of LIME, not our programs")
    parser.add_argument("--tests-from", type=Path, metavar="DIR", help="folder with clones of their repositories")
    parser.add_argument("--folder", type=Path, help="where environments are made; a temporary one when not given")
    parser.add_argument("--keep", action="store_true", help="keep the environments, and use those that are there")
    parser.add_argument("--json", type=Path, help="also write the outcomes here; those of others are kept")
    parser.add_argument("--page", type=Path, help="also write the table into this page, between its marks")
    given = parser.parse_args()
    known: dict[str, Any] = {one.package: one for one in (SUITES if given.suites else DEPENDANTS)}
    unknown = [name for name in given.packages if name not in known]
    if unknown:
        parser.error(f"{unknown[0]} is not among {', '.join(known)}")
    folder = given.folder or Path(tempfile.mkdtemp(prefix="dependants-"))
    folder.mkdir(parents=True, exist_ok=True)
    kind: Any = SuiteOutcome if given.suites else Outcome
    outcomes: dict[str, Any] = {}
    if given.json is not None and given.json.exists():
        outcomes = {row["package"]: kind(**row) for row in json.loads(given.json.read_text())}
    with tempfile.TemporaryDirectory() as wheels:
        ours, theirs = build_wheels(Path(wheels))
        base = make_base(folder)
        for name in given.packages or known:
            home = folder / (f"{name}-suite" if given.suites else name)
            if given.suites:
                outcomes[name] = try_suite(known[name], home, base, ours=ours, theirs=theirs, clones=given.tests_from)
            else:
                outcomes[name] = try_dependant(known[name], home, base, ours, theirs)
            if given.json is not None:
                given.json.write_text(json.dumps([asdict(one) for one in outcomes.values()], indent=1) + "\n")
            if not given.keep:
                shutil.rmtree(home, ignore_errors=True)
    told: Any = suites_table if given.suites else table
    made = told(list(outcomes.values()))
    print(made)
    if given.page is not None:
        write_table(given.page, "suites" if given.suites else "table", made)
    if not all(outcomes[name].good for name in given.packages or known):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
