"""Plays the image builder, which does not run on the mock: when it is there, writes the marker and stops it, as its set-up would."""
import sys
import time

import boto3

session = boto3.session.Session(region_name=sys.argv[1])
ec2, ssm = session.client("ec2"), session.client("ssm")
TAG = "buddyverse:image-marker"
deadline = time.monotonic() + 120
while time.monotonic() < deadline:
    found = ec2.describe_instances(Filters=[{"Name": "tag-key", "Values": [TAG]}, {"Name": "instance-state-name", "Values": ["running"]}])
    for instance in [i for r in found["Reservations"] for i in r["Instances"]]:
        marker = next(t["Value"] for t in instance["Tags"] if t["Key"] == TAG)
        ssm.put_parameter(Name=marker, Value="baked", Type="String", Overwrite=True)
        ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
        print("baked", instance["InstanceId"])
        sys.exit(0)
    time.sleep(0.5)
sys.exit("no builder came")
