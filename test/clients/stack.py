"""Builds the stack of the spec call by call with boto3, reads it back, and takes it down: without knowing that this is not AWS.
Usage: stack.py REGION. Prints a JSON document: what was asked how often, and what was wrong with the answers."""
import hashlib
import io
import json
import sys
import time

from botocore.exceptions import ClientError, WaiterError

from checked import Checked

REGION = sys.argv[1]
aws = Checked(REGION)
ec2, elb, asg, rds, efs, iam, ssm, sns, cw, logs, s3, acm, r53, sts, kms, backup, quotas, pricing = (
    aws.client(name)
    for name in "ec2 elbv2 autoscaling rds efs iam ssm sns cloudwatch logs s3 acm route53 sts kms backup service-quotas pricing".split()
)
# The served clock is fast: short pauses, many of them.
WAIT = {"Delay": 1, "MaxAttempts": 180}


def wait(client, waiter, **given):
    for _ in range(20):
        try:
            return client.get_waiter(waiter).wait(WaiterConfig=WAIT, **given)
        except WaiterError as error:
            # Made a moment ago, and not seen everywhere yet.
            if not error.last_response.get("Error", {}).get("Code", "").endswith("NotFound"):
                raise
            time.sleep(0.5)
    sys.exit(f"{waiter}: not there")


def until(what, read, wanted=lambda value: value, tries=240):
    value = None
    for _ in range(tries):
        try:
            value = read()
        except ClientError as error:
            # Made a moment ago, and not seen everywhere yet.
            if "NotFound" not in error.response["Error"]["Code"]:
                raise
        else:
            if wanted(value):
                return value
        time.sleep(0.5)
    sys.exit(f"{what}: still {value!r}")


def refused(code, act, **given):
    """AWS's error by its name: the call must fail with it."""
    try:
        act(**given)
    except ClientError as error:
        found = error.response["Error"]["Code"]
        assert found == code, f"{code} was expected, it is {found}: {error}"
        return error.response
    sys.exit(f"{code} was expected, and the call was accepted")


def patiently(act, *codes, **given):
    """Eventual consistency: what was just made is not seen everywhere at once, what goes is still in the way."""
    for _ in range(240):
        try:
            return act(**given)
        except ClientError as error:
            if error.response["Error"]["Code"] not in codes:
                raise
            time.sleep(0.5)
    sys.exit(f"{act.__name__}: {codes} for too long")


def tags(kind, name):
    return [{"ResourceType": kind, "Tags": [{"Key": "Name", "Value": name}, {"Key": "made-by", "Value": "boto3 & <friends>"}]}]


account = sts.get_caller_identity()["Account"]
zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"] if zone["ZoneName"][-1] in "ac"]

# The network: 10.250.0.0/16 with a public and a private subnet in each of two zones, a NAT gateway.
vpc = ec2.create_vpc(CidrBlock="10.250.0.0/16", TagSpecifications=tags("vpc", "clients"))["Vpc"]["VpcId"]
wait(ec2, "vpc_available", VpcIds=[vpc])
ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
until("DNS hostnames", lambda: ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"])
subnets = [
    patiently(ec2.create_subnet, "InvalidVpcID.NotFound", VpcId=vpc, CidrBlock=f"10.250.{number}.0/24", AvailabilityZone=zones[number % 2], TagSpecifications=tags("subnet", f"clients-{number}"))["Subnet"]["SubnetId"]
    for number in range(4)
]
public, private = subnets[:2], subnets[2:]
wait(ec2, "subnet_available", SubnetIds=subnets)
refused("InvalidSubnet.Conflict", ec2.create_subnet, VpcId=vpc, CidrBlock="10.250.0.0/24", AvailabilityZone=zones[0])
for subnet in public:
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
gateway = ec2.create_internet_gateway(TagSpecifications=tags("internet-gateway", "clients"))["InternetGateway"]["InternetGatewayId"]
patiently(ec2.attach_internet_gateway, "InvalidInternetGatewayID.NotFound", InternetGatewayId=gateway, VpcId=vpc)
out = ec2.create_route_table(VpcId=vpc, TagSpecifications=tags("route-table", "clients-public"))["RouteTable"]["RouteTableId"]
patiently(ec2.create_route, "InvalidRouteTableID.NotFound", "InvalidGatewayID.NotFound", RouteTableId=out, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
out_by = [ec2.associate_route_table(RouteTableId=out, SubnetId=subnet)["AssociationId"] for subnet in public]
address = ec2.allocate_address(Domain="vpc", TagSpecifications=tags("elastic-ip", "clients"))["AllocationId"]
nat = patiently(ec2.create_nat_gateway, "InvalidAllocationID.NotFound", SubnetId=public[0], AllocationId=address, TagSpecifications=tags("natgateway", "clients"))["NatGateway"]["NatGatewayId"]
wait(ec2, "nat_gateway_available", NatGatewayIds=[nat])
inner = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
patiently(ec2.create_route, "InvalidRouteTableID.NotFound", RouteTableId=inner, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
inner_by = [ec2.associate_route_table(RouteTableId=inner, SubnetId=subnet)["AssociationId"] for subnet in private]


def group(name, *rules):
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc, TagSpecifications=tags("security-group", name))["GroupId"]
    wait(ec2, "security_group_exists", GroupIds=[made])
    for port, source in rules:
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port}
        permission.update({"IpRanges": [{"CidrIp": source}]} if "/" in source else {"UserIdGroupPairs": [{"GroupId": source}]})
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[permission])
    return made


