"""Reads the tables."""

import csv
import pathlib
import re
from collections import namedtuple

TABLES = pathlib.Path(__file__).resolve().parent / "tables"

Function = namedtuple("Function", "result name parameters")
Field = namedtuple("Field", "name offset size")
Constant = namedtuple("Constant", "name value")


def rows(name):
    with open(TABLES / name, newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def enums():
    """The enumerators of each type."""
    found = {}
    for row in rows("enums.tsv"):
        found.setdefault(row["type"], []).append(Constant(row["enumerator"], int(row["value"])))
    return found


def constants():
    """The constants of each group."""
    found = {}
    for row in rows("constants.tsv"):
        found.setdefault(row["group"], []).append(Constant(row["name"], int(row["value"])))
    return found


def easy_options():
    return rows("easy_options.tsv")


def macros():
    """The names of libcurl's macros on Linux. Those of its type checker are not in the table."""
    return (TABLES / "macros.txt").read_text().split()


def functions():
    """Every prototype, libcurl's and our own."""
    yield from libcurl_functions()
    yield from prototypes("own_functions.txt")


def libcurl_functions():
    yield from prototypes("functions.txt")


def prototypes(table):
    """`va_list` as programs write it."""
    for line in (TABLES / table).read_text().splitlines():
        result, name, parameters = re.fullmatch(r"(.*?)(\w+) \((.*)\);", line).groups()
        yield Function(result, name, parameters.replace("__va_list_tag *", "va_list"))


def callbacks():
    """The name and type of every callback."""
    for line in (TABLES / "callbacks.txt").read_text().splitlines():
        yield line.split(":")


def structs():
    """The name, fields and size of every struct. Bit fields have no offset that C can ask for, and are left out."""
    for text in (TABLES / "structs.txt").read_text().split("== struct ")[1:]:
        name = text.split("\n")[0]
        size = int(re.findall(r"total size \(bytes\): +(\d+)", text)[-1])
        yield name, list(fields(text)), size


def fields(text):
    """Fields of inner structs and unions as `outer.inner`: their names come after them."""
    waiting, depth = [], 0
    for line in text.splitlines()[2:]:
        if re.search(r"(struct|union) \w*\s*{", line):
            depth += 1
        elif closing := re.search(r"} (\w+);", line):
            depth -= 1
            yield from (Field(f"{closing[1]}.{field.name}", field.offset, field.size) for field in waiting)
            waiting = []
        elif found := re.match(r"/\* +(\d+)? +(?:\| +)?(\d+) \*/ .*?(\w+)(?:\[\d+\])?;", line):
            offset = None if found[1] is None else int(found[1])
            field = Field(found[3], offset, int(found[2]))
            if depth and not is_system(field):
                waiting.append(field)
            elif not depth:
                yield field


def is_system(field):
    """`struct sockaddr` is the system's."""
    return field.name.startswith("sa_")
