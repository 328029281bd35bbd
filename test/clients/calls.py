"""The same calls to any AWS, and what came of each: its error's code, or the members of the answer, each with its type, and ids, ARNs
and names of hosts with their form. Usage: calls.py REGION. Prints a JSON document: what was called, in its order."""
import datetime
import json
import re
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

REGION = sys.argv[1]
session = boto3.session.Session(region_name=REGION)
clients, known, done = {}, {}, []


UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# What is as it was given, or says what it says: only that it is a text.
FORMED = re.compile(rf"(arn:|https?://|/hostedzone/|{UUID}$|[a-z]+-[0-9a-f]{{8,17}}$)|amazonaws\.com|\.internal$|^\d+\.\d+\.\d+\.\d+(/\d+)?$|^\d{{4}}-\d\d-\d\dT")


def form(text):
    if not FORMED.search(text):
        return "text"
    for pattern, word in ((UUID, "UUID"), (r"\b\d{12}\b", "ACCOUNT"), (REGION, "REGION"), (r"\d+\.\d+\.\d+\.\d+/\d+$", "CIDR"), (r"\d+\.\d+\.\d+\.\d+", "IP"), (r"^\d{4}-\d\d-\d\dT.*", "TIME"), (r"(?<=hostedzone/)Z[0-9A-Z]{8,20}$", "ZONE"), (r"(?<=hostedzone/)[0-9A-Z]{22}$", "OTHER"), (r"\b(calls|second)-ACCOUNT", "BUCKET")):
        text = re.sub(pattern, word, text)
    return re.sub(r"(?<![0-9a-zA-Z])(?=[0-9a-f]*\d)[0-9a-f]{5,}(?![0-9a-zA-Z])", lambda found: f"HEX{len(found[0])}", text)


def kind(value):
    if isinstance(value, dict):
        return "structure"
    if isinstance(value, list):
        return "list"
    if isinstance(value, str):
        return form(value)
    return {bool: "boolean", int: "number", float: "number", datetime.datetime: "time", bytes: "bytes"}.get(type(value), type(value).__name__)


def members(value, path="", found=None):
    """All that is in an answer: each path with the kinds of what is there."""
    found = {} if found is None else found
    inner = [(f"{path}.{key}" if path else key, one) for key, one in value.items()] if isinstance(value, dict) else [(f"{path}[]", one) for one in value]
    for at, one in inner:
        found.setdefault(at, set()).add(kind(one))
        if isinstance(one, (dict, list)):
            members(one, at, found)
    return found


def call(service, operation, keep=None, key=None, **given):
    """`keep`: how to find in the answer what later calls name as `key`."""
    client = clients.setdefault(service, session.client(service, config=Config(retries={"max_attempts": 1})))
    what = json.dumps(given, default=str, sort_keys=True)
    for _ in range(20):
        try:
            answer = getattr(client, operation)(**given)
            outcome = {path: " or ".join(sorted(kinds)) for path, kinds in members({k: v for k, v in answer.items() if k != "ResponseMetadata"}).items()}
            if keep:
                known[key or operation] = keep(answer)
            done.append({"call": f"{service} {operation}", "given": what, "members": outcome})
            return
        except ResponseParserError:
            # A page of HTML.
            done.append({"call": f"{service} {operation}", "given": what, "error": "breaks down"})
            return
        except ClientError as error:
            code = error.response["Error"]["Code"]
            named = [value for value in given.values() if isinstance(value, str)] + [v for value in given.values() if isinstance(value, list) for v in value if isinstance(v, str)]
            # What was made a moment ago is not seen at once: only what was never made is not found.
            never = any(word in json.dumps(given, default=str) for word in (NONE, "nobody", "nonsense"))
            if not never and ("NotFound" in code or code in ("NoSuchEntity", "ValidationError", "IncorrectFileSystemLifeCycleState")) and any(value in known.values() for value in named):
                time.sleep(0.25)
                continue
            done.append({"call": f"{service} {operation}", "given": what, "error": code})
            return
    done.append({"call": f"{service} {operation}", "given": what, "error": code})


