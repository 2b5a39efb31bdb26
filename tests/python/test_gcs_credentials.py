"""Whose requests a gcs mount sends: every kind of credentials, against services of our own that hand out tokens."""

import base64
import json
import threading

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from cloud import cloud_mount
from genro_storage import StorageConfigError
from genro_storage.exceptions import StorageAuthenticationError

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
ACCOUNT = "robot@test.iam.gserviceaccount.com"
SERVICE_ACCOUNT = {"type": "service_account", "client_email": ACCOUNT, "private_key": PEM, "private_key_id": "k1"}


@pytest.fixture(autouse=True)
def nobody(monkeypatch, tmp_path):
    """The environment has no credentials, and no metadata server."""
    for name in ("GOOGLE_APPLICATION_CREDENTIALS", "STORAGE_EMULATOR_HOST", "CLOUDSDK_CONFIG", "GCE_METADATA_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")


@pytest.fixture
def guarded(cloud):
    """A server that wants a token, with one object, `a`."""
    cloud.put("a", b"hello")
    cloud.tokens = set()
    return cloud


def mounted(storage, cloud, **options):
    config = cloud_mount(cloud) | options
    if "token" not in options:
        del config["token"]
    storage.add_mount(config)
    return storage.node("g:a")


def user(cloud, **more):
    login = {"type": "authorized_user", "client_id": "id", "client_secret": "s", "refresh_token": "r"}
    return login | {"token_uri": cloud.url + "/token"} | more


async def test_a_service_account_signs_its_tokens_itself(guarded, storage, io, tmp_path):
    (tmp_path / "key.json").write_text(json.dumps(SERVICE_ACCOUNT))
    node = mounted(storage, guarded, token=str(tmp_path / "key.json"))
    seen = []

    def answer(request, connection):
        seen.append(request.headers["authorization"].removeprefix("Bearer "))
        guarded.tokens = {seen[0]}
        return guarded.usual(request)

    guarded.answer = answer
    assert await io(node.read_text()) == "hello"
    assert await io(node.read_text()) == "hello"
    assert len(set(seen)) == 1
    head, claims, signature = seen[0].split(".")
    KEY.public_key().verify(unpadded(signature), f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256())
    assert json.loads(unpadded(head)) == {"alg": "RS256", "typ": "JWT", "kid": "k1"}
    told = json.loads(unpadded(claims))
    assert (told["iss"], told["sub"], told["exp"] - told["iat"]) == (ACCOUNT, ACCOUNT, 3600)
    assert guarded.grants == []


