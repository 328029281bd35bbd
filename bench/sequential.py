"""Makes the objects of a state, reads them, or takes them away, one call after the other with boto3, as a script does that stands a stack up.
Usage: sequential.py read STATE; sequential.py up STATE MADE; sequential.py read MADE; sequential.py down MADE"""
import json
import sys
import time

import boto3

clients = {}


def client(service):
    return clients.setdefault(service, boto3.client(service))


def ask(service, method, **given):
    return getattr(client(service), method)(**given)


def wait(service, waiter, **given):
    client(service).get_waiter(waiter).wait(WaiterConfig={"Delay": 1, "MaxAttempts": 600}, **given)


def until(read, wanted):
    while not wanted(read()):
        time.sleep(1)


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


def tags(name):
    return [{"Key": "Name", "Value": name}, {"Key": "made-by", "Value": "a script"}]


def tagged(kind, name):
    return [{"ResourceType": kind, "Tags": tags(name)}]


def vpc(spec, name, _):
    made = ask("ec2", "create_vpc", CidrBlock=spec["cidr"], TagSpecifications=tagged("vpc", name))["Vpc"]["VpcId"]
    wait("ec2", "vpc_available", VpcIds=[made])
    ask("ec2", "modify_vpc_attribute", VpcId=made, EnableDnsHostnames={"Value": True})
    return made


def subnet(spec, name, _):
    made = ask("ec2", "create_subnet", VpcId=spec["vpcId"], CidrBlock=spec["cidr"], AvailabilityZone=spec["zone"], TagSpecifications=tagged("subnet", name))["Subnet"]["SubnetId"]
    wait("ec2", "subnet_available", SubnetIds=[made])
    if spec["publicAddresses"]:
        ask("ec2", "modify_subnet_attribute", SubnetId=made, MapPublicIpOnLaunch={"Value": True})
    return made


def internet_gateway(spec, name, _):
    made = ask("ec2", "create_internet_gateway", TagSpecifications=tagged("internet-gateway", name))["InternetGateway"]["InternetGatewayId"]
    ask("ec2", "attach_internet_gateway", InternetGatewayId=made, VpcId=spec["vpcId"])
    return made


def route_table(spec, name, _):
    made = ask("ec2", "create_route_table", VpcId=spec["vpcId"], TagSpecifications=tagged("route-table", name))["RouteTable"]["RouteTableId"]
    for route in spec.get("routes", []):
        ask("ec2", "create_route", RouteTableId=made, DestinationCidrBlock=route["to"], GatewayId=route["gatewayId"])
    for one in spec["subnetIds"]:
        ask("ec2", "associate_route_table", RouteTableId=made, SubnetId=one)
    return made


def permission(rule):
    ports = {"FromPort": -1, "ToPort": -1} if rule["protocol"] == "icmp" else {}
    if "from" in rule:
        ports = {"FromPort": rule["from"], "ToPort": rule.get("to", rule["from"])}
    source = {"UserIdGroupPairs": [{"GroupId": rule["groupId"]}]} if "groupId" in rule else {"IpRanges": [{"CidrIp": rule["cidr"]}]}
    return {"IpProtocol": rule["protocol"].replace("all", "-1"), **ports, **source}