NONE = "00000000000000000"
call("sts", "get_caller_identity", lambda a: a["Account"], "account")
account = known["account"]
# EC2
call("ec2", "describe_availability_zones")
call("ec2", "create_vpc", lambda a: a["Vpc"]["VpcId"], "vpc", CidrBlock="10.252.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "Name", "Value": "calls"}]}])
vpc = known["vpc"]
for bad in ("10.0.0.0/8", "10.0.0.0/29", "nonsense"):
    call("ec2", "create_vpc", CidrBlock=bad)
call("ec2", "create_subnet", lambda a: a["Subnet"]["SubnetId"], "subnet", VpcId=vpc, CidrBlock="10.252.1.0/24", AvailabilityZone=REGION + "a")
call("ec2", "create_subnet", lambda a: a["Subnet"]["SubnetId"], "other", VpcId=vpc, CidrBlock="10.252.2.0/24", AvailabilityZone=REGION + "c")
for bad in ("10.252.1.0/24", "10.99.0.0/24", "10.252.3.0/30"):
    call("ec2", "create_subnet", VpcId=vpc, CidrBlock=bad, AvailabilityZone=REGION + "a")
call("ec2", "create_subnet", VpcId="vpc-" + NONE, CidrBlock="10.252.4.0/24", AvailabilityZone=REGION + "a")
call("ec2", "create_subnet", VpcId=vpc, CidrBlock="10.252.4.0/24", AvailabilityZone=REGION + "z")
call("ec2", "create_internet_gateway", lambda a: a["InternetGateway"]["InternetGatewayId"], "gateway")
call("ec2", "attach_internet_gateway", InternetGatewayId=known["gateway"], VpcId=vpc)
call("ec2", "attach_internet_gateway", InternetGatewayId=known["gateway"], VpcId=vpc)
call("ec2", "delete_internet_gateway", InternetGatewayId=known["gateway"])
call("ec2", "create_route_table", lambda a: a["RouteTable"]["RouteTableId"], "table", VpcId=vpc)
call("ec2", "create_route", RouteTableId=known["table"], DestinationCidrBlock="0.0.0.0/0", GatewayId=known["gateway"])
call("ec2", "create_route", RouteTableId=known["table"], DestinationCidrBlock="0.0.0.0/0", GatewayId=known["gateway"])
call("ec2", "replace_route", RouteTableId=known["table"], DestinationCidrBlock="10.9.0.0/16", GatewayId=known["gateway"])
call("ec2", "delete_route", RouteTableId=known["table"], DestinationCidrBlock="10.9.0.0/16")
call("ec2", "associate_route_table", lambda a: a["AssociationId"], "association", RouteTableId=known["table"], SubnetId=known["subnet"])
call("ec2", "delete_route_table", RouteTableId=known["table"])
call("ec2", "create_security_group", lambda a: a["GroupId"], "group", GroupName="calls", Description="calls", VpcId=vpc)
call("ec2", "create_security_group", GroupName="calls", Description="calls", VpcId=vpc)
call("ec2", "create_security_group", GroupName="sg-calls", Description="calls", VpcId=vpc)
rule = [{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
for _ in range(2):
    call("ec2", "authorize_security_group_ingress", GroupId=known["group"], IpPermissions=rule)
for _ in range(2):
    call("ec2", "revoke_security_group_ingress", GroupId=known["group"], IpPermissions=rule)
call("ec2", "allocate_address", lambda a: a["AllocationId"], "address", Domain="vpc")
call("ec2", "create_nat_gateway", lambda a: a["NatGateway"]["NatGatewayId"], "nat", SubnetId=known["subnet"], AllocationId=known["address"])
call("ec2", "release_address", AllocationId=known["address"])
call("ec2", "import_key_pair", KeyName="calls", PublicKeyMaterial=b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8cPqUdp0Qn0xHc4kH3S8N0rL5mB1pXvC0u3s0n1x2y calls")
call("ec2", "import_key_pair", KeyName="calls", PublicKeyMaterial=b"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8cPqUdp0Qn0xHc4kH3S8N0rL5mB1pXvC0u3s0n1x2y calls")
for operation, key, good, bad in (
    ("describe_vpcs", "VpcIds", vpc, "vpc-"), ("describe_subnets", "SubnetIds", known["subnet"], "subnet-"), ("describe_internet_gateways", "InternetGatewayIds", known["gateway"], "igw-"),
    ("describe_route_tables", "RouteTableIds", known["table"], "rtb-"), ("describe_security_groups", "GroupIds", known["group"], "sg-"), ("describe_nat_gateways", "NatGatewayIds", known["nat"], "nat-"),
    ("describe_addresses", "AllocationIds", known["address"], "eipalloc-"), ("describe_instances", "InstanceIds", None, "i-"), ("describe_images", "ImageIds", None, "ami-"),
    ("describe_volumes", "VolumeIds", None, "vol-"), ("describe_snapshots", "SnapshotIds", None, "snap-"), ("describe_network_interfaces", "NetworkInterfaceIds", None, "eni-"),
    ("describe_launch_templates", "LaunchTemplateIds", None, "lt-"),
):
    if good:
        call("ec2", operation, **{key: [good]})
        call("ec2", operation, **{"Filter" if operation == "describe_nat_gateways" else "Filters": [{"Name": "tag:Name", "Values": ["nobody"]}]})
    call("ec2", operation, **{key: [bad + NONE]})
    call("ec2", operation, **{key: ["nonsense"]})
for operation, given in (
    ("delete_vpc", {"VpcId": "vpc-" + NONE}), ("delete_subnet", {"SubnetId": "subnet-" + NONE}), ("delete_internet_gateway", {"InternetGatewayId": "igw-" + NONE}), ("delete_route_table", {"RouteTableId": "rtb-" + NONE}),
    ("delete_security_group", {"GroupId": "sg-" + NONE}), ("delete_nat_gateway", {"NatGatewayId": "nat-" + NONE}), ("release_address", {"AllocationId": "eipalloc-" + NONE}), ("terminate_instances", {"InstanceIds": ["i-" + NONE]}),
    ("stop_instances", {"InstanceIds": ["i-" + NONE]}), ("deregister_image", {"ImageId": "ami-" + NONE}), ("delete_snapshot", {"SnapshotId": "snap-" + NONE}), ("delete_launch_template", {"LaunchTemplateId": "lt-" + NONE}),
    ("disassociate_route_table", {"AssociationId": "rtbassoc-" + NONE}), ("delete_key_pair", {"KeyName": "nobody"}), ("detach_internet_gateway", {"InternetGatewayId": "igw-" + NONE, "VpcId": vpc}),
    ("delete_vpc", {"VpcId": vpc}), ("create_nat_gateway", {"SubnetId": "subnet-" + NONE, "AllocationId": known["address"]}), ("create_nat_gateway", {"SubnetId": known["subnet"], "AllocationId": "eipalloc-" + NONE}),
    ("run_instances", {"ImageId": "ami-" + NONE, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1, "SubnetId": known["other"]}), ("run_instances", {"ImageId": "ami-" + NONE, "InstanceType": "t3.nonsense", "MinCount": 1, "MaxCount": 1, "SubnetId": known["other"]}),
):
    call("ec2", operation, **given)
call("ec2", "modify_vpc_attribute", VpcId=vpc, EnableDnsHostnames={"Value": True})
for attribute in ("enableDnsHostnames", "enableDnsSupport"):
    call("ec2", "describe_vpc_attribute", VpcId=vpc, Attribute=attribute)
call("ec2", "create_tags", Resources=[vpc], Tags=[{"Key": "made-by", "Value": "calls"}])
call("ec2", "create_tags", Resources=["vpc-" + NONE], Tags=[{"Key": "made-by", "Value": "calls"}])
call("ec2", "delete_tags", Resources=[vpc], Tags=[{"Key": "made-by"}])
call("ec2", "describe_key_pairs", KeyNames=["calls"])
call("ec2", "describe_key_pairs", KeyNames=["nobody"])
call("ec2", "describe_instance_types", InstanceTypes=["t3.micro"])
call("ec2", "describe_instance_types", InstanceTypes=["t3.nonsense"])
call("ec2", "describe_instance_type_offerings", LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["t3.micro"]}])
# The rest: what there is not, what there is twice, what is made and read back.
call("iam", "create_role", lambda a: a["Role"]["RoleName"], "role", RoleName="calls", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}))
for operation, given in (
    ("create_role", {"RoleName": "calls", "AssumeRolePolicyDocument": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]})}), ("create_role", {"RoleName": "bad", "AssumeRolePolicyDocument": "nonsense"}), ("get_role", {"RoleName": "calls"}), ("get_role", {"RoleName": "nobody"}), ("delete_role", {"RoleName": "nobody"}),
    ("create_instance_profile", {"InstanceProfileName": "calls"}), ("create_instance_profile", {"InstanceProfileName": "calls"}), ("add_role_to_instance_profile", {"InstanceProfileName": "calls", "RoleName": "calls"}),
    ("add_role_to_instance_profile", {"InstanceProfileName": "calls", "RoleName": "calls"}), ("delete_role", {"RoleName": "calls"}), ("delete_instance_profile", {"InstanceProfileName": "calls"}), ("get_instance_profile", {"InstanceProfileName": "nobody"}),
    ("attach_role_policy", {"RoleName": "calls", "PolicyArn": "arn:aws:iam::aws:policy/Nonsense"}), ("put_role_policy", {"RoleName": "calls", "PolicyName": "p", "PolicyDocument": "nonsense"}), ("get_role_policy", {"RoleName": "calls", "PolicyName": "nobody"}),
    ("list_attached_role_policies", {"RoleName": "calls"}), ("list_role_policies", {"RoleName": "calls"}), ("list_role_policies", {"RoleName": "nobody"}), ("remove_role_from_instance_profile", {"InstanceProfileName": "calls", "RoleName": "calls"}), ("delete_instance_profile", {"InstanceProfileName": "calls"}), ("delete_role", {"RoleName": "calls"}),
):
    call("iam", operation, **given)
