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
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DRIVERS = ROOT / "tools" / "dependants"
CLASSIC = "0.2.0.1"
TORCH = ("torch==2.13.0",)
BEGIN, END = "<!-- table -->", "<!-- end of table -->"
"""Marks of the page between which the table stands."""

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


def say(*parts: object) -> None:
    print(time.strftime("%H:%M:%S"), *parts, file=sys.stderr, flush=True)


def run(command: list[str], **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]


def last_line(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    return lines[-1][:300] if lines else ""


def build_wheels(folder: Path) -> tuple[Path, Path]:
    """Wheels of this checkout and of lime 0.2.0.1."""
    wheels = []
    for source in (str(ROOT), f"lime=={CLASSIC}"):
        target = folder / f"wheel-{len(wheels)}"
        made = run([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(target), source])
        if made.returncode:
            raise SystemExit(f"{source} cannot be built: {last_line(made.stderr)}")
        wheels.append(next(target.glob("*.whl")))
    return wheels[0], wheels[1]


def installer(home: Path) -> list[str]:
    """The command that installs into an environment."""
    # Without byte code: most of what is installed is never imported.
    options = ["--quiet", "--disable-pip-version-check", "--prefer-binary", "--no-compile"]
    return [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", *options]


def site_packages(home: Path) -> Path:
    return next(home.glob("lib/python*/site-packages"))


def own_requirements() -> list[str]:
    stated: list[str] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    return stated


def make_base(folder: Path) -> Path:
    """The environment with this package's own requirements, which all others see; made once."""
    base = folder / "base"
    if not (base / "ready").exists():
        shutil.rmtree(base, ignore_errors=True)
        say("base, installing")
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(base)], check=True)
        done = run([*installer(base), *own_requirements()])
        if done.returncode:
            raise SystemExit(f"this package's own requirements cannot be installed: {last_line(done.stderr)}")
        (base / "ready").touch()
    return base


def install(dependant: Dependant, home: Path, base: Path, theirs: Path) -> str:
    """Make the environment without this package; return '' or what went wrong."""
    shutil.rmtree(home, ignore_errors=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    # What is installed here comes before what the base has.
    (site_packages(home) / "base.pth").write_text(f"{site_packages(base)}\n")
    pip = installer(home)
    package = f"{dependant.package}=={dependant.version}"
    # Every command states this package's own requirements, so that what follows does not undo what went before.
    steps = [[*pip, *own_requirements(), *dependant.needs, *([] if dependant.alone else [package])]]
    if dependant.alone:
        steps.append([*pip, "--no-deps", "--no-build-isolation", package])
    steps.append([*pip, "--no-deps", "--target", str(home / "classic"), str(theirs)])
    for step in steps:
        done = run(step)
        if done.returncode:
            return last_line(done.stderr)
    return ""


def run_program(dependant: Dependant, home: Path, lime: str) -> tuple[dict[str, float] | None, str, float]:
    """Weights that the program prints, or None; what went wrong; seconds."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("LIME_", "PYTHON"))}
    environment |= {"MPLBACKEND": "Agg", "PYTHONHASHSEED": "0", "TOKENIZERS_PARALLELISM": "false"}
    if lime == "classic":
        environment["LIME_SAMPLING_METHOD"] = "classic"
    elif lime == CLASSIC:
        environment["PYTHONPATH"] = str(home / "classic")
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = run(
                [str(home / "bin" / "python"), str(dependant.driver)],
                cwd=folder,
                env=environment,
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


def try_dependant(dependant: Dependant, home: Path, base: Path, ours: Path, theirs: Path) -> Outcome:
    result = Outcome(dependant.package, dependant.version, dependant.runs, "", reason=dependant.reason)
    if not (home / "ready").exists():
        say(dependant.package, "installing")
        error = install(dependant, home, base, theirs)
        if error:
            result.outcome = f"cannot be installed: {error}"
            return result
        (home / "ready").touch()
    done = run([*installer(home), "--no-deps", "--force-reinstall", str(ours)])
    if done.returncode:
        raise SystemExit(f"{ours.name} cannot be installed: {last_line(done.stderr)}")
    for folder, version in ((home, ours.name.split("-")[1]), (home / "classic", CLASSIC)):
        if not any(folder.rglob(f"lime-{version}.dist-info")):
            raise SystemExit(f"{folder} does not hold lime {version}")
    runs = {}
    for lime in ("ours", "classic", CLASSIC):
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
    parser.add_argument("--folder", type=Path, help="where environments are made; a temporary one when not given")
    parser.add_argument("--keep", action="store_true", help="keep the environments, and use those that are there")
    parser.add_argument("--json", type=Path, help="also write the outcomes here; those of others are kept")
    parser.add_argument("--page", type=Path, help="also write the table into this page, between its marks")
    given = parser.parse_args()
    known = {one.package: one for one in DEPENDANTS}
    unknown = [name for name in given.packages if name not in known]
    if unknown:
        parser.error(f"{unknown[0]} is not among {', '.join(known)}")
    folder = given.folder or Path(tempfile.mkdtemp(prefix="dependants-"))
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as wheels:
        ours, theirs = build_wheels(Path(wheels))
        base = make_base(folder)
        outcomes = {}
        if given.json is not None and given.json.exists():
            outcomes = {row["package"]: Outcome(**row) for row in json.loads(given.json.read_text())}
        for name in given.packages or known:
            outcomes[name] = try_dependant(known[name], folder / name, base, ours, theirs)
            if given.json is not None:
                given.json.write_text(json.dumps([asdict(one) for one in outcomes.values()], indent=1) + "\n")
            if not given.keep:
                shutil.rmtree(folder / name, ignore_errors=True)
    made = table(list(outcomes.values()))
    print(made)
    if given.page is not None:
        before, _, rest = given.page.read_text().partition(f"{BEGIN}\n")
        given.page.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{rest.partition(END)[2]}")
    if any(outcomes[name].outcome != "runs unchanged" for name in given.packages or known):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
