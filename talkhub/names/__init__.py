"""Every name that crosses a process: one enum per kind of name."""

from enum import StrEnum


class Platform(StrEnum):
    """Where a conversation takes place."""

    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    UCHAT = "uchat"
    MESSENGER = "messenger"
    INSTAGRAM = "instagram"
    EVOLUTION = "evolution"
    API = "api"
    UNKNOWN = "unknown"


class MessageRole(StrEnum):
    """Who wrote a message. Callers may also say `assistant` for `bot`."""

    USER = "user"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class SessionStatus(StrEnum):
    """The states of a chat session."""

    ACTIVE = "active"
    COMPLETED = "completed"


class ConversationStatus(StrEnum):
    """The states of a conversation."""

    OPEN = "open"
    CLOSED = "closed"


class CompletionStatus(StrEnum):
    """How a conversation stands, as `metadata.completion_status` reports it."""

    COMPLETED = "completed"
    UNANSWERED = "unanswered"
    ABANDONED = "abandoned"
    OPEN = "open"


class Sentiment(StrEnum):
    """The mood of a text."""

    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Intent(StrEnum):
    """What a person wants. The first four are the original README's."""

    SUPPORT = "support"
    PURCHASE = "purchase"
    INFORMATION = "information"
    COMPLAINT = "complaint"
    GREETING = "greeting"
    THANKS = "thanks"
    SCHEDULING = "scheduling"
    CANCELLATION = "cancellation"
    HUMAN_HANDOFF = "human_handoff"
    OTHER = "other"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a conversation ended; of those that hold, the first."""

    UNANSWERED = "unanswered"
    PERSON_LEFT = "person_left"
    HANDED_OFF = "handed_off"
    CONTAINED = "contained"


class Resolution(StrEnum):
    """Whether the person has what they came for: they say so, nobody says, or it is open."""

    CONFIRMED = "confirmed"
    SILENT = "silent"
    NO = "no"


class Urgency(StrEnum):
    """Why a conversation cannot wait; the gravest first."""

    SAFETY = "safety"
    HEALTH = "health"
    BUSINESS = "business"
    MONEY = "money"
    LEGAL = "legal"
    DEADLINE = "deadline"
    ANGER = "anger"
    NONE = "none"


class Trajectory(StrEnum):
    """How the mood at a conversation's end compares with that at its beginning."""

    IMPROVING = "improving"
    STABLE = "stable"
    WORSENING = "worsening"


class ChangeKind(StrEnum):
    """What can happen to a message after it was sent."""

    EDIT = "edit"
    REVOKE = "revoke"
    REACTION = "reaction"
    STATUS = "status"


class DeliveryState(StrEnum):
    """How far a message that we sent has come; each one outranks those above it."""

    SENT = "sent"
    FAILED = "failed"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"


class EventState(StrEnum):
    """The states of an inbound event in the inbox."""

    PENDING = "pending"
    DONE = "done"
    IGNORED = "ignored"
    DEAD = "dead"


class OutboundState(StrEnum):
    """The states of a message in the outbox."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"


class OutboundKind(StrEnum):
    """What goes out through a channel account; outgoing webhooks are named by their event."""

    MESSAGE = "message"
    ACTION = "action"


class WriteBackAction(StrEnum):
    """What a rule does at UChat."""

    SET_FIELD = "set_field"
    ADD_TAG = "add_tag"
    REMOVE_TAG = "remove_tag"
    CUSTOM_EVENT = "custom_event"
    PAUSE_BOT = "pause_bot"
    ASSIGN_AGENT = "assign_agent"


class SendFailure(StrEnum):
    """Why a provider did not take what we sent; only the first two are tried again.

    What is WITHDRAWN it was never asked to take: an automatic reply that came too late.
    """

    TEMPORARY = "temporary"
    RATE_LIMITED = "rate_limited"
    PERMANENT = "permanent"
    WINDOW_CLOSED = "window_closed"
    BLOCKED = "blocked"
    WITHDRAWN = "withdrawn"


class WebhookEvent(StrEnum):
    """What a customer's systems can be told of."""

    MESSAGE_RECEIVED = "message.received"
    CONVERSATION_STARTED = "conversation.started"
    CONVERSATION_ANALYZED = "conversation.analyzed"
    CONVERSATION_CLOSED = "conversation.closed"
    PROFILE_UPDATED = "profile.updated"
    NEGATIVE_SENTIMENT = "alert.negative_sentiment"
    ALERT_FIRED = "alert.fired"
    ALERT_CLEARED = "alert.cleared"
    WEEKLY_REPORT = "report.weekly"
    TEST = "webhook.test"


