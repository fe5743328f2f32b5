"""Checks recorded requests against the services' public models: unknown members, types, enums, patterns, lengths.

Reads one JSON object a line, {"service", "body"}; prints a line for each thing that a model does not allow. Requests of
services whose bodies are no forms are left out.
"""

import json
import re
import sys
from urllib.parse import parse_qsl

from botocore.session import Session

SESSION = Session()


def member_key(protocol, name, shape):
    """How a member is called on the wire."""
    said = shape.serialization
    if protocol == "ec2":
        spelled = said.get("queryName") or said.get("name") or name
        return spelled[0].upper() + spelled[1:]
    return said.get("name") or name


def check_value(path, shape, text, found):
    """A value of a simple type."""
    rules = shape.metadata
    if shape.type_name in ("integer", "long"):
        if not re.fullmatch(r"-?\d+", text):
            found.append(f"{path}: {text!r} is no whole number")
        else:
            for rule, wrong in (("min", int(text) < rules.get("min", int(text))), ("max", int(text) > rules.get("max", int(text)))):
                if wrong:
                    found.append(f"{path}: {text} breaks {rule} {rules[rule]}")
    elif shape.type_name == "boolean":
        if text not in ("true", "false"):
            found.append(f"{path}: {text!r} is neither true nor false")
    elif shape.type_name == "string":
        if shape.enum and text not in shape.enum:
            found.append(f"{path}: {text!r} is not one of {shape.enum[:8]}")
        if not rules.get("min", 0) <= len(text) <= rules.get("max", len(text)):
            found.append(f"{path}: {text!r} is not from {rules.get('min', 0)} to {rules.get('max')} characters long")
        pattern = rules.get("pattern")
        if pattern and not matches(pattern, text):
            found.append(f"{path}: {text!r} does not match {pattern}")


def matches(pattern, text):
    """Whether a text matches a model's pattern, as far as Python knows its language."""
    spelled = pattern.replace("\\p{L}", "A-Za-z").replace("\\p{Z}", " ").replace("\\p{N}", "0-9")
    spelled = spelled.replace("\\u", "\\u")
    try:
        return re.search(spelled, text) is not None
    except re.error:
        return True


def read(protocol, shape, prefix, form, used, found):
    """Walks a shape over the form's keys."""
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            key = member_key(protocol, name, member)
            whole = f"{prefix}.{key}" if prefix else key
            there = any(k == whole or k.startswith(whole + ".") for k in form)
            if there:
                read(protocol, member, whole, form, used, found)
            elif name in shape.required_members:
                found.append(f"{whole}: it is required")
    elif shape.type_name == "list":
        flat = protocol == "ec2" or shape.serialization.get("flattened")
        base = prefix if flat else f"{prefix}.{shape.member.serialization.get('name', 'member')}"
        count = 0
        while any(k == f"{base}.{count + 1}" or k.startswith(f"{base}.{count + 1}.") for k in form):
            count += 1
            read(protocol, shape.member, f"{base}.{count}", form, used, found)
        if not shape.metadata.get("min", 0) <= count <= shape.metadata.get("max", count):
            found.append(f"{prefix}: {count} members, from {shape.metadata.get('min', 0)} to {shape.metadata.get('max')}")
    elif prefix in form:
        used.add(prefix)
        check_value(prefix, shape, form[prefix], found)


def check(request):
    """What is wrong with one request."""
    form = dict(parse_qsl(request["body"], keep_blank_values=True))
    action = form.pop("Action", None)
    if action is None:
        return []
    form.pop("Version", None)
    name = {"elasticloadbalancing": "elbv2"}.get(request["service"], request["service"])
    model = SESSION.get_service_model(name)
    operation = model.operation_model(action)
    used, found = set(), []
    if operation.input_shape is not None:
        read(model.metadata["protocol"], operation.input_shape, "", form, used, found)
    found += [f"{key}: the model has no such member" for key in form if key not in used]
    return [f"{name} {action}: {line}" for line in found]


def main():
    """Checks every line of standard input."""
    checked, wrong = 0, set()
    for line in sys.stdin:
        request = json.loads(line)
        checked += 1
        wrong.update(check(request))
    print("\n".join(sorted(wrong)))
    print(f"{checked} requests checked", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
