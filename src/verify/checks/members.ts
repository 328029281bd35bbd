import type { Member, ScalingGroup } from "../world.ts";

export const inService = ({ instances }: ScalingGroup): readonly Member[] =>
  instances.filter((instance) => instance.inService);

export const perZone = (zones: readonly string[], members: readonly { readonly zone: string }[]) =>
  zones.map((zone) => ({ zone, number: members.filter((member) => member.zone === zone).length }));
