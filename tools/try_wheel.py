"""Install a wheel of this checkout into an empty environment and run the examples there, as a stranger would.

Every example of the gallery runs in a process of its own, and so does any script that is named beside them. A warning
that our own package or the script itself gives rise to is an error. Nothing is installed but the wheel, what it
requires, and what the examples import beside it.

    python tools/try_wheel.py [SCRIPT ...] [--only tutorials] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BESIDE = ("pandas", "pyarrow")
"""What examples import that the package does not require."""

RUN = """
import runpy, sys, warnings
from pathlib import Path
import lime
assert Path(lime.__file__).is_relative_to(sys.prefix), lime.__file__
for module in (r"lime(\\.|$)", "__main__$"):
    warnings.filterwarnings("error", module=module)
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def call(command: list[str], **options: object) -> str:
    """Run a command that must succeed, and return what it printed."""
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)  # type: ignore[call-overload]
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return str(done.stdout)


def install(home: Path) -> Path:
    """Make the environment; return its interpreter."""
    wheels = home / "wheels"
    call([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(wheels), str(ROOT)])
    venv.create(home / "env", with_pip=True)
    python = home / "env" / "bin" / "python"
    call([str(python), "-m", "pip", "install", "--quiet", str(next(wheels.glob("*.whl"))), *BESIDE])
    return python


def main() -> None:
    """Run everything and print how it went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scripts", nargs="*", type=Path, help="scripts to run beside the examples of the gallery")
    parser.add_argument("--only", default="", help="only examples whose path contains this")
    parser.add_argument("--keep", type=Path, help="make the environment here, and leave it")
    arguments = parser.parse_args()
    examples = [path for path in sorted((ROOT / "docs" / "gallery").rglob("plot_*.py")) if arguments.only in str(path)]
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        home = (arguments.keep or Path(folder)).resolve()
        python = install(home)
        runner = home / "run.py"
        runner.write_text(RUN, encoding="utf-8")
        for script in [*examples, *(path.resolve() for path in arguments.scripts)]:
            started = time.perf_counter()
            done = subprocess.run(
                [str(python), str(runner), str(script)],
                cwd=home,
                capture_output=True,
                text=True,
                check=False,
                env={**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": ""},
            )
            name = script.relative_to(ROOT) if script.is_relative_to(ROOT) else script
            state = "ok" if done.returncode == 0 else "FAILED"
            print(f"{state:6}  {time.perf_counter() - started:6.1f} s  {name}", flush=True)
            if done.returncode:
                failed += 1
                print(done.stderr)
    raise SystemExit(1 if failed else 0)


if __name__ == "__main__":
    main()