arn = f"arn:aws:elasticloadbalancing:{REGION}:{account}"
call("elbv2", "create_target_group", lambda a: a["TargetGroups"][0]["TargetGroupArn"], "targets", Name="calls", Protocol="HTTP", Port=80, VpcId=vpc)
call("elbv2", "create_load_balancer", lambda a: a["LoadBalancers"][0]["LoadBalancerArn"], "balancer", Name="calls", Subnets=[known["subnet"], known["other"]], SecurityGroups=[known["group"]])
forward = [{"Type": "forward", "TargetGroupArn": known.get("targets", "")}]
for operation, given in (
    ("create_target_group", {"Name": "calls", "Protocol": "HTTP", "Port": 81, "VpcId": vpc}), ("create_load_balancer", {"Name": "one", "Subnets": [known["subnet"]], "SecurityGroups": [known["group"]]}), ("create_load_balancer", {"Name": "-bad-", "Subnets": [known["subnet"], known["other"]], "SecurityGroups": [known["group"]]}),
    ("create_listener", {"LoadBalancerArn": known.get("balancer", ""), "Port": 80, "Protocol": "HTTP", "DefaultActions": forward}), ("create_listener", {"LoadBalancerArn": known.get("balancer", ""), "Port": 443, "Protocol": "HTTPS", "DefaultActions": forward}),
    ("describe_load_balancers", {"Names": ["calls"]}), ("describe_load_balancers", {"Names": ["nobody"]}), ("describe_load_balancers", {"LoadBalancerArns": [f"{arn}:loadbalancer/app/nobody/0000000000000000"]}), ("describe_target_groups", {"Names": ["calls"]}), ("describe_target_groups", {"Names": ["nobody"]}),
    ("describe_listeners", {"LoadBalancerArn": known.get("balancer", "")}), ("describe_target_health", {"TargetGroupArn": known.get("targets", "")}), ("describe_target_group_attributes", {"TargetGroupArn": known.get("targets", "")}), ("describe_load_balancer_attributes", {"LoadBalancerArn": known.get("balancer", "")}),
    ("describe_tags", {"ResourceArns": [known.get("balancer", "")]}), ("delete_target_group", {"TargetGroupArn": known.get("targets", "")}), ("delete_listener", {"ListenerArn": f"{arn}:listener/app/nobody/0000000000000000/0000000000000000"}), ("delete_load_balancer", {"LoadBalancerArn": f"{arn}:loadbalancer/app/nobody/0000000000000000"}), ("delete_load_balancer", {"LoadBalancerArn": known.get("balancer", "")}),
):
    call("elbv2", operation, **given)
