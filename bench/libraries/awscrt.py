"""The AWS Common Runtime: its HTTP client with signing for small objects, its S3 client for large ones."""

import asyncio
from concurrent.futures import Future
from io import BytesIO

from awscrt import auth, http, io, s3

IMPORT = "import awscrt.s3"


class Connections:
    """Kept connections, last used first; each request is signed."""

    def __init__(self, site):
        self.site = site
        self.free = []
        self.bootstrap = io.ClientBootstrap(io.EventLoopGroup(1), io.DefaultHostResolver(io.EventLoopGroup(1)))
        self.provider = auth.AwsCredentialsProvider.new_static(site.access_key, site.secret_key)
        self.tls = None
        if site.secure:
            options = io.TlsContextOptions()
            if site.certificate:
                options.override_default_trust_store_from_path(None, site.certificate)
            self.tls = io.ClientTlsContext(options).new_connection_options()
            self.tls.set_server_name(site.host.split(":")[0])

    def connect(self):
        name, port = self.site.host.split(":")
        return http.HttpClientConnection.new(
            host_name=name, port=int(port), bootstrap=self.bootstrap, tls_connection_options=self.tls
        )

    def request(self, method: str, key: str, data: bytes | None) -> http.HttpRequest:
        headers = http.HttpHeaders([("host", self.site.host)])
        stream = None
        if data is not None:
            headers.add("content-length", str(len(data)))
            stream = BytesIO(data)
        return http.HttpRequest(method, f"/{self.site.bucket}/{key}", headers, stream)

    def sign(self, request):
        config = auth.AwsSigningConfig(
            algorithm=auth.AwsSigningAlgorithm.V4,
            signature_type=auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
            credentials_provider=self.provider,
            region=self.site.region,
            service="s3",
            use_double_uri_encode=False,
            should_normalize_uri_path=False,
            signed_body_value="UNSIGNED-PAYLOAD",
            signed_body_header_type=auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256,
        )
        return auth.aws_sign_request(request, config)


def receive(connection, request):
    """Starts the exchange; the future that comes back holds the status, the list collects the body."""
    pieces, status = [], []
    stream = connection.request(
        request,
        lambda http_stream, status_code, headers, **_: status.append(status_code),
        lambda http_stream, chunk, **_: pieces.append(chunk),
    )
    stream.activate()
    return stream.completion_future, pieces


def exchange(site, method):
    pool = Connections(site)

    def call(key, data=None):
        connection = pool.free.pop() if pool.free else pool.connect().result()
        done, pieces = receive(connection, pool.sign(pool.request(method, key, data)).result())
        if done.result() != 200:
            raise OSError(f"status {done.result()}")
        pool.free.append(connection)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    return call


def exchange_async(site, method):
    pool = Connections(site)

    async def call(key, data=None):
        connection = pool.free.pop() if pool.free else await asyncio.wrap_future(pool.connect())
        signed = pool.sign(pool.request(method, key, data))
        request = signed.result() if signed.done() else await asyncio.wrap_future(signed)
        done, pieces = receive(connection, request)
        if await asyncio.wrap_future(done) != 200:
            raise OSError(f"status {done.result()}")
        pool.free.append(connection)
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    return call


def s3_get(site):
    return exchange(site, "GET")


async def s3_get_async(site):
    return exchange_async(site, "GET")


def s3_put(site):
    return exchange(site, "PUT")


async def s3_put_async(site):
    return exchange_async(site, "PUT")


class Transfers:
    """The S3 client, which splits large objects by itself."""

    def __init__(self, site):
        group = io.EventLoopGroup(1)
        self.bootstrap = io.ClientBootstrap(group, io.DefaultHostResolver(group))
        self.pool = Connections(site)
        self.client = s3.S3Client(
            bootstrap=self.bootstrap,
            region=site.region,
            credential_provider=self.pool.provider,
            tls_mode=s3.S3RequestTlsMode.ENABLED if site.secure else s3.S3RequestTlsMode.DISABLED,
            part_size=8 << 20,
            throughput_target_gbps=10,
        )

    def run(self, request, kind, **more) -> Future:
        return self.client.make_request(type=kind, request=request, **more).finished_future


def s3_get_into(site):
    transfers = Transfers(site)

    def read_into(key, buffer):
        view = memoryview(buffer)

        def body(chunk, offset, **_):
            view[offset : offset + len(chunk)] = chunk

        transfers.run(transfers.pool.request("GET", key, None), s3.S3RequestType.GET_OBJECT, on_body=body).result()
        return len(view)

    return read_into


def s3_get_large(site):
    transfers = Transfers(site)

    def get(key):
        pieces = []
        transfers.run(
            transfers.pool.request("GET", key, None),
            s3.S3RequestType.GET_OBJECT,
            on_body=lambda chunk, offset, **_: pieces.append(chunk),
        ).result()
        return b"".join(pieces)

    return get


def s3_get_file(site):
    transfers = Transfers(site)
    return lambda key, path: transfers.run(
        transfers.pool.request("GET", key, None), s3.S3RequestType.GET_OBJECT, recv_filepath=path
    ).result()


def s3_put_large(site):
    transfers = Transfers(site)
    return lambda key, data: transfers.run(
        transfers.pool.request("PUT", key, data), s3.S3RequestType.PUT_OBJECT
    ).result()
