"""What an Azure mount makes of a service that loses answers, flips bits, or has another clock."""

import errno
import re

import pytest

from blob_service import BlobService, changed, cut, flipped, lost, refused
from genro_storage import StorageError

LARGE = bytes(range(256)) * 4096 * 18


@pytest.fixture
def service():
    service = BlobService()
    yield service
    service.close()


@pytest.fixture
def az(storage, service):
    """The manager with `az` on a service whose answers the test chooses."""
    storage.add_mount(
        {
            "name": "az",
            "protocol": "azure",
            "container": "box",
            "account_name": "account",
            "account_key": "a2V5",
            "endpoint_url": service.url + "/account",
        }
    )
    return storage


async def test_a_write_whose_answer_is_lost_is_done_once_more_or_found(az, service, io):
    service.faults.append(("PUT", lost))
    await io(az.node("az:f").write_bytes(b"content"))
    assert service.blobs["f"][0] == b"content"
    assert service.count("^PUT") == 2


async def test_a_list_of_blocks_whose_answer_is_lost_is_put_again(az, service, io):
    service.faults.append(("comp=blocklist", lost))
    await io(az.node("az:f").write_bytes(LARGE))
    assert service.blobs["f"][0] == LARGE
    assert service.count("comp=blocklist") == 2


async def test_a_block_that_is_refused_or_lost_is_put_again(az, service, io):
    service.faults += [("comp=block&", lost), ("comp=block&", refused(503, "ServerBusy"))]
    await io(az.node("az:f").write_bytes(LARGE))
    assert service.blobs["f"][0] == LARGE


async def test_blocks_that_are_gone_are_an_error_and_the_old_content_stays(az, service, io):
    await io(az.node("az:f").write_bytes(b"old"))
    service.faults.append(("comp=blocklist", refused(400, "InvalidBlockList")))
    with pytest.raises(OSError, match="somebody else wrote the blob"):
        await io(az.node("az:f").write_bytes(LARGE))
    assert service.blobs["f"][0] == b"old"


@pytest.mark.parametrize("content", [b"content", LARGE], ids=["small", "large"])
async def test_a_body_that_breaks_off_is_read_on_from_there(az, service, io, content):
    service.blobs["f"] = content, {"ETag": '"e"'}
    service.faults += [("GET", cut(0)), ("GET", cut(3))]
    assert await io(az.node("az:f").read_bytes()) == content


async def test_a_flipped_bit_is_found_by_the_md5_of_the_whole(az, service, io):
    service.blobs["f"] = b"content", {"ETag": '"e"', "Content-MD5": "mgNkuembtIDdJeHwKEyFVQ=="}
    assert await io(az.node("az:f").read_bytes()) == b"content"
    service.faults.append(("GET", flipped))
    assert await io(az.node("az:f").read_bytes()) == b"content"
    service.faults += [("GET", flipped)] * 20
    with pytest.raises(StorageError, match="MD5"):
        await io(az.node("az:f").read_bytes())


async def test_what_is_stored_otherwise_than_it_was_sent_is_corrupt(az, service, io):
    service.faults += [("PUT", changed(lambda s, h, b: (s, h | {"x-ms-content-crc64": "AAAAAAAAAAA="}, b)))] * 20
    with pytest.raises(StorageError, match="other bytes"):
        await io(az.node("az:f").write_bytes(b"content"))


async def test_a_clock_that_is_wrong_is_put_right_once(az, service, io):
    service.clock_off = -7200
    await io(az.node("az:f").write_bytes(b"content"))
    asked = len(service.asked)
    assert asked == 2
    assert await io(az.node("az:f").read_bytes()) == b"content"
    assert len(service.asked) == asked + 1


async def test_a_signature_that_is_refused_at_the_right_time_is_wrong(az, service, io):
    service.faults.append(("PUT", refused(403, "AuthenticationFailed")))
    with pytest.raises(PermissionError, match="AuthenticationFailed"):
        await io(az.node("az:f").write_bytes(b"content"))
    assert service.count("PUT") == 1


async def test_a_copy_that_goes_on_is_waited_for(az, service, io):
    await io(az.node("az:from").write_bytes(b"content"))
    pending = changed(lambda s, h, b: (s, h | ({"x-ms-copy-status": "pending"} if s == 200 else {}), b))
    service.faults += [("HEAD .*/to$", pending)] * 3
    await io(az.node("az:from").copy_to("az:to"))
    assert service.blobs["to"][0] == b"content"
    assert service.faults == []


