"""The channel accounts: where their events go, and whether the provider knows it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, url_for
from flask_jwt_extended import get_jwt
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page
from talkhub.blueprints.public_address import public_base
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import ProviderRefused, SettingMissing
from talkhub.outbound.providers import Providers, WebhookState
from talkhub.services.channel_setup import ChannelDesk, ChannelLine, list_channels
from talkhub.settings import reveal
from talkhub.store.uow import workspace_scope


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of asking the provider. `refused` says why there is no state."""

    channel_id: int
    state: WebhookState | None
    is_ours: bool
    refused: str


@dataclass(frozen=True, slots=True)
class ChannelsPage:
    """Everything the list shows. `base` is empty if nobody told us our own address."""

    frame: Frame
    channels: tuple[ChannelLine, ...]
    base: str
    checked: Checked | None


def register(blueprint: Blueprint, runtime: Runtime) -> None:
    """Add the channel accounts to the dashboard."""

    @blueprint.get("/channels")
    def channels() -> Response:
        return _page(runtime, None)

    @blueprint.post("/channels/<int:channel_id>/register")
    def register_channel(channel_id: int) -> Response:
        try:
            _desk(runtime).register(channel_id, base=public_base(runtime.settings))
        except (ProviderRefused, SettingMissing) as refused:
            return _page(runtime, Checked(channel_id, None, False, refused.detail))
        return redirect(url_for("dashboard.channels"), 303)

    @blueprint.post("/channels/<int:channel_id>/check")
    def check_channel(channel_id: int) -> Response:
        try:
            state = _desk(runtime).check(channel_id)
        except ProviderRefused as refused:
            return _page(runtime, Checked(channel_id, None, False, refused.detail))
        return _page(runtime, Checked(channel_id, state, False, ""))


def _page(runtime: Runtime, checked: Checked | None) -> Response:
    with reading(runtime.database) as uow:
        frame, found = read_frame(uow), list_channels(uow)
    try:
        base = public_base(runtime.settings)
    except SettingMissing:
        base = ""
    if checked is not None and checked.state is not None:
        path = next((each.path for each in found if each.id == checked.channel_id), "")
        is_ours = bool(path) and checked.state.address == base + path
        checked = Checked(checked.channel_id, checked.state, is_ours, "")
    response = render_page("dashboard/channels.html", ChannelsPage(frame, found, base, checked))
    if checked is not None and checked.refused:
        response.status_code = 502
    return response


def _desk(runtime: Runtime) -> ChannelDesk:
    claims = get_jwt()
    scope = workspace_scope(int(claims["ws"]), str(claims["sub"]))
    key = reveal(runtime.settings.encryption_key)
    return ChannelDesk(runtime.database, Providers(runtime.outbound), scope, key)
