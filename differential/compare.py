"""Where the judges disagree with passkeeper, and whether README.md says why.

compare.py LINES PYTHON NODE: what the generator wrote, and what the two programs said about it. A disagreement that the
table does not explain fails; so does a row of which any case, judge or code does not occur any more.
"""

import collections
import json
import pathlib
import re
import sys

JUDGES = ("webauthn", "fido2", "simplewebauthn")
# What an explanation appeals to: 7.1/8, 5.8.1, RFC 8259.
RULE = re.compile(r"\d\.\d|RFC \d{4}")
HEADING = "| Case | Judge | passkeeper | Judge says | Who is right, and why |"


def table():
    """Each row with its cases, judges and codes as lists. A case may be of one ceremony alone: `signing in: …`."""
    readme = pathlib.Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    head, _, below = readme.partition(HEADING + "\n")
    if not below:
        sys.exit("README.md has no table of disagreements")
    for line in below.splitlines()[1:]:
        if not line.startswith("|"):
            return
        cases, judges, ours, says, why = (cell.strip() for cell in line.strip("|").split("|"))
        if not RULE.search(why):
            sys.exit(f"names no step, section or RFC: {line}")
        yield (cases.split("; "), judges.split(", "), [code.strip("`") for code in ours.split(", ")], says)


def disagreements(paths):
    lines, *answers = [open(path, encoding="utf-8") for path in paths]
    first = json.loads(next(lines))
    groups, tally = collections.Counter(), collections.Counter()
    examples = {}
    for line, *said in zip(lines, *answers, strict=True):
        case = json.loads(line)
        said = {judge: text for answer in said for judge, text in json.loads(answer).items()}
        tally["responses"] += 1
        tally["accepted here" if case["ours"] == "accepted" else "refused here"] += 1
        for judge in JUDGES:
            verdict, _, detail = said[judge].partition(": ")
            if (verdict == "accepted") != (case["ours"] == "accepted"):
                group = (case["ceremony"], case["case"], judge, case["ours"], verdict)
                groups[group] += 1
                examples.setdefault(group, detail)
                tally[f"disagreements with {judge}"] += 1
    return first, groups, examples, tally


def main():
    first, groups, examples, tally = disagreements(sys.argv[1:4])
    rows, used, unexplained = list(table()), set(), []
    for group, count in groups.items():
        ceremony, case, judge, ours, verdict = group
        names = (case, f"{ceremony}: {case}")
        for number, (cases, judges, codes, says) in enumerate(rows):
            named = [name for name in names if name in cases]
            if named and judge in judges and ours in codes and verdict == says:
                used |= {(number, f"{judge} about", named[0]), (number, "passkeeper's", ours)}
                break
        else:
            unexplained.append(f"{count} x {ceremony}: {case} | {judge} | {ours} | {verdict} | {examples[group]}")
    stale = [
        f"{kind} {part} (row {number + 1})"
        for number, (cases, judges, codes, _) in enumerate(rows)
        for kind, part in [(f"{judge} about", case) for judge in judges for case in cases] + [("passkeeper's", code) for code in codes]
        if (number, kind, part) not in used
    ]
    print(f"differential: {first['cases']} cases, seed {first['seed']}")
    for name, count in sorted(tally.items()):
        print(f"  {name}: {count}")
    print(f"  groups of disagreement: {len(groups)}, explained by {len(rows)} rows")
    if unexplained:
        print("NOT EXPLAINED in README.md:", *sorted(unexplained), sep="\n  ")
    if stale:
        print("EXPLAINED in README.md, but it did not occur:", *stale, sep="\n  ")
    # Other responses, or fewer of them, need not show every disagreement.
    usual = first["seed"] == 1 and tally["responses"] >= 5 * first["cases"]
    sys.exit(bool(unexplained or (stale and usual)))


main()
