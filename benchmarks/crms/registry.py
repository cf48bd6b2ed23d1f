"""The CRMs that there are stubs of, and what opens them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.crms import generic, hubspot, pipedrive, rd_station
from benchmarks.crms.server import Book
from talkhub.names.crm import CRMKind


@dataclass(frozen=True, slots=True)
class Known:
    """A CRM to make, and what its owner pastes into ours."""

    book: Callable[[], Book]
    credentials: Mapping[str, str]


BOOKS: Mapping[str, Known] = {
    CRMKind.HUBSPOT: Known(hubspot.HubSpot, {"token": hubspot.TOKEN}),
    CRMKind.PIPEDRIVE: Known(pipedrive.Pipedrive, {"token": pipedrive.TOKEN}),
    CRMKind.RD_STATION: Known(rd_station.RDStation, rd_station.CREDENTIALS),
    CRMKind.GENERIC: Known(generic.Generic, {"secret": generic.SECRET}),
}
