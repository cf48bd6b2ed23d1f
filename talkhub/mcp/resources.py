"""Resources: what a client may read by its address."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias
from urllib.parse import unquote

from talkhub.mcp.call import Call, Handler, Result
from talkhub.mcp.completions import Completer
from talkhub.mcp.listing import Entry, list_page
from talkhub.mcp.protocol import (
    INVALID_PARAMS,
    LEGACY_RESOURCE_NOT_FOUND,
    JSONObject,
    McpError,
)

Contents: TypeAlias = JSONObject | list[JSONObject]
"""`text` or `blob` with what else belongs to it; address and media type are added."""

Read: TypeAlias = Callable[..., Contents]
"""Takes the call and, by name, what stood in the template's places."""


More: TypeAlias = Callable[[Call, str], tuple[list[JSONObject], str]]
"""Takes the call and a place, "" at first; returns descriptors and the next place, "" at last."""

MORE_TTL_MS = 30_000
"""How long a list holds that is found and not declared."""

LONGEST_URI = 4096
"""Room for an id of 255 characters, each percent-encoded; megabytes would take seconds to read."""

_MORE = "more:"
"""What the cursors of such lists begin with."""


class ResourceMissing(Exception):
    """Raised by a reader: there is nothing at this address, or nothing for this caller."""


@dataclass(frozen=True, slots=True)
class Resource:
    """Something at one address: `uri` in its descriptor."""

    descriptor: JSONObject
    read: Read
    scope: str | None = None
    ttl_ms: int = 0


@dataclass(frozen=True, slots=True)
class ResourceTemplate:
    """Things at addresses of one form: `uriTemplate` in its descriptor, places as `{name}`."""

    descriptor: JSONObject
    read: Read
    scope: str | None = None
    ttl_ms: int = 0
    completers: Mapping[str, Completer] = field(default_factory=dict)


class Resources:
    """The feature behind `resources/list`, `resources/templates/list` and `resources/read`."""

    def __init__(
        self,
        resources: Iterable[Resource],
        templates: Iterable[ResourceTemplate] = (),
        *,
        more: More | None = None,
    ) -> None:
        self._more = more
        self._resources = {resource.descriptor["uri"]: resource for resource in resources}
        self._templates = [
            (_pattern(template.descriptor["uriTemplate"]), template) for template in templates
        ]
        self._listed = [Entry(each.descriptor, each.scope) for each in self._resources.values()]
        self._forms = [Entry(each.descriptor, each.scope) for _, each in self._templates]
        self.methods: Mapping[str, Handler] = {
            "resources/list": self._list,
            "resources/templates/list": lambda call: list_page(
                call, "resourceTemplates", self._forms
            ),
            "resources/read": self._read,
        }

    def capabilities(self, *, is_modern: bool) -> JSONObject:  # noqa: ARG002 -- the same in all
        """Announce the resources."""
        return {"resources": {}}

    def _list(self, call: Call) -> Result:
        """List what is at fixed addresses, and behind its end what `more` finds for the caller."""
        cursor = call.params.get("cursor") or ""
        if self._more is None:
            return list_page(call, "resources", self._listed)
        if cursor.startswith(_MORE):
            result: Result = {"resources": [], "cacheScope": "private"}
        else:
            result = list_page(call, "resources", self._listed)
            cursor = _MORE
        if "nextCursor" not in result:
            found, following = self._more(call, cursor.removeprefix(_MORE))
            result["resources"] = result["resources"] + found
            if following:
                result["nextCursor"] = _MORE + following
        return {**result, "ttlMs": MORE_TTL_MS}

    def _read(self, call: Call) -> Result:
        uri: str = call.params["uri"]
        if len(uri) > LONGEST_URI:
            raise _not_found(call, uri[:LONGEST_URI])
        found, places = self._find(call, uri)
        if found.scope is not None:
            call.caller.require(found.scope)
        try:
            contents = found.read(call, **places)
        except ResourceMissing as error:
            raise _not_found(call, uri) from error
        media_type = found.descriptor.get("mimeType")
        common = {"uri": uri, **({"mimeType": media_type} if media_type else {})}
        listed = contents if isinstance(contents, list) else [contents]
        return {
            "contents": [{**common, **content} for content in listed],
            "ttlMs": found.ttl_ms,
            "cacheScope": "private",
        }

    def _find(self, call: Call, uri: str) -> tuple[Resource | ResourceTemplate, dict[str, str]]:
        resource = self._resources.get(uri)
        if resource is not None:
            return resource, {}
        for pattern, template in self._templates:
            matched = pattern.fullmatch(uri)
            if matched:
                return template, _unquoted(matched)
        raise _not_found(call, uri)


def places_in(template: str, uri: str) -> dict[str, str] | None:
    """Return what stands in a template's places at an address; None if it is not of this form."""
    matched = _pattern(template).fullmatch(uri)
    return _unquoted(matched) if matched else None


def _unquoted(matched: re.Match[str]) -> dict[str, str]:
    return {name: unquote(text) for name, text in matched.groupdict().items()}


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    return re.compile(
        "".join(
            f"(?P<{part}>[^/?#]+)" if number % 2 else re.escape(part)
            for number, part in enumerate(parts)
        )
    )


def _not_found(call: Call, uri: str) -> McpError:
    code = INVALID_PARAMS if call.is_modern else LEGACY_RESOURCE_NOT_FOUND
    return McpError(code, "There is no such resource.", {"uri": uri})
