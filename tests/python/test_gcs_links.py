"""Links of gcs mounts: signed as Google's own library signs them, and good for a server."""

import datetime
import hashlib
import hmac
import os
import urllib.request
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from cloud import cloud_mount
from test_gcs_credentials import ACCOUNT, KEY, SERVICE_ACCOUNT, user


def theirs(url, credentials, method, name, **more):
    """The same link by google-cloud-storage, at the time that stands in ours."""
    signing = pytest.importorskip("google.cloud.storage._signing")
    query = {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
    return signing.generate_signed_url_v4(
        credentials,
        resource=f"/bucket/{quote(name, safe=b'/~')}",
        expiration=datetime.timedelta(seconds=int(query["X-Goog-Expires"])),
        api_access_endpoint=url.split("/bucket/")[0],
        method=method,
        _request_timestamp=query["X-Goog-Date"],
        **more,
    )


@pytest.mark.parametrize("name", ["a.txt", "d/ä b+c&d=é%2F~(1)*.txt"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_link_by_a_key_is_that_of_googles_own_library(storage, io, name, method):
    service_account = pytest.importorskip("google.oauth2.service_account")
    storage.add_mount(
        {"name": "g", "protocol": "gcs", "bucket": "bucket", "token": SERVICE_ACCOUNT | {"token_uri": "https://x"}}
        | {"endpoint_url": "https://storage.googleapis.com"}
    )
    credentials = service_account.Credentials.from_service_account_info(SERVICE_ACCOUNT | {"token_uri": "https://x"})
    url = storage.node("g:" + name).url(expires_in=900, method=method)
    assert url == theirs(url, credentials, method, name)
    parameters = {"response-content-disposition": 'attachment; filename="é.txt"', "generation": "17"}
    url = storage.node("g:" + name).url(expires_in=60, method=method, **parameters)
    assert url == theirs(url, credentials, method, name, query_parameters=parameters)


async def test_a_link_is_signed_by_the_service_where_there_is_no_key(cloud, storage, io):
    cloud.signer = lambda text: KEY.sign(text, padding.PKCS1v15(), hashes.SHA256())
    cloud.tokens = set()
    settings = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": f"{cloud.url}/v1/serviceAccounts/{ACCOUNT}:generateAccessToken",
        "source_credentials": user(cloud),
    }
    storage.add_mount(cloud_mount(cloud, "s", token=settings))
    url = storage.node("s:a.txt").url()
    signature = bytes.fromhex(url.split("X-Goog-Signature=")[1])
    KEY.public_key().verify(signature, cloud.signed[0].encode(), padding.PKCS1v15(), hashes.SHA256())
    assert ACCOUNT.replace("@", "%40") in url


async def test_a_link_by_an_hmac_key_follows_the_published_steps(storage, io):
    storage.add_mount(
        {"name": "g", "protocol": "gcs", "bucket": "bucket", "token": "anon", "hmac_key": "GOOG1X", "hmac_secret": "s"}
    )
    url = storage.node("g:a b.txt").url(expires_in=60)
    parts = urlsplit(url)
    query, signature = parts.query.split("&X-Goog-Signature=")
    asked = {key: values[0] for key, values in parse_qs(query).items()}
    scope = asked["X-Goog-Credential"].split("/", 1)[1]
    assert (asked["X-Goog-Algorithm"], parts.path) == ("GOOG4-HMAC-SHA256", "/bucket/a%20b.txt")
    canonical = f"GET\n{parts.path}\n{query}\nhost:{parts.netloc}\n\nhost\nUNSIGNED-PAYLOAD"
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"GOOG4-HMAC-SHA256\n{asked['X-Goog-Date']}\n{scope}\n{digest}"
    key = b"GOOG4s"
    for step in (*scope.split("/"), text):
        key = hmac.digest(key, step.encode(), "sha256")
    assert signature == key.hex()


async def test_a_persons_login_cannot_sign_and_says_what_would(cloud, storage, io):
    storage.add_mount(cloud_mount(cloud, "u", token=user(cloud)))
    with pytest.raises(PermissionError, match="service account"):
        storage.node("u:a").url()


async def test_a_bucket_that_is_open_to_all_needs_no_signature(cloud, storage, io):
    assert storage.node("g:d/a b").url() == f"{cloud.url}/bucket/d/a%20b"
    assert storage.node("g:").url() is None


def opened(request):
    with urllib.request.urlopen(request) as answer:
        return answer.read()


async def test_a_server_takes_the_links(storage, io):
    if "GENRO_TEST_FAKE_GCS" not in os.environ:
        pytest.skip("no fake-gcs-server: GENRO_TEST_FAKE_GCS is not set")
    storage.add_mount(
        {"name": "g", "protocol": "gcs", "bucket": os.environ["GENRO_TEST_FAKE_GCS_BUCKET"], "base_path": "links"}
        | {"endpoint_url": os.environ["GENRO_TEST_FAKE_GCS"], "token": "anon", "hmac_key": "k", "hmac_secret": "s"}
    )
    node = storage.node("g:a b.txt")
    assert opened(urllib.request.Request(node.url(method="PUT"), b"by link", method="PUT")) != b""
    assert await io(node.read_text()) == "by link"
    assert opened(node.url()) == b"by link"
