"""One form of text that can be written in several: full width, ligatures, letters with their signs apart."""

import unicodedata

LONGEST = 1000
"""Letters beyond which nothing that people name or measure goes: to sort signs that combine takes their square."""


def nfkc(text: str) -> str:
    """
    Return ``text`` in NFKC; a longer one than any name is left as it is, and matches none.

    Example:
        >>> nfkc("ｋＷｈ"), nfkc("㎥")
        ('kWh', 'm3')
    """
    return text if text.isascii() or len(text) > LONGEST else unicodedata.normalize("NFKC", text)