for operation, given in (
    ("describe_auto_scaling_groups", {}), ("describe_auto_scaling_groups", {"AutoScalingGroupNames": ["nobody"]}), ("delete_auto_scaling_group", {"AutoScalingGroupName": "nobody"}), ("update_auto_scaling_group", {"AutoScalingGroupName": "nobody", "MinSize": 1}), ("describe_policies", {"AutoScalingGroupName": "nobody"}), ("describe_scaling_activities", {"AutoScalingGroupName": "nobody"}),
):
    call("autoscaling", operation, **given)
call("rds", "create_db_parameter_group", DBParameterGroupName="calls", DBParameterGroupFamily="mysql8.0", Description="calls")
for operation, given in (
    ("create_db_parameter_group", {"DBParameterGroupName": "calls", "DBParameterGroupFamily": "mysql8.0", "Description": "calls"}), ("create_db_parameter_group", {"DBParameterGroupName": "bad", "DBParameterGroupFamily": "nonsense", "Description": "calls"}), ("describe_db_parameter_groups", {"DBParameterGroupName": "calls"}), ("describe_db_parameter_groups", {"DBParameterGroupName": "nobody"}),
    ("describe_db_instances", {}), ("describe_db_instances", {"DBInstanceIdentifier": "nobody"}), ("describe_db_subnet_groups", {"DBSubnetGroupName": "nobody"}), ("describe_db_snapshots", {"DBSnapshotIdentifier": "nobody"}), ("delete_db_instance", {"DBInstanceIdentifier": "nobody", "SkipFinalSnapshot": True}), ("delete_db_subnet_group", {"DBSubnetGroupName": "nobody"}),
    ("delete_db_parameter_group", {"DBParameterGroupName": "nobody"}), ("modify_db_instance", {"DBInstanceIdentifier": "nobody"}), ("reboot_db_instance", {"DBInstanceIdentifier": "nobody"}), ("create_db_snapshot", {"DBSnapshotIdentifier": "calls", "DBInstanceIdentifier": "nobody"}), ("create_db_instance_read_replica", {"DBInstanceIdentifier": "r", "SourceDBInstanceIdentifier": "nobody"}), ("delete_db_parameter_group", {"DBParameterGroupName": "calls"}),
):
    call("rds", operation, **given)
