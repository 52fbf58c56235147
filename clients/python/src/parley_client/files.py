"""Files: uploads, which go on after an interruption, and downloads."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import mimetypes
import os
import tempfile
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path
from ssl import SSLContext
from typing import (
    Any,
    BinaryIO,
    Callable,
    Dict,
    Mapping,
    Optional,
    TypeVar,
    Union,
)
from urllib.parse import urljoin, urlsplit

from ._socket import Access
from .errors import ChatError, ConnectionLost

PIECE = 1 << 20
# How often an upload or a download goes on after a lost connection.
TRIES = 5

_TUS = {"Tus-Resumable": "1.0.0"}
_Result = TypeVar("_Result")


@dataclass(frozen=True)
class File:
    """A file of a message, or one that was uploaded."""

    id: str
    name: str
    type: str
    size: int
    url: str
    key: Optional[str] = None
    sha256: Optional[str] = None
    width: Optional[int] = None
    height: Optional[int] = None

    @classmethod
    def of(cls, message: Any) -> Optional[File]:
        """The file that a message shares; None: it shares none."""
        part = message.get("file") if isinstance(message, Mapping) else None
        if not isinstance(part, Mapping) or "url" not in part:
            return None
        fields: Dict[str, Any] = {
            name: part.get(name) for name in cls.__annotations__
        }
        return cls(**fields)

    @property
    def part(self) -> Dict[str, Any]:
        """What a message has as "file" to share it."""
        return {"id": self.id, **({"key": self.key} if self.key else {})}


class FileServer:
    """The HTTP side of the server of a WebSocket."""

    def __init__(
        self, url: str, access: Access, ssl: Optional[SSLContext], timeout: float
    ) -> None:
        parts = urlsplit(url)
        scheme = "https" if parts.scheme in ("wss", "https") else "http"
        self._base = f"{scheme}://{parts.netloc}/"
        self._access = access
        self._ssl = ssl
        self._timeout = timeout

    async def upload(
        self, path: Union[str, Path], *, name: Optional[str] = None
    ) -> File:
        headers = await self._access.headers()
        return await _in_thread(
            lambda: self._upload(Path(path), name, headers)
        )

    async def save(
        self, file: Union[File, str], path: Union[str, Path]
    ) -> Path:
        headers = await self._access.headers()
        return await _in_thread(lambda: self._save(file, Path(path), headers))

    # --- in a thread -----------------------------------------------------------

    def _upload(
        self,
        path: Path,
        name: Optional[str],
        headers: Mapping[str, str],
    ) -> File:
        name = name or path.name
        kind = mimetypes.guess_type(name)[0]
        with path.open("rb") as content:
            size = os.fstat(content.fileno()).st_size
            made = self._ask(
                "POST",
                "/v1/files",
                {
                    **headers,
                    **_TUS,
                    "Upload-Length": str(size),
                    "Upload-Metadata": _metadata(
                        filename=name, filetype=kind
                    ),
                },
            )
            location = made.headers["Location"]
            file = File.of({"file": json.loads(made.body)})
            assert file is not None
            self._send_pieces(location, content, size, headers)
        return file if size == 0 else self._complete(file, location, headers)

    def _send_pieces(
        self,
        location: str,
        content: BinaryIO,
        size: int,
        headers: Mapping[str, str],
    ) -> None:
        at = failures = 0
        while at < size:
            content.seek(at)
            try:
                self._ask(
                    "PATCH",
                    location,
                    {
                        **headers,
                        **_TUS,
                        "Content-Type": "application/offset+octet-stream",
                        "Upload-Offset": str(at),
                    },
                    content.read(PIECE),
                )
                at, failures = min(at + PIECE, size), 0
            except ChatError as error:
                # The server may still read from the connection before.
                if not (
                    isinstance(error, ConnectionLost)
                    or error.code == "file_offset"
                ):
                    raise
                failures += 1
                if failures == TRIES:
                    raise
                at = self._offset(location, headers, at)

    def _offset(
        self, location: str, headers: Mapping[str, str], at: int
    ) -> int:
        """What has arrived; the old value if the server cannot be asked."""
        try:
            head = self._ask("HEAD", location, {**headers, **_TUS})
        except ConnectionLost:
            return at
        return int(head.headers["Upload-Offset"])

    def _complete(
        self, file: File, location: str, headers: Mapping[str, str]
    ) -> File:
        """The type is known when the upload is complete."""
        head = self._ask("HEAD", location, dict(headers))
        return File(
            file.id,
            file.name,
            head.headers["Content-Type"],
            int(head.headers["Content-Length"]),
            file.url,
            file.key,
        )

    def _save(
        self, file: Union[File, str], path: Path, headers: Mapping[str, str]
    ) -> Path:
        url = file if isinstance(file, str) else file.url
        if not self._is_own(url):
            headers = {}  # a token is for its server only
        if path.is_dir():
            name = "file" if isinstance(file, str) else Path(file.name).name
            path = path / (name or "file")
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".parley-")
        try:
            with os.fdopen(handle, "wb") as out:
                self._load(url, out, headers)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
        return path

    def _load(
        self, url: str, out: BinaryIO, headers: Mapping[str, str]
    ) -> None:
        """Goes on behind what it has; the ETag shows that it is the same."""
        at, etag, failures = 0, "", 0
        sha = hashlib.sha256()
        while True:
            asked = dict(headers)
            if at:
                asked.update({"Range": f"bytes={at}-", "If-Range": etag})
            connection, response = self._request("GET", url, asked)
            try:
                if at and response.status != 206:
                    raise ChatError("The file has changed")
                etag = response.headers.get("ETag", "")
                while piece := response.read(PIECE):
                    out.write(piece)
                    sha.update(piece)
                    at += len(piece)
                if response.length:
                    raise http.client.IncompleteRead(b"", response.length)
                break
            except (OSError, http.client.HTTPException) as error:
                failures += 1
                if failures == TRIES:
                    raise ConnectionLost(f"{url}: {error}") from error
            finally:
                connection.close()
        if etag and etag.strip('"') != sha.hexdigest()[:32]:
            raise ChatError("The file is damaged: its hash is another one")

    def _is_own(self, url: str) -> bool:
        return urljoin(self._base, url).startswith(self._base)

    def _ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Optional[bytes] = None,
    ) -> _Answer:
        connection, response = self._request(method, target, headers, body)
        try:
            return _Answer(response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ConnectionLost(f"{target}: {error}") from error
        finally:
            connection.close()

    def _request(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: Optional[bytes] = None,
    ) -> Any:
        """The connection and the response; ChatError: it was refused."""
        parts = urlsplit(urljoin(self._base, target))
        host, port = parts.hostname or "", parts.port
        connection: http.client.HTTPConnection
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                host, port, timeout=self._timeout, context=self._ssl
            )
        else:
            connection = http.client.HTTPConnection(
                host, port, timeout=self._timeout
            )
        query = f"?{parts.query}" if parts.query else ""
        try:
            connection.request(method, parts.path + query, body, dict(headers))
            response = connection.getresponse()
            if response.status < 400:
                return connection, response
            refusal = _refusal(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise ConnectionLost(f"{target}: {error}") from error
        connection.close()
        raise refusal


@dataclass(frozen=True)
class _Answer:
    headers: Mapping[str, str]
    body: bytes


def _refusal(status: int, body: bytes) -> ChatError:
    try:
        answer = json.loads(body)
        return ChatError(
            str(answer["text"]), code=str(answer["error"]), details=answer
        )
    except (ValueError, KeyError, TypeError):
        return ChatError(f"The server answered with HTTP status {status}")


def _metadata(**values: Optional[str]) -> str:
    return ",".join(
        f"{key} {b64encode(value.encode()).decode()}"
        for key, value in values.items()
        if value
    )


async def _in_thread(work: Callable[[], _Result]) -> _Result:
    return await asyncio.get_running_loop().run_in_executor(None, work)
