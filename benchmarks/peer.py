"""The environment of lime 0.2.0.1, the release that the benchmarks compare this package against.

Both packages are called ``lime``, so they can never share an environment. The benchmarks run each side in
processes of its own and let them exchange JSON lines and joblib files.

``python benchmarks/peer.py`` makes the environment ``benchmarks/.peer`` (once) and prints its interpreter's
path. Where ``LIME_PEER_PYTHON`` names an interpreter that has lime 0.2.0.1, that one is used and nothing is
installed.
"""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import venv
from pathlib import Path

PEER_VERSION = "0.2.0.1"
HERE = Path(__file__).resolve().parent
SOURCE = HERE.parent / "src"
_PROBE = "import importlib.metadata as m; print(m.version('lime'))"


def _installed_version(python: Path) -> str | None:
    """Return the version of lime that an interpreter sees, or None where it has none."""
    answer = subprocess.run([str(python), "-c", _PROBE], capture_output=True, text=True, env=peer_environment())
    return answer.stdout.strip() if answer.returncode == 0 else None


def peer_environment() -> dict[str, str]:
    """Return the peer's environment variables: ours without PYTHONPATH, which would win over its lime."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}


def our_environment() -> dict[str, str]:
    """Return the environment variables of our processes: this checkout's ``src`` comes first on the path."""
    path = os.pathsep.join([str(SOURCE), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path}


def peer_python() -> Path:
    """Return an interpreter that imports lime 0.2.0.1, making its environment if need be.

    Returns
    -------
    Path
        ``LIME_PEER_PYTHON`` where set, else the interpreter of ``benchmarks/.peer``.

    Raises
    ------
    RuntimeError
        If the interpreter has another lime, or none.
    """
    named = os.environ.get("LIME_PEER_PYTHON")
    if named:
        python = Path(named)
    else:
        folder = HERE / ".peer"
        python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not python.exists() or _installed_version(python) != PEER_VERSION:
            print(f"making {folder} with lime {PEER_VERSION} ...", file=sys.stderr, flush=True)
            venv.create(folder, with_pip=True)
            # The numpy, scipy and scikit-learn of this environment, so that only lime differs.
            same = [f"{name}=={importlib.metadata.version(name)}" for name in ("numpy", "scipy", "scikit-learn")]
            packages = [f"lime=={PEER_VERSION}", "pandas", *same]
            subprocess.run(
                [str(python), "-m", "pip", "install", "--quiet", *packages],
                check=True,
                env=peer_environment(),
                stdout=sys.stderr,
            )
    version = _installed_version(python)
    if version != PEER_VERSION:
        raise RuntimeError(f"{python} should import lime {PEER_VERSION}, but has {version or 'none'}")
    return python


def shap_python() -> Path:
    """Return an interpreter that imports shap, making its environment if need be.

    Returns
    -------
    Path
        ``LIME_SHAP_PYTHON`` where set, else the interpreter of ``benchmarks/.shap``.
    """
    named = os.environ.get("LIME_SHAP_PYTHON")
    if named:
        return Path(named)
    folder = HERE / ".shap"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not python.exists():
        print(f"making {folder} with shap ...", file=sys.stderr, flush=True)
        venv.create(folder, with_pip=True)
        same = [f"{name}=={importlib.metadata.version(name)}" for name in ("numpy", "scipy", "scikit-learn", "pandas")]
        subprocess.run(
            [str(python), "-m", "pip", "install", "--quiet", "shap", "joblib", *same],
            check=True,
            env=peer_environment(),
            stdout=sys.stderr,
        )
    return python


if __name__ == "__main__":
    print(peer_python())
