"""The places that a new option, info or function needs besides its code. Each function here names what has been forgotten."""

import os
import pathlib
import re
import subprocess

import tables

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CTESTS = ROOT / "ctests"


def missing_macros(include):
    """Macros of libcurl's headers that ours don't define."""
    program = "#include <curl/curl.h>\n#include <curl/stdcheaders.h>\n"
    command = [*os.environ.get("CC", "cc").split(), "-dM", "-E", "-I", str(include), "-"]
    found = subprocess.run(command, input=program, capture_output=True, text=True, check=True).stdout
    return sorted(set(tables.macros()) - set(re.findall(r"^#define (\w+)", found, re.MULTILINE)))


def own_names(include):
    """Options, infos, flags, types and functions of curl.h that libcurl does not have, each with the line before it."""
    known = set(tables.macros()) | {function.name for function in tables.libcurl_functions()}
    known |= {constant.name for group in tables.enums().values() for constant in group}
    known |= {constant.name for group in tables.constants().values() for constant in group}
    known |= {name for name, _ in tables.callbacks()}
    before = ""
    for line in (include / "curl" / "curl.h").read_text().splitlines():
        found = re.match(r"  (CURL\w+) = |#define (CURL[A-Z]\w+)|CURL_EXTERN .*?(\w+)\(|typedef .*?\(\*(\w+)\)", line)
        name = next(filter(None, found.groups()), None) if found else None
        if name and name not in known:
            yield name, before
        before = line


def uncommented(include):
    return [name for name, before in own_names(include) if not before.endswith("*/")]


def undocumented(include):
    """What only we have and docs/endpoint.md does not mention."""
    text = (ROOT / "docs" / "endpoint.md").read_text()
    return [name for name, _ in own_names(include) if not re.search(rf"\b{name}\b", text)]


def untested_options():
    """Options that work and that no test sets."""
    page = (ROOT / "docs" / "options.md").read_text()
    working = re.findall(r"^\| `CURLOPT_(\w+)` \| .*\*\*works\*\*", page, re.MULTILINE)
    tests = "".join(path.read_text() for path in [*CTESTS.rglob("*.py"), *CTESTS.rglob("*.c")])
    tested = set(re.findall(r'\bCURLOPT_(\w+)|"(\w+)"|\b([A-Z]\w+)=', tests))
    return sorted(set(working) - {name for names in tested for name in names})


def unasked_infos(include):
    """Infos that the driver can't ask for."""
    infos = [constant.name for constant in tables.enums()["CURLINFO"]] + [name for name, _ in own_names(include)]
    asked = (CTESTS / "driver_info.c").read_text()
    ends = {"CURLINFO_NONE", "CURLINFO_LASTONE"}
    return [name for name in infos if name.startswith("CURLINFO_") and name not in ends and f"({name[9:]})" not in asked]


def never_misused():
    """Functions that are not called with NULL or the like."""
    sources = [CTESTS / "programs" / "misuse.c", CTESTS / "abi" / "functions.c"]
    text = "".join(source.read_text() for source in sources)
    return [function.name for function in tables.functions() if not re.search(rf"\b{function.name}\)?\(", text)]
