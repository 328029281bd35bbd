"""moto_server, with some of its differences from AWS put right."""
import json
import sys
from urllib.parse import unquote

from moto.autoscaling.models import AutoScalingBackend
from moto.autoscaling.responses import AutoScalingResponse
from moto.backup import urls as backup_urls
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.amis import AmiBackend
from moto.ec2.responses import EC2Response, general
from moto.efs.exceptions import EFSError
from moto.efs.responses import EFSResponse
from moto.iam.responses import IamResponse
from moto.rds.models import RDSBackend
from moto.rds.responses import RDSResponse
from moto.server import main
from moto.servicequotas.responses import ServiceQuotasResponse

# It shows one console for all instances: with the words by which a NAT instance says that it is set up.
general.SAMPLE_CONSOLE_OUTPUT += "BUDDYVERSE-NAT SETUP DONE\n"


def no_refreshes(self):
    """It knows none."""
    return ActionResult({"InstanceRefreshes": []})


AutoScalingResponse.describe_instance_refreshes = no_refreshes


class ReplicationNotFound(EFSError):
    code = 404

    def __init__(self):
        super().__init__("ReplicationNotFound", "No replication configuration was found.")


def no_replication(self):
    """It knows none."""
    raise ReplicationNotFound()


EFSResponse.describe_replication_configurations = no_replication

create_image = AmiBackend.create_image


def without_snapshots(self, instance_id, name, description, tag_specifications):
    """It refuses to tag the snapshots of CreateImage: here it leaves them without tags."""
    kept = [one for one in tag_specifications if one["ResourceType"] != "snapshot"]
    return create_image(self, instance_id, name, description, kept)


AmiBackend.create_image = without_snapshots

# What it does not know: nothing is switched in the account, and nothing was ever asked of Service Quotas.
EC2Response.describe_vpc_block_public_access_options = lambda self: ActionResult(
    {"VpcBlockPublicAccessOptions": {"InternetGatewayBlockMode": "off"}}
)
EC2Response.get_allowed_images_settings = lambda self: ActionResult({"State": "disabled"})
IamResponse.simulate_principal_policy = lambda self: ActionResult(
    {
        "EvaluationResults": [
            {"EvalActionName": action, "EvalResourceName": resource, "EvalDecision": "allowed"}
            for action in self._get_param("ActionNames", [])
            for resource in self._get_param("ResourceArns", ["*"])
        ],
        "IsTruncated": False,
    }
)
EC2Response.get_ebs_default_kms_key_id = lambda self: ActionResult({"KmsKeyId": "alias/aws/ebs"})
RDSResponse.describe_account_attributes = lambda self: ActionResult(
    {"AccountQuotas": [{"AccountQuotaName": "ManualSnapshots", "Used": 0, "Max": 100}]}
)
ServiceQuotasResponse.get_aws_default_service_quota = lambda self: json.dumps({"Quota": {"Value": 50.0}})


def tags_by_arn(self):
    """It expects a slash after the ARN, which not every SDK sends."""
    arn = unquote(self.path.rstrip("/").split("/")[-1])
    return json.dumps({"Tags": self.backup_backend.list_tags(resource_arn=arn)})


BackupResponse.list_tags = tags_by_arn
# AWS Backup is not switched off for any service. It makes no backups.
BackupResponse.describe_region_settings = lambda self: json.dumps({"ResourceTypeOptInPreference": {"EFS": True}})
backup_urls.url_paths["{0}/account-settings$"] = BackupResponse.dispatch


def options_of_mysql(self, engine, engine_version):
    """It has none of MySQL."""
    zones = [{"Name": f"{self.region_name}{letter}"} for letter in "abc"]
    return [
        {
            "Engine": "mysql",
            "EngineVersion": "8.4.7",
            "DBInstanceClass": "db.t3.micro",
            "StorageType": "gp3",
            "AvailabilityZones": zones,
        }
    ]


RDSBackend.describe_orderable_db_instance_options = options_of_mysql

put_policy = AutoScalingBackend.put_scaling_policy


def put_policy_of_group(self, name, *args, **given):
    """It has one policy of a name, whatever the group; on AWS each group has its own (API reference, DeletePolicy)."""
    policy = put_policy(self, name, *args, **given)
    self.policies[f"{policy.auto_scaling_group_name} {name}"] = self.policies.pop(name)
    return policy


def delete_policy_of_group(self):
    self.autoscaling_backend.delete_policy(f'{self._get_param("AutoScalingGroupName")} {self._get_param("PolicyName")}')
    return EmptyResult()


AutoScalingBackend.put_scaling_policy = put_policy_of_group
AutoScalingResponse.delete_policy = delete_policy_of_group
sys.exit(main())
