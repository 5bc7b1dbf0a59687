"""The message catalogue: every sentence a user can meet, in English and Chinese, keyed by its code."""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from string import Formatter
from typing import Any

LANGUAGES = ("en", "zh")
_MAX_SHOWN = 600
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@cache
def catalogue() -> dict[str, dict[str, str]]:
    """Return all messages, ``{code: {"en": ..., "zh": ...}}``."""
    text = files("hsesg_carbon").joinpath("messages.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def message(code: str, lang: str = "en", /, **data: Any) -> str:
    """
    Return the sentence of ``code`` in ``lang`` with ``data`` filled in.

    A template asks for the names in braces; a name that ``data`` lacks is a programming error and raises ``KeyError``.
    ``{count:day|days}`` is the number and the word that fits it.

    Example:
        >>> message("unknown-gwp-set", "en", gwp_set="AR7", known=["AR5", "AR6"])
        "GWP set 'AR7' is not known; there are AR5, AR6."
        >>> message("caveat-verification", errors=1, warnings=11, checks=78)
        'Verification of the reported figures found 1 error and 11 warnings in 78 checks.'
    """
    template = catalogue()[code][lang]
    shown = {name: _shown(value, lang) for name, value in data.items()}
    if "|" in template:
        return _Counting().vformat(template, (), shown)
    return template.format(**shown) if "{" in template else template


class _Counting(Formatter):
    """Fills in a template as ``str.format`` does, and a count with the word for one or for several."""

    def format_field(self, value: Any, format_spec: str) -> str:
        one, several, many = format_spec.partition("|")
        return f"{value} {one if str(value) == '1' else many}" if several else str(format(value, format_spec))


def both(code: str, /, **data: Any) -> dict[str, str]:
    """
    Return the sentence of ``code`` in every language, ``{"en": ..., "zh": ...}``: data of a finding, a name on a page.

    Example:
        >>> both("label.scope-1")
        {'en': 'Scope 1', 'zh': '范围一'}
    """
    return {lang: message(code, lang, **data) for lang in LANGUAGES}


def named(name: Mapping[str, str], otherwise: str) -> dict[str, str]:
    """
    Return a name in every language, whichever are stated.

    Example:
        >>> named({"zh": "总部"}, "hq"), named({}, "hq")
        ({'en': '总部', 'zh': '总部'}, {'en': 'hq', 'zh': 'hq'})
    """
    stated = next(iter(name.values()), otherwise)
    return {lang: name.get(lang, stated) for lang in LANGUAGES}


def denominator_name(denominator: str) -> dict[str, str]:
    """
    Return the name of a usual denominator by language, any other as it is written.

    Example:
        >>> denominator_name("revenue"), denominator_name("seats_sold")["en"]
        ({'en': 'revenue', 'zh': '营业收入'}, 'seats sold')
    """
    code = f"label.denominator-{denominator}"
    return both(code) if code in catalogue() else dict.fromkeys(LANGUAGES, denominator.replace("_", " "))


def _shown(value: Any, lang: str) -> Any:
    """Join lists the way a sentence lists things, take texts by language in theirs; leave the rest to ``format``."""
    if isinstance(value, dict) and lang in value:
        value = value[lang]
    if isinstance(value, list | tuple | set | frozenset):
        return ("、" if lang == "zh" else ", ").join(str(_shown(one, lang)) for one in value) or "–"
    return visible(value)[:_MAX_SHOWN] if isinstance(value, str) else value


def visible(text: str) -> str:
    """
    Return ``text`` with control characters shown as codes, so that nothing a file says can steer a terminal.

    Example:
        >>> visible("red" + chr(7))
        'red<07>'
    """
    return _CONTROL.sub(lambda found: f"<{ord(found[0]):02x}>", text)
