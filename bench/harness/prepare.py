"""What a run needs before it measures: programs built, servers started, files to read, keys on a real server."""

import json
import os
import shutil
import subprocess
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path

from harness.environments import BENCH, python_of
from harness.site import Site

PATTERN_SIZE = 1_048_573  # of the fixed server
TREE_FILES = 10_000


def build_programs(folder: Path) -> Path:
    """The folder of fixed_s3 and the limit programs."""
    build = folder / "programs"
    quiet = {"check": True, "stdout": subprocess.DEVNULL}
    if not (build / "build.ninja").exists():
        subprocess.run(["cmake", "-S", BENCH, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release"], **quiet)
    subprocess.run(["cmake", "--build", build], **quiet)
    return build


@contextmanager
def fixed_server(programs: Path, *options: str, core: int | None = 0):
    """Its port. The server leaves when its stdin is closed, so it cannot outlive this process."""
    command = [str(programs / "fixed_s3"), *options]
    if core is not None:
        command += ["--core", str(core)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline())
        finally:
            server.stdin.close()


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """A throwaway authority, and a server's certificate for 127.0.0.1 with its key."""
    authority, pem, key = (folder / name for name in ("authority.pem", "server.pem", "server.key"))
    if not pem.exists():
        new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
        extension = folder / "server.ext"
        extension.write_text("subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        days, secret = ["-days", "365"], folder / "authority.key"
        request, issuer = folder / "server.csr", ["-CA", authority, "-CAkey", secret]
        own = ["-subj", "/CN=bench authority", "-keyout", secret, "-out", authority]
        for words in (
            ["req", "-x509", *new, *days, *usage, *own],
            ["req", *new, "-subj", "/CN=127.0.0.1", "-keyout", key, "-out", request],
            ["x509", "-req", "-in", request, *issuer, *days, "-set_serial", "2", "-extfile", extension, "-out", pem],
        ):
            subprocess.run(["openssl", *words], check=True, capture_output=True)
    return authority, pem, key


def fetch_pattern(endpoint: str, path: Path) -> None:
    with urllib.request.urlopen(f"{endpoint}/bench/{PATTERN_SIZE}/pattern") as response:
        path.write_bytes(response.read())


def make_files(folder: Path, quick: bool) -> None:
    """Files of 4 KiB in files/ (1,000), tree/ (10,000 in 100 folders), sync-tree/ (5,000), small-tree/ (2,000).

    Also large.bin (1 GiB) and medium.bin (128 MiB).
    """
    pattern = (folder / "pattern").read_bytes()
    small = pattern[:4096]
    for name in ("out", "limit", "limit-new"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir()
    for name in ("out", "limit"):  # what is written over
        for i in range(1000):
            (folder / name / str(i)).write_bytes(small)
    trees = {"files": (1, 1000), "small-tree": (20, 2000)} | (
        {} if quick else {"tree": (100, TREE_FILES), "sync-tree": (50, 5000)}
    )
    for name, (folders, count) in trees.items():
        if (folder / name).exists():
            continue
        for i in range(count):
            parent = folder / name / f"folder-{i % folders}" if folders > 1 else folder / name
            parent.mkdir(parents=True, exist_ok=True)
            (parent / str(i)).write_bytes(small)
    large = {"medium.bin": 128 << 20} | ({} if quick else {"large.bin": 1 << 30})
    for name, size in large.items():
        path = folder / name
        if path.exists() and path.stat().st_size == size:
            continue
        with open(path, "wb") as file:
            for at in range(0, size, len(pattern)):
                file.write(pattern[: size - at])
    os.sync()  # so that the disk is quiet when measuring starts


def read_through(path: Path) -> None:
    """So that the page cache has it before the first library is measured."""
    for name in [path] if path.is_file() else (name for name in path.rglob("*") if name.is_file()):
        with open(name, "rb", buffering=0) as file:
            while file.read(1 << 20):
                pass


@contextmanager
def minio(site: Site):
    """A site on GENRO_TEST_MINIO (with _ACCESS_KEY, _SECRET_KEY), else on the server of the tests.

    The latter is stopped again if it did not run.
    """
    prefix, environment = "GENRO_TEST_MINIO", dict(os.environ)
    script, started = BENCH.parent / "tests" / "servers" / "minio", False
    if prefix not in environment:
        started = subprocess.run([script, "status"], capture_output=True).returncode != 0
        answer = subprocess.run([script, "start"], capture_output=True, text=True, check=True).stdout
        environment |= dict(line.split("=", 1) for line in answer.splitlines() if "=" in line)
    site = replace(
        site,
        endpoint=environment[prefix].rstrip("/"),
        access_key=environment.get(prefix + "_ACCESS_KEY", "minioadmin"),
        secret_key=environment.get(prefix + "_SECRET_KEY", "minioadmin"),
        region=environment.get(prefix + "_REGION", "us-east-1"),
        bucket="genro-bench",
        fixed=False,
    )
    try:
        fill = [python_of("rivals"), "-m", "harness.fill_bucket", json.dumps(asdict(site))]
        subprocess.run(fill, cwd=BENCH, check=True)
        yield site
    finally:
        if started:
            subprocess.run([script, "stop"], check=False)
