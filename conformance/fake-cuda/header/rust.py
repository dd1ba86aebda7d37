"""Reads from Rust source what an interface of C is made of: functions, tables of function
pointers, structs, and the names of types. It knows the Rust that rustfmt writes, no more; what
it does not understand ends the check."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ENTRY = r"(?:cu[A-Z]|cuvid[A-Z])\w*"
DEFINITION = re.compile(rf"\bfn\s+({ENTRY})\s*\(")
POINTER = re.compile(rf"\b({ENTRY})\s*:\s*(?:Option\s*<\s*)?"
                     r"(?:unsafe\s+)?(?:extern\s+\"C\"\s+)?fn\s*\(")
# An entry of a macro's table: `name = "call" ["symbol", "older symbol"] (parameters);`
ROW = re.compile(r"=\s*\"cu\w+\"\s*\[([^\]]+)\]\s*\(")
# Functions without a body of their own, which a macro makes: they take nothing, and refuse.
REFUSED = re.compile(r"\bunsupported!\s*\{([^}]*)\}")
ALIAS = re.compile(r"\btype\s+(\w+)(?:<(\w+)>)?\s*=\s*([^;]+);")
STRUCT = re.compile(r"#\[repr\(([^\]]+)\)\]\s*(?:#\[[^\]]*\]\s*)*"
                    r"(?:pub(?:\([a-z]+\))?\s+)?(struct|union|enum)\s+(\w+)\s*([({])")
OPENING, CLOSING = "([{<", ")]}>"


class NotUnderstood(Exception):
    """Rust that this reader does not know."""


@dataclass(frozen=True)
class Function:
    name: str
    arguments: tuple[str, ...]
    result: str


@dataclass(frozen=True)
class Record:
    """A struct or union with its layout as in C, or an enum of a stated size."""
    name: str
    kind: str
    repr: tuple[str, ...]
    fields: tuple[tuple[str, str], ...] = ()  # name and type


@dataclass
class Interface:
    functions: dict[str, Function] = field(default_factory=dict)
    defined: set[str] = field(default_factory=set)  # of these, not only pointed to
    refused: set[str] = field(default_factory=set)  # defined too, with nothing to compare
    records: dict[str, Record] = field(default_factory=dict)
    aliases: dict[str, tuple[str | None, str]] = field(default_factory=dict)


def closing(text: str, start: int) -> int:
    """Where the bracket at `start` is closed. `->` closes nothing."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in OPENING:
            depth += 1
        elif text[at] in CLOSING and text[at - 1:at + 1] not in ("->", "=>"):
            depth -= 1
            if depth == 0:
                return at
    raise NotUnderstood(f"no end of {text[start:start + 40]!r}")


def parts(text: str) -> list[str]:
    """Splits at commas that stand in no bracket."""
    found, depth, begin = [], 0, 0
    for at, char in enumerate(text):
        if char in OPENING:
            depth += 1
        elif char in CLOSING and text[at - 1:at + 1] not in ("->", "=>"):
            depth -= 1
        elif char == "," and depth == 0:
            found.append(text[begin:at])
            begin = at + 1
    return [part.strip() for part in [*found, text[begin:]] if part.strip()]


def type_of(declared: str) -> str:
    """The type of `name: Type`, or of a bare `Type`; paths and attributes left out."""
    declared = re.sub(r"#\[[^\]]*\]", "", declared).strip()
    declared = re.sub(r"^(?:pub(?:\([a-z]+\))?\s+)?(?:mut\s+)?\w+\s*:(?!:)\s*", "", declared)
    declared = re.sub(r"^pub(?:\([a-z]+\))?\s+", "", declared)
    declared = re.sub(r"(?:\b\w+\s*|)::\s*", "", declared)
    return re.sub(r"'\w+\s*", "", declared).strip()


def name_of(declared: str) -> str:
    """The name in `name: Type`; nothing of a bare `Type`."""
    found = re.search(r"(\w+)\s*:(?!:)", declared)
    return found[1] if found else ""


def signature(name: str, text: str, opening: int, result: str) -> Function:
    end = closing(text, opening)
    arguments = tuple(type_of(part) for part in parts(text[opening + 1:end]))
    behind = re.match(r"\s*->\s*([^;{=]+?)\s*(?:[;{=>]|,\s*\n|,?\s*$)", text[end + 1:])
    return Function(name, arguments, type_of(behind[1]) if behind else result)


def without_comments(source: str) -> str:
    """The source with plain names for raw ones, too."""
    source = re.sub(r"//[^\n]*|\br#(?=\w)", "", source)
    return re.sub(r"/\*.*?\*/", "", source, flags=re.DOTALL)


def without_tests(source: str) -> str:
    found = re.search(r"#\[cfg\(test\)\]\s*mod \w+ \{", source)
    return source[:found.start()] if found else source


def put(table: dict, name: str, value: object, where: Path) -> None:
    if table.setdefault(name, value) != value:
        raise NotUnderstood(f"{where}: another {name} exists: {table[name]} and {value}")


def read(paths: list[Path], result: str) -> Interface:
    """Reads files, and folders with all their files. `result` is what a function gives
    whose type is left out: the entries of a macro."""
    files = [file for path in paths for file in (sorted(path.rglob("*.rs")) if path.is_dir() else [path])]
    interface = Interface()
    for file in files:
        source = without_tests(without_comments(file.read_text()))
        read_types(interface, source, file)
        for pattern in (DEFINITION, POINTER):
            for match in pattern.finditer(source):
                function = signature(match[1], source, match.end() - 1, result)
                put(interface.functions, match[1], function, file)
        for match in ROW.finditer(source):
            for name in re.findall(r"\w+", match[1]):
                function = signature(name, source, match.end() - 1, result)
                put(interface.functions, name, function, file)
        interface.defined.update(DEFINITION.findall(source))
        for names in REFUSED.findall(source):
            interface.refused.update(re.findall(ENTRY, names))
    return interface


def read_types(interface: Interface, source: str, file: Path) -> None:
    for match in ALIAS.finditer(source):
        put(interface.aliases, match[1], (match[2], type_of(match[3])), file)
    for match in STRUCT.finditer(source):
        layout, kind, name, bracket = match.groups()
        body = source[match.end():closing(source, match.end() - 1)]
        fields = () if kind == "enum" else tuple((name_of(part), type_of(part)) for part in parts(body))
        layout = tuple(part.strip() for part in layout.split(","))
        put(interface.records, name, Record(name, kind, layout, fields), file)
