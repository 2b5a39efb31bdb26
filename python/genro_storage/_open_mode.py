"""The modes in which files are opened."""

from __future__ import annotations


class Mode:
    """A mode of the builtin open(), checked and taken apart."""

    def __init__(self, text: str) -> None:
        letters = set(text)
        if (
            not isinstance(text, str)
            or len(letters) != len(text)
            or letters - set("rwaxbt+")
            or len(letters & set("rwax")) != 1
            or {"b", "t"} <= letters
        ):
            raise ValueError(f"invalid mode: {text!r}")
        self.name = text
        self.binary = "b" in letters
        self.updating = "+" in letters
        self.kind = (letters & set("rwax")).pop()
        self.writing = self.updating or self.kind != "r"
        self.reading = self.updating or self.kind == "r"
        self.raw = self.kind + "b" + ("+" if self.updating else "")
