"""The exceptions of the package. Each is a StorageError and the builtin that callers would catch anyway.

The engine raises exactly one class for each kind of failure; `code` names the kind.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs milliseconds to import
    from typing import Any


class StorageError(Exception):
    """Base of all failures of this package.

    Attributes:
        code: the kind of failure, for example "not_found".
        operation: what was being done, for example "read".
        where: the address it was done to, for example "docs:a.txt".
        attempts: how often it was tried.
        elapsed: seconds from the first try to the failure; 0.0 when not measured.
        request_id: the server's id of the failed request, "" when it gave none.
    """

    code: str = ""
    operation: str = ""
    where: str = ""
    attempts: int = 1
    elapsed: float = 0.0
    request_id: str = ""

    def __reduce__(self) -> tuple[Any, ...]:
        state = dict(self.__dict__)
        if isinstance(self, OSError) and self.errno is not None:
            state["errno"] = self.errno
        return type(self), self.args, state


class StorageNotFoundError(StorageError, FileNotFoundError):
    """No such file, folder, bucket, version or mount."""


class StorageMountError(StorageNotFoundError, KeyError):
    """No mount of that name, where a mount and not an address was asked for."""


class StoragePermissionError(StorageError, PermissionError):
    """The mount's permission level, the operating system or the server refused."""


class StorageConfigError(StorageError, ValueError):
    """The configuration of a mount is wrong."""


class StorageConfigTypeError(StorageConfigError, TypeError):
    """A mount is configured by a dict, and this is none."""


class StorageUnsupportedError(StoragePermissionError):
    """The mount's backend cannot do this at all."""


class StorageAuthenticationError(StoragePermissionError):
    """Credentials are missing, unknown, expired or wrongly signed."""


class StorageExistsError(StorageError, FileExistsError):
    """The target exists and must not."""


class StorageIsADirectoryError(StorageError, IsADirectoryError):
    """A file was needed, a folder was found."""


class StorageNotADirectoryError(StorageError, NotADirectoryError, ValueError):
    """A folder was needed, a file was found. (Listing a file was always a ValueError.)"""


class StorageNotEmptyError(StorageError, OSError, ValueError):
    """An empty folder was needed, one with entries was found."""


class StorageValueError(StorageError, ValueError):
    """An argument makes no sense."""


class StorageDetachedError(StorageValueError, AttributeError):
    """The node has no mount, or is virtual, and this needs a storage behind it."""


class StoragePathError(StorageValueError):
    """A path with `..` or NUL, or one that leaves its mount."""


class StorageTypeError(StorageError, TypeError):
    """An argument of the wrong type."""


class StorageIndexError(StorageError, IndexError):
    """An index or a byte range outside of what exists."""


class StorageConflictError(StorageError, OSError):
    """The file changed or exists, contrary to the caller's condition."""


class StorageTimeoutError(StorageError, TimeoutError):
    """A bounded wait ran out."""


class StorageCancelledError(StorageError):
    """The operation was stopped from outside."""


class StorageConnectionError(StorageError, ConnectionError):
    """Connecting failed, the connection broke, or its TLS handshake was refused."""


class StorageProtocolError(StorageConnectionError):
    """The other side does not follow its protocol."""


class StorageTruncatedError(StorageConnectionError):
    """Fewer bytes arrived than were announced."""


class StorageCorruptError(StorageError, OSError):
    """The bytes do not match their checksum."""


class StorageNoSpaceError(StorageError, OSError):
    """The disk or the quota is full."""


class StorageUnavailableError(StorageError, OSError):
    """The server failed transiently."""


class StorageThrottledError(StorageUnavailableError):
    """The server asks to slow down."""


class StorageNameError(StorageError, OSError):
    """A file name longer than the backend takes."""


class StorageDependencyError(StorageError, ImportError):
    """A shared library that the mount's protocol needs is not installed."""


class StorageIOError(StorageError, OSError):
    """Any other failure of the operating system."""


class StorageEventLoopError(StorageError, RuntimeError):
    """Awaiting in an event loop that is not asyncio's, or in none. Nothing was begun."""


class StorageInternalError(StorageError, RuntimeError):
    """A defect of this library."""


def _lazy_base(name: str) -> tuple[str, type[Exception]]:
    """What a class that is made when first asked for says of itself, and its base besides StorageError."""
    if name == "StorageSameFileError":
        from shutil import SameFileError

        return "Source and destination of a copy are one file, under whatever names.", SameFileError
    doc = "Encrypted content that no installed key of its domain opens: it was altered, or the key is another."
    try:
        from cryptography.fernet import InvalidToken
    except ImportError:
        return doc, StorageError
    return doc, InvalidToken


def __getattr__(name: str) -> type[StorageError]:
    """Classes with a base whose import takes time, made when first asked for.

    StorageSameFileError, also `shutil.SameFileError`: source and destination of a copy are one file.
    StorageInvalidTokenError, also `cryptography.fernet.InvalidToken` where that package is installed: encrypted content
    that no installed key opens.
    """
    if name not in ("StorageSameFileError", "StorageInvalidTokenError"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    doc, base = _lazy_base(name)
    bases = (StorageError,) if base is StorageError else (StorageError, base)
    made: type[StorageError] = type(name, bases, {"__doc__": doc, "__module__": __name__})
    globals().setdefault(name, made)  # one class, whichever thread came first
    kept: type[StorageError] = globals()[name]
    return kept
