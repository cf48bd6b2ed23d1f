"""TalkHub's prompts: a task in the reader's language, with the data it is about attached."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from talkhub.errors import Invalid, NotFound
from talkhub.mcp.call import Call
from talkhub.mcp.content import addresses, figures, people, prompt_texts, transcripts
from talkhub.mcp.content import completions as complete
from talkhub.mcp.content.addresses import address
from talkhub.mcp.content.caller import caller_of
from talkhub.mcp.content.documents import Document
from talkhub.mcp.content.languages import Language, language_named
from talkhub.mcp.content.prompt_texts import Tone
from talkhub.mcp.prompts import Prompt
from talkhub.mcp.protocol import INVALID_PARAMS, JSONObject, McpError
from talkhub.names import Platform, Scope
from talkhub.store.uow import UnitOfWork

Messages = list[JSONObject]
Attached = tuple[str, Document]
"""A document and its address."""

LANGUAGE = {
    "name": "language",
    "title": "Idioma",
    "description": "pt-BR (default), en or es.",
    "required": False,
}


def summarize_conversation(
    uow: UnitOfWork, *, conversation_id: str, language: str = ""
) -> Messages:
    """Ask for a summary of one conversation."""
    chosen = language_named(language)
    place = address(addresses.TRANSCRIPT, conversation_id=conversation_id)
    document = transcripts.transcript(uow, conversation_id)
    return _messages(chosen, prompt_texts.SUMMARIZE[chosen], (place, document))


def answer_customer(
    uow: UnitOfWork, *, user_id: str, tone: str = "", platform: str = "", language: str = ""
) -> Messages:
    """Ask for the next message to a person."""
    chosen = language_named(language)
    channel = _channel(platform)
    task = prompt_texts.ANSWER[chosen].format(
        tone=prompt_texts.TONES[chosen][_tone(tone)],
        channel=prompt_texts.CHANNELS.get(channel, prompt_texts.PLAIN)[chosen],
    )
    return _messages(chosen, task, _context(uow, user_id))


def weekly_report(uow: UnitOfWork, *, until: str = "", language: str = "") -> Messages:
    """Ask for a report of the seven days that end with a day, today by default."""
    chosen = language_named(language)
    before, week = _weeks(until) if until else _weeks(figures.today(uow).isoformat())
    task = prompt_texts.WEEKLY_REPORT[chosen].format(start=week[0], end=week[1])
    return _messages(chosen, task, _figures(uow, *before), _figures(uow, *week))


def retention_plan(uow: UnitOfWork, *, user_id: str, language: str = "") -> Messages:
    """Ask how to keep a person as a customer."""
    chosen = language_named(language)
    return _messages(chosen, prompt_texts.RETENTION_PLAN[chosen], _context(uow, user_id))


def prompts() -> list[Prompt]:
    """Return the prompts as the server lists them."""
    conversation = _argument("conversation_id", "Conversa", "The conversation's id.")
    person = _argument("user_id", "Pessoa", "The id under which the person is known.")
    tone = _argument(
        "tone", "Tom", "friendly (default), formal, brief or empathetic.", required=False
    )
    platform = _argument(
        "platform", "Canal", "Where it is sent: whatsapp, telegram, …", required=False
    )
    until = _argument(
        "until", "Até", "The week's last day, YYYY-MM-DD; today by default.", required=False
    )
    return [
        _prompt(
            summarize_conversation,
            title="Resumir conversa",
            description="Summarise one conversation for whoever goes on with it.",
            arguments=[conversation, LANGUAGE],
        ),
        _prompt(
            answer_customer,
            title="Responder cliente",
            description="Write the next message to a person, from what is known of them.",
            arguments=[person, tone, platform, LANGUAGE],
        ),
        _prompt(
            weekly_report,
            title="Relatório semanal",
            description="Report a week's conversations beside those of the week before.",
            arguments=[until, LANGUAGE],
            scope=Scope.ANALYTICS_READ,
        ),
        _prompt(
            retention_plan,
            title="Plano de retenção",
            description="Plan how to keep a person as a customer.",
            arguments=[person, LANGUAGE],
        ),
    ]


def _prompt(
    build: Callable[..., Messages],
    *,
    title: str,
    description: str,
    arguments: list[JSONObject],
    scope: Scope = Scope.MCP_READ,
) -> Prompt:
    def render(call: Call, **given: str) -> Messages:
        try:
            with caller_of(call).read_only() as uow:
                return build(uow, **given)
        except (NotFound, Invalid) as error:
            raise McpError(INVALID_PARAMS, error.detail) from error

    return Prompt(
        descriptor={
            "name": build.__name__,
            "title": title,
            "description": description,
            "arguments": arguments,
        },
        render=render,
        scope=scope,
        completers={
            name: complete.BY_ARGUMENT[name]
            for name in (argument["name"] for argument in arguments)
            if name in complete.BY_ARGUMENT
        },
    )


def _argument(name: str, title: str, description: str, *, required: bool = True) -> JSONObject:
    return {"name": name, "title": title, "description": description, "required": required}


def _messages(language: Language, task: str, *attached: Attached) -> Messages:
    """Return the attachments, then the task: what is asked last is what is done."""
    text = f"{task}\n\n{prompt_texts.GUARD[language]}"
    contents = [*map(_embedded, attached), {"type": "text", "text": text}]
    return [{"role": "user", "content": content} for content in contents]


def _embedded(attached: Attached) -> JSONObject:
    place, document = attached
    annotations: JSONObject = {"audience": ["assistant"], "priority": 1.0}
    if document.modified_at is not None:
        annotations["lastModified"] = document.modified_at
    resource = {"uri": place, "mimeType": document.media_type, "text": document.text}
    return {"type": "resource", "resource": resource, "annotations": annotations}


def _context(uow: UnitOfWork, user_id: str) -> Attached:
    return address(addresses.CONTEXT, user_id=user_id), people.context(uow, user_id)


def _tone(word: str) -> Tone:
    """Return the tone that a word names in any of the languages."""
    for names in prompt_texts.TONES.values():
        for tone, name in names.items():
            if word.casefold() in {tone.value, name}:
                return tone
    if word:
        raise Invalid(f"`tone` is one of: {', '.join(Tone)}.")
    return Tone.FRIENDLY


def _channel(platform: str) -> Platform:
    """Return a platform; one that is not ours gets plain text."""
    wanted = platform.casefold()
    return Platform(wanted) if wanted in set(Platform) else Platform.UNKNOWN


def _weeks(until: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """Return the first and last day of the week that ends with a day, after those before it."""
    try:
        last = date.fromisoformat(until)
        days = [(last - timedelta(days=back)).isoformat() for back in (13, 7, 6, 0)]
    except (ValueError, OverflowError) as error:
        raise Invalid("`until` is a day, YYYY-MM-DD.") from error
    return (days[0], days[1]), (days[2], days[3])


def _figures(uow: UnitOfWork, start: str, end: str) -> Attached:
    place = address(addresses.ANALYTICS, start=start, end=end)
    return place, figures.analytics(uow, start, end)
