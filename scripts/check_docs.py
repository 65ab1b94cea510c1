#!/usr/bin/env python3
"""Fails if a page names what isn't there, or has lines that are too long. usage: check_docs.py

For every Markdown file: a line has at most 120 characters, unless it is a table's or holds a word that can't be broken
(a hash in an example); a link within the repository leads to a file, and its anchor to a heading. docs/README.md links
to every page in docs/, and README.md has at most 120 lines. In docs/security.md every test and every file of tests that
the attacks name exists, and a test that stands behind a file is in it.
"""
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
WIDEST, LONGEST_WORD, LONGEST_README = 120, 90, 120
NOT_OURS = {"node_modules", "build", ".git"}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as file:
        return file.read()


def files(folder, ending):
    """Those below a folder, as paths from the root."""
    for where, folders, names in os.walk(os.path.join(ROOT, folder)):
        folders[:] = sorted(set(folders) - NOT_OURS)
        yield from (os.path.relpath(os.path.join(where, name), ROOT) for name in sorted(names) if name.endswith(ending))


def prose(text):
    """(number, line) of each line that isn't code: not fenced, nor indented by four behind an empty line or code."""
    fenced, may_indent = False, True
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            fenced, may_indent = not fenced, True
        elif not fenced:
            code = may_indent and line.startswith("    ")
            may_indent = code or not line.strip()
            if not code:
                yield number, line


def anchors(text):
    """What GitHub makes of the headings: small letters, no punctuation, dashes for spaces, numbers for repetitions."""
    seen = {}
    for _, line in prose(text):
        if re.match(r"#+ ", line):
            words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", line.lstrip("#").strip()).lower()
            slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
            yield f"{slug}-{seen[slug]}" if slug in seen else slug
            seen[slug] = seen.get(slug, 0) + 1


def links(text):
    """(number, target) of each link and picture, in Markdown's words or HTML's."""
    for number, line in prose(text):
        line = re.sub(r"`[^`]*`", "", line)
        for target in re.findall(r"\]\(([^)\s]+)\)", line) + re.findall(r'(?:href|src|srcset)="([^"]+)"', line):
            yield number, target


def leads_nowhere(page, target):
    """What is wrong with a link of a page's, if anything."""
    if re.match(r"[a-z]+:", target):
        return None
    path, _, anchor = target.partition("#")
    at = os.path.normpath(os.path.join(os.path.dirname(page), path)) if path else page
    if not os.path.exists(os.path.join(ROOT, at)):
        return f"no such file: {target}"
    if anchor and anchor not in anchors(read(at)):
        return f"no such heading: {target}"
    return None


def faults_of(page):
    text = read(page)
    for number, line in enumerate(text.splitlines(), 1):
        breakable = not line.lstrip().startswith("|") and all(len(word) <= LONGEST_WORD for word in line.split())
        if len(line) > WIDEST and breakable:
            yield f"{page}:{number}: {len(line)} characters, not {WIDEST}"
    for number, target in links(text):
        if fault := leads_nowhere(page, target):
            yield f"{page}:{number}: {fault}"


def faults_of_index(pages):
    """The index leads to every page, and the first page is short."""
    targets = [target.partition("#")[0] for _, target in links(read("docs/README.md"))]
    linked = {os.path.normpath(os.path.join("docs", target)) for target in targets}
    for page in pages:
        if os.path.dirname(page) == "docs" and page != "docs/README.md" and page not in linked:
            yield f"docs/README.md: doesn't link to {page}"
    length = len(read("README.md").splitlines())
    if length > LONGEST_README:
        yield f"README.md: {length} lines, not {LONGEST_README}"


def faults_of_attacks():
    """Of the tables in docs/security.md: (how many tests they name, faults)."""
    attacks = read("docs/security.md").split("## Attacks", 1)[1].split("\n## ", 1)[0]
    sources = {os.path.basename(path): read(path) for path in files("tests", ".cpp")}
    cases = {name: set(re.findall(r'TEST_CASE\(\s*"([^"]+)"', text)) for name, text in sources.items()}
    named = re.findall(r'"([^"]+)"', attacks)
    faults = [f'no test is called "{name}"' for name in named if not any(name in some for some in cases.values())]
    for source, list_of_names in re.findall(r'`(\w+\.cpp)`: ("[^"]+"(?:, "[^"]+")*)', attacks):
        faults += [f'{source} has no test "{name}"' for name in re.findall(r'"([^"]+)"', list_of_names)
                   if name not in cases.get(source, ())]
    faults += [f"no such file: {name}" for name in re.findall(r"`([^`]+)`", attacks)
               if name not in sources and not os.path.exists(os.path.join(ROOT, name))]
    return len(named), ["docs/security.md: " + fault for fault in faults]


def main():
    pages = list(files("", ".md"))
    named, faults = faults_of_attacks()
    faults += [fault for page in pages for fault in faults_of(page)]
    faults += faults_of_index(pages)
    for fault in faults:
        print(fault)
    print(f"{len(pages)} pages, {named} tests named, {len(faults)} faults")
    sys.exit(1 if faults or not named else 0)


if __name__ == "__main__":
    main()
