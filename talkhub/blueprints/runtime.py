"""What the blueprints of one web process share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import redis
from prometheus_client import CollectorRegistry

from talkhub.blueprints.exporting import ExportDesk
from talkhub.blueprints.streams import StreamSeats
from talkhub.outbound.guarded import GuardedClient
from talkhub.security import AUDIENCE, Principal, read_token
from talkhub.settings import Settings
from talkhub.store.browser_sessions import BrowserSessions
from talkhub.store.hashing_keys import HashingKeys
from talkhub.store.inbox_writer import InboxWriter
from talkhub.store.key_uses import KeyUses
from talkhub.store.request_log import RequestLog
from talkhub.store.revocations import RevokedTokens
from talkhub.store.signing_keys import SigningKeys
from talkhub.store.uow import Database
from talkhub.store.workspace_use import WorkspaceUse
from talkhub.volatile.limits import LeasedLimiter


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings, database and the process-wide helpers around them."""

    settings: Settings
    database: Database
    redis: redis.Redis
    limiter: LeasedLimiter
    inbox: InboxWriter
    revoked: RevokedTokens
    browser_sessions: BrowserSessions
    signing_keys: SigningKeys
    hashing_keys: HashingKeys
    key_uses: KeyUses
    requests: RequestLog
    use: WorkspaceUse
    outbound: GuardedClient
    page_metrics: CollectorRegistry
    seats: StreamSeats
    exports: ExportDesk

    def read_token(
        self, token: str, *, audiences: Collection[str] = frozenset({AUDIENCE})
    ) -> Principal:
        """Return the principal of a token for one of `audiences`; raises Unauthenticated."""
        return read_token(token, self.signing_keys.find, audiences=audiences)

    def close(self) -> None:
        """End the threads that write beside the requests, and close what was opened."""
        self.use.close()
        self.requests.close()
        self.database.dispose()
        self.redis.close()
