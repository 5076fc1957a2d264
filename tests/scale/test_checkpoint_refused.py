"""Checkpoints: another run, a folder of something else and damaged files are refused."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from checkpoint_samples import SMALL, Model, explainer_of, other_model, predict
from lime import LimeError
from lime.scale import run


@pytest.fixture(scope="module")
def table():
    return np.random.default_rng(0).normal(size=(50, 3))


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    monkeypatch.setattr(run, "LARGE_CHUNK", 12)


def test_another_call_is_refused(table, tmp_path):
    folder = tmp_path / "c"
    explainer_of(table).explain_instances(table, predict, checkpoint=folder, **SMALL)

    def again(words, explainer=None, data=table, model=predict, **settings):
        with pytest.raises(LimeError, match=words) as caught:
            (explainer or explainer_of(table)).explain_instances(
                data, model, checkpoint=folder, **{**SMALL, **settings}
            )
        assert str(folder) in str(caught.value)

    again("other settings", num_samples=65)
    again("other settings", num_features=3)
    again("other settings", sampling_method="lhs")
    again("another seed", explainer_of(table, random_state=1))
    again("another seed", explainer_of(table, random_state=None))
    again("another explainer", explainer_of(table, kernel_width=2.0))
    again("another explainer", explainer_of(table, kernel_width="auto"))
    again("another explainer", explainer_of(table + 1.0))
    changed = table.copy()
    changed[30, 1] += 1e-9
    again("the rows from position 24 differ", data=changed)
    for data in (table[:49], table[:48], np.vstack([table, table])):
        again(f"it had 50 rows, and these are {len(data)}", data=data)
    again("the rows from position 48 differ", data=iter([table[:49]]))
    again("rows beyond the end", data=iter([table[:48]]))
    again("it had 50 rows, and these are more", data=iter([table, table]))
    again("another kind of model", model=Model())
    again("another model: of 63 samples it predicted 6. otherwise", model=other_model)
    again("another model: it had 2 outputs, and this one has 3", model=lambda x: np.full((len(x), 3), 1 / 3))


def test_a_folder_that_is_no_checkpoint_is_refused(table, tmp_path):
    (tmp_path / "thesis.docx").write_text("years of work")
    with pytest.raises(LimeError, match=r"thesis\.docx"):
        explainer_of(table).explain_instances(table, predict, checkpoint=tmp_path, **SMALL)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    other = tmp_path / "c"
    other.mkdir()
    (other / "manifest.json").write_text('{"format": "lime.checkpoint/9"}')
    with pytest.raises(LimeError, match=r"lime\.checkpoint/9"):
        explainer_of(table).explain_instances(table, predict, checkpoint=other, **SMALL)
    (other / "manifest.json").write_text('{"format": ')
    with pytest.raises(LimeError, match="damaged"):
        explainer_of(table).explain_instances(table, predict, checkpoint=other, **SMALL)


def test_a_regressor_is_known_by_its_parameters(table, tmp_path):
    regressor = Ridge(alpha=2.0)
    call = {**SMALL, "checkpoint": tmp_path, "model_regressor": regressor}
    first = explainer_of(table).explain_instances(table, predict, **call)
    explainer_of(table).explain_instance(table[0], predict, model_regressor=regressor, **SMALL)
    assert hasattr(regressor, "coef_")
    again = explainer_of(table).explain_instances(table, predict, **call)
    assert [exp.as_list() for exp in again] == [exp.as_list() for exp in first]
    regressor.alpha = 3.0
    with pytest.raises(LimeError, match="other settings"):
        explainer_of(table).explain_instances(table, predict, **call)


def cut(path):
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def garble(path):
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)  # what the footer points at
    path.write_bytes(content)


def rewrite(path, **changes):
    content = {**json.loads(path.read_text()), **changes}
    path.write_text(json.dumps({key: value for key, value in content.items() if value != "gone"}))


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("part-00000001.parquet", cut),
        ("part-00000000.parquet", garble),
        ("part-00000001.parquet", lambda path: path.write_bytes(b"")),
        ("manifest.json", lambda path: rewrite(path, identity="gone")),
        ("manifest.json", lambda path: rewrite(path, identity=3)),
        ("manifest.json", lambda path: rewrite(path, chunk_rows=0)),
        ("manifest.json", lambda path: rewrite(path, chunk_rows="many")),
        ("manifest.json", lambda path: rewrite(path, run_seed="gone")),
        ("manifest.json", lambda path: rewrite(path, rows="some")),
        ("manifest.json", lambda path: rewrite(path, answers="gone")),
        ("manifest.json", lambda path: rewrite(path, answers=[[1.0, 2.0], [3.0]])),
        ("manifest.json", lambda path: path.write_text("[1]")),
    ],
)
def test_a_damaged_checkpoint_is_named(table, tmp_path, name, damage):
    folder = tmp_path / "c"
    explainer_of(table).explain_instances(table, predict, checkpoint=folder, **SMALL)
    damage(folder / name)
    with pytest.raises(LimeError, match=f"{name} is damaged"):
        list(explainer_of(table).explain_instances(table, predict, checkpoint=folder, **SMALL))
