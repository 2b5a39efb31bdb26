"""StorageNode: one file or folder of one mount, whether it exists or not."""

from __future__ import annotations

from enum import Enum

from . import _core, _local_paths, files

# Finalizers may need these at the end of the interpreter, when nothing can be imported any more. (They cannot call
# programs then: subprocess itself imports things while it starts one.)

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    from collections.abc import Callable, Sequence
    from typing import Any

    from ._local_paths import LocalPath
    from .capabilities import BackendCapabilities
    from .files import StorageFile

__all__ = ["SkipStrategy", "StorageNode"]


class SkipStrategy(str, Enum):  # noqa: UP042  str() of a StrEnum is another
    """When copy_to() leaves a file out."""

    NEVER = "never"
    EXISTS = "exists"
    SIZE = "size"
    HASH = "hash"
    CUSTOM = "custom"


class StorageNode(_core.Node):
    """One file or folder of one mount, whether it exists or not.

    Outside of an event loop every method that touches storage returns its value; inside a running loop it returns an
    awaitable of the same value. Names and other properties are plain everywhere.
    """

    __slots__ = ()

    def _create_node(self, manager: Any, mount_name: str, path: str) -> StorageNode:
        """Makes every node derived from this one; subclasses with other constructors override it."""
        return self.__class__(manager, mount_name, path)

    @property
    def capabilities(self) -> BackendCapabilities:
        """What this node's mount can do."""
        from .capabilities import BackendCapabilities

        return BackendCapabilities(**self._capability_fields())

    @property
    def _backend(self) -> Any:
        """The backend object of this node's mount; see StorageManager._mounts."""
        from ._compat.mounts import backend_of

        return backend_of(self)

    def open(self, mode: str = "r", version: Any = None, as_of: Any = None) -> StorageFile:
        """Open the file as a stream, with the modes of the builtin open(); text is UTF-8.

        Use it with `with`, or inside an event loop with `async with`. What was written appears whole when the block
        ends, and not at all when it raises.
        """
        return files.open_node(self, mode, version, as_of)

    def local_path(self, mode: str = "r") -> LocalPath:
        """The file under a path of the local file system: for `with`, or inside an event loop for `async with`.

        On a local mount it is the file's own path. Elsewhere it is a temporary file with the same extension: mode "r"
        downloads into it, "w" begins empty, "rw" downloads what there is; "w" and "rw" upload at the end of the block
        what was written, unless it raised.
        """
        return _local_paths.local_path(self, mode)

    def call(
        self,
        *args: Any,
        callback: Callable[[], object] | None = None,
        async_mode: bool = False,
        return_output: bool = False,
        **subprocess_kwargs: Any,
    ) -> Any:
        """Run a program. Nodes among the arguments become local paths; what it changes in them is uploaded at its end.

        No shell is used unless shell=True is given; other keyword arguments are those of subprocess.run(). A program
        that fails raises subprocess.CalledProcessError. Gives its output with return_output, else None; inside an event
        loop an awaitable of that, which kills the program when it is cancelled. callback() is called after the uploads.
        async_mode: returns None at once; a failure goes to the logger "genro_storage".
        """
        from ._calling import call

        return call(args, callback, async_mode, return_output, subprocess_kwargs)

    def serve(
        self,
        environ: dict[str, Any],
        start_response: Callable[..., Any],
        download: bool = False,
        download_name: str | None = None,
        cache_max_age: int | None = None,
        *,
        mimetype: str | None = None,
    ) -> Sequence[bytes]:
        """Serve the file as a WSGI application does: status and headers to start_response, the body as the value.

        Answers GET and HEAD, conditions, and ranges, as RFC 9110 says. A missing file is a 404; a folder raises
        ValueError. download: as an attachment under its own name, or under download_name; cache_max_age: seconds.
        """
        from ._serving import serve_node

        return serve_node(self, environ, start_response, download, download_name, cache_max_age, mimetype)

    def url(self, expires_in: float = 3600, **kwargs: Any) -> str | None:
        """A link for somebody else: signed and valid for expires_in seconds, or below the mount's base_url.

        None where the backend has none. Keyword arguments are for links that are signed: method="PUT", or parameters
        such as ResponseContentDisposition.
        """
        if not kwargs:
            return self._url(expires_in, "GET", kwargs)
        if self._python_core() is not None:  # it may take what is no text
            link: str | None = self._backend.url(self.path, expires_in=expires_in, **kwargs)
            return link
        from ._compat.links import method_and_parameters

        return self._url(expires_in, *method_and_parameters(kwargs))

    def __reduce__(self) -> tuple[Any, ...]:
        from . import registry

        return registry.reduce_node(self)


_core._set_node_class(StorageNode)