def security_group(spec, name, _):
    made = ask("ec2", "create_security_group", GroupName=name, Description=spec["description"], VpcId=spec["vpcId"], TagSpecifications=tagged("security-group", name))["GroupId"]
    wait("ec2", "security_group_exists", GroupIds=[made])
    if spec["inbound"]:
        ask("ec2", "authorize_security_group_ingress", GroupId=made, IpPermissions=[permission(rule) for rule in spec["inbound"]])
    if not spec["outbound"]:
        ask("ec2", "revoke_security_group_egress", GroupId=made, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    return made


def launch(spec, name):
    given = {
        "ImageId": spec["imageId"], "InstanceType": spec["instanceType"], "MinCount": 1, "MaxCount": 1,
        "SubnetId": spec["subnetId"], "SecurityGroupIds": spec["groupIds"], "TagSpecifications": tagged("instance", name),
        "BlockDeviceMappings": [{"DeviceName": spec["rootDevice"], "Ebs": {"VolumeSize": spec["volumeGiB"], "VolumeType": "gp3", "Encrypted": True}}],
        "MetadataOptions": {"HttpTokens": "required"}, "CreditSpecification": {"CpuCredits": spec["cpuCredits"]},
    }
    if "keyName" in spec:
        given["KeyName"] = spec["keyName"]
    if "profileName" in spec:
        given["IamInstanceProfile"] = {"Name": spec["profileName"]}
    made = ask("ec2", "run_instances", **given)["Instances"][0]["InstanceId"]
    wait("ec2", "instance_running", InstanceIds=[made])
    return made


def instance(spec, name, _):
    made = launch(spec, name)
    if not spec["sourceDestCheck"]:
        ask("ec2", "modify_instance_attribute", InstanceId=made, SourceDestCheck={"Value": False})
    return made


def route(spec, _, needed):
    there = ask("ec2", "describe_instances", InstanceIds=[needed["ec2:instance"]])["Reservations"][0]["Instances"][0]
    interface = there["NetworkInterfaces"][0]["NetworkInterfaceId"]
    ask("ec2", "create_route", RouteTableId=spec["tableId"], DestinationCidrBlock=spec["to"], NetworkInterfaceId=interface)
    return spec["tableId"] + "|" + spec["to"]


def image(_, name, needed):
    """Baked on a machine of its own, which goes then."""
    spec = {"imageId": needed["ec2:public-image"], "rootDevice": "/dev/sda1", "subnetId": needed["ec2:subnet"], "groupIds": [needed["ec2:security-group"]], "volumeGiB": 15, "cpuCredits": "unlimited", "instanceType": "t3.micro"}
    builder = launch(spec, "Buddy-WEB-Builder")
    ask("ec2", "stop_instances", InstanceIds=[builder])
    wait("ec2", "instance_stopped", InstanceIds=[builder])
    made = ask("ec2", "create_image", InstanceId=builder, Name=name)["ImageId"]
    wait("ec2", "image_available", ImageIds=[made])
    ask("ec2", "create_tags", Resources=[made], Tags=tags(name))
    ask("ec2", "terminate_instances", InstanceIds=[builder])
    wait("ec2", "instance_terminated", InstanceIds=[builder])
    return made


def launch_template(spec, name, _):
    data = {"ImageId": spec["imageId"], "InstanceType": spec["instanceType"], "KeyName": spec["keyName"], "SecurityGroupIds": spec["groupIds"], "IamInstanceProfile": {"Name": spec["profileName"]}, "MetadataOptions": {"HttpTokens": "required"}, "TagSpecifications": [{"ResourceType": "instance", "Tags": tags(spec["instanceName"])}]}
    return ask("ec2", "create_launch_template", LaunchTemplateName=name, LaunchTemplateData=data, TagSpecifications=tagged("launch-template", name))["LaunchTemplate"]["LaunchTemplateId"]


def log_group(spec, name, _):
    ask("logs", "create_log_group", logGroupName=name)
    ask("logs", "put_retention_policy", logGroupName=name, retentionInDays=spec["retentionDays"])
    return READS["logs:log-group"](name)["logGroups"][0]["arn"].removesuffix(":*")


def role(spec, name, _):
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": spec["service"]}, "Action": "sts:AssumeRole"}]}
    ask("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), Tags=tags(name))
    wait("iam", "role_exists", RoleName=name)
    if spec["statements"]:
        ask("iam", "put_role_policy", RoleName=name, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": spec["statements"]}))
    for policy in spec["managedPolicies"]:
        ask("iam", "attach_role_policy", RoleName=name, PolicyArn=policy)
    return name


def instance_profile(spec, name, _):
    ask("iam", "create_instance_profile", InstanceProfileName=name)
    wait("iam", "instance_profile_exists", InstanceProfileName=name)
    ask("iam", "add_role_to_instance_profile", InstanceProfileName=name, RoleName=spec["roleName"])
    return name


def parameter_group(spec, name, _):
    ask("rds", "create_db_parameter_group", DBParameterGroupName=name, DBParameterGroupFamily=spec["family"], Description=spec["description"])
    ask("rds", "modify_db_parameter_group", DBParameterGroupName=name, Parameters=[{"ParameterName": key, "ParameterValue": value, "ApplyMethod": "pending-reboot"} for key, value in spec["parameters"].items()])
    return name


def database(spec, name, _):
    ask(
        "rds", "create_db_instance", DBInstanceIdentifier=name, Engine="mysql", EngineVersion=spec["engineVersion"], DBInstanceClass=spec["instanceClass"], AllocatedStorage=spec["storageGiB"], StorageType="gp3",
        DBName=spec["databaseName"], MasterUsername=spec["user"], MasterUserPassword="not-a-secret-1", DBSubnetGroupName=spec["subnetGroup"], VpcSecurityGroupIds=spec["groupIds"],
        DBParameterGroupName=spec["parameterGroup"], BackupRetentionPeriod=spec["backupRetentionDays"], AvailabilityZone=spec["zone"], StorageEncrypted=True, PubliclyAccessible=False,
    )
    wait("rds", "db_instance_available", DBInstanceIdentifier=name)
    return name


def replica(spec, name, _):
    ask("rds", "create_db_instance_read_replica", DBInstanceIdentifier=name, SourceDBInstanceIdentifier=spec["source"], DBInstanceClass=spec["instanceClass"], AvailabilityZone=spec["zone"], VpcSecurityGroupIds=spec["groupIds"], PubliclyAccessible=False)
    wait("rds", "db_instance_available", DBInstanceIdentifier=name)
    return name


def subnet_group(spec, name, _):
    ask("rds", "create_db_subnet_group", DBSubnetGroupName=name, DBSubnetGroupDescription=spec["description"], SubnetIds=spec["subnetIds"])
    return name


def file_system(spec, name, _):
    made = ask("efs", "create_file_system", CreationToken=name, Encrypted=True, Backup=True, Tags=tags(name))["FileSystemId"]
    until(lambda: ask("efs", "describe_file_systems", FileSystemId=made)["FileSystems"][0]["LifeCycleState"], lambda state: state == "available")
    ask("efs", "put_lifecycle_configuration", FileSystemId=made, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
    for mount in spec["mounts"]:
        ask("efs", "create_mount_target", FileSystemId=made, SubnetId=mount["subnetId"], SecurityGroups=[mount["groupId"]])
    until(lambda: ask("efs", "describe_mount_targets", FileSystemId=made)["MountTargets"], lambda all: all and {one["LifeCycleState"] for one in all} == {"available"})
    return made


def load_balancer(spec, name, _):
    made = ask("elbv2", "create_load_balancer", Name=name, Type="application", Scheme=spec["scheme"], Subnets=spec["subnetIds"], SecurityGroups=spec["groupIds"], Tags=tags(name))["LoadBalancers"][0]["LoadBalancerArn"]
    wait("elbv2", "load_balancer_available", LoadBalancerArns=[made])
    return made


def target_group(spec, name, _):
    made = ask(
        "elbv2", "create_target_group", Name=name, Protocol=spec["protocol"], Port=spec["port"], VpcId=spec["vpcId"], TargetType="instance", HealthCheckPath=spec["healthCheckPath"],
        HealthCheckIntervalSeconds=spec["healthCheckSeconds"], HealthyThresholdCount=spec["healthyThreshold"], UnhealthyThresholdCount=spec["unhealthyThreshold"], Matcher={"HttpCode": spec["healthCheckCodes"]},
    )["TargetGroups"][0]["TargetGroupArn"]
    ask("elbv2", "modify_target_group_attributes", TargetGroupArn=made, Attributes=[{"Key": "stickiness.enabled", "Value": "true"}, {"Key": "deregistration_delay.timeout_seconds", "Value": str(spec["deregistrationSeconds"])}])
    return made


def listener(spec, name, _):
    secure = {"Certificates": [{"CertificateArn": spec["certificateArn"]}], "SslPolicy": spec["policy"]} if "certificateArn" in spec else {}
    return ask("elbv2", "create_listener", LoadBalancerArn=spec["loadBalancerArn"], Port=spec["port"], Protocol=spec["protocol"], DefaultActions=[{"Type": "forward", "TargetGroupArn": spec["targetGroupArn"]}], **secure)["Listeners"][0]["ListenerArn"]


def redirect(spec, _name, _):
    to = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
    ask("elbv2", "modify_listener", ListenerArn=spec["listenerArn"], DefaultActions=[to])
    return spec["listenerArn"] + "#redirect"


def group(spec, name, _):
    ask(
        "autoscaling", "create_auto_scaling_group", AutoScalingGroupName=name, MinSize=spec["min"], MaxSize=spec["max"], DesiredCapacity=spec["desired"], VPCZoneIdentifier=",".join(spec["subnetIds"]),
        LaunchTemplate={"LaunchTemplateId": spec["launchTemplateId"], "Version": spec["launchTemplateVersion"]}, TargetGroupARNs=spec["targetGroupArns"], HealthCheckType=spec["healthCheckType"],
        HealthCheckGracePeriod=spec["gracePeriodSeconds"], Tags=[{**tag, "PropagateAtLaunch": True} for tag in tags(name)],
    )
    until(lambda: [one["LifecycleState"] for one in ask("autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[name])["AutoScalingGroups"][0]["Instances"]], lambda states: states == ["InService"] * spec["desired"])
    ask("autoscaling", "enable_metrics_collection", AutoScalingGroupName=name, Granularity="1Minute", Metrics=spec["metrics"])
    return name


def scaling_policy(spec, _name, _):
    tracking = {"PredefinedMetricSpecification": {"PredefinedMetricType": spec["metric"]}, "TargetValue": float(spec["target"])}
    ask("autoscaling", "put_scaling_policy", AutoScalingGroupName=spec["groupName"], PolicyName="cpu-target", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration=tracking)
    return ask("autoscaling", "describe_policies", AutoScalingGroupName=spec["groupName"])["ScalingPolicies"][0]["PolicyARN"]


def alarm(spec, name, _):
    ask(
        "cloudwatch", "put_metric_alarm", AlarmName=name, AlarmDescription=spec["description"], Namespace=spec["namespace"], MetricName=spec["metric"], Statistic=spec["statistic"], Period=spec["periodSeconds"],
        EvaluationPeriods=spec["evaluationPeriods"], Threshold=spec["threshold"], ComparisonOperator=spec["comparison"], Dimensions=[{"Name": key, "Value": value} for key, value in spec["dimensions"].items()],
    )
    return READS["cloudwatch:alarm"](name)["MetricAlarms"][0]["AlarmArn"]


def certificate(spec, _name, _):
    made = ask("acm", "request_certificate", DomainName=spec["names"][0], SubjectAlternativeNames=spec["names"], ValidationMethod="DNS")["CertificateArn"]
    until(lambda: READS["acm:certificate"](made)["Certificate"].get("DomainValidationOptions", [{}])[0].get("ResourceRecord"), bool)
    return made


def issued(spec, _name, _):
    until(lambda: READS["acm:certificate"](spec["certificateArn"])["Certificate"]["Status"], lambda status: status == "ISSUED")
    return spec["certificateArn"]


def records_of(spec, name):
    if "alias" in spec:
        target = {"HostedZoneId": spec["alias"]["zoneId"], "DNSName": spec["alias"]["dnsName"], "EvaluateTargetHealth": True}
        return [{"Name": one, "Type": "A", "AliasTarget": target} for one in spec["names"]]
    return [{"Name": spec["name"], "Type": "CNAME", "TTL": spec["ttl"], "ResourceRecords": [{"Value": spec["value"]}]}]


def change_records(action, spec, name):
    ask("route53", "change_resource_record_sets", HostedZoneId=spec["zoneId"], ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": one} for one in records_of(spec, name)]})
    return spec["zoneId"] + "|" + "+".join(spec.get("names") or [spec["name"]])


def parameter(spec, name, kind):
    ask("ssm", "put_parameter", Name=name, Value=spec.get("value", "not a secret"), Type=kind)
    return name


def bucket(_, name, __):
    region = client("s3").meta.region_name
    ask("s3", "create_bucket", Bucket=name, CreateBucketConfiguration={"LocationConstraint": region})
    ask("s3", "put_public_access_block", Bucket=name, PublicAccessBlockConfiguration={key: True for key in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")})
    ask("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": tags(name)})
    return name


def s3_object(spec, _name, _):
    key = "scripts/" + spec["sha256"] + ".tar.gz"
    ask("s3", "put_object", Bucket=spec["bucket"], Key=key, Body=b"content")
    return spec["bucket"] + "/" + key


def key_pair(spec, name, _):
    return ask("ec2", "import_key_pair", KeyName=name, PublicKeyMaterial=spec["publicKey"].encode(), TagSpecifications=tagged("key-pair", name))["KeyPairId"]


def vault(_, name, __):
    ask("backup", "create_backup_vault", BackupVaultName=name)
    return name


def dashboard(spec, name, _):
    ask("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=json.dumps({"widgets": spec["widgets"]}))
    return name


# By type: of a spec, a name and, by type, the ids of what it needs, the new one's id.
MAKES = {
    "ec2:vpc": vpc, "ec2:subnet": subnet, "ec2:internet-gateway": internet_gateway, "ec2:route-table": route_table, "ec2:route": route, "ec2:security-group": security_group,
    "ec2:key-pair": key_pair, "ec2:instance": instance, "ec2:image": image, "ec2:launch-template": launch_template, "logs:log-group": log_group, "iam:role": role,
    "iam:instance-profile": instance_profile, "rds:parameter-group": parameter_group, "rds:subnet-group": subnet_group, "rds:database": database, "rds:replica": replica,
    "efs:file-system": file_system, "elb:load-balancer": load_balancer, "elb:target-group": target_group, "elb:listener": listener, "elb:redirect": redirect,
    "auto-scaling:group": group, "auto-scaling:scaling-policy": scaling_policy, "cloudwatch:alarm": alarm, "cloudwatch:dashboard": dashboard,
    "acm:certificate": certificate, "acm:issued-certificate": issued, "backup:vault": vault, "s3:bucket": bucket, "s3:object": s3_object,
    "ssm:parameter": lambda spec, name, _: parameter(spec, name, "String"), "ssm:generated-secret": lambda spec, name, _: parameter(spec, name, "SecureString"),
    "route53:record": lambda spec, name, _: change_records("UPSERT", spec, name), "route53:alias-records": lambda spec, name, _: change_records("UPSERT", spec, name),
}


def unmake_file_system(of):
    for one in ask("efs", "describe_mount_targets", FileSystemId=of)["MountTargets"]:
        ask("efs", "delete_mount_target", MountTargetId=one["MountTargetId"])
    until(lambda: ask("efs", "describe_mount_targets", FileSystemId=of)["MountTargets"], lambda left: not left)
    ask("efs", "delete_file_system", FileSystemId=of)


def unmake_route_table(of):
    for one in READS["ec2:route-table"](of)["RouteTables"][0]["Associations"]:
        ask("ec2", "disassociate_route_table", AssociationId=one["RouteTableAssociationId"])
    ask("ec2", "delete_route_table", RouteTableId=of)


def unmake_internet_gateway(of):
    for one in READS["ec2:internet-gateway"](of)["InternetGateways"][0]["Attachments"]:
        ask("ec2", "detach_internet_gateway", InternetGatewayId=of, VpcId=one["VpcId"])
    ask("ec2", "delete_internet_gateway", InternetGatewayId=of)


def unmake_role(of):
    for one in ask("iam", "list_attached_role_policies", RoleName=of)["AttachedPolicies"]:
        ask("iam", "detach_role_policy", RoleName=of, PolicyArn=one["PolicyArn"])
    for one in ask("iam", "list_role_policies", RoleName=of)["PolicyNames"]:
        ask("iam", "delete_role_policy", RoleName=of, PolicyName=one)
    ask("iam", "delete_role", RoleName=of)


def unmake_profile(of):
    for one in READS["iam:instance-profile"](of)["InstanceProfile"]["Roles"]:
        ask("iam", "remove_role_from_instance_profile", InstanceProfileName=of, RoleName=one["RoleName"])
    ask("iam", "delete_instance_profile", InstanceProfileName=of)


def unmake_database(of):
    ask("rds", "delete_db_instance", DBInstanceIdentifier=of, SkipFinalSnapshot=True)
    wait("rds", "db_instance_deleted", DBInstanceIdentifier=of)


def unmake_instance(of):
    ask("ec2", "terminate_instances", InstanceIds=[of])
    wait("ec2", "instance_terminated", InstanceIds=[of])


def unmake_image(of):
    (there,) = READS["ec2:image"](of)["Images"]
    ask("ec2", "deregister_image", ImageId=of)
    for one in there["BlockDeviceMappings"]:
        if one.get("Ebs", {}).get("SnapshotId"):
            ask("ec2", "delete_snapshot", SnapshotId=one["Ebs"]["SnapshotId"])


def unmake_balancer(of):
    ask("elbv2", "delete_load_balancer", LoadBalancerArn=of)
    wait("elbv2", "load_balancers_deleted", LoadBalancerArns=[of])


def unmake_group(of):
    ask("autoscaling", "delete_auto_scaling_group", AutoScalingGroupName=of, ForceDelete=True)
    until(lambda: READS["auto-scaling:group"](of)["AutoScalingGroups"], lambda left: not left)


UNMAKES = {
    "ec2:vpc": lambda of: ask("ec2", "delete_vpc", VpcId=of), "ec2:subnet": lambda of: ask("ec2", "delete_subnet", SubnetId=of), "ec2:internet-gateway": unmake_internet_gateway, "ec2:route-table": unmake_route_table,
    "ec2:route": lambda of: ask("ec2", "delete_route", RouteTableId=of.split("|")[0], DestinationCidrBlock=of.split("|")[1]), "ec2:security-group": lambda of: ask("ec2", "delete_security_group", GroupId=of),
    "ec2:key-pair": lambda of: ask("ec2", "delete_key_pair", KeyPairId=of), "ec2:instance": unmake_instance, "ec2:image": unmake_image, "ec2:launch-template": lambda of: ask("ec2", "delete_launch_template", LaunchTemplateId=of),
    "logs:log-group": lambda of: ask("logs", "delete_log_group", logGroupName=name_of(of)), "iam:role": unmake_role, "iam:instance-profile": unmake_profile,
    "rds:parameter-group": lambda of: ask("rds", "delete_db_parameter_group", DBParameterGroupName=of), "rds:subnet-group": lambda of: ask("rds", "delete_db_subnet_group", DBSubnetGroupName=of),
    "rds:database": unmake_database, "rds:replica": unmake_database, "efs:file-system": unmake_file_system, "elb:load-balancer": unmake_balancer,
    "elb:target-group": lambda of: ask("elbv2", "delete_target_group", TargetGroupArn=of), "elb:listener": lambda of: ask("elbv2", "delete_listener", ListenerArn=of), "auto-scaling:group": unmake_group,
    "auto-scaling:scaling-policy": lambda of: ask("autoscaling", "delete_policy", AutoScalingGroupName=of.split("autoScalingGroupName/")[1].split(":")[0], PolicyName="cpu-target"),
    "cloudwatch:alarm": lambda of: ask("cloudwatch", "delete_alarms", AlarmNames=[name_of(of)]), "cloudwatch:dashboard": lambda of: ask("cloudwatch", "delete_dashboards", DashboardNames=[of]),
    "acm:certificate": lambda of: ask("acm", "delete_certificate", CertificateArn=of), "backup:vault": lambda of: ask("backup", "delete_backup_vault", BackupVaultName=of),
    "s3:bucket": lambda of: ask("s3", "delete_bucket", Bucket=of), "s3:object": lambda of: ask("s3", "delete_object", Bucket=of.split("/")[0], Key=of.split("/", 1)[1]),
    "ssm:parameter": lambda of: ask("ssm", "delete_parameter", Name=of), "ssm:generated-secret": lambda of: ask("ssm", "delete_parameter", Name=of),
}


def in_order(resources):
    ordered = {}

    def add(key):
        if key in ordered or key not in resources:
            return
        for need in resources[key]["needs"]:
            add(need)
        ordered[key] = resources[key]

    for key in resources:
        add(key)
    return ordered


def up(path, made_path):
    with open(path) as file:
        resources = in_order(json.load(file)["resources"])
    now = {}
    made = {}
    for key, found in resources.items():
        kind, old = found["type"], found["id"]
        spec = json.dumps(found["spec"])
        # The longest first: an ARN may be a part of another.
        for before, after in sorted(now.items(), key=lambda one: -len(one[0])):
            spec = spec.replace(before, after)
        spec = json.loads(spec)
        needed = {made[key]["type"]: made[key]["id"] for key in [*made, *found["needs"]] if key in made}
        if kind in MAKES:
            new = MAKES[kind](spec, found["name"], needed)
        else:
            READS[kind](old)
            new = old
        made[key] = {"type": kind, "id": new, "name": found["name"], "spec": spec, "own": kind in MAKES}
        if old != new:
            now[old] = new
            if kind in ("elb:load-balancer", "elb:target-group"):
                now[old.split(":")[-1].removeprefix("loadbalancer/")] = new.split(":")[-1].removeprefix("loadbalancer/")
    with open(made_path, "w") as file:
        json.dump({"resources": made}, file)


def read(path):
    ask("sts", "get_caller_identity")
    with open(path) as file:
        for found in json.load(file)["resources"].values():
            READS[found["type"]](found["id"])


def down(path):
    with open(path) as file:
        made = json.load(file)["resources"]
    for found in reversed(made.values()):
        if not found["own"]:
            continue
        if found["type"].startswith("route53:"):
            change_records("DELETE", found["spec"], found["name"])
        elif found["type"] in UNMAKES:
            UNMAKES[found["type"]](found["id"])


{"up": up, "read": read, "down": down}[sys.argv[1]](*sys.argv[2:])
