"""
Tell what is installed with the library, in ``dist/``: ``sbom`` as CycloneDX 1.6, ``licences`` as a table.

Both read what the installed packages say of themselves, and fail where a licence is not one of ``ALLOWED``.
"""

import json
import re
import sys
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
SELF = "hsesg-carbon"
SHIPPED, TOOLS = {"all"}, {"dev"}
"""Extras whose packages a user gets, and those that only who works on the library gets; spark is in neither."""

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "PSF-2.0",
    "Zlib",
}
"""Licences under which a package may be a dependency (docs/decisions/0017-releases.md); BSD is one of its kinds."""
EXCEPTED = {"docutils": "of it, only an Emacs mode that its wheel does not hold is under the GPL"}
"""Tools of developers that may be used for a reason of their own, whatever they say; never what a user gets."""
_SAID = {
    "MIT License": "MIT",
    "BSD License": "BSD",
    "Apache Software License": "Apache-2.0",
    "Apache License, Version 2.0": "Apache-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "ISC License (ISCL)": "ISC",
}
"""What older packages write, and the SPDX identifier of it."""


@dataclass(frozen=True)
class Package:
    """An installed package, its licence as an SPDX expression or as it says, and what it stands on."""

    name: str
    version: str
    licence: str
    needs: tuple[str, ...]

    @property
    def purl(self) -> str:
        """Return the address of the package in its registry, as bills of materials spell it."""
        return f"pkg:pypi/{self.name}@{self.version}"

    @property
    def allowed(self) -> bool:
        """Say whether one of the alternatives asks for nothing but what is allowed; parentheses are not read."""
        return any(set(one.split(" AND ")) <= ALLOWED for one in self.licence.split(" OR "))


def licence(told: Mapping[str, Any], classifiers: Iterable[str]) -> str:
    """Return a package's licence by its metadata: expression, else classifiers, else first line of the text."""
    if told.get("License-Expression"):
        return str(told["License-Expression"])
    named = [one.rpartition(" :: ")[2] for one in classifiers if one.startswith("License :: OSI Approved ::")]
    text = str(told.get("License") or "").strip().splitlines()
    found = " AND ".join(_SAID.get(one, one) for one in named)
    own = text[0] if text else ""
    own = _SAID.get(own, own)
    # "BSD License" leaves open which; a text that is an identifier says it.
    return own if own in ALLOWED and found in {"", "BSD"} else found or own or "unknown"


def closure(extras: set[str], name: str = SELF) -> dict[str, Package]:
    """Return what is installed with the library and ``extras`` on this machine, by name, the library included."""
    found: dict[str, Package] = {}
    seen: set[tuple[str, str]] = set()
    needs: dict[str, set[str]] = {}
    waiting = [(name, one) for one in ("", *sorted(extras))]
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) in seen:
            continue
        seen.add((name, extra))
        told = _installed(name)
        for text in told.requires or []:
            one = Requirement(text)
            other = canonicalize_name(one.name)
            if one.marker is None or one.marker.evaluate({"extra": extra}):
                needs.setdefault(name, set()).update({other} - {name})
                waiting += [(other, more) for more in ("", *sorted(one.extras))]
        says = licence(told.metadata, told.metadata.get_all("Classifier") or [])
        found[name] = Package(name, told.version, says, tuple(sorted(needs.get(name, ()))))
    return dict(sorted(found.items()))


def _installed(name: str) -> Distribution:
    try:
        return distribution(name)
    except PackageNotFoundError:
        raise SystemExit(f"{name} is not installed here, so nothing can be told of it: make .venv/dev.stamp") from None


def sbom() -> dict[str, Any]:
    """Return the bill of materials of the library with the extra ``all``; the same packages give the same bytes."""
    found, core = closure(SHIPPED), closure(set())
    own = found.pop(SELF)
    parts = [_component(one, "required" if one.name in core else "optional") for one in found.values()]
    links = [{"ref": one.purl, "dependsOn": [found[name].purl for name in one.needs]} for one in (own, *found.values())]
    about = {"component": _component(own, "required")}
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps([parts, links, about]))
    head = {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1}
    return {**head, "metadata": about, "components": parts, "dependencies": links}


def _component(one: Package, scope: str) -> dict[str, Any]:
    spdx = re.search(r" (AND|OR|WITH) ", one.licence)
    by = "id" if one.licence in ALLOWED - {"BSD"} else "name"
    said = {"expression": one.licence} if spdx else {"license": {by: one.licence}}
    kind = {"type": "library", "bom-ref": one.purl, "name": one.name, "version": one.version}
    return {**kind, "scope": scope, "licenses": [said], "purl": one.purl}


def table() -> str:
    """Return the licences of all that is installed with the library, and for whom."""
    core, shipped, tools = closure(set()), closure(SHIPPED), closure(TOOLS)
    rows = ["| package | version | licence | for |", "|---|---|---|---|"]
    for name, one in tools.items():
        whom = "everybody" if name in core else "an extra" if name in shipped else "developers"
        rows.append(f"| {name} | {one.version} | {one.licence} | {whom} |")
    return "\n".join(rows) + "\n"


def refused(packages: Iterable[Package], shipped: Iterable[str]) -> list[str]:
    """Return the packages whose licence is not allowed, each with it; no exception holds for what is shipped."""
    excepted = set(EXCEPTED) - set(shipped)
    return [
        f"{one.name} {one.version}: {one.licence}" for one in packages if not one.allowed and one.name not in excepted
    ]


def main(what: str) -> None:
    """Write one of the two to ``dist/``; end with exit code 1 where a licence is not allowed."""
    (ROOT / "dist").mkdir(exist_ok=True)
    name = {"sbom": "sbom.cdx.json", "licences": "licences.md"}[what]
    text = table() if what == "licences" else json.dumps(sbom(), indent=2, ensure_ascii=False) + "\n"
    (ROOT / "dist" / name).write_text(text, encoding="utf-8")
    print(f"dist/{name}")
    if wrong := refused(closure(TOOLS).values(), closure(SHIPPED)):
        raise SystemExit("not among the allowed licences (release/dependencies.py):\n" + "\n".join(wrong))


if __name__ == "__main__":
    main(sys.argv[1])
