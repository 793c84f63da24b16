"""A name is what people see: one line, no tricks, no path."""

import pytest

from app.files.names import clean_name


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
    ],
)
def test_is_cleaned(said: str, shown: str):
    assert clean_name(said) == shown
