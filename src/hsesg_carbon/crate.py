"""The RO-Crate metadata of a pack: what each member is, in the words of schema.org. The one user of rocrate."""

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from hsesg_carbon.errors import InputError
from hsesg_carbon.packs import canonical

METADATA = "ro-crate-metadata.json"
ROCRATE = "rocrate"
_VERSION = "1.1"
_FORMATS = {
    "csv": "text/csv",
    "json": "application/json",
    "toml": "application/toml",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
    "md": "text/markdown",
    "pdf": "application/pdf",
    "txt": "text/plain",
}


def installed() -> str | None:
    """Return the version of the library rocrate, ``None`` where the extra ``provenance`` is not installed."""
    try:
        return version(ROCRATE) if find_spec(ROCRATE) else None
    except PackageNotFoundError:
        return None


def crate_metadata(manifest: Mapping[str, Any], seal: Mapping[str, Any], others: Sequence[str]) -> bytes:
    """
    Return ``ro-crate-metadata.json``: a function of the manifest and of the seal alone, and of no network.

    Args:
        manifest: The content of ``manifest.json``.
        seal: ``time``, ``root``, ``number`` and ``previous`` of ``seal.json``.
        others: Members that the manifest does not list, such as itself.

    Raises:
        InputError: The library rocrate is not installed.
    """
    if installed() is None:
        raise InputError("provenance-missing")
    from rocrate.model import ContextEntity  # noqa: PLC0415
    from rocrate.rocrate import ROCrate  # noqa: PLC0415

    crate = ROCrate(version=_VERSION)
    organisation, periods = manifest["organisation"], ", ".join(manifest["periods"])
    name = organisation["name"].get("en") or organisation["id"]
    software = {"@type": "SoftwareApplication", "name": "hsesg_carbon", "version": manifest["versions"]["hsesg_carbon"]}
    reporter = crate.add(
        ContextEntity(crate, "#organisation", {"@type": "Organization", "name": name, "identifier": organisation["id"]})
    )
    program = crate.add(ContextEntity(crate, "#hsesg_carbon", software))
    files = {}
    for one in manifest["members"]:
        about = {"name": one["path"], "contentSize": str(one["size"]), "sha256": one["sha256"], **_format(one["path"])}
        files[one["path"]] = crate.add_file(dest_path=one["path"], properties=about)
    for path in others:
        crate.add_file(dest_path=path, properties={"name": path, **_format(path)})
    made = [file for path, file in files.items() if path.startswith(("resolved/", "results/"))]
    used = [file for file in files.values() if file not in made]
    computation = {
        "@type": "CreateAction",
        "name": "computation",
        "instrument": program,
        "object": used,
        "result": made,
    }
    action = crate.add(ContextEntity(crate, "#computation", computation))
    number, previous = seal.get("number"), seal.get("previous")
    place = "a pack by itself" if number is None else f"number {number} of its chain, after the link {previous}"
    about = {
        "name": f"{name}: sealed greenhouse-gas accounts {periods}",
        "description": f"Inputs, factors, methodology and results of an inventory under {manifest['methodology']}, "
        f"so that it can be computed again. Root {seal['root']}; {place}.",
        "datePublished": seal["time"],
        "identifier": seal["root"],
        "author": reporter,
        "license": "Of the organisation, whose accounts these are; published factors keep their publishers' terms, "
        "which library/sources.toml states.",
        "mentions": action,
    }
    for key, value in about.items():
        crate.root_dataset[key] = value
    document = crate.metadata.generate()
    document["@graph"] = sorted(document["@graph"], key=lambda one: str(one["@id"]))
    return canonical(document)


def _format(path: str) -> dict[str, str]:
    suffix = path.rsplit(".", 1)[-1].lower()
    return {"encodingFormat": _FORMATS[suffix]} if suffix in _FORMATS else {}
