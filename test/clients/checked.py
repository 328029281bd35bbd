"""A boto3 session that holds each answer to botocore's own model: all that came is in the model, and has the model's type."""
import datetime
import json
import xml.etree.ElementTree as ElementTree

import boto3
from botocore.config import Config

PLAIN = {"string": str, "character": str, "boolean": bool, "integer": int, "long": int, "timestamp": datetime.datetime}


# What AWS itself answers beside its model: its CLI's example of describe-certificate has "RSA-2048", the enumeration "RSA_2048".
BESIDE_THE_MODEL = {"acm:DescribeCertificate.Certificate.KeyAlgorithm"}


class Checked:
    """@param extra of the client's config"""

    def __init__(self, region, **extra):
        self.session = boto3.session.Session(region_name=region)
        # The sandbox's time may go faster than this machine's, so there is nothing to wait for between two tries.
        self.config = Config(retries={"max_attempts": 8, "mode": "standard"}, **extra)
        self.answered = {}
        self.wrong = []

    def client(self, name):
        client = self.session.client(name, config=self.config)
        client.meta.events.register("after-call.*.*", lambda http_response, parsed, model, **_: self._look(http_response, parsed, model))
        return client

    def _look(self, http, parsed, model):
        name = f"{model.service_model.service_name}:{model.name}"
        self.answered[name] = self.answered.get(name, 0) + 1
        if not parsed.get("ResponseMetadata", {}).get("RequestId"):
            self.wrong.append(f"{name}: no request id")
        if http.status_code >= 300:
            error = parsed.get("Error", {})
            if not error.get("Code") or error["Code"] == str(http.status_code) or not error.get("Message"):
                self.wrong.append(f"{name}: an error without code or message: {http.content[:200]!r}")
            return
        if model.output_shape is None:
            return
        kept = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
        self._typed(name, "", model.output_shape, kept)
        if not model.has_streaming_output:
            self._all_known(name, model, http)

    def _typed(self, name, path, shape, value):
        if shape.type_name == "structure":
            for key, inner in value.items():
                self._typed(name, f"{path}.{key}", shape.members[key], inner)
            missing = [key for key in shape.required_members if key not in value]
            if missing:
                self.wrong.append(f"{name}{path}: without {', '.join(missing)}, which the model requires")
        elif shape.type_name == "list":
            for inner in value:
                self._typed(name, f"{path}[]", shape.member, inner)
        elif shape.type_name == "map":
            for key, inner in value.items():
                self._typed(name, f"{path}.{key}", shape.value, inner)
        elif shape.type_name in ("float", "double"):
            if isinstance(value, bool) or not isinstance(value, (int, float)):
                self.wrong.append(f"{name}{path}: {value!r} is no number")
        elif shape.type_name in PLAIN and (not isinstance(value, PLAIN[shape.type_name]) or (PLAIN[shape.type_name] is int and isinstance(value, bool))):
            self.wrong.append(f"{name}{path}: {value!r} is no {shape.type_name}")
        elif getattr(shape, "enum", None) and value not in shape.enum and name + path not in BESIDE_THE_MODEL:
            self.wrong.append(f"{name}{path}: {value!r} is none of {shape.enum}")

    def _all_known(self, name, model, http):
        protocol = model.service_model.resolved_protocol
        body = http.content.strip()
        if not body or "payload" in model.output_shape.serialization:
            return
        if http.headers.get("content-type", "").startswith("application/cbor"):
            return  # botocore's parser is given what a map has, and no more: test/clients/shapes.py looks at that
        if protocol in ("json", "rest-json"):
            self._json_known(name, "", model.output_shape, json.loads(body))
            return
        root = ElementTree.fromstring(body)
        if protocol == "query":
            wrapper = model.output_shape.serialization.get("resultWrapper")
            root = next((child for child in root if plain(child) == wrapper), root)
        self._xml_known(name, "", model.output_shape, root, {"requestId", "ResponseMetadata"})

    def _json_known(self, name, path, shape, value):
        if value is None:
            self.wrong.append(f"{name}{path}: null")
        elif shape.type_name == "structure":
            members = {inner.serialization.get("name", key): inner for key, inner in shape.members.items()}
            for key, inner in value.items():
                if key in members:
                    self._json_known(name, f"{path}.{key}", members[key], inner)
                else:
                    self.wrong.append(f"{name}{path}: {key} is not in the model")
        elif shape.type_name == "list":
            for inner in value:
                self._json_known(name, f"{path}[]", shape.member, inner)

    def _xml_known(self, name, path, shape, element, also=frozenset()):
        if shape.type_name == "structure":
            members = {}
            for key, inner in shape.members.items():
                flat = inner.type_name == "list" and inner.serialization.get("flattened")
                tag = (inner.member.serialization.get("name") if flat else None) or inner.serialization.get("name", key)
                members[tag] = inner
                if flat:
                    members[inner.serialization.get("name", key)] = inner
            for child in element:
                tag = plain(child)
                inner = members.get(tag)
                if inner is None:
                    if tag not in also:
                        self.wrong.append(f"{name}{path}: {tag} is not in the model")
                elif inner.type_name == "list" and inner.serialization.get("flattened"):
                    self._xml_known(name, f"{path}.{tag}", inner.member, child)
                else:
                    self._xml_known(name, f"{path}.{tag}", inner, child)
        elif shape.type_name == "list":
            tag = shape.member.serialization.get("name", "member")
            for child in element:
                if plain(child) == tag:
                    self._xml_known(name, f"{path}[]", shape.member, child)
                else:
                    self.wrong.append(f"{name}{path}: {plain(child)} in a list of {tag}")


def plain(element):
    return element.tag.rsplit("}", 1)[-1]
