"""The page and its modules: files of javascript/, under a path with their version, so that caches never mix two."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.responses import Response

from lib_regiondiff import __version__
from lib_regiondiff.server.answers import PRIVATE, Refused

PACKAGED = Path(__file__).resolve().parent / "javascript"
CLONED = Path(__file__).resolve().parent.parent.parent / "javascript"
PAGE = "regiondiff/page/index.html"
KINDS: Mapping[str, str] = {
    ".mjs": "text/javascript",
    ".js": "text/javascript",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain",
    ".md": "text/plain",
    ".woff2": "font/woff2",
}
"""Media types of what is served, by ending; nothing else is."""
TYPE = re.compile(r"/\*\* @type \{[^*]*?\} \*/ ?")
LAST = re.compile(r"""^((?:[^'"`/\\]|'[^'\\]*'|"[^"\\]*")*?) +// .*$""")
"""A line that ends in a comment, before which nothing but plain texts can hold a slash."""
FOREVER = "public, max-age=31536000, immutable"
POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "connect-src 'self' data: blob: {socket}",
        "worker-src 'self' blob:",
        "font-src 'self'",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
    ]
)
"""What the page may load. Older browsers do not count sockets as their own origin, so that is named."""


def lighten(module: str) -> str:
    """A module of ours without comments at the ends of lines, types and indents; its lines keep their numbers."""
    lines, inside = [], False
    for line in map(str.strip, module.split("\n")):
        begins = line.startswith("/*") and "*/" not in line
        own = inside or begins or line.startswith("//") or (line.startswith("/*") and line.find("*/") == len(line) - 2)
        lines.append("" if own else LAST.sub(r"\1", TYPE.sub("", line)))
        inside = (inside or begins) and "*/" not in line
    return "\n".join(lines)


def find_folder() -> Path:
    """The folder with the page's files: beside the library in a clone, inside it where a package was installed."""
    return PACKAGED if PACKAGED.is_dir() else CLONED


@dataclass(frozen=True)
class Modules:
    """The files of a folder that pages load."""

    folder: Path

    def list_files(self) -> dict[str, Path]:
        """The files that may be served, by their path below the folder; a request's text is only looked up in it."""
        found = (path for path in sorted(self.folder.rglob("*")) if path.suffix in KINDS and path.is_file())
        named = {path.relative_to(self.folder).as_posix(): path for path in found}
        return {name: path for name, path in named.items() if not any(part[0] == "." for part in name.split("/"))}

    def compute_version(self) -> str:
        """The version of the files as they are now, for the path that they are served under."""
        digest = hashlib.sha256()
        for name, path in self.list_files().items():
            seen = path.stat()
            digest.update(f"{name} {seen.st_size} {seen.st_mtime_ns}\n".encode())
        return f"{__version__}-{digest.hexdigest()[:12]}"

    def serve(self, version: str, name: str) -> Response:
        """One file; for ever, if the version is that of now. Refused (404) for a name that is not there."""
        path = self.list_files().get(name)
        if path is None:
            raise Refused(404, "path", "expected a file of the page, got a name that is none; reload the page")
        kind = KINDS[path.suffix]
        cache = FOREVER if version == self.compute_version() else "no-cache"
        body = lighten(path.read_text(encoding="utf-8")).encode() if path.suffix == ".mjs" else path.read_bytes()
        return Response(body, 200, {**PRIVATE, "cache-control": cache}, kind)

    def serve_page(self, ticket: str, host: str) -> Response:
        """The page, with a ticket and the version of its modules in the places that its HTML leaves for them."""
        path = self.list_files().get(PAGE)
        if path is None:
            raise Refused(500, "page", f"expected the page's files in {self.folder}, got none; install regiondiff anew")
        text = path.read_text(encoding="utf-8")
        for mark, value in {"{{ticket}}": ticket, "{{version}}": self.compute_version()}.items():
            text = text.replace(mark, html.escape(value))
        policy = POLICY.format(socket=f"ws://{host} wss://{host}")
        headers = {**PRIVATE, "referrer-policy": "no-referrer", "content-security-policy": policy}
        return Response(text.encode(), 200, {**headers, "x-frame-options": "SAMEORIGIN"}, "text/html")