front = group("clients-front", (80, "0.0.0.0/0"))
web = group("clients-web", (80, front))
data = group("clients-data", (3306, web), (2049, web))
refused("InvalidPermission.Duplicate", ec2.authorize_security_group_ingress, GroupId=front, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
refused("DependencyViolation", ec2.delete_security_group, GroupId=front)

# What the machines are: image, key, role.
image = ssm.get_parameter(Name="/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64")["Parameter"]["Value"]
assert ec2.describe_images(ImageIds=[image])["Images"][0]["State"] == "available"
key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8cPqUdp0Qn0xHc4kH3S8N0rL5mB1pXvC0u3s0n1x2y stranger"
ec2.import_key_pair(KeyName="clients", PublicKeyMaterial=key.encode(), TagSpecifications=tags("key-pair", "clients"))
wait(ec2, "key_pair_exists", KeyNames=["clients"])
trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
iam.create_role(RoleName="clients", AssumeRolePolicyDocument=json.dumps(trust), Tags=[{"Key": "made-by", "Value": "boto3"}])
wait(iam, "role_exists", RoleName="clients")
assert iam.get_role(RoleName="clients")["Role"]["AssumeRolePolicyDocument"] == trust
iam.attach_role_policy(RoleName="clients", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
iam.create_instance_profile(InstanceProfileName="clients")
patiently(iam.add_role_to_instance_profile, "NoSuchEntity", InstanceProfileName="clients", RoleName="clients")
refused("DeleteConflict", iam.delete_role, RoleName="clients")

# An instance by itself, then a group of them behind a balancer.
one = patiently(
    ec2.run_instances,
    "InvalidParameterValue", "InvalidSubnetID.NotFound", "InvalidGroup.NotFound", "InvalidKeyPair.NotFound",
    ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, KeyName="clients", SubnetId=public[0], SecurityGroupIds=[web],
    IamInstanceProfile={"Name": "clients"}, TagSpecifications=tags("instance", "clients-one"),
)["Instances"][0]["InstanceId"]
wait(ec2, "instance_running", InstanceIds=[one])
reservations = ec2.describe_instances(Filters=[{"Name": "tag:Name", "Values": ["clients-one"]}])["Reservations"]
(there,) = [instance for reservation in reservations for instance in reservation["Instances"]]
assert {tag["Key"]: tag["Value"] for tag in there["Tags"]}["made-by"] == "boto3 & <friends>", there["Tags"]
template = ec2.create_launch_template(
    LaunchTemplateName="clients",
    LaunchTemplateData={"ImageId": image, "InstanceType": "t3.micro", "KeyName": "clients", "SecurityGroupIds": [web], "MetadataOptions": {"HttpTokens": "required"}},
)["LaunchTemplate"]["LaunchTemplateId"]
balancer = elb.create_load_balancer(Name="clients", Type="application", Scheme="internet-facing", Subnets=public, SecurityGroups=[front], Tags=[{"Key": "made-by", "Value": "boto3"}])["LoadBalancers"][0]["LoadBalancerArn"]
targets = elb.create_target_group(Name="clients", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance", HealthCheckPath="/", Matcher={"HttpCode": "200"})["TargetGroups"][0]["TargetGroupArn"]
wait(elb, "load_balancer_available", LoadBalancerArns=[balancer])
listener = elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}])["Listeners"][0]["ListenerArn"]
same = elb.create_listener(LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}])
assert same["Listeners"][0]["ListenerArn"] == listener, same
to_https = {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}
refused("DuplicateListener", elb.create_listener, LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[to_https])
refused("ResourceInUse", elb.delete_target_group, TargetGroupArn=targets)
asg.create_auto_scaling_group(
    AutoScalingGroupName="clients", MinSize=2, MaxSize=4, DesiredCapacity=2, VPCZoneIdentifier=",".join(private),
    LaunchTemplate={"LaunchTemplateId": template, "Version": "$Latest"}, TargetGroupARNs=[targets], HealthCheckType="EC2", HealthCheckGracePeriod=300,
    Tags=[{"Key": "made-by", "Value": "boto3", "PropagateAtLaunch": True}],
)
patiently(asg.put_scaling_policy, "ValidationError", AutoScalingGroupName="clients", PolicyName="cpu", PolicyType="TargetTrackingScaling", TargetTrackingConfiguration={"PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"}, "TargetValue": 70.0})

