"""The files that the demo's people show each other, made on the spot."""

from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_PAPER, _INK, _PALE = "#fbfaf7", "#2f3a44", "#c9d3da"
_A4 = (595, 842)


def floor_plan() -> bytes:
    """Rooms of a house, as a drawing with walls, doors and names."""
    image, draw = _sheet(960, 640)
    rooms = (
        ((60, 60, 420, 340), "Kitchen", "16.2 sq m"),
        ((420, 60, 620, 580), "Hall", "12.4 sq m"),
        ((620, 60, 900, 300), "Study", "9.8 sq m"),
        ((620, 300, 900, 580), "Bathroom", "8.1 sq m"),
        ((60, 340, 420, 580), "Living room", "24.0 sq m"),
    )
    for (left, top, right, bottom), name, size in rooms:
        draw.rectangle((left, top, right, bottom), outline=_INK, width=8)
        middle = (left + right) / 2
        draw.text((middle, (top + bottom) / 2 - 14), name, _INK, _font(26), anchor="mm")
        draw.text((middle, (top + bottom) / 2 + 18), size, "#6c7a86", _font(18), anchor="mm")
    for x, y in ((420, 250), (420, 520), (620, 240), (620, 520)):
        draw.rectangle((x - 5, y - 60, x + 5, y), fill=_PAPER)
        draw.arc((x - 60, y - 120, x + 60, y), 90, 180, _INK, 2)
    draw.text((60, 612), "Harbour House, ground floor", "#6c7a86", _font(18), anchor="lm")
    return _png(image)


def tiles() -> bytes:
    """Grey floor tiles in a half bond, seen from above."""
    image, draw = _sheet(800, 600, "#8f9599")
    for row in range(8):
        for column in range(-1, 6):
            left, top = column * 160 + (row % 2) * 80, row * 80
            shade = 196 + (row * 37 + column * 53) % 24
            draw.rectangle((left + 3, top + 3, left + 156, top + 76), fill=(shade, shade - 2, shade - 8))
    return _png(image)


def window() -> bytes:
    """A window in the rain, and water on its sill."""
    image, draw = _sheet(720, 540, "#e6dfd3")
    draw.rectangle((140, 50, 580, 410), fill="#8aa7ba", outline="white", width=26)
    draw.line((360, 50, 360, 410), "white", 18)
    for drop in range(60):
        x, y = 170 + drop * 61 % 380, 80 + drop * 137 % 290
        draw.line((x, y, x - 6, y + 22), "#c4d6e1", 2)
    draw.rectangle((110, 410, 610, 446), fill="#f6f2ea", outline="#b9b0a0", width=3)
    draw.ellipse((250, 424, 500, 470), fill="#7793a6")
    return _png(image)


def checkout() -> bytes:
    """Three screens of a shop on a phone, as a sketch."""
    image, draw = _sheet(960, 640)
    for number, (title, *fields) in enumerate(
        (("Address", "Name", "Street", "Postcode"), ("Payment", "Card", "Invoice"), ("Thank you", "Order 1042"))
    ):
        left = 60 + number * 300
        draw.rounded_rectangle((left, 50, left + 240, 550), 28, "white", _INK, 4)
        draw.text((left + 120, 100), title, _INK, _font(26), anchor="mm")
        for line, field in enumerate(fields):
            top = 150 + line * 80
            draw.rounded_rectangle((left + 24, top, left + 216, top + 54), 8, _PAPER, _PALE, 2)
            draw.text((left + 40, top + 27), field, "#6c7a86", _font(20), anchor="lm")
        draw.rounded_rectangle((left + 24, 460, left + 216, 514), 10, "#2b6cb0")
        draw.text((left + 120, 487), "Next", "white", _font(22), anchor="mm")
    draw.text((60, 600), "Checkout on phones, second draft", "#6c7a86", _font(18), anchor="lm")
    return _png(image)


def page(title: str, *lines: str) -> bytes:
    """A PDF of one page with a title and lines of plain text."""
    shown = [f"/F1 20 Tf 56 770 Td ({_quoted(title)}) Tj /F1 11 Tf 0 -14 Td"]
    shown += [f"0 -20 Td ({_quoted(line)}) Tj" for line in lines]
    content = " ".join(("BT", *shown, "ET")).encode("cp1252")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents 5 0 R"
        b" /Resources << /Font << /F1 4 0 R >> >> >>" % _A4,
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
    )
    written = bytearray(b"%PDF-1.4\n")
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, each)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    end = len(written)
    count = len(objects) + 1
    written += b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n" % (count, table, count)
    return bytes(written + b"startxref\n%d\n%%%%EOF\n" % end)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")


def _sheet(width: int, height: int, colour: str = _PAPER) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), colour)
    return image, ImageDraw.Draw(image)


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _png(image: Image.Image) -> bytes:
    written = BytesIO()
    image.save(written, "PNG")
    return written.getvalue()
