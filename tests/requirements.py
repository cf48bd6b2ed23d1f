"""What the original README promised its users and this version keeps, each with its tests.

`@requirement("id")` stands above a test that goes red when the promise is broken;
`tests/contract/test_requirements.py` holds the two lists together.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Promise:
    """A promise: the line of the original README that makes it, and what it says."""

    line: int
    text: str


PROMISES = {
    "storage:sessions-conversations-profiles": Promise(
        7, "Persistência de sessões, conversas e perfis"
    ),
    "analysis:sentiment-and-intent": Promise(8, "Análise de sentimento, intenção e contexto"),
    "monitoring:prometheus": Promise(13, "Prometheus para observabilidade"),
    "tools:listed": Promise(108, "Ferramentas MCP disponíveis em /api/v1/mcp/tools"),
    "tools:create-chat-session": Promise(110, "create_chat_session(user_id, user_data, platform)"),
    "tools:get-user-context": Promise(120, "get_user_context(user_id, include_history)"),
    "tools:save-conversation": Promise(129, "save_conversation(session_id, user_id, messages, …)"),
    "tools:update-user-profile": Promise(140, "update_user_profile(user_id, profile_data)"),
    "tools:get-conversation-analytics": Promise(
        149, "get_conversation_analytics(user_id?, date_range, metrics)"
    ),
    "health:api": Promise(182, "MCP Server: /api/health"),
    "health:webhook": Promise(183, "Webhook Handler: /health"),
    "health:dashboard": Promise(184, "Dashboard: o endereço raiz"),
    "flow:bearer-token": Promise(199, "Bearer Token, gerado via /api/v1/auth/token"),
    "flow:webhook-secret": Promise(202, "Webhook /uchat com o valor de WEBHOOK_SECRET"),
    "flow:action-block": Promise(209, "create_chat_session a partir do flow, com {{placeholders}}"),
    "analytics:volume-duration-completion": Promise(226, "Volume, duração, completion rate"),
    "analytics:sentiment": Promise(227, "Positivo, negativo, neutro"),
    "analytics:intents": Promise(228, "Suporte, compra, informação, reclamação"),
    "analytics:peak-hours": Promise(229, "Horários de pico"),
    "analytics:frequent-topics": Promise(229, "Tópicos frequentes"),
    "analytics:response-time": Promise(230, "Tempos de resposta"),
    "analytics:error-rate": Promise(230, "Taxa de erro"),
    "webhook:ping": Promise(306, 'POST /uchat com {"test": true}'),
    "security:token-lasts-24h": Promise(345, "JWT: expiração de 24h"),
    "security:rate-limit": Promise(346, "1000 requests/15min por IP"),
    "security:cors": Promise(347, "CORS para domínios específicos"),
    "security:headers": Promise(348, "Headers de segurança com CSP"),
    "api:token": Promise(368, "POST /api/v1/auth/token"),
    "api:health": Promise(380, "GET /api/health"),
    "api:tools": Promise(385, "GET /api/v1/mcp/tools"),
    "api:create-chat-session": Promise(390, "POST /api/v1/mcp/create_chat_session"),
    "api:get-user-context": Promise(406, "GET …/get_user_context/user_123?include_history=true"),
    "api:save-conversation": Promise(411, "POST /api/v1/mcp/save_conversation"),
    "api:analytics-of-a-user": Promise(439, "GET …/get_conversation_analytics?user_id=user_123"),
    "api:analytics-of-a-period": Promise(442, 'GET …?date_range={"start":…,"end":…}'),
    "whatsapp:webhook": Promise(452, "Webhook /whatsapp"),
    "whatsapp:verify-token": Promise(453, "verify_token é o WEBHOOK_SECRET"),
    "telegram:webhook": Promise(463, "Webhook /telegram"),
    "telegram:secret-token": Promise(464, "secret_token é o WEBHOOK_SECRET"),
    "flow:context-action": Promise(474, "get_user_context a partir do flow"),
    "schema:chat-sessions": Promise(489, "Colunas e tipos de chat_sessions"),
    "schema:conversations": Promise(501, "Colunas e tipos de conversations"),
    "schema:user-profiles": Promise(513, "Colunas e tipos de user_profiles"),
    "schema:unique-ids": Promise(492, "session_id, conversation_id e user_id são UNIQUE"),
    "workflow:new-conversation": Promise(538, "Mensagem -> sessão -> contexto do usuário"),
    "workflow:analysis-after-saving": Promise(558, "Análise de sentimento/intenção ao salvar"),
    "workflow:profile-after-saving": Promise(560, "Atualizar perfil do usuário ao salvar"),
    "dashboard:administration": Promise(611, "Dashboard de administração"),
}


def requirement(*names: str) -> pytest.MarkDecorator:
    """Mark a test as one that holds the named promises."""
    unknown = set(names) - PROMISES.keys()
    if unknown:
        raise LookupError(f"no such promise: {sorted(unknown)}")
    return pytest.mark.requirement(*names)
