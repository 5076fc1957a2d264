"""The one way in which this package writes files, and what tells a damaged one when it is read again.

A file is written as a draft beside the one that it is to replace, and takes its name when it is complete. A process
that is killed leaves the old file, or none, and a full disk does too.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from lime.results.exceptions import LimeError

__all__ = ["FileLock", "remove_drafts", "target_of", "write_bytes", "write_text", "writing"]

_DRAFT = re.compile(r"(?s)\.(?P<name>.*)\.[0-9a-f]{16}\.lime-draft")
_NAME_LENGTH = 40
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EFBIG, errno.EROFS)
"""What a write says that does not say to which file."""

_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
    (stat.S_ISLNK, "a link that leads in a circle"),
)


@contextmanager
def writing(path: str | os.PathLike[str], *, durable: bool = False, follow: bool = True) -> Iterator[IO[bytes]]:
    """Open a draft for writing; when the block ends well it replaces the file, else it is removed.

    Parameters
    ----------
    path : path
        A file that is there is replaced and keeps its mode; through a link, what the link points to.
    durable : bool
        Whether the content is to be on the disk, and not only on its way to it, when this returns.
    follow : bool
        Whether `path` may be a link.

    Yields
    ------
    binary file

    Raises
    ------
    LimeError
        `path` is no regular file: writing to a device or a folder would replace it.
    OSError
        The file cannot be written. It names `path`, not the draft.
    """
    target, before = target_of(path, follow)
    if before is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(path))
    draft: Path | None = None
    try:
        draft, descriptor = _new_draft(target)
        with os.fdopen(descriptor, "w+b") as file:
            if before is not None:
                _keep_mode(file.fileno(), before)
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
        os.replace(draft, target)
    except OSError as error:
        ours = error.filename is not None and _DRAFT.fullmatch(os.path.basename(os.fspath(error.filename)))
        if ours or (error.filename is None and error.errno in _FULL):
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink()  # it is not there any more where all went well
    if durable and os.name == "posix":
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_bytes(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a whole file; see `writing`."""
    with writing(path) as file:
        file.write(content)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write a whole file in UTF-8; see `writing`."""
    write_bytes(path, text.encode("utf-8"))


def target_of(path: str | os.PathLike[str], follow: bool = True) -> tuple[Path, os.stat_result | None]:
    """Return where a file is to be written, behind all links, and what is known of the one that is there.

    Raises
    ------
    LimeError
        What is there is no regular file, or it is a link and may be none.
    """
    name = os.fsdecode(path)
    target = Path(os.path.realpath(name) if follow else os.path.abspath(name))
    try:
        found = os.lstat(target)
    except FileNotFoundError:
        if name.endswith(("/", os.sep)):
            raise LimeError(f"cannot write {name}: it is the name of a folder; expected a file") from None
        return target, None
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from error
    if stat.S_ISREG(found.st_mode):
        return target, found
    kind = next((words for test, words in _KINDS if test(found.st_mode)), "no file")
    if kind.startswith("a link") and not follow:
        kind = "a link"
    raise LimeError(f"cannot write {name}: it is {kind}; expected a regular file, or a name that is not there yet")


def remove_drafts(folder: str | os.PathLike[str], of: str | None = None) -> None:
    """Remove drafts in a folder whose writers were killed: a writer that lives holds a lock on its own.

    Parameters
    ----------
    folder : path
    of : str, optional
        Name of the file whose drafts are meant; those of any file when None.
    """
    if os.name != "posix":
        return
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries]
    for name in names:
        match = _DRAFT.fullmatch(name)
        if match is not None and (of is None or match["name"] == _short(of)):
            _remove_if_abandoned(os.path.join(folder, name))


def _remove_if_abandoned(draft: str) -> None:
    with suppress(OSError):
        descriptor = os.open(draft, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        try:
            if stat.S_ISREG(os.fstat(descriptor).st_mode) and _lock(descriptor):
                os.unlink(draft)
        finally:
            os.close(descriptor)


def _short(name: str) -> str:
    """A name that leaves room for what a draft's adds to it; letters may take four bytes each."""
    return name[:_NAME_LENGTH]


def _new_draft(target: Path) -> tuple[Path, int]:
    """Make a file under a name that nobody has, locked for as long as it is open."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
    for extra in ("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY"):
        flags |= getattr(os, extra, 0)
    while True:
        draft = target.with_name(f".{_short(target.name)}.{secrets.token_hex(8)}.lime-draft")
        try:
            descriptor = os.open(draft, flags, 0o666)
        except FileExistsError:
            continue
        # Between these two somebody may have taken it for an abandoned one.
        if _lock(descriptor) is not False and os.path.lexists(draft):
            return draft, descriptor
        os.close(descriptor)


def _keep_mode(descriptor: int, before: os.stat_result) -> None:
    """Give a draft the owner and the mode of the file that it replaces, as far as this process may."""
    if not hasattr(os, "fchown"):
        return
    made = os.fstat(descriptor)
    if (made.st_uid, made.st_gid) != (before.st_uid, before.st_gid):
        with suppress(OSError):
            os.fchown(descriptor, before.st_uid, before.st_gid)
    with suppress(OSError):
        os.fchmod(descriptor, stat.S_IMODE(before.st_mode))


def _lock(descriptor: int) -> bool | None:
    """Lock an open file: False where another one holds the lock, None where this file system knows no locks."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


class FileLock:
    """A file that one process at a time holds. The lock ends with the process, however that ends.

    Parameters
    ----------
    path : path
        Is made if need be, and removed when the lock is given back.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = os.fspath(path)
        self._descriptor: int | None = None

    def acquire(self) -> bool | None:
        """Take the lock.

        Returns
        -------
        bool or None
            False where another process holds it; None where this file system knows no locks.
        """
        flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        while True:
            descriptor = os.open(self._path, flags | getattr(os, "O_NONBLOCK", 0), 0o666)
            taken = _lock(descriptor)
            if taken is False:
                os.close(descriptor)
                return False
            if _is_same(descriptor, self._path):
                self._descriptor = descriptor
                _HELD.add(descriptor)
                return taken
            os.close(descriptor)  # its holder gave it back, and removed it, in between

    def release(self) -> None:
        """Give the lock back."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None or descriptor not in _HELD:  # a fork of the process that took it
            return
        _HELD.discard(descriptor)
        if sys.platform != "win32":
            with suppress(OSError):
                os.unlink(self._path)
        os.close(descriptor)
        if sys.platform == "win32":  # what is open cannot be removed there
            with suppress(OSError):
                os.unlink(self._path)


def _is_same(descriptor: int, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), os.lstat(path))
    except OSError:
        return False


_HELD: set[int] = set()
"""Open files with a lock. A forked child must not keep its parent's: it would hold them when the parent is gone."""


def _let_go() -> None:
    for descriptor in _HELD:
        with suppress(OSError):
            os.close(descriptor)
    _HELD.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
