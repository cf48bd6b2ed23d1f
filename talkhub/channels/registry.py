"""Which channel answers under which name in a webhook's address."""

from __future__ import annotations

from collections.abc import Mapping

from talkhub.channels import telegram, uchat, whatsapp
from talkhub.channels.base import Channel
from talkhub.names import Platform

# A Platform is a text, so the part of the address finds its channel as it stands.
CHANNELS: Mapping[str, Channel] = {
    Platform.UCHAT: uchat,
    Platform.WHATSAPP: whatsapp,
    Platform.TELEGRAM: telegram,
}
