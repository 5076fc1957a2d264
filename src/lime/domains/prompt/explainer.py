"""`LimePromptExplainer`: explains what a model of prompts does with the fields of one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lime.domains.masked import MaskedExplainer, MaskedInput
from lime.domains.settings import ExplainSettings
from lime.domains.text.kinds import sentences, words
from lime.domains.text.units import Units
from lime.results.explanation import Explanation
from lime.results.mapper import NamesMapper

UNITS = ("field", "sentence", "word")

FIELD = re.compile(r"\{(\w+)\}")

NAME_LENGTH = 60
"""Characters of a unit that its name shows."""


def _removed(unit: str) -> str:
    """Nothing stands in the place of a unit that a sample hides."""
    return ""


@dataclass(frozen=True)
class PromptInput(MaskedInput):
    """A prompt whose fields, or their parts, samples leave out.

    Attributes
    ----------
    template : list of str
        What stands around the fields, and between them their names: text, name, text, name, ..., text.
    fields : dict of Units
    mode : {"classification", "regression"}
    whole : bool
        Whether fields are units.
    """

    template: list[str]
    fields: dict[str, Units]
    mode: str
    whole: bool

    what = "prompts"
    baseline_description = "nothing"

    @property
    def feature_ids(self) -> NDArray[np.intp]:
        """Ids of the units, field by field, shape (d,)."""
        return np.arange(sum(units.num_words() for units in self.fields.values()))

    def render(self, kept: NDArray[np.bool_]) -> list[str]:
        """The prompts that masks (n, d) leave."""
        texts: dict[str, list[str]] = {}
        start = 0
        for name, units in self.fields.items():
            stop = start + units.num_words()
            texts[name] = units.texts(kept[:, start:stop], np.arange(stop - start))
            start = stop
        parts = [texts[part] if place % 2 else [part] * len(kept) for place, part in enumerate(self.template)]
        return ["".join(pieces) for pieces in zip(*parts, strict=True)]

    def new_explanation(self, class_names: list[str] | None) -> Explanation:
        """An explanation with the names of the units."""
        names: list[str] = []
        for field, units in self.fields.items():
            if self.whole:
                names += [field] * units.num_words()
            else:
                names += [f"{field}: {_shortened(units.word(i))}" for i in range(units.num_words())]
        texts = [units.word(0) for units in self.fields.values() if units.num_words()]
        values = dict(enumerate(texts)) if self.whole else None  # else the names say it all
        return Explanation(NamesMapper(_told_apart(names), values), mode=self.mode, class_names=class_names)

    def nothing_to_explain(self) -> str:
        """A sentence for empty fields."""
        return "The fields of the prompt are empty: there is nothing to explain."


class LimePromptExplainer(MaskedExplainer):
    """Explains predictions of a model that is given prompts: which fields, sentences or words of them they rest on.

    The words of the template are the instruction, which is held fixed. Samples leave parts of the fields out.

    Parameters
    ----------
    template : str
        The prompt, with names of fields in braces where these go, such as ``"Question: {question} Context:
        {context}"``. Braces around anything but a name stay as they are.
    unit : {"field", "sentence", "word"}
        What a sample leaves out.
    **settings
        Of `lime.extending.MaskedExplainer`: ``class_names``, ``mode``, ``random_state``, ``kernel_width`` ...

    Raises
    ------
    ValueError
        If the template has no field, or an argument is not what is described here.

    Examples
    --------
    >>> import lime
    >>> def generate(prompts):
    ...     return ["yes" if "rain" in prompt else "no" for prompt in prompts]
    >>> explainer = lime.LimePromptExplainer("News: {news} Place: {place} Will it be wet?", random_state=0)
    >>> fields = {"news": "much rain is on its way", "place": "Ulm"}
    >>> exp = explainer.explain_instance(fields, lime.prompted(generate, ["no", "yes"]))
    >>> [(name, round(abs(weight), 2)) for name, weight in exp.as_list()]
    [('news', 1.0), ('place', 0.0)]
    """

    instance_dimensions = ()

    def __init__(self, template: str, *, unit: str = "field", **settings: Any) -> None:
        super().__init__(**settings)
        given: Any = template
        if not isinstance(given, str) or not FIELD.search(given):
            raise ValueError(f"template={template!r}: expected a text with fields in braces, such as '{{review}}'")
        if unit not in UNITS:
            raise ValueError(f"unit={unit!r}: expected one of {', '.join(map(repr, UNITS))}")
        self.template = template
        self.unit = unit

    @property
    def field_names(self) -> list[str]:
        """Names of the template's fields, in the order in which they first come."""
        return list(dict.fromkeys(FIELD.findall(self.template)))

    def interpretable_input(self, instance: Any, settings: ExplainSettings, **of_this_type: Any) -> PromptInput:
        """A prompt as the method sees it; see `Explainer.interpretable_input`.

        Parameters
        ----------
        instance : mapping
            The text of each field; where there is a single field, the text itself will do.
        settings : ExplainSettings
            The checked arguments of the call.
        **of_this_type
            None for prompts.

        Returns
        -------
        PromptInput

        Raises
        ------
        ValueError
            If fields are missing, or unknown, or not texts.
        """
        names = self.field_names
        if isinstance(instance, str) and len(names) == 1:
            instance = {names[0]: instance}
        if not isinstance(instance, Mapping) or {*instance} != {*names}:
            raise ValueError(f"instance={instance!r}: expected a dict with the fields {', '.join(map(repr, names))}")
        for name in names:
            if not isinstance(instance[name], str):
                raise ValueError(f"the field {name!r} is {instance[name]!r}: expected a text")
        fields = {name: self._units_of(instance[name]) for name in names}
        return PromptInput(FIELD.split(self.template), fields, self.mode, self.unit == "field")

    def _units_of(self, text: str) -> Units:
        if self.unit == "field":
            spans = [(0, len(text))] if text else []
        else:
            spans = list((sentences if self.unit == "sentence" else words)(text))
        return Units(text, spans, bow=False, mask_string=_removed)


def _shortened(text: str) -> str:
    return text if len(text) <= NAME_LENGTH else text[: NAME_LENGTH - 1] + "…"


def _told_apart(names: list[str]) -> list[str]:
    """Names of which none comes twice: those after the first are counted."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
