"""What code written for genro-storage 0.8 does, as plain functions that run in any process (see old_library.py).

Each takes a manager with the empty mounts `m` and `other` and gives plain values. Nothing here depends on time, or on
order that was never promised.
"""


def names_and_paths(storage):
    nodes = [
        storage.node("m:a//b/"),
        storage.node("m", "x/", "/y", "", "z.tar.gz"),
        storage.node("m:"),
        storage.node("m"),
        storage.node("m:///"),
        storage.node("m:a:b"),
        storage.node("m:café/☕.txt"),
        storage.node("m:.profile"),
        storage.node("m:name."),
        storage.node("m:a..b/.cfg.ini"),
        storage.node("m:dir.d/file"),
        storage.node("m:with space/100% #?.txt"),
    ]
    return [
        (n.fullpath, n.path, n.basename, n.stem, n.suffix, n.ext, n.dirname, n.parent.fullpath, n.splitext(), str(n))
        for n in nodes
    ] + [repr(n) for n in nodes]


def children_of_names(storage):
    node = storage.node("m:a/b")
    return [
        node.child("c").fullpath,
        node.child("c/d").fullpath,
        node.child("c", "d").fullpath,
        node.child("c//d/").fullpath,
        node.child("").fullpath,
        node.parent.parent.fullpath,
        node.parent.parent.parent.fullpath,
        type(node.child("x")).__name__,
    ]


def kinds_of_paths(storage):
    storage.node("m:d/sub/f.txt").write_text("12345")
    result = []
    for path in ["", "d", "d/sub", "d/sub/f.txt", "missing", "d/missing", "d/sub/f.txt.no"]:
        node = storage.node("m", path)
        result.append((path, node.exists(), node.is_file(), node.is_dir()))
    return result


def size_hash_and_type(storage):
    node = storage.node("m:d/f.json")
    node.write_bytes(b"{}" * 1000)
    mtime, size, is_dir = node.ext_attributes
    return [
        node.size(),
        node.md5hash(),
        node.mimetype,
        isinstance(node.mtime(), float),
        isinstance(mtime, float),
        size,
        is_dir,
        storage.node("m:missing").ext_attributes,
    ]


def folder_attributes(storage):
    storage.node("m:d/f").write_bytes(b"x")
    return storage.node("m:d").ext_attributes[1:]


def reading_and_writing(storage):
    node = storage.node("m:x/y/z.txt")
    result = [node.write("één\r\ntwo\rthree\n"), node.read(), node.read("rb"), node.read_text(), node.read_bytes()]
    result += [node.write(b"\x00\xff", mode="wb"), node.read("rb")]
    result += [node.write_text("é", encoding="latin-1"), node.read_bytes(), node.read_text(encoding="latin-1")]
    result += [node.write_bytes(bytearray(b"abc")), node.write_bytes(memoryview(b"def")), node.read_bytes()]
    result += [node.write_text(""), node.size(), node.read_text(), node.read_bytes()]
    return result


def writing_what_is_the_same(storage):
    node = storage.node("m:f")
    return [
        node.write_bytes(b"one", skip_if_unchanged=True),
        node.write_bytes(b"one", skip_if_unchanged=True),
        node.write_bytes(b"two", skip_if_unchanged=True),
        node.write_text("two", skip_if_unchanged=True),
        node.write("three", skip_if_unchanged=True),
        node.read_text(),
    ]


def streams(storage):
    node = storage.node("m:s/t.txt")
    with node.open("w") as file:
        file.write("line 1\n")
        file.write("line 2\n")
    with node.open() as file:
        lines = list(file)
    with node.open("rb") as file:
        parts = [file.read(3), file.tell(), file.seek(2), file.read(4), file.read()]
    with node.open("wb") as file:
        file.write(b"12")
    return lines, parts, node.read_bytes()


def listing_a_folder(storage):
    for path in ["a.txt", ".hidden", "b/c.txt", "b/d/e.txt", "z é/f"]:
        storage.node("m:top", path).write_text(path)
    top = storage.node("m:top")
    return sorted((n.fullpath, n.basename, n.is_dir(), type(n).__name__) for n in top.children())


def removing(storage):
    for path in ["d/a", "d/b/c", "f"]:
        storage.node("m", path).write_text("x")
    result = [storage.node("m:missing").delete(), storage.node("m:f").delete(), storage.node("m:d").delete()]
    result += [storage.node("m", path).exists() for path in ["d/a", "d/b/c", "d", "f"]]
    return result


