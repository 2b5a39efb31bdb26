"""StorageConfig: a manager's mounts as a recipe. The package works without it, and imports it only when asked."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from typing import get_args

import pytest
from genro_bag.resolver import BagCbResolver
from genro_bag.resolvers import EnvResolver
from genro_builders.builder import BuilderBase, element

import genro_storage
from genro_storage import StorageConfigError, StorageManager, StoragePermissionError, _core
from genro_storage.storage_grammar import Permissions, StorageConfig, StorageGrammar, read_recipe

TAGS = ["local", "memory", "s3", "gcs", "azure", "http", "smb", "sftp", "zip", "tar", "git", "github", "webdav"]
TAGS += ["libarchive", "base64", "fsspec", "relative"]

# tag: required fields, other fields; an R behind a name: it may be a resolver.
FIELDS = {
    "local": ("base_pathR", "base_url"),
    "memory": ("", "base_pathR"),
    "base64": ("", ""),
    "s3": ("bucket", "base_pathR region anonR access_keyR secret_keyR endpoint_urlR version_aware"),
    "gcs": ("bucket", "base_pathR tokenR project endpoint_urlR"),
    "azure": ("container account_name", "account_keyR sas_tokenR connection_stringR"),
    "http": ("base_pathR", ""),
    "smb": ("hostR share", "base_pathR usernameR passwordR domain portR"),
    "sftp": ("hostR usernameR", "base_pathR passwordR portR key_filename passphraseR timeout"),
    "webdav": ("urlR", "usernameR passwordR tokenR cert verify_sslR"),
    "zip": ("file", "mode target_protocol target_options"),
    "tar": ("file", "compression target_protocol target_options"),
    "libarchive": ("file", "target_protocol target_options"),
    "git": ("base_pathR", "ref fo"),
    "github": ("org repo", "sha usernameR tokenR"),
    "fsspec": ("filesystemR", "base_pathR optionsR"),
    "relative": ("path", ""),
}


def recipe(write):
    """A StorageConfig whose main() is `write`."""

    class Recipe(StorageConfig):
        def main(self, root):
            write(root)

    return Recipe


def built(write):
    made = recipe(write)()
    made.create()
    return made


def test_a_recipe_class_configures_the_manager(tmp_path):
    class Mounts(StorageConfig):
        def main(self, root):
            mounts = root.mounts()
            mounts.local(name="docs", base_path=str(tmp_path))
            mounts.memory(name="cache", permissions="readonly")
            mounts.base64(name="inline")
            mounts.relative(name="public", path="docs:public", permissions="readwrite")

    storage = StorageManager()
    assert storage.configure(Mounts) is None
    assert storage.get_mount_names() == ["docs", "cache", "inline", "public"]
    storage.node("public:a").write_text("x")
    assert (tmp_path / "public/a").read_text() == "x"
    with pytest.raises(StoragePermissionError):
        storage.node("public:a").delete()
    with pytest.raises(StoragePermissionError):
        storage.node("cache:a").write_text("x")


def test_a_built_instance_may_be_used_again(tmp_path):
    made = built(lambda root: root.mounts().local(name="a", base_path=str(tmp_path)))
    for _ in range(2):
        storage = StorageManager()
        storage.configure(made)
        assert storage.get_mount_names() == ["a"]


def test_what_was_not_built_or_declares_nothing_is_refused():
    storage = StorageManager()
    with pytest.raises(StorageConfigError, match="has not been built"):
        storage.configure(recipe(lambda root: root.mounts())())
    with pytest.raises(StorageConfigError, match="has not been built"):
        storage.configure(recipe(lambda root: None))
    storage.configure(recipe(lambda root: root.mounts()))
    assert storage.get_mount_names() == []


def test_a_mount_outside_of_mounts_is_ignored_and_a_second_mounts_replaces_the_first():
    storage = StorageManager()
    storage.configure(recipe(lambda root: root.memory(name="stray")))
    assert storage.get_mount_names() == []

    def twice(root):
        root.mounts().memory(name="first")
        root.mounts().memory(name="second")

    storage.configure(recipe(twice))
    assert storage.get_mount_names() == ["second"]


def test_a_relative_mount_follows_its_parent():
    def write(root):
        mounts = root.mounts()
        mounts.relative(name="sub", path="later:x")
        mounts.memory(name="later")

    with pytest.raises(StorageConfigError, match="Parent mount 'later' not found"):
        StorageManager().configure(recipe(write))


def test_a_callable_base_stays_a_callable(tmp_path):
    asked = []

    def base():
        asked.append(1)
        return tmp_path

    storage = StorageManager()
    storage.configure(recipe(lambda root: root.mounts().local(name="a", base_path=base)))
    assert asked == []
    storage.node("a:x").write_text("1")
    assert asked


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda m: m.local(name="a"), "required attribute"),
        (lambda m: m.memory(), "name"),
        (lambda m: m.local(name="a", base_path=5), "Validation failed"),
        (lambda m: m.memory(name="a", permissions="all"), "Validation failed"),
        (lambda m: m.memory(name="a", nonsense=1), "nonsense"),
        (lambda m: (m.memory(name="a"), m.memory(name="a")), "duplicate collection key"),
        (lambda m: m.s3(name="a", base_path="x"), "required attribute 'bucket'"),
        (lambda m: m.s3(name="a", bucket="b", key="x"), "key"),
        (lambda m: m.mounts(), "mounts"),
    ],
)
def test_a_mistake_is_a_value_error_at_its_line(write, message):
    storage = StorageManager()
    with pytest.raises(ValueError, match=message):
        storage.configure(recipe(lambda root: write(root.mounts())))
    assert storage.get_mount_names() == []


def test_each_resolver_is_asked_once(tmp_path):
    asked = []

    def base():
        asked.append(1)
        return str(tmp_path)

    storage = StorageManager()
    storage.configure(recipe(lambda root: root.mounts().local(name="a", base_path=BagCbResolver(base))))
    assert asked == [1]
    storage.node("a:x").write_text("1")
    assert (tmp_path / "x").exists()
    assert asked == [1]


def test_a_resolver_that_yields_nothing_leaves_the_field_out(monkeypatch):
    monkeypatch.delenv("GENRO_TEST_UNSET", raising=False)
    storage = StorageManager()
    storage.configure(recipe(lambda root: root.mounts().memory(name="a", base_path=EnvResolver("GENRO_TEST_UNSET"))))
    assert storage.get_mount_names() == ["a"]
    with pytest.raises(StorageConfigError, match="missing required field: 'base_path'"):
        storage.configure(recipe(lambda root: root.mounts().local(name="b", base_path=EnvResolver("GENRO_TEST_UNSET"))))


def test_keys_may_come_from_a_resolver(monkeypatch):
    monkeypatch.setenv("GENRO_TEST_KEYS", f"acme:{'A' * 43}=")
    storage = StorageManager()
    storage.configure(recipe(lambda root: root.mounts(storage_key=EnvResolver("GENRO_TEST_KEYS"))))
    assert storage.encryption_domains == ["acme"]
    monkeypatch.setenv("GENRO_TEST_KEYS", "")
    with pytest.raises(StorageConfigError, match="at least one key is required"):
        storage.configure(recipe(lambda root: root.mounts(storage_key=EnvResolver("GENRO_TEST_KEYS"))))
    assert storage.encryption_domains == ["acme"]


def test_a_key_that_resolves_to_nothing_is_refused(monkeypatch):
    monkeypatch.delenv("GENRO_TEST_UNSET", raising=False)
    storage = StorageManager()
    with pytest.raises(StorageConfigError, match="storage_key"):
        storage.configure(recipe(lambda root: root.mounts(storage_key=EnvResolver("GENRO_TEST_UNSET"))))


def test_secrets_of_resolvers_do_not_show(monkeypatch):
    monkeypatch.setenv("GENRO_TEST_SECRET", "very-secret")
    storage = StorageManager()

    def write(root):
        root.mounts().s3(
            name="media", bucket="b", region="eu-west-1", access_key="A", secret_key=EnvResolver("GENRO_TEST_SECRET")
        )

    storage.configure(recipe(write))
    assert storage.get_mount_names() == ["media"]
    assert "very-secret" not in repr(storage) + repr(dict(storage._mounts))


def test_every_protocol_has_its_element_with_its_fields():
    class Dialect(StorageConfig):
        pass

    for tag in TAGS:
        required, others = (part.split() for part in FIELDS[tag])
        fields = {name.rstrip("R"): "x" for name in required}
        if tag == "relative":
            fields["path"] = "a:b"

        def full(root, tag=tag, fields=fields, others=others):
            mount = getattr(root.mounts(), tag)
            values = {name.removesuffix("R"): EnvResolver("HOME") for name in others if name.endswith("R")}
            mount(name="a", permissions="readonly", default_encrypted="domain", **fields, **values)

        built(full)
        for name in required:
            fewer = {key: value for key, value in fields.items() if key != name.rstrip("R")}
            with pytest.raises(ValueError, match="required attribute"):
                built(lambda root, tag=tag, fewer=fewer: getattr(root.mounts(), tag)(name="a", **fewer))
            if name.endswith("R"):
                built(
                    lambda root, tag=tag, fields=fields, name=name: getattr(root.mounts(), tag)(
                        **{"name": "a", **fields, name.rstrip("R"): EnvResolver("HOME")}
                    )
                )
        with pytest.raises(ValueError, match="required attribute 'name'"):  # by keyword only
            built(lambda root, tag=tag: getattr(root.mounts(), tag)("a"))


def test_every_option_of_a_protocol_is_an_attribute_of_its_element():
    values = {"flag": True, "integer": 1, "number": 0.5, "map": {"a": "b"}, "folder": "/x"}
    values |= dict.fromkeys(["text", "flag_or_text", "any"], "x")
    for protocol in _core._protocols()[2]:
        given = {
            option["name"]: (option["choices"].split() or [values[option["type"]]])[0] for option in protocol["options"]
        }

        def full(root, tag=protocol["name"], given=given):
            getattr(root.mounts(), tag)(name="a", mimetypes={".x": "text/x"}, **given)

        (mount,), _ = read_recipe(built(full))
        assert mount == {"name": "a", "protocol": protocol["name"], "mimetypes": {".x": "text/x"}, **given}


def test_only_those_elements_stand_in_mounts():
    assert get_args(Permissions) == ("readonly", "readwrite", "delete")
    with pytest.raises((ValueError, AttributeError)):
        built(lambda root: root.mounts().ftp(name="a"))


def test_a_host_document_can_hold_mounts():
    assert StorageManager.grammar is StorageGrammar
    assert StorageManager().grammar is StorageGrammar

    class Derived(StorageManager):
        pass

    assert Derived.grammar is StorageGrammar

    class Host(BuilderBase):
        _name = "host-of-storage"

        @element(_meta={"subbuilder": "app:grammar"})
        def storage(self, *, app: object = None): ...

        def main(self, root):
            root.storage(app=StorageManager).mounts().memory(name="inside")

    host = Host()
    host.create()
    (hosted,) = host.source
    mounts = hosted.value.get_node("mounts")
    assert [node.label for node in mounts.value] == ["inside"]


def test_other_sources_are_refused_and_named():
    storage = StorageManager()
    for bad in (("a",), {}, None, 5, object, StorageGrammar):
        with pytest.raises(TypeError, match=f"source must be.*{type(bad).__name__}"):
            storage.configure(bad)


def run(code, *options):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(code)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_package_imports_none_of_it_by_itself():
    run(
        """
        import sys
        from genro_storage import StorageManager
        storage = StorageManager()
        storage.configure([{"name": "a", "protocol": "memory"}])
        storage.node("a:x").write_text("x")
        heavy = {"genro_bag", "genro_builders", "fsspec", "genro_storage.storage_grammar", "genro_storage.backends",
                 "inspect", "dataclasses", "typing", "asyncio"}
        assert not heavy & set(sys.modules), heavy & set(sys.modules)
        """
    )


def test_without_its_packages_everything_else_works_and_it_says_what_to_install():
    run(
        """
        import sys
        sys.modules["genro_bag"] = sys.modules["genro_builders"] = None
        import genro_storage
        from genro_storage import *
        assert StorageManager and "StorageConfig" not in globals()
        for use in (lambda: genro_storage.StorageConfig, lambda: StorageManager.grammar,
                    lambda: __import__("genro_storage.storage_grammar")):
            try:
                use()
            except ImportError as error:
                assert "pip install genro-storage[config]" in str(error)
            else:
                raise AssertionError("no ImportError")
        try:
            StorageManager().configure(object())
        except TypeError as error:
            assert "source must be" in str(error)
        assert hasattr(genro_storage, "nonsense") is False
        """
    )


def test_it_is_a_name_of_the_package():
    assert genro_storage.StorageConfig is StorageConfig
    assert "StorageConfig" in genro_storage.__all__
    assert not hasattr(genro_storage, "StorageGrammar")
    assert issubclass(StorageConfig, BuilderBase)
    assert issubclass(StorageConfig, StorageGrammar)
