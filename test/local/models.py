"""Sends requests that botocore's models of AWS's services forbid, and prints those that are not refused as such.

Arguments: the endpoint. Standard input: JSON, by service the codes of invalid input and the operations.
"""

import json
import re
import sys
from base64 import b64encode
from copy import deepcopy
from hashlib import md5
from urllib.parse import urlencode

import botocore.session
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.serialize import create_serializer
from urllib3 import PoolManager

CREDENTIALS = Credentials("test", "test")
HTTP = PoolManager()
MALFORMED = {"json": "SerializationException", "query": "MalformedInput"}
EVERYWHERE = {"x-amz-expected-bucket-owner", "x-amz-request-payer"}
SAMPLES = {"UserPoolId": "us-east-1_Abc123456", "AccessToken": "a.b.c", "UserCode": "123456", "Bucket": "a-bucket"}


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
    return exchange(model, AWSRequest("POST", endpoint, headers, body))


def exchange(model, request):
    """Sends a request, and returns the status and the error code."""
    signer = S3SigV4Auth if model.service_name == "s3" else SigV4Auth
    signer(CREDENTIALS, model.signing_name, "us-east-1").add_auth(request)
    sent = request.prepare()
    response = HTTP.request(request.method, sent.url, body=sent.body, headers=dict(sent.headers), retries=False)
    found = re.search(rb'(?:<Code>|"__type":")(\w+)', response.data)
    code = found[1].decode() if found else response.headers.get("x-amzn-errortype")
    return response.status, code


def rest(endpoint, model, operation, value):
    """Returns the request of a REST operation."""
    parts = create_serializer(model.metadata["protocol"], False).serialize_to_request(value, model.operation_model(operation))
    path, _, query = parts["url_path"].partition("?")
    pairs = urlencode(parts["query_string"] or {})
    url = f"{endpoint}{path}?{'&'.join(filter(None, [query, pairs]))}"
    body = parts["body"] or b""
    return AWSRequest(parts["method"], url, dict(parts["headers"]), body)


def invalid_rest(endpoint, model, operation, names):
    """Yields a description and a forbidden request for each constraint of a REST operation."""
    shape = model.operation_model(operation).input_shape
    members = shape.members if shape else {}
    valid = {member: sample(members[member], member) for member in (shape.required_members if shape else [])}
    for member, inner in members.items():
        location = inner.serialization.get("location")
        if member == "Bucket" or location == "headers":
            continue
        for what, value in invalid(inner, member, model.metadata["protocol"]):
            # An empty part of a path is another operation.
            if location is None or (isinstance(value, (str, int)) and (location != "uri" or value)):
                yield f"{member} {what}", rest(endpoint, model, operation, {**valid, member: value})
    own = {inner.serialization.get("name", "").lower() for inner in members.values()}
    checksum = model.operation_model(operation).http_checksum
    for name in sorted(names - own):
        if not (name.startswith("x-amz-checksum-") and "requestAlgorithmMember" in checksum):
            request = rest(endpoint, model, operation, valid)
            request.headers[name] = "a"
            yield name, request
    request = rest(endpoint, model, operation, valid)
    if request.data.startswith(b"<"):
        for what, wrong in (
            ("unknown element", re.sub(rb"(<[^>]*>)", rb"\1<NoSuchElement/>", request.data, count=1)),
            ("other root", re.sub(rb"^<\w+|\w+>$", lambda found: found[0][:-1] + b"x" if found[0][:1] == b"<" else b"x>", request.data)),
            ("torn", request.data[:-2]),
        ):
            yield what, AWSRequest(request.method, request.url, dict(request.headers), wrong)


def with_checksum(request):
    """Adds the checksum that some operations require."""
    request.headers["content-md5"] = b64encode(md5(request.data).digest()).decode()
    return request


def header_names(model, operations):
    """Returns the names of the service's own headers that only some of these operations have."""
    return {
        inner.serialization["name"].lower()
        for operation in operations
        if model.operation_model(operation).input_shape
        for inner in model.operation_model(operation).input_shape.members.values()
        if inner.serialization.get("location") == "header" and inner.serialization["name"].startswith("x-amz-")
    } - EVERYWHERE


def check(service, operation, what, answer, codes):
    status, found = answer
    # What the embedded S3 does not support is refused by name. Responses to HEAD have no code.
    if found not in {400: [*codes, None], 501: ["NotImplemented", None]}.get(status, []):
        print(f"{service} {operation} {what}: {status} {found}")


session = botocore.session.get_session()
count = 0
for service, (codes, operations) in json.load(sys.stdin).items():
    model = session.get_service_model(service)
    protocol = model.metadata["protocol"]
    names = header_names(model, operations)
    if service == "s3":
        exchange(model, rest(sys.argv[1], model, "CreateBucket", {"Bucket": "a-bucket"}))
    for operation in operations:
        if protocol.startswith("rest-"):
            for what, request in invalid_rest(sys.argv[1], model, operation, names):
                count += 1
                check(service, operation, what, exchange(model, with_checksum(request)), codes)
            continue
        shape = model.operation_model(operation).input_shape
        for what, value in invalid(shape, "", protocol) if shape else []:
            count += 1
            malformed = [MALFORMED[protocol]] if what.split()[-1] == "type" else []
            check(service, operation, what, send(sys.argv[1], model, operation, value), [*codes, *malformed])
print(count, file=sys.stderr)
