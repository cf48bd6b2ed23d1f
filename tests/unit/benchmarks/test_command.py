"""`./run bench` refuses what it cannot do."""

import sys

import pytest

from benchmarks.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "bench: the following arguments are required: name\n"),
        (["http", "--rounds", "0"], "bench: argument --rounds: '0' is not a number from 1 to 20\n"),
        (["http", "--seconds", "1e9"], "bench: argument --seconds: '1e9' is not a number"),
        (["volume"], "bench: argument name: invalid choice: 'volume'"),
    ],
)
def test_bad_input_is_refused_with_one_sentence(
    arguments: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", *arguments])

    with pytest.raises(SystemExit, match="2"):
        main()

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(sentence)
    assert said.err.count("\n") == 1
