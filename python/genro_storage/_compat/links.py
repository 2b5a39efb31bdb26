"""url(): what its keyword arguments mean to a backend that signs links."""

from __future__ import annotations

from typing import Any

_METHODS = {"get_object": "GET", "put_object": "PUT"}


def method_and_parameters(arguments: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """`method` ("GET" or "PUT", also as client_method="get_object") and the parameters, as the backend knows them."""
    rest = dict(arguments)
    client_method = rest.pop("client_method", "get_object")
    method = str(rest.pop("method", _METHODS.get(client_method, client_method))).upper()
    return method, {name: str(value) for name, value in rest.items() if value is not None}
