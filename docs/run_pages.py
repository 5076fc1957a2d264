"""Run the code of the documentation's pages: what is shown must work.

    python docs/run_pages.py            # every page
    python docs/run_pages.py method     # some of them

Blocks marked ``python`` run from the top of a page to its end, with some usual names in place (`usual_names`): ``>>>``
sessions must print what is shown, and everything else must run. Below a line ``<!-- not run: why -->`` a block must
only compile, such as one that needs a cluster; below ``<!-- needs: package -->`` where that package is missing, and the
last line tells which. Docstrings of the package are run likewise.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import importlib.util
import io
import os
import pkgutil
import re
import sys
import tempfile
import traceback
import types
import warnings
from pathlib import Path
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("COLUMNS", "80")

import cloudpickle

import lime

HERE = Path(__file__).parent
MISSING: set[str] = set()  # packages that a page needs and that are not installed
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
FENCE = re.compile(r"^(<!-- (?:not run|needs): [^\n]+ -->\n)?```python\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


def usual_names() -> dict[str, Any]:
    """Return what pages take for granted: data, a model and an explainer, small enough to be quick."""
    from sklearn.datasets import load_wine
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    wine = load_wine(as_frame=True)
    frame, target = wine.data.iloc[:, :6], wine.target
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame.to_numpy(), target)
    explainer = lime.LimeTabularExplainer(frame.to_numpy(), feature_names=list(frame), random_state=0)
    row = frame.to_numpy()[0]
    names: dict[str, Any] = {"lime": lime, "explainer": explainer, "model": model, "row": row, "instance": row}
    names |= {"frame": frame.to_numpy(), "X_train": frame.to_numpy(), "X_test": frame.to_numpy()[::10]}
    names["training_data"] = frame.to_numpy()
    names |= {"names": list(frame), "classes": list(wine.target_names), "data": frame.to_numpy()[:20]}
    names["exp"] = names["explanation"] = explainer.explain_instance(row, model)
    return names


def run_page(path: Path) -> list[str]:
    """Run a page's blocks, in a folder that is thrown away, and return what went wrong."""
    text = path.read_text(encoding="utf-8")
    blocks = [(text[: found.start(2)].count("\n") + 1, found) for found in FENCE.finditer(text)]
    wrong: list[str] = []
    if not blocks:
        return wrong
    page = types.ModuleType("page")  # what a page defines can be pickled, as what a script defines
    namespace = page.__dict__
    namespace.update(usual_names())
    before, config = Path.cwd(), lime.get_config()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        sys.modules[page.__name__] = page
        cloudpickle.register_pickle_by_value(page)
        try:
            for line, found in blocks:
                if _stays(found.group(1)):
                    compile(found.group(2), path.name, "exec")
                else:
                    wrong += _run(path.name, line, found.group(2), namespace)
        finally:
            os.chdir(before)
            cloudpickle.unregister_pickle_by_value(page)
            del sys.modules[page.__name__]
            lime.set_config(**config)
    return wrong


def _stays(note: str | None) -> bool:
    """Whether a block is not to be run: it never is, or what it needs is missing."""
    needed = re.match(r"<!-- needs: (\w+) -->", note or "")
    if needed is None:
        return note is not None
    if importlib.util.find_spec(needed[1]) is None:
        MISSING.add(needed[1])
    return needed[1] in MISSING


def _run(name: str, line: int, code: str, namespace: dict[str, Any]) -> list[str]:
    printed = io.StringIO()
    if ">>> " in code:
        session = doctest.DocTestParser().get_doctest(code, namespace, name, name, line - 1)
        runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
        runner.run(session, out=printed.write, clear_globs=False)
        namespace.update(session.globs)
        return [printed.getvalue()] if runner.failures else []
    try:
        with contextlib.redirect_stdout(printed), warnings.catch_warnings():
            warnings.filterwarnings("error", module=r"lime(\.|$)")
            exec(compile("\n" * (line - 1) + code, name, "exec"), namespace)  # noqa: S102 - our own pages
    except Exception:
        return [f"{name}, block at line {line}:\n{traceback.format_exc(limit=-2)}"]
    return []


def run_docstrings() -> list[str]:
    """Run the examples in the package's docstrings and return what went wrong."""
    wrong: list[str] = []
    for info in pkgutil.walk_packages(lime.__path__, "lime."):
        if info.name.endswith("__main__"):
            continue
        module = importlib.import_module(info.name)
        for session in doctest.DocTestFinder(exclude_empty=True).find(module):
            if session.examples:
                printed = io.StringIO()
                runner = doctest.DocTestRunner(optionflags=FLAGS, verbose=False)
                runner.run(session, out=printed.write)
                wrong += [printed.getvalue()] if runner.failures else []
    return wrong


def main(chosen: list[str]) -> int:
    """Run the chosen pages, or all of them and the docstrings; 1 if anything went wrong."""
    pages = [
        path for path in sorted(HERE.rglob("*.md")) if "_build" not in path.parts and "auto_gallery" not in path.parts
    ]
    wrong: list[str] = []
    for path in pages:
        if not chosen or path.stem in chosen:
            wrong += run_page(path)
    if not chosen:
        wrong += run_docstrings()
    print("\n".join(wrong) if wrong else "the code of the pages runs")
    if MISSING:
        print(f"not run, for want of packages: the blocks that need {', '.join(sorted(MISSING))}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
