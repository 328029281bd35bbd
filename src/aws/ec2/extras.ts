import { undefinedIf } from "../errors.ts";
import { command, type Extra, type ExtraReader, idsIn, standing, whoseBy } from "../extra.ts";
import type { ImageLive } from "./image.ts";
import type { LaunchTemplateLive } from "./launch-template.ts";
import { allIn, foreignIn } from "./read-vpc-contents.ts";
import { destinationOf, type RouteTableLive, type RouteTableSpec, targetOf } from "./route-table.ts";
import type { VpcLive } from "./vpc.ts";

const IMAGE_GONE = ["InvalidAMIID.NotFound", "InvalidAMIID.Unavailable"];
const SNAPSHOT_GONE = ["InvalidSnapshot.NotFound"];
type Shared = readonly { readonly UserId?: string | undefined; readonly Group?: string | undefined }[];

/** With whom something is shared, as an extra each. */
const sharedWith = (
  shared: Shared | undefined,
  what: string,
  id: string,
  on: string,
  remove: (who: string) => string,
): Extra[] =>
  (shared ?? []).map(({ UserId, Group }) => ({
    what,
    id,
    on,
    effect: Group === "all" ? "everybody may use it" : `account ${UserId} may use it`,
    whose: UserId === undefined ? "" : `account ${UserId}`,
    danger: Group === "all" ? "made public" : "leads elsewhere",
    commands: [remove(Group === "all" ? "Group=all" : `UserId=${UserId}`)],
  }));

const imagesShared: ExtraReader = {
  what: "launch permissions of images",
  async read(aws, _stack, seen) {
    const images = standing<ImageLive>(seen, "ec2:image");
    const found = await Promise.all(
      images.map(async ({ name, live: { id: ImageId } }) => {
        const answer = await undefinedIf(IMAGE_GONE, () =>
          aws.ec2.describeImageAttribute({ ImageId, Attribute: "launchPermission" }),
        );
        return sharedWith(answer?.LaunchPermissions, "launch permission", ImageId, name, (who) =>
          command(aws, `ec2 modify-image-attribute --image-id ${ImageId} --launch-permission Remove=[{${who}}]`),
        );
      }),
    );
    return found.flat();
  },
};

const snapshotsShared: ExtraReader = {
  what: "permissions of snapshots",
  async read(aws, _stack, seen) {
    const images = standing<ImageLive>(seen, "ec2:image");
    const all = images.flatMap(({ name, live }) => live.snapshotIds.map((id) => ({ name, id })));
    const found = await Promise.all(
      all.map(async ({ name, id: SnapshotId }) => {
        const answer = await undefinedIf(SNAPSHOT_GONE, () =>
          aws.ec2.describeSnapshotAttribute({ SnapshotId, Attribute: "createVolumePermission" }),
        );
        return sharedWith(answer?.CreateVolumePermissions, "snapshot permission", SnapshotId, name, (who) =>
          command(
            aws,
            `ec2 modify-snapshot-attribute --snapshot-id ${SnapshotId} --attribute createVolumePermission --create-volume-permission Remove=[{${who}}]`,
          ),
        );
      }),
    );
    return found.flat();
  },
};

/** Versions that say nothing of what they bring: all that this tool makes do. */
const templateVersions: ExtraReader = {
  what: "versions of launch templates",
  read: async (aws, _stack, seen) =>
    standing<LaunchTemplateLive>(seen, "ec2:launch-template").flatMap(({ name, live }) =>
      live.versions
        .filter(({ release }) => release === "")
        .map(
          ({ number, isDefault, createdBy }): Extra => ({
            what: `version ${number}`,
            id: `${live.id}:${number}`,
            on: name,
            effect: isDefault
              ? "it is the default: what is launched next is of it"
              : live.running.includes(number)
                ? "instances run it"
                : "nothing is launched of it",
            whose: createdBy,
            danger: undefined,
            commands: isDefault
              ? []
              : [
                  command(
                    aws,
                    `ec2 delete-launch-template-versions --launch-template-id ${live.id} --versions ${number}`,
                  ),
                ],
          }),
        ),
    ),
};

/** Routes in the stack's tables whose routes are objects of their own: another one is somebody's. */
const routes: ExtraReader = {
  what: "routes",
  async read(aws, _stack, seen) {
    const known = idsIn(seen);
    return standing<RouteTableLive>(seen, "ec2:route-table").flatMap(({ name, live, wanted }) =>
      (wanted as RouteTableSpec | undefined)?.routes === undefined
        ? live.entries
            .filter((route) => !known.has(`${live.id}|${destinationOf(route)}`))
            .map((route): Extra => {
              const to = destinationOf(route);
              const way = to.includes(":") ? "--destination-ipv6-cidr-block" : "--destination-cidr-block";
              return {
                what: "route",
                id: `${live.id} ${to}`,
                on: name,
                effect: `${to} goes to ${targetOf(route)}`,
                whose: "",
                danger: "leads elsewhere",
                commands: [command(aws, `ec2 delete-route --route-table-id ${live.id} ${way} ${to}`)],
              };
            })
        : [],
    );
  },
};

/** What is in the stack's VPC and not its own. */
const neighbours: ExtraReader = {
  what: "what is in the VPC",
  async read(aws, stack, seen, unseen) {
    const known = idsIn(seen);
    const found = await Promise.all(
      standing<VpcLive>(seen, "ec2:vpc").map(async ({ live: { id: vpcId, defaultGroup } }) => {
        const contents = await allIn(aws, vpcId, known);
        unseen.push(...contents.unseen);
        // What `up` takes out of the default group is told as drift.
        const told = defaultGroup?.kept ? undefined : defaultGroup?.id;
        return foreignIn(contents.found, stack, known).filter(({ passing, id }) => !passing && id !== told);
      }),
    );
    return found.flat().map(
      ({ id, what, tags, effect = "", danger, commands }): Extra => ({
        what,
        id,
        effect,
        whose: whoseBy(tags),
        danger,
        commands,
      }),
    );
  },
};

export const extras: readonly ExtraReader[] = [neighbours, imagesShared, snapshotsShared, templateVersions, routes];
