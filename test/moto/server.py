"""moto_server, with two of its differences from AWS put right."""
import sys

from moto.ec2.models.amis import AmiBackend
from moto.ec2.responses import general
from moto.server import main

# It shows one console for all instances: with the words by which a NAT instance says that it is set up.
general.SAMPLE_CONSOLE_OUTPUT += "BUDDYVERSE-NAT SETUP DONE\n"

create_image = AmiBackend.create_image


def without_snapshots(self, instance_id, name, description, tag_specifications):
    """It refuses to tag the snapshots of CreateImage: here it leaves them without tags."""
    kept = [one for one in tag_specifications if one["ResourceType"] != "snapshot"]
    return create_image(self, instance_id, name, description, kept)


AmiBackend.create_image = without_snapshots
sys.exit(main())
