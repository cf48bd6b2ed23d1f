"""What CRMs and their rules are called on pages, and in the trail."""

from __future__ import annotations

from collections.abc import Mapping

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.errors import Conflict
from talkhub.names.crm import (
    READ_CONTACT,
    RENEW_SESSION,
    CRMAction,
    CRMEvent,
    CRMHearing,
    CRMKind,
)


def crm_kind_name(kind: str) -> str:
    """Return what a kind of CRM is called."""
    names: dict[str, str] = {
        CRMKind.HUBSPOT: "HubSpot",
        CRMKind.PIPEDRIVE: "Pipedrive",
        CRMKind.RD_STATION: "RD Station",
        CRMKind.GENERIC: _("Sistema próprio"),
    }
    return names.get(kind, kind.replace("_", " ").title())


def crm_kind_needs(kind: str) -> str:
    """Return what has to be there before a CRM of a kind can be connected; empty if unknown."""
    needs: dict[str, str] = {
        CRMKind.HUBSPOT: _(
            "No HubSpot, crie um aplicativo privado que leia e escreva contatos, negócios e as"
            " propriedades dos dois, e copie o token dele."
        ),
        CRMKind.PIPEDRIVE: _(
            "No Pipedrive, copie o token de API de alguém que veja e edite pessoas e negócios."
        ),
        CRMKind.RD_STATION: _(
            "No RD Station CRM, crie um aplicativo, autorize-o com alguém da conta e troque o"
            " código recebido por um refresh token. Ele passa a ser só nosso: cada um vale uma vez."
        ),
        CRMKind.GENERIC: _(
            "Um endereço https seu que segue o contrato de docs/crm.md: serve para qualquer CRM,"
            " por um fluxo seu."
        ),
    }
    return needs.get(kind, "")


def crm_address_name(kind: str) -> str:
    """Return what the address of a kind of CRM is called."""
    names: dict[str, str] = {
        CRMKind.PIPEDRIVE: _("Empresa: de clinica.pipedrive.com, clinica"),
        CRMKind.GENERIC: _("Endereço, com https"),
    }
    return names.get(kind, _("Endereço"))


def crm_credential_name(name: str) -> str:
    """Return what one signs in to a CRM with."""
    names = {
        "token": _("Token"),
        "secret": _("Segredo: whsec_ e base64"),
        "client_id": _("Client ID do aplicativo"),
        "client_secret": _("Client secret do aplicativo"),
        "refresh_token": _("Refresh token"),
    }
    return names.get(name, name)


def crm_field_name(name: str) -> str:
    """Return what of a person may go to a property of the CRM's."""
    names = {
        "user_id": _("Nosso id da pessoa"),
        "locale": _("Idioma"),
        "timezone": _("Fuso horário"),
        "tags": _("Etiquetas"),
    }
    return names.get(name, name)


def crm_hearing_name(hears: str) -> str:
    """Return whose changes at a CRM are taken over."""
    names: dict[str, str] = {
        CRMHearing.NOTHING: _("Nada"),
        CRMHearing.OWN: _("Contatos que as regras criaram"),
        CRMHearing.ALL: _("Também contatos que já existiam"),
    }
    return names.get(hears, hears)


def crm_hearing_means(hears: str) -> str:
    """Return what comes of taking these changes over; empty if unknown."""
    means: dict[str, str] = {
        CRMHearing.NOTHING: _("O que alguém edita no CRM fica no CRM."),
        CRMHearing.OWN: _(
            "Quem edita um deles no CRM muda a pessoa aqui: nome, e-mail, telefone e os campos"
            " acima."
        ),
        CRMHearing.ALL: _(
            "Quem digita o e-mail ou telefone de outra pessoa é ligado ao contato dela, e o bot"
            " passa a saber o que o CRM diz. Só se os seus canais provam quem escreve."
        ),
    }
    return means.get(hears, "")


