"""Values of the pipeline, and what is worked out of one when it is first asked."""

from __future__ import annotations

import dataclasses

import pytest

from oncospan.pipeline.text.value import once, value


@value
class Span:
    start: int
    end: int


class Circle:
    def __init__(self, radius: int) -> None:
        self.radius = radius
        self.worked_out = 0

    @once
    def area(self) -> int:
        """About three times the radius squared."""
        self.worked_out += 1
        return 3 * self.radius**2


def test_what_is_worked_out_once_is_kept_for_each_value_by_itself() -> None:
    small, large = Circle(1), Circle(2)
    assert [small.area, large.area, small.area, large.area] == [3, 12, 3, 12]
    assert (small.worked_out, large.worked_out) == (1, 1)


def test_what_is_worked_out_once_keeps_its_docstring_and_is_seen_on_the_class() -> None:
    assert isinstance(Circle.area, once)
    assert Circle.area.__doc__ == "About three times the radius squared."


def test_what_fails_is_tried_again() -> None:
    class Late:
        ready = False

        @once
        def answer(self) -> int:
            if not self.ready:
                raise ValueError("too early")
            return 42

    late = Late()
    with pytest.raises(ValueError, match="too early"):
        _ = late.answer
    late.ready = True
    assert late.answer == 42


def test_values_are_compared_and_hashed_by_their_fields() -> None:
    assert Span(start=1, end=2) == Span(start=1, end=2)
    assert len({Span(start=1, end=2), Span(start=1, end=2), Span(start=1, end=3)}) == 2
    assert dataclasses.replace(Span(start=1, end=2), end=3) == Span(start=1, end=3)
