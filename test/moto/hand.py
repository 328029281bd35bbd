"""Somebody else at work, by another SDK than the product's: a line of JSON in is a call, a line out its answer."""
import json
import sys

import boto3
from botocore import xform_name

NAMES = {"elb": "elbv2", "autoScaling": "autoscaling", "cloudWatch": "cloudwatch"}
session = boto3.session.Session(region_name=sys.argv[1])
clients = {}

for line in sys.stdin:
    service, operation, given = json.loads(line)
    try:
        if service not in clients:
            clients[service] = session.client(NAMES.get(service, service))
        client = clients[service]
        # What an answer had and the call does not take, the other SDK leaves out by itself.
        known = client.meta.service_model.operation_model(operation).input_shape.members
        answer = getattr(client, xform_name(operation))(**{k: v for k, v in given.items() if k in known})
        print(json.dumps({"answer": answer}, default=str), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{operation}: {type(error).__name__}: {str(error)[:200]}"}), flush=True)
