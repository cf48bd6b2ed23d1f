"""Calls, as browsers take part in them. Authentication: a token for one side of one call.

Only who begins a call brings none: the page's key is in its address, for everybody to see.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, suppress

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict, Field

from talkhub import clock, json_codec
from talkhub.blueprints.answers import private_answer
from talkhub.blueprints.gate import Gate
from talkhub.blueprints.runtime import Runtime
from talkhub.blueprints.streams import Holder, StreamSeats, closing
from talkhub.blueprints.tokens import bearer_token
from talkhub.blueprints.web import refuse_cross_site_writes, take_forms_only
from talkhub.errors import Forbidden, Unauthenticated, Unavailable
from talkhub.names.calls import CallSide, CallState, SignalKind
from talkhub.security import client_network, wide_network
from talkhub.services.administration.administering import overseeing, role_in
from talkhub.services.calling import calls, signals
from talkhub.services.calling.call import Call
from talkhub.services.calling.call_pages import open_page, workspace_of_key
from talkhub.services.calling.call_tokens import (
    Participant,
    call_token,
    read_call_ticket,
    read_call_token,
)
from talkhub.services.calling.media import rtc_configuration
from talkhub.settings import Settings, reveal
from talkhub.store.base import LARGEST_ID
from talkhub.store.uow import UnitOfWork, workspace_scope
from talkhub.strict_json import read_json
from talkhub.volatile.hints import listening
from talkhub.volatile.limits import refuse_if_early

PAGE = "/calls/{page_key}"
"""Where people call from; the page itself is in `call_pages`."""

BEGIN = "/api/v1/call-pages/<page_key>/calls"
ONE = "/api/v1/calls/<call_id>"

LONGEST_WAIT = 10
"""Seconds that an answer is held back for news: a proxy's patience is longer."""

WAITING_AT_ONCE = 8
"""Answers that a process holds back; beyond that browsers ask again by themselves."""

CALLS_OF_ADDRESS, CALLS_OF_NETWORK, CALLS_WINDOW = 10, 30, 600
UNSIGNED_CALLS, UNSIGNED_WINDOW = 300, 3_600
"""Of a workspace: of who comes without a ticket nobody knows whether they are many or one."""

REQUESTS_OF_SIDE, REQUESTS_WINDOW = 400, 60


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RecordingAnswer(_Body):
    """What a caller says to being recorded, of which wording."""

    agrees: bool
    version: int = Field(ge=1, le=2**31 - 1)


class BeginRequest(_Body):
    """Who calls: a person whom a ticket names, or somebody with a name if they like."""

    name: str | None = Field(default=None, min_length=1, max_length=100)
    ticket: str | None = Field(default=None, max_length=2_000)
    recording: RecordingAnswer | None = None


class SignalRequest(_Body):
    """What a browser tells the other one."""

    kind: SignalKind
    body: str = Field(min_length=1, max_length=signals.LONGEST_SIGNAL)


class AttendRequest(_Body):
    """That a side is there: the last signal it knows, how long it waits, whether it hears."""

    after: int = Field(default=0, ge=0, le=LARGEST_ID)
    wait: int = Field(default=0, ge=0, le=LONGEST_WAIT)
    is_connected: bool = False


def create_blueprint(runtime: Runtime, gate: Gate) -> Blueprint:
    """Return the routes that the two browsers of a call use."""
    blueprint = Blueprint("calls", __name__)
    desk = CallDesk(runtime)
    blueprint.before_request(take_forms_only)
    blueprint.add_url_rule(
        BEGIN, "begin", gate.open_to_verified("begin_call")(desk.begin), methods=["POST"]
    )
    for name, view in (("signal", desk.signal), ("attend", desk.attend), ("end", desk.end)):
        gated = gate.open_to_verified(f"{name}_call")(view)
        path = ONE if name == "attend" else f"{ONE}/{name}"
        blueprint.add_url_rule(path, name, gated, methods=["POST"])
    return blueprint