call("efs", "create_file_system", lambda a: a["FileSystemId"], "files", CreationToken="calls", Encrypted=True)
for operation, given in (
    ("create_file_system", {"CreationToken": "calls"}), ("describe_file_systems", {"FileSystemId": known["files"]}), ("describe_file_systems", {"FileSystemId": "fs-" + NONE}), ("describe_mount_targets", {"FileSystemId": known["files"]}), ("describe_mount_targets", {"FileSystemId": "fs-" + NONE}), ("describe_mount_targets", {"MountTargetId": "fsmt-" + NONE}),
    ("describe_backup_policy", {"FileSystemId": known["files"]}), ("describe_lifecycle_configuration", {"FileSystemId": known["files"]}), ("delete_file_system", {"FileSystemId": "fs-" + NONE}), ("delete_mount_target", {"MountTargetId": "fsmt-" + NONE}), ("create_mount_target", {"FileSystemId": known["files"], "SubnetId": "subnet-" + NONE}), ("delete_file_system", {"FileSystemId": known["files"]}),
):
    call("efs", operation, **given)
for operation, given in (
    ("put_parameter", {"Name": "/calls", "Value": "x", "Type": "String"}), ("put_parameter", {"Name": "/calls", "Value": "x", "Type": "String"}), ("put_parameter", {"Name": "/aws/calls", "Value": "x", "Type": "String"}), ("get_parameter", {"Name": "/nobody"}), ("get_parameters", {"Names": ["/nobody"]}), ("get_parameters_by_path", {"Path": "/nobody"}), ("delete_parameter", {"Name": "/nobody"}), ("delete_parameter", {"Name": "/calls"}),
    ("get_command_invocation", {"CommandId": "00000000-0000-0000-0000-000000000000", "InstanceId": "i-" + NONE}), ("send_command", {"InstanceIds": ["i-" + NONE], "DocumentName": "AWS-RunShellScript", "Parameters": {"commands": ["true"]}}),
):
    call("ssm", operation, **given)
call("sns", "create_topic", lambda a: a["TopicArn"], "topic", Name="calls")
nobody = f"arn:aws:sns:{REGION}:{account}:nobody"
for operation, given in (("create_topic", {"Name": "bad name"}), ("list_subscriptions_by_topic", {"TopicArn": known["topic"]}), ("list_subscriptions_by_topic", {"TopicArn": nobody}), ("subscribe", {"TopicArn": nobody, "Protocol": "email", "Endpoint": "a@example.com"}), ("list_tags_for_resource", {"ResourceArn": nobody}), ("unsubscribe", {"SubscriptionArn": f"{nobody}:00000000-0000-0000-0000-000000000000"}), ("delete_topic", {"TopicArn": nobody}), ("delete_topic", {"TopicArn": known["topic"]})):
    call("sns", operation, **given)
alarm = {"AlarmName": "calls", "Namespace": "AWS/EC2", "MetricName": "CPUUtilization", "Statistic": "Average", "Period": 60, "EvaluationPeriods": 1, "Threshold": 90.0, "ComparisonOperator": "GreaterThanThreshold", "Dimensions": [{"Name": "AutoScalingGroupName", "Value": "calls"}]}
for operation, given in (("put_metric_alarm", alarm), ("put_metric_alarm", {**alarm, "Period": 7}), ("describe_alarms", {"AlarmNames": ["nobody"]}), ("delete_alarms", {"AlarmNames": ["nobody"]}), ("get_dashboard", {"DashboardName": "nobody"}), ("delete_dashboards", {"DashboardNames": ["nobody"]}), ("put_dashboard", {"DashboardName": "calls", "DashboardBody": "nonsense"}), ("delete_alarms", {"AlarmNames": ["calls"]})):
    call("cloudwatch", operation, **given)
for operation, given in (("create_log_group", {"logGroupName": "calls"}), ("create_log_group", {"logGroupName": "calls"}), ("describe_log_groups", {"logGroupNamePrefix": "calls"}), ("put_retention_policy", {"logGroupName": "calls", "retentionInDays": 4}), ("put_retention_policy", {"logGroupName": "nobody", "retentionInDays": 30}), ("filter_log_events", {"logGroupName": "nobody"}), ("delete_log_group", {"logGroupName": "nobody"}), ("delete_log_group", {"logGroupName": "calls"})):
    call("logs", operation, **given)
bucket = f"calls-{account}"
for operation, given in (
    ("create_bucket", {"Bucket": bucket, "CreateBucketConfiguration": {"LocationConstraint": REGION}}), ("create_bucket", {"Bucket": bucket, "CreateBucketConfiguration": {"LocationConstraint": REGION}}), ("create_bucket", {"Bucket": bucket + "-2"}), ("get_bucket_tagging", {"Bucket": bucket}), ("get_public_access_block", {"Bucket": "nobody-" + account}),
    ("put_object", {"Bucket": bucket, "Key": "a b", "Body": b"x"}), ("put_object", {"Bucket": "nobody-" + account, "Key": "a", "Body": b"x"}), ("list_objects_v2", {"Bucket": bucket}), ("list_objects_v2", {"Bucket": "nobody-" + account}), ("list_object_versions", {"Bucket": bucket}), ("delete_bucket", {"Bucket": bucket}), ("delete_object", {"Bucket": bucket, "Key": "nobody"}), ("delete_object", {"Bucket": bucket, "Key": "a b"}), ("delete_bucket", {"Bucket": bucket}), ("delete_bucket", {"Bucket": bucket}),
):
    call("s3", operation, **given)
