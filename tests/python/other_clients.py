"""What other clients than ours see of what a mount has written: names, open uploads, media types.

`config` is that of a mount; names are whole ones, which begin with its base_path.
"""

from __future__ import annotations

import base64
import http.client
import json
import re
from typing import Any
from urllib.parse import quote, urlsplit
from urllib.request import urlopen

import pytest

from azurite import Theirs

Config = dict[str, Any]


def client_of(service: str, config: Config) -> Any:
    boto3 = pytest.importorskip("boto3")
    return boto3.client(
        service,
        endpoint_url=config["endpoint_url"],
        aws_access_key_id=config["access_key"],
        aws_secret_access_key=config["secret_key"],
        region_name=config["region"],
    )


def kept_by_s3(config: Config) -> set[str]:
    client = client_of("s3", config)
    bucket, prefix = config["bucket"], config["base_path"] + "/"
    keys = {found["Key"] for found in client.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])}
    uploads = client.list_multipart_uploads(Bucket=bucket, Prefix=prefix + "a")  # MinIO lists those of one key alone
    client.close()
    return keys | {f"an upload of {found['Key']}" for found in uploads.get("Uploads", [])}


def media_type_on_s3(config: Config, path: str) -> str:
    client = client_of("s3", config)
    told = client.head_object(Bucket=config["bucket"], Key=f"{config['base_path']}/{path}")
    client.close()
    return told["ContentType"]


def kept_by_azure(config: Config) -> set[str]:
    """Blocks that belong to no blob are not told here: the service itself takes them away."""
    theirs = Theirs(config)
    names = {blob.name for blob in theirs.container.list_blobs(config["base_path"] + "/")}
    theirs.close()
    return names


def media_type_on_azure(config: Config, path: str) -> str:
    theirs = Theirs(config)
    told = theirs.blob(path).get_blob_properties()
    theirs.close()
    return told.content_settings.content_type


def media_type_on_gcs(config: Config, path: str) -> str:
    name = quote(f"{config['base_path']}/{path}", safe="")
    with urlopen(f"{config['endpoint_url']}/storage/v1/b/{config['bucket']}/o/{name}") as answer:
        return json.load(answer)["contentType"]


def kept_by_webdav(config: Config) -> set[str]:
    """Everything below the folder, by a PROPFIND of each folder in it."""
    parts = urlsplit(config["url"])
    connection = http.client.HTTPConnection(parts.netloc, timeout=60)
    login = base64.b64encode(f"{config['username']}:{config['password']}".encode()).decode()
    found: set[str] = set()
    waiting = [f"/{config['base_path']}/"]
    while waiting:
        folder = waiting.pop()
        connection.request("PROPFIND", folder, headers={"Depth": "1", "Authorization": f"Basic {login}"})
        text = connection.getresponse().read().decode()
        hrefs = {urlsplit(href).path for href in re.findall(r"<(?:\w+:)?href>([^<]+)<", text)} - {folder} - found
        found |= hrefs
        waiting += [href for href in hrefs if href.endswith("/")]
    connection.close()
    return found