class EndpointState(StrEnum):
    """Whether an endpoint is sent to."""

    ACTIVE = "active"
    DISABLED = "disabled"


class DisabledReason(StrEnum):
    """Why an endpoint is not sent to: it said so, it failed for days, or someone wants it so."""

    GONE = "gone"
    FAILING = "failing"
    BY_HAND = "by_hand"


class ReconcileTrouble(StrEnum):
    """Why a channel's messages could not be compared with the provider's."""

    UNREACHABLE = "unreachable"
    UNREADABLE = "unreadable"
    REFUSED = "refused"
    KEY_REFUSED = "key_refused"
    RATE_LIMITED = "rate_limited"


class Job(StrEnum):
    """The background jobs. Each one drains due rows; none carries a row's id."""

    DRAIN_INBOX = "drain_inbox"
    DRAIN_ANALYSIS = "drain_analysis"
    DRAIN_STATS = "drain_stats"
    DRAIN_REPLIES = "drain_replies"
    TEACH_OWN_MODELS = "teach_own_models"
    RENEW_ANALYSES = "renew_analyses"


class Queue(StrEnum):
    """The RQ queues."""

    DRAIN = "talkhub-drain"


class Scope(StrEnum):
    """What a token allows."""

    MCP_READ = "mcp:read"
    MCP_WRITE = "mcp:write"
    PROFILE_WRITE = "profile:write"
    ANALYTICS_READ = "analytics:read"
    MESSAGES_SEND = "messages:send"
    ANALYSIS_WRITE = "analysis:write"
    DATA_EXPORT = "data:export"
    KEYS_MANAGE = "keys:manage"
    WEBHOOKS_MANAGE = "webhooks:manage"
    PRIVACY_MANAGE = "privacy:manage"
    WORKSPACE_MANAGE = "workspace:manage"
    WORKSPACE_OWN = "workspace:own"
    DASHBOARD = "dashboard"


class RequestChannel(StrEnum):
    """How a request came: to a route of its own, or as a message of the protocol."""

    REST = "rest"
    MCP = "mcp"


class TokenKind(StrEnum):
    """What someone came in with."""

    API = "api"
    DASHBOARD = "dashboard"
    OAUTH = "oauth"
    API_KEY = "api_key"


class DatabaseRole(StrEnum):
    """The PostgreSQL roles a transaction is lowered to."""

    APP = "talkhub_app"
    SYSTEM = "talkhub_system"


class Metric(StrEnum):
    """The Prometheus metrics, by their exposed names."""

    HTTP_SECONDS = "talkhub_http_request_duration_seconds"
    MCP_SECONDS = "talkhub_mcp_request_duration_seconds"
    WEBHOOK_EVENTS = "talkhub_webhook_events_total"
    INBOX_DEPTH = "talkhub_inbox_depth"
    INBOX_AGE = "talkhub_inbox_oldest_age_seconds"
    DELIVERIES = "talkhub_deliveries_total"
    OUTGOING = "talkhub_outgoing_messages_total"
    RECONCILED = "talkhub_reconciled_messages_total"
    RECONCILE_CALLS = "talkhub_reconcile_calls_total"
    ANALYSES = "talkhub_analyses_total"
    ENRICHMENTS = "talkhub_enrichments_total"
    OUTDATED_ANALYSES = "talkhub_outdated_analyses"
    JOBS = "talkhub_jobs_total"
    JOB_SECONDS = "talkhub_job_duration_seconds"
    CACHE_LOOKUPS = "talkhub_cache_lookups_total"
    UNLOGGED_REQUESTS = "talkhub_unlogged_requests_total"
