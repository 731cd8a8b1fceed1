#!/usr/bin/env python3
"""Checks that the modules of a crate form no circle: `tools/modules.py src` prints each one and fails if there are any.

A module imports another when a path in it that begins with `crate`, `self`, `super` or a child's name leads there. Tests are left
out: they sit beside what they test.
"""

import pathlib
import re
import sys

NOT_COMPILED_IN = ("tests", "testing", "peer", "documentation")


def modules(root):
    """Each module's path, as a tuple of names, and its file."""
    found = {}
    for file in root.rglob("*.rs"):
        parts = file.relative_to(root).with_suffix("").parts
        path = parts[:-1] if parts[-1] in ("mod", "lib") else parts
        if not set(path) & set(NOT_COMPILED_IN):
            found[path] = file
    return found


def code(text):
    """Without comments, tests and visibilities."""
    return re.sub(r"//.*|\(in [\w:]+\)", "", re.split(r"#\[cfg\(test\)\]\s*mod tests \{", text)[0])


def paths_of(tree):
    """The paths of a `use` tree."""
    tree = tree.strip()
    group = re.fullmatch(r"((?:\w+::)*)\{(.*)\}", tree, re.DOTALL)
    if not group:
        return [tree.split(" as ")[0]]
    return [group[1] + path for item in split_at_commas(group[2]) for path in paths_of(item)]


def split_at_commas(text):
    depth, items = 0, [""]
    for character in text:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if character == "," and depth == 0:
            items.append("")
        else:
            items[-1] += character
    return [item for item in items if item.strip()]


def resolve(path, module, known):
    """The module that `path` leads to from `module`; None when it leads out of the crate."""
    head, *names = [name.strip() for name in path.split("::")]
    if head == "crate":
        place = ()
    elif head == "self":
        place = module
    elif head == "super":
        place = module[:-1]
        while names and names[0] == "super":
            place, names = place[:-1], names[1:]
    elif (*module, head) in known:
        place = (*module, head)
    else:
        return None
    for name in names:
        if (*place, name) not in known:
            break
        place = (*place, name)
    return place


def imports(module, file, known):
    text = code(file.read_text())
    used = [path for tree in re.findall(r"\buse\s+([^;]+);", text) for path in paths_of(tree)]
    used += re.findall(r"\b(?:\w+::)+\w+", re.sub(r"\buse\s+[^;]+;", "", text))
    places = {resolve(path, module, known) for path in used}
    return places - {module, None}


def circles(graph):
    """Every set of modules that reach each other."""
    reached = {module: reach(module, graph) for module in graph}
    rings = {frozenset(other for other in reached[module] if module in reached.get(other, ())) for module in graph}
    return [ring for ring in rings if ring]


def reach(start, graph):
    seen, todo = set(), [start]
    while todo:
        new = graph.get(todo.pop(), set()) - seen
        seen |= new
        todo += new
    return seen


def main():
    known = modules(pathlib.Path(sys.argv[1]))
    graph = {module: imports(module, file, known) for module, file in known.items()}
    found = circles(graph)
    for ring in found:
        print("These modules import each other:", ", ".join(sorted("::".join(module) or "lib" for module in ring)))
    print(f"{len(known)} modules, {len(found)} circles")
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
