"""`.env` as `./run` and `deploy-talkhub.sh` read it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from embedded_clients import ROOT

SHOW_ENVIRONMENT = "source ./dotenv.sh; load_dotenv {} || exit; env -0"


def load(file: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", SHOW_ENVIRONMENT.format(f"'{file}'")],
        cwd=ROOT,
        env={"PATH": os.defpath, **environment},
        capture_output=True,
        check=False,
    )


def value_of(text: str, file: Path, **environment: str) -> str | None:
    file.write_bytes(text.encode())
    loaded = load(file, **environment)
    assert (loaded.returncode, loaded.stderr) == (0, b"")
    entries = [entry.partition("=") for entry in loaded.stdout.decode().split("\0")]
    return next((value for name, _, value in entries if name == "A"), None)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=plain", "plain"),
        ("A=no newline at the end", "no newline at the end"),
        ("  A  =  spaces around  \n", "spaces around"),
        ("A=\n", ""),
        ("A=value # a comment\n", "value"),
        ("A=# only a comment\n", ""),
        ("A=a#b\n", "a#b"),
        ("# A=commented\nA=real\n", "real"),
        ("# A=commented\n", None),
        ("A='single # $HOME \\'  # comment\n", "single # $HOME \\"),
        ('A="double # \\"quoted\\" \\\\ \\n"\n', 'double # "quoted" \\ \\n'),
        ("A=' kept '\n", " kept "),
        ("export A=exported\n", "exported"),
        ("EXPORTED=1\nA=2\n", "2"),
        ("A=windows\r\n", "windows"),
        ("\ufeffA=marked\n", "marked"),
        ("A=ação 😀\n", "ação 😀"),
        ("A=postgres://u:p=w@h/d?x=1\n", "postgres://u:p=w@h/d?x=1"),
        ("A=$HOME ${HOME} $(id) `id` ~ *\n", "$HOME ${HOME} $(id) `id` ~ *"),
        ("\n\n   \nA=after blank lines\n", "after blank lines"),
    ],
)
def test_a_line_is_read_as_it_looks(text: str, value: str | None, tmp_path: Path) -> None:
    assert value_of(text, tmp_path / ".env") == value


@pytest.mark.parametrize("inherited", ["from outside", ""])
def test_the_environment_wins(inherited: str, tmp_path: Path) -> None:
    assert value_of("A=from the file\n", tmp_path / ".env", A=inherited) == inherited


@pytest.mark.parametrize("name", ["python", "_index", "a", "A_b"])
def test_a_name_that_a_script_may_use_itself_is_refused(name: str, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    (tmp_path / ".env").write_text(f"{name}=x[$(touch {trap})]\n")

    assert load(tmp_path / ".env").returncode == 2
    assert not trap.exists()


def test_nothing_in_the_file_is_run(tmp_path: Path) -> None:
    trap = tmp_path / "trap"

    for line in (f"A=$(touch {trap})", f"A=`touch {trap}`", f'A="$(touch {trap})"'):
        value_of(line, tmp_path / ".env")

    assert not trap.exists()


def test_a_missing_file_is_no_fault(tmp_path: Path) -> None:
    assert load(tmp_path / ".env").returncode == 0


def test_a_folder_in_its_place_is_a_fault(tmp_path: Path) -> None:
    loaded = load(tmp_path)

    assert (loaded.returncode, loaded.stderr.decode()) == (2, f"{tmp_path}: cannot be read\n")


def test_all_faulty_lines_are_named_at_once_without_their_values(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(
        "A=1\n"
        "no assignment of hunter2\n"
        "# fine\n"
        "2B=hunter2\n"
        "C-D=hunter2\n"
        "E='hunter2\n"
        'F="hunter2" and more\n'
        "A=hunter2\n"
        "=hunter2\n"
    )

    loaded = load(file)

    assert (loaded.returncode, loaded.stdout) == (2, b"")
    assert loaded.stderr.decode().splitlines() == [
        f'{file}:2: there is no "="',
        f'{file}:4: the name is not of capital letters, digits and "_"',
        f'{file}:5: the name is not of capital letters, digits and "_"',
        f"{file}:6: the closing quote is missing",
        f"{file}:7: there is something after the closing quote",
        f"{file}:8: A is set twice",
        f'{file}:9: the name is not of capital letters, digits and "_"',
    ]