call("route53", "create_hosted_zone", lambda a: a["HostedZone"]["Id"], "zone", Name="calls.example", CallerReference="calls")
change = lambda action, name: {"HostedZoneId": known["zone"], "ChangeBatch": {"Changes": [{"Action": action, "ResourceRecordSet": {"Name": name, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": "192.0.2.1"}]}}]}}
for operation, given in (
    ("create_hosted_zone", {"Name": "calls.example", "CallerReference": "calls"}), ("get_hosted_zone", {"Id": known["zone"]}), ("get_hosted_zone", {"Id": "Z0000000000000"}), ("change_resource_record_sets", change("CREATE", "a.calls.example")), ("change_resource_record_sets", change("CREATE", "a.calls.example")), ("change_resource_record_sets", change("DELETE", "b.calls.example")), ("change_resource_record_sets", change("CREATE", "elsewhere.example")),
    ("list_resource_record_sets", {"HostedZoneId": known["zone"]}), ("list_resource_record_sets", {"HostedZoneId": "Z0000000000000"}), ("delete_hosted_zone", {"Id": known["zone"]}), ("change_resource_record_sets", change("DELETE", "a.calls.example")), ("delete_hosted_zone", {"Id": known["zone"]}), ("delete_hosted_zone", {"Id": "Z0000000000000"}),
):
    call("route53", operation, **given)
call("acm", "request_certificate", lambda a: a["CertificateArn"], "certificate", DomainName="calls.example", ValidationMethod="DNS")
nobody = f"arn:aws:acm:{REGION}:{account}:certificate/00000000-0000-0000-0000-000000000000"
for operation, given in (("describe_certificate", {"CertificateArn": known["certificate"]}), ("describe_certificate", {"CertificateArn": nobody}), ("list_certificates", {}), ("delete_certificate", {"CertificateArn": nobody}), ("delete_certificate", {"CertificateArn": known["certificate"]}), ("list_tags_for_certificate", {"CertificateArn": nobody})):
    call("acm", operation, **given)
call("kms", "create_key", lambda a: a["KeyMetadata"]["KeyId"], "key")
for operation, given in (("describe_key", {"KeyId": known["key"]}), ("describe_key", {"KeyId": "alias/nobody"}), ("create_alias", {"AliasName": "alias/calls", "TargetKeyId": known["key"]}), ("create_alias", {"AliasName": "alias/calls", "TargetKeyId": known["key"]}), ("delete_alias", {"AliasName": "alias/nobody"}), ("disable_key", {"KeyId": known["key"]})):
    call("kms", operation, **given)
for operation, given in (("create_backup_vault", {"BackupVaultName": "calls"}), ("create_backup_vault", {"BackupVaultName": "calls"}), ("list_backup_vaults", {}), ("describe_backup_job", {"BackupJobId": "00000000-0000-0000-0000-000000000000"}), ("list_recovery_points_by_backup_vault", {"BackupVaultName": "nobody"}), ("delete_backup_vault", {"BackupVaultName": "nobody"}), ("delete_backup_vault", {"BackupVaultName": "calls"})):
    call("backup", operation, **given)
for operation, given in (("get_aws_default_service_quota", {"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}), ("get_service_quota", {"ServiceCode": "vpc", "QuotaCode": "L-00000000"})):
    call("service-quotas", operation, **given)
# A small stack, made, read and taken down.
call("ssm", "get_parameter", lambda a: a["Parameter"]["Value"], "image", Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")
call("ec2", "describe_images", ImageIds=[known["image"]])
call("ec2", "create_launch_template", lambda a: a["LaunchTemplate"]["LaunchTemplateId"], "template", LaunchTemplateName="calls", LaunchTemplateData={"ImageId": known["image"], "InstanceType": "t3.micro", "SecurityGroupIds": [known["group"]]})
for operation, given in (
    ("create_launch_template", {"LaunchTemplateName": "calls", "LaunchTemplateData": {"ImageId": known["image"], "InstanceType": "t3.micro"}}), ("create_launch_template_version", {"LaunchTemplateId": known["template"], "SourceVersion": "1", "LaunchTemplateData": {"InstanceType": "t3.small"}}),
    ("describe_launch_templates", {"LaunchTemplateIds": [known["template"]]}), ("describe_launch_templates", {"LaunchTemplateNames": ["calls"]}), ("describe_launch_templates", {"LaunchTemplateNames": ["nobody"]}),
    ("describe_launch_template_versions", {"LaunchTemplateId": known["template"]}), ("describe_launch_template_versions", {"LaunchTemplateId": known["template"], "Versions": ["1"]}), ("describe_launch_template_versions", {"LaunchTemplateId": "lt-" + NONE}), ("modify_launch_template", {"LaunchTemplateId": known["template"], "DefaultVersion": "2"}),
):
    call("ec2", operation, **given)
call("ec2", "run_instances", lambda a: a["Instances"][0]["InstanceId"], "instance", ImageId=known["image"], InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=known["other"], SecurityGroupIds=[known["group"]], TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "calls"}]}])
call("ec2", "describe_instances", lambda a: a["Reservations"][0]["Instances"][0]["BlockDeviceMappings"][0]["Ebs"]["VolumeId"], "volume", InstanceIds=[known["instance"]])
for operation, given in (
    ("describe_instances", {"Filters": [{"Name": "tag:Name", "Values": ["calls"]}]}), ("describe_volumes", {"VolumeIds": [known["volume"]]}), ("describe_volumes", {"Filters": [{"Name": "attachment.instance-id", "Values": [known["instance"]]}]}), ("describe_network_interfaces", {"Filters": [{"Name": "subnet-id", "Values": [known["other"]]}]}),
    ("create_tags", {"Resources": [known["instance"]], "Tags": [{"Key": "a", "Value": "b"}]}), ("create_tags", {"Resources": ["i-" + NONE], "Tags": [{"Key": "a", "Value": "b"}]}), ("create_tags", {"Resources": ["subnet-" + NONE], "Tags": [{"Key": "a", "Value": "b"}]}), ("create_tags", {"Resources": ["nonsense"], "Tags": [{"Key": "a", "Value": "b"}]}), ("describe_network_acls", {"Filters": [{"Name": "vpc-id", "Values": [vpc]}]}), ("modify_subnet_attribute", {"SubnetId": known["subnet"], "MapPublicIpOnLaunch": {"Value": True}}),
):
    call("ec2", operation, **given)
call("autoscaling", "create_auto_scaling_group", AutoScalingGroupName="calls", MinSize=0, MaxSize=1, DesiredCapacity=0, LaunchTemplate={"LaunchTemplateId": known["template"], "Version": "1"}, VPCZoneIdentifier=known["other"])
known["asg"] = "calls"
target = {"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 50.0}
for operation, given in (
    ("create_auto_scaling_group", {"AutoScalingGroupName": "calls", "MinSize": 0, "MaxSize": 1, "LaunchTemplate": {"LaunchTemplateId": known["template"], "Version": "1"}, "VPCZoneIdentifier": known["other"]}), ("create_auto_scaling_group", {"AutoScalingGroupName": "bad", "MinSize": 2, "MaxSize": 1, "LaunchTemplate": {"LaunchTemplateId": known["template"], "Version": "1"}, "VPCZoneIdentifier": known["other"]}), ("describe_auto_scaling_groups", {"AutoScalingGroupNames": ["calls"]}), ("update_auto_scaling_group", {"AutoScalingGroupName": "calls", "MaxSize": 2}),
    ("put_scaling_policy", {"AutoScalingGroupName": "calls", "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": target}), ("put_scaling_policy", {"AutoScalingGroupName": "nobody", "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "TargetTrackingConfiguration": target}), ("describe_policies", {"AutoScalingGroupName": "calls"}), ("delete_policy", {"AutoScalingGroupName": "calls", "PolicyName": "nobody"}), ("delete_policy", {"AutoScalingGroupName": "calls", "PolicyName": "cpu"}), ("create_or_update_tags", {"Tags": [{"ResourceId": "calls", "ResourceType": "auto-scaling-group", "Key": "a", "Value": "b", "PropagateAtLaunch": True}]}), ("set_desired_capacity", {"AutoScalingGroupName": "calls", "DesiredCapacity": 9}), ("delete_auto_scaling_group", {"AutoScalingGroupName": "calls", "ForceDelete": True}),
):
    call("autoscaling", operation, **given)
call("ec2", "delete_launch_template", LaunchTemplateId=known["template"])
call("rds", "create_db_subnet_group", DBSubnetGroupName="calls", DBSubnetGroupDescription="calls", SubnetIds=[known["subnet"], known["other"]])
database = {"DBInstanceIdentifier": "calls", "Engine": "mysql", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20, "MasterUsername": "admin", "MasterUserPassword": "calls-password", "DBSubnetGroupName": "calls", "VpcSecurityGroupIds": [known["group"]], "EngineVersion": "8.0", "StorageType": "gp3", "DBParameterGroupName": "second"}
call("rds", "create_db_parameter_group", DBParameterGroupName="second", DBParameterGroupFamily="mysql8.0", Description="second")
for operation, given in (
    ("create_db_subnet_group", {"DBSubnetGroupName": "one", "DBSubnetGroupDescription": "one", "SubnetIds": [known["subnet"]]}), ("create_db_subnet_group", {"DBSubnetGroupName": "calls", "DBSubnetGroupDescription": "calls", "SubnetIds": [known["subnet"], known["other"]]}), ("describe_db_subnet_groups", {"DBSubnetGroupName": "calls"}), ("create_db_instance", database), ("create_db_instance", {**database, "AllocatedStorage": 25}), ("create_db_instance", {**database, "DBInstanceIdentifier": "bad", "MasterUserPassword": "short"}), ("create_db_instance", {**database, "DBInstanceIdentifier": "bad", "Engine": "nonsense"}), ("describe_db_instances", {"DBInstanceIdentifier": "calls"}), ("delete_db_subnet_group", {"DBSubnetGroupName": "calls"}), ("describe_orderable_db_instance_options", {"Engine": "mysql", "DBInstanceClass": "db.t3.micro"}),
):
    call("rds", operation, **given)
call("efs", "create_file_system", lambda a: a["FileSystemId"], "mounted", CreationToken="mounted")
call("efs", "create_mount_target", lambda a: a["MountTargetId"], "mount", FileSystemId=known["mounted"], SubnetId=known["subnet"])
for operation, given in (("create_mount_target", {"FileSystemId": known["mounted"], "SubnetId": known["subnet"]}), ("describe_mount_targets", {"FileSystemId": known["mounted"]}), ("delete_file_system", {"FileSystemId": known["mounted"]})):
    call("efs", operation, **given)
for operation, given in (
    ("put_parameter", {"Name": "/calls/a", "Value": "x", "Type": "String"}), ("put_parameter", {"Name": "/calls/b/c", "Value": "x", "Type": "SecureString"}), ("put_parameter", {"Name": "/ssm/calls", "Value": "x", "Type": "String"}), ("get_parameters_by_path", {"Path": "/calls"}), ("get_parameters_by_path", {"Path": "/calls", "Recursive": True}), ("get_parameter", {"Name": "/calls/b/c", "WithDecryption": True}), ("get_parameters", {"Names": ["/calls/a", "/calls/b/c"]}), ("describe_parameters", {}), ("add_tags_to_resource", {"ResourceType": "Parameter", "ResourceId": "/calls/a", "Tags": [{"Key": "a", "Value": "b"}]}), ("list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": "/calls/a"}), ("list_tags_for_resource", {"ResourceType": "Parameter", "ResourceId": "/nobody"}),
):
    call("ssm", operation, **given)
call("sns", "create_topic", lambda a: a["TopicArn"], "second", Name="second")
for operation, given in (("subscribe", {"TopicArn": known["second"], "Protocol": "email", "Endpoint": "a@example.com", "ReturnSubscriptionArn": True}), ("list_subscriptions_by_topic", {"TopicArn": known["second"]}), ("tag_resource", {"ResourceArn": known["second"], "Tags": [{"Key": "a", "Value": "b"}]}), ("list_tags_for_resource", {"ResourceArn": known["second"]})):
    call("sns", operation, **given)
for operation, given in (("put_metric_alarm", {**alarm, "AlarmName": "second", "TreatMissingData": "breaching"}), ("describe_alarms", {"AlarmNames": ["second"]}), ("put_dashboard", {"DashboardName": "second", "DashboardBody": json.dumps({"widgets": []})}), ("get_dashboard", {"DashboardName": "second"}), ("delete_dashboards", {"DashboardNames": ["second"]})):
    call("cloudwatch", operation, **given)
for operation, given in (("create_log_group", {"logGroupName": "second"}), ("put_retention_policy", {"logGroupName": "second", "retentionInDays": 30}), ("describe_log_groups", {"logGroupNamePrefix": "second"}), ("create_log_stream", {"logGroupName": "second", "logStreamName": "s"}), ("create_log_stream", {"logGroupName": "nobody", "logStreamName": "s"}), ("describe_log_streams", {"logGroupName": "second"}), ("put_log_events", {"logGroupName": "second", "logStreamName": "s", "logEvents": [{"timestamp": int(time.time() * 1000), "message": "x"}]})):
    call("logs", operation, **given)
bucket = f"second-{account}"
for operation, given in (("create_bucket", {"Bucket": bucket, "CreateBucketConfiguration": {"LocationConstraint": REGION}}), ("put_bucket_tagging", {"Bucket": bucket, "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}}), ("get_bucket_tagging", {"Bucket": bucket}), ("put_object", {"Bucket": bucket, "Key": "a/b", "Body": b"bytes", "ChecksumAlgorithm": "SHA256"}), ("list_objects_v2", {"Bucket": bucket, "Prefix": "a/"}), ("list_objects_v2", {"Bucket": bucket, "Prefix": "b/"})):
    call("s3", operation, **given)
# What is in use.
for operation, given in (("delete_security_group", {"GroupId": known["group"]}), ("delete_subnet", {"SubnetId": known["other"]}), ("terminate_instances", {"InstanceIds": [known["instance"]]})):
    call("ec2", operation, **given)
print(json.dumps(done))
