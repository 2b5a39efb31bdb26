"""Many tasks in two event loops write, read, copy, move and delete at random, and are cancelled at random: whatever is
read is a content that was written there, whole, and never one that a later call had replaced."""

import asyncio
import os
import threading
import time
import uuid

import pytest

from random_calls import Player

SECONDS = 2.0
TASKS = 12  # in each loop


def test_whatever_is_cancelled_meanwhile_contents_are_whole_and_the_latest(storage, s3_config, cloud, tmp_path):
    if "GENRO_TEST_APACHE" not in os.environ:
        pytest.skip("no apache: GENRO_TEST_APACHE is not set")
    storage.add_mount(s3_config("s3", "minio"))
    folder = f"python-{uuid.uuid4().hex}"
    storage.add_mount({"name": "dav", "protocol": "webdav", "url": f"{os.environ['GENRO_TEST_APACHE']}/dav/{folder}"})
    mounts = ["home", "mem", "s3", "g", "dav"]
    until = time.monotonic() + SECONDS
    players = [[Player(storage, f"{i}-{k}", mounts, i * 100 + k) for k in range(TASKS)] for i in range(2)]
    failures: list[BaseException] = []

    async def all_of(group):
        await asyncio.gather(*[player.play(until) for player in group])

    def loop_of(group):
        try:
            asyncio.run(all_of(group))
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=loop_of, args=(group,)) for group in players]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name in ("s3", "dav"):
        storage.node(name, "").delete()
    if failures:
        raise failures[0]
    everyone = [player for group in players for player in group]
    assert sum(player.cancellations for player in everyone) > 0
    assert not list((tmp_path / "home").rglob("*.tmp"))  # pathlib's shows hidden files, too
