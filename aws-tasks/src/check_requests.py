"""Checks recorded requests against the services' public models: unknown members, types, enums, patterns, lengths.

Reads one JSON object a line, {"service", "method", "uri", "headers", "body"}; prints a line for each thing that a model
does not allow. Forms (the protocols `ec2` and `query`) and XML (`rest-xml`) are known.
"""

import json
import re
import sys
import xml.etree.ElementTree as xml
from urllib.parse import parse_qsl, unquote, urlsplit

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


def check_form(model, body):
    """What is wrong with a form."""
    form = dict(parse_qsl(body, keep_blank_values=True))
    action = form.pop("Action", None)
    form.pop("Version", None)
    if action not in model.operation_names:
        return [f"there is no operation {action}"]
    operation = model.operation_model(action)
    used, found = set(), []
    if operation.input_shape is not None:
        read(model.metadata["protocol"], operation.input_shape, "", form, used, found)
    found += [f"{key}: the model has no such member" for key in form if key not in used]
    return [f"{action}: {line}" for line in found]


def labels(pattern, path):
    """What stands in a path for the labels of a pattern; nothing where it is another path."""
    spelled = re.escape(pattern).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
    spelled = re.sub(r"{(\w+)\+}", r"(?P<\1>.+)", spelled)
    spelled = re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", spelled)
    match = re.fullmatch(spelled.rstrip("/") + "/?", path)
    return match and {name: unquote(text) for name, text in match.groupdict().items()}


def operation_of(model, request, path, query):
    """The operation of a method and an address, what its path says, and what is fixed in its query.

    Of several, one that has all that it needs in query and headers, and that asks for most of the query.
    """
    sent = set(query) | {name for name, _ in request["headers"]}

    def lacks(shape):
        needed = (shape.members[name].serialization for name in shape.required_members) if shape else ()
        return any(said["name"].lower() not in sent for said in needed if said.get("location") in ("querystring", "header"))

    candidates = []
    for name in model.operation_names:
        operation = model.operation_model(name)
        pattern, _, fixed = operation.http["requestUri"].partition("?")
        fixed = dict(parse_qsl(fixed, keep_blank_values=True))
        found = labels(pattern, path)
        if operation.http["method"] == request["method"] and found is not None and fixed.items() <= query.items():
            candidates.append((not lacks(operation.input_shape), len(fixed), (operation, found, fixed)))
    return max(candidates, key=lambda it: it[:2])[2] if candidates else None


# Headers that belong to the protocol and to no operation: signature, retries, time.
PROTOCOL = ("x-amz-date", "x-amz-content-sha256", "x-amz-user-agent", "x-amz-security-token")


def check_rest(model, request):
    """What is wrong with a request whose operation is in its method and address."""
    parts = urlsplit(request["uri"])
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    # It says for logs which operation it is.
    query.pop("x-id", None)
    matched = operation_of(model, request, parts.path, query)
    if matched is None:
        return [f"there is no operation {request['method']} {request['uri']}"]
    operation, found_labels, fixed = matched
    shape, found, body = operation.input_shape, [], {}
    headers = {name: value for name, value in request["headers"] if name not in PROTOCOL}
    left = {key: value for key, value in query.items() if key not in fixed}
    for name, member in shape.members.items() if shape else ():
        said, wire = member.serialization, member.serialization.get("name", name)
        place = {"uri": found_labels, "querystring": left, "header": headers}.get(said.get("location"))
        if said.get("location") == "headers":
            headers = {key: value for key, value in headers.items() if not key.startswith(wire.lower())}
        elif place is None:
            body[name] = member
        else:
            wire = wire.lower() if said["location"] == "header" else wire
            text = place.pop(wire, None)
            if text is None and name in shape.required_members:
                found.append(f"{wire}: it is required")
            elif text is not None:
                check_value(wire, member, text, found)
    found += [f"{key}: the model has no such parameter" for key in left]
    found += [f"{key}: the model has no such header" for key in headers if key.startswith("x-amz-") and "checksum" not in key]
    check_content(shape, body, request["body"], found)
    return [f"{operation.name}: {line}" for line in found]


def check_content(shape, members, text, found):
    """What is wrong with the body, where it is XML."""
    payload = shape.serialization.get("payload") if shape else None
    if payload and members[payload].type_name == "blob":
        return
    if not text:
        found += [f"{name}: it is required" for name in (shape.required_members if shape else ()) if name in members]
        return
    root = xml.fromstring(text)
    if payload:
        read_xml(payload, members[payload], root, found)
        return
    read_members(local(root), members, shape.required_members, root, found)


def local(element):
    """The name of an element without its namespace."""
    return element.tag.rpartition("}")[2]


def read_members(path, members, required, element, found):
    """Walks the members of a structure over the elements in it."""
    known = {}
    for name, member in members.items():
        flat = member.type_name == "list" and member.serialization.get("flattened")
        named = member.member.serialization.get("name") if flat else None
        known[named or member.serialization.get("name", name)] = (name, member, flat)
    there = {}
    for child in element:
        there.setdefault(local(child), []).append(child)
    for wire, children in there.items():
        if wire not in known:
            found.append(f"{path}.{wire}: the model has no such member")
            continue
        _, member, flat = known[wire]
        if len(children) > 1 and not flat:
            found.append(f"{path}.{wire}: {len(children)} of them")
        for child in children:
            read_xml(f"{path}.{wire}", member.member if flat else member, child, found)
    for wire, (name, _, _) in known.items():
        if name in required and wire not in there:
            found.append(f"{path}.{wire}: it is required")


def read_xml(path, shape, element, found):
    """Walks a shape over an element."""
    if shape.type_name == "structure":
        read_members(path, shape.members, shape.required_members, element, found)
    elif shape.type_name == "list":
        wanted = shape.member.serialization.get("name", "member")
        for child in element:
            if local(child) != wanted:
                found.append(f"{path}.{local(child)}: the model has no such member")
            read_xml(f"{path}.{wanted}", shape.member, child, found)
        count, rules = len(element), shape.metadata
        if not rules.get("min", 0) <= count <= rules.get("max", count):
            found.append(f"{path}: {count} members, from {rules.get('min', 0)} to {rules.get('max')}")
    else:
        check_value(path, shape, element.text or "", found)


def check(request):
    """What is wrong with one request."""
    name = {"elasticloadbalancing": "elbv2", "monitoring": "cloudwatch"}.get(request["service"], request["service"])
    model = SESSION.get_service_model(name)
    found = check_rest(model, request) if model.metadata["protocol"] == "rest-xml" else check_form(model, request["body"])
    return [f"{name} {line}" for line in found]


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
