"""What botocore's models have, as samples: for a server that was made from another SDK's schemas.
shapes.py samples   of each operation in SERVICE:OPERATION lines on stdin: a request as botocore sends it, an answer, an error
shapes.py parse     answers of that server, as JSON lines on stdin, as botocore's parser reads them"""
import base64
import datetime
import json
import sys

import botocore.parsers
import botocore.session
from botocore.config import Config

DEPTH = 4
session = botocore.session.get_session()
session.set_credentials("a", "b")
WHEN = datetime.datetime(2026, 11, 29, 12, 30, 15, tzinfo=datetime.timezone.utc)


def sample(shape, depth=0, number=[0]):
    """A value with all members, lists with two; None where it goes too deep."""
    kind = shape.type_name
    if kind == "structure":
        if depth > DEPTH:
            return None
        members = {name: sample(member, depth + 1) for name, member in shape.members.items() if not member.serialization.get("eventstream")}
        if getattr(shape, "is_tagged_union", False):
            members = dict(list(members.items())[:1])
        members = {name: value for name, value in members.items() if value is not None}
        # A form cannot say that a structure is there with nothing in it.
        return None if depth > 0 and shape.members and not members else members
    if kind == "list":
        values = [sample(shape.member, depth + 1) for _ in range(2)]
        return None if None in values else values
    if kind == "map":
        value = sample(shape.value, depth + 1)
        return None if value is None else {"key one": value, "k<2>": value}
    number[0] += 1
    if kind in ("string", "character"):
        enum = getattr(shape, "enum", None)
        return enum[number[0] % len(enum)] if enum else f"text {number[0]} <&>'\" é"
    if kind == "boolean":
        return number[0] % 2 == 0
    if kind in ("integer", "long"):
        return number[0]
    if kind in ("float", "double"):
        return number[0] + 0.5
    if kind == "timestamp":
        return WHEN + datetime.timedelta(seconds=number[0])
    if kind == "blob":
        return f"bytes {number[0]}".encode()
    raise ValueError(kind)


def tagged(value):
    """As JSON, with what JSON has no type for said."""
    if isinstance(value, datetime.datetime):
        return {"$date": value.timestamp() * 1000}
    if isinstance(value, (bytes, bytearray)):
        return {"$bytes": base64.b64encode(value).decode()}
    if hasattr(value, "read"):
        return tagged(value.read())
    if isinstance(value, dict):
        return {key: tagged(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [tagged(inner) for inner in value]
    return value


def in_uri(shape, value):
    """Path labels and headers take no line of text as it comes."""
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if place in ("uri", "header", "headers", "querystring") and name in value:
            if member.type_name == "string" and not getattr(member, "enum", None):
                value[name] = {"Bucket": "a-bucket"}.get(name, f"id-{len(name)}")
            elif member.type_name == "map":
                value[name] = {"one": "1"}
            elif member.type_name == "list":
                value[name] = value[name] if getattr(member.member, "enum", None) else ["one", "two"]
    return value


clients = {}


def client_of(service, protocol=None):
    key = (service, protocol)
    if key not in clients:
        clients[key] = session.create_client(service, region_name="ap-northeast-2", endpoint_url="http://127.0.0.1:1", aws_access_key_id="a", aws_secret_access_key="b", config=Config(parameter_validation=False))
    return clients[key]


def samples():
    for line in sys.stdin:
        service, operation = line.split()
        client = client_of(service)
        model = client.meta.service_model.operation_model(operation)
        given = in_uri(model.input_shape, sample(model.input_shape)) if model.input_shape else {}
        if service == "s3":
            # What the SDK works out itself: check sums, lengths, digests of keys.
            given = {key: value for key, value in given.items() if not key.startswith(("Checksum", "Content", "SSECustomer"))}
        # What the SDK changes on its way: it encodes user data, and signs for another region's copy.
        for holder in (given, given.get("LaunchTemplateData", {})):
            holder.pop("UserData", None)
        given.pop("SourceRegion", None)
        sent = []
        client.meta.events.register("before-send", lambda request, **_: sent.append(request) or stop(), unique_id="look")
        method = next(name for name, value in client.meta.method_to_api_mapping.items() if value == operation)
        try:
            getattr(client, method)(**given)
        except Stopped:
            pass
        request = sent[0]
        body = request.body or b""
        if hasattr(body, "read"):
            body = body.read()
        if isinstance(body, str):
            body = body.encode()
        answer = in_uri(model.output_shape, sample(model.output_shape)) if model.output_shape else {}
        print(json.dumps({
            "service": service, "operation": operation, "input": tagged(given), "output": tagged(answer),
            "method": request.method, "url": request.url, "body": base64.b64encode(body).decode(),
            "headers": {key.lower(): value.decode() if isinstance(value, bytes) else str(value) for key, value in request.headers.items()},
            "errors": [{"name": shape.name, "code": shape.error_code, "fields": tagged({k: v for k, v in sample(shape).items() if k.lower() != "message"})} for shape in model.error_shapes],
        }))


class Stopped(Exception):
    pass


def stop():
    raise Stopped


def parse():
    factory = botocore.parsers.ResponseParserFactory()
    for line in sys.stdin:
        answer = json.loads(line)
        model = client_of(answer["service"]).meta.service_model.operation_model(answer["operation"])
        http = {"status_code": answer["status"], "headers": botocore.awsrequest.HeadersDict(answer["headers"]), "body": base64.b64decode(answer["body"]), "context": {"operation_name": answer["operation"]}}
        parser = factory.create_parser(answer["protocol"])
        parsed = parser.parse(http, model.output_shape)
        # As botocore's Endpoint does with what the model knows of an error.
        if http["status_code"] >= 300:
            shape = model.service_model.shape_for_error_code(parsed["Error"]["Code"])
            if shape is not None:
                parsed.update({key: value for key, value in parser.parse(http, shape).items() if key not in ("Error", "ResponseMetadata")})
        # A stream, which the parser takes for text here: as it is.
        if model.has_streaming_output:
            parsed[model.output_shape.serialization["payload"]] = http["body"]
        print(json.dumps(tagged(parsed)))


{"samples": samples, "parse": parse}[sys.argv[1]]()
