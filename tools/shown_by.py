"""Which test shows what becomes of a part of the interface: found by the names in the tests of ctests/, where tools/coverage.py looks it up."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CTESTS = ROOT / "ctests"

# What holds for each row of the table of options is tested for each.
EVERY_OPTION = {
    "accepted": "src/easy/options/tests.rs: remembered_options_keep_the_last_value",
    "refused": "src/easy/options/tests.rs: refused_options_say_which_they_are_and_why",
    "guard": "src/easy/options/tests.rs: refused_options_say_which_they_are_and_why",
    "the": "src/types/options/tests.rs: an_old_name_has_the_type_of_the_current_one",
}


class Test:
    """A test function in Python or a C program: its text, and the names in it."""

    def __init__(self, where, text):
        self.where, self.text = where, text
        self.names = set(re.findall(r"\w{3,}", text))
        self.about = sum(name.isupper() or name.startswith("curl_") for name in self.names)


def python_tests():
    for path in sorted(CTESTS.rglob("test_*.py")):
        lines = path.read_text().splitlines()
        for node in ast.parse("\n".join(lines)).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                yield Test(f"{path.relative_to(ROOT)}: {node.name}", "\n".join(lines[first - 1 : node.end_lineno]))
        yield Test(str(path.relative_to(ROOT)), "\n".join(lines))


def c_programs():
    folders = [CTESTS / "programs", CTESTS / "multi", CTESTS / "passthrough", CTESTS / "abi"]
    for path in (path for folder in folders for path in sorted(folder.glob("*.c*"))):
        yield Test(str(path.relative_to(ROOT)), path.read_text())


PYTHON, C = list(python_tests()), list(c_programs())


def closest(tests, name, pattern):
    """Of the tests in whose text the pattern is, which has the name in it, the one that is about least else."""
    found = [test for test in tests if name in test.names and re.search(pattern, test.text)]
    return min(found, key=lambda test: test.about).where if found else ""


def option(name, what):
    short = name.removeprefix("CURLOPT_")
    found = closest(PYTHON, short, rf'"{short}"|\b{short}=') or closest(C, name, name)
    # What a callback is given is shown where the callback is.
    for ending, function in ((r"_DATA$", "_FUNCTION"), ("DATA$", "FUNCTION")):
        found = found or closest(PYTHON, other := re.sub(ending, function, short), rf'"{other}"|\b{other}=')
    return found or EVERY_OPTION.get(re.split(r"\W", what)[0], "")


def information(name):
    # Tests add the _T to the name of the same in seconds or as double.
    older = re.sub("_T$", "", short := name.removeprefix("CURLINFO_"))
    asked = closest(PYTHON, short, rf'getinfo\([^)]*"{short}"') or closest(PYTHON, short, rf'"{short}"')
    return asked or closest(PYTHON, older, rf'"{older}"') or closest(C, name, name)


def multi_option(name):
    return closest(C, name, name)


def function(name):
    # The driver's commands are named like functions.
    for command in (name.removeprefix("curl_"), re.sub("^curl_(easy_)?", "", name)):
        if found := closest(PYTHON, command, rf'drv\.(do|begin)\("{command}"'):
            return found
    return closest(C, name, name)
