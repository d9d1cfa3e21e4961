"""Which figures may leave the team (domain.md 4.7): small groups are hidden, and so is what would give them away.

Hiding one figure of a sum is no use while the others stand: 9 walk-ins of whom 5 are citizens leave 4. So wherever
figures add up, either none is hidden or at least two are (complementary suppression).
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TypeVar

SMALLEST_SHOWN = 5  # groups below this can tell who somebody is
SMALL = f"<{SMALLEST_SHOWN}"
WITHHELD = "·"

Cell = TypeVar("Cell", bound=Hashable)
Shown = int | str | None


def is_small(number: int | None) -> bool:
    """Somebody, but too few to be told. Nobody at all gives nobody away."""
    return number is not None and 0 < number < SMALLEST_SHOWN


def protected(figures: Mapping[Cell, int | None], sums: Sequence[Sequence[Cell]]) -> dict[Cell, Shown]:
    """The figures as others may see them: as they are, ``<5``, or withheld.

    :param figures: by any key; None is a figure that is not known yet.
    :param sums: keys of figures that add up to one another, in whatever order.
    """
    hidden = {cell for cell, number in figures.items() if is_small(number)}
    known = [[cell for cell in one if figures[cell] is not None] for one in sums]
    while open_sum := next((one for one in known if len(one) > 1 and len(hidden.intersection(one)) == 1), None):
        others = [cell for cell in open_sum if cell not in hidden]
        hidden.add(min(others, key=lambda cell: (not figures[cell], figures[cell] or 0)))  # the smallest, nobody last
    return {
        cell: SMALL if is_small(number) else WITHHELD if cell in hidden else number for cell, number in figures.items()
    }
