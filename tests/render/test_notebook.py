"""An explanation in a notebook, with every IPython and with none."""

from __future__ import annotations

import builtins
import sys

import pytest

import lime.explanation
from explanation_samples import house, review, wine
from lime.render import render_console


def test_display_gets_html(monkeypatch):
    import IPython.display

    shown = []
    monkeypatch.setattr(IPython.display, "display", lambda *objects, **_: shown.extend(objects))
    wine().show_in_notebook(labels=None, predict_proba=False, show_table=True, show_all=True)
    (html,) = shown
    assert isinstance(html, IPython.display.HTML)
    assert html.data.startswith('<div class="lime"')
    assert "alcalinity_of_ash" in html.data
    assert html._repr_html_() == html.data


def test_outside_of_a_notebook_the_table_is_printed(capsys):
    review().show_in_notebook(text=True)
    assert capsys.readouterr().out == str(review()) + "\n"


def test_without_ipython_the_table_is_printed(monkeypatch, capsys):
    real = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.split(".")[0] == "IPython":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.split(".")[0] == "IPython"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", refuse)
    house().show_in_notebook()
    assert capsys.readouterr().out == str(house()) + "\n"


def test_unknown_keywords_are_refused_before_anything_is_shown(capsys):
    with pytest.raises(TypeError, match="unknown keyword 'show_tabel'"):
        wine().show_in_notebook(show_tabel=True)
    assert capsys.readouterr().out == ""


def test_real_cell_shows_html(capsys):
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    shell = InteractiveShell.instance()
    try:
        with capture_output() as captured:
            wine().show_in_notebook()
        (output,) = captured.outputs
        assert output.data["text/html"].startswith('<div class="lime"')
        assert output.data["text/plain"] == str(wine())
        data, _ = shell.display_formatter.format(wine())
        assert data["text/html"] == wine()._repr_html_()
        assert data["text/plain"] == str(wine())
    finally:
        if getattr(shell, "history_manager", None) is not None:
            shell.history_manager.end_session()
        InteractiveShell.clear_instance()


def test_mimebundle_obeys_include_and_exclude():
    assert set(wine()._repr_mimebundle_()) == {"text/plain", "text/html"}
    assert set(wine()._repr_mimebundle_(include=["text/html"])) == {"text/html"}
    assert set(wine()._repr_mimebundle_(exclude=["text/html"])) == {"text/plain"}
    fresh = lime.explanation.Explanation(lime.explanation.DomainMapper())
    assert fresh._repr_mimebundle_() == {"text/plain": repr(fresh)}


def test_one_label_needs_no_list(capsys):
    exp = wine(labels=(1, 0))
    exp.show_in_notebook(labels=0)
    printed = capsys.readouterr().out
    assert printed == render_console(exp, labels=0) + "\n"
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("Why ")] == ["barolo"]


def test_outside_of_a_notebook_what_is_printed_obeys_the_same_keywords(capsys):
    wine(labels=(1, 0, 2)).show_in_notebook(labels=[2, 0], predict_proba=False)
    printed = capsys.readouterr().out
    assert [line.split()[1] for line in printed.splitlines() if line.startswith("Why ")] == ["barbera", "barolo"]
    assert "The model's prediction" not in printed
    assert "0.529" not in printed.split("Why barolo")[1]
    house().show_in_notebook(show_predicted_value=False)
    assert "412,500" not in capsys.readouterr().out
    house().show_in_notebook(predict_proba=False)
    assert "412,500" in capsys.readouterr().out
    review().show_in_notebook(text=False)
    assert "The text" not in capsys.readouterr().out
    with pytest.raises(KeyError, match="label 2 was not explained"):
        wine().show_in_notebook(labels=[2])
    assert capsys.readouterr().out == ""


def test_warnings_about_other_labels_are_left_out():
    exp = wine(labels=(1, 0))
    exp.add_warning("Doubt about barolo.", [0])
    exp.add_warning("Doubt about grignolino.", [1])
    exp.warnings.append("Doubt about all.")
    for text in (render_console(exp, labels=0), exp.as_html(labels=0)):
        assert "Doubt about barolo." in text
        assert "Doubt about all." in text
        assert "Doubt about grignolino." not in text