async def test_an_archived_blob_says_so(az, service, io):
    service.blobs["f"] = b"x", {"ETag": '"e"', "x-ms-access-tier": "Archive"}
    service.faults.append(("GET", refused(409, "BlobArchived")))
    with pytest.raises(PermissionError, match="archive tier"):
        await io(az.node("az:f").read_bytes())
    assert await io(az.node("az:f").size()) == 1


async def test_a_service_without_batches_is_asked_one_by_one(az, service, io):
    for number in range(5):
        await io(az.node(f"az:d/{number}").write_bytes(b"x"))
    await io(az.node("az:d").delete())
    assert service.blobs == {}
    assert service.count("comp=batch") == 1
    assert service.count("^DELETE") == 5 + 1  # the folder may have a mark


async def test_a_name_that_a_service_normalizes_costs_no_other_blob(az, service, io):
    """A blob of theirs is called `d/../keep`: a request for it may be taken for one for `keep`."""
    service.blobs |= {name: (b"x", {"ETag": '"e"'}) for name in ("d/../keep", "d/a", "keep")}
    service.faults.append(("^HEAD .*/d$", refused(404, "BlobNotFound")))
    with pytest.raises(StorageError, match=r"d/\.\./keep"):
        await io(az.node("az:d").delete())
    assert sorted(service.blobs) == ["d/../keep", "keep"]
    assert service.count(r"^DELETE .*\.\.") == 0


async def test_a_name_that_is_too_long_says_so(az, service, io):
    service.faults += [(".", refused(400, "InvalidInput"))] * 2
    # Within 1024 characters, of which it counts some twice.
    for operation in (az.node("az:" + "\N{GRINNING FACE}" * 1000).write_bytes, az.node("az:" + "é" * 1024).read_bytes):
        with pytest.raises(OSError, match="longer than the server takes") as caught:
            await io(operation(b"x") if "write" in operation.__name__ else operation())
        assert caught.value.errno == errno.ENAMETOOLONG


async def test_a_name_of_more_than_1024_characters_is_refused_before_anything_is_sent(az, service, storage, io):
    storage.add_mount({"name": "below", "path": "az:folder"})
    for node in (az.node("az:" + "é" * 1025), az.node("below:" + "n" * 1018)):
        for call in (lambda node=node: node.write_bytes(b"x"), node.read_bytes, node.delete):
            with pytest.raises(StorageError, match="no more than 1024 characters") as caught:
                await io(call())
            assert caught.value.errno == errno.ENAMETOOLONG
    assert service.asked == []
    await io(az.node("az:" + "é" * 1024).write_bytes(b"x"))
    assert await io(az.node("az:" + "é" * 1024).read_bytes()) == b"x"


async def test_the_root_of_a_hierarchical_namespace_is_emptied_before_its_folders_go(az, service, io):
    stamp = {"ETag": '"e"'}
    mark = (b"", stamp | {"x-ms-meta-hdi_isfolder": "true"})
    service.blobs |= {"d": mark, "d/e": mark, "d/e/f": (b"x", stamp), "d/g": (b"x", stamp), "h": (b"x", stamp)}
    await io(az.node("az:").delete())
    assert service.blobs == {}


async def test_a_busy_service_is_asked_again(az, service, io):
    service.blobs["f"] = b"x", {"ETag": '"e"'}
    service.faults += [("GET", refused(503, "ServerBusy", Retry_After="0")), ("GET", refused(500, "OperationTimedOut"))]
    assert await io(az.node("az:f").read_bytes()) == b"x"


async def test_a_page_that_breaks_off_is_asked_for_again(az, service, io):
    await io(az.node("az:d/f").write_bytes(b"x"))
    service.faults.append(("comp=list", cut(40)))
    assert [child.path for child in await io(az.node("az:d").children())] == ["d/f"]
    service.faults += [("comp=list", changed(lambda s, h, b: (s, h, b[:40])))] * 20
    with pytest.raises(StorageError, match="cut short"):
        await io(az.node("az:d").children())


async def test_nothing_of_a_key_is_sent(az, service, io):
    await io(az.node("az:f").write_bytes(b"x"))
    for _, target, headers, body in service.asked:
        assert not re.search("a2V5", target + repr(headers) + repr(body))
