"""`/v1/statement_files`: hand a file in, see what was taken. The files of one merchant and mode are its own.

A file is the body itself (any content type; its name from Content-Disposition) or the first file of a multipart form.
An archive that holds several files is answered with a list of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from email.message import Message
from io import BytesIO
from typing import Annotated, Any

import msgspec
from python_multipart import parse_form
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import File

from tallystick import web
from tallystick.base import Refused
from tallystick.statements import look, wire
from tallystick.statements.intake import intake_all
from tallystick.statements.model import Reference, StatementRefusal
from tallystick.statements.record import FileRecord

LARGEST_UPLOAD_BYTES = 64 * 1024 * 1024
URL = "/v1/statement_files"
LINES_URL = "/v1/statement_lines"
SOURCE = "api"


class SearchParams(web.Params):
    """Lines by what they refer to."""

    reference: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    kind: Reference | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 10


async def _create(call: web.Call) -> web.Answer:
    name, content = uploaded(call.body, call.headers)
    principal = call.principal
    taken = await intake_all(
        call.db,
        content,
        name=name,
        source=SOURCE,
        now=call.now,
        owner=principal.merchant_id,
        livemode=principal.livemode,
    )
    records = [await _mine(call, one.file_id) for one in taken]
    shown = await _shown(call, records)
    return web.Answer(shown[0] if len(shown) == 1 else web.page(URL, shown, len(shown)))


async def _list(call: web.Call) -> web.Answer:
    params: web.ListParams = call.params
    principal = call.principal
    cursor = await _mine(call, params.cursor) if params.cursor else None
    records = await look.files(
        call.db,
        owner=principal.merchant_id,
        livemode=principal.livemode,
        limit=params.limit + 1,
        cursor=cursor,
        backwards=params.backwards,
    )
    return web.Answer(web.page(URL, await _shown(call, records), params.limit, backwards=params.backwards))


async def _retrieve(call: web.Call) -> web.Answer:
    (shown,) = await _shown(call, [await _mine(call, call.path["file"])])
    return web.Answer(shown)


async def _lines(call: web.Call) -> web.Answer:
    params: web.ListParams = call.params
    record = await _mine(call, call.path["file"])
    cursor = _ordinal(record, params.cursor) if params.cursor else None
    lines = await look.lines_of(call.db, record.id, limit=params.limit + 1, cursor=cursor, backwards=params.backwards)
    shown = [wire.line(line) for line in lines]
    return web.Answer(web.page(f"{URL}/{record.id}/lines", shown, params.limit, backwards=params.backwards))


async def _search(call: web.Call) -> web.Answer:
    params: SearchParams = call.params
    lines = await look.find(
        call.db,
        params.reference,
        kind=params.kind.value if params.kind else None,
        owner=call.principal.merchant_id,
        livemode=call.principal.livemode,
        limit=params.limit + 1,
    )
    return web.Answer(web.page(LINES_URL, [wire.line(line) for line in lines], params.limit))


async def _mine(call: web.Call, file_id: str) -> FileRecord:
    principal = call.principal
    return await look.retrieve(call.db, file_id, owner=principal.merchant_id, livemode=principal.livemode)


async def _shown(call: web.Call, records: Sequence[FileRecord]) -> list[dict[str, Any]]:
    statements = await look.statements_of(call.db, [record.id for record in records])
    return [wire.file(record, statements) for record in records]


def _ordinal(record: FileRecord, line_id: str) -> int:
    prefix, _, number = line_id.rpartition("_")
    if prefix != f"stl_{record.id[4:]}" or not (number.isascii() and number.isdecimal() and len(number) < 10):
        raise look.missing("statement_line", line_id)
    return int(number)


def uploaded(body: bytes, headers: dict[str, str]) -> tuple[str, bytes]:
    """Name and content of the file in a request. Raises Refused(FILE_EMPTY, STRUCTURE_INVALID)."""
    content_type = headers.get("content-type", "")
    if content_type.lower().startswith("multipart/form-data"):
        return _from_form(body, content_type)
    return _file_name(headers.get("content-disposition", "")) or "upload", body


def _from_form(body: bytes, content_type: str) -> tuple[str, bytes]:
    found: list[File] = []
    try:
        parse_form({"Content-Type": content_type.encode("latin-1", "replace")}, BytesIO(body), None, found.append)
        name, content = _first(found)
    except (FormParserError, ValueError) as error:
        message = f"The multipart form cannot be read: {error}. Send the file as the body itself or as one form field."
        raise Refused(StatementRefusal.STRUCTURE_INVALID, message, param="file") from None
    finally:
        for file in found:
            file.close()
    return name, content


def _first(found: list[File]) -> tuple[str, bytes]:
    if len(found) != 1:
        raise ValueError(f"it holds {len(found)} files where one is needed")
    (file,) = found
    file.file_object.seek(0)
    name = (file.file_name or b"").decode("utf-8", "replace")
    return _plain(name) or "upload", file.file_object.read()


def _file_name(disposition: str) -> str:
    message = Message()
    message["Content-Disposition"] = disposition.replace("\r", " ").replace("\n", " ") or "attachment"
    return _plain(message.get_filename() or "")


def _plain(name: str) -> str:
    """The last part of a path, without what cannot be shown."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:200]


def endpoints(*, limit_bytes: int = LARGEST_UPLOAD_BYTES) -> tuple[web.Endpoint, ...]:
    """The operations of this room; `limit_bytes` is the largest file that is taken."""
    return (
        web.Endpoint(
            "POST",
            URL,
            _create,
            raw=True,
            limit_bytes=limit_bytes,
            returns="statement_file",
            summary="Hand in a bank or processor file",
        ),
        web.Endpoint(
            "GET", URL, _list, params=web.ListParams, returns="statement_file", summary="List the files taken"
        ),
        web.Endpoint("GET", f"{URL}/{{file}}", _retrieve, returns="statement_file", summary="Retrieve a file"),
        web.Endpoint(
            "GET",
            f"{URL}/{{file}}/lines",
            _lines,
            params=web.ListParams,
            returns="statement_line",
            summary="List the lines of a file, in its order",
        ),
        web.Endpoint(
            "GET",
            LINES_URL,
            _search,
            params=SearchParams,
            many=True,
            returns="statement_line",
            summary="Find lines by a reference they carry",
        ),
    )
