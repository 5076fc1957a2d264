"""Files and processes under hard use: damage, devices and links, two at once, workers that die, forks and threads."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import threading
import time
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lime import Explanation, Explanations, LimeError, LimeTabularExplainer
from lime._config import get_config
from lime.engine import threads
from lime.engine.quiet import without_warnings
from lime.results import parquet
from lime.scale import run

OLD = Path(__file__).parent / "data" / "before_checksums"
TABLE = np.random.default_rng(0).normal(size=(50, 3))
SMALL: dict[str, Any] = {"num_samples": 64, "num_features": 2}


def predict(x):
    p = 1.0 / (1.0 + np.exp(-(x[:, 0] - x[:, 1])))
    return np.column_stack([1.0 - p, p])


def explainer():
    return LimeTabularExplainer(TABLE, random_state=0)


def explained(rows=10, **more):
    return explainer().explain_instances(TABLE[:rows], predict, **SMALL, **more)


def flips(content, count):
    """The content with one bit turned, here and there over all of it."""
    rng = np.random.default_rng(0)
    for place in np.linspace(0, len(content) - 1, count).astype(int):
        changed = bytearray(content)
        changed[place] ^= 1 << int(rng.integers(8))
        yield bytes(changed)


def outcomes(path, read, expected, count):
    """How often a flipped bit was told, and how often it changed nothing; anything else fails."""
    good, told, same = path.read_bytes(), 0, 0
    for content in flips(good, count):
        path.write_bytes(content)
        try:
            found = read()
        except LimeError as error:
            told += path.name in str(error)
        else:
            assert found == expected
            same += 1
    assert told + same == count
    path.write_bytes(good)
    assert read() == expected
    return told, same


# ---- damage


def test_a_flipped_bit_in_a_parquet_file_is_told_or_changes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(parquet, "ROWS_A_GROUP", 4)
    path = tmp_path / "x.parquet"
    explained().to_parquet(path)

    def read():
        return [exp.to_json() for exp in Explanations.from_parquet(path)]

    told, _ = outcomes(path, read, read(), 150)
    assert told > 50


def test_a_flipped_bit_in_a_part_is_told_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "LARGE_CHUNK", 5)
    folder = tmp_path / "c"
    path = folder / "part-00000000.parquet"

    def read():
        return [exp.to_json() for exp in explained(checkpoint=folder)]

    expected = read()
    told, _ = outcomes(path, read, expected, 60)
    assert told > 20
    content = bytearray(path.read_bytes())
    content[len(content) // 4] ^= 1
    path.write_bytes(content)
    with pytest.raises(LimeError, match=r"part-00000000\.parquet is damaged .*delete this file, and the same call"):
        read()
    path.unlink()
    assert read() == expected


def test_a_flipped_bit_in_a_manifest_an_explainer_and_json_is_told_or_changes_nothing(tmp_path):
    folder = tmp_path / "c"
    expected = [exp.to_json() for exp in explained(checkpoint=folder)]

    def again():
        return [exp.to_json() for exp in explained(checkpoint=folder)]

    good = (folder / "manifest.json").read_bytes()
    for content in flips(good, 40):
        (folder / "manifest.json").write_bytes(content)
        with pytest.raises(LimeError, match=r"manifest\.json is damaged|checkpoint=.*(format|was made)"):
            again()
    (folder / "manifest.json").write_bytes(good)
    assert again() == expected
    row = tmp_path / "row.json"
    explainer().explain_instance(TABLE[0], predict, **SMALL).to_json(row)
    content = Explanation.from_json(row).to_dict()
    told, _ = outcomes(row, lambda: Explanation.from_json(row).to_dict(), content, 150)
    assert told > 120
    saved = tmp_path / "e.lime"
    explainer().save(saved)

    def loaded():
        return LimeTabularExplainer.load(saved).explain_instance(TABLE[0], predict, **SMALL).to_dict()

    told, _ = outcomes(saved, loaded, loaded(), 100)
    assert told > 50


def test_files_of_before_the_checksums_are_read(tmp_path):
    expected = [exp.as_list() for exp in explained()]
    assert [exp.as_list() for exp in Explanations.from_parquet(OLD / "rows.parquet")] == [
        [(name, pytest.approx(weight)) for name, weight in one] for one in expected
    ]
    assert len(Explanations.from_parquet(OLD / "checkpoint")) == 10
    folder = shutil.copytree(OLD / "checkpoint", tmp_path / "c")
    (folder / "part-00000001.parquet").unlink()
    with pytest.warns(UserWarning, match="was begun by another version of lime"):
        assert len(explained(checkpoint=folder)) == 10  # goes on with it
    assert Explanation.from_json(OLD / "row.json").explained_labels() == [1]
    assert Explanation.from_json(OLD / "picture.json").image.shape == (12, 12, 3)  # type: ignore[attr-defined]
    old = LimeTabularExplainer.load(OLD / "explainer.lime")
    found = old.explain_instance(TABLE[0], predict, **SMALL).as_list()
    assert found == [(name, pytest.approx(weight)) for name, weight in expected[0]]


def test_what_another_program_adds_and_writes_again_is_read(tmp_path):
    exps, path = explained(), tmp_path / "x.parquet"
    exps.to_parquet(path)
    table = pq.read_table(path)
    pq.write_table(table.append_column("note", [["theirs"] * len(table)]), path)
    assert [exp.to_dict() for exp in Explanations.from_parquet(path)] == [exp.to_dict() for exp in exps]
    changed = table.set_column(table.column_names.index("weight"), "weight", [np.zeros(len(table))])
    pq.write_table(changed, path)
    with pytest.raises(LimeError, match=r"x\.parquet is damaged .*checksum"):
        list(Explanations.from_parquet(path))
    pq.write_table(table.slice(0, 8), path)
    with pytest.raises(LimeError, match=r"x\.parquet is damaged"):
        list(Explanations.from_parquet(path))


def test_json_that_was_changed_on_purpose_says_the_way_out(tmp_path):
    content = json.loads(explainer().explain_instance(TABLE[0], predict, **SMALL).to_json())
    pretty = json.dumps(content, indent=2, sort_keys=True).replace(".0,", ",")  # as other programs write numbers
    assert Explanation.from_json(pretty).as_list() == Explanation.from_json(json.dumps(content)).as_list()
    content["num_samples"] = 65
    with pytest.raises(LimeError, match=r"was changed: .*removes its 'checksum'"):
        Explanation.from_json(json.dumps(content))
    del content["checksum"]
    assert Explanation.from_json(json.dumps(content)).num_samples == 65


STORED = json.loads((OLD / "row.json").read_text())
PLACES = [("mode",), ("labels",), ("labels", 0), ("labels", 0, "label"), ("labels", 0, "weights", 0, "weight")]
PLACES += [("labels", 0, "range"), ("labels", 0, "weights", 1, "index"), ("features", 0), ("features", 0, "name")]
PLACES += [("warnings",), ("trust", 0), ("trust", 0, "findings"), ("num_samples",), ("class_names",), ("settled",)]
PLACES += [("predict_proba",), ("instance_features",), ("looks",), ("score",), ("instance_block",), ("top_labels",)]
WRONG = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(PLACES), WRONG)
def test_json_of_any_form_is_an_explanation_that_can_be_shown_or_one_error(place, wrong):
    content = json.loads(json.dumps(STORED))
    part = content
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = wrong
    try:
        found = Explanation.from_dict(content)
    except LimeError:
        return
    found.to_dict()
    assert isinstance(str(found), str)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_random_bytes_are_one_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("random") / "x"
    path.write_bytes(content)
    for read in (Explanation.from_json, LimeTabularExplainer.load, Explanations.from_parquet):
        with pytest.raises(LimeError):
            read(path)


def test_what_is_cut_short_or_too_deep_is_one_error(tmp_path):
    for name, read in (("row.json", Explanation.from_json), ("explainer.lime", LimeTabularExplainer.load)):
        content = (OLD / name).read_bytes()
        for size in range(0, len(content) - 2, 97):
            (tmp_path / name).write_bytes(content[:size])
            with pytest.raises(LimeError, match=name.replace(".", r"\.")):
                read(tmp_path / name)
    for text in ("[" * 200_000, '{"a":' * 200_000):
        with pytest.raises(LimeError, match="RecursionError"):
            Explanation.from_json(text)


@pytest.mark.parametrize("member", ["explainer.json", "arrays.npz"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path, member, monkeypatch):
    path = tmp_path / "b.lime"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in ("explainer.json", "arrays.npz"):
            if name != member:
                archive.writestr(name, '{"format": "lime.explainer/1", "explainer": {}}')
        with archive.open(member, "w", force_zip64=True) as file:
            for _ in range(80):
                file.write(b"a" * 2**20)
    asked = []
    whole = zipfile.ZipFile.read
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda self, name: asked.append(name) or whole(self, name))
    with pytest.raises(LimeError, match=r"b\.lime .*83,886,080 when it is unpacked"):
        LimeTabularExplainer.load(path)
    assert [about.filename for about in asked] == (["explainer.json"] if member == "arrays.npz" else [])


def test_a_picture_of_a_size_that_its_content_cannot_have_is_refused():
    content = json.loads((OLD / "picture.json").read_text())
    content["image"]["shape"] = [100_000, 100_000, 3]
    with pytest.raises(LimeError, match="takes 30,000,000,000 bytes"):
        Explanation.from_dict(content)


# ---- devices, links, drafts


def doors():
    exps, exp = explained(3), explainer().explain_instance(TABLE[0], predict, **SMALL)
    return [exps.to_parquet, exps.save_to_file, exp.to_json, exp.save_to_file, exp.trust().to_json, explainer().save]


def test_every_door_writes_to_files_alone_and_through_links(tmp_path):
    assert os.name == "posix"
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    (tmp_path / "circle").symlink_to("circle")
    refused = {"pipe": "a pipe", "folder": "a folder", "circle": "a link that leads in a circle"}
    if os.geteuid() == 0:
        try:
            os.mknod(tmp_path / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
            refused["null"] = "a device"
        except PermissionError:  # root of a container may make none
            pass
    umask = os.umask(0o027)
    try:
        for door in doors():
            for name, kind in refused.items():
                before = os.lstat(tmp_path / name)
                with pytest.raises(LimeError, match=f"{name}: it is {kind}; expected a regular file"):
                    door(tmp_path / name)
                assert os.lstat(tmp_path / name).st_ino == before.st_ino
            target, link, mine = tmp_path / "target", tmp_path / "link", tmp_path / "target.tmp"
            link.symlink_to("target")
            mine.write_text("mine")
            door(link)
            assert link.is_symlink()
            assert not target.is_symlink()
            assert mine.read_text() == "mine"
            assert stat.S_IMODE(target.stat().st_mode) == 0o640
            target.chmod(0o604)
            door(target)
            assert stat.S_IMODE(target.stat().st_mode) == 0o604
            with pytest.raises(FileNotFoundError, match="nowhere"):
                door(tmp_path / "nowhere" / "x")
            for path in (target, link, mine):
                path.unlink()
            assert {path.name for path in tmp_path.iterdir()} == set(refused)
    finally:
        os.umask(umask)


def test_a_full_disk_leaves_the_file_that_was_there(tmp_path, monkeypatch):
    def full(*names):
        raise OSError(28, "No space left on device")

    for door in doors():
        path = tmp_path / "x"
        path.write_text("before")
        with monkeypatch.context() as patch:
            patch.setattr(os, "replace", full)
            with pytest.raises(OSError, match=r"No space left on device: .*x'"):
                door(path)
        assert path.read_text() == "before"
        assert [one.name for one in tmp_path.iterdir()] == ["x"]


def test_a_link_that_was_planted_in_a_checkpoint_is_not_written_through(tmp_path):
    (tmp_path / "mine").write_text("mine")
    folder = tmp_path / "c"
    folder.mkdir()
    (folder / "part-00000000.parquet.tmp").symlink_to(tmp_path / "mine")  # the name of drafts, once
    explained(checkpoint=folder)
    (folder / "part-00000000.parquet").unlink()
    (folder / "part-00000000.parquet").symlink_to(tmp_path / "nothing")
    with pytest.raises(LimeError, match=r"part-00000000\.parquet: it is a link; expected a regular file"):
        explained(checkpoint=folder)
    assert (tmp_path / "mine").read_text() == "mine"
    assert not (tmp_path / "nothing").exists()


# ---- processes and threads


HOLDS = """
import sys, time
import numpy as np
from lime import LimeTabularExplainer
table = np.random.default_rng(0).normal(size=(50, 3))
def rows():
    yield table[:10]
    print("at work", flush=True)
    time.sleep(600)
    yield table[10:]
