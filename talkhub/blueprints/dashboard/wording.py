"""What our closed sets are called in the request's language."""

from __future__ import annotations

from talkhub.blueprints.dashboard.crm_wording import crm_action_name
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.errors import Conflict, OptedOut, Unreachable, WindowClosed
from talkhub.names import (
    CompletionStatus,
    DeliveryState,
    Intent,
    MessageRole,
    OutboundKind,
    Outcome,
    Platform,
    ReconcileTrouble,
    Resolution,
    Scope,
    Sentiment,
    Trajectory,
    Urgency,
    WebhookEvent,
    WriteBackAction,
)
from talkhub.names.labels import SatisfactionBand
from talkhub.services.sending.messages import QUEUED


def intent_name(intent: str) -> str:
    """Return what an intent is called; a caller's own intent is shown as it was given."""
    names: dict[str, str] = {
        Intent.SUPPORT: _("Suporte"),
        Intent.PURCHASE: _("Compra"),
        Intent.INFORMATION: _("Informação"),
        Intent.COMPLAINT: _("Reclamação"),
        Intent.GREETING: _("Saudação"),
        Intent.THANKS: _("Agradecimento"),
        Intent.SCHEDULING: _("Agendamento"),
        Intent.CANCELLATION: _("Cancelamento"),
        Intent.HUMAN_HANDOFF: _("Falar com atendente"),
        Intent.OTHER: _("Outra"),
        Intent.UNKNOWN: _("Não identificada"),
    }
    return names.get(intent, intent)


def sentiment_name(sentiment: str) -> str:
    """Return what a mood is called."""
    names: dict[str, str] = {
        Sentiment.POSITIVE: _("Positivo"),
        Sentiment.NEUTRAL: _("Neutro"),
        Sentiment.NEGATIVE: _("Negativo"),
    }
    return names.get(sentiment, sentiment)


def reason_name(label: str) -> str:
    """Return what a reason speaks for: a mood or an intent."""
    return sentiment_name(label) if label in set(Sentiment) else intent_name(label)


def completion_name(status: str) -> str:
    """Return what it is called how a conversation stands."""
    names: dict[str, str] = {
        CompletionStatus.OPEN: _("Aberta"),
        CompletionStatus.COMPLETED: _("Concluída"),
        CompletionStatus.UNANSWERED: _("Sem resposta"),
        CompletionStatus.ABANDONED: _("Abandonada"),
    }
    return names.get(status, status)


def outcome_name(outcome: str) -> str:
    """Return what it is called how a conversation ended."""
    names: dict[str, str] = {
        Outcome.UNANSWERED: _("a pessoa ficou esperando"),
        Outcome.PERSON_LEFT: _("a pessoa parou de responder"),
        Outcome.HANDED_OFF: _("atendida por gente"),
        Outcome.CONTAINED: _("atendida pelo bot"),
    }
    return names.get(outcome, outcome)


def resolution_name(resolution: str) -> str:
    """Return what it is called whether the person has what they came for."""
    names: dict[str, str] = {
        Resolution.CONFIRMED: _("confirmada pela pessoa"),
        Resolution.SILENT: _("respondida, sem confirmação"),
        Resolution.NO: _("em aberto"),
    }
    return names.get(resolution, resolution)


def urgency_name(urgency: str) -> str:
    """Return what makes a conversation urgent."""
    names: dict[str, str] = {
        Urgency.SAFETY: _("perigo"),
        Urgency.HEALTH: _("saúde"),
        Urgency.BUSINESS: _("trabalho parado"),
        Urgency.MONEY: _("dinheiro retido ou cobrado a mais"),
        Urgency.LEGAL: _("Procon ou Justiça"),
        Urgency.DEADLINE: _("prazo de hoje"),
        Urgency.ANGER: _("muito irritada"),
        Urgency.NONE: _("nenhuma"),
    }
    return names.get(urgency, urgency)


def trajectory_name(trajectory: str) -> str:
    """Return what it is called how the mood changed."""
    names: dict[str, str] = {
        Trajectory.IMPROVING: _("melhorou"),
        Trajectory.STABLE: _("estável"),
        Trajectory.WORSENING: _("piorou"),
    }
    return names.get(trajectory, trajectory)


def band_name(band: str) -> str:
    """Return what an estimate of satisfaction is called."""
    names: dict[str, str] = {
        SatisfactionBand.LOW: _("baixa"),
        SatisfactionBand.MIDDLE: _("média"),
        SatisfactionBand.HIGH: _("alta"),
    }
    return names.get(band, band)


def platform_name(platform: str) -> str:
    """Return what a platform is called; a caller's own platform is shown as it was given."""
    names: dict[str, str] = {
        Platform.WHATSAPP: "WhatsApp",
        Platform.TELEGRAM: "Telegram",
        Platform.UCHAT: "UChat",
        Platform.MESSENGER: "Messenger",
        Platform.INSTAGRAM: "Instagram",
        Platform.EVOLUTION: "Evolution API",
        Platform.API: "API",
        "call": _("Chamadas"),
        Platform.UNKNOWN: _("Não informada"),
    }
    return names.get(platform, platform)


def language_name(code: str) -> str:
    """Return what a language is called."""
    names = {"pt": _("Português"), "es": _("Espanhol"), "en": _("Inglês")}
    return names.get(code, code)