# Data: MySQL with a replica, files with a mount target in each zone.
rds.create_db_parameter_group(DBParameterGroupName="clients", DBParameterGroupFamily="mysql8.0", Description="utf8mb4")
patiently(rds.modify_db_parameter_group, "DBParameterGroupNotFound", DBParameterGroupName="clients", Parameters=[{"ParameterName": "character_set_server", "ParameterValue": "utf8mb4", "ApplyMethod": "pending-reboot"}])
# The first database of an account: RDS makes its role meanwhile.
patiently(rds.create_db_subnet_group, "InvalidParameterValue", DBSubnetGroupName="clients", DBSubnetGroupDescription="private", SubnetIds=private)
database = {
    "DBInstanceIdentifier": "clients", "Engine": "mysql", "EngineVersion": "8.0", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20, "StorageType": "gp3", "DBName": "app",
    "MasterUsername": "admin", "MasterUserPassword": "not-a-secret-1", "DBSubnetGroupName": "clients", "VpcSecurityGroupIds": [data], "DBParameterGroupName": "clients",
    "BackupRetentionPeriod": 1, "AvailabilityZone": zones[0],
}
patiently(rds.create_db_instance, "DBSubnetGroupNotFoundFault", "DBParameterGroupNotFound", "InvalidParameterValue", **database)
refused("DBInstanceAlreadyExists", rds.create_db_instance, **database)
refused("InvalidDBInstanceState", rds.create_db_instance_read_replica, DBInstanceIdentifier="clients-replica", SourceDBInstanceIdentifier="clients", DBInstanceClass="db.t3.micro")
files = efs.create_file_system(CreationToken="clients", Encrypted=True, Tags=[{"Key": "Name", "Value": "clients"}])["FileSystemId"]
exists = refused("FileSystemAlreadyExists", efs.create_file_system, CreationToken="clients")
assert exists["FileSystemId"] == files and exists["ResponseMetadata"]["HTTPStatusCode"] == 409, exists
until("the file system", lambda: efs.describe_file_systems(FileSystemId=files)["FileSystems"][0]["LifeCycleState"], lambda state: state == "available")
mounts = [efs.create_mount_target(FileSystemId=files, SubnetId=subnet, SecurityGroups=[data])["MountTargetId"] for subnet in private]
efs.put_lifecycle_configuration(FileSystemId=files, LifecyclePolicies=[{"TransitionToIA": "AFTER_30_DAYS"}])
refused("FileSystemInUse", efs.delete_file_system, FileSystemId=files)
wait(rds, "db_instance_available", DBInstanceIdentifier="clients")
rds.create_db_instance_read_replica(DBInstanceIdentifier="clients-replica", SourceDBInstanceIdentifier="clients", DBInstanceClass="db.t3.micro", AvailabilityZone=zones[1])
wait(rds, "db_instance_available", DBInstanceIdentifier="clients-replica")
replicas = rds.describe_db_instances(DBInstanceIdentifier="clients")["DBInstances"][0]["ReadReplicaDBInstanceIdentifiers"]
assert replicas == ["clients-replica"], replicas

