"""moto_server, which refuses to tag the snapshots of CreateImage: here it leaves them without tags."""
import sys

from moto.ec2.models.amis import AmiBackend
from moto.server import main

create_image = AmiBackend.create_image


def without_snapshots(self, instance_id, name, description, tag_specifications):
    kept = [one for one in tag_specifications if one["ResourceType"] != "snapshot"]
    return create_image(self, instance_id, name, description, kept)


AmiBackend.create_image = without_snapshots
sys.exit(main())