def kind_name(kind: str) -> str:
    """Return what a message is called that is not, or not only, text."""
    names = {
        "template": _("Modelo aprovado"),
        "image": _("Imagem"),
        "audio": _("Áudio"),
        "video": _("Vídeo"),
        "document": _("Documento"),
        "voice": _("Mensagem de voz"),
        "sticker": _("Figurinha"),
        "location": _("Localização"),
        "contacts": _("Contatos"),
        "order": _("Pedido"),
        "form": _("Formulário"),
        "poll": _("Enquete"),
        "share": _("Publicação compartilhada"),
        "story_mention": _("Menção em um story"),
        "call": _("Chamada de voz"),
        "call_permission": _("Permissão de chamada"),
        "unsupported": _("Conteúdo que o canal não entrega"),
        "unknown": _("Conteúdo não reconhecido"),
    }
    return names.get(kind, kind)


def writer_name(role: str, person: str) -> str:
    """Return who wrote a message; `person` is the name of the one the conversation is with."""
    names: dict[str, str] = {
        MessageRole.USER: person,
        MessageRole.BOT: _("Bot"),
        MessageRole.AGENT: _("Atendente"),
        MessageRole.SYSTEM: _("Sistema"),
    }
    return names.get(role, role)


def scope_name(scope: str) -> str:
    """Return what a scope allows, as a person would say it."""
    names: dict[str, str] = {
        Scope.MCP_READ: _("Ler conversas, pessoas e o contexto delas"),
        Scope.MCP_WRITE: _("Abrir sessões e gravar conversas"),
        Scope.PROFILE_WRITE: _("Alterar os dados das pessoas"),
        Scope.ANALYTICS_READ: _("Ler números e análises das conversas"),
        Scope.MESSAGES_SEND: _("Enviar mensagens às pessoas"),
        Scope.ANALYSIS_WRITE: _("Corrigir o que a análise encontrou"),
        Scope.DATA_EXPORT: _("Exportar conversas, mensagens e pessoas"),
    }
    return names.get(scope, scope)


def event_name(event: str) -> str:
    """Return what an event is called that endpoints are told of."""
    names: dict[str, str] = {
        WebhookEvent.MESSAGE_RECEIVED: _("Mensagem recebida"),
        WebhookEvent.CONVERSATION_STARTED: _("Conversa iniciada"),
        WebhookEvent.CONVERSATION_ANALYZED: _("Conversa analisada"),
        WebhookEvent.CONVERSATION_CLOSED: _("Conversa encerrada"),
        WebhookEvent.PROFILE_UPDATED: _("Perfil alterado"),
        WebhookEvent.NEGATIVE_SENTIMENT: _("Alerta de humor negativo"),
        WebhookEvent.ALERT_FIRED: _("Alerta disparado"),
        WebhookEvent.ALERT_CLEARED: _("Alerta encerrado"),
        WebhookEvent.WEEKLY_REPORT: _("Relatório da semana"),
        WebhookEvent.TEST: _("Teste"),
        OutboundKind.MESSAGE: _("Mensagem a uma pessoa"),
        OutboundKind.ACTION: _("Mudança no UChat"),
    }
    return names.get(event) or crm_action_name(event)


def trouble_name(trouble: str) -> str:
    """Return why a channel's chats could not be compared with the provider's."""
    names: dict[str, str] = {
        ReconcileTrouble.UNREACHABLE: _("a API do provedor não responde"),
        ReconcileTrouble.UNREADABLE: _("a API do provedor responde algo ilegível"),
        ReconcileTrouble.REFUSED: _("a API do provedor recusa as consultas"),
        ReconcileTrouble.KEY_REFUSED: _("o provedor recusa a chave de API"),
        ReconcileTrouble.RATE_LIMITED: _("limite de consultas do provedor atingido"),
    }
    return names.get(trouble, trouble)


def delivery_name(state: str) -> str:
    """Return how far a message to a person has come."""
    names: dict[str, str] = {
        QUEUED: _("Na fila"),
        DeliveryState.SENT: _("Enviada"),
        DeliveryState.DELIVERED: _("Entregue"),
        DeliveryState.READ: _("Lida"),
        DeliveryState.PLAYED: _("Ouvida"),
        DeliveryState.FAILED: _("Não enviada"),
    }
    return names.get(state, state)


def refusal_name(code: str) -> str:
    """Return why a message to a person was not taken."""
    names: dict[str, str] = {
        OptedOut.code: _("A pessoa pediu para não receber mensagens."),
        Unreachable.code: _("Não há como escrever a esta pessoa agora."),
        WindowClosed.code: _("A pessoa escreveu há mais de 24 horas."),
        "too_long": _("A resposta é longa demais para este canal."),
        "empty": _("Escreva alguma coisa."),
    }
    return names.get(code, code)


def action_name(action: str) -> str:
    """Return what a rule does at UChat."""
    names: dict[str, str] = {
        WriteBackAction.SET_FIELD: _("Preencher o campo"),
        WriteBackAction.ADD_TAG: _("Pôr a etiqueta"),
        WriteBackAction.REMOVE_TAG: _("Tirar a etiqueta"),
        WriteBackAction.CUSTOM_EVENT: _("Registrar o evento"),
        WriteBackAction.PAUSE_BOT: _("Pausar o bot por minutos"),
        WriteBackAction.ASSIGN_AGENT: _("Passar ao atendente"),
    }
    return names.get(action, action)


def rule_fault_name(code: str) -> str:
    """Return why a rule was not taken."""
    names: dict[str, str] = {
        "target_invalid": _("Diga o que muda; minutos e atendente são números."),
        "unknown_variable": _("Há uma variável que não existe."),
        Conflict.code: _("Há regras demais."),
    }
    return names.get(code, code)


WORDS = {
    function.__name__: function
    for function in (
        intent_name,
        sentiment_name,
        reason_name,
        completion_name,
        platform_name,
        language_name,
        kind_name,
        writer_name,
        scope_name,
        event_name,
        trouble_name,
        delivery_name,
        refusal_name,
        action_name,
        rule_fault_name,
    )
}
"""What templates may use, by the functions' own names."""
