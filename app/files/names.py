"""Names of files: what people see, never where bytes are."""

import re
import unicodedata

from app.files.kinds import EXTENSIONS

NAME_MAX = 200
_EXTENSION_MAX = 20
_NAMELESS = "file"
_PATH = re.compile(r"[\\/]")
# Control characters, those that change the direction of what follows, line ends, lone surrogates, what has no shape.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"})
_JOINERS = "\u200c\u200d"  # without them words and pictures of some scripts fall apart


def clean_name(said: str) -> str:
    """The name that a client said, fit to be shown: its last part, on one line, of 200 characters at most."""
    last = _PATH.split(said)[-1]
    shown = "".join(each for each in last if each in _JOINERS or unicodedata.category(each) not in _UNSEEN)
    name = " ".join(unicodedata.normalize("NFC", shown).split()).strip(". ")
    if not any(unicodedata.category(each)[0] in "LNPS" for each in name):
        return _NAMELESS
    return _shortened(name)


def _shortened(name: str) -> str:
    """Within the limit; the extension stays, for it tells people what opens the file."""
    if len(name) <= NAME_MAX:
        return name
    stem, dot, extension = name.rpartition(".")
    if not stem or len(extension) > _EXTENSION_MAX:
        return name[:NAME_MAX].rstrip()
    return stem[: NAME_MAX - len(extension) - 1].rstrip() + dot + extension


def named(name: str, kind: str) -> str:
    """The name, with an extension that goes with what the file is: a machine opens it by that."""
    fitting = EXTENSIONS.get(kind)
    stem, _, extension = name.rpartition(".")
    if fitting is None or (stem and extension.lower() in fitting):
        return name
    return _shortened(f"{name}.{fitting[0]}")
