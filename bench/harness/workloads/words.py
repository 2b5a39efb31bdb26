"""What the rows are written with: sizes, names used by several groups, command lines of the C programs for limits."""

from harness.case import OURS

K, M, G = 1 << 10, 1 << 20, 1 << 30
AWAITING = (OURS, "obstore", "obstore-range", "opendal", "awscrt")
AWAITED_GET = ("s3_get_async",)


def http(arguments: str, concurrency: str = "{concurrency}") -> str:
    return f"limit_http {arguments} --size {{size}} --concurrency {concurrency} --port {{port}} --seconds {{seconds}}"


def files(arguments: str, root: str = "files") -> str:
    return f"limit_files {arguments} --root {{folder}}/{root} --seconds {{seconds}}"
