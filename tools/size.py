#!/usr/bin/env python3
"""Prints docs/size.md: what the library consists of, by section and by crate. `make size` writes it.

Usage: size.py STRIPPED UNSTRIPPED, the library that is shipped, and the same with its symbols."""

import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

SECTIONS = {
    ".text": "code",
    ".rodata": "constants: tables of the cryptography, texts of messages",
    ".data.rel.ro": "tables with addresses in them",
    ".rela.dyn": "where these addresses are, for the dynamic linker",
    ".eh_frame": "how to unwind the stack, for panics and C++ exceptions",
    ".eh_frame_hdr": "an index of that",
    ".gcc_except_table": "what to do at each call meanwhile",
}

# In Rust's standard library, which is linked as it comes. Panics are shown with a backtrace.
BACKTRACES = {"addr2line", "gimli", "miniz_oxide", "object", "rustc_demangle", "adler2"}
STANDARD = {"alloc", "core", "std", "hashbrown", "panic_unwind", "memchr_std"}

INTRODUCTION = """\
# What the library's size consists of

Written by `make size`, in thousands of bytes, for x86-64. A function counts for the crate that it is from, one that was made from a generic
function of the standard library for the first other crate in its name; what was inlined counts for the caller.

Crates that no message passes through are compiled for size (`opt-level = "s"` in `Cargo.toml`). The code on a message's way is compiled for speed,
which is wscurl's own and rustls's. With `"s"` for both, too, the library has less than 3.0 million bytes, and a message of 16 bytes costs 1 to 28%
more instructions (`ctests/test_instructions.py`), over TLS 10% more.
"""


def lines(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()


def sections(library):
    found = re.findall(r"^(\.\S+) +(\d+)", "\n".join(lines("size", "-A", library)), re.MULTILINE)
    return {name: int(size) for name, size in found}


def crates():
    """The names of all crates as they are in symbols."""
    names = re.findall(r'^name = "(.*)"', (ROOT / "Cargo.lock").read_text(), re.MULTILINE)
    return {name.replace("-", "_") for name in names}


def functions(library):
    """Size and demangled name of each function; one with two names counts once."""
    fields = (line.split() for line in lines("readelf", "-sW", library))
    symbols = {field[1]: (int(field[2], 0), field[7]) for field in fields if len(field) > 7 and field[3] == "FUNC" and field[6] != "UND"}
    text = "\n".join(name for _, name in symbols.values())
    names = subprocess.run(["c++filt"], input=text, check=True, capture_output=True, text=True).stdout.splitlines()
    return [(size, name) for (size, _), name in zip(symbols.values(), names, strict=True)]


def origin(name, known):
    if "::" not in name:
        return "wscurl" if name.startswith("curl_") else "ring, C and assembly"
    named = [crate for crate in re.findall(r"\b([a-z]\w+)(?:\[\w+\])?::", name) if crate in known or crate in STANDARD | BACKTRACES]
    others = [crate for crate in named if crate not in STANDARD]
    if not others:
        return "Rust's standard library"
    return "backtraces, in Rust's standard library" if others[0] in BACKTRACES else others[0]


def table(head, rows):
    return [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *(f"| {' | '.join(row)} |" for row in rows), ""]


def thousands(size):
    return f"{size / 1000:.0f}"


def main(stripped, unstripped):
    page = [INTRODUCTION, f"`{Path(stripped).name}` has {os.path.getsize(stripped) / 1e6:.2f} million bytes.", ""]
    sizes = sections(stripped)
    rest = sum(sizes.values()) - sum(sizes[name] for name in SECTIONS)
    rows = [(f"`{name}`", thousands(sizes[name]), what) for name, what in SECTIONS.items()]
    page += table(("section", "kB", ""), [*rows, ("others", thousands(rest), "")])
    known, by_crate = crates(), Counter()
    for size, name in functions(unstripped):
        by_crate[origin(name, known)] += size
    large = [(name, size) for name, size in by_crate.most_common() if size >= 2000]
    small = sum(by_crate.values()) - sum(size for _, size in large)
    page += table(("crate", "kB of code"), [*((name, thousands(size)) for name, size in large), ("others", thousands(small))])
    print("\n".join(page).rstrip())


if __name__ == "__main__":
    main(*sys.argv[1:])
