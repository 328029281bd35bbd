"""Reads the objects of a state one after the other with boto3, as a script does that checks a stack. Usage: sequential.py STATE"""
import json
import sys

import boto3

with open(sys.argv[1]) as file:
    resources = json.load(file)["resources"]
clients = {}


def ask(service, method, **given):
    client = clients.setdefault(service, boto3.client(service))
    return getattr(client, method)(**given)


def name_of(arn):
    return arn.split(":", 6)[-1]


def record(of):
    zone, name = of.split("|")[:2]
    return ask("route53", "list_resource_record_sets", HostedZoneId=zone, StartRecordName=name.split("+")[0], MaxItems="1")


READS = {
    "ec2:vpc": lambda of: ask("ec2", "describe_vpcs", VpcIds=[of]),
    "ec2:subnet": lambda of: ask("ec2", "describe_subnets", SubnetIds=[of]),
    "ec2:internet-gateway": lambda of: ask("ec2", "describe_internet_gateways", InternetGatewayIds=[of]),
    "ec2:route-table": lambda of: ask("ec2", "describe_route_tables", RouteTableIds=[of]),
    "ec2:route": lambda of: ask("ec2", "describe_route_tables", RouteTableIds=[of.split("|")[0]]),
    "ec2:security-group": lambda of: ask("ec2", "describe_security_groups", GroupIds=[of]),
    "ec2:key-pair": lambda of: ask("ec2", "describe_key_pairs", KeyPairIds=[of]),
    "ec2:public-image": lambda of: ask("ec2", "describe_images", ImageIds=[of]),
    "ec2:image": lambda of: ask("ec2", "describe_images", ImageIds=[of]),
    "ec2:instance": lambda of: ask("ec2", "describe_instances", InstanceIds=[of]),
    "ec2:launch-template": lambda of: ask("ec2", "describe_launch_template_versions", LaunchTemplateId=of, Versions=["$Latest"]),
    "iam:role": lambda of: (ask("iam", "get_role", RoleName=of), ask("iam", "list_attached_role_policies", RoleName=of)),
    "iam:instance-profile": lambda of: ask("iam", "get_instance_profile", InstanceProfileName=of),
    "rds:subnet-group": lambda of: ask("rds", "describe_db_subnet_groups", DBSubnetGroupName=of),
    "rds:parameter-group": lambda of: ask("rds", "describe_db_parameters", DBParameterGroupName=of, Source="user"),
    "rds:database": lambda of: ask("rds", "describe_db_instances", DBInstanceIdentifier=of),
    "rds:replica": lambda of: ask("rds", "describe_db_instances", DBInstanceIdentifier=of),
    "efs:file-system": lambda of: (ask("efs", "describe_file_systems", FileSystemId=of), ask("efs", "describe_mount_targets", FileSystemId=of)),
    "elb:load-balancer": lambda of: ask("elbv2", "describe_load_balancers", LoadBalancerArns=[of]),
    "elb:target-group": lambda of: (ask("elbv2", "describe_target_groups", TargetGroupArns=[of]), ask("elbv2", "describe_target_health", TargetGroupArn=of)),
    "elb:listener": lambda of: ask("elbv2", "describe_listeners", ListenerArns=[of]),
    "elb:redirect": lambda of: ask("elbv2", "describe_listeners", ListenerArns=[of.split("#")[0]]),
    "auto-scaling:group": lambda of: ask("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[of]),
    "auto-scaling:scaling-policy": lambda of: ask("autoscaling", "describe_policies", AutoScalingGroupName=of.split("autoScalingGroupName/")[1].split(":")[0]),
    "cloudwatch:alarm": lambda of: ask("cloudwatch", "describe_alarms", AlarmNames=[name_of(of)]),
    "cloudwatch:dashboard": lambda of: ask("cloudwatch", "get_dashboard", DashboardName=of),
    "logs:log-group": lambda of: ask("logs", "describe_log_groups", logGroupNamePrefix=name_of(of)),
    "ssm:parameter": lambda of: ask("ssm", "get_parameter", Name=of),
    "ssm:generated-secret": lambda of: ask("ssm", "get_parameter", Name=of, WithDecryption=True),
    "s3:bucket": lambda of: ask("s3", "get_bucket_tagging", Bucket=of),
    "s3:object": lambda of: ask("s3", "list_objects_v2", Bucket=of.split("/")[0], Prefix=of.split("/", 1)[1]),
    "backup:vault": lambda of: ask("backup", "describe_backup_vault", BackupVaultName=of),
    "acm:certificate": lambda of: ask("acm", "describe_certificate", CertificateArn=of),
    "acm:issued-certificate": lambda of: ask("acm", "describe_certificate", CertificateArn=of),
    "route53:existing-zone": lambda of: ask("route53", "get_hosted_zone", Id=of),
    "route53:record": record,
    "route53:alias-records": record,
}

ask("sts", "get_caller_identity")
for key, found in resources.items():
    READS[found["type"]](found["id"])
