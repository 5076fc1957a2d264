"""How feature ids become words: the protocol between an explanation and the domain it comes from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

__all__ = ["DomainMapper", "NamesMapper", "describe_feature", "instance_block", "instance_features", "refuse_keywords"]


class DomainMapper:
    """Turns the feature ids of an explanation into the words of its domain.

    Subclasses override `map_exp_ids`, and whichever of the others they can serve. Every method has a default that
    works from `map_exp_ids` alone, so a mapper for graphs, signals or embeddings needs no more than that one.
    """

    # What a sentence about several features calls them where it counts them, "segment"; None where it names them.
    counted_as: str | None = None
    # Whether a sentence that holds for several labels stands once for all of them.
    warns_once = False

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace the feature ids in a list of (feature id, weight) by what a reader calls them.

        Parameters
        ----------
        exp : sequence of (feature id, weight)
            Pairs of one label.
        **kwargs
            Whatever the caller gave to `Explanation.as_list`.

        Returns
        -------
        list of (name, weight)
            In the order of `exp`. The default keeps the ids.
        """
        return list(exp)

    def visualize_instance_html(
        self, exp: Sequence[tuple[Any, float]], label: Any, div_name: str, exp_object_name: str, **kwargs: Any
    ) -> str:
        """Return ''. Pages hold no script any more; override `instance_block` to show the instance.

        The method stays so that subclasses may call it.

        Parameters
        ----------
        exp : sequence of (feature id, weight)
            Pairs of one label.
        label : int
            That label.
        div_name, exp_object_name : str
            Names of script objects, of which there are none any more.
        **kwargs
            Whatever a subclass was called with.

        Returns
        -------
        str
            Empty.
        """
        return ""

    def describe(self, feature_id: int) -> dict[str, Any]:
        """Describe one feature of the explained instance.

        Parameters
        ----------
        feature_id : int
            As in `Explanation.local_exp`.

        Returns
        -------
        dict
            feature : str, what `Explanation.as_list` calls it;
            index : int, the feature id;
            name : str, the name of the column, word or region by itself;
            value : the instance's raw value as a plain Python object, None where there is none;
            low, high : float or None, the bounds of the instance's bin, None where open or not applicable.
        """
        feature = str(self.map_exp_ids([(feature_id, 0.0)])[0][0])
        return {
            "feature": feature,
            "index": feature_id,
            "name": feature,
            "value": None,
            "low": None,
            "high": None,
        }

    def instance_features(self) -> list[int]:
        """Return all feature ids that a table of the instance may show, in column order; here none is known.

        Returns
        -------
        list of int
            Empty here; a page then shows those features alone that carry weight.
        """
        return []

    def instance_block(self, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
        """Choose how a page shows the instance itself.

        Parameters
        ----------
        exp : Explanation
            The explanation that is shown.
        **kwargs
            The keywords of `Explanation.as_html` that the page itself does not know.

        Returns
        -------
        dict or None
            None for a table of `instance_features` (the default), or a dict of plain values with a "kind":
            ``{"kind": "text", "pieces": [{"text": str, "feature": feature id or None}, ...]}`` shows running text in
            which the pieces that carry weight are marked; ``{"kind": "image"}`` shows the explanation's `image` with
            its `segments` tinted, ``{"kind": "timeseries"}`` its `series` likewise.
        """
        return None


class NamesMapper(DomainMapper):
    """Calls features by names that are given: all that a simple data type needs.

    Parameters
    ----------
    names : mapping of int to str, or sequence of str
        By feature id.
    values : mapping of int, optional
        The instance's raw values by feature id, as plain Python objects; a page then shows them in a table.
    """

    def __init__(self, names: Mapping[int, str] | Sequence[str], values: Mapping[int, Any] | None = None) -> None:
        self.names = dict(names) if isinstance(names, Mapping) else dict(enumerate(names))
        self.values = dict(values or {})

    def map_exp_ids(self, exp: Sequence[tuple[Any, float]], **kwargs: Any) -> list[tuple[Any, float]]:
        """Replace feature ids by their names."""
        return [(self.names[int(feature_id)], weight) for feature_id, weight in exp]

    def describe(self, feature_id: int) -> dict[str, Any]:
        """Name and value of a feature; see `DomainMapper.describe`."""
        return {**super().describe(feature_id), "value": self.values.get(int(feature_id))}

    def instance_features(self) -> list[int]:
        """All features with a value, in the order of their ids."""
        return sorted(self.values)


def describe_feature(mapper: Any, feature_id: Any) -> dict[str, Any]:
    """Describe a feature by any object that has `map_exp_ids`, whether or not it derives from `DomainMapper`."""
    describe = getattr(mapper, "describe", None)
    found = dict(DomainMapper.describe(mapper, feature_id) if describe is None else describe(feature_id))
    found["feature"] = str(found["feature"])
    found["name"] = str(found["name"])
    return found


def instance_features(mapper: Any) -> list[Any]:
    """Return the ids a table of the instance may show, for any object that has `map_exp_ids`."""
    ask = getattr(mapper, "instance_features", None)
    return [] if ask is None else list(ask())


def refuse_keywords(kwargs: dict[str, Any]) -> NoReturn:
    """Raise the TypeError for keywords of a page that nobody knows."""
    raise TypeError(
        f"unknown keyword {', '.join(map(repr, sorted(kwargs)))}: expected labels, predict_proba, "
        "show_predicted_value, show_table, show_all, text, image or opacity"
    )


def instance_block(mapper: Any, exp: Any, **kwargs: Any) -> dict[str, Any] | None:
    """Ask a mapper for its own picture of the instance; None means the table.

    Raises
    ------
    TypeError
        A keyword came that the mapper has no use for.
    """
    ask = getattr(mapper, "instance_block", None)
    own = ask is not None and getattr(type(mapper), "instance_block", None) is not DomainMapper.instance_block
    if kwargs and not own:
        refuse_keywords(kwargs)
    if ask is None:
        return None
    block: dict[str, Any] | None = ask(exp, **kwargs)
    return block
