"""url(): what its keyword arguments mean to a backend that signs links."""

from __future__ import annotations

from typing import Any

_METHODS = {"get_object": "GET", "put_object": "PUT"}
# The parameters of a GET as the AWS SDKs name them, and as they stand in a query.
_PARAMETERS = {
    "VersionId": "versionId",
    "version_id": "versionId",
    "ResponseCacheControl": "response-cache-control",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentEncoding": "response-content-encoding",
    "ResponseContentLanguage": "response-content-language",
    "ResponseContentType": "response-content-type",
    "ResponseExpires": "response-expires",
}


def method_and_parameters(arguments: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """`method` ("GET" or "PUT", also as client_method="get_object") and the query parameters."""
    rest = dict(arguments)
    client_method = rest.pop("client_method", "get_object")
    method = str(rest.pop("method", _METHODS.get(client_method, client_method))).upper()
    return method, {_PARAMETERS.get(name, name): str(value) for name, value in rest.items() if value is not None}
