"""What Apache loads: the application with its environment, which buddyverse-aws has fetched."""
import importlib
import json
import os

with open("/run/buddyverse/app.env.json") as file:
    os.environ.update(json.load(file))
with open("/srv/buddyverse/entry.json") as file:
    module, name = json.load(file)["wsgi"].split(":")
application = getattr(importlib.import_module(module), name)
