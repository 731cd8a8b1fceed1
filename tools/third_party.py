#!/usr/bin/env python3
"""Prints the file THIRD-PARTY: the licences of all crates that are linked into the library and the program, on any of the platforms below.

Where a crate leaves the choice, MIT is taken. Fails when a crate has a licence that is not known here, or no file that holds it.
"""

import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path

PLATFORMS = ["x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu"]
KNOWN = {"MIT", "Apache-2.0", "ISC", "BSD-3-Clause", "Zlib", "Unicode-3.0"}
FILE = re.compile(r"(licen[cs]e|copying|notice|copyright)", re.IGNORECASE)

HEADER = """\
wscurl itself is under the MIT licence or the Apache License 2.0, as you like: LICENSE-MIT, LICENSE-APACHE.
Into its libraries and the program `wscurl` are linked the crates below and Rust's standard library, under the licences that follow.
"""

STANDARD_LIBRARY = """\
The Rust standard library, Copyright (c) The Rust Project Contributors, is under the MIT licence or the Apache License 2.0.
Here it is used under MIT, whose text is:
"""

MIT = """\
Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files
(the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge,
publish, distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do
so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE
FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def cargo(*arguments):
    return subprocess.run(["cargo", *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def linked_packages():
    """What the library and the program depend on at run time. Procedural macros run in the compiler, and are not linked."""
    names = set()
    for platform in PLATFORMS:
        tree = cargo(
            "tree", "--locked", "--package=wscurl", "--package=wscurl-tool", "--edges=normal,no-proc-macro", f"--target={platform}", "--prefix=none",
            "--format={p}",
        )  # fmt: skip
        names |= {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    packages = json.loads(cargo("metadata", "--locked", "--format-version=1"))["packages"]
    linked = [package for package in packages if (package["name"], "v" + package["version"]) in names and package["source"]]
    return sorted(linked, key=lambda package: (package["name"], package["version"]))


def chosen(expression):
    """The licences of an SPDX expression that hold: all of them, or MIT where there is a choice."""
    alternatives = [part.strip() for part in re.sub(r"/", " OR ", expression).split(" OR ")]
    if "MIT" in alternatives:
        return ["MIT"]
    return [part.strip("() ") for part in expression.split(" AND ")]


def licence_files(package, licences):
    folder = Path(package["manifest_path"]).parent
    files = sorted(path for path in folder.rglob("*") if path.is_file() and FILE.match(path.name) and not path.suffix == ".rs")
    if licences == ["MIT"]:
        of_mit = [path for path in files if "Permission is hereby granted, free of charge" in path.read_text(errors="replace")]
        return of_mit[:1]
    return [path for path in files if path.name != "LICENSE-APACHE" or "Apache-2.0" in licences]


def main():
    texts = {}
    problems = []
    packages = linked_packages()
    for package in packages:
        licences = chosen(package["license"] or "")
        unknown = set(licences) - KNOWN
        if unknown:
            problems.append(f"{package['name']}: licence not known here: {' '.join(sorted(unknown))}")
        files = licence_files(package, licences)
        if not files:
            problems.append(f"{package['name']}: no file with its licence ({package['license']})")
        for path in files:
            text = "\n".join(line.rstrip() for line in path.read_text(errors="replace").splitlines()).strip()
            texts.setdefault(" ".join(text.split()), (text, []))[1].append(f"{package['name']} {package['version']}")
    if problems:
        sys.exit("\n".join(problems))
    print(HEADER)
    for package in packages:
        print(f"    {package['name']} {package['version']}: {package['license']}")
    print(f"\n{'=' * 80}\n\n{STANDARD_LIBRARY}\n{MIT}")
    for text, names in texts.values():
        print("=" * 80 + "\n")
        print(textwrap.fill("Of " + ", ".join(dict.fromkeys(names)) + ":", 120) + "\n")
        print(text + "\n")


main()
