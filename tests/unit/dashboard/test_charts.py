"""The geometry of the charts stays in its box and keeps its proportions."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from talkhub.blueprints.dashboard import charts

counts = st.lists(st.integers(0, 10**7), min_size=1, max_size=100)


def points(text: str) -> list[tuple[float, float]]:
    pairs = (pair.split(",") for pair in text.split())
    return [(float(x), float(y)) for x, y in pairs]


@given(counts, st.data())
def test_lines_stay_in_their_box(current: list[int], data: st.DataObject):
    previous = data.draw(st.lists(st.integers(0, 10**7), max_size=len(current)))
    running = data.draw(st.integers(0, len(current) - 1))

    chart = charts.line_chart(current, previous, running=running, height=250)

    drawn = points(chart.settled) + points(chart.running) + points(chart.previous)
    assert all(0 <= x <= 100 and 0 <= y <= 100 for x, y in drawn)
    assert charts.TOP <= chart.last_y <= charts.TOP + 250


def test_what_has_not_begun_is_not_drawn():
    chart = charts.line_chart([6, 9, 0, 0], [3, 0], running=1, height=100)

    assert points(chart.settled) == [(0, 33.33)]
    assert points(chart.running) == [(0, 33.33), (33.33, 0)]
    assert points(chart.previous) == [(0, 66.67), (33.33, 100)]


@given(counts)
def test_grid_lines_begin_at_zero_are_round_and_few(values: list[int]):
    grid = charts.line_chart(values, [], running=0, height=100).grid

    steps = {later.value - line.value for line, later in pairwise(grid)}
    assert grid[0].value == 0
    assert grid[-1].value >= max(values)
    assert 2 <= len(grid) <= 4
    assert len(steps) == 1


@given(st.lists(st.tuples(*[st.integers(0, 10**5)] * 3), min_size=1, max_size=90))
def test_columns_stand_on_the_base_without_overlapping(stacks: list[tuple[int, int, int]]):
    chart = charts.column_chart(stacks, height=200)

    for column in chart.columns:
        below = charts.TOP + 200.0
        for block in column.blocks:
            assert block.y + block.height <= below + 0.51
            below = block.y
        assert column.x >= 0
        assert column.x + column.width <= 100.01


def test_parts_without_anything_are_left_out():
    (column,) = charts.column_chart([(4, 0, 4)], height=100).columns

    assert [block.part for block in column.blocks] == [0, 2]
    assert {block.height for block in column.blocks} == {43.44}


def test_the_heat_map_has_a_cell_for_each_hour_and_levels_by_share():
    cells = charts.heat_cells({(0, 0): 1, (2, 10): 100, (6, 23): 50})

    levels = {(cell.day, cell.hour): cell.level for cell in cells}
    assert len(cells) == 7 * 24
    assert (levels[0, 0], levels[2, 10], levels[6, 23], levels[3, 3]) == (1, 5, 3, 0)


def test_a_line_without_change_runs_through_the_middle():
    text, _x, last_y = charts.spark_points([7, 7, 7])

    assert {y for _, y in points(text)} == {last_y}
    assert 8 < last_y < 20


def test_one_value_has_no_course():
    assert charts.spark_points([7]) == ("", 0, 0)


def test_moods_are_drawn_between_the_edges():
    assert charts.mood_points([-1, 0, 1], width=140, height=28) == [(4, 24), (70, 14), (136, 4)]
