"""Whose the requests of an Azure mount are that has no key: tokens of Entra ID and of managed identities."""

import base64
import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from blob_service import BlobService, refused
from genro_storage import StorageConfigError

VARIABLES = [f"AZURE_STORAGE_{name}" for name in ("CONNECTION_STRING", "KEY", "ACCOUNT_KEY", "SAS_TOKEN", "ACCOUNT")]
VARIABLES += [f"AZURE_{name}" for name in ("TENANT_ID", "CLIENT_ID", "CLIENT_SECRET", "CLIENT_CERTIFICATE_PATH")]
VARIABLES += ["AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "IDENTITY_HEADER"]


@pytest.fixture
def service(monkeypatch):
    """A service that wants tokens, and gives them out as all the services do that hand out tokens."""
    service = BlobService()
    service.good_tokens = set()
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AZURE_AUTHORITY_HOST", service.url)
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", service.url)
    yield service
    service.close()


@pytest.fixture
def mounted(storage, service):
    """Mounts `az` of the service with further options."""

    def mount(**options):
        config = {"name": "az", "protocol": "azure", "container": "box", "account_name": "account"}
        storage.add_mount(config | {"endpoint_url": service.url + "/account"} | options)
        return storage.node("az:f")

    return mount


def form_of(service):
    """What the one request for a token had in its form."""
    (body,) = [body for _, target, _, body in service.asked if "oauth2" in target]
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


CLIENT = {"tenant_id": "tenant", "client_id": "client"}


async def test_a_client_shows_its_secret_once_for_many_requests(mounted, service, io):
    node = mounted(**CLIENT, client_secret="s&cret")
    await io(node.write_bytes(b"content"))
    assert await io(node.read_bytes()) == b"content"
    assert service.tokens_made == 1
    assert form_of(service) == {
        "grant_type": "client_credentials",
        "scope": "https://storage.azure.com/.default",
        "client_id": "client",
        "client_secret": "s&cret",
    }
    assert service.count("^POST /tenant/oauth2/v2.0/token$") == 1


async def test_a_client_is_found_in_the_environment(mounted, service, io, monkeypatch):
    for name, value in {"TENANT_ID": "tenant", "CLIENT_ID": "client", "CLIENT_SECRET": "secret"}.items():
        monkeypatch.setenv(f"AZURE_{name}", value)
    await io(mounted().write_bytes(b"content"))
    assert form_of(service)["client_secret"] == "secret"


async def test_a_certificate_signs_a_statement_that_its_key_verifies(mounted, service, io, tmp_path):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client")])
    begin = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begin).not_valid_after(begin + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    (tmp_path / "client.pem").write_bytes(pem)
    await io(mounted(**CLIENT, client_certificate=str(tmp_path / "client.pem")).write_bytes(b"content"))
    statement = form_of(service)["client_assertion"]
    signed, _, signature = statement.rpartition(".")
    header, claims = (json.loads(decoded(part)) for part in signed.split("."))
    assert header["alg"] == "RS256"
    assert decoded(header["x5t"]) == certificate.fingerprint(hashes.SHA1())
    assert (claims["iss"], claims["sub"]) == ("client", "client")
    assert claims["aud"] == f"{service.url}/tenant/oauth2/v2.0/token"
    assert claims["exp"] > begin.timestamp()
    key.public_key().verify(decoded(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())


def decoded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_a_workload_hands_on_the_token_that_its_file_has_by_then(mounted, service, io, tmp_path, monkeypatch):
    file = tmp_path / "token"
    file.write_text("first\n")
    monkeypatch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(file))
    node = mounted(**CLIENT)
    await io(node.write_bytes(b"content"))
    assert form_of(service)["client_assertion"] == "first"
    file.write_text("second")
    service.good_tokens.clear()
    service.asked.clear()
    assert await io(node.read_bytes()) == b"content"
    assert form_of(service)["client_assertion"] == "second"


async def test_a_machine_is_asked_for_its_identity(mounted, service, io):
    await io(mounted(credential="managed", client_id="mine").write_bytes(b"content"))
    ((target, headers),) = [(target, headers) for _, target, headers, _ in service.asked if "oauth2" in target]
    query = {name: values[0] for name, values in parse_qs(urlsplit(target).query).items()}
    assert urlsplit(target).path == "/metadata/identity/oauth2/token"
    assert headers["metadata"] == "true"
    assert query == {"api-version": "2018-02-01", "resource": "https://storage.azure.com/", "client_id": "mine"}


async def test_an_app_service_is_asked_with_its_header(mounted, service, io, monkeypatch):
    monkeypatch.setenv("IDENTITY_ENDPOINT", service.url + "/msi/token")
    monkeypatch.setenv("IDENTITY_HEADER", "of-the-app")
    await io(mounted().write_bytes(b"content"))
    ((target, headers),) = [(target, headers) for _, target, headers, _ in service.asked if "/msi/" in target]
    assert headers["x-identity-header"] == "of-the-app"
    assert "api-version=2019-08-01" in target


async def test_a_machine_without_an_identity_is_told_what_would_do(mounted, io, monkeypatch):
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:9")
    node = mounted()
    with pytest.raises(PermissionError, match=r"account_key.*anon"):
        await io(node.read_bytes())


async def test_a_token_that_has_expired_at_the_service_is_replaced_at_once(mounted, service, io):
    node = mounted(**CLIENT, client_secret="secret")
    await io(node.write_bytes(b"content"))
    service.good_tokens.clear()
    assert await io(node.read_bytes()) == b"content"
    assert service.tokens_made == 2


async def test_a_refused_client_is_told_in_the_words_of_the_service(mounted, service, io):
    words = {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret.\r\nTrace ID: x"}
    service.faults.append(("oauth2", lambda handler, answer: handler.send(401, {}, json.dumps(words).encode())))
    node = mounted(**CLIENT, client_secret="wrong")
    with pytest.raises(PermissionError, match=r"invalid_client: AADSTS7000215") as raised:
        await io(node.read_bytes())
    assert "Trace" not in str(raised.value)
    assert "wrong" not in str(raised.value)


async def test_who_may_not_is_told_so_without_a_new_token(mounted, service, io):
    service.faults.append(("GET /account/box", refused(403, "AuthorizationPermissionMismatch")))
    node = mounted(**CLIENT, client_secret="secret")
    with pytest.raises(PermissionError, match="AuthorizationPermissionMismatch"):
        await io(node.read_bytes())
    assert service.tokens_made == 1


async def test_links_are_signed_for_the_user(mounted, service, io):
    node = mounted(**CLIENT, client_secret="secret")
    url = node.url()
    assert re.match(re.escape(service.url) + r"/account/box/f\?se=.*&sp=r&sv=.*&skoid=oid&sktid=tid&.*&sig=", url)
    node.url()
    assert service.count("userdelegationkey") == 1


async def test_a_public_container_is_asked_by_nobody(mounted, service, io):
    service.good_tokens = None
    service.blobs["f"] = b"content", {"ETag": '"e"'}
    node = mounted(anon=True)
    assert await io(node.read_bytes()) == b"content"
    assert "authorization" not in service.asked[-1][2]
    assert node.url() == f"{service.url}/account/box/f"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"credential": "cli"}, "generate-sas"),
        ({"credential": "client_secret", **CLIENT}, "AZURE_CLIENT_SECRET"),
        ({"client_secret": "s", "client_id": "c"}, "AZURE_TENANT_ID"),
        ({"credential": "nonsense"}, "credential"),
        ({**CLIENT, "client_secret": "s", "endpoint_url": "http://elsewhere.example"}, "https where tokens are sent"),
    ],
)
def test_identities_that_cannot_be_are_refused_when_they_are_configured(mounted, options, words):
    with pytest.raises(StorageConfigError, match=words):
        mounted(**options)
