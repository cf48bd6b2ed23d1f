"""What the blueprints of one web process share."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import redis
from prometheus_client import CollectorRegistry

from talkhub.outbound.guarded import GuardedClient
from talkhub.security import AUDIENCE, Principal, read_token
from talkhub.settings import Settings
from talkhub.store.inbox_writer import InboxWriter
from talkhub.store.key_uses import KeyUses
from talkhub.store.revocations import RevokedTokens
from talkhub.store.signing_keys import SigningKeys
from talkhub.store.uow import Database
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
    signing_keys: SigningKeys
    key_uses: KeyUses
    outbound: GuardedClient
    page_metrics: CollectorRegistry

    def read_token(
        self, token: str, *, audiences: Collection[str] = frozenset({AUDIENCE})
    ) -> Principal:
        """Return the principal of a token for one of `audiences`; raises Unauthenticated."""
        return read_token(token, self.signing_keys.find, audiences=audiences)
