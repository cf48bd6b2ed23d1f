"""A field that may be left out may be null, or is refused: neither is a fault of ours."""

from contextlib import suppress

import pytest
from pydantic import ValidationError

from talkhub.tools.catalogue import registry
from talkhub.tools.spec import ToolSpec


@pytest.mark.parametrize("spec", list(registry), ids=lambda spec: spec.name)
def test_a_field_that_is_null_is_taken_or_refused(spec: ToolSpec) -> None:
    for field in spec.input_model.model_fields:
        with suppress(ValidationError):
            spec.input_model.model_validate({field: None})
