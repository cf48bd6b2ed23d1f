"""What exists is in the documents, and what the documents name exists."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from pydantic import AliasChoices

from benchmarks.__main__ import ANALYSE, MEASUREMENTS, RETRIEVAL
from benchmarks.soak.__main__ import main as soak
from talkhub.cli.program import main as cli
from talkhub.errors import TalkHubError
from talkhub.names import Metric
from talkhub.settings import Settings
from talkhub.store.base import Base
from talkhub.store.tables import (
    accounts,
    calls,
    conversations,
    enrichment,
    events,
    insights,
    oauth,
    privacy,
    profiles,
    replies,
)
from talkhub.tools.catalogue import registry
from talkhub.tools.spec import ToolSpec

ROOT = Path(__file__).parents[2]
READMES = ("README.md", "README.pt-BR.md")
DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix() for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
)
# They declare the tables.
MODELS = (
    accounts,
    calls,
    conversations,
    enrichment,
    events,
    insights,
    oauth,
    privacy,
    profiles,
    replies,
)
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAM = re.compile(r"`(?:\./)?([\w./-]+\.(?:py|sh|js))`")
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")


def read(name: str) -> str:
    return (ROOT / name).read_text()


def everything() -> str:
    return "\n".join(read(name) for name in DOCUMENTS)


def sections(text: str) -> list[str]:
    return re.split(r"^## .*$", text, flags=re.MULTILINE)


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.+)$", text, re.MULTILINE)


def anchors(name: str) -> set[str]:
    """Return what `#…` may follow a document's name, as GitHub makes it of headings."""
    titles = re.findall(r"^#+ (.+)$", read(name), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def rows(readme: str, heading: str) -> list[list[str]]:
    """Return the cells of a section's table, whose first column holds names."""
    number = headings(read("README.md")).index(heading) + 1
    lines = sections(read(readme))[number].splitlines()
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    names = (re.fullmatch(r"(\*\*)?`([^`]+)`(?(1)\*\*)", cells[0]) for cells in table)
    return [[name[2], *cells[1:]] for name, cells in zip(names, table, strict=True) if name]


def as_written(value: object) -> str:
    if value in (None, ()):
        return ""
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def declared_settings() -> list[list[str]]:
    """Return each setting's name for operators, its default and its description."""
    settings = []
    for field in Settings.model_fields.values():
        assert isinstance(field.validation_alias, AliasChoices)
        name = str(field.validation_alias.choices[0])
        settings.append([name, as_written(field.default), field.description or ""])
    return settings


def test_the_english_readme_tells_each_settings_default_and_meaning() -> None:
    assert sorted(rows("README.md", "Settings")) == sorted(declared_settings())


def test_the_portuguese_readme_tells_the_same_settings_and_defaults() -> None:
    english, portuguese = ([row[:2] for row in rows(name, "Settings")] for name in READMES)

    assert portuguese == english


def test_both_readmes_name_the_same_settings_to_begin_with() -> None:
    english, portuguese = (re.findall(r"\*\*`(\w+)`\*\*", read(name)) for name in READMES)

    assert portuguese == english != []


@pytest.mark.parametrize("readme", READMES)
def test_each_readme_lists_every_tool(readme: str) -> None:
    listed = [row[0] for row in rows(readme, "The tools")]

    assert sorted(listed) == sorted(spec.name for spec in registry)


@pytest.mark.parametrize("readme", READMES)
def test_each_readme_lists_every_command(readme: str) -> None:
    verbs = re.search(r"case \$verb in\n(.*?)\n  esac", read("run"), re.DOTALL)
    assert verbs is not None
    expected = [f"./run {verb}" for verb in re.findall(r"^    (\w+)[ )]", verbs[1], re.MULTILINE)]
    expected += [f"python -m talkhub.cli {name}" for name in cli.commands]

    listed = [row[0] for row in rows(readme, "Commands")]

    assert sorted(listed) == sorted(expected)


@pytest.mark.parametrize("readme", READMES)
def test_each_readme_names_every_measurement_and_every_long_test(readme: str) -> None:
    told = {
        name: re.findall(r"`(\w+)(?: FILE)?`", about) for name, about in rows(readme, "Commands")
    }

    assert sorted(told["./run bench"]) == sorted({*MEASUREMENTS, ANALYSE, RETRIEVAL})
    assert sorted(told["./run soak"]) == sorted(soak.commands)


def test_both_readmes_have_the_same_sections_and_examples() -> None:
    english, portuguese = (read(name) for name in READMES)

    # The first block is the two commands, whose comments are translated.
    assert FENCE.findall(portuguese)[1:] == FENCE.findall(english)[1:]
    assert len(headings(portuguese)) == len(headings(english))


def test_every_program_file_that_a_document_names_exists() -> None:
    tracked = ("talkhub", "tests", "benchmarks", "docker", "deploy", "migrations")
    files = {f"/{path.relative_to(ROOT)}" for part in tracked for path in ROOT.glob(f"{part}/**/*")}
    files |= {f"/{path.name}" for path in ROOT.iterdir()}
    told = {name for text in map(read, DOCUMENTS) for name in PROGRAM.findall(text)}

    missing = {name for name in told if not any(file.endswith(f"/{name}") for file in files)}

    assert missing == set()


def test_every_path_is_named_in_a_document(app: Flask) -> None:
    paths = {str(rule) for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    named = {found.rstrip("`") for found in re.findall(r"(/[^\s`|]*)`", everything())}

    assert paths - named == set()


@pytest.mark.parametrize("spec", list(registry), ids=lambda spec: spec.name)
def test_the_api_document_names_every_field_of_a_tool(spec: ToolSpec) -> None:
    parts = re.split(r"^## ", read("docs/api.md"), flags=re.MULTILINE)
    about = next(part for part in parts if part.startswith(f"{spec.name}\n"))
    fields = [*spec.input_model.model_fields, *spec.output_model.model_fields]

    assert [name for name in fields if f"`{name}`" not in about] == []


def test_operations_names_every_event_that_someone_must_look_at() -> None:
    call = re.compile(r'logger\.(?:error|exception)\(\s*"(\w+)"')
    logged = {
        event for file in ROOT.glob("talkhub/**/*.py") for event in call.findall(file.read_text())
    }

    table = read("docs/operations.md").split("## Logs")[1].split("\n## ")[0]

    assert logged - set(re.findall(r"`(\w+)`", table)) == set()


def test_every_error_code_metric_and_table_is_named() -> None:
    codes = {kind.code for kind in [TalkHubError, *_descendants(TalkHubError)]}
    names = {*codes, *(str(metric) for metric in Metric), *Base.metadata.tables}

    assert {name for name in names if f"`{name}`" not in everything()} == set()


def leads_somewhere(document: str, link: str) -> bool:
    target, _, anchor = unquote(link).partition("#")
    path = (ROOT / document).parent / target if target else ROOT / document
    return path.exists() and (not anchor or anchor in anchors(str(path)))


@pytest.mark.parametrize("document", DOCUMENTS)
def test_relative_links_and_images_lead_somewhere(document: str) -> None:
    links = [link for link in LINK.findall(FENCE.sub("", read(document))) if "://" not in link]

    assert [link for link in links if not leads_somewhere(document, link)] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_json_in_documents_is_json(document: str) -> None:
    for language, text in FENCE.findall(read(document)):
        if language == "json":
            json.loads(text)


def test_the_architecture_document_has_the_layers_that_are_checked() -> None:
    contracts = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    checked = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    table = read("docs/architecture.md").split("| layer |")[1].split("\n\n")[0]

    drawn = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in table.splitlines()[2:]]

    assert drawn == [re.findall(r"talkhub\.(\w+)", layer) for layer in checked]


def test_decisions_that_the_code_refers_to_exist() -> None:
    files = [*ROOT.glob("talkhub/**/*.py"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.md")]
    referred = {
        number for file in files for number in re.findall(r"decisions/(\d{4})", file.read_text())
    }

    existing = {path.name[:4] for path in ROOT.glob("docs/decisions/*.md")}

    assert referred - existing == set()


def test_each_decision_has_a_number_of_its_own_in_its_name_and_its_title() -> None:
    files = sorted(ROOT.glob("docs/decisions/*.md"))
    named = [int(path.name[:4]) for path in files]
    titled = [int(path.read_text().removeprefix("# ").partition(".")[0]) for path in files]

    assert titled == named == sorted(set(named))


def _descendants(kind: type[TalkHubError]) -> list[type[TalkHubError]]:
    return [found for child in kind.__subclasses__() for found in [child, *_descendants(child)]]
