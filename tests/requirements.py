"""What users were promised and what the protocols demand, each with the tests that hold it.

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


@dataclass(frozen=True)
class Rule:
    """A demand of a specification: the part that makes it, and what it says."""

    source: str
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

RULES = {
    "mcp:origin": Rule("transports", "A foreign Origin is refused with 403"),
    "mcp:dns-rebinding": Rule("transports", "A loopback server refuses foreign hosts"),
    "mcp:post-only": Rule("transports", "GET and DELETE are 405 with Allow: POST"),
    "mcp:too-large": Rule("transports", "A body beyond the limit is 413"),
    "mcp:unauthorized": Rule("authorization", "401 and 403 come before JSON-RPC"),
    "mcp:challenge": Rule("authorization", "WWW-Authenticate names metadata and scopes"),
    "mcp:parse-error": Rule("basic", "What is not JSON is -32700 with id null"),
    "mcp:invalid-request": Rule("basic", "Batches and malformed messages are -32600"),
    "mcp:notifications": Rule("transports", "Notifications are 202 without a body"),
    "mcp:both-eras": Rule("versioning", "Both eras are served at one address"),
    "mcp:envelope": Rule("basic", "_meta must hold version and capabilities"),
    "mcp:headers": Rule("transports", "Headers must repeat the body, else -32020"),
    "mcp:version": Rule("versioning", "An unserved version is -32022 with those served"),
    "mcp:param-headers": Rule("tools", "Mcp-Param headers equal their arguments"),
    "mcp:method-not-found": Rule("basic", "-32601: 404 in the new era, 200 in the old"),
    "mcp:invalid-params": Rule("basic", "Parameters that do not fit are -32602"),
    "mcp:unknown-tool": Rule("tools", "An unknown tool is -32602"),
    "mcp:cursor": Rule("pagination", "An unknown cursor is -32602"),
    "mcp:resource-not-found": Rule("resources", "A missing resource is an error, never empty"),
    "mcp:argument-errors": Rule("tools", "Wrong arguments are results with isError"),
    "mcp:business-errors": Rule("tools", "Refusals of a tool are results with isError"),
    "mcp:client-capability": Rule("basic", "A lacking client capability is -32021"),
    "mcp:internal-error": Rule("basic", "-32603 tells nothing of its cause"),
    "mcp:request-state": Rule("multi-round-trip", "Tampered requestState is refused"),
    "mcp:handshake": Rule("lifecycle", "initialize settles on a known revision"),
    "mcp:capabilities": Rule("lifecycle", "Only what works is announced"),
    "mcp:structured-content": Rule("tools", "structuredContent fits, and a text repeats it"),
    "mcp:progress": Rule("progress", "Progress only for who asks, rising, before the result"),
    "mcp:completions": Rule("completion", "At most a hundred values"),
    "mcp:subscriptions": Rule("subscriptions", "Acknowledged first, a result last"),
    "mcp:rate-limit": Rule("tools", "Calls are limited"),
    "mcp:any-body": Rule("basic", "No body makes the server fail"),
    "oauth:resource-metadata": Rule("RFC 9728", "The resource names its issuer"),
    "oauth:server-metadata": Rule("RFC 8414", "The authorization server describes itself"),
    "oauth:pkce": Rule("RFC 7636", "No code without the verifier"),
    "oauth:registration": Rule("RFC 7591", "Clients register themselves"),
    "oauth:client-documents": Rule("CIMD", "Clients describe themselves by a document"),
    "oauth:resource-indicators": Rule("RFC 8707", "Tokens are for this resource alone"),
    "oauth:issuer": Rule("RFC 9207", "The answer says who gives it"),
    "oauth:redirect": Rule("RFC 8252", "Redirects are exact but for a loopback port"),
    "oauth:refresh-rotation": Rule("OAuth 2.1", "A refresh token that comes back ends its family"),
    "oauth:revocation": Rule("RFC 7009", "Giving a token up ends its grant"),
    "oauth:consent": Rule("best practices", "Consent shows the host and is not forged"),
}
"""Of the Model Context Protocol (by section) and of OAuth (by document)."""


def requirement(*names: str) -> pytest.MarkDecorator:
    """Mark a test as one that holds the named promises or rules."""
    unknown = set(names) - PROMISES.keys() - RULES.keys()
    if unknown:
        raise LookupError(f"no such requirement: {sorted(unknown)}")
    return pytest.mark.requirement(*names)