def unpadded(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


async def test_the_content_of_a_key_file_may_stand_in_the_configuration(guarded, storage, io):
    node = mounted(storage, guarded, token=user(guarded))
    assert await io(node.read_text()) == "hello"
    assert guarded.grants == [
        {"grant_type": "refresh_token", "client_id": "id", "client_secret": "s", "refresh_token": "r"}
    ]


async def test_a_token_that_the_server_refuses_is_replaced_once(guarded, storage, io):
    node = mounted(storage, guarded, token=user(guarded))
    assert await io(node.read_text()) == "hello"
    guarded.tokens = set()
    assert await io(node.read_text()) == "hello"
    assert len(guarded.grants) == 2
    guarded.answer = lambda request, connection: (
        guarded.usual(request) if request.key == "token" else guarded.wrong(401, "authError", "Invalid Credentials")
    )
    with pytest.raises(StorageAuthenticationError, match="Invalid Credentials"):
        await io(node.read_text())


async def test_a_login_that_was_revoked_says_what_to_do(guarded, storage, io):
    node = mounted(storage, guarded, token=user(guarded, refresh_token="revoked"))
    with pytest.raises(StorageAuthenticationError, match="gcloud auth application-default login"):
        await io(node.read_text())


async def test_many_calls_at_once_ask_for_one_token(guarded, storage, io):
    node = mounted(storage, guarded, token=user(guarded))
    results = []
    threads = [threading.Thread(target=lambda: results.append(node.read_text())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == ["hello"] * 8
    assert len(guarded.grants) == 1
    assert await io(node.read_text()) == "hello"


async def test_the_file_that_the_environment_names_comes_before_the_one_of_gcloud(
    guarded, storage, io, tmp_path, monkeypatch
):
    gcloud = tmp_path / ".config/gcloud/application_default_credentials.json"
    gcloud.parent.mkdir(parents=True)
    gcloud.write_text(json.dumps(user(guarded, client_id="gcloud", quota_project_id="quota")))
    assert await io(mounted(storage, guarded).read_text()) == "hello"
    assert guarded.requests[-1].headers["x-goog-user-project"] == "quota"
    (tmp_path / "named.json").write_text(json.dumps(user(guarded, client_id="named")))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "named.json"))
    assert await io(mounted(storage, guarded).read_text()) == "hello"
    assert [asked["client_id"] for asked in guarded.grants] == ["gcloud", "named"]


async def test_the_machine_that_it_runs_on_has_an_account(guarded, storage, io, monkeypatch):
    monkeypatch.setenv("GCE_METADATA_HOST", guarded.url.removeprefix("http://"))
    assert await io(mounted(storage, guarded, token="cloud").read_text()) == "hello"
    monkeypatch.delenv("NO_GCE_CHECK")
    assert await io(mounted(storage, guarded).read_text()) == "hello"
    assert len(guarded.grants) == 2


@pytest.mark.parametrize("source", ["file", "url", "json"])
async def test_a_token_of_another_provider_is_exchanged(guarded, storage, io, tmp_path, source):
    (tmp_path / "token").write_text(json.dumps({"id_token": "theirs"}) if source == "json" else "theirs\n")
    guarded.put("unused", b"")
    where = {"file": str(tmp_path / "token")} if source != "url" else {"url": guarded.url + "/their-token"}
    if source == "json":
        where["format"] = {"type": "json", "subject_token_field_name": "id_token"}
    if source == "url":
        where["headers"] = {"x-secret": "1"}
    settings = {
        "type": "external_account",
        "audience": "//iam.googleapis.com/pool",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": guarded.url + "/sts",
        "credential_source": where,
        "service_account_impersonation_url": f"{guarded.url}/v1/serviceAccounts/{ACCOUNT}:generateAccessToken",
        "service_account_impersonation": {"token_lifetime_seconds": 1800},
    }

    def answer(request, connection):
        if request.key == "their-token":
            assert request.headers["x-secret"] == "1"
            return guarded.http(200, b"theirs")
        return guarded.usual(request)

    guarded.answer = answer
    assert await io(mounted(storage, guarded, token=settings).read_text()) == "hello"
    assert guarded.grants[0]["subject_token"] == "theirs"
    assert guarded.grants[0]["audience"] == "//iam.googleapis.com/pool"
    assert guarded.grants[1]["lifetime"] == "1800s"


async def test_an_account_acts_as_another_one(guarded, storage, io):
    settings = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": f"{guarded.url}/v1/serviceAccounts/{ACCOUNT}:generateAccessToken",
        "delegates": ["middle@test"],
        "source_credentials": user(guarded),
    }
    assert await io(mounted(storage, guarded, token=settings).read_text()) == "hello"
    assert guarded.grants[1]["delegates"] == ["middle@test"]


async def test_nobody_is_told_what_was_tried(guarded, storage, io):
    with pytest.raises(StorageAuthenticationError, match="'token': 'anon'"):
        await io(mounted(storage, guarded).read_text())


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ({"type": "unknown"}, "'type' must be"),
        ({"type": "service_account"}, "it lacks"),
        (SERVICE_ACCOUNT | {"private_key": "no key"}, "PEM"),
        ("/no/such/file.json", "no such file"),
        ({"type": "authorized_user", "client_id": "i", "client_secret": "s", "refresh_token": "r"}
         | {"token_uri": "http://stranger.example/token"}, "neither https nor on this machine"),
        ({"type": "external_account", "audience": "a", "subject_token_type": "t", "token_url": "https://sts.example"}
         | {"credential_source": {"executable": {"command": "x"}}}, "programs"),
    ],
)  # fmt: skip
async def test_credentials_that_are_wrong_say_why_and_never_what_they_are(guarded, storage, io, token, says):
    node = mounted(storage, guarded, token=token)
    with pytest.raises(StorageConfigError, match=says) as caught:
        await io(node.read_text())
    assert "no key" not in str(caught.value)


async def test_a_token_goes_to_nobody_else(guarded, storage, io):
    """The place of an upload is on the mount's own server, whatever host is named in it."""
    node = mounted(storage, guarded, token=user(guarded), part_size=262144)
    await io(node.write_bytes(b"x" * (17 << 20)))
    assert len(guarded.live["a"].content) == 17 << 20
