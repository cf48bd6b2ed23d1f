import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "bench: the following arguments are required: name\n"),
        (["http", "--rounds", "0"], "bench: argument --rounds: '0' is not a number from 1 to 20\n"),
        (["http", "--seconds", "1e9"], "bench: argument --seconds: '1e9' is not a number"),
        (["volume"], "bench: argument name: invalid choice: 'volume'"),
    ],
)
def test_bad_input_is_refused_with_one_sentence(arguments: list[str], sentence: str) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 2
    assert ended.stdout == ""
    assert ended.stderr.startswith(sentence)
    assert ended.stderr.count("\n") == 1
