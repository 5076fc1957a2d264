"""The first ten minutes beside shap and interpret: what a stranger waits for, in environments of their own.

    python benchmarks/first_minutes.py [--json FILE] [--keep]

Each package is installed by pip into an empty environment, together with pandas, as its own first page says. Then the
shortest program explains one row of the wine data (a forest of 100 trees) in a new process: once as the first one ever
(bytecode is compiled), once more. Printed are seconds and megabytes, and the lines that the program takes. These are
wall times: run it where nothing else runs.
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
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

MODEL = """
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier
X, y = load_wine(return_X_y=True, as_frame=True)
model = RandomForestClassifier(random_state=0).fit(X, y)
"""
# The least that gives a picture or page of one row.
PROGRAMS = {
    "lime": """
import lime
explain = lime.Explainer(model, X)
exp = explain(X.iloc[0])
exp.save_to_file("page.html")
""",
    "shap": """
import shap
explain = shap.Explainer(model.predict_proba, X)
values = explain(X.iloc[:1])
import matplotlib.pyplot as plt
shap.plots.waterfall(values[0, :, 0], show=False)
plt.savefig("page.png")
""",
    "interpret": """
from interpret.blackbox import LimeTabular
explain = LimeTabular(model, X)
exp = explain.explain_local(X.iloc[:1], y.iloc[:1])
exp.visualize(0).write_html("page.html")
""",
}
INSTALL = {
    "lime": [f"{ROOT}[tables]"],
    "shap": ["shap", "pandas", "matplotlib"],
    "interpret": ["interpret-core[lime,plotly]", "pandas"],
}


@dataclass(frozen=True)
class Minutes:
    """What one package takes.

    Attributes
    ----------
    install, first, again : float
        Seconds: of pip, of the first run of the program, of the second; without the model's own training.
    megabytes : float
        Size of the environment.
    lines : int
        Of the program.
    error : str
        The last line of what went wrong, or nothing.
    """

    package: str
    install: float
    megabytes: float
    first: float
    again: float
    lines: int
    error: str = ""


def measure(package: str, folder: Path) -> Minutes:
    """Install a package and run its program twice."""
    home = folder / package
    python = home / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    began = time.perf_counter()
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, *INSTALL[package]], check=True, stderr=subprocess.DEVNULL)
    install = time.perf_counter() - began
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file()) / 1e6
    program = PROGRAMS[package].strip()
    timed = f"{MODEL}\nimport time\nbegan = time.perf_counter()\n{program}\nprint(time.perf_counter() - began)"
    seconds, error = [float("nan")] * 2, ""
    for k in range(2):
        done = subprocess.run(
            [str(python), "-c", timed], cwd=home, env=environment(), capture_output=True, text=True, check=False
        )
        if done.returncode:
            error = (done.stderr.strip().splitlines() or ["no message"])[-1]
            break
        seconds[k] = float(done.stdout.strip().splitlines()[-1])
    return Minutes(package, install, size, seconds[0], seconds[1], len(program.splitlines()), error)


def environment() -> dict[str, str]:
    """No sources of this checkout on the path, and no window."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE")}
    return {**kept, "MPLBACKEND": "Agg"}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--keep", action="store_true", help="leave the environments where they are")
    parser.add_argument("packages", nargs="*", default=list(PROGRAMS), help="which packages")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="first-minutes-"))
    try:
        found = [measure(package, folder) for package in arguments.packages]
    finally:
        if not arguments.keep:
            shutil.rmtree(folder)
    print(f"{'':10}{'install':>10}{'size':>10}{'first run':>11}{'again':>9}{'lines':>7}")
    for one in found:
        print(
            f"{one.package:10}{one.install:8.0f} s{one.megabytes:7.0f} MB{one.first:9.1f} s{one.again:7.1f} s"
            f"{one.lines:7}  {one.error}"
        )
    if arguments.json:
        arguments.json.write_text(json.dumps([asdict(one) for one in found], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
