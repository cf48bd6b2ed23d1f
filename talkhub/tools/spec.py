"""One definition of a tool, from which REST, the listing, OpenAPI, MCP and tests derive."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, ClassVar, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from talkhub.errors import PlaceholderNotFilled, TalkHubError
from talkhub.names import Scope
from talkhub.services.idempotency import once_per_key
from talkhub.store.uow import UnitOfWork
from talkhub.strict_json import read_json
from talkhub.tools.portable_schema import portable_schema

Answer = dict[str, Any] | bytes
"""What a handler gives: an object, or the bytes of one that PostgreSQL built."""


class FlowInput(BaseModel):
    """The base of what flow builders fill in, who send strings for everything.

    "true", numbers and JSON in strings are taken for what they say. For an optional
    field an empty string is no value at all, and neither is a placeholder.
    """

    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True)

    _structured: ClassVar[frozenset[str]] = frozenset()

    @model_validator(mode="before")
    @classmethod
    def _read_as_flow_builders_write(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        fields = cls.model_fields
        tidy: dict[str, Any] = {}
        for name, value in data.items():
            declared = fields.get(name)
            if declared is None or not isinstance(value, str):
                tidy[name] = value
            elif name in cls._structured and value[:1] in {"{", "["} and value[:2] != "{{":
                tidy[name] = _from_text(name, value)
            elif declared.is_required():
                # An id that is partly unfilled would name a person who does not exist.
                if _holds_placeholder(value):
                    raise _not_filled(name)
                tidy[name] = value
            elif value and not _is_placeholder(value):
                tidy[name] = value
        return tidy


class ToolInput(FlowInput):
    """The base of every tool's input: strict about names."""

    model_config = ConfigDict(extra="forbid")


class RetriableInput(ToolInput):
    """The input of a tool whose retries are answered like the first call."""

    idempotency_key: str | None = Field(
        default=None,
        max_length=255,
        description="Makes a retry safe: the same key and body give the same answer for a day.",
    )


class ToolOutput(BaseModel):
    """The base of every tool's output model: it documents, and the contract tests hold to it.

    `location` is the path below /api/v1 under which what was made is found again, with
    members of the answer in braces.
    """

    model_config = ConfigDict(extra="forbid")

    location: ClassVar[str] = ""


class Effect(Enum):
    """What a call does to what is stored; clients ask people before they let one overwrite."""

    READS = auto()
    ADDS = auto()
    OVERWRITES = auto()


@dataclass(frozen=True, slots=True)
class RestFace:
    """A further REST form of a tool, beside `POST /api/v1/mcp/<name>`; paths are below /api/v1."""

    method: str
    path: str


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool: what it is called, what it takes and gives, and what it may."""

    name: str
    title: str
    description: str
    scope: Scope
    input_model: type[ToolInput]
    output_model: type[ToolOutput]
    handler: Callable[[UnitOfWork, Any], Answer]
    effect: Effect
    idempotent: bool
    success_status: int = 200
    faces: tuple[RestFace, ...] = ()

    @property
    def read_only(self) -> bool:
        """Whether a call leaves everything as it was."""
        return self.effect is Effect.READS

    @property
    def reaches_out(self) -> bool:
        """Whether a call has an effect outside the service: people get messages."""
        return self.scope is Scope.MESSAGES_SEND

    def call(self, uow: UnitOfWork, arguments: Mapping[str, Any]) -> Answer:
        """Validate `arguments` and run the handler; raises pydantic's ValidationError."""
        args = self.input_model.model_validate(arguments)
        if not isinstance(args, RetriableInput) or args.idempotency_key is None:
            return self.handler(uow, args)
        return once_per_key(
            uow,
            tool=self.name,
            key=args.idempotency_key,
            request=args.model_dump(mode="json"),
            # Only tools that read have their answer built by PostgreSQL, as bytes.
            produce=lambda: cast("dict[str, Any]", self.handler(uow, args)),
        )

    def listing(self) -> dict[str, Any]:
        """Return the tool as the MCP's `tools/list` describes it."""
        return {
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": portable_schema(self.input_model),
            "outputSchema": portable_schema(self.output_model, "serialization"),
            "annotations": {
                "title": self.title,
                "readOnlyHint": self.read_only,
                "destructiveHint": self.effect is Effect.OVERWRITES,
                "idempotentHint": self.idempotent,
                "openWorldHint": self.reaches_out,
            },
        }


@dataclass(slots=True)
class ToolRegistry:
    """The tools of the service, by name."""

    specs: dict[str, ToolSpec] = field(default_factory=dict)

    def __iter__(self) -> Iterator[ToolSpec]:
        return iter(self.specs.values())

    def tool(
        self,
        *,
        title: str,
        scope: Scope,
        output: type[ToolOutput],
        effect: Effect = Effect.ADDS,
        idempotent: bool = False,
        success_status: int = 200,
        faces: tuple[RestFace, ...] = (),
    ) -> Callable[[Callable[[UnitOfWork, Any], Answer]], Callable[[UnitOfWork, Any], Answer]]:
        """Register a handler; its name, docstring and `args` annotation define the tool."""

        def register(
            handler: Callable[[UnitOfWork, Any], Answer],
        ) -> Callable[[UnitOfWork, Any], Answer]:
            name = handler.__name__
            if name in self.specs:
                raise ValueError(f"two tools are named {name}")
            self.specs[name] = ToolSpec(
                name=name,
                title=title,
                description=inspect.getdoc(handler) or "",
                scope=scope,
                input_model=get_type_hints(handler)["args"],
                output_model=output,
                handler=handler,
                effect=effect,
                idempotent=idempotent,
                success_status=success_status,
                faces=faces,
            )
            return handler

        return register


registry = ToolRegistry()


def as_list(value: Any) -> Any:
    """Return the names of a text with commas as a list: queries and flow builders write so."""
    if isinstance(value, str) and not value.startswith("["):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _holds_placeholder(text: str) -> bool:
    """Tell whether a `{{…}}` stands in a text. Linear: a regular expression would not be."""
    start = text.find("{{")
    return start >= 0 and text.find("}}", start + 2) >= 0


def _is_placeholder(text: str) -> bool:
    bare = text.strip()
    return bare.startswith("{{") and bare.endswith("}}") and len(bare) >= len("{{}}")


def _not_filled(name: str) -> PlaceholderNotFilled:
    return PlaceholderNotFilled.at(
        name,
        detail="The flow builder sent its placeholder instead of a value.",
        code="placeholder_not_filled",
    )


def _from_text(name: str, value: str) -> Any:
    try:
        return read_json(value.encode("utf-8", "surrogatepass"))
    except TalkHubError as problem:
        fault = PydanticCustomError("json_invalid", "This text is not the JSON it begins as.")
        # Pydantic adds where the model itself stands, so that the pointer is a whole one.
        details = InitErrorDetails(type=fault, loc=(name,), input=None)
        raise ValidationError.from_exception_data(name, [details]) from problem
