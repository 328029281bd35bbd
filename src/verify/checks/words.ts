import type { Member, ScalingGroup } from "../world.ts";

/** "a, b and c". */
export function list(words: readonly string[]): string {
  if (words.length < 2) return words[0] ?? "none";
  return `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}

/** The first few, and how many more. */
export function some(words: readonly string[], most = 3): string {
  return words.length <= most ? list(words) : `${words.slice(0, most).join(", ")} and ${words.length - most} more`;
}

export const inService = ({ instances }: ScalingGroup): readonly Member[] =>
  instances.filter((instance) => instance.inService);

export const perZone = (zones: readonly string[], members: readonly { readonly zone: string }[]) =>
  zones.map((zone) => ({ zone, number: members.filter((member) => member.zone === zone).length }));