class CallDesk:
    """The views: a call begins, its browsers tell each other, say that they are there, and end."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._database = runtime.database
        self._seats = StreamSeats(most=WAITING_AT_ONCE, most_of_one=1)

    def begin(self, page_key: str) -> Response:
        """Let a call ring; the answer holds the caller's token."""
        refuse_cross_site_writes()
        given = BeginRequest.model_validate(read_json(request.get_data()))
        workspace_id = workspace_of_key(page_key)
        self._limit_callers(workspace_id, request.remote_addr or "")
        ticket = None
        if given.ticket is not None:
            ticket = read_call_ticket(given.ticket, self._runtime.signing_keys.find)
            if ticket.workspace_id != workspace_id:
                raise Forbidden("This ticket is for another page.")
        said = given.recording
        recording = calls.Consent(said.agrees, said.version) if said else None
        with self._database.unit_of_work(workspace_scope(workspace_id, "call")) as uow:
            open_page(uow, page_key)
            if ticket is None:
                # Only here: who guesses at keys must not use up what a page's callers have.
                self._limit(f"calls:{workspace_id}", UNSIGNED_CALLS, UNSIGNED_WINDOW)
            call = calls.begin_call(uow, ticket=ticket, name=given.name, recording=recording)
        participant = Participant(workspace_id, call.call_id, CallSide.CALLER, "caller")
        return private_answer(way_in(self._runtime, participant), 201)

    def signal(self, call_id: str) -> Response:
        """Tell the other side's browser something."""
        who = self._participant(call_id)
        given = SignalRequest.model_validate(read_json(request.get_data()))
        with self._unit(who) as uow:
            signals.send_signal(uow, call_id, who.side, kind=given.kind, body=given.body)
        return Response(status=204)

    def attend(self, call_id: str) -> Response:
        """Say that a side is there; the answer has what is new, at once or when there is any."""
        who = self._participant(call_id)
        given = AttendRequest.model_validate(read_json(request.get_data()))
        call, news = self._news(who, given)
        is_quiet = not news["signals"] and call.state != CallState.ENDED
        if not (given.wait and is_quiet):
            return private_answer(news)
        try:
            return self._seats.send(
                self._later(who, given, call),
                Holder(who.workspace_id, f"{call_id} {who.side}"),
                mimetype="application/json",
                headers={"Cache-Control": "no-store"},
            )
        except Unavailable:
            return private_answer(news)

    def end(self, call_id: str) -> Response:
        """Hang up."""
        who = self._participant(call_id)
        with self._unit(who) as uow:
            calls.hang_up(uow, call_id, who.side)
        return Response(status=204)

    def _later(
        self, who: Participant, given: AttendRequest, call: Call
    ) -> Generator[bytes, None, None]:
        """Yield the answer once something happened, or the wait is over."""
        redis_url = self._runtime.settings.redis_url or ""
        news: dict[str, object] | None = None
        hearing = listening(redis_url, who.workspace_id, [call.session_id])
        with suppress(Unavailable), hearing as ear:
            # What happened before we listened nobody would tell again.
            now, news = self._news(who, given)
            if now.state == call.state and not news["signals"] and not closing.is_set():
                ear.wait(given.wait)
                news = None
        yield json_codec.dumps(news or self._news(who, given)[1])

    def _news(self, who: Participant, given: AttendRequest) -> tuple[Call, dict[str, object]]:
        with self._unit(who) as uow:
            call = calls.attend(uow, who.call_id, who.side, is_connected=given.is_connected)
            told = signals.signals_since(uow, call, who.side, after=given.after)
        news: dict[str, object] = {
            "state": call.state,
            "outcome": call.outcome,
            "signals": told,
        }
        if call.state != CallState.ENDED:
            news["token"] = call_token(self._runtime.signing_keys.current(), who)
        if call.state == CallState.ACTIVE:
            # Not before: anybody may ring, and the relay is not for anybody.
            news["rtc"] = _rtc_configuration(self._runtime.settings, who)
        return call, news

    def _participant(self, call_id: str) -> Participant:
        """Return whose request it is; a token for another call is none."""
        token = bearer_token()
        if token is None:
            raise Unauthenticated("Send the token that the call began with.")
        who = read_call_token(token, self._runtime.signing_keys.find)
        if who.call_id != call_id:
            raise Unauthenticated("This token is for another call.")
        self._limit(f"call:{call_id}:{who.side}", REQUESTS_OF_SIDE, REQUESTS_WINDOW)
        if who.side == CallSide.AGENT:
            self._refuse_who_left(who)
        return who

    def _refuse_who_left(self, agent: Participant) -> None:
        """Raise Unauthenticated for who was disabled or taken out of the workspace meanwhile."""
        with overseeing(self._database) as uow:
            if role_in(uow, agent.workspace_id, agent.name) is None:
                raise Unauthenticated("You do not belong to this workspace any more.")

    def _unit(self, who: Participant) -> AbstractContextManager[UnitOfWork]:
        return self._database.unit_of_work(workspace_scope(who.workspace_id, who.name))

    def _limit_callers(self, workspace_id: int, address: str) -> None:
        for network, limit in (
            (client_network(address), CALLS_OF_ADDRESS),
            (wide_network(address), CALLS_OF_NETWORK),
        ):
            self._limit(f"calls:{workspace_id}:{network}", limit, CALLS_WINDOW)

    def _limit(self, key: str, limit: int, window_seconds: int) -> None:
        wait = self._runtime.limiter.take(key, limit=limit, window_seconds=window_seconds)
        refuse_if_early(wait, limit, window_seconds)


def way_in(runtime: Runtime, who: Participant) -> dict[str, object]:
    """Return what a browser takes part with: the call's id, and its token."""
    return {
        "call_id": who.call_id,
        "token": call_token(runtime.signing_keys.current(), who),
    }


def _rtc_configuration(settings: Settings, who: Participant) -> dict[str, object]:
    secret = reveal(settings.turn_secret)
    return rtc_configuration(settings.turn_urls, secret, who.call_id, who.side, now=clock.now())
