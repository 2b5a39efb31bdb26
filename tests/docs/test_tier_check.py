"""./dev check refuses an #include that points upward, between tiers and between the folders of one."""

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from check_tiers import read_ranks, upward_arrows


def arrows(name: str, included: str) -> list[str]:
    return upward_arrows(name, f'#include <string>\n\n#include "{included}"\n', read_ranks())


@pytest.mark.parametrize(
    ("name", "included"),
    [
        ("loop/loop.cc", "core/task_state.h"),
        ("core/scope.cc", "genro/storage/task.h"),
        ("node/transfer/copy.cc", "backend/reader.h"),
        ("node/transfer/copy.cc", "node/transfer/copy_filter.h"),
        ("node/transfer/copy.cc", "node/content/content.h"),
        ("node/content/read.cc", "node/guard.h"),
        ("node/content/read.cc", "genro/storage/node.h"),
        ("node/node.cc", "node/content/content.h"),
        ("manager/manager.cc", "node/files/file_stream.h"),
        ("backends/s3/client.cc", "backends/local/files.h"),
        ("genro/storage/manager.h", "genro/storage/node.h"),
    ],
)
def test_what_points_down_or_aside_passes(name, included):
    assert arrows(name, included) == []


@pytest.mark.parametrize(
    ("name", "included", "said"),
    [
        ("core/scope.cc", "loop/loop.h", "core may not include loop"),
        ("backends/s3/client.cc", "node/guard.h", "backends may not include node"),
        ("backends/s3/client.cc", "node/content/content.h", "backends may not include node"),
        ("backend/http/client.cc", "genro/storage/node.h", "backend may not include node"),
        ("genro/storage/entry.h", "genro/storage/node.h", "public may not include node"),
        ("manager/manager.cc", "python/calls/dual.h", "manager may not include python"),
        ("python/module.cc", "cli/main.h", "python may not include cli"),
        ("node/guard.cc", "node/encryption/envelope.h", "node may not include node/encryption"),
        ("node/content/compare.cc", "node/transfer/transfer.h", "node/content may not include node/transfer"),
        ("node/archive/zip.cc", "node/files/file_stream.h", "node/archive may not include node/files"),
        ("node/unheard_of/a.cc", "node/guard.h", "node/unheard_of has no place"),
    ],
)
def test_what_points_upward_is_refused(name, included, said):
    (complaint,) = arrows(name, included)
    assert re.match(rf"(src|include)/{re.escape(name)}:3: {said}", complaint)
