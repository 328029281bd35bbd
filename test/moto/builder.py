"""Plays the image builder, which does not run on the mock: when it is there, fetches what its user data says, writes the marker and stops it, as its set-up would."""
import base64
import hashlib
import io
import re
import sys
import tarfile
import time

import boto3

session = boto3.session.Session(region_name=sys.argv[1])
ec2, ssm, s3 = session.client("ec2"), session.client("ssm"), session.client("s3")
TAG = "buddyverse:image-marker"
deadline = time.monotonic() + 120
while time.monotonic() < deadline:
    found = ec2.describe_instances(Filters=[{"Name": "tag-key", "Values": [TAG]}, {"Name": "instance-state-name", "Values": ["running"]}])
    for instance in [i for r in found["Reservations"] for i in r["Instances"]]:
        marker = next(t["Value"] for t in instance["Tags"] if t["Key"] == TAG)
        data = ec2.describe_instance_attribute(InstanceId=instance["InstanceId"], Attribute="userData")["UserData"]["Value"]
        settings = dict(re.findall(r"^([A-Z_]+)=(.*)$", base64.b64decode(data).decode(), re.M))
        archive = s3.get_object(Bucket=settings["BUCKET"], Key=settings["SCRIPTS_KEY"])["Body"].read()
        if hashlib.sha256(archive).hexdigest() not in settings["SCRIPTS_KEY"]:
            sys.exit("the scripts are not those that were sent")
        if "run/buddyverse-setup/web-setup.sh" not in tarfile.open(fileobj=io.BytesIO(archive)).getnames():
            sys.exit("the archive has no web-setup.sh")
        ssm.put_parameter(Name=marker, Value="baked", Type="String", Overwrite=True)
        ec2.stop_instances(InstanceIds=[instance["InstanceId"]])
        print("baked", instance["InstanceId"])
        sys.exit(0)
    time.sleep(0.5)
sys.exit("no builder came")
