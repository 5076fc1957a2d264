"""Record what lime 0.2.0.1 answers to the cases of ``tests/classic/classic_cases.py``, as test data.

``python tools/record_classic.py`` makes an environment of its own for 0.2.0.1 (once, see ``benchmarks/peer.py``; or
takes the interpreter that ``LIME_PEER_PYTHON`` names), runs the cases there and writes
``tests/data/classic/*.json``. The streams of scipy and the rounding of numpy may differ between versions: the files
say which ones wrote them.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CASES = ROOT / "tests" / "classic"
DATA = ROOT / "tests" / "data" / "classic"
LIBRARIES = ("lime", "numpy", "scipy", "scikit-learn", "scikit-image")


def record() -> None:
    """Run every case under the lime of this interpreter and write one file for each domain."""
    sys.path.insert(0, str(CASES))
    import classic_cases

    if not classic_cases.PEER:
        raise SystemExit("expected an interpreter with lime 0.2.0.1")
    DATA.mkdir(parents=True, exist_ok=True)
    versions = {"python": platform.python_version(), **{name: metadata.version(name) for name in LIBRARIES}}
    for domain, cases in classic_cases.DOMAINS.items():
        recorded = {name: classic_cases.run(case) for name, case in cases.items()}
        lines = [f"{json.dumps(name)}: {json.dumps(answers)}" for name, answers in recorded.items()]
        text = f'{{"versions": {json.dumps(versions)},\n"cases": {{\n' + ",\n".join(lines) + "\n}}\n"
        (DATA / f"{domain}.json").write_text(text, encoding="utf-8")
        print(f"{domain}: {len(recorded)} cases", file=sys.stderr)


def main() -> None:
    """Run `record` in the environment of 0.2.0.1."""
    sys.path.insert(0, str(ROOT / "benchmarks"))
    import peer

    subprocess.run([str(peer.peer_python()), __file__, "--here"], check=True, env=peer.peer_environment())


if __name__ == "__main__":
    record() if "--here" in sys.argv else main()
