#!/usr/bin/env python3
"""Compares signatures written in Rust with NVIDIA's own headers.

    check.py --headers FOLDER [--result TYPE] [--exports LIBRARY] SOURCE...

SOURCE is a Rust file or a folder of them: functions for C named cu*, and tables of pointers to
such functions. Each is compared, argument by argument, with cuda.h (and cudaGL.h) in FOLDER, or
with the ffnvcodec headers if it is named cuvid*. --result says what entries of a macro give that
name no result. With --exports, the functions defined must be just those that the library exports.

Before, the comparison itself is tested: signatures that are wrong must be found wrong.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from controls import RIGHT, WRONG
from cpp import RULES, Writer
from rust import Interface, NotUnderstood, read

CUVID = "#include <ffnvcodec/dynlink_nvcuvid.h>\n"
# cudaGL.h wants two types of OpenGL.
OPENGL = "typedef unsigned int GLuint;\ntypedef unsigned int GLenum;\n"


def compile_cpp(text: str, headers: Path) -> str:
    """What the compiler objects to; nothing if all is well."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "GL").mkdir()
        (Path(folder) / "GL" / "gl.h").write_text(OPENGL)
        (Path(folder) / "check.cpp").write_text(text)
        done = subprocess.run(
            ["g++", "-std=c++17", "-fsyntax-only", "-Wall", "-Wno-unused", "-I", folder, "-I", headers,
             f"{folder}/check.cpp"], capture_output=True, text=True, timeout=300)
    if done.returncode == 0 and done.stderr:
        raise SystemExit(f"the compiler has something to say:\n{done.stderr}")
    return done.stderr


def source(interface: Interface) -> str:
    """C++ that compiles if the interface is the genuine one."""
    writer = Writer(interface)
    is_cuvid = any(name.startswith("cuvid") for name in interface.functions)
    lines = ["#define __CUDA_API_VERSION_INTERNAL", "#include <cuda.h>", "#include <cudaGL.h>",
             CUVID if is_cuvid else "", RULES.read_text(), *writer.records()]
    for name, function in interface.functions.items():
        genuine = f"t{name}" if name.startswith("cuvid") else f"decltype(::{name})"
        lines += writer.check(function, genuine)
    return "\n".join(lines) + "\n"


def test_itself(headers: Path) -> None:
    """What is right compiles; of the wrong, each is found and named."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "control.rs"
        file.write_text(RIGHT)
        if said := compile_cpp(source(read([file], "i32")), headers):
            raise SystemExit(f"what is right was found wrong:\n{said}")
        for what, wrong, place in WRONG:
            file.write_text(wrong)
            said = compile_cpp(source(read([file], "i32")), headers)
            if place not in said:
                raise SystemExit(f"not found: {what}\n{said}")


def exported(library: Path) -> set[str]:
    listed = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True)
    return set(re.findall(r" T (cu\w+)$", listed.stdout, re.MULTILINE))


def compare_exports(interface: Interface, library: Path) -> None:
    exports, read_ones = exported(library), interface.defined | interface.refused
    if exports != read_ones:
        raise SystemExit(f"exported, but not read: {sorted(exports - read_ones)}\n"
                         f"read, but not exported: {sorted(read_ones - exports)}")


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--headers", type=Path, required=True)
    arguments.add_argument("--result", default="i32")
    arguments.add_argument("--exports", type=Path)
    arguments.add_argument("source", type=Path, nargs="+")
    given = arguments.parse_args()
    test_itself(given.headers)
    try:
        interface = read(given.source, given.result)
        text = source(interface)
    except NotUnderstood as error:
        raise SystemExit(f"not understood: {error}") from error
    if not interface.functions:
        raise SystemExit("no functions found")
    if given.exports:
        compare_exports(interface, given.exports)
    if said := compile_cpp(text, given.headers):
        wrong = re.findall(r"error: (.*)", said)
        raise SystemExit("\n".join(wrong) + f"\n{len(wrong)} errors")
    print(f"{len(interface.functions)} functions are as in the headers; "
          f"{len(WRONG)} wrong ones were found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
