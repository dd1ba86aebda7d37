"""Fixed layouts: a struct is a table of (offset, type, name) copied from the document.

A table must cover its struct without a hole or an overlap, reserved bytes
included; a slip of the pen in an offset fails at import.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from typing import Any, Union

Value = Union[int, str, "list[int]"]

_SCALARS = {"u8": "B", "u16": "H", "u32": "I", "u64": "Q", "i32": "i", "i64": "q"}
_LINE = re.compile(r"^([0-9A-Fa-f]+) (u8|u16|u32|u64|i32|i64|text|bytes)(?:\[(\d+)\])? (\w+)$")


@dataclass(frozen=True)
class Field:
    """One field of a struct; ``count`` is None for a scalar."""

    name: str
    offset: int
    base: str
    count: int | None

    @property
    def reserved(self) -> bool:
        """Reserved bytes are written 0 and ignored when read."""
        return self.name.startswith("reserved")

    @property
    def kind(self) -> str:
        """How the value is written in the vectors: number, list, text or hex."""
        if self.base in ("text", "bytes"):
            return "text" if self.base == "text" else "hex"
        return "number" if self.count is None else "list"

    @property
    def wire_type(self) -> str:
        """The type as the document spells it, for example ``u32[4]``."""
        base = "u8" if self.base in ("text", "bytes") else self.base
        return base if self.count is None else f"{base}[{self.count}]"

    @property
    def size(self) -> int:
        """Bytes that the field covers."""
        item = 1 if self.base in ("text", "bytes") else struct.calcsize(_SCALARS[self.base])
        return item * (1 if self.count is None else self.count)

    def encode(self, value: Value) -> bytes:
        """The field's bytes, little-endian."""
        if self.base == "text":
            raw = str(value).encode("utf-8")
        elif self.base == "bytes":
            raw = bytes.fromhex(str(value))
        elif self.count is None:
            return struct.pack("<" + _SCALARS[self.base], value)
        else:
            return struct.pack(f"<{self.count}{_SCALARS[self.base]}", *value)  # type: ignore[misc]
        if len(raw) > self.size:
            raise ValueError(f"{self.name}: {len(raw)} bytes do not fit in {self.size}")
        return raw.ljust(self.size, b"\0")

    def decode(self, raw: bytes) -> Value:
        """The field's value; text ends at its first NUL."""
        if self.base == "text":
            return raw.split(b"\0", 1)[0].decode("utf-8", "replace")
        if self.base == "bytes":
            return raw.hex()
        if self.count is None:
            return int(struct.unpack("<" + _SCALARS[self.base], raw)[0])
        return list(struct.unpack(f"<{self.count}{_SCALARS[self.base]}", raw))

    def zero(self) -> Value:
        """The value of a field that nobody set."""
        return self.decode(bytes(self.size))


class Struct:
    """A struct of the wire: its name, the section that defines it, its size and fields."""

    def __init__(self, name: str, section: str, size: int, table: str) -> None:
        self.name, self.section, self.size = name, section, size
        self.fields: list[Field] = []
        for line in filter(None, (text.strip() for text in table.splitlines())):
            match = _LINE.match(line)
            if match is None:
                raise ValueError(f"{name}: cannot read the line {line!r}")
            count = int(match[3]) if match[3] else None
            self.fields.append(Field(match[4], int(match[1], 16), match[2], count))
        self._by_name = {field.name: field for field in self.fields}
        self._check()

    def _check(self) -> None:
        end = 0
        for field in self.fields:
            if field.offset != end:
                raise ValueError(f"{self.name}.{field.name} at {field.offset:#x}, not {end:#x}")
            end += field.size
        if end != self.size or len(self._by_name) != len(self.fields):
            raise ValueError(f"{self.name} ends at {end:#x}, not {self.size:#x}")

    def __getitem__(self, name: str) -> Field:
        return self._by_name[name]

    def pack(self, values: dict[str, Any]) -> bytes:
        """The struct's bytes; fields that are not named are 0."""
        unknown = set(values) - set(self._by_name)
        if unknown:
            raise KeyError(f"{self.name} has no {sorted(unknown)}")
        return b"".join(f.encode(values[f.name] if f.name in values else f.zero())
                        for f in self.fields)

    def unpack(self, raw: bytes) -> dict[str, Any]:
        """All fields but the reserved ones."""
        return {f.name: f.decode(bytes(raw[f.offset:f.offset + f.size]))
                for f in self.fields if not f.reserved}

    def describe(self) -> dict[str, Any]:
        """The table of this struct for ``vectors/layout.json``."""
        return {
            "struct": self.name, "protocol": self.section, "size": self.size,
            "fields": [{"field": f.name, "offset": f.offset, "size": f.size, "type": f.wire_type,
                        "json": f.kind, "reserved": f.reserved} for f in self.fields],
        }
