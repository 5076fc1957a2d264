"""Checkpoints: killed at any moment, a run goes on and ends as if nothing had been."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from checkpoint_samples import SMALL, as_bytes, explainer_of, predict
from lime import Explanations
from lime.scale import run


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(0).normal(size=(50, 3))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(run, "LARGE_CHUNK", 12)


# One process that forks a child for each moment at which to be killed: by itself, between two system calls.
KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from lime import LimeTabularExplainer
from lime.scale import checkpoint, run
from lime.results import parquet

run.LARGE_CHUNK = 12
folder = Path(sys.argv[1])
table = np.random.default_rng(0).normal(size=(50, 3))

def predict(x):
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] - x[:, 1])))
    return np.column_stack([1.0 - p, p])

def explain(name, **more):
    explainer = LimeTabularExplainer(table, random_state=None if name.startswith("unseeded") else 0)
    return explainer.explain_instances(table, predict, checkpoint=folder / name, num_samples=64, num_features=2, **more)

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def at_call(number, function, after):
    calls = 0
    def wrapped(*args, **kwargs):
        nonlocal calls
        calls += 1
        if calls == number and not after:
            die()
        result = function(*args, **kwargs)
        if calls == number:
            die()
        return result
    return wrapped

def half_written(number):
    whole, calls = checkpoint.write_table, 0
    def wrapped(table, draft):
        nonlocal calls
        calls += 1
        whole(table, draft)
        if calls == number:
            draft.truncate(draft.tell() // 2)
            draft.flush()
            die()
    checkpoint.write_table = wrapped

moments = {
    "before-manifest-is-renamed": lambda: setattr(os, "replace", at_call(1, os.replace, False)),
    "after-manifest-is-renamed": lambda: setattr(os, "replace", at_call(1, os.replace, True)),
    "half-a-part": lambda: half_written(3),
    "before-a-part-is-flushed": lambda: setattr(os, "fsync", at_call(5, os.fsync, False)),
    "before-a-part-is-renamed": lambda: setattr(os, "replace", at_call(3, os.replace, False)),
    "after-the-last-part": lambda: setattr(os, "replace", at_call(6, os.replace, True)),
    "unseeded-after-a-part": lambda: setattr(os, "replace", at_call(3, os.replace, True)),
}
for name, prepare in moments.items():
    child = os.fork()
    if not child:
        prepare()
        explain(name)
        os._exit(3)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL, (name, status)
    before = sorted(path.name for path in (folder / name).glob("part-*.parquet"))
    stamps = [(folder / name / part).stat().st_mtime_ns for part in before]
    explain(name).to_parquet(folder / f"{name}.parquet")
    assert stamps == [(folder / name / part).stat().st_mtime_ns for part in before], "done once more"
    print(name, len(before))
    left = sorted(path.name for path in (folder / name).iterdir())
    assert left == ["manifest.json", *(f"part-{k:08d}.parquet" for k in range(5))], left
"""


@pytest.mark.skipif(os.name != "posix", reason="optional: this system has no SIGKILL")
def test_killed_at_any_moment_it_goes_on_and_ends_the_same(table, tmp_path):
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)], capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr
    parts = {name: int(count) for name, count in (line.split() for line in done.stdout.splitlines())}
    assert parts == {
        "before-manifest-is-renamed": 0,
        "after-manifest-is-renamed": 0,
        "half-a-part": 2,
        "before-a-part-is-flushed": 1,
        "before-a-part-is-renamed": 1,
        "after-the-last-part": 5,
        "unseeded-after-a-part": 2,
    }
    whole = explainer_of(table).explain_instances(table, predict, **SMALL)
    expected = as_bytes(whole, tmp_path)
    for name in parts:
        if not name.startswith("unseeded"):
            assert (tmp_path / f"{name}.parquet").read_bytes() == expected
    unseeded = Explanations.from_parquet(tmp_path / "unseeded-after-a-part.parquet")
    seed = json.loads((tmp_path / "unseeded-after-a-part" / "manifest.json").read_text())["run_seed"]
    again = explainer_of(table, random_state=seed).explain_instances(table, predict, **SMALL)
    assert [exp.as_list() for exp in unseeded] == [exp.as_list() for exp in again]


@pytest.mark.skipif(os.name != "posix", reason="optional: this system has no SIGKILL")
def test_a_run_on_two_workers_that_is_killed_from_outside_goes_on(table, tmp_path):
    script = KILLED.split("def die")[0].replace("    p = 1.0", "    import time; time.sleep(0.2)\n    p = 1.0")
    script += "import joblib\nwith joblib.parallel_config(backend='threading', n_jobs=2):\n    explain('run')"
    child = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stderr=subprocess.DEVNULL)
    folder = tmp_path / "run"
    while child.poll() is None and len(list(folder.glob("part-*.parquet"))) < 2:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.wait()
    done = len(list(folder.glob("part-*.parquet")))
    assert done >= 2
    exps = explainer_of(table).explain_instances(table, predict, checkpoint=folder, **SMALL)
    assert as_bytes(exps, tmp_path) == as_bytes(
        explainer_of(table).explain_instances(table, predict, **SMALL), tmp_path
    )
