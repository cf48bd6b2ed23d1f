"""The service's sign, for clients that show one."""

from __future__ import annotations

from typing import Final

from talkhub.mcp.protocol import JSONObject

_PNG = (
    "iVBORw0KGgoAAAANSUhEUgAAADAAAAAwAgMAAAAqbBEUAAAACVBMVEUAAAAXYE/////HS8LXAAAAAXRSTlMAQObY"
    "ZgAAAItJREFUeNqV0s0NgCAMBtB6cAT3cQQPloMjuA8jcKBTSqkCX4wBSzS+BPlpS0Qz59iIyreJSxBNFWudpfMA"
    "S8U+ivRyksLrRumRHAZn8BmHIWSchtiByLPcC/HUcSMcOrqAfz6XHjwb3AduCjlggeyEpyYK34IbxBahICXe/63P"
    "d7WhKaBdsJGaFrsAG/npT/8gp/sAAAAASUVORK5CYII="
)

ICON: Final[JSONObject] = {
    # Within the text: a client need not fetch anything, and no address must be known.
    "src": f"data:image/png;base64,{_PNG}",
    "mimeType": "image/png",
    "sizes": ["48x48"],
}
