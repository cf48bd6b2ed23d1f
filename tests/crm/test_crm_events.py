"""What CRMs send is read or ignored, whatever is in it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkhub.crm.registry import CONNECTORS

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["", "person", "51"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=4,
)
EVENTS = st.one_of(
    VALUES,
    st.fixed_dictionaries({"meta": st.fixed_dictionaries({"entity": VALUES, "entity_id": VALUES})}),
    st.fixed_dictionaries({"event_name": st.just("crm_contact_updated"), "document": VALUES}),
    st.fixed_dictionaries({"type": st.just("contact.changed"), "data": VALUES}),
    st.lists(
        st.fixed_dictionaries(
            {
                "subscriptionType": st.just("contact.merge"),
                "objectId": VALUES,
                "mergedObjectIds": VALUES,
            }
        )
    ),
)


@pytest.mark.parametrize("kind", sorted(CONNECTORS))
@given(event=EVENTS)
def test_any_document_names_contacts_or_none(kind: str, event: Any) -> None:
    assert all(isinstance(it, str) and it for it in CONNECTORS[kind].contacts_heard(event))
