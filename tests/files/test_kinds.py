"""The kind of a file is what its content says, and some kinds are not taken."""

import io
import zipfile

import pytest
from PIL import Image

from app.files.kinds import HEAD, UnsupportedType, kind_at_first_sight, kind_within
from tests.files.people import PDF, Desk


def picture(format_: str, mode: str = "RGB") -> bytes:
    written = io.BytesIO()
    Image.new(mode, (32, 32)).save(written, format_)
    return written.getvalue()


def zipped(*names: str, mimetype: str | None = None) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        if mimetype is not None:
            archive.writestr(zipfile.ZipInfo("mimetype"), mimetype)
        for name in names:
            archive.writestr(name, "content " * 200)
    return written.getvalue()


def ole(stream: str) -> bytes:
    """A file as old office programs wrote it, with its folder of streams in the third sector."""
    header = bytearray(512)
    header[:8] = bytes.fromhex("d0cf11e0a1b11ae1")
    header[30:32] = (9).to_bytes(2, "little")
    header[48:52] = (2).to_bytes(4, "little")
    return bytes(header) + bytes(1024) + "Root Entry".encode("utf-16-le").ljust(128, b"\0") + stream.encode("utf-16-le")


def media(brand: bytes) -> bytes:
    return b"\0\0\0\x18ftyp" + brand + b"\0\0\0\0" + brand + bytes(300)


_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

TAKEN = {
    "png": (picture("PNG"), "image/png"),
    "jpeg": (picture("JPEG"), "image/jpeg"),
    "gif": (picture("GIF"), "image/gif"),
    "webp": (picture("WEBP"), "image/webp"),
    "avif": (picture("AVIF"), "image/avif"),
    "heic": (media(b"heic"), "image/heic"),
    "heif": (media(b"mif1"), "image/heic"),
    "bmp": (picture("BMP"), "image/bmp"),
    "tiff": (picture("TIFF"), "image/tiff"),
    "pdf": (PDF, "application/pdf"),
    "pdf of letters": (b"%PDF-1.4\n1 0 obj", "application/pdf"),
    "docx": (zipped("[Content_Types].xml", "word/document.xml"), f"{_OOXML}.wordprocessingml.document"),
    "xlsx": (zipped("[Content_Types].xml", "xl/workbook.xml"), f"{_OOXML}.spreadsheetml.sheet"),
    "pptx": (zipped("[Content_Types].xml", "ppt/presentation.xml"), f"{_OOXML}.presentationml.presentation"),
    "odt": (zipped("content.xml", mimetype=f"{_ODF}.text"), f"{_ODF}.text"),
    "ods": (zipped("content.xml", mimetype=f"{_ODF}.spreadsheet"), f"{_ODF}.spreadsheet"),
    "odp": (zipped("content.xml", mimetype=f"{_ODF}.presentation"), f"{_ODF}.presentation"),
    "zip": (zipped("plan.pdf"), "application/zip"),
    "empty zip": (zipped(), "application/zip"),
    "doc": (ole("WordDocument"), "application/msword"),
    "xls": (ole("Workbook"), "application/vnd.ms-excel"),
    "ppt": (ole("PowerPoint Document"), "application/vnd.ms-powerpoint"),
    "rtf": (b"{\\rtf1\\ansi hello}", "application/rtf"),
    "text": ("Grüße\n\tan alle 🦊\r\n".encode(), "text/plain"),
    "csv": (b"room;price\nbath;12\n", "text/plain"),
    "old text": ("Grüße".encode("latin-1"), "text/plain"),
    "html": (b"<!doctype html><script>alert(1)</script>", "text/plain"),
    "svg": (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "text/plain"),
    "text like a picture": (b"BM is what he said, GIF89a too", "text/plain"),
    "mp4": (media(b"isom"), "video/mp4"),
    "mov": (media(b"qt  "), "video/quicktime"),
    "m4a": (media(b"M4A "), "audio/mp4"),
    "webm": (bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282847765626d") + bytes(50), "video/webm"),
    "mp3": (b"ID3\x04\0\0\0\0\0\0" + bytes(60), "audio/mpeg"),
    "mp3 without a tag": (b"\xff\xfb\x90\x64" + bytes(60), "audio/mpeg"),
    "wav": (b"RIFF\x24\0\0\0WAVEfmt " + bytes(60), "audio/wav"),
    "ogg": (b"OggS\0\x02" + bytes(22) + b"\x01\x1e\x01vorbis" + bytes(40), "application/ogg"),
    "flac": (b"fLaC\0\0\0\x22" + bytes(40), "audio/flac"),
}
REFUSED = {
    "exe": b"MZ\x90\0\x03\0\0\0" + bytes(60),
    "elf": b"\x7fELF\x02\x01\x01" + bytes(60),
    "jar": zipped("META-INF/MANIFEST.MF", "Main.class"),
    "msi": ole("MsiDatabase"),
    "broken ole": bytes.fromhex("d0cf11e0a1b11ae1") + b"\xff" * 80,
    "gzip": b"\x1f\x8b\x08\0" + bytes(20),
    "zeros": bytes(100),
    "text, then none": b"#!/bin/sh\n" * 2000 + b"\x7fELF",
}


async def kind_of(content: bytes) -> str:
    async def read(start: int, end: int) -> bytes:
        return content[start:end]

    head = content[:HEAD]
    return await kind_within(kind_at_first_sight(head), head, len(content), read)


@pytest.mark.parametrize(("content", "kind"), TAKEN.values(), ids=TAKEN)
async def test_is_found_in_the_content(content: bytes, kind: str):
    assert await kind_of(content) == kind


@pytest.mark.parametrize("name", sorted(REFUSED.keys() - {"text, then none"}))
async def test_is_not_taken(name: str):
    with pytest.raises(UnsupportedType):
        await kind_of(REFUSED[name])


async def test_what_is_not_taken_is_refused_whatever_was_said_and_leaves_nothing(desk: Desk):
    for name in ("exe", "jar", "msi", "text, then none"):
        answer = await desk.upload("client", REFUSED[name], name="plan.pdf", said="application/pdf")
        assert (answer.status_code, answer.json()["type"]) == (415, "/problems/unsupported-type"), name
    assert (desk.stored(), await desk.rows(), await desk.room_size()) == ([], 0, 0)
