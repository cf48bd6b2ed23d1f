"""The names of what is exchanged with CRMs."""

from enum import StrEnum

from talkhub.names import WebhookEvent


class CRMKind(StrEnum):
    """The CRMs that there is a connector for; the generic one is whoever speaks our contract."""

    HUBSPOT = "hubspot"
    PIPEDRIVE = "pipedrive"
    RD_STATION = "rd_station"
    GENERIC = "generic"


class CRMAction(StrEnum):
    """What a rule does at a CRM."""

    UPSERT_CONTACT = "upsert_contact"
    ADD_NOTE = "add_note"
    CREATE_DEAL = "create_deal"


READ_CONTACT = "read_contact"
"""What is done at a CRM when it says that a contact changed; no rule asks for it."""


RENEW_SESSION = "renew_session"
"""What is done at a CRM whose refresh token would end if nobody used it."""


class CRMHearing(StrEnum):
    """Whose changes at the CRM are taken over: nobody's, of contacts that we made, or of all.

    A contact that was there before us was found by what somebody typed: whoever types another's
    e-mail is told what the CRM says of them, where all are heard.
    """

    NOTHING = "nothing"
    OWN = "own"
    ALL = "all"


class CRMEvent(StrEnum):
    """What a rule waits for: a person whom the rule has not met, or what else is told of talks."""

    PERSON_NEW = "person.new"
    CONVERSATION_STARTED = WebhookEvent.CONVERSATION_STARTED.value
    CONVERSATION_ANALYZED = WebhookEvent.CONVERSATION_ANALYZED.value
    CONVERSATION_CLOSED = WebhookEvent.CONVERSATION_CLOSED.value
    NEGATIVE_SENTIMENT = WebhookEvent.NEGATIVE_SENTIMENT.value
    PROFILE_UPDATED = WebhookEvent.PROFILE_UPDATED.value


class CRMRecordKind(StrEnum):
    """What a CRM keeps for us under an id of its own."""

    CONTACT = "contact"
    NOTE = "note"
    DEAL = "deal"
