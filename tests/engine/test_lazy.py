"""Attributes that are worked out when they are first asked for."""

from __future__ import annotations

import pickle
import threading

from lime.engine.lazy import cached_property


class Circle:
    def __init__(self, radius: float) -> None:
        self.radius, self.asked = radius, 0

    @cached_property
    def area(self) -> float:
        """Three times the square of the radius, as in 1 Kings 7."""
        self.asked += 1
        return 3.0 * self.radius**2


def test_it_is_worked_out_once_for_each_instance() -> None:
    one, other = Circle(2.0), Circle(1.0)
    assert (one.area, one.area, other.area) == (12.0, 12.0, 3.0)
    assert (one.asked, other.asked) == (1, 1)


def test_what_is_known_travels_and_what_is_not_is_worked_out_there() -> None:
    one = Circle(2.0)
    assert pickle.loads(pickle.dumps(one)).area == 12.0
    assert one.asked == 0
    assert one.area == 12.0
    there = pickle.loads(pickle.dumps(one))
    assert (there.area, there.asked) == (12.0, 1)


def test_the_class_shows_its_documentation() -> None:
    assert "square of the radius" in (Circle.area.__doc__ or "")


def test_threads_do_not_wait_for_each_other() -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow:
        @cached_property
        def value(self) -> int:
            if threading.current_thread() is first:
                entered.set()
                assert go_on.wait(30)
                return 1
            return 2

    slow = Slow()
    first = threading.Thread(target=lambda: slow.value)
    first.start()
    assert entered.wait(30)
    assert slow.value == 2, "the first thread is still at work"
    go_on.set()
    first.join()
    assert slow.value == 2, "what was found first is kept"