def crm_hearing_needs(kind: str) -> str:
    """Return what has to be set at a CRM of a kind so that it tells us; empty if unknown."""
    needs: dict[str, str] = {
        CRMKind.HUBSPOT: _(
            "No HubSpot: Configurações, Integrações, Aplicativos privados, o aplicativo, Webhooks."
            " Cole o endereço como URL de destino e assine contato criado, apagado, unido e com"
            " propriedade alterada. O segredo é o client secret do aplicativo, que assina tudo."
        ),
        CRMKind.PIPEDRIVE: _(
            "No Pipedrive: Ferramentas e aplicativos, Webhooks. Crie um com o endereço como URL,"
            " para qualquer ação com pessoas. Se lhe der uma senha HTTP, informe-a como segredo."
        ),
        CRMKind.RD_STATION: _(
            "No RD Station CRM: pela API, crie os webhooks crm_contact_updated e"
            " crm_contact_deleted com o endereço como URL. Se lhes der um auth_key com o nome"
            " X-Auth-Key, informe-o como segredo."
        ),
        CRMKind.GENERIC: _(
            "No seu sistema: envie contact.changed a este endereço, assinado com o mesmo segredo do"
            " acesso. O contrato está em docs/crm.md."
        ),
    }
    return needs.get(kind, "")


def crm_event_name(event: str) -> str:
    """Return when a rule acts, where that is no event that endpoints are told of."""
    return _("Pessoa nova") if event == CRMEvent.PERSON_NEW else event


def crm_action_name(action: str) -> str:
    """Return what is done at a CRM."""
    names: dict[str, str] = {
        CRMAction.UPSERT_CONTACT: _("Contato no CRM"),
        CRMAction.ADD_NOTE: _("Nota no CRM"),
        CRMAction.CREATE_DEAL: _("Negócio no CRM"),
        READ_CONTACT: _("Leitura do CRM"),
        RENEW_SESSION: _("Acesso ao CRM"),
    }
    return names.get(action, crm_event_name(action))


def crm_fault_name(code: str) -> str:
    """Return why what was typed of a CRM or a rule was not taken."""
    names: dict[str, str] = {
        Conflict.code: _("O limite deste espaço foi atingido."),
        "name_invalid": _("O nome tem de 1 a 80 caracteres."),
        "address_invalid": _("Este endereço não serve para este CRM."),
        "address_refused": _("Informe um endereço https público."),
        "credentials_invalid": _("Preencha o acesso ao CRM, numa linha só e como ele o mostra."),
        "credentials_missing": _("Com outro endereço, informe também o acesso de novo."),
        "fields_invalid": _("São no máximo 30 campos."),
        "field_unknown": _("A chave de um campo próprio não tem espaços nem pontos."),
        "property_invalid": _("Diga o nome da propriedade no CRM, com até 100 caracteres."),
        "text_invalid": _(
            "Nota e negócio pedem um texto, até 5.000 caracteres; o contato não tem texto."
        ),
        "action_invalid": _("Um perfil alterado só muda o contato, sem sentimento nem intenção."),
        "pipeline_invalid": _("Só um negócio tem funil e etapa."),
        "webhook_secret_invalid": _("O segredo é uma linha só, como o CRM o mostra."),
        "webhook_secret_missing": _("O HubSpot assina com o client secret: informe-o."),
        "unknown_variable": _("Há uma variável que não existe."),
    }
    return names.get(code, _("Isto não foi aceito: confira os campos."))


def actions_with_crms() -> Mapping[str, str]:
    """Return what the trail calls what somebody did with CRMs."""
    return {
        "crm_connector.added": _("CRM conectado"),
        "crm_connector.changed": _("CRM alterado"),
        "crm_connector.deleted": _("CRM desconectado"),
        "crm_connector.tested": _("CRM testado"),
        "crm_rule.added": _("Regra de CRM criada"),
        "crm_rule.deleted": _("Regra de CRM apagada"),
    }


CRM_WORDS = {
    function.__name__: function
    for function in (
        crm_kind_name,
        crm_kind_needs,
        crm_address_name,
        crm_credential_name,
        crm_field_name,
        crm_fault_name,
        crm_hearing_means,
        crm_hearing_name,
        crm_hearing_needs,
    )
}
"""What templates may use, by the functions' own names."""
