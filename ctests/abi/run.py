#!/usr/bin/env python3
"""Checks the header and the built libraries against the tables: one line a check, exit status 1 if any failed."""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile

import generate
import places
import tables

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STRICT = ["-Wall", "-Wextra", "-Werror", "-pedantic"]
LANGUAGES = {
    "C99": [*os.environ.get("CC", "cc").split(), "-x", "c", "-std=c99"],
    "C++17": [*os.environ.get("CXX", "c++").split(), "-x", "c++", "-std=c++17"],
}


class Checks:
    def __init__(self, include, libraries, scratch):
        self.include, self.libraries, self.scratch = include, libraries, scratch
        self.passed = self.failed = 0

    def report(self, name, problem):
        """One line for a check; `problem` is empty if it passed."""
        print(("FAIL " if problem else "ok   ") + name)
        if problem:
            print("     " + problem.strip().replace("\n", "\n     "))
        self.failed += bool(problem)
        self.passed += not problem

    def compiler_says(self, language, source, options=()):
        command = LANGUAGES[language] + STRICT + ["-I", str(self.include), *options, "-c", "-o", os.devnull, "-"]
        run = subprocess.run(command, input=source, capture_output=True, text=True)
        return "\n".join(run.stderr.splitlines()[:20]) or ("" if run.returncode == 0 else "the compiler failed")

    def compiles(self, name, source):
        for language in LANGUAGES:
            self.report(f"{name} ({language})", self.compiler_says(language, source))

    def warns(self, name, statement):
        self.report(name, "" if "[-Werror" in self.compiler_says("C99", generate.program(statement)) else "no warning")

    def runs(self, name, source, library, options=()):
        program = self.scratch / source.stem
        flags = ["-I", str(self.include), *options, str(source), "-o", str(program), str(library)]
        build = subprocess.run(os.environ.get("CC", "cc").split() + ["-std=c99"] + STRICT + flags, capture_output=True, text=True)
        if build.returncode:
            return self.report(name, build.stderr)
        environment = os.environ | {"LD_LIBRARY_PATH": str(library.parent)}
        wrapper = os.environ.get("WRAPPER", "").split()
        run = subprocess.run(wrapper + [program], capture_output=True, text=True, env=environment, timeout=300)
        self.report(name, "" if run.returncode == 0 else f"exit {run.returncode}\n{run.stdout}{run.stderr}")

    def exports(self, library, *versions):
        listing = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True).stdout
        found = {line.split()[2].replace("@@", "@") for line in listing.splitlines() if line.split()[1] != "A"}
        wanted = {f"{f.name}@{version}" for f in tables.functions() for version in versions}
        missing, extra = sorted(wanted - found), sorted(found - wanted)
        problem = f"missing {' '.join(missing)}\n" * bool(missing) + f"extra {' '.join(extra)}" * bool(extra)
        self.report(f"{library.name} exports exactly the {len(wanted) // len(versions)} functions, as {' and '.join(versions)}", problem)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--include", type=pathlib.Path, default=ROOT / "include", help="has curl/curl.h")
    arguments.add_argument("--libraries", type=pathlib.Path, default=ROOT / "build", help="where make builds")
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        checks = Checks(options.include, options.libraries, pathlib.Path(scratch))
        check_header(checks)
        check_places(checks)
        check_libraries(checks)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return checks.failed > 0


def check_header(checks):
    for enum, enumerators in tables.enums().items():
        checks.compiles(f"values of {enum}", generate.enum(enum, enumerators))
    for group, constants in tables.constants().items():
        checks.compiles(f"constants: {group}", generate.constants(constants))
    checks.compiles("constants have the C types that libcurl's have", generate.constant_types())
    for name, fields, size in tables.structs():
        checks.compiles(f"layout of {name}", generate.struct(name, fields, size))
    for function in tables.functions():
        checks.compiles(f"prototype of {function.name}", generate.prototype(function))
    for name, declaration in tables.callbacks():
        checks.compiles(f"type of {name}", generate.callback(name, declaration))
    for name, source in generate.include_orders():
        checks.compiles(name, source)
    checks.compiles("macros for programs", (HERE / "macros.c").read_text())
    checks.compiles("arguments of the right types give no warning", (HERE / "arguments.c").read_text())
    for statement in generate.WRONG_ARGUMENTS:
        checks.warns(f"warning for {statement}", statement)


def check_places(checks):
    for name, forgotten in (
        ("every macro of libcurl's headers is defined", places.missing_macros(checks.include)),
        ("what only this library has is commented in curl.h", places.uncommented(checks.include)),
        ("and documented in docs/endpoint.md", places.undocumented(checks.include)),
        ("every option that works is set in a test of ctests", places.untested_options()),
        ("every info can be asked for in ctests/driver_info.c", places.unasked_infos(checks.include)),
        ("every function gets NULL in misuse.c or functions.c", places.never_misused()),
    ):
        checks.report(name, "not so: " + " ".join(forgotten) if forgotten else "")


def check_libraries(checks):
    shared, drop_in = checks.libraries / "libwscurl.so.4", checks.libraries / "drop-in" / "libcurl.so.4"
    checks.exports(shared, "WSCURL_4")
    gnutls = checks.libraries / "drop-in" / "libcurl-gnutls.so.4"
    checks.exports(checks.libraries / "namesake" / "libcurl.so.4", "CURL_4", "CURL_OPENSSL_4")
    checks.exports(drop_in, "CURL_4", "CURL_OPENSSL_4")
    checks.exports(gnutls, "CURL_GNUTLS_3")
    options = checks.scratch / "options.c"
    options.write_text(generate.option_table(tables.easy_options()))
    # What the drop-in does by itself; with the system's libcurl behind it the answers are those of that one.
    os.environ["WSCURL_LIBCURL"] = "none"
    for library in (shared, drop_in, gnutls):
        checks.runs(f"functions.c with {library.name}", HERE / "functions.c", library)
        checks.runs(f"table of options with {library.name}", options, library)


if __name__ == "__main__":
    sys.exit(main())
