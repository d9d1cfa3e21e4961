"""All forms of the product."""

from __future__ import annotations

from tests.filling.walk import walk

__all__ = ["walk"]
