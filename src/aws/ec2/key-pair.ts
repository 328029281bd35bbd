import type { Identified, Owner, ResourceType, Tags } from "../../engine/resource.ts";
import { BuddyError } from "../../lib/errors.ts";
import type { Aws } from "../aws.ts";
import { assertOurs, findOwned, generationOf, tagsFrom } from "../owned.ts";
import { ofStack, retag, tagSpecifications } from "./tags.ts";

export interface KeyPairSpec {
  /** OpenSSH format; undefined for commands that make nothing. */
  readonly publicKey: string | undefined;
}
export interface KeyPairLive extends KeyPairSpec, Identified {
  readonly tags: Tags;
  /** What instances are launched with. */
  readonly keyName: string;
  readonly fingerprint: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

// It has no pages: all key pairs come in one answer.
const describe = (aws: Aws, filters: { readonly Name: string; readonly Values: string[] }[]) =>
  aws.coalesce(`ec2:key-pairs:${JSON.stringify(filters)}`, async () => {
    const { KeyPairs = [] } = await aws.ec2.describeKeyPairs({ Filters: filters, IncludePublicKey: true });
    return KeyPairs.map(
      (pair): KeyPairLive => ({
        id: pair.KeyPairId as string,
        tags: tagsFrom(pair.Tags),
        publicKey: pair.PublicKey,
        keyName: pair.KeyName ?? "",
        fingerprint: pair.KeyFingerprint ?? "",
        createdAt: pair.CreateTime?.getTime() ?? 0,
        described: pair,
      }),
    );
  });

const list = (aws: Aws, stack: string) => describe(aws, ofStack(stack));
const findTagged = findOwned(list);

/** AWS changes no key of a pair, and has one pair for a name: one that takes the place of another has a name of its own. */
const nameFor = (name: string, generation = 1): string => (generation === 1 ? name : `${name}-${generation}`);

/** By its tags; else by its name, which is unique in a region: somebody else's shows before anything is made. */
async function find(aws: Aws, owner: Owner, id?: string): Promise<KeyPairLive | undefined> {
  const ours = await findTagged(aws, owner, id);
  if (ours) return ours;
  // In a filter `*` and `?` of the name would stand for others.
  const named = (await describe(aws, [{ Name: "key-name", Values: [owner.name] }])).find(
    ({ keyName }) => keyName === owner.name,
  );
  if (named) assertOurs(owner, `key pair "${owner.name}" (${named.id})`, named.tags, named.id === id && "id");
  return named && owner.former?.includes(named.id) ? undefined : named;
}

/** Type and key. The third word, the comment, is AWS's own in its answer. */
const keyOf = (publicKey: string): string => publicKey.trim().split(/\s+/).slice(0, 2).join(" ");

/** The public half of a key pair that was made elsewhere: AWS never sees the private one. */
export const keyPair: ResourceType<KeyPairSpec, KeyPairLive> = {
  name: "ec2:key-pair",
  naming: { longest: 255, within: "region" },
  immutable: ["publicKey"],
  coverage: { covers: { publicKey: ["PublicKey", "KeyFingerprint"] } },
  same: { publicKey: (wanted, found) => found !== undefined && keyOf(wanted) === keyOf(found) },
  timing: { createSeconds: 2, timeoutSeconds: 120, deleteSeconds: 1 },
  unnoticed: true,
  // Made by a call whose answer was lost, and not visible yet: look again, and `find` says whose it is.
  retryable: { create: ["InvalidKeyPair.Duplicate"] },
  list,
  find,
  knownBefore: (_aws, { name, generation }, live) => ({
    keyName: nameFor(name, live ? generationOf(live) + 1 : generation),
  }),

  async create(aws, { publicKey }, owner) {
    if (publicKey === undefined) {
      throw new BuddyError({
        code: "config",
        message: `there is no public key for the key pair "${owner.name}"`,
        about: { key: owner.key },
        hint: "`buddyverse up` makes one; or name yours in bastion.publicKeyFile.",
      });
    }
    const { KeyPairId } = await aws.ec2.importKeyPair({
      KeyName: nameFor(owner.name, owner.generation),
      PublicKeyMaterial: new TextEncoder().encode(publicKey),
      TagSpecifications: tagSpecifications(owner, "key-pair"),
    });
    return KeyPairId as string;
  },

  async update(aws, { id }, _spec, changed, owner) {
    await retag(aws, id, changed, owner);
  },

  /** AWS answers the same for one that is gone. */
  async delete(aws, { keyName }) {
    await aws.ec2.deleteKeyPair({ KeyName: keyName });
  },
};
