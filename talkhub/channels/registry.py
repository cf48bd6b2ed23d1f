"""Which channel answers under which name in a webhook's address."""

from __future__ import annotations

from collections.abc import Mapping

from talkhub.channels import evolution, messenger, telegram, uchat, whatsapp
from talkhub.channels.base import Channel
from talkhub.names import Platform

# A Platform is a text, so the part of the address finds its channel as it stands.
CHANNELS: Mapping[str, Channel] = {
    Platform.UCHAT: uchat,
    Platform.WHATSAPP: whatsapp,
    Platform.TELEGRAM: telegram,
    Platform.MESSENGER: messenger,
    Platform.INSTAGRAM: messenger,
    Platform.EVOLUTION: evolution,
}

OF_META = frozenset({Platform.WHATSAPP, Platform.MESSENGER, Platform.INSTAGRAM})
"""The channels whose address Meta verifies by a GET, and whose events its app secret signs."""

PROVED_BY_ADDRESS = frozenset({Platform.UCHAT, Platform.EVOLUTION})
"""The channels that may have accounts without a secret: their address alone proves the sender.

Some builders offer a field for an address and none for headers.
"""
