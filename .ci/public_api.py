"""Every public item of a crate, a line each, from the JSON that rustdoc writes: public_api.py FILE

A type of item that is not known here is an error: nothing is left out in silence.
"""

import json, sys

document = json.load(open(sys.argv[1], encoding="utf-8"))
index = {int(key): item for key, item in document["index"].items()}
paths = {int(key): entry for key, entry in document["paths"].items()}
# Where the crate's own items are found from outside; the shortest way is the name that signatures use.
public = {}
lines = set()
SELF = {"self: Self": "self", "self: &Self": "&self", "self: &mut Self": "&mut self"}
# What the compiler finds out by itself, and nobody is promised.
UNPROMISED = ("StructuralPartialEq", "Freeze", "Unpin", "UnwindSafe", "RefUnwindSafe", "UnsafeUnpin")


def inner(item):
    ((kind, what),) = item["inner"].items()
    return kind, what


def walk(module, path, seen=()):
    for number in inner(index[module])[1]["items"]:
        item = index[number]
        if item["visibility"] == "public":
            place(item, path, seen)


def place(item, path, seen):
    kind, what = inner(item)
    if kind == "use":
        target = index.get(what["id"])
        if what["is_glob"]:
            if target and target["id"] not in seen:
                if inner(target)[0] == "module":
                    walk(target["id"], path, (*seen, target["id"]))
                else:
                    sys.exit(f"a glob of what is no module: {what}")
        elif target is None:
            lines.add(f"pub use {path}::{what['name']} = {what['source']}")
        else:
            place({**target, "name": what["name"]}, path, seen)
        return
    name = f"{path}::{item['name']}"
    public.setdefault(item["id"], set()).add(name)
    if kind == "module" and item["id"] not in seen:
        walk(item["id"], name, (*seen, item["id"]))


def path_of(number, fallback):
    if number in public:
        return min(public[number], key=lambda name: (name.count("::"), name))
    return "::".join(paths[number]["path"]) if number in paths else fallback


def args(what):
    if not what:
        return ""
    ((kind, what),) = what.items()
    if kind == "parenthesized":
        output = f" -> {typ(what['output'])}" if what["output"] else ""
        return f"({', '.join(map(typ, what['inputs']))}){output}"
    if kind != "angle_bracketed":
        sys.exit(f"unknown arguments: {kind}")
    parts = []
    for arg in what["args"]:
        ((kind, value),) = arg.items() if isinstance(arg, dict) else ((arg, None),)
        parts.append({"lifetime": lambda: value, "type": lambda: typ(value), "const": lambda: value["expr"], "infer": lambda: "_"}[kind]())
    for one in what["constraints"]:
        ((kind, value),) = one["binding"].items()
        told = f" = {typ(value['type'])}" if kind == "equality" else f": {bounds(value)}"
        parts.append(one["name"] + args(one["args"]) + told)
    return f"<{', '.join(parts)}>" if parts else ""


def trait(what):
    return path_of(what["id"], what["path"]) + args(what["args"])


def quantified(params):
    return f"for<{', '.join(one['name'] for one in params)}> " if params else ""


def bounds(all):
    told = []
    for one in all:
        ((kind, what),) = one.items()
        if kind == "trait_bound":
            modifier = {"none": "", "maybe": "?", "maybe_const": "~const "}[what["modifier"]]
            told.append(quantified(what["generic_params"]) + modifier + trait(what["trait"]))
        elif kind == "outlives":
            told.append(what)
        else:
            told.append("use<" + ", ".join(next(iter(part.values())) for part in what) + ">")
    return " + ".join(told)


