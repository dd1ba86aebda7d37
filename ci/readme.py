#!/usr/bin/env python3
"""Keeps the examples that README.md shows equal to the files that the tests run.

    ci/readme.py           writes them into README.md
    ci/readme.py --check   fails, and says where, if they differ or are too long
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
LONGEST = 60
BLOCK = re.compile(r"(<!-- example: (\S+) -->\n```(\w+)\n)(.*?)(^```\n)", re.DOTALL | re.MULTILINE)


def with_examples(text: str) -> tuple[str, list[str]]:
    shown: list[str] = []

    def block(match: re.Match[str]) -> str:
        shown.append(match[2])
        return match[1] + (ROOT / match[2]).read_text() + match[5]

    return BLOCK.sub(block, text), shown


def main() -> int:
    text = README.read_text()
    wanted, shown = with_examples(text)
    if len(shown) < 3:
        print(f"README.md shows {len(shown)} examples; one each in Rust, C and C++ are wanted")
        return 1
    for name in shown:
        lines = len((ROOT / name).read_text().splitlines())
        if lines >= LONGEST:
            print(f"{name} has {lines} lines; an example stays below {LONGEST}")
            return 1
    if sys.argv[1:] == ["--check"]:
        if wanted != text:
            print("README.md does not show the examples as they are: run ci/readme.py")
            return 1
        print(f"{len(shown)} checks passed")
        return 0
    README.write_text(wanted)
    return 0


if __name__ == "__main__":
    sys.exit(main())
