"""One CRM: how it fares, its rules, what it is told of a person, what it was not told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from werkzeug.wrappers import Response

from talkhub.blueprints.crm_webhooks import webhook_url
from talkhub.blueprints.dashboard.integrations.crms import REFUSAL
from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.runtime import Runtime
from talkhub.crm.registry import CREDENTIALS, takes_address
from talkhub.errors import Forbidden
from talkhub.names import Sentiment
from talkhub.names.crm import CRMAction, CRMEvent, CRMHearing
from talkhub.services.connecting import connectors
from talkhub.services.connecting.checks import FIELDS
from talkhub.services.connecting.connectors import ConnectorLine
from talkhub.services.connecting.rules import VARIABLES, CRMRule, list_rules
from talkhub.services.labelling.own_labels import known_intents
from talkhub.store.queries.dead_letters import DeadMessage, dead_messages

CUSTOM = "custom."
EMPTY_ROWS = 2
"""How many own fields can be added at once."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of a form: `form` says which, `typed` what it said if it was refused."""

    form: str = ""
    refused: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] | None = None
    is_tested: bool = False


@dataclass(frozen=True, slots=True)
class CRMPage:
    """Everything the page shows."""

    frame: Frame
    connector: ConnectorLine
    rules: tuple[CRMRule, ...]
    intents: tuple[str, ...]
    dead: tuple[DeadMessage, ...]
    shown: Shown
    webhook_url: str
    events: tuple[str, ...] = tuple(CRMEvent)
    actions: tuple[str, ...] = tuple(CRMAction)
    moods: tuple[str, ...] = tuple(Sentiment)
    known_fields: tuple[str, ...] = FIELDS
    hearings: tuple[str, ...] = tuple(CRMHearing)
    variables: str = " ".join(f"{{{name}}}" for name in VARIABLES)

    @property
    def credentials(self) -> tuple[str, ...]:
        """What this CRM is signed in to with."""
        return CREDENTIALS[self.connector.kind]

    @property
    def takes_address(self) -> bool:
        """Whether its kind is somewhere else for each customer."""
        return takes_address(self.connector.kind)

    @property
    def fields(self) -> Mapping[str, str]:
        """The CRM's properties by ours, as they are kept, or as they were typed."""
        typed = self.shown.fields
        return self.connector.fields if typed is None else typed

    @property
    def own_fields(self) -> list[tuple[str, str]]:
        """The keys of a profile's own with their properties, and room for more."""
        own = [
            (name.removeprefix(CUSTOM), property_)
            for name, property_ in self.fields.items()
            if name.startswith(CUSTOM)
        ]
        return own + [("", "")] * EMPTY_ROWS


def show_page(
    runtime: Runtime, connector_id: int, shown: Shown | None = None, *, status: int = 200
) -> Response:
    """Render one CRM's page, with what came of a form; raises NotFound and Forbidden."""
    with reading(runtime.database) as uow:
        frame = read_frame(uow)
        if not frame.manages_crms:
            raise Forbidden(REFUSAL)
        connector = connectors.find_connector(uow, connector_id)
        rules = tuple(rule for rule in list_rules(uow) if rule.connector_id == connector_id)
        intents = known_intents(uow)
        dead = dead_messages(uow, crm_id=connector_id) if connector.given_up else ()
    url = webhook_url(runtime.settings, connector.public_token)
    page = CRMPage(frame, connector, rules, intents, dead, shown or Shown(), url)
    return render_page("dashboard/integrations/crm.html", page, status=status)
