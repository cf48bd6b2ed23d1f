"""What the trail's actions are called in the request's language."""

from __future__ import annotations

from collections.abc import Mapping

from talkhub.blueprints.dashboard.crm_wording import actions_with_crms
from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.role_words import role_name


def families() -> Mapping[str, str]:
    """Return how actions begin that belong together, and what they are about."""
    return {
        "admin_secret.": _("Segredos de administração recusados"),
        "agency.": _("Agência"),
        "alert_rule.": _("Regras de alerta"),
        "analysis.": _("Correções"),
        "api.": _("Tokens da API"),
        "api_key.": _("Chaves de API"),
        "application.": _("Aplicativos"),
        "brand.": _("Marca"),
        "browser_session.": _("Entradas no painel"),
        "call_page.": _("Página de chamadas"),
        "channel.": _("Canais"),
        "consent.": _("Consentimentos"),
        "consent_text.": _("Textos de consentimento"),
        "conversation.": _("Conversas apagadas"),
        "crm_connector.": _("CRMs"),
        "crm_rule.": _("Regras de CRM"),
        "dead_letters.": _("Falhas"),
        "email.": _("E-mails de entrada"),
        "enrichment.": _("Leitura por IA"),
        "export.": _("Exportações"),
        "fact.": _("Fatos"),
        "incident.": _("Levantamentos de incidentes"),
        "login.": _("Acessos desativados"),
        "member.": _("Equipe"),
        "marker.": _("Marcadores"),
        "masking.": _("Números mascarados"),
        "message.": _("Mensagens enviadas"),
        "note.": _("Notas apagadas"),
        "oauth.": _("Tokens de aplicativos"),
        "opt_out_words.": _("Palavras de descadastro"),
        "own_label.": _("Rótulos próprios"),
        "own_model.": _("Modelos próprios"),
        "password.": _("Senhas"),
        "person.": _("Direitos da pessoa"),
        "profile.": _("Pessoas unidas e separadas"),
        "recovery_code.": _("Códigos de recuperação"),
        "refresh_token.": _("Tokens de renovação"),
        "reply.": _("Respostas automáticas"),
        "reply_settings.": _("Ajustes das respostas automáticas"),
        "reply_source.": _("Fontes das respostas automáticas"),
        "retention.": _("Prazos de guarda"),
        "second_factor.": _("Segundo fator"),
        "subject_request.": _("Pedidos de pessoas"),
        "token.": _("Tokens revogados"),
        "tokens.": _("Todos os tokens"),
        "transcript.": _("Leituras"),
        "webhook_endpoint.": _("Webhooks"),
        "workspace.": _("Espaço"),
        "write_back_rule.": _("Regras do UChat"),
    }


def action_of_trail(action: str) -> str:
    """Return what somebody did."""
    names = {**_with_people(), **_with_the_workspace(), **_of_workspaces(), **actions_with_crms()}
    return names.get(action, action)


def detail_of_trail(detail: Mapping[str, object]) -> str:
    """Return what else is known of it; what has no word here stands as it was written down."""
    names = _details()
    return ", ".join(f"{names.get(name, name)}: {_said(value)}" for name, value in detail.items())


def _said(value: object) -> object:
    """Return a value in words, where it is one of a few."""
    if isinstance(value, bool):
        return _("sim") if value else _("não")
    ways = {"password": _("senha"), "oidc": _("login da empresa"), "invitation": _("convite")}
    return ways.get(value, role_name(value)) if isinstance(value, str) else value


def _details() -> dict[str, str]:
    return {
        "asked": _("pedido"),
        "days": _("dias"),
        "from": _("de"),
        "into": _("para"),
        "is_whole": _("inteira"),
        "kind": _("tipo"),
        "method": _("como"),
        "name": _("nome"),
        "purpose": _("finalidade"),
        "role": _("papel"),
        "rows": _("linhas"),
        "sessions": _("sessões"),
        "state": _("situação"),
        "timezone": _("fuso horário"),
        "to": _("para"),
    }


def _with_people() -> dict[str, str]:
    return {
        "analysis.corrected": _("Análise corrigida"),
        "analysis.correction_undone": _("Correção desfeita"),
        "consent.given": _("Consentimento dado"),
        "consent.withdrawn": _("Consentimento retirado"),
        "consent_text.added": _("Texto de consentimento guardado"),
        "opt_out_words.set": _("Palavras de descadastro definidas"),
        "conversation.deleted": _("Conversa apagada"),
        "export.begun": _("Exportação começada"),
        "export.ended": _("Exportação terminada"),
        "fact.added": _("Fato anotado"),
        "fact.changed": _("Fato corrigido"),
        "fact.deleted": _("Fato esquecido"),
        "incident.listed": _("Levantamento de incidente"),
        "marker.changed": _("Marcador alterado"),
        "marker.deleted": _("Marcador apagado"),
        "marker.made": _("Marcador criado"),
        "masking.applied": _("Números já guardados mascarados"),
        "masking.off": _("Números guardados inteiros de novo"),
        "masking.on": _("Números mascarados a partir de agora"),
        "message.queued": _("Mensagem enviada a uma pessoa"),
        "note.deleted": _("Nota apagada"),
        "person.copied": _("Cópia dos dados de uma pessoa"),
        "person.erased": _("Pessoa apagada"),
        "person.held": _("Guarda obrigatória de uma pessoa"),
        "person.released": _("Fim da guarda obrigatória de uma pessoa"),
        "profile.merged": _("Pessoas unidas"),
        "profile.parted": _("Pessoas separadas"),
        "reply.answered": _("Resposta automática enviada"),
        "reply.handed_off": _("Conversa deixada para uma pessoa"),
        "reply.judged_bad": _("Resposta automática julgada ruim"),
        "reply.judged_good": _("Resposta automática julgada boa"),
        "reply.withdrawn": _("Resposta automática retida antes do envio"),
        "reply_settings.changed": _("Respostas automáticas ajustadas"),
        "reply_source.deleted": _("Fonte de respostas apagada"),
        "reply_source.imported": _("Fonte de respostas importada"),
        "retention.applied": _("Prazos de guarda aplicados"),
        "retention.set": _("Prazo de guarda definido"),
        "subject_request.days_set": _("Prazo de pedidos definido"),
        "subject_request.done": _("Pedido atendido"),
        "subject_request.matched": _("Pedido ligado a uma pessoa"),
        "subject_request.recorded": _("Pedido registrado"),
        "subject_request.refused": _("Pedido recusado"),
        "subject_request.taken": _("Pedido assumido"),
        "transcript.read": _("Conversa lida"),
    }


