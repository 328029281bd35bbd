"""What an account holds, asked by another SDK than the product's. Prints one JSON document: kind -> sorted ids."""
import json
import sys

import boto3
from botocore.config import Config

session = boto3.session.Session(region_name=sys.argv[1])


def client(name):
    return session.client(name, config=Config(retries={"max_attempts": 1}))


ec2, elb, rds, efs, iam = client("ec2"), client("elbv2"), client("rds"), client("efs"), client("iam")
held = {}


def add(kind, items, key):
    held[kind] = sorted(str(item[key]) for item in items)


add("vpcs", ec2.describe_vpcs()["Vpcs"], "VpcId")
add("subnets", ec2.describe_subnets()["Subnets"], "SubnetId")
add("internet gateways", ec2.describe_internet_gateways()["InternetGateways"], "InternetGatewayId")
add("route tables", ec2.describe_route_tables()["RouteTables"], "RouteTableId")
add("security groups", ec2.describe_security_groups()["SecurityGroups"], "GroupId")
add("key pairs", ec2.describe_key_pairs()["KeyPairs"], "KeyName")
add("addresses", ec2.describe_addresses()["Addresses"], "AllocationId")
add("NAT gateways", [g for g in ec2.describe_nat_gateways()["NatGateways"] if g["State"] != "deleted"], "NatGatewayId")
instances = [i for r in ec2.describe_instances()["Reservations"] for i in r["Instances"]]
add("instances", [i for i in instances if i["State"]["Name"] != "terminated"], "InstanceId")
add("images", ec2.describe_images(Owners=["self"])["Images"], "ImageId")
add("snapshots", [s for s in ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] if s.get("Tags")], "SnapshotId")
add("launch templates", ec2.describe_launch_templates()["LaunchTemplates"], "LaunchTemplateName")
add("load balancers", elb.describe_load_balancers()["LoadBalancers"], "LoadBalancerName")
add("target groups", elb.describe_target_groups()["TargetGroups"], "TargetGroupName")
held["listeners"] = sorted(
    f'{l["Port"]} {l["DefaultActions"][0]["Type"]}'
    for b in elb.describe_load_balancers()["LoadBalancers"]
    for l in elb.describe_listeners(LoadBalancerArn=b["LoadBalancerArn"])["Listeners"]
)
held["healthy targets"] = sorted(
    t["TargetHealth"]["State"]
    for g in elb.describe_target_groups()["TargetGroups"]
    for t in elb.describe_target_health(TargetGroupArn=g["TargetGroupArn"])["TargetHealthDescriptions"]
)
add("groups", client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"], "AutoScalingGroupName")
add("scaling policies", client("autoscaling").describe_policies()["ScalingPolicies"], "PolicyName")
add("databases", rds.describe_db_instances()["DBInstances"], "DBInstanceIdentifier")
add("db subnet groups", rds.describe_db_subnet_groups()["DBSubnetGroups"], "DBSubnetGroupName")
# The mock makes an engine's own group when a restored database is its first to name none; on AWS each account has it.
groups = [g for g in rds.describe_db_parameter_groups()["DBParameterGroups"] if not g["DBParameterGroupName"].startswith("default.")]
add("db parameter groups", groups, "DBParameterGroupName")
add("file systems", efs.describe_file_systems()["FileSystems"], "FileSystemId")
held["mount targets"] = sorted(
    m["SubnetId"]
    for f in efs.describe_file_systems()["FileSystems"]
    for m in efs.describe_mount_targets(FileSystemId=f["FileSystemId"])["MountTargets"]
)
s3 = client("s3")
buckets = s3.list_buckets()["Buckets"]
add("buckets", buckets, "Name")
held["objects"] = sorted(o["Key"] for b in buckets for o in s3.list_objects_v2(Bucket=b["Name"]).get("Contents", []))
# Service-linked ones stay with the account.
own = [role for role in iam.list_roles()["Roles"] if not role["Path"].startswith("/aws-service-role/")]
add("roles", own, "RoleName")
add("instance profiles", iam.list_instance_profiles()["InstanceProfiles"], "InstanceProfileName")
ssm = client("ssm")
parameters = [p for page in ssm.get_paginator("describe_parameters").paginate() for p in page["Parameters"]]
add("parameters", [p for p in parameters if not p["Name"].startswith("/aws/")], "Name")
add("certificates", client("acm").list_certificates()["CertificateSummaryList"], "DomainName")
route53 = client("route53")
held["records"] = sorted(
    f'{r["Name"]} {r["Type"]}'
    for z in route53.list_hosted_zones()["HostedZones"]
    for r in route53.list_resource_record_sets(HostedZoneId=z["Id"])["ResourceRecordSets"]
)
add("alarms", client("cloudwatch").describe_alarms()["MetricAlarms"], "AlarmName")
add("dashboards", client("cloudwatch").list_dashboards()["DashboardEntries"], "DashboardName")
add("topics", client("sns").list_topics()["Topics"], "TopicArn")
print(json.dumps(held))
