"""Checks every call of a trace against the service's own model: names, types, limits and required parameters."""
import json
import sys

from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import ParamValidator

NAMES = {"elastic-load-balancing-v2": "elbv2", "auto-scaling": "autoscaling", "route-53": "route53", "cloudwatch-logs": "logs"}
models, bad, checked = {}, [], 0
for path in sys.argv[1:]:
    for line in open(path):
        call = json.loads(line)
        name = NAMES.get(call["service"], call["service"])
        if name not in models:
            models[name] = ServiceModel(Loader().load_service_model(name, "service-2"), name)
        shape = models[name].operation_model(call["operation"]).input_shape
        checked += 1
        if shape is None:
            continue
        report = ParamValidator().validate(call["input"], shape)
        if report.has_errors():
            bad.append(f'{name}:{call["operation"]}: {report.generate_report()}')
print(json.dumps({"checked": checked, "bad": sorted(set(bad))}))