def _with_the_workspace() -> dict[str, str]:
    return {
        "admin_secret.refused": _("Segredo de administração recusado"),
        "alert_rule.changed": _("Regra de alerta alterada"),
        "alert_rule.created": _("Regra de alerta criada"),
        "alert_rule.deleted": _("Regra de alerta apagada"),
        "api.issued": _("Token da API emitido"),
        "api_key.created": _("Chave de API criada"),
        "api_key.revoked": _("Chave de API revogada"),
        "api_key.rotated": _("Chave de API trocada"),
        "call_page.set": _("Página de chamadas definida"),
        "application.allowed": _("Aplicativo autorizado"),
        "application.code_reused": _("Código de aplicativo usado duas vezes"),
        "application.revoked": _("Aplicativo desconectado"),
        "brand.changed": _("Marca alterada"),
        "browser_session.began": _("Entrada no painel"),
        "browser_session.ended": _("Saída do painel"),
        "channel.added": _("Canal acrescentado"),
        "channel.registered": _("Endereço do canal informado ao provedor"),
        "channel.removed": _("Canal removido"),
        "channel.rotated": _("Segredo do canal trocado"),
        "channel.rotation_ended": _("Segredo antigo do canal encerrado"),
        "dead_letters.replayed": _("Falhas tentadas de novo"),
        "email.changed": _("E-mail de entrada alterado"),
        "enrichment.allowed": _("Leitura por IA permitida"),
        "enrichment.ended": _("Leitura por IA encerrada"),
        "login.disabled": _("Acesso desativado"),
        "login.enabled": _("Acesso ativado de novo"),
        "oauth.issued": _("Token de aplicativo emitido"),
        "own_label.deleted": _("Rótulo próprio apagado"),
        "own_label.set": _("Rótulo próprio definido"),
        "own_model.asked_for": _("Treino pedido"),
        "own_model.used": _("Modelo próprio escolhido"),
        "password.changed": _("Senha trocada"),
        "password.refused": _("Senha recusada"),
        "recovery_code.used": _("Código de recuperação usado"),
        "refresh_token.reused": _("Token de renovação usado duas vezes"),
        "second_factor.forgotten": _("Segundo fator esquecido"),
        "second_factor.off": _("Segundo fator desligado"),
        "second_factor.on": _("Segundo fator ligado"),
        "second_factor.optional": _("Segundo fator opcional"),
        "second_factor.refused": _("Código recusado"),
        "second_factor.required": _("Segundo fator exigido"),
        "token.revoked": _("Token revogado"),
        "tokens.all_revoked": _("Todos os tokens revogados"),
        "webhook_endpoint.changed": _("Webhook alterado"),
        "webhook_endpoint.created": _("Webhook criado"),
        "webhook_endpoint.deleted": _("Webhook apagado"),
        "webhook_endpoint.disabled.by_hand": _("Webhook desativado por alguém"),
        "webhook_endpoint.disabled.failing": _("Webhook desativado: falhou por dias"),
        "webhook_endpoint.disabled.gone": _("Webhook desativado: o endereço disse que acabou"),
        "webhook_endpoint.replayed": _("Entregas do webhook repetidas"),
        "webhook_endpoint.rotated": _("Segredo do webhook trocado"),
        "write_back_rule.added": _("Regra do UChat criada"),
        "write_back_rule.deleted": _("Regra do UChat apagada"),
    }


def _of_workspaces() -> Mapping[str, str]:
    return {
        "agency.admin_added": _("Administrador da agência nomeado"),
        "agency.admin_removed": _("Administrador da agência retirado"),
        "agency.founded": _("Agência criada"),
        "member.invitation_withdrawn": _("Convite cancelado"),
        "member.invited": _("Convite criado"),
        "member.joined": _("Convite aceito"),
        "member.removed": _("Pessoa retirada da equipe"),
        "member.role_changed": _("Papel alterado"),
        "workspace.changed": _("Nome ou fuso horário alterado"),
        "workspace.closed": _("Espaço apagado"),
        "workspace.created": _("Espaço criado"),
        "workspace.exported": _("Espaço exportado por inteiro"),
        "workspace.quotas_set": _("Cotas definidas"),
    }