# What watches, what is kept, what is named.
topic = sns.create_topic(Name="clients", Tags=[{"Key": "made-by", "Value": "boto3"}])["TopicArn"]
patiently(sns.subscribe, "NotFound", TopicArn=topic, Protocol="email", Endpoint="ops@example.com")
cw.put_metric_alarm(
    AlarmName="clients", Namespace="AWS/EC2", MetricName="CPUUtilization", Dimensions=[{"Name": "AutoScalingGroupName", "Value": "clients"}], Statistic="Average",
    Period=60, EvaluationPeriods=2, Threshold=90.0, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
)
(alarm,) = until("the alarm", lambda: cw.describe_alarms(AlarmNames=["clients"])["MetricAlarms"])
assert alarm["Threshold"] == 90.0 and alarm["StateValue"] in ("INSUFFICIENT_DATA", "OK"), alarm  # time jumps while nobody asks
body = json.dumps({"widgets": [{"type": "text", "x": 0, "y": 0, "width": 6, "height": 3, "properties": {"markdown": "é <&>"}}]})
ssm.put_parameter(Name="/clients/secret", Value="not a secret: <&\"'> é", Type="SecureString")
until("the parameter", lambda: [p["Value"] for p in ssm.get_parameters(Names=["/clients/secret"], WithDecryption=True)["Parameters"]], lambda values: values == ["not a secret: <&\"'> é"])
refused("ParameterAlreadyExists", ssm.put_parameter, Name="/clients/secret", Value="x", Type="SecureString")
bucket = f"clients-{account}"
s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={name: True for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")})
s3.put_object(Bucket=bucket, Key="a folder/ü+x.txt", Body=b"content")
assert [item["Key"] for item in s3.list_objects_v2(Bucket=bucket)["Contents"]] == ["a folder/ü+x.txt"]
# Bytes come as they are, whatever check sum goes with them.
for at, given in enumerate(({}, {"ChecksumAlgorithm": "CRC32"}, {"ChecksumAlgorithm": "SHA1"}, {"ChecksumAlgorithm": "SHA256"})):
    for body in (bytes(range(256)), io.BytesIO(bytes(range(256)))):
        assert s3.put_object(Bucket=bucket, Key=f"bytes/{at}", Body=body, **given)["ETag"] == f'"{hashlib.md5(bytes(range(256))).hexdigest()}"'
        assert [item["Size"] for item in s3.list_objects_v2(Bucket=bucket, Prefix=f"bytes/{at}")["Contents"]] == [256]
    s3.delete_object(Bucket=bucket, Key=f"bytes/{at}")
refused("BucketNotEmpty", s3.delete_bucket, Bucket=bucket)
refused("NoSuchTagSet", s3.get_bucket_tagging, Bucket=bucket)
zone = r53.create_hosted_zone(Name="clients.example", CallerReference="clients-1")["HostedZone"]["Id"]
record = {"Name": "www.clients.example", "Type": "A", "AliasTarget": {"HostedZoneId": elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]["CanonicalHostedZoneId"], "DNSName": elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"][0]["DNSName"], "EvaluateTargetHealth": False}}
patiently(r53.change_resource_record_sets, "NoSuchHostedZone", HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})
until("the record", lambda: [r["Type"] for r in r53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]], lambda types: "A" in types)
refused("InvalidChangeBatch", r53.change_resource_record_sets, HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]})
refused("HostedZoneNotEmpty", r53.delete_hosted_zone, Id=zone)
certificate = acm.request_certificate(DomainName="www.clients.example", ValidationMethod="DNS", IdempotencyToken="clients")["CertificateArn"]
until("the validation record", lambda: acm.describe_certificate(CertificateArn=certificate)["Certificate"].get("DomainValidationOptions", [{}])[0].get("ResourceRecord"))

# It stands: read back.
until("the group's instances", lambda: [i["LifecycleState"] for g in asg.describe_auto_scaling_groups(AutoScalingGroupNames=["clients"])["AutoScalingGroups"] for i in g["Instances"]], lambda states: states == ["InService"] * 2)
assert len(elb.describe_target_health(TargetGroupArn=targets)["TargetHealthDescriptions"]) == 2
assert asg.describe_scaling_activities(AutoScalingGroupName="clients")["Activities"][0]["StatusCode"]
until("the mount targets", lambda: [m["LifeCycleState"] for m in efs.describe_mount_targets(FileSystemId=files)["MountTargets"]], lambda states: states == ["available"] * 2)
pages = list(ec2.get_paginator("describe_subnets").paginate(Filters=[{"Name": "vpc-id", "Values": [vpc]}], PaginationConfig={"PageSize": 5}))
assert sorted(s["SubnetId"] for page in pages for s in page["Subnets"]) == sorted(subnets)

