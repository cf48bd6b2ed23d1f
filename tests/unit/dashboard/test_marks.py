"""A message's text is cut at its reasons, and nothing of it is lost."""

from hypothesis import given
from hypothesis import strategies as st

from talkhub.blueprints.dashboard.talks.marks import Segment, segments


def reason(start: int, end: int, label: str, weight: float = 1.0) -> dict[str, object]:
    return {"start": start, "end": end, "label": label, "weight": weight}


def test_reasons_become_segments_of_their_own():
    found = segments(
        "Não gostei, cadê?", [reason(0, 10, "negative", -2), reason(12, 16, "support")]
    )

    assert found == [
        Segment("Não gostei", "neg", ("negative",)),
        Segment(", ", "", ()),
        Segment("cadê", "", ("support",)),
        Segment("?", "", ()),
    ]


def test_where_reasons_overlap_the_mood_gives_the_colour():
    found = segments("péssimo", [reason(0, 7, "complaint"), reason(0, 7, "negative", -1)])

    assert found == [Segment("péssimo", "neg", ("complaint", "negative"))]


def test_praise_that_outweighs_is_shown_as_praise():
    found = segments("ok", [reason(0, 2, "negative", -1), reason(0, 2, "positive", 3)])

    assert found[0].tone == "pos"


def test_reasons_of_a_longer_text_are_passed_over():
    assert segments("oi", [reason(1, 9, "greeting")]) == [Segment("oi", "", ())]


def test_an_empty_message_has_no_segments():
    assert segments("", []) == []


reasons = st.builds(
    reason,
    st.integers(-2, 30),
    st.integers(-2, 30),
    st.sampled_from(["positive", "negative", "support"]),
    st.floats(-3, 3),
)


@given(st.text(max_size=25), st.lists(reasons, max_size=8))
def test_the_segments_together_are_the_text(content: str, found: list[dict[str, object]]):
    assert "".join(segment.text for segment in segments(content, found)) == content