LimeTabularExplainer(table).explain_instances(rows(), lambda x: np.eye(2)[(x[:, 0] > 0) * 1], checkpoint=sys.argv[1])
"""


def test_one_run_at_a_time_uses_a_checkpoint_and_a_killed_one_lets_it_go(tmp_path):
    folder = tmp_path / "c"
    other = subprocess.Popen([sys.executable, "-c", HOLDS, str(folder)], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout.readline() == "at work\n"
        with pytest.raises(LimeError, match=r"c' is in use by another run; wait until that one has ended, or choose"):
            explained(checkpoint=folder)
    finally:
        other.send_signal(signal.SIGKILL)
        other.communicate()

    with pytest.raises(LimeError, match="was made with"):  # no lock is left: it is another call that is told
        explained(checkpoint=folder)
    assert not list(folder.glob(".lime*"))


def test_a_stochastic_model_is_told_from_another_one(tmp_path):
    rng = np.random.default_rng(0)

    def noisy(x):
        p = np.clip(predict(x)[:, 1] + rng.normal(0, 0.05, len(x)), 0, 1)
        return np.column_stack([1 - p, p])

    def other(x):
        return noisy(-x)

    folder = tmp_path / "c"
    explainer().explain_instances(TABLE[:10], noisy, checkpoint=folder, **SMALL)
    with pytest.warns(
        UserWarning, match="the model is stochastic: it predicts something else for the same inputs each time"
    ):
        explainer().explain_instances(TABLE[:10], noisy, checkpoint=folder, **SMALL)
    with pytest.raises(LimeError, match="another model"):
        explainer().explain_instances(TABLE[:10], other, checkpoint=folder, **SMALL)


DEADLY = """
import os, sys
import numpy as np
from lime import LimeError, LimeTabularExplainer
table = np.random.default_rng(0).normal(size=(8, 3))
bad, parent = table[5].copy(), os.getpid()
def model(x):
    if os.getpid() != parent and len(x) < 63 and (x == bad).all(axis=1).any():
        os._exit(9)
    p = 1 / (1 + np.exp(-x[:, 0]))
    return np.column_stack([1 - p, p])
