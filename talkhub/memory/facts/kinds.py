"""What can be known of a person, and who says so: names that the database keeps."""

from enum import StrEnum


class FactKind(StrEnum):
    """What can be known of a person. `note` is whatever an operator or a model adds."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    CITY = "city"
    CEP = "cep"
    BIRTHDAY = "birthday"
    PLAN = "plan"
    PRODUCT = "product"
    ORDER = "order"
    PROTOCOL = "protocol"
    DEADLINE = "deadline"
    PREFERS = "prefers"
    DISLIKES = "dislikes"
    WANTS = "wants"
    NOTE = "note"


class FactSource(StrEnum):
    """Who says that a fact holds: our rules, a person of the workspace, or a language model."""

    RULE = "rule"
    OPERATOR = "operator"
    LLM = "llm"
