"""A name is what people see: one line, no tricks, no path."""

import unicodedata

import pytest

from app.files.kinds import EXTENSIONS, KINDS
from app.files.names import clean_name, named


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plan.pdf", "plan.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\clara\\plan.pdf", "plan.pdf"),
        ("a\x00b\r\nc\x1b.pdf", "abc.pdf"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("  two   blanks .pdf ", "two blanks .pdf"),
        ("..", "file"),
        ("", "file"),
        (" \u200b\u2060 ", "file"),
        ("uploads/", "file"),
        (".htaccess", "htaccess"),
        ("Grüße 🦊 文件.docx", "Grüße 🦊 文件.docx"),
        ('quote".pdf', 'quote".pdf'),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
        ("x" * 300, "x" * 200),
        ("x." + "y" * 300, "x." + "y" * 198),
        ("\ud800.pdf", "pdf"),
        (unicodedata.normalize("NFD", "Küche.pdf"), "Küche.pdf"),
    ],
)
def test_is_cleaned(said: str, shown: str):
    assert clean_name(said) == shown


@pytest.mark.parametrize(
    ("name", "kind", "shown"),
    [
        ("run.bat", "text/plain", "run.bat.txt"),
        ("page.html", "text/plain", "page.html.txt"),
        ("notes.MD", "text/plain", "notes.MD"),
        ("README", "text/plain", "README.txt"),
        ("txt", "text/plain", "txt.txt"),
        ("x.html", "image/png", "x.html.png"),
        ("x.PNG", "image/png", "x.PNG"),
        ("photo.jpeg", "image/jpeg", "photo.jpeg"),
        ("plan.pdf.exe", "application/pdf", "plan.pdf.exe.pdf"),
        ("x" * 200, "image/png", "x" * 196 + ".png"),
    ],
)
def test_ends_as_what_the_file_is(name: str, kind: str, shown: str):
    assert named(name, kind) == shown


def test_every_kind_that_is_taken_has_extensions():
    assert EXTENSIONS.keys() >= KINDS
