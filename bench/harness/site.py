"""What an adapter is given: where the server is, and a folder to work in. Plain data, passed to each child as JSON."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Site:
    endpoint: str = ""  # of the S3 server, for example http://127.0.0.1:9000
    second_endpoint: str = ""  # of another one, for copies across mounts
    bucket: str = "bench"
    access_key: str = "bench-access-key"
    secret_key: str = "bench-secret-key"
    region: str = "us-east-1"
    azure_account: str = "benchaccount"
    azure_key: str = "YmVuY2gtc2VjcmV0LWtleS1vZi1hLWxlbmd0aC10aGF0LWZpdHM="
    fixed: bool = True  # the fixed-response server; False: a real one
    certificate: str = ""  # of the authority to trust, when the endpoint is https
    folder: str = ""  # scratch folder of the run, on disk: files/, tree/, large.bin, out/
    pattern: str = ""  # file with the bytes that the server's objects repeat

    @property
    def host(self) -> str:
        return self.endpoint.split("//", 1)[1]

    @property
    def secure(self) -> bool:
        return self.endpoint.startswith("https")
