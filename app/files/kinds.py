"""Which kinds of files are taken, decided from their content alone."""

from collections.abc import Awaitable, Callable
from http import HTTPStatus

import puremagic

from app.core.errors import Problem

HEAD = 8 * 1024
"""How many bytes of a file's beginning are looked at."""

_TEXT = "text/plain"
_ZIP = "application/zip"
_OLE = "application/x-ole-storage"
_OOXML = "application/vnd.openxmlformats-officedocument"
_ODF = "application/vnd.oasis.opendocument"

_TAKEN: dict[str, str] = {
    "image/png": "image/png",
    "image/jpeg": "image/jpeg",
    "image/gif": "image/gif",
    "image/webp": "image/webp",
    "image/avif": "image/avif",
    "image/heic": "image/heic",
    "image/heif": "image/heic",
    "image/tiff": "image/tiff",
    "image/bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/x-dwg": "image/vnd.dwg",
    "application/pdf": "application/pdf",
    "application/rtf": "application/rtf",
    "text/rtf": "application/rtf",
    "video/mp4": "video/mp4",
    "video/x-m4v": "video/mp4",
    "video/quicktime": "video/quicktime",
    "video/3gpp": "video/3gpp",
    "video/webm": "video/webm",
    "video/x-matroska": "video/x-matroska",
    "audio/mpeg": "audio/mpeg",
    "audio/mp4": "audio/mp4",
    "audio/x-m4a": "audio/mp4",
    "audio/aac": "audio/aac",
    "audio/wave": "audio/wav",
    "audio/wav": "audio/wav",
    "audio/x-wav": "audio/wav",
    "audio/flac": "audio/flac",
    "audio/ogg": "audio/ogg",
    "application/ogg": "application/ogg",
}
"""What the library calls a kind that is taken, and what it is called here."""

_BY_START: tuple[tuple[bytes, int, str], ...] = (
    (b"PK\x03\x04", 0, _ZIP),
    (b"PK\x05\x06", 0, _ZIP),
    (bytes.fromhex("d0cf11e0a1b11ae1"), 0, _OLE),
    (b"ftypmif1", 4, "image/heic"),
    (b"ftypM4A ", 4, "audio/mp4"),
    (b"%PDF-", 0, "application/pdf"),
    (b"{\\rtf", 0, "application/rtf"),
)
"""Beginnings that say more than the library does: it guesses among containers, and names some kinds by extension."""

_IN_ZIP: tuple[tuple[bytes, str | None], ...] = (
    (b"META-INF/MANIFEST.MF", None),  # a program: jar, apk
    (b"mimetype" + _ODF.encode() + b".text", f"{_ODF}.text"),
    (b"mimetype" + _ODF.encode() + b".spreadsheet", f"{_ODF}.spreadsheet"),
    (b"mimetype" + _ODF.encode() + b".presentation", f"{_ODF}.presentation"),
    (b"mimetype" + _ODF.encode() + b".graphics", f"{_ODF}.graphics"),
    (b"word/document.xml", f"{_OOXML}.wordprocessingml.document"),
    (b"xl/workbook.xml", f"{_OOXML}.spreadsheetml.sheet"),
    (b"xl/workbook.bin", f"{_OOXML}.spreadsheetml.sheet"),
    (b"ppt/presentation.xml", f"{_OOXML}.presentationml.presentation"),
    (b"", _ZIP),
)
_IN_OLE: tuple[tuple[bytes, str | None], ...] = (
    ("WordDocument".encode("utf-16-le"), "application/msword"),
    ("Workbook".encode("utf-16-le"), "application/vnd.ms-excel"),
    ("PowerPoint Document".encode("utf-16-le"), "application/vnd.ms-powerpoint"),
    ("__nameid_version1.0".encode("utf-16-le"), "application/vnd.ms-outlook"),
    (b"", None),  # installers among them
)
"""What names within a container tell of its kind; the first that is found counts. None is not taken."""

_ZIP_END = 128 * 1024  # where a zip lists what it holds
_OLE_FOLDER = 8 * 1024

_TEXTS = (
    "txt", "text", "md", "markdown", "rst", "log", "csv", "tsv", "json", "jsonl", "yaml", "yml", "toml", "ini", "conf",
    "cfg", "env", "xml", "gpx", "kml", "gml", "ics", "vcf", "eml", "srt", "vtt", "tex", "bib", "sql", "diff", "patch",
    "dxf", "ifc", "step", "stp", "obj", "igs", "iges", "geojson", "css", "po", "ts", "java", "c", "h", "cpp", "hpp",
    "cs", "go", "rs", "swift", "kt",
)  # fmt: skip
"""What plain text is called. Pages and scripts that a machine would run when they are opened are not among it."""

