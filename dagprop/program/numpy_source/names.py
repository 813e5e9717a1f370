"""Names in a program's source."""

from __future__ import annotations

import builtins
import keyword
import unicodedata

RESERVED = ("np", "step", "parameters", "_file")
"""Names that have a meaning in the source, or in a module made of it."""


class Names:
    """Names that are taken, and identifiers made of any text that are not."""

    def __init__(self) -> None:
        self._taken = {*RESERVED, *keyword.kwlist, *dir(builtins)}

    def fresh(self, name: str) -> str:
        """An identifier like the name, with a number behind it where another has it.

        >>> names = Names()
        >>> names.fresh("layer1/w"), names.fresh("layer1 w"), names.fresh("lambda"), names.fresh("2nd")
        ('layer1_w', 'layer1_w_2', 'lambda_2', '_2nd')
        """
        name = unicodedata.normalize("NFKC", name)  # as Python reads identifiers: ﬁ and fi are one name
        stem = "".join(c if f"_{c}".isidentifier() else "_" for c in name)
        stem = stem if stem.isidentifier() else f"_{stem}"
        found, number = stem, 1
        while found in self._taken:
            number += 1
            found = f"{stem}_{number}"
        self._taken.add(found)
        return found
