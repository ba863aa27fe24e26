"""The files of the pages: style, scripts, pictures, each kept compressed and under an address that names its content.

Only these are compressed. A page that holds a secret beside what its address said would tell by its length, compressed,
whether the two are alike; the files are the same for everybody and nine tenths of what a first visit loads.
"""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from flask import Flask, Response, abort, request
from werkzeug.security import safe_join

FOLDER: Final = Path(__file__).resolve().parent.parent / "static"
COMPRESSED_TYPES: Final = frozenset({"text/css", "text/javascript", "application/javascript", "image/svg+xml"})
KEPT: Final = "public, max-age=31536000, immutable"
"""A year: another content has another address."""
_STAMP_LENGTH: Final = 12
FILES_MAX: Final = 256
"""More than there are; the process keeps them, whichever application asked first."""


@dataclass(frozen=True)
class Asset:
    """One file: its bytes, the same compressed (empty where that gains nothing), and a mark of its content."""

    mimetype: str
    body: bytes
    compressed: bytes
    stamp: str


class Assets:
    """The files of one folder, read when first asked for, and again when they were written anew."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._folder = folder

    def find(self, name: str) -> Asset | None:
        """A file by its name below the folder; None when there is none."""
        path = safe_join(str(self._folder), name)
        if path is None:
            return None
        try:
            return _read(Path(path), Path(path).stat().st_mtime_ns)
        except OSError:
            return None

    def serve(self, filename: str) -> Response:
        """Answer a request for a file: compressed for whoever takes that, 304 for whoever has it already."""
        asset = self.find(filename)
        if asset is None:
            abort(404)
        takes_gzip = bool(asset.compressed) and request.accept_encodings["gzip"] > 0
        response = Response(asset.compressed if takes_gzip else asset.body, mimetype=asset.mimetype)
        if takes_gzip:
            response.content_encoding = "gzip"
        response.vary.add("Accept-Encoding")
        response.set_etag(f"{asset.stamp}-gzip" if takes_gzip else asset.stamp)
        same = request.args.get("v") == asset.stamp
        response.headers["Cache-Control"] = KEPT if same else "no-cache"
        response.make_conditional(request)
        return response


def install(app: Flask) -> None:
    """Serve the files under `/static/`, and let `url_for("static", …)` name their content."""
    assets = Assets()
    app.add_url_rule("/static/<path:filename>", "static", assets.serve)

    def name_content(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and (asset := assets.find(values["filename"])) is not None:
            values["v"] = asset.stamp

    app.url_defaults(name_content)


@lru_cache(maxsize=FILES_MAX)
def _read(path: Path, _modified_ns: int) -> Asset:
    body = path.read_bytes()
    mimetype = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    # No name and no time inside: the same file is the same bytes.
    compressed = gzip.compress(body, mtime=0) if mimetype in COMPRESSED_TYPES else b""
    return Asset(mimetype, body, compressed, hashlib.sha256(body).hexdigest()[:_STAMP_LENGTH])
