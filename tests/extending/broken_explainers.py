"""Explainers that break one promise each, by the door of `lime.testing.check_explainer` that must notice it."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from lime import Explanation, LimeTabularExplainer

GENERATOR = np.random.default_rng(0)
THREE_LINES = "this cannot be done\nfor a reason\nthat is told at length"


class Tampered(LimeTabularExplainer):
    """Explains, and then changes the explanation."""

    def explain_instance(  # settings go on by name
        self, data_row: Any, predict_fn: Any, **settings: Any
    ) -> Explanation:
        exp = super().explain_instance(data_row, predict_fn, **settings)
        self.tamper(exp, settings)
        return exp

    def tamper(self, exp: Explanation, settings: dict[str, Any]) -> None:
        """Nothing is changed here: this one passes."""

    def scale(self, exp: Explanation, factor: float) -> None:
        for label, weights in exp.local_exp.items():
            exp.local_exp[label] = [(i, w * factor) for i, w in weights]


class Unsorted(Tampered):
    def tamper(self, exp: Explanation, settings: dict[str, Any]) -> None:
        for label, weights in exp.local_exp.items():
            exp.local_exp[label] = weights[::-1]


class Unseeded(Tampered):
    """Differs in the tenth digit each time; its classic numbers do not, which another door looks at."""

    def tamper(self, exp: Explanation, settings: dict[str, Any]) -> None:
        if settings.get("sampling_method") != "classic":
            self.scale(exp, 1.0 + 1e-10 * GENERATOR.random())


class UnnamedExplanation(Explanation):
    def as_list(self, label: Any = None, **kwargs: Any) -> list[tuple[Any, float]]:
        return [(place, weight) for place, (_, weight) in enumerate(super().as_list(label, **kwargs))]


class WideExplanation(Explanation):
    def __str__(self) -> str:
        return super().__str__() + "\n" + "-" * 101


class OpenExplanation(Explanation):
    def as_html(self, *args: Any, **kwargs: Any) -> str:
        return super().as_html(*args, **kwargs) + "<div>"


class PlotlessExplanation(Explanation):
    def plot(self, *args: Any, **kwargs: Any) -> Any:
        super().plot(*args, **kwargs)


class NamelessExplanation(Explanation):
    def to_json(self, *args: Any, **kwargs: Any) -> str:
        text = super().to_json(*args, **kwargs)
        assert text is not None
        return text.replace('"x1', '"y1')


class ShortExplanation(Explanation):
    def to_frame(self, *args: Any, **kwargs: Any) -> Any:
        return super().to_frame(*args, **kwargs)[:-1]


class UncopiedExplanation(Explanation):
    def __deepcopy__(self, memo: dict[int, Any]) -> Explanation:
        other = Explanation.from_json(self.to_json())
        other.local_exp = {label: weights[:-1] for label, weights in self.local_exp.items()}
        return other


class Dressed(Tampered):
    """Returns explanations of another class."""

    dress: type[Explanation] = Explanation

    def tamper(self, exp: Explanation, settings: dict[str, Any]) -> None:
        exp.__class__ = self.dress


class Unnamed(Dressed):
    dress = UnnamedExplanation


class Wide(Dressed):
    dress = WideExplanation


class Open(Dressed):
    dress = OpenExplanation


class Plotless(Dressed):
    dress = PlotlessExplanation


class Nameless(Dressed):
    dress = NamelessExplanation


class Short(Dressed):
    dress = ShortExplanation


class Uncopied(Dressed):
    dress = UncopiedExplanation


class OtherAmongMany(LimeTabularExplainer):
    """Gives other numbers for many rows, where one worker or two are asked for."""

    workers = 1

    def explain_instances(self, data: Any, predict_fn: Any, **settings: Any) -> Any:
        if settings.get("n_jobs") != self.workers:
            return super().explain_instances(data, predict_fn, **settings)
        other = LimeTabularExplainer(self.rows, feature_names=self.feature_names, random_state=1)
        return other.explain_instances(data, predict_fn, **settings)

    def __init__(self, rows: Any, **settings: Any) -> None:
        super().__init__(rows, **settings)
        self.rows = rows


class OtherOfTwoWorkers(OtherAmongMany):
    workers = 2


class OtherFromCheckpoint(LimeTabularExplainer):
    """Does not go on with a checkpoint, but starts another with other numbers."""

    def __init__(self, rows: Any, **settings: Any) -> None:
        super().__init__(rows, **settings)
        self.rows, self.runs = rows, 0

    def explain_instances(self, data: Any, predict_fn: Any, *, checkpoint: Any = None, **settings: Any) -> Any:
        if checkpoint is None:
            return super().explain_instances(data, predict_fn, **settings)
        self.runs += 1
        other = LimeTabularExplainer(self.rows, feature_names=self.feature_names, random_state=self.runs)
        return other.explain_instances(data, predict_fn, checkpoint=f"{checkpoint}{self.runs}", **settings)


class NeverSettled(Tampered):
    def tamper(self, exp: Explanation, settings: dict[str, Any]) -> None:
        exp.settled = None


class Unstable(LimeTabularExplainer):
    def stability(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("stability is not optional")


class Unfaithful(Tampered):
    """Its copies for diagnostics sample nothing, but repeat what it said before."""

    said: Any = None
    is_copy = False

    def independent_copies(self, count: int) -> list[Any]:
        copies = super().independent_copies(count)
        for one in copies:
            one.is_copy = True
        return copies

    def explain_instance(  # settings go on by name
        self, data_row: Any, predict_fn: Any, **settings: Any
    ) -> Explanation:
        if self.is_copy and self.said is not None:
            return copy.deepcopy(self.said)
        self.said = None  # it would be pickled
        exp = super().explain_instance(data_row, predict_fn, **settings)
        self.said = copy.deepcopy(exp)
        return exp


class Undeletable(LimeTabularExplainer):
    def ablation(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(THREE_LINES)


class Insensitive(LimeTabularExplainer):
    def perturb_instance(self, *args: Any, **kwargs: Any) -> Any:
        raise ValueError("an error that is no refusal")


class OtherWhenLoaded(LimeTabularExplainer):
    def save(self, path: Any) -> None:
        LimeTabularExplainer(self.rows, feature_names=self.feature_names, random_state=1).save(path)

    @classmethod
    def load(cls, path: Any) -> Any:
        return LimeTabularExplainer.load(path)

    def __init__(self, rows: Any, **settings: Any) -> None:
        super().__init__(rows, **settings)
        self.rows = rows


class ClassicAtLength(Tampered):
    def tamper(self, exp: Explanation, settings: dict[str, Any]) -> None:
        if settings.get("sampling_method") == "classic":
            raise ValueError(THREE_LINES)


BROKEN = {
    "explanation": Unsorted,
    "same seed, same explanation": Unseeded,
    "list": Unnamed,
    "print": Wide,
    "page": Open,
    "plot": Plotless,
    "JSON": Nameless,
    "frame": Short,
    "pickle and copy": Uncopied,
    "many rows": OtherAmongMany,
    "many rows, two workers": OtherOfTwoWorkers,
    "checkpoint": OtherFromCheckpoint,
    "auto": NeverSettled,
    "stability": Unstable,
    "fidelity": Unfaithful,
    "deletion": Undeletable,
    "sensitivity": Insensitive,
    "save and load": OtherWhenLoaded,
    "classic": ClassicAtLength,
}