EXTENSIONS: dict[str, tuple[str, ...]] = {
    "text/plain": _TEXTS,
    "image/png": ("png", "apng"),
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "image/avif": ("avif", "avifs"),
    "image/heic": ("heic", "heif", "hif"),
    "image/tiff": ("tif", "tiff", "dng", "nef", "cr2", "arw"),
    "image/bmp": ("bmp", "dib"),
    "image/vnd.dwg": ("dwg", "dwt"),
    "application/pdf": ("pdf", "ai"),
    "application/rtf": ("rtf", "doc"),
    "application/zip": (
        "zip", "kmz", "epub", "pages", "numbers", "key", "sketch", "vsdx", "3mf", "bcfzip", "bcf", "ifczip", "usdz",
        "xmind", "xps", "oxps", "skp",
    ),
    "application/msword": ("doc", "dot"),
    "application/vnd.ms-excel": ("xls", "xlt"),
    "application/vnd.ms-powerpoint": ("ppt", "pps", "pot"),
    "application/vnd.ms-outlook": ("msg",),
    f"{_OOXML}.wordprocessingml.document": ("docx", "dotx", "docm", "dotm"),
    f"{_OOXML}.spreadsheetml.sheet": ("xlsx", "xltx", "xlsm", "xlsb", "xltm"),
    f"{_OOXML}.presentationml.presentation": ("pptx", "potx", "ppsx", "pptm", "ppsm", "potm"),
    f"{_ODF}.text": ("odt", "ott"),
    f"{_ODF}.spreadsheet": ("ods", "ots"),
    f"{_ODF}.presentation": ("odp", "otp"),
    f"{_ODF}.graphics": ("odg", "otg"),
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov", "qt"),
    "video/3gpp": ("3gp", "3gpp", "3g2"),
    "video/webm": ("webm", "weba"),
    "video/x-matroska": ("mkv", "mka", "mk3d"),
    "audio/mpeg": ("mp3", "mp2", "mpga"),
    "audio/mp4": ("m4a", "m4b", "mp4"),
    "audio/aac": ("aac",),
    "audio/wav": ("wav", "wave"),
    "audio/flac": ("flac",),
    "application/ogg": ("ogg", "ogx", "oga", "ogv", "opus"),
    "audio/ogg": ("ogg", "oga", "opus", "ogv", "ogx", "spx"),
}  # fmt: skip
"""What files of each kind may be called, and first of all what is put behind a name that says something else."""

KINDS = frozenset({_TEXT, *_TAKEN.values(), *(kind for _, kind in (*_IN_ZIP, *_IN_OLE) if kind)})
"""All that files can be."""

Read = Callable[[int, int], Awaitable[bytes]]
"""Reads the file from one place to before another."""


class UnsupportedType(Problem):
    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE
    slug = "unsupported-type"

    def __init__(self) -> None:
        super().__init__(
            "This kind of file is not taken: send pictures, PDF, office documents, text, zip archives, audio or video."
        )


_CONTROLS = bytes([*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])


def is_text(part: bytes) -> bool:
    """Whether no byte of it is a control character, as in text of any encoding of today but UTF-16."""
    return len(part.translate(None, _CONTROLS)) == len(part)


def kind_at_first_sight(head: bytes) -> str:
    """The kind by the beginning of a file; raises ``UnsupportedType``. For a container, ``kind_within`` knows more.

    What looks like text is text, be it a page, a picture or a script that a browser would run: it is served as text.
    """
    for start, place, kind in _BY_START:
        if head.startswith(start, place):
            return kind
    if is_text(head):
        return _TEXT
    try:
        names = [(each.mime_type, each.extension) for each in puremagic.magic_string(head)]
    except (puremagic.PureError, ValueError):
        names = []
    # The best guess only: a program may look a little like something harmless.
    if not names or names[0][0] not in _TAKEN:
        raise UnsupportedType
    return _TAKEN[names[0][0]]


async def kind_within(kind: str, head: bytes, size: int, read: Read) -> str:
    """The kind of a stored file whose beginning is known; raises ``UnsupportedType``."""
    if kind == _ZIP:
        return _first_of(_IN_ZIP, head + await read(max(0, size - _ZIP_END), size))
    if kind == _OLE:
        return _first_of(_IN_OLE, await read(*_ole_folder(head, size)))
    return kind


def _first_of(table: tuple[tuple[bytes, str | None], ...], content: bytes) -> str:
    kind = next(kind for mark, kind in table if mark in content)
    if kind is None:
        raise UnsupportedType
    return kind


def _ole_folder(head: bytes, size: int) -> tuple[int, int]:
    """Where such a file lists what it holds: [MS-CFB] 2.2, the sector size at 30 and the first sector at 48."""
    shift = min(int.from_bytes(head[30:32], "little"), 12)
    start = min((1 + int.from_bytes(head[48:52], "little")) << shift, size)
    return start, min(start + _OLE_FOLDER, size)
