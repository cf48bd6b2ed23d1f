"""What a CRM's refusals mean for its errand, and for the others."""

from __future__ import annotations

import pytest

from talkhub.crm.calls import Calls
from talkhub.names import SendFailure
from talkhub.outbound.guarded import Answer, GuardedClient


@pytest.mark.parametrize(
    ("status", "failure", "rests"),
    [(401, SendFailure.TEMPORARY, True), (403, SendFailure.PERMANENT, False)],
)
def test_only_a_refused_token_rests_the_whole_crm(
    status: int, failure: SendFailure, *, rests: bool
) -> None:
    calls = Calls(GuardedClient(), "https://crm.example", deadline=0.0)

    refused = calls.refused(Answer(status, {}, b"no"))

    assert (refused.failure, refused.rests_account) == (failure, rests)
