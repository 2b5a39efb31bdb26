"""./dev check refuses code that could make a reactor wait."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from check_blocking import complaints


@pytest.mark.parametrize(
    "code",
    [
        "auto a = backend.stat(path).get();",
        "auto a = provider->get().get();",
        "Task<Entry> asking = stat(path);\nuse(asking.get());",
        "Task<std::unique_ptr<Reader>> opening = read(path);\nuse(std::move(opening).result());",
        "const int file = ::open(name, O_RDONLY);",
        "const auto got = ::pread(file, data, size, 0);",
        'std::FILE* file = std::fopen(name, "r");',
        "std::ifstream file(path);",
        "std::this_thread::sleep_for(kWait);",
        "use(std::filesystem::exists(path));",
        "use(request.body.flatten());",
    ],
)
def test_what_waits_is_refused(code):
    assert complaints("node/example.cc", code)


@pytest.mark.parametrize(
    "code",
    [
        "auto reading = offload([&] { return ::pread(file, data, size, 0); });",
        "auto making = offload([&] { return stat(path).get(); });",
        "use(pointer.get());",
        "use(detached_mount().get());",
        "// never .get() a task: stat(path).get()",
        'throw Error("call ::open() elsewhere");',
        "if (body.is_file()) {\n  read();\n} else {\n  use(body.flatten());\n}",
        "Task<Entry> asking = stat(path);\nconst Entry entry = co_await asking;",
    ],
)
def test_what_does_not_is_not(code):
    assert not complaints("node/example.cc", code)
