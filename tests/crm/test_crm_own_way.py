"""What a CRM writes its own way, or we keep masked, stays as it is there, and is told once."""

from __future__ import annotations

from collections.abc import Callable

from connections import Connection
from flask.testing import FlaskClient
from test_crm_hearing import Heard

from talkhub.services.privacy.number_masking import set_masking
from talkhub.store.uow import workspace_scope

Connect = Callable[..., Connection]


def test_a_number_in_a_name_stays_at_the_crm_and_is_told_masked_to_none(
    connect: Connect, client: FlaskClient
) -> None:
    crm = Heard(connect("hubspot"), "hubspot", client, "own")
    contact_id = crm.met(name="Ana")
    set_masking(crm.crm.database, workspace_scope(crm.crm.caller.workspace_id, "ana"), masks=True)
    crm.edits(contact_id, "Ana 529.982.247-25")

    crm.hears(contact_id)
    crm.met(plan="gold")

    assert crm.ana()["name"] == "Ana ***.***.***-25"
    told = crm.contacts()[contact_id]
    assert (told["lastname"], told["plan"]) == ("529.982.247-25", "gold")
