"""What a page of one file holds within itself: the texts that lie beside this module, and hashes that name them."""

import base64
import hashlib
from importlib.resources import files


def text_of(name: str) -> str:
    """
    Return a file of this folder: a template, a style or a script.

    Example:
        >>> text_of("report.html.j2").splitlines()[0]
        '{% import "report_parts.html.j2" as parts %}'
    """
    return files("hsesg_carbon.report").joinpath(name).read_text(encoding="utf-8")


def hash_of(text: str) -> str:
    """
    Return the name of a style or a script in a content security policy.

    Example:
        >>> hash_of("")
        'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
    """
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