explainer = LimeTabularExplainer(table, random_state=0)
call = {"num_samples": 64, "n_jobs": 2}
found = explainer.explain_instances(table, model, errors="record", **call)
whole = explainer.explain_instances(table, model, num_samples=64)
assert [k for k in range(8) if found[k].as_list() != whole[k].as_list()] == [5]
print(found.errors)
"""


def test_a_row_that_ends_its_worker_is_named_and_the_others_are_explained(tmp_path):
    script = tmp_path / "deadly.py"
    script.write_text(DEADLY.replace("found[k].as_list() != whole", "k in found.errors or found[k].as_list() != whole"))
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("{5: 'LimeError: row 5 of the data ended its worker process (EXIT(9))"), done.stdout


def test_a_fork_finds_no_lock_taken():
    held, go = threading.Event(), threading.Event()

    def hold():
        with threads.threads_for(1.0):
            held.set()
            go.wait()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    child = os.fork()
    if not child:
        signal.alarm(60)  # a child that waits for ever ends by it
        with threads.threads_for(1.0):
            pass
        os._exit(0 if threads._KEPT._users == 0 and threads._KEPT._limit is None else 3)
    _, status = os.waitpid(child, 0)
    go.set()
    thread.join()
    assert status == 0
    assert threads._KEPT._users == 0
    assert get_config()["sampling_method"] == "auto"


def test_no_filter_of_warnings_leaks_from_threads():
    """One thread's silence is neither another's, nor does it outlast the block, whoever ends first."""
    before, seen = list(warnings.filters), []
    first_in, second_in = threading.Event(), threading.Event()

    def first():
        with without_warnings(UserWarning):
            first_in.set()
            second_in.wait()

    def second():
        first_in.wait()
        with without_warnings(RuntimeWarning):
            second_in.set()
            time.sleep(0.05)
            try:
                warnings.warn("not silenced here", UserWarning, stacklevel=1)
            except UserWarning as error:
                seen.append(str(error))

    both = [threading.Thread(target=one) for one in (first, second)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert warnings.filters == before
    assert seen == ["not silenced here"]
    with without_warnings(UserWarning):
        warnings.warn("silenced", UserWarning, stacklevel=1)


def test_no_module_changes_the_filters_of_the_process():
    # The command is a process of its own, with one thread.
    modules = [path for path in (Path(run.__file__).parents[1]).rglob("*.py") if path.parent.name != "cli"]
    found = [path.name for path in modules if "catch_warnings" in path.read_text(encoding="utf-8")]
    assert found == ["quiet.py"]