def typ(what):
    ((kind, what),) = what.items() if isinstance(what, dict) else ((what, None),)
    if kind == "resolved_path":
        return path_of(what["id"], what["path"]) + args(what["args"])
    if kind in ("generic", "primitive"):
        return what
    if kind == "borrowed_ref":
        return "&" + (what["lifetime"] + " " if what["lifetime"] else "") + ("mut " if what["is_mutable"] else "") + typ(what["type"])
    if kind == "tuple":
        return f"({', '.join(map(typ, what))}{',' if len(what) == 1 else ''})"
    if kind == "slice":
        return f"[{typ(what)}]"
    if kind == "array":
        return f"[{typ(what['type'])}; {what['len']}]"
    if kind == "dyn_trait":
        told = [quantified(one["generic_params"]) + trait(one["trait"]) for one in what["traits"]]
        return "(dyn " + " + ".join(told + ([what["lifetime"]] if what["lifetime"] else [])) + ")"
    if kind == "impl_trait":
        return f"impl {bounds(what)}"
    if kind == "qualified_path":
        return f"<{typ(what['self_type'])} as {trait(what['trait'])}>::{what['name']}" + args(what.get("args"))
    if kind == "function_pointer":
        return quantified(what["generic_params"]) + "fn" + signature(what["sig"], named=False)
    sys.exit(f"unknown type: {kind}")


def signature(sig, named=True):
    told = [f"{name}: {typ(what)}" if named else typ(what) for name, what in sig["inputs"]]
    told[:1] = [SELF.get(one, one) for one in told[:1]]
    return f"({', '.join(told)})" + (f" -> {typ(sig['output'])}" if sig["output"] else "")


def generics(what):
    """The parameters, and the where clause."""
    params = []
    for one in what["params"]:
        ((kind, value),) = one["kind"].items()
        if kind == "lifetime":
            params.append(one["name"] + (": " + " + ".join(value["outlives"]) if value["outlives"] else ""))
        elif kind == "type" and not value["is_synthetic"]:
            default = f" = {typ(value['default'])}" if value["default"] else ""
            params.append(one["name"] + (f": {bounds(value['bounds'])}" if value["bounds"] else "") + default)
        elif kind == "const":
            params.append(f"const {one['name']}: {typ(value['type'])}" + (f" = {value['default']}" if value["default"] else ""))
    where = []
    for one in what["where_predicates"]:
        ((kind, value),) = one.items()
        if kind == "bound_predicate":
            where.append(f"{quantified(value['generic_params'])}{typ(value['type'])}: {bounds(value['bounds'])}")
        elif kind == "lifetime_predicate":
            where.append(f"{value['lifetime']}: {' + '.join(value['outlives'])}")
        else:
            sys.exit(f"unknown predicate: {kind}")
    return f"<{', '.join(params)}>" if params else "", f" where {', '.join(where)}" if where else ""


def marks(item):
    """The attributes that callers notice."""
    told = [mark for mark in ("non_exhaustive", "must_use") if any(mark in json.dumps(attr) for attr in item["attrs"])]
    return "".join(f"#[{mark}] " for mark in told)


def function(item, name, of_trait=False):
    what = inner(item)[1]
    params, where = generics(what["generics"])
    words = "".join(f"{word} " for word in ("const", "async", "unsafe") if what["header"][f"is_{word}"])
    provided = " { … }" if of_trait and what["has_body"] else ""
    return f"{marks(item)}{words}fn {name}{params}{signature(what['sig'])}{where}{provided}"


def constant(name, of, value):
    lines.add(f"const {name}: {typ(of)}" + ("" if value in (None, "_") else f" = {value}"))


def associated(number, name):
    """The items of a trait."""
    item = index[number]
    kind, what = inner(item)
    name = f"{name}::{item['name']}"
    if kind == "function":
        lines.add(function(item, name, of_trait=True))
    elif kind == "assoc_type":
        lines.add(f"type {name}" + (f": {bounds(what['bounds'])}" if what["bounds"] else "") + (f" = {typ(what['type'])}" if what["type"] else ""))
    elif kind == "assoc_const":
        constant(name, what["type"], what["value"])
    else:
        sys.exit(f"unknown item of a trait: {kind}")


