"""The automatic replies of a conversation: laid before who answers, and judged good or bad."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from pydantic import BaseModel, ConfigDict
from werkzeug.wrappers import Response

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame, read_frame, writing
from talkhub.errors import Forbidden, Invalid
from talkhub.replies.deciding import Reason, ReplyState
from talkhub.replies.grounding import Fault
from talkhub.services.answering.verdicts import Reply, judge_reply, list_replies
from talkhub.services.sending.templates import fill, values_of
from talkhub.store.queries.transcripts import Transcript
from talkhub.store.uow import Database, UnitOfWork

SHOWN = 5


@dataclass(frozen=True, slots=True)
class ShownReply:
    """A reply with the words that the person would read; `can_be_used` of the last message's."""

    reply: Reply
    text: str
    can_be_used: bool


@dataclass(frozen=True, slots=True)
class SuggestionBox:
    """What the box shows, the newest first. `may_judge` is of who corrects analyses."""

    shown: tuple[ShownReply, ...]
    may_judge: bool

    def text_of(self, reply_id: int) -> str:
        """Return the words of a reply that is shown, to begin an answer with."""
        return next((it.text for it in self.shown if it.reply.id == reply_id), "")


class VerdictForm(BaseModel):
    """What the box sends."""

    model_config = ConfigDict(extra="forbid")

    good: bool


def suggestion_box(uow: UnitOfWork, frame: Frame, transcript: Transcript) -> SuggestionBox:
    """Return what was found for a conversation's messages."""
    found = list_replies(uow, limit=SHOWN, conversation_id=transcript.conversation_id)
    last = transcript.messages[-1].get("id") if transcript.messages else None
    shown = tuple(
        ShownReply(
            reply=it,
            text=_filled(uow, transcript, it.answer),
            can_be_used=it.message_id == last and it.state != ReplyState.ANSWERED,
        )
        for it in found
        if it.answer
    )
    return SuggestionBox(shown, may_judge=frame.corrects_analyses)


def register(blueprint: Blueprint, database: Database) -> None:
    """Add judging to the dashboard."""

    @blueprint.post("/conversations/<conversation_id>/replies/<int:reply_id>")
    def judge_reply_here(conversation_id: str, reply_id: int) -> Response:
        form = VerdictForm.model_validate(request.form.to_dict())
        with writing(database) as uow:
            if not read_frame(uow).corrects_analyses:
                raise Forbidden("You may read conversations here, but not judge replies.")
            judge_reply(uow, reply_id, is_good=form.good, address=request.remote_addr)
        there = url_for("dashboard.conversation", conversation_id=conversation_id)
        return redirect(f"{there}#replies", 303)


def reply_name(reply: Reply) -> str:
    """Return what became of a message, and why, in words."""
    states: dict[str, str] = {
        ReplyState.ANSWERED: _("enviada"),
        ReplyState.SUGGESTED: _("sugerida"),
        ReplyState.HANDED_OFF: _("deixada para uma pessoa"),
        ReplyState.DROPPED: _("sem resposta"),
    }
    reasons: dict[str, str] = {
        Reason.UNSURE: _("pouca certeza"),
        Reason.UPSET: _("a pessoa está irritada"),
        Reason.ASKED_FOR_PERSON: _("a pessoa pediu atendente"),
        Reason.LOOP: _("a mesma resposta de novo"),
        Reason.WITH_A_PERSON: _("alguém da equipe já atende"),
        Reason.QUIET_HOURS: _("hora de silêncio"),
        Reason.DAILY_CAP: _("o limite do dia acabou"),
        Reason.CANNOT_SEND: _("não dá para enviar agora"),
        Reason.OPTED_OUT: _("a pessoa não quer mensagens"),
        Reason.NOTHING_ASKED: _("nada foi perguntado"),
        Reason.OUTDATED: _("já não era o caso"),
        Reason.FAILED: _("a tentativa falhou"),
        Reason.NOT_WRITTEN: _("o texto do modelo não foi aceito"),
    }
    state = states.get(reply.state, reply.state)
    reason = reasons.get(reply.reason or "", "")
    return f"{state}: {reason}" if reason else state


def wording_name(reply: Reply) -> str:
    """Return who worded an answer that a model was to word, and why not it; else nothing."""
    if reply.model:
        return _("escrita pelo modelo %(model)s") % {"model": reply.model}
    if not reply.trouble:
        return ""
    faults: dict[str, str] = {
        Fault.CANNOT_ANSWER: _("achou que as fontes não respondem"),
        Fault.CITES_NOTHING: _("não citou a fonte encontrada"),
        Fault.TOO_LONG: _("escreveu demais"),
        Fault.ODD_SIGNS: _("usou sinais estranhos"),
        Fault.UNKNOWN_NUMBER: _("usou um número que não está nas fontes"),
        Fault.UNKNOWN_ADDRESS: _("usou um link ou e-mail que não está nas fontes"),
        Fault.UNKNOWN_PROMISE: _("prometeu o que não está nas fontes"),
        Fault.UNKNOWN_WORDS: _("afastou-se das fontes"),
        Fault.DENIES_OTHERWISE: _("negou ou afirmou diferente das fontes"),
    }
    why = faults.get(reply.trouble, _("não estava disponível"))
    return _("não escrita pelo modelo: %(why)s") % {"why": why}


def _filled(uow: UnitOfWork, transcript: Transcript, answer: str | None) -> str:
    """Return an answer with its variables filled in, where that can be done."""
    text = answer or ""
    if "{" not in text:
        return text
    values = values_of(uow, transcript.profile_id, session_id=transcript.session_id)
    try:
        return fill(text, values, at=("text",))
    except Invalid:
        return text
