from benchmarks.figures import Sample
from benchmarks.progress import Lines, Silence
from benchmarks.rounds import Contestant, interleave

NAMES = ("ours", "theirs", "reference")


def test_every_contestant_has_one_turn_in_every_round() -> None:
    turns: list[str] = []

    def contestant(name: str) -> Contestant:
        def turn() -> Sample:
            turns.append(name)
            return Sample(per_second=float(turns.count(name)))

        return Contestant("save", name, turn)

    results = interleave([contestant(name) for name in NAMES], 4, Silence())

    rounds = [sorted(turns[first : first + 3]) for first in range(0, 12, 3)]
    assert rounds == [sorted(NAMES)] * 4
    assert results == {("save", name): [Sample(float(n)) for n in (1, 2, 3, 4)] for name in NAMES}


def test_progress_without_a_terminal_is_a_line_a_step_with_the_time_left(capsys) -> None:
    progress = Lines()
    progress.expect(2)

    progress.step("first")
    progress.step("second")

    first, second = capsys.readouterr().err.splitlines()
    assert first == "bench: 1 of 2, first"
    assert second == "bench: 2 of 2, second, about 0 s left"
