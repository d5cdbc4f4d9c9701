#!/usr/bin/env python3
"""The table of README.md against the words that the engine knows:  words.py KINFOLD SOURCE

Every word, method, setting, choice and field of core/lua stands in the table, and nothing else does. Every place the table names is
there: a scenario of this workspace (`file: name of the scenario`), or another test's file, and the word occurs in it. So a word that
is added to the language without a test fails here."""
import json
import os
import re
import subprocess
import sys

KINFOLD, SOURCE = sys.argv[1], sys.argv[2]
HERE = os.path.dirname(os.path.abspath(__file__))
problems = []


def read(path):
    with open(os.path.join(SOURCE, path), encoding="utf-8") as f:
        return f.read()


def block(text, start, end="};"):
    at = text.index(start)
    return text[at:text.index(end, at)]


# ---- what the engine knows ----

def rows(text):
    return re.findall(r'\{"(\w+)", (?:\w+), ', text)


def words_of_tables():
    out = set()
    test = read("core/lua/words_test.c")
    tests = set(re.findall(r'"(\w+)", fn, ', test))
    out |= tests | {":" + t for t in tests}
    for name in ("value", "select", "cond", "kind"):
        text = read("core/lua/words_%s.c" % name)
        out |= set(rows(block(text, "const struct kf_word_def kf_words_%s[]" % name)))
    for file, table in (("select", "select"), ("test", "expr"), ("test", "test")):
        out |= {":" + w for w in rows(block(read("core/lua/words_%s.c" % file), "const struct kf_word_def kf_methods_%s[]" % table))}
    out |= set(re.findall(r"^(\w+) = \{\}$", read("rules/meta/kinfold.lua"), re.M))  # names that are no functions
    fields = block(test, "touch_fields[]")
    out |= {"touch." + f for f in re.findall(r'"(\w+)"', fields)}
    return out


def settings():
    """table of C -> [(key, type, choices, map, item)]"""
    text = read("core/lua/settings.c").replace("\\\n", "\n")
    scenario = text[text.index("#define SCENARIO"):text.index("static const struct kf_setting one_case")]
    tables = {}
    for m in re.finditer(r"(?:static )?const struct kf_setting (\w+)(\[\])? = (.*?);\n", text, re.S):
        name, body = m.group(1), m.group(3).replace("SCENARIO,", scenario)
        entries = []
        for e in re.finditer(r'\{\s*"([^"]+)",\s*([^,]+),\s*([^,]+),\s*(NULL|(?:"[^"]*"\s*)+),\s*(\w+),\s*(&\w+|NULL),', body):
            choices = "".join(re.findall(r'"([^"]*)"', e.group(4))).split("|") if e.group(4) != "NULL" else []
            entries.append((e.group(1), choices, e.group(5), e.group(6).lstrip("&")))
        for key in re.findall(r'ANY(?:_NUMBERED)?\("(\w+)"', body):
            entries.append((key, [], "NULL", "NULL"))
        tables[name] = entries
    return text, tables


def words_of_settings():
    text, tables = settings()
    out = set()

    def add(prefix, table, seen):
        for key, choices, inner, item in tables.get(table, []):
            nameless = key.isdigit() or key == "*" or (prefix, key) == ("channel_group", "groups")  # its groups stand in it by position
            name = prefix if nameless else "%s.%s" % (prefix, key)
            if not nameless:
                out.add(name)
            out.update("%s=%s" % (name, c) for c in choices)
            for down in (inner, item):
                if down != "NULL" and down in tables and down not in seen:
                    one = tables[down]
                    if down.endswith("_item"):  # what a list holds has no name of its own
                        for _, more, sub, _ in one:
                            out.update("%s=%s" % (name, c) for c in more)
                            if sub != "NULL":
                                add(name, sub, seen | {down, sub})
                    else:
                        add(name, down, seen | {down})

    for kind, table in re.findall(r"\[KF_KIND_(\w+)\] = (\w+)", block(text, "static const struct kf_setting *const table")):
        add(kind.lower(), table, {table})
    for model, inner in re.findall(r'\{"(\w+)", \{"\w+", [^,]+, 0, NULL, (\w+),', block(text, "kf_models[]")):
        if inner != "NULL":
            add(model, inner, {inner})
    add("any rule", "kf_settings_documented", set())
    add("any rule", "kf_settings_common", set())
    # a case has the settings of its scenario
    return {w for w in out if not w.startswith("scenario.cases.")}


def choices_of_words():
    """Choices that words take as their argument."""
    out = set()
    select, test = read("core/lua/words_select.c"), read("core/lua/words_test.c")
    for unit in re.findall(r'"(\w+)"', block(select, "units[]", ";")):
        out |= {":this=" + unit, ":previous=" + unit}
    out |= {":on=" + p for p in re.findall(r'"(\w+)"', block(select, "platforms[]", ";"))}
    out |= {":on_weekday=" + d for d in re.findall(r'"(\w+)"', block(test, "days[]", ";"))}
    return out


# ---- what the table says ----

def table():
    out = {}
    with open(os.path.join(HERE, "README.md"), encoding="utf-8") as f:
        lines = f.read().partition("| word |")[2].splitlines()
    for line in lines:
        m = re.match(r"\| `([^`]+)` \| (.*) \|$", line)
        if m:
            if m.group(1) in out:
                problems.append("README.md: %s stands there twice" % m.group(1))
            out[m.group(1)] = m.group(2)
    return out


def scenarios():
    """file -> names of its scenarios"""
    done = subprocess.run([KINFOLD, "-C", HERE, "test", "--list", "--json"], capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    out = {}
    for c in json.loads(done.stdout)["cases"]:
        out.setdefault(os.path.basename(c["where"].split(":")[0]), set()).add(c["scenario"])
    return out


def spelling(word):
    """How a word is written where it is used."""
    last = re.split(r"[.=]", word.lstrip(":"))[-1]
    return re.compile(r"(?<!\w)%s(?!\w)" % re.escape(last))


def look(word, place, known):
    file, _, name = place.partition(": ")
    if "/" in file:
        path = os.path.join(SOURCE, file)
        if not os.path.exists(path):
            problems.append("%s: there is no %s" % (word, file))
        elif os.path.isfile(path) and not spelling(word).search(open(path, encoding="utf-8").read()):
            problems.append("%s: %s does not hold it" % (word, file))
        return
    if name not in known.get(file, set()):
        problems.append("%s: %s has no scenario \"%s\"" % (word, file, name))
    elif not any(spelling(word).search(read("tests/rules_words/rules/" + f)) for f in (file, "lib/says.lua")):
        problems.append("%s: %s does not hold it" % (word, file))


def main():
    engine = words_of_tables() | words_of_settings() | choices_of_words()
    if len(engine) < 300:
        problems.append("only %d words were found in core/lua: its tables look otherwise now" % len(engine))
    said, known = table(), scenarios()
    problems.extend("%s: a word without a test: write one and its line in README.md" % w for w in sorted(engine - set(said)))
    problems.extend("%s: README.md has it, core/lua does not" % w for w in sorted(set(said) - engine))
    for word, places in said.items():
        for place in places.split(" + "):
            look(word, place, known)
    for p in sorted(problems):
        print(p)
    print("%d words, %d scenarios" % (len(engine), sum(len(v) for v in known.values())))
    return 1 if problems else 0


if __name__ == "__main__":
    if len(sys.argv) > 3:  # the words alone
        print("\n".join(sorted(words_of_tables() | words_of_settings() | choices_of_words())))
        sys.exit(0)
    sys.exit(main())
