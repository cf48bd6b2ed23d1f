"""`docs/dependencies.md` and what is installed agree, both ways."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("requirements/*.in"))
COLUMNS = 7


def direct(file: str) -> set[str]:
    """Return the packages that an `.in` file names itself."""
    lines = (ROOT / file).read_text().splitlines()
    return {re.split(r"[^\w.-]", line)[0] for line in lines if re.match(r"\w", line)}


def locked(file: str) -> dict[str, str]:
    text = (ROOT / file).with_suffix(".txt").read_text()
    return dict(re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE))


def documented() -> dict[str, dict[str, list[str]]]:
    """Return the rows of each file's table by package; a row without its first cell."""
    text = (ROOT / "docs" / "dependencies.md").read_text()
    tables: dict[str, dict[str, list[str]]] = {}
    for section in text.split("\n## ")[1:]:
        file = section.splitlines()[0].split(": ")[1]
        lines = [line for line in section.splitlines() if line.startswith("| `")]
        cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
        tables[file] = {row[0].strip("`"): row[1:] for row in cells}
    return tables


def test_every_requirements_file_has_its_table() -> None:
    assert sorted(documented()) == FILES


@pytest.mark.parametrize("file", FILES)
def test_every_direct_dependency_has_a_row_and_every_row_is_one(file: str) -> None:
    assert sorted(documented()[file]) == sorted(direct(file))


@pytest.mark.parametrize("file", FILES)
def test_every_row_is_complete(file: str) -> None:
    rows = documented()[file]

    assert {name for name, row in rows.items() if len(row) != COLUMNS - 1 or not all(row)} == set()


@pytest.mark.parametrize("file", FILES)
def test_the_versions_are_the_locked_ones(file: str) -> None:
    written = {name: row[0].split(" ")[0] for name, row in documented()[file].items()}

    assert written == {name: version for name, version in locked(file).items() if name in written}


@pytest.mark.parametrize("file", ["requirements/base.in", "requirements/dev.in"])
def test_the_licences_are_those_the_packages_declare(file: str) -> None:
    declared = {
        name: metadata.metadata(name).get("License-Expression") for name in documented()[file]
    }
    written = {name: row[1] for name, row in documented()[file].items()}

    assert {name: written[name] for name, licence in declared.items() if licence} == {
        name: licence for name, licence in declared.items() if licence
    }


def test_the_npm_packages_are_documented_and_locked_with_hashes() -> None:
    folder = ROOT / "tests" / "conformance"
    direct = json.loads((folder / "package.json").read_text())["dependencies"]
    locked = json.loads((folder / "package-lock.json").read_text())["packages"]
    root = locked.pop("")
    document = (ROOT / "docs" / "dependencies.md").read_text()

    assert root["dependencies"] == direct
    assert [name for name, package in locked.items() if "integrity" not in package] == []
    assert all(f"`{name}` {version}" in document for name, version in direct.items())
