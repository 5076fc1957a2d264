"""Execute a notebook and take pictures of it in every front end: JupyterLab, Notebook 7, the classic one, VS Code.

    python tools/notebooks.py [FOLDER]           # screenshots/notebooks when left out

Light and dark, trusted and not. JupyterLab, Notebook and nbclassic are installed into an environment of their own
(.venv-notebooks). VS Code has no server: its renderer is imitated by a page with its classes and variables around the
outputs. Needs playwright and Debian's chromium (or the browser that CHROMIUM names).
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from browser import CHROMIUM, FLAGS

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv-notebooks"
PYTHON = HOME / "bin" / "python"
PACKAGES = ("jupyterlab", "notebook", "nbclassic", "nbclient", "ipykernel")

CELLS = (
    """import lime
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier

X, y = load_wine(return_X_y=True, as_frame=True)
model = RandomForestClassifier(random_state=0).fit(X, y)
explain = lime.Explainer(model, X, class_names=load_wine().target_names)
explain""",
    "exp = explain(X.iloc[0], num_features=6)\nexp",
    'ax = exp.plot(kind="waterfall")',
    "explain(X[:20])",
    """explainer = lime.LimeTabularExplainer(X, random_state=0)
exps = explainer.explain_instances(X[:60], model, progress_bar=True, top_labels=1)
exps.pick(2)""",
)
FRONT_ENDS = {"lab": "lab/tree/{}", "notebook": "notebooks/{}", "classic": "nbclassic/notebooks/{}"}
# Of VS Code's two default themes: what its renderer sets on the page of outputs.
CODE = {
    "light": ("vscode-light", "--vscode-editor-background:#ffffff;--vscode-editor-foreground:#3b3b3b;"),
    "dark": ("vscode-dark", "--vscode-editor-background:#1f1f1f;--vscode-editor-foreground:#cccccc;"),
}


def make_environment() -> None:
    """Install lime and the front ends, once."""
    if PYTHON.exists():
        return
    subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    subprocess.run([*pip, "-e", f"{ROOT}[tables]", *PACKAGES], check=True)


def execute(path: Path) -> dict[str, Any]:
    """Write a notebook of `CELLS`, execute it, and return it with its outputs."""
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell{k}",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source": source,
        }
        for k, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(notebook), encoding="utf-8")
    subprocess.run([str(PYTHON), "-m", "jupyter", "execute", "--inplace", str(path)], check=True, cwd=path.parent)
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def untrusted_copy(path: Path) -> Path:
    """The same notebook with another content, which nobody has signed."""
    copy = path.with_name("untrusted.ipynb")
    notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"]["note"] = "not signed"
    copy.write_text(json.dumps(notebook), encoding="utf-8")
    return copy


@contextmanager
def serve(folder: Path, dark: bool) -> Iterator[str]:
    """A Jupyter server on the loopback interface, whose settings and signatures stay in `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "config" / "lab" / "user-settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True, exist_ok=True)
    theme = {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}
    (settings / "themes.jupyterlab-settings").write_text(json.dumps(theme), encoding="utf-8")
    command = [str(PYTHON), "-m", "jupyter", "server", f"--port={port}", "--no-browser", "--allow-root"]
    command += ["--IdentityProvider.token=", f"--ServerApp.root_dir={folder}", "--ServerApp.ip=127.0.0.1"]
    server = subprocess.Popen(command, env=environment(folder), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}/"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(f"{address}api", timeout=5).close()
                break
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def environment(folder: Path) -> dict[str, str]:
    """Settings, data and signatures of Jupyter below a folder of ours."""
    places = {name: str(folder / name.lower()) for name in ("config", "data", "runtime")}
    return {**os.environ, **{f"JUPYTER_{name.upper()}_DIR": place for name, place in places.items()}}


def picture_server(browser: Any, folder: Path, out: Path, notebooks: dict[str, Path]) -> None:
    """Pictures of each notebook in each front end that has a server."""
    for scheme in ("light", "dark"):
        with serve(folder, scheme == "dark") as address:
            for front, way in FRONT_ENDS.items():
                for trust, notebook in notebooks.items():
                    page = browser.new_page(viewport={"width": 1200, "height": 3600}, color_scheme=scheme)
                    page.goto(address + way.format(notebook.name), wait_until="load")
                    page.wait_for_selector(".jp-OutputArea-output, .output_area", timeout=120_000)
                    page.wait_for_timeout(4_000)
                    page.screenshot(path=out / f"{front}_{trust}_{scheme}.png")
                    page.close()


def picture_code(browser: Any, folder: Path, out: Path, notebook: dict[str, Any]) -> None:
    """Pictures of the outputs as VS Code's renderer places them."""
    outputs = [one["data"]["text/html"] for cell in notebook["cells"] for one in cell["outputs"] if "data" in one
               and "text/html" in one["data"]]  # fmt: skip
    body = "\n".join(f"<div class='output'>{''.join(html)}</div>" for html in outputs)
    for scheme, (name, variables) in CODE.items():
        other = "dark" if scheme == "light" else "light"  # the editor's theme decides, not the system's
        style = f"body{{{variables}background:var(--vscode-editor-background);color:var(--vscode-editor-foreground)}}"
        (folder / "code.html").write_text(
            f"<!doctype html><meta charset=utf-8><style>{style}</style><body class={name}>{body}", encoding="utf-8"
        )
        page = browser.new_page(viewport={"width": 900, "height": 800}, color_scheme=other)
        page.goto((folder / "code.html").as_uri())
        page.screenshot(path=out / f"code_{scheme}.png", full_page=True)
        page.close()


def main(out: Path) -> None:
    """Make the environment, execute the notebook, take the pictures."""
    from playwright.sync_api import sync_playwright

    make_environment()
    out.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="lime-notebooks-"))
    try:
        trusted = folder / "trusted.ipynb"
        notebook = execute(trusted)
        untrusted = untrusted_copy(trusted)
        sign = [str(PYTHON), "-m", "jupyter", "trust", str(trusted)]
        subprocess.run(sign, check=True, env=environment(folder), stdout=subprocess.DEVNULL)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
            picture_server(browser, folder, out, {"trusted": trusted, "untrusted": untrusted})
            picture_code(browser, folder, out, notebook)
            browser.close()
    finally:
        shutil.rmtree(folder)
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "screenshots" / "notebooks")
