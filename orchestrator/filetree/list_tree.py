"""Lists a tree of files; runs inside a service's container, under Python 3.9 or newer, and imports nothing of ours.

From stdin, as JSON: `root`, `exclude` (patterns of paths below it), `key` (in hexadecimal), `names`. To stdout, as
JSON: `{path below root: what is there}`. Whoever does not know the key can guess neither a content from its digest nor,
without `names`, a path.
"""

from __future__ import annotations

import fnmatch
import hmac
import json
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHUNK = 1 << 20
TYPES = {stat.S_IFREG: "file", stat.S_IFDIR: "folder", stat.S_IFLNK: "link"}
SHORT = 16


def keyed(key: bytes, chunks: Iterable[bytes]) -> str:
    """Return a digest that only who knows the key can make."""
    digest = hmac.new(key, digestmod="sha256")
    for chunk in chunks:
        digest.update(chunk)
    return digest.hexdigest()


def content(path: Path) -> Iterator[bytes]:
    """Yield a file in chunks."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def attributes(path: Path) -> Iterator[bytes]:
    """Yield the extended attributes, access lists among them, in order; nothing where there can be none."""
    try:
        names = sorted(os.listxattr(path, follow_symlinks=False))
    except OSError:
        return
    for name in names:
        yield os.fsencode(name) + b"\0" + os.getxattr(path, name, follow_symlinks=False) + b"\0"


def entry(path: Path, key: bytes) -> dict[str, Any]:
    """Return what is at a path; what cannot be read says so."""
    try:
        found = path.lstat()
        told: dict[str, Any] = {
            "type": TYPES.get(stat.S_IFMT(found.st_mode), "other"),
            "permissions": f"{stat.S_IMODE(found.st_mode):04o}",
            "owner": f"{found.st_uid}:{found.st_gid}",
            "attributes": keyed(key, attributes(path)),
        }
        if told["type"] == "file":
            told |= {"size": found.st_size, "time": found.st_mtime_ns, "content": keyed(key, content(path))}
        elif told["type"] == "link":
            told["content"] = keyed(key, [os.fsencode(path.readlink())])
    except OSError as error:
        return {"error": error.strerror}
    return told


def below(root: Path, exclude: Iterable[str]) -> Iterator[tuple[Path, str]]:
    """Yield each path with what it is called below `root`: the root itself first, what is excluded never."""
    waiting = [(root, ".")]
    while waiting:
        path, name = waiting.pop()
        yield path, name
        try:
            inside = sorted(path.iterdir()) if path.is_dir() and not path.is_symlink() else []
        except OSError as error:
            raise SystemExit(f"{path}: {error.strerror}") from None
        for each in inside:
            further = each.name if name == "." else f"{name}/{each.name}"
            if not any(fnmatch.fnmatchcase(further, pattern) for pattern in exclude):
                waiting.append((each, further))


def listed(root: Path, exclude: Iterable[str], key: bytes, *, names: bool) -> dict[str, dict[str, Any]]:
    """Return what the tree holds; a name that is no UTF-8 is told with its bytes in hexadecimal."""
    tree = {}
    for path, name in below(root, exclude):
        raw = os.fsencode(name)
        tree[raw.decode(errors="backslashreplace") if names else keyed(key, [raw])[:SHORT]] = entry(path, key)
    return tree


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    key_of_run = bytes.fromhex(asked["key"])
    json.dump(listed(Path(asked["root"]), asked["exclude"], key_of_run, names=asked["names"]), sys.stdout)
