"""The product's main job, as its users meet it: everything real, started by one command."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from factories import WHATSAPP_SECRET, signed_whatsapp
from service import Service, Visitor, wait_for

PAYLOADS = Path(__file__).parents[1] / "payloads"

PROMISED_TOOLS = {
    "create_chat_session",
    "save_conversation",
    "get_user_context",
    "update_user_profile",
    "get_conversation_analytics",
}

pytestmark = pytest.mark.timeout(150)


def uchat_message(text: str) -> dict[str, str]:
    return {"event": "message.received", "user_ns": "f1u77", "name": "Ana Uchat", "message": text}


def telegram_message(text: str) -> dict:
    return {
        "update_id": 7_000_001,
        "message": {
            "message_id": 5,
            "from": {"id": 771, "is_bot": False, "first_name": "Téo", "language_code": "pt-br"},
            "chat": {"id": 771, "type": "private"},
            "date": int(time.time()),
            "text": text,
        },
    }


def whatsapp_message(text: str) -> dict:
    sender = "5511900000771"
    message = {
        "from": sender,
        "id": "wamid.journey",
        "timestamp": str(int(time.time())),
        "type": "text",
        "text": {"body": text},
    }
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "551140000000", "phone_number_id": "1"},
        "contacts": [{"profile": {"name": "Wanda"}, "wa_id": sender}],
        "messages": [message],
    }
    change = {"field": "messages", "value": value}
    return {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}


def test_a_message_of_each_channel_is_soon_in_the_dashboard_and_survives_a_restart(
    service: Service,
):
    service.up()
    visitor = Visitor(service)
    visitor.sign_in()
    secret = service.secret("WEBHOOK_SECRET")
    signed = signed_whatsapp(whatsapp_message("Onde está meu pedido?"), WHATSAPP_SECRET)

    answers = [
        service.send(
            "POST",
            "/uchat",
            uchat_message("Meu boleto venceu"),
            {"Authorization": f"Bearer {secret}"},
        ),
        service.send(
            "POST",
            "/telegram",
            telegram_message("Quero cancelar tudo"),
            {"X-Telegram-Bot-Api-Secret-Token": secret},
        ),
        service.send("POST", "/whatsapp", signed["data"], signed["headers"]),
    ]

    assert [(a.status, a.json) for a in answers] == [(200, {"accepted": 1, "duplicates": 0})] * 3

    def all_shown() -> bool:
        page = visitor.open("/dashboard/conversations").text
        texts = ("Meu boleto venceu", "Quero cancelar tudo", "Onde está meu pedido?")
        return all(text in page for text in texts)

    wait_for(all_shown, seconds=20)

    told = service.send("GET", "/metrics").text  # by workers too, through the web server
    assert 'talkhub_jobs_total{job="drain_inbox",result="done"}' in told
    assert service.stop() == 0
    service.up()
    assert all_shown()


def test_the_original_readmes_calls_work_as_written(running_service: Service):
    service = running_service
    login = {"username": "admin", "admin_secret": service.secret("ADMIN_SECRET")}

    answer = service.send("POST", "/api/v1/auth/token", login)
    assert not any(sign.isdigit() for sign in answer.headers.get("Server", ""))
    token = answer.json["token"]
    headers = {"Authorization": f"Bearer {token}"}
    session = service.send(
        "POST",
        "/api/v1/mcp/create_chat_session",
        {
            "user_id": "user_123",
            "user_data": {
                "name": "João Silva",
                "phone": "+5511999999999",
                "platform": "whatsapp",
            },
            "platform": "whatsapp",
        },
        headers,
    )
    saved = service.send(
        "POST",
        "/api/v1/mcp/save_conversation",
        {
            "session_id": session.json["session_id"],
            "user_id": "user_123",
            "messages": [
                {
                    "role": "user",
                    "content": "Olá, preciso de ajuda",
                    "timestamp": "2025-01-01T10:00:00Z",
                },
                {
                    "role": "assistant",
                    "content": "Claro! Como posso ajudar?",
                    "timestamp": "2025-01-01T10:00:05Z",
                },
            ],
            "intent_analysis": {"intent": "support", "sentiment": "neutral", "confidence": 0.85},
        },
        headers,
    )

    def stats() -> dict:
        path = "/api/v1/mcp/get_user_context/user_123?include_history=true"
        return service.send("GET", path, headers=headers).json["interaction_stats"]

    def analytics(query: str) -> dict:
        path = f"/api/v1/mcp/get_conversation_analytics?{query}"
        return service.send("GET", path, headers=headers).json

    assert (session.status, saved.status) == (201, 200)
    assert service.send("GET", "/api/health").json["status"] == "healthy"
    tools = service.send("GET", "/api/v1/mcp/tools", headers=headers).json["tools"]
    assert {tool["name"] for tool in tools} >= PROMISED_TOOLS
    wait_for(lambda: stats()["total_conversations"] == 1, seconds=10)
    assert stats()["average_response_time"] == 5.0
    assert analytics("user_id=user_123")["total_conversations"] == 1
    january = "date_range=%7B%22start%22%3A%222025-01-01%22%2C%22end%22%3A%222025-01-31%22%7D"
    assert analytics(january)["intent_distribution"] == {"support": 1}
    december = json.dumps({"start": "2024-12-01", "end": "2024-12-31"}).replace(" ", "")
    assert analytics(f"date_range={december.replace(chr(34), '%22')}")["total_conversations"] == 0
