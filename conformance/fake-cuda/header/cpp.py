"""Writes C++ that compares an interface read from Rust with the genuine headers."""

from __future__ import annotations

import re
from pathlib import Path

from rust import Function, Interface, NotUnderstood, Record, parts

PRIMITIVES = {
    "u8": "uint8_t", "i8": "int8_t", "u16": "uint16_t", "i16": "int16_t", "u32": "uint32_t",
    "i32": "int32_t", "u64": "uint64_t", "i64": "int64_t", "usize": "size_t", "isize": "ptrdiff_t",
    "f32": "float", "f64": "double", "bool": "bool", "c_void": "void", "()": "void",
    "c_char": "char", "c_schar": "signed char", "c_uchar": "unsigned char", "c_short": "short",
    "c_ushort": "unsigned short", "c_int": "int", "c_uint": "unsigned", "c_long": "long",
    "c_ulong": "unsigned long", "c_longlong": "long long", "c_ulonglong": "unsigned long long",
    "c_float": "float", "c_double": "double",
}
# Fields of Rust that stand for several fields of bits: only their place is compared.
BIT_FIELDS = {("ParserParams", "annex_b"): 2, ("Signal", "format_and_range"): 3}
RULES = Path(__file__).with_name("same.hpp")


class Writer:
    def __init__(self, interface: Interface) -> None:
        self.interface = interface

    def type(self, name: str) -> str:
        """C++ for a Rust type."""
        name = name.strip()
        if match := re.fullmatch(r"(?:\*(?:const|mut)|&(?:mut)?)\s*(.+)", name, re.DOTALL):
            return f"{self.type(match[1])}*"
        if match := re.fullmatch(r"(?:Option|MaybeUninit|NonNull|UnsafeCell)\s*<(.+)>", name, re.DOTALL):
            pointer = "*" if name.startswith("NonNull") else ""
            return self.type(match[1].rstrip(", \n")) + pointer
        if match := re.fullmatch(r"\[(.+);\s*([\w]+)\]", name, re.DOTALL):
            return f"Array<{self.type(match[1])}, {match[2]}>"
        if match := re.fullmatch(r'(?:unsafe\s+)?extern\s+"C"\s+fn\s*\((.*)\)(?:\s*->\s*(.+))?', name, re.DOTALL):
            arguments = [self.type(re.sub(r"^\w+\s*:\s*", "", part)) for part in parts(match[1])]
            return f"Call<{', '.join([self.type(match[2] or '()'), *arguments])}>"
        if name in PRIMITIVES:
            return PRIMITIVES[name]
        return self.named(name)

    def named(self, name: str) -> str:
        base, _, argument = name.partition("<")
        if base in self.interface.aliases:
            parameter, meaning = self.interface.aliases[base]
            if parameter:
                meaning = re.sub(rf"\b{parameter}\b", argument.rstrip("> "), meaning)
            return self.type(meaning)
        record = self.interface.records.get(name)
        if record is None:
            raise NotUnderstood(f"type {name!r}")
        if record.kind == "enum":
            return self.type(next(word for word in record.repr if word != "C"))
        if "transparent" in record.repr:
            return self.type(record.fields[0][1])
        return f"rs::{name}"

    def record(self, record: Record) -> str:
        """The struct itself, and the comparison with a genuine one, field by field."""
        fields = " ".join(f"{self.type(type_)} f{at};" for at, (_, type_) in enumerate(record.fields))
        align = "".join(f"alignas({word[6:-1]}) " for word in record.repr if word.startswith("align"))
        definition = f"namespace rs {{ {record.kind} {align}{record.name} {{ {fields} }}; }}"
        if record.kind == "union" or not record.fields:
            return definition
        theirs, equal = [], ["true"]
        for at, (name, _) in enumerate(record.fields):
            bits = BIT_FIELDS.get((record.name, name), 0)
            theirs += [f"g{at}"] if not bits else [f"b{at}_{bit}" for bit in range(bits)]
            equal += [] if bits else [f"same<decltype(g{at}), decltype(r{at})>()"]
        ours = ", ".join(f"r{at}" for at in range(len(record.fields)))
        return (f"{definition}\ntemplate <> struct Fields<rs::{record.name}> {{ template <class G> "
                f"static auto compare(G const &g, rs::{record.name} const &r) {{ "
                f"auto const &[{', '.join(theirs)}] = g; auto const &[{ours}] = r; "
                f"return std::bool_constant<{' && '.join(equal)}>{{}}; }} }};")

    def records(self) -> list[str]:
        """All records that lay out fields, each behind those it contains."""
        written: dict[str, str] = {}

        def write(record: Record) -> None:
            if record.name in written or record.kind == "enum" or "transparent" in record.repr:
                return
            written[record.name] = ""
            for _, type_ in record.fields:
                for name in re.findall(r"\w+", type_):
                    if name in self.interface.records:
                        write(self.interface.records[name])
            written[record.name] = self.record(record)
            order.append(record.name)

        order: list[str] = []
        for record in self.interface.records.values():
            write(record)
        return [f"namespace rs {{ {self.interface.records[name].kind} {name}; }}" for name in order] \
            + [written[name] for name in order]

    def check(self, function: Function, genuine: str) -> list[str]:
        """One assertion for the count, one for the result, one for each argument."""
        name = function.name
        lines = [
            f"static_assert(Genuine<{genuine}>::count == {len(function.arguments)}, "
            f'"{name}: number of arguments");',
            f'static_assert(same<Genuine<{genuine}>::Result, {self.type(function.result)}>(), "{name}: result");',
        ]
        for at, argument in enumerate(function.arguments):
            lines.append(f"static_assert(same<Genuine<{genuine}>::Argument<{at}>, {self.type(argument)}>(), "
                         f'"{name}: argument {at + 1}, {escaped(argument)}");')
        return lines


def escaped(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("\\", "\\\\").replace('"', '\\"')
