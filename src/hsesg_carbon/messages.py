"""The message catalogue: every sentence a user can meet, in English and Chinese, keyed by its code."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any

LANGUAGES = ("en", "zh")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return all messages, ``{code: {"en": ..., "zh": ...}}``."""
    text = files("hsesg_carbon").joinpath("messages.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def message(code: str, lang: str = "en", /, **data: Any) -> str:
    """
    Return the sentence of ``code`` in ``lang`` with ``data`` filled in.

    A template asks for the names in braces; a name that ``data`` lacks is a programming error and raises ``KeyError``.

    Example:
        >>> message("unknown-gwp-set", "en", gwp_set="AR7", known=["AR5", "AR6"])
        "GWP set 'AR7' is not known; there are AR5, AR6."
    """
    template = catalogue()[code][lang]
    shown = {name: _shown(value, lang) for name, value in data.items()}
    return template.format(**shown) if "{" in template else template


def _shown(value: Any, lang: str) -> Any:
    """Join lists the way a sentence lists things, take texts by language in theirs; leave the rest to ``format``."""
    if isinstance(value, dict) and lang in value:
        return value[lang]
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(one) for one in value)
    return value
