#!/usr/bin/env python3
"""Plays random calls on one manager for minutes: local and memory mounts, S3 (a real MinIO), Google Cloud Storage
(fake-gcs-server) and WebDAV (Apache), a server with bad habits and a disk that is too small, used by tasks, threads and
forked children at once, cancelled, closed and left behind.
Every content that is read is judged. Exit status: 0 when nothing crashed, hung, leaked or was wrong.

./dev soak 60 is what a release goes through; the seed of a run is printed, to play the same choices again."""

from __future__ import annotations

import argparse
import json
import os
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/python"))

from unruly_server import UnrulyServer  # noqa: E402

_SILENT = 120  # seconds without a heartbeat
_DUMP = signal.SIGUSR1
_MEANING = {0: "passed", 1: "wrong bytes or an unexpected error", 4: "a hang", 5: "a leak"}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev soak", description=__doc__)
    parser.add_argument("minutes", nargs="?", type=float, default=5.0, help="how long it plays (5)")
    parser.add_argument("--seed", type=int, help="of the random choices")
    parser.add_argument("--folder", type=Path, help="where the local mount lies, such as on a slow disk; must be empty")
    parser.add_argument("--limit", type=float, default=180.0, help="seconds after which a call counts as hung (180)")
    parser.add_argument(
        "--without",
        action="append",
        default=[],
        metavar="WHO",
        help="leave out watched, streamer, abandoner, crowd, caller, listener, forker, unlucky, loops or mirror",
    )
    return parser.parse_args()


class Servers:
    """Real ones: those that the environment names, or started here and stopped by stop()."""

    def __init__(self, scratch: Path) -> None:
        self._environment = dict(os.environ, GENRO_SERVERS_DIR=str(scratch / "servers"))
        self._started: list[str] = []
        self.settings = dict(os.environ)
        for name in ("minio", "fake-gcs", "apache"):
            if f"GENRO_TEST_{name.upper().replace('-', '_')}" not in os.environ:
                self._start(name)

    def _start(self, name: str) -> None:
        self._started.append(name)
        command = [ROOT / "tests/servers" / name, "start"]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True)
        if done.returncode:
            self.stop()
            sys.exit(f"{name} did not start: {done.stderr}")
        self.settings.update(line.split("=", 1) for line in done.stdout.splitlines())

    def __getitem__(self, name: str) -> str:
        return self.settings[f"GENRO_TEST_{name}"]

    def s3(self, name: str, url: str) -> dict[str, Any]:
        return {
            "name": name,
            "protocol": "s3",
            "bucket": self["MINIO_BUCKET"],
            "base_path": f"soak-{os.getpid()}-{name}",
            "region": self["MINIO_REGION"],
            "endpoint_url": url,
            "access_key": self["MINIO_ACCESS_KEY"],
            "secret_key": self["MINIO_SECRET_KEY"],
        }

    def gcs(self) -> dict[str, Any]:
        place = {"bucket": self["FAKE_GCS_BUCKET"], "base_path": f"soak-{os.getpid()}"}
        return {"name": "gcs", "protocol": "gcs", "endpoint_url": self["FAKE_GCS"], "token": "anon"} | place

    def webdav(self) -> dict[str, Any]:
        return {"name": "dav", "protocol": "webdav", "url": f"{self['APACHE']}/dav", "base_path": f"soak-{os.getpid()}"}

    def stop(self) -> None:
        for name in self._started:
            command = [ROOT / "tests/servers" / name, "stop"]
            subprocess.run(command, env=self._environment, stdin=subprocess.DEVNULL)


def on_a_small_disk(folder: Path) -> list[str]:
    """Words in front of a command that give it a file system of 8 MiB there; none where the system allows nobody to."""
    mount = 'mount -t tmpfs -o size=8m tmpfs "$1" && exec "${@:2}"'
    command = ["unshare", "--map-root-user", "--mount", "bash", "-c", mount, "bash", str(folder)]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], capture_output=True).returncode:
        print("without a small disk: this system lets nobody mount a file system in a namespace")
        return []
    return command


def play(options: argparse.Namespace, scratch: Path, servers: Servers, seed: int) -> int:
    unruly = UnrulyServer(servers["MINIO"], seed)
    small = scratch / "small"
    home = (options.folder or scratch) / "home"
    small.mkdir()
    home.mkdir(parents=True)
    mounts = [servers.s3("s3", servers["MINIO"]), servers.s3("unruly", unruly.url), servers.gcs(), servers.webdav()]
    prefix = on_a_small_disk(small)
    if prefix:
        mounts.append({"name": "small", "protocol": "local", "base_path": str(small)})
    heartbeat, of_child = os.pipe()
    config = {
        "seed": seed,
        "seconds": options.minutes * 60,
        "limit": options.limit,
        "without": options.without,
        "folder": str(home),
        "mounts": mounts,
        "heartbeat": of_child,
        "signal": int(_DUMP),
    }
    path = os.pathsep.join([str(ROOT / "python"), str(ROOT / "tests/python"), os.environ.get("PYTHONPATH", "")])
    player = subprocess.Popen(
        [*prefix, sys.executable, str(ROOT / "tests/soak/play.py"), json.dumps(config)],
        env=dict(os.environ, PYTHONPATH=path),
        stdin=subprocess.DEVNULL,
        pass_fds=[of_child],
    )
    os.close(of_child)
    try:
        return watch(player, heartbeat, time.monotonic() + options.minutes * 60 + options.limit + _SILENT)
    finally:
        player.kill()
        player.wait()
        unruly.close()


def watch(player: subprocess.Popen[bytes], heartbeat: int, latest: float) -> int:
    """Until it ends; it is ended when it gives no sign of life any more, or much too late."""
    while True:
        readable, _, _ = select.select([heartbeat], [], [], _SILENT)
        if readable and not os.read(heartbeat, 4096):
            try:
                return player.wait(60)
            except subprocess.TimeoutExpired:
                readable = []  # its threads are gone, and it is still there
        if not readable or time.monotonic() > latest:
            print("HANG: the process gives no sign of life, or does not come to its end", file=sys.stderr)
            player.send_signal(_DUMP)
            time.sleep(5)
            player.kill()
            return 4


def main() -> int:
    options = arguments()
    seed = options.seed if options.seed is not None else random.randrange(1 << 30)
    print(f"seed {seed}, {options.minutes:g} minutes", flush=True)
    scratch = Path(tempfile.mkdtemp(prefix="genro-soak-"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped
    servers = Servers(scratch)
    try:
        status = play(options, scratch, servers, seed)
    finally:
        servers.stop()
        shutil.rmtree(scratch, ignore_errors=True)
    said = _MEANING.get(status) or (f"a crash: signal {-status}" if status < 0 else f"status {status}")
    print(f"seed {seed}: {said}", flush=True)
    return 0 if status == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
