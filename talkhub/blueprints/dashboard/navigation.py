"""The pages one can go to, in groups by the question that they answer."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from talkhub.blueprints.dashboard.i18n import gettext as _
from talkhub.blueprints.dashboard.pages import Frame


@dataclass(frozen=True, slots=True)
class Place:
    """A page: its section, icon and name, and the letter that leads there after `g`, if any."""

    section: str
    icon: str
    name: str
    key: str = ""

    @property
    def href(self) -> str:
        """The page's address."""
        return url_for(f"dashboard.{self.section}")


@dataclass(frozen=True, slots=True)
class Group:
    """Pages that answer one question; one with an icon opens and closes."""

    title: str
    places: list[Place]
    icon: str = ""


def groups(frame: Frame) -> list[Group]:
    """Return the pages that somebody may see."""
    today = [
        Place("overview", "layout-dashboard", _("Visão geral"), "o"),
        Place("live", "activity", _("Ao vivo"), "v"),
    ]
    service = [
        Place("conversations", "messages-square", _("Conversas"), "c"),
        Place("calls", "headset", _("Chamadas"), "1"),
        Place("people", "users", _("Pessoas"), "p"),
        Place("markers", "bookmark", _("Marcadores"), "b"),
    ]
    analysis = [
        Place("analytics", "chart-column", _("Análises"), "a"),
        Place("quality", "list-checks", _("Qualidade"), "q"),
    ]
    connections = [
        Place("connect", "terminal", _("Conectar"), "m"),
        Place("channels", "radio", _("Canais"), "n"),
        Place("applications", "plug", _("Aplicativos"), "i"),
    ]
    if frame.manages_keys:
        connections.append(Place("api_keys", "key-round", _("Chaves de API"), "k"))
    if frame.manages_webhooks:
        connections.append(Place("webhooks", "webhook", _("Webhooks"), "w"))
    if frame.manages_crms:
        connections.append(Place("crms", "contact", _("CRMs")))
    settings = [Place("workspaces", "chevrons-up-down", _("Espaços"), "e")]
    if frame.manages_workspace:
        settings += [
            Place("team", "users", _("Equipe"), "y"),
            Place("settings", "settings", _("Ajustes"), "j"),
            Place("brand", "tag", _("Marca"), "d"),
        ]
    settings.append(Place("account", "user", _("Minha conta"), "u"))
    found = [
        Group(_("Hoje"), today),
        Group(_("Atendimento"), service),
        Group(_("Análise"), analysis),
    ]
    if automatic := _automatic(frame):
        found.append(Group(_("Automação"), automatic, "bot"))
    found.append(Group(_("Conexões"), connections, "plug"))
    if watch := _watched(frame):
        found.append(Group(_("Serviço"), watch, "server"))
    found.append(Group(_("Espaço e conta"), settings, "settings"))
    if frame.manages_privacy:
        found.append(Group(_("Privacidade"), _of_privacy(), "shield-check"))
    return found


def _automatic(frame: Frame) -> list[Place]:
    """Return the pages that say what is done without anybody."""
    automatic = []
    if frame.manages_replies:
        automatic.append(Place("automatic_replies", "reply", _("Respostas automáticas")))
    if frame.manages_enrichment:
        automatic.append(Place("enrichment", "bot", _("Leitura por IA"), "l"))
    return automatic


def _watched(frame: Frame) -> list[Place]:
    """Return the pages that tell how the service fares."""
    watch = []
    if frame.manages_alerts:
        watch.append(Place("alerts", "bell", _("Alertas"), "t"))
    if frame.operates:
        watch += [
            Place("operations", "server", _("Operação"), "s"),
            Place("requests", "history", _("Requisições"), "r"),
            Place("failures", "triangle-alert", _("Falhas"), "f"),
        ]
    return watch


def places(frame: Frame) -> list[Place]:
    """Return the same pages, one after the other, and those that only other pages lead to."""
    further = [Place("second_factor", "shield-check", _("Segundo fator"))]
    return [place for group in groups(frame) for place in group.places] + further


def _of_privacy() -> list[Place]:
    return [
        Place("subject_requests", "inbox", _("Pedidos de pessoas"), "x"),
        Place("consents", "check", _("Consentimentos"), "z"),
        Place("retention", "clock", _("Prazos de guarda"), "g"),
        Place("processors", "share-2", _("Quem recebe dados")),
        Place("audit", "history", _("Trilha de auditoria"), "h"),
    ]
