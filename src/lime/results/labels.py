"""Which labels an explanation has, what a reader calls them, and which one is meant by a number or a name."""

from __future__ import annotations

from typing import Any

import numpy as np

from lime.results.naming import position_of_name


class Labelled:
    """Something with results by label.

    Attributes
    ----------
    mode : {"classification", "regression"}
    class_names : sequence of str or None
    local_exp : dict of label -> list of (int, float)
    top_labels : list of int or None
        Of a classification, where they were asked for.
    dummy_label : int
        The label of a regression's only output.
    mirrored : bool
        Whether it has one output, whose mirror image is label 0.
    """

    mode: str
    class_names: Any
    local_exp: dict[Any, list[tuple[int, Any]]]
    intercept: dict[Any, float]
    model_preds: dict[Any, float]
    local_preds: dict[Any, float]
    warnings: list[str]
    top_labels: list[int] | None
    dummy_label: int
    mirrored: bool

    def available_labels(self) -> list[Any]:
        """Return the explained labels of a classification.

        Returns
        -------
        list of int
            `top_labels` where they were asked for, by falling probability; else the keys of `local_exp`.

        Raises
        ------
        NotImplementedError
            In regression; the outputs are the keys of `local_exp`.
        """
        if self.mode != "classification":
            raise NotImplementedError("available_labels() is for classification; this explanation is of a regression")
        return list(self.top_labels if self.top_labels else self.local_exp)

    def explained_labels(self) -> list[Any]:
        """Return the labels that a reader may ask for, the first explained one first.

        A regression with one output has one, `dummy_label`, although `local_exp` holds its mirror image as well.

        Returns
        -------
        list of int
            Empty where nothing was explained yet.
        """
        if self.is_single_output():
            return [self.dummy_label]
        labels = list(self.local_exp)
        if self.mode == "classification" and self.top_labels:
            first = [label for label in self.top_labels if label in self.local_exp]
            return first + [label for label in labels if label not in first]
        return labels

    def label_name(self, label: Any) -> str:
        """Return what a reader calls a label: the class's name, or "class 3" or "output 3" where it has none.

        Parameters
        ----------
        label : int
            Explained or not.

        Returns
        -------
        str
            "value" for the only output of a regression; the name of the `target` where there is one.
        """
        if self.mode == "regression" and self.is_single_output():
            target = getattr(self, "target", None)
            return "value" if target is None else str(target.name)
        names = self.class_names
        if names is not None and isinstance(label, int | np.integer) and -len(names) <= label < len(names):
            return str(names[int(label)])
        return f"{'class' if self.mode == 'classification' else 'output'} {label}"

    def is_single_output(self) -> bool:
        """Tell the mirrored pair of a regression with one output from two outputs that were explained.

        Returns
        -------
        bool
        """
        if self.mode != "regression" or self.local_exp.keys() != {0, 1}:
            return False
        if self.mirrored:
            return True
        # Filled by hand, or stored before there was the flag. Two outputs that are each other's negation have
        # negated intercepts and answers as well; the mirror has the same ones.
        for by_label in (self.intercept, self.model_preds, self.local_preds):
            first, second = by_label.get(0), by_label.get(1)
            if first != second and not (first != first and second != second):
                return False
        down, up = self.local_exp[0], self.local_exp[1]
        return len(down) == len(up) and all(
            i == j and (v == -w or (v != v and w != w)) for (i, v), (j, w) in zip(down, up, strict=True)
        )

    def resolve_label(self, label: Any = None) -> Any:
        """Return the explained label that is meant.

        Parameters
        ----------
        label : int, str or None
            By position or by the name of the class. None means the first explained label, and so does 1, the default
            of the classic methods, where 1 was not explained. A regression with one output has one answer to every
            label.

        Returns
        -------
        int
            A key of `local_exp`.

        Raises
        ------
        KeyError
            The label was not explained.
        """
        explained = self.explained_labels()
        if not explained:
            raise self._without_labels(label)
        if self.is_single_output():
            return self.dummy_label
        if label is None:
            return explained[0]
        try:
            return self.find_label(label)
        except KeyError:
            if label == 1:
                return explained[0]
            raise

    def find_label(self, label: Any) -> Any:
        """Return the explained label that is exactly meant: by its key, its position or the name of the class.

        Parameters
        ----------
        label : int or str
            A position may count from the end, as Python's do.

        Returns
        -------
        int
            A key of `local_exp`.

        Raises
        ------
        KeyError
            The label was not explained, or no class or several have this name.
        """
        if label in self.local_exp:
            return label
        names = self.class_names
        place = label
        if isinstance(label, str) and names is not None:
            try:
                place = position_of_name(label, names)
            except KeyError as error:
                raise KeyError(f"label {label!r}: {error.args[0]}") from None
        answer = getattr(self, "predict_proba", None)
        k = len(names) if names is not None else 0 if answer is None else len(answer)
        if isinstance(place, int | np.integer) and -k <= place < k:
            # The same class may have been asked for from the other end.
            for same in (place, place - k, place + k):
                if same in self.local_exp:
                    return same
        explained = self.explained_labels()
        if not explained:
            raise self._without_labels(label)
        named = "" if names is None else f" ({', '.join(self.label_name(one)[:80] for one in explained[:20])})"
        raise KeyError(f"label {label!r} was not explained; the explained labels are {explained}{named}")

    def _without_labels(self, label: Any) -> KeyError:
        # A row of many that failed says why.
        why = " ".join(" ".join(self.warnings).split()) or "this explanation holds none yet"
        return KeyError(f"label {label!r} was not explained: {why}")