def comparing(storage):
    a, b, c = (storage.node("m", name) for name in "abc")
    a.write_text("same")
    b.write_text("same")
    c.write_text("other")
    elsewhere = storage.node("other:a")
    elsewhere.write_text("same")
    missing = storage.node("m:missing")
    return [
        a == a,
        a == b,
        a != b,
        a == c,
        a != c,
        a == elsewhere,
        a == missing,
        missing == storage.node("m:missing"),
        a == None,  # noqa: E711
        a == "m:a",
        a != 1,
        a in [c, b],
    ]


def copying_a_file(storage):
    source = storage.node("m:a/f.txt")
    source.write_text("content")
    result = []
    for target in ["other:b/g.txt", "m:c/h.txt", storage.node("other:i")]:
        node = source.copy_to(target)
        result.append((node.fullpath, node.read_text(), node is target, source.exists()))
    return result


def copying_a_folder_with_filters(storage):
    for path in ["a.py", "b.txt", "sub/c.py", "sub/deep/d.py", "cache/e.py", "sub/test_f.py", "A.PY"]:
        storage.node("m:src", path).write_text(path)
    result = []
    choices = [
        {},
        {"include": "*.py"},
        {"include": ["*.txt", "sub/*"]},
        {"exclude": "cache/*"},
        {"include": "*.py", "exclude": ["sub/*", "cache*"]},
        {"include": "test_*.py"},
        {"include": "**/*.py"},
        {"include": "?.py"},
        {"include": "[ab].*"},
        {"filter": lambda node, path: "deep" not in path},
        {"filter": lambda node, path: 1 // (len(path) - 4)},
        {"include": []},
    ]
    for number, choice in enumerate(choices):
        files, skipped, steps = [], [], []
        storage.node("m:src").copy_to(
            f"other:dst{number}",
            on_file=lambda node, files=files: files.append(node.path),
            on_skip=lambda node, reason, skipped=skipped: skipped.append((node.path, reason)),
            progress=lambda done, total, steps=steps: steps.append((done, total)),
            **choice,
        )
        result.append((number, sorted(files), sorted(skipped), steps))
    return result


def copying_with_skip_strategies(storage):
    source, target = storage.node("m:s"), storage.node("other:t")
    for path, here, there in [
        ("same", "abc", "abc"),
        ("size", "abc", "xyz"),
        ("longer", "abcd", "abc"),
        ("new", "n", None),
    ]:
        source.child(path).write_text(here)
        if there is not None:
            target.child(path).write_text(there)
    result = []
    for skip in ["hash", "size", "exists", "never"]:
        files, skipped = [], []
        source.copy_to(
            target.child("") if skip == "never" else target,
            skip=skip,
            on_file=lambda node, files=files: files.append(node.basename),
            on_skip=lambda node, reason, skipped=skipped: skipped.append((node.basename, reason)),
        )
        result.append((skip, sorted(files), sorted(skipped)))
    custom = []
    source.copy_to(
        target,
        skip="custom",
        skip_fn=lambda a, b: a.basename == "same",
        on_skip=lambda node, reason: custom.append((node.basename, reason)),
    )
    return result, custom


def moving(storage):
    node = storage.node("m:a/f.txt")
    node.write_text("moved")
    same = node
    given = node.move_to("other:b/g.txt")
    folder = storage.node("m:dir")
    folder.child("x/y").write_text("deep")
    folder.move_to("other:moved")
    return [
        given is same,
        node.fullpath,
        node.read_text(),
        storage.node("m:a/f.txt").exists(),
        folder.fullpath,
        storage.node("m:dir").exists(),
        storage.node("other:moved/x/y").read_text(),
    ]


def iterating_over_nodes(storage):
    for name in "abc":
        storage.node("m", name).write_text(name * 3)
    it = storage.iternode(storage.node("m:a"), storage.node("m:b"))
    result = [it.read_text(), it.read_bytes(), it.exists(), it.fullpath, it.path]
    it.append(storage.node("m:c"))
    it.extend(storage.node("m:a"), storage.iternode(storage.node("m:b")))
    target = it.copy_to("other:joined/all.txt")
    return [*result, it.read(), target.fullpath, target.read_text(), storage.iternode().read_text()]


def diffs(storage):
    cases = [
        ("a\nb\nc\n", "a\nx\nc\n"),
        ("", "new\n"),
        ("same\n", "same\n"),
        ("no newline", "no newline at all"),
        ("".join(f"line {i}\n" for i in range(60)), "".join(f"line {i}\n" for i in range(60) if i % 17)),
        ("a\vb\x0cc\u2028d\n", "a\vb\x0cd\u2028d\n"),
        ("x\n" * 300 + "end\n", "x\n" * 250 + "y\n" + "x\n" * 60),
    ]
    result = []
    for before, after in cases:
        storage.node("m:before.txt").write_text(before)
        storage.node("m:after.txt").write_text(after)
        diff = storage.diffnode(storage.node("m:before.txt"), storage.node("m:after.txt"))
        result += [diff.read_text(), diff.read_bytes()]
    return result


def zipping(storage):
    import io
    import zipfile

    for path in ["d/a.txt", "d/sub/b.bin", "d/sub/é.txt", "f.txt"]:
        storage.node("m", path).write_text(path * 10)
    (storage.node("m:d").child("empty")).mkdir()
    archives = [
        storage.node("m:d").zip(),
        storage.node("m:f.txt").zip(),
        storage.iternode(storage.node("m:f.txt"), storage.node("m:d/a.txt")).zip(),
        storage.iternode().zip(),
    ]
    result = []
    for archive in archives:
        with zipfile.ZipFile(io.BytesIO(archive)) as unpacked:
            result.append((unpacked.testzip(), sorted((n, unpacked.read(n)) for n in unpacked.namelist())))
    return result


def data_uris(storage):
    node = storage.node("m:p.png")
    node.write_bytes(bytes(range(256)))
    return [node.to_base64(), node.to_base64(mime="x/y"), node.to_base64(include_uri=False)]


def files_on_disk(storage):
    import os

    node = storage.node("m:in/data.csv")
    node.write_text("1,2\n")
    with node.local_path() as path, open(path) as file:
        result = [os.path.splitext(path)[1], file.read()]
    with node.local_path(mode="rw") as path, open(path, "a") as file:
        file.write("3,4\n")
    with storage.node("m:new.txt").local_path(mode="w") as path, open(path, "w") as file:
        file.write("made")
    return [*result, node.read_text(), storage.node("m:new.txt").read_text()]


def running_programs(storage):
    node = storage.node("m:words.txt")
    node.write_text("b\na\n")
    called = []
    return [
        node.call("sort", node, return_output=True),
        node.call("sh", "-c", 'sort "$0" -o "$0"', node, callback=lambda: called.append(1)),
        node.read_text(),
        called,
    ]


def serving(storage):
    node = storage.node("m:page.html")
    node.write_bytes(b"<p>" + b"x" * 150_000)
    result = []

    def start_response(status, headers):
        known = ["Content-Type"] if status.startswith("404") else ["ETag", "Content-Type", "Content-Length"]
        known += ["Content-Disposition", "Cache-Control"]
        result.append((status, [name for name, _ in headers if name in known]))
        result.append([value for name, value in headers if name in known and name != "ETag"])

    environ = {"REQUEST_METHOD": "GET"}
    body = node.serve(environ, start_response)
    result += [len(body) > 1, max(map(len, body)) <= 65536, b"".join(body) == node.read_bytes()]
    list(node.serve(environ, start_response, download=True, cache_max_age=60))
    list(node.serve(environ, start_response, download_name="other.html"))
    result.append(list(storage.node("m:missing").serve(environ, start_response)))
    empty = storage.node("m:empty")
    empty.write_bytes(b"")
    result.append(list(empty.serve(environ, start_response)))
    if node.resolved_path:  # elsewhere 0.8 has no lasting time to make a tag of
        tag = []
        list(node.serve(environ, lambda status, headers: tag.append(dict(headers)["ETag"])))
        result.append(list(node.serve(environ | {"HTTP_IF_NONE_MATCH": tag[0]}, start_response)))
        mtime, size = tag[0].strip('"').rsplit("-", 1)
        result += [int(size), float(mtime) == node.mtime()]
    return result


def types_by_name(storage):
    names = (
        *("html", "htm", "txt", "css", "csv", "js", "mjs", "json", "xml", "pdf", "zip", "tar", "tar.gz", "tgz", "gz"),
        *("bz2", "7z", "docx", "xlsx", "pptx", "py", "md", "jpg", "jpeg", "png", "gif", "svg", "svgz", "webp", "ico"),
        *("mp3", "wav", "mp4", "webm", "woff", "woff2", "ttf", "JPG", "Html", "bin", "unknown"),
    )
    return {name: storage.node(f"m:file.{name}").mimetype for name in names} | {"": storage.node("m:file").mimetype}


def mounts(storage):
    storage.add_mount({"name": "sub", "path": "m:folder/inner"})
    storage.add_mount({"name": "ro", "path": "sub:deeper", "permissions": "readonly"})
    storage.node("sub:deeper/a").write_text("through")
    return [
        storage.get_mount_names(),
        storage.has_mount("sub"),
        storage.node("m:folder/inner/deeper/a").read_text(),
        storage.node("ro:a").read_text(),
        sorted(n.fullpath for n in storage.node("ro:").children()),
        repr(storage),
        storage.delete_mount("sub"),
        storage.get_mount_names(),
        storage.node("ro:a").read_text(),
    ]


def metadata_where_there_is_none(storage):
    node = storage.node("m:f")
    node.write_text("x")
    return node.get_metadata()


def errors(storage):
    """The classes of what bad calls raise: the first is compared with all of ours."""
    storage.node("m:d/f.txt").write_text("x")
    storage.add_mount({"name": "ro", "path": "m:d", "permissions": "readonly"})
    storage.add_mount({"name": "rw", "path": "m:d", "permissions": "readwrite"})
    missing, file, folder = storage.node("m:missing"), storage.node("m:d/f.txt"), storage.node("m:d")
    virtual = storage.iternode(file)
    untouched = storage.node("m:d/untouched.txt")  # a refused write empties a file of 0.8
    untouched.write_text("x")
    calls = {
        "unknown mount": lambda: storage.node("nope:x"),
        "parent in path": lambda: storage.node("m:a/../b"),
        "part is no text": lambda: storage.node("m", 1),
        "read missing": lambda: missing.read_bytes(),
        "read text missing": lambda: missing.read_text(),
        "open missing": lambda: missing.open().read(),
        "size missing": lambda: missing.size(),
        "mtime missing": lambda: missing.mtime(),
        "md5 missing": lambda: missing.md5hash(),
        "size of folder": lambda: folder.size(),
        "md5 of folder": lambda: folder.md5hash(),
        "read mode": lambda: file.read("w"),
        "write mode": lambda: file.write("x", mode="r"),
        "write bytes as text": lambda: file.write(b"x"),
        "write text as bytes": lambda: file.write("x", mode="wb"),
        "write_text bytes": lambda: file.write_text(b"x"),
        "write_bytes text": lambda: file.write_bytes("x"),
        "unknown encoding": lambda: untouched.read_text(encoding="nope"),
        "children of missing": lambda: missing.children(),
        "mkdir exists": lambda: folder.mkdir(),
        "copy missing": lambda: missing.copy_to("m:z"),
        "copy to unknown mount": lambda: file.copy_to("nope:z"),
        "custom without function": lambda: file.copy_to("m:z", skip="custom"),
        "move missing": lambda: missing.move_to("m:z"),
        "write virtual": lambda: virtual.write_text("x"),
        "write virtual wrong type": lambda: virtual.write_text(b"x"),
        "append to a real node": lambda: file.append(file),
        "extend a real node": lambda: file.extend(file),
        "md5 of virtual": lambda: virtual.md5hash(),
        "base64 of missing": lambda: missing.to_base64(),
        "base64 of folder": lambda: folder.to_base64(),
        "zip missing": lambda: missing.zip(),
        "serve folder": lambda: folder.serve({}, lambda *a: None),
        "copy to virtual": lambda: file.copy_to(virtual),
        "call fails": lambda: file.call("false"),
        "call unknown": lambda: file.call("no-such-program-anywhere"),
        "write on readonly": lambda: storage.node("ro:f.txt").write_text("y"),
        "delete on readonly": lambda: storage.node("ro:f.txt").delete(),
        "mkdir on readonly": lambda: storage.node("ro:n").mkdir(),
        "copy onto readonly": lambda: file.copy_to("ro:n"),
        "open for writing on readonly": lambda: storage.node("ro:n").open("w"),
        "local_path on readonly": lambda: storage.node("ro:f.txt").local_path("w"),
        "delete on readwrite": lambda: storage.node("rw:f.txt").delete(),
        "delete unknown mount": lambda: storage.delete_mount("nope"),
        "configure a tuple": lambda: storage.configure(()),
        "configure a missing file": lambda: storage.configure("/no/such/file.yaml"),
        "no name": lambda: storage.add_mount({"protocol": "memory"}),
        "no protocol": lambda: storage.add_mount({"name": "q"}),
        "unknown protocol": lambda: storage.add_mount({"name": "q", "protocol": "nope"}),
        "no base path": lambda: storage.add_mount({"name": "q", "protocol": "local"}),
        "relative base path": lambda: storage.add_mount({"name": "q", "protocol": "local", "base_path": "rel"}),
        "missing base path": lambda: storage.add_mount({"name": "q", "protocol": "local", "base_path": "/no/such"}),
        "no bucket": lambda: storage.add_mount({"name": "q", "protocol": "s3"}),
        "unknown parent": lambda: storage.add_mount({"name": "q", "path": "nope:x"}),
        "bad permissions": lambda: storage.add_mount({"name": "q", "path": "m:x", "permissions": "all"}),
        "fill from a file url": lambda: file.fill_from_url("ftp://x/y"),
    }
    result = {}
    for name, call in calls.items():
        try:
            call()
        except Exception as error:
            result[name] = ([kind.__name__ for kind in type(error).__mro__], str(error))
        else:
            result[name] = None
    return result
