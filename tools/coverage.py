#!/usr/bin/env python3
"""Prints docs/COVERAGE.md, from the code: what becomes of each function, option, information and multi option, in libwscurl.so.4 and in the
drop-in. `make coverage` writes it, `make check-coverage` fails when it is stale or a row has no answer or no test."""

import re
import sys
from pathlib import Path

import shown_by

ROOT = Path(__file__).resolve().parent.parent
ABI = ROOT / "src/abi"
DROP_IN = ROOT / "passthrough/src"

INTRODUCTION = """\
# What becomes of each part of libcurl's interface

Written by `tools/coverage.py` from the code; `make check-coverage` fails when this page is stale.

Alone is `libwscurl.so.4`, and the drop-in without another libcurl. The drop-in, with the system's libcurl, gives a call or a value

- *on*: to the system's libcurl, untouched,
- *both*: to both sides, so that each transfer finds it, or to the side that runs the transfer,
- *ours*: to wscurl.

The last column names a test, of those that use it the one that is about least else.

An option or an information that only one of the sides knows is answered by that one. With *both*, the system's answer to
`curl_easy_setopt` counts, and a WebSocket transfer fails with the name of an option that wscurl has refused.
"""


def read(*paths):
    return "\n".join(path.read_text() for path in paths)


def enumerators(file, prefix):
    names = re.findall(rf"^    ({prefix}\w+) = ", (ROOT / "src/types" / file).read_text(), re.MULTILINE)
    return [name for name in names if not name.endswith(("_NONE", "_LASTONE", "_LASTENTRY"))]


def body(text, start):
    """The function that begins with `start`, to the brace at its own depth."""
    begin = text.index(start)
    indent = re.match(r" *", text[text.rindex("\n", 0, begin) + 1 :]).group()
    return text[begin : text.index(f"\n{indent}}}", begin)]


# --- functions


def functions():
    tables = [ROOT / "ctests/abi/tables" / name for name in ("functions.txt", "own_functions.txt")]
    names = sorted(set(re.findall(r"(curl_\w+) \(", read(*tables))))
    own = read(*ABI.glob("*.rs"))
    printf = (ABI / "printf.c").read_text()
    forwarded = set(re.findall(r"(curl_\w+) as dropin_", (DROP_IN / "forward.rs").read_text()))
    wrapped = set(re.findall(r"fn dropin_(\w+)", read(*DROP_IN.rglob("*.rs"))))
    for name in names:
        yield name, alone(name, own, printf), in_drop_in(name, forwarded, wrapped), shown_by.function(name)


def alone(name, rust, c):
    found = re.search(rf"((?:^///.*\n)*)(?:^#\[.*\n|^ *//.*\n)*^(?:pub )?(?:unsafe )?extern \"C(?:-unwind)?\" fn {name}\(", rust, re.MULTILINE)
    prototype = re.search(rf"((?:^ +///.*\n)+) +pub fn {name}\(", (ABI / "variadic.rs").read_text(), re.MULTILINE)
    found = prototype or found
    if not found:
        return "works" if re.search(rf"\b{name}\(", c) else ""
    if re.search(r"\b(is|are) never sent\b", re.sub(r"\s*///\s*", " ", found.group(1))):
        return "works on the structure, which is never sent: the opening handshake has no request body"
    missing = re.search(r"Not built in: (.*?)\.", found.group(1))
    return f"refused: {missing.group(1)}" if missing else "works"


def in_drop_in(name, forwarded, wrapped):
    if name in forwarded:
        return "on"
    if name.removeprefix("curl_") not in wrapped:
        return ""
    return "ours" if name.startswith("curl_ws_") else "both"


# --- options


def options():
    # One line for each option: docs/options.md is written from the table of options.
    rows = re.findall(r"^\| `(CURLOPT_\w+)` \| (.*) \|$", (ROOT / "docs/options.md").read_text(), re.MULTILINE)
    system = set(re.findall(r"CURLOPT_\w+", body((DROP_IN / "easy/setopt.rs").read_text(), "fn belongs_to_system")))
    for name, what in rows:
        what = re.sub(r"^remembered", "accepted without effect", what.replace("*", ""))
        yield name, what, "on" if name in system else "ours" if name in own_options() else "both", shown_by.option(name, what)


def own_options():
    numbers = re.findall(r"^    (CURLOPT_\w+) = (\d+)", (ROOT / "src/types/option.rs").read_text(), re.MULTILINE)
    return {name for name, number in numbers if int(number) % 10_000 > 5_000} | {"CURLOPT_WS_OPTIONS"}


# --- information


def information():
    code = (ABI / "getinfo.rs").read_text().split("#[cfg(test)]")[0]
    system = set(re.findall(r"CURLINFO_\w+", body((DROP_IN / "easy/transfer.rs").read_text(), "fn dropin_easy_getinfo")))
    for name in enumerators("info.rs", "CURLINFO_"):
        if name in ("CURLINFO_TEXT",):
            continue
        drop_in = "on" if name in system else "ours" if "_WS_" in name else "both"
        yield name, answer(name, code), drop_in, shown_by.information(name)


def answer(name, code):
    """An arm of the functions that answer; a plain constant is said."""
    arms = re.findall(rf"^ +(?:\w+ \| )*{name}\b[^\n]*?=> (.*)$|^ +(?:\w+ \| )*{name}\n(?: +\|[^\n]*\n)* *\|[^\n]*?=> (.*)$", code, re.MULTILINE)
    values = [(one or two).rstrip(",") for one, two in arms]
    if not values:
        return "works" if re.search(rf"\b{name}\b", code) else ""
    constant = [value for value in values if re.fullmatch(r"-?[\d.]+|null\(\)", value)]
    if len(set(values)) == 1 and constant:
        return f"always {constant[0].replace('null()', 'NULL')}: nothing else can be the case"
    return "works"


# --- multi options


def multi_options():
    works = set(re.findall(r"CURLMOPT_\w+", body((ROOT / "src/multi/mod.rs").read_text(), "pub(crate) fn set(")))
    values = body((ABI / "multi.rs").read_text(), "unsafe fn value(")
    works |= set(re.findall(r"(CURLMOPT_\w+) => Value::(?!Unused)", values))
    system = (DROP_IN / "multi/handles.rs").read_text()
    alone_there = set(re.findall(r"const PUSH_\w+: u32 = CURLMoption::(CURLMOPT_\w+)", system))
    for name in enumerators("multi.rs", "CURLMOPT_"):
        what = "works" if name in works else "accepted without effect: it means nothing to a WebSocket"
        yield name, what, "on" if name in alone_there else "both", shown_by.multi_option(name)


def main():
    parts = {"Functions": functions, "Options of `curl_easy_setopt`": options, "Information of `curl_easy_getinfo`": information,
             "Options of `curl_multi_setopt`": multi_options}  # fmt: skip
    page, unanswered = [INTRODUCTION], []
    for title, rows in parts.items():
        page.append(f"\n## {title}\n\n| name | alone | drop-in | test |\n|---|---|---|---|")
        for row in rows():
            name, *answers = row
            page.append(f"| `{name}` | {' | '.join(answers)} |")
            if not all(answers):
                unanswered.append(name)
    print("\n".join(page))
    if unanswered:
        sys.exit("no answer for " + " ".join(unanswered))


if __name__ == "__main__":
    main()
