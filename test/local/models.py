"""Sends requests that botocore's models of AWS's services forbid, and prints those that are not refused as such.

Arguments: the endpoint. Standard input: JSON, by service the code of invalid input and the operations.
"""

import json
import re
import sys
from copy import deepcopy
from urllib.parse import urlencode

import botocore.session
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from urllib3 import PoolManager

CREDENTIALS = Credentials("test", "test")
HTTP = PoolManager()
MALFORMED = {"json": "SerializationException", "query": "MalformedInput"}
SAMPLES = {"UserPoolId": "us-east-1_Abc123456", "AccessToken": "a.b.c", "UserCode": "123456"}


def sample(shape, name):
    """Returns a valid value of a shape, with its required members only."""
    kind, limits = shape.type_name, shape.metadata
    if kind == "string":
        text = "arn:aws:iam::000000000000:role/a" if "arn" in name.lower() else "Abcdefgh"
        least, most = limits.get("min", 1), limits.get("max", 32)
        return shape.enum[0] if shape.enum else SAMPLES.get(name, text.ljust(least, "a")[: max(least, most)])
    if kind == "list":
        return [sample(shape.member, name)]
    if kind == "map":
        return {sample(shape.key, ""): sample(shape.value, "")}
    if kind == "structure":
        required = shape.required_members or list(shape.members)[:1]
        return {member: sample(shape.members[member], member) for member in required}
    return {"boolean": True, "blob": "YWJj"}.get(kind, max(limits.get("min", 1), 1))


def invalid(shape, name, protocol):
    """Yields a description and an invalid value for each constraint of a shape and of what it contains."""
    kind, limits = shape.type_name, shape.metadata
    least, most = limits.get("min", 0), limits.get("max")
    if protocol == "json":
        yield "type", "text" if kind in ("structure", "list", "map") else {"a": "b"}
    if kind == "string":
        if least > 0:
            yield "short", sample(shape, name)[: least - 1] if not shape.enum else ""
        if most is not None:
            yield "long", "a" * (most + 1)
        if shape.enum:
            yield "enum", "NoSuchValue"
        control = "\x01" * max(least, 1)
        pattern = re.sub(r"\\p\{\w\}", "a-zA-Z0-9", limits.get("pattern", ".*")).replace(r"\u10000-\u10FFFF", "")
        if not re.fullmatch(pattern, control, re.S):
            yield "pattern", control
    elif kind in ("integer", "long"):
        if "min" in limits:
            yield "low", least - 1
        if most is not None:
            yield "high", most + 1
    elif kind == "list":
        if least > 0 and protocol == "json":
            yield "few", []
        if most is not None:
            yield "many", sample(shape, name) * (most + 1)
        for what, value in invalid(shape.member, name, protocol):
            yield f"[] {what}", [value]
    elif kind == "map":
        if most is not None:
            yield "many", {f"k{at}": sample(shape.value, "") for at in range(most + 1)}
        for what, value in invalid(shape.key, "", protocol):
            if isinstance(value, str):
                yield f"key {what}", {value: sample(shape.value, "")}
        for what, value in invalid(shape.value, "", protocol):
            yield f"value {what}", {sample(shape.key, ""): value}
    elif kind == "structure":
        for member, inner in shape.members.items():
            if member in shape.required_members:
                yield f"{member} missing", without(sample(shape, name), member)
            for what, value in invalid(inner, member, protocol):
                yield f"{member} {what}", {**sample(shape, name), member: value}


def without(value, member):
    rest = deepcopy(value)
    rest.pop(member)
    return rest


def form(prefix, value):
    """Returns the parameters of a value in the query protocol."""
    if isinstance(value, dict):
        return [pair for name, inner in value.items() for pair in form(f"{prefix}.{name}".lstrip("."), inner)]
    if isinstance(value, list):
        return [pair for at, inner in enumerate(value, 1) for pair in form(f"{prefix}.member.{at}", inner)]
    return [(prefix, str(value))]


def send(endpoint, model, operation, value):
    facts = model.metadata
    if facts["protocol"] == "json":
        body = json.dumps(value)
        target = f"{facts['targetPrefix']}.{operation}"
        headers = {"content-type": f"application/x-amz-json-{facts['jsonVersion']}", "x-amz-target": target}
    else:
        body = urlencode([("Action", operation), ("Version", facts["apiVersion"]), *form("", value)])
        headers = {"content-type": "application/x-www-form-urlencoded"}
    request = AWSRequest("POST", endpoint, headers, body)
    SigV4Auth(CREDENTIALS, model.signing_name, "us-east-1").add_auth(request)
    headers = dict(request.prepare().headers)
    response = HTTP.request("POST", endpoint, body=body.encode(), headers=headers, retries=False)
    found = re.search(rb'(?:<Code>|"__type":")(\w+)', response.data)
    return response.status, found and found[1].decode()


session = botocore.session.get_session()
count = 0
for service, (code, operations) in json.load(sys.stdin).items():
    model = session.get_service_model(service)
    protocol = model.metadata["protocol"]
    for operation in operations:
        shape = model.operation_model(operation).input_shape
        for what, value in invalid(shape, "", protocol) if shape else []:
            count += 1
            expected = MALFORMED[protocol] if what.split()[-1] == "type" else code
            status, found = send(sys.argv[1], model, operation, value)
            # A parameter that is not supported is refused with the code of invalid input.
            if status != 400 or found not in (expected, code):
                print(f"{service} {operation} {what}: {status} {found}")
print(count, file=sys.stderr)
