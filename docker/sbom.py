"""Print what this Python has installed as a CycloneDX 1.6 list of components."""

from __future__ import annotations

import json
import sys
from importlib.metadata import Distribution, distributions


def component(package: Distribution) -> dict[str, object]:
    """Return a package as a component; its address names it at the registry."""
    name = package.metadata["Name"].lower().replace("_", "-")
    described: dict[str, object] = {
        "type": "library",
        "name": name,
        "version": package.version,
        "purl": f"pkg:pypi/{name}@{package.version}",
    }
    licence = package.metadata.get("License-Expression") or package.metadata.get("License")
    if licence and "\n" not in licence:
        described["licenses"] = [{"license": {"name": licence}}]
    return described


def main() -> None:
    """Print the list, sorted: the same packages make the same file."""
    components = sorted(map(component, distributions()), key=lambda found: str(found["purl"]))
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "components": components,
    }
    json.dump(document, sys.stdout, indent=1)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
