"""moto_server, with four of its differences from AWS put right."""
import sys

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.ec2.models.amis import AmiBackend
from moto.ec2.responses import general
from moto.efs.exceptions import EFSError
from moto.efs.responses import EFSResponse
from moto.server import main

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
sys.exit(main())
