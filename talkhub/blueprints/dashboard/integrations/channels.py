"""The channel accounts: where their events go, and whether the provider knows it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from operator import attrgetter

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.pages import Frame, read_frame, reading, render_page, writing_if
from talkhub.blueprints.dashboard.visitors import visitor
from talkhub.blueprints.public_address import public_base
from talkhub.blueprints.runtime import Runtime
from talkhub.errors import Conflict, Forbidden, Invalid, ProviderRefused, SettingMissing
from talkhub.names import Sentiment, WriteBackAction
from talkhub.outbound.providers import Providers, WebhookState
from talkhub.services.fitting import without_nul
from talkhub.services.labelling.own_labels import known_intents
from talkhub.services.labelling.write_back import (
    EVENTS,
    WriteBackRule,
    add_rule,
    delete_rule,
    list_rules,
)
from talkhub.services.sending.channel_setup import ChannelDesk, ChannelLine, list_channels
from talkhub.services.telling.findings import VARIABLES
from talkhub.store.uow import UnitOfWork, workspace_scope

_REFUSAL = "Only owners and admins of the workspace manage its channels."


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
    rules: tuple[WriteBackRule, ...]
    events: tuple[str, ...]
    actions: tuple[str, ...]
    moods: tuple[str, ...]
    intents: tuple[str, ...]
    variables: str
    refused: str

    @property
    def has_rules(self) -> bool:
        """Whether rules are of any use: an account of UChat's can be written back to."""
        is_used = any(channel.is_reconciled for channel in self.channels)
        return self.frame.manages_channels and (is_used or bool(self.rules))


class RuleForm(BaseModel):
    """What the form for a new rule sends; what is empty asks for nothing."""

    model_config = ConfigDict(extra="forbid")

    event: str
    action: str
    target: str = ""
    value: str = ""
    sentiment: str = ""
    intent: str = ""


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

    @blueprint.post("/channels/rules")
    def add_channel_rule() -> Response:
        given = {name: without_nul(value) for name, value in request.form.items()}
        form = RuleForm.model_validate(given)
        rule = WriteBackRule(
            event=form.event,
            action=form.action,
            target=form.target.strip(),
            value=form.value,
            sentiments=(form.sentiment,) if form.sentiment else (),
            intents=(form.intent,) if form.intent else (),
        )
        try:
            with _managing(runtime) as uow:
                add_rule(uow, rule)
        except (Invalid, Conflict) as refused:
            return _page(runtime, None, refused=refused.first_code, status=refused.status)
        return redirect(url_for("dashboard.channels"), 303)

    @blueprint.post("/channels/rules/<int:rule_id>/delete")
    def delete_channel_rule(rule_id: int) -> Response:
        with _managing(runtime) as uow:
            delete_rule(uow, rule_id)
        return redirect(url_for("dashboard.channels"), 303)


def _managing(runtime: Runtime) -> AbstractContextManager[UnitOfWork]:
    return writing_if(runtime.database, attrgetter("manages_channels"), refusal=_REFUSAL)


def _page(
    runtime: Runtime, checked: Checked | None, *, refused: str = "", status: int = 200
) -> Response:
    with reading(runtime.database) as uow:
        frame, found, rules = read_frame(uow), list_channels(uow), list_rules(uow)
        intents = known_intents(uow)
    try:
        base = public_base(runtime.settings)
    except SettingMissing:
        base = ""
    if checked is not None and checked.state is not None:
        path = next((each.path for each in found if each.id == checked.channel_id), "")
        is_ours = bool(path) and checked.state.address == base + path
        checked = Checked(checked.channel_id, checked.state, is_ours, "")
    page = ChannelsPage(
        frame=frame,
        channels=found,
        base=base,
        checked=checked,
        rules=rules,
        events=EVENTS,
        actions=tuple(WriteBackAction),
        moods=tuple(Sentiment),
        intents=intents,
        variables=" ".join(f"{{{name}}}" for name in VARIABLES),
        refused=refused,
    )
    if checked is not None and checked.refused:
        status = 502
    return render_page("dashboard/integrations/channels.html", page, status=status)


def _desk(runtime: Runtime) -> ChannelDesk:
    """Return what asks providers about accounts, for who manages them."""
    with reading(runtime.database) as uow:
        if not read_frame(uow).manages_channels:
            raise Forbidden(_REFUSAL)
    who = visitor()
    scope = workspace_scope(who.workspace_id, who.username)
    keyring = runtime.settings.keyring
    return ChannelDesk(runtime.database, Providers(runtime.outbound), scope, keyring)