# And away with it: refused where something stands on it, in the order that AWS wants.
refused("DependencyViolation", ec2.delete_vpc, VpcId=vpc)
cw.delete_alarms(AlarmNames=["clients"])
sns.delete_topic(TopicArn=topic)
acm.delete_certificate(CertificateArn=certificate)
r53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]})
r53.delete_hosted_zone(Id=zone)
ssm.delete_parameter(Name="/clients/secret")
s3.delete_object(Bucket=bucket, Key="a folder/ü+x.txt")
s3.delete_bucket(Bucket=bucket)
asg.update_auto_scaling_group(AutoScalingGroupName="clients", MinSize=0, DesiredCapacity=0)
asg.delete_auto_scaling_group(AutoScalingGroupName="clients", ForceDelete=True)
elb.delete_listener(ListenerArn=listener)
elb.delete_load_balancer(LoadBalancerArn=balancer)
wait(elb, "load_balancers_deleted", LoadBalancerArns=[balancer])
patiently(elb.delete_target_group, "ResourceInUse", TargetGroupArn=targets)
rds.delete_db_instance(DBInstanceIdentifier="clients-replica", SkipFinalSnapshot=True)
wait(rds, "db_instance_deleted", DBInstanceIdentifier="clients-replica")
rds.delete_db_instance(DBInstanceIdentifier="clients", SkipFinalSnapshot=True, DeleteAutomatedBackups=True)
for mount in mounts:
    efs.delete_mount_target(MountTargetId=mount)
until("the mount targets", lambda: efs.describe_mount_targets(FileSystemId=files)["MountTargets"], lambda left: left == [])
efs.delete_file_system(FileSystemId=files)
wait(rds, "db_instance_deleted", DBInstanceIdentifier="clients")
rds.delete_db_subnet_group(DBSubnetGroupName="clients")
rds.delete_db_parameter_group(DBParameterGroupName="clients")
ec2.terminate_instances(InstanceIds=[one])
wait(ec2, "instance_terminated", InstanceIds=[one])
until("the group", lambda: asg.describe_auto_scaling_groups(AutoScalingGroupNames=["clients"])["AutoScalingGroups"], lambda left: left == [])
ec2.delete_launch_template(LaunchTemplateId=template)
iam.remove_role_from_instance_profile(InstanceProfileName="clients", RoleName="clients")
iam.delete_instance_profile(InstanceProfileName="clients")
iam.detach_role_policy(RoleName="clients", PolicyArn="arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore")
iam.delete_role(RoleName="clients")
ec2.delete_key_pair(KeyName="clients")
ec2.delete_nat_gateway(NatGatewayId=nat)
wait(ec2, "nat_gateway_deleted", NatGatewayIds=[nat])
patiently(ec2.release_address, "AuthFailure", "InvalidIPAddress.InUse", AllocationId=address)
for association in out_by + inner_by:
    ec2.disassociate_route_table(AssociationId=association)
for table in (out, inner):
    patiently(ec2.delete_route_table, "DependencyViolation", RouteTableId=table)
for made in (data, web, front):
    patiently(ec2.delete_security_group, "DependencyViolation", GroupId=made)
patiently(ec2.detach_internet_gateway, "DependencyViolation", InternetGatewayId=gateway, VpcId=vpc)
ec2.delete_internet_gateway(InternetGatewayId=gateway)
for subnet in subnets:
    patiently(ec2.delete_subnet, "DependencyViolation", SubnetId=subnet)
patiently(ec2.delete_vpc, "DependencyViolation", VpcId=vpc)
until("the VPC", lambda: [v["VpcId"] for v in ec2.describe_vpcs(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["Vpcs"]], lambda left: left == [])

# What there is not, by AWS's name for it.
refused("InvalidVpcID.NotFound", ec2.describe_vpcs, VpcIds=["vpc-00000000000000000"])
refused("DBInstanceNotFound", rds.describe_db_instances, DBInstanceIdentifier="nobody")
refused("LoadBalancerNotFound", elb.describe_load_balancers, Names=["nobody"])
refused("FileSystemNotFound", efs.describe_file_systems, FileSystemId="fs-00000000000000000")
refused("NoSuchEntity", iam.get_role, RoleName="nobody")
refused("ParameterNotFound", ssm.get_parameter, Name="/nobody")
refused("NoSuchHostedZone", r53.get_hosted_zone, Id="Z0000000000000")
refused("ResourceNotFoundException", acm.describe_certificate, CertificateArn=f"arn:aws:acm:{REGION}:{account}:certificate/00000000-0000-0000-0000-000000000000")
refused("ResourceNotFound", cw.get_dashboard, DashboardName="nobody")

print(json.dumps({"answered": aws.answered, "wrong": sorted(set(aws.wrong))}, indent=1))