def fields(numbers, name):
    for number in numbers:
        if number is not None and index[number]["visibility"] != "crate":
            field = index[number]
            lines.add(f"field {name}.{field['name']}: {typ(inner(field)[1])}")


def show(item, name):
    kind, what = inner(item)
    params, where = generics(what["generics"]) if isinstance(what, dict) and "generics" in what else ("", "")
    if kind == "module":
        lines.add(f"mod {name}")
    elif kind == "struct":
        shape, form = what["kind"], ""
        if shape != "unit":
            ((form, within),) = shape.items()
            private = form == "plain" and within["has_stripped_fields"] or form == "tuple" and None in within
            fields(within["fields"] if form == "plain" else within, name)
            form = " { private }" if private else ""
        lines.add(f"{marks(item)}struct {name}{params}{where}{form}")
    elif kind == "enum":
        lines.add(f"{marks(item)}enum {name}{params}{where}")
        for number in what["variants"]:
            variant = index[number]
            shape = inner(variant)[1]["kind"]
            told = f"{marks(variant)}variant {name}::{variant['name']}"
            if shape != "plain":
                ((form, within),) = shape.items()
                numbers = within if form == "tuple" else within["fields"]
                fields(numbers, f"{name}::{variant['name']}")
            lines.add(told)
    elif kind == "trait":
        above = f": {bounds(what['bounds'])}" if what["bounds"] else ""
        lines.add(f"trait {name}{params}{above}{where}" + ("" if what["is_dyn_compatible"] else " // not dyn compatible"))
        for number in what["items"]:
            associated(number, name)
    elif kind == "function":
        lines.add(function(item, name))
    elif kind == "type_alias":
        lines.add(f"type {name}{params} = {typ(what['type'])}{where}")
    elif kind == "constant":
        constant(name, what["type"], what["const"]["value"] or what["const"]["expr"])
    elif kind == "static":
        lines.add(f"static {name}: {typ(what['type'])}")
    elif kind == "macro":
        lines.add(f"macro {name}!")
    else:
        sys.exit(f"unknown item: {kind} {name}")


def implementation(item, traits):
    what = inner(item)[1]
    of, by = what["for"], what["trait"]
    if what["blanket_impl"] or by and by["path"].split("::")[-1] in UNPROMISED:
        return
    target = of.get("resolved_path", {}).get("id")
    if target in index and target not in public:
        return # of a type that nobody outside can name
    if by and by["id"] in index and by["id"] not in public:
        return # nor of such a trait
    params, where = generics(what["generics"])
    if by:
        traits.setdefault(f"impl{params} {typ(of)}{where}", set()).add(("!" if what["is_negative"] else "") + trait(by))
        return
    for number in what["items"]:
        one = index[number]
        if one["visibility"] != "public":
            continue
        kind, within = inner(one)
        name = f"{typ(of)}::{one['name']}"
        if kind == "function":
            lines.add(function(one, name) + (f" // of impl{params}{where}" if where else ""))
        elif kind == "assoc_const":
            constant(name, within["type"], within["value"])
        else:
            sys.exit(f"unknown item of an implementation: {kind}")


root = document["root"]
name = index[root]["name"]
public[root] = {name}
walk(root, name)
for number, names in public.items():
    first = path_of(number, None)
    show(index[number], first)
    lines.update(f"use {other} = {first}" for other in names - {first})
traits = {}
for item in index.values():
    if "impl" in item["inner"] and item["crate_id"] == 0:
        implementation(item, traits)
for of, by in traits.items():
    lines.add(f"{of}: {', '.join(sorted(by))}")


def key(line):
    """By the place of the item, so that what belongs together stands together."""
    names = [word for word in line.replace("(", " ").replace("<", " ").split() if word.startswith(name)]
    return (names[0].rstrip(":,;") if names else "", line)


print("\n".join(sorted(lines, key=key)))
