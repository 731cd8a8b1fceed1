#!/usr/bin/env python3
"""Checks a shared library for macOS or FreeBSD: `exports.py LIBRARY`. It exports the functions that the header declares and nothing else,
and has the name by which programs find it. Of Mach-O only what that takes is read."""

import re
import struct
import subprocess
import sys
from pathlib import Path

HEADER = Path(__file__).parents[2] / "include/curl/curl.h"

# mach-o/loader.h and mach-o/nlist.h
MAGIC_64 = 0xFEEDFACF
HAS_TLV_DESCRIPTORS = 0x800000
LC_SYMTAB, LC_ID_DYLIB = 0x2, 0xD
N_STAB, N_PEXT, N_TYPE, N_EXT, N_UNDF = 0xE0, 0x10, 0x0E, 0x01, 0x0


def string(content, offset):
    return content[offset : content.index(b"\0", offset)].decode()


def mach_o(content):
    """The install name and the exported symbols, without the underscore that C names have."""
    _, _, _, _, commands, _, flags, _ = struct.unpack_from("<8I", content)
    assert flags & HAS_TLV_DESCRIPTORS, "dlclose() would unload a library without thread-local variables"
    name, exported, offset = None, set(), 32
    for _ in range(commands):
        command, size = struct.unpack_from("<2I", content, offset)
        if command == LC_ID_DYLIB:
            name = string(content, offset + struct.unpack_from("<I", content, offset + 8)[0])
        if command == LC_SYMTAB:
            symbols, count, strings, _ = struct.unpack_from("<4I", content, offset + 8)
            for index, kind, _, _, _ in struct.iter_unpack("<IBBHQ", content[symbols : symbols + 16 * count]):
                if kind & N_EXT and not kind & (N_STAB | N_PEXT) and kind & N_TYPE != N_UNDF:
                    exported.add(string(content, strings + index).removeprefix("_"))
        offset += size
    return name, exported


def elf(library):
    """The soname and the exported symbols."""
    read = subprocess.run(["readelf", "--wide", "--dynamic", "--dyn-syms", library], check=True, capture_output=True, text=True).stdout
    symbols = re.findall(r" (?:FUNC|OBJECT) +(?:GLOBAL|WEAK) +\w+ +\d+ ([^\s@]+)", read)
    return re.search(r"soname: \[(.*)\]", read)[1], set(symbols)


def main(library):
    content = Path(library).read_bytes()
    is_mach_o = struct.unpack_from("<I", content)[0] == MAGIC_64
    name, exported = mach_o(content) if is_mach_o else elf(library)
    wanted = "@rpath/libwscurl.4.dylib" if is_mach_o else "libwscurl.so.4"
    assert name == wanted, f"its name is {name}, not {wanted}"
    declared = set(re.findall(r"^(?!typedef)\w[\w *]*?\b(curl_\w+)\(", HEADER.read_text(), re.MULTILINE))
    assert exported == declared, f"missing: {sorted(declared - exported)}, not declared: {sorted(exported - declared)}"


main(sys.argv[1])
