import type { Identified } from "../../engine/resource.ts";
import { type Extra, type ExtraReader, standing } from "../extra.ts";
import type { AliasRecordsLive } from "./alias-records.ts";
import { inTheWay } from "./in-the-way.ts";
import { plainRecord, recordsIn } from "./read-records.ts";
import { plainName } from "./read-zones.ts";

/** By what visitors of a name may go past its A record, which stands where it was. */
const BESIDE: readonly string[] = ["AAAA", "HTTPS", "SVCB"];

const recordOf = (
  { type, name, alias, values }: ReturnType<typeof plainRecord>,
  on: string,
  danger: Extra["danger"],
): Extra => ({
  what: `${type} record`,
  id: name,
  on,
  effect: `leads to ${alias?.dnsName ?? values.join(", ")}`,
  whose: "",
  danger,
  commands: [],
});

/** At the site's own names, whoever has the zone. */
const beside: ExtraReader = {
  what: "records of the site's names",
  async read(aws, _stack, seen) {
    const found = await Promise.all(
      standing<AliasRecordsLive>(seen, "route53:alias-records").map(async ({ name, live }) =>
        inTheWay(await recordsIn(aws, live.zoneId), live.names.map(plainName), [...live.ours, ...live.drifted])
          .map(plainRecord)
          .filter(({ type }) => BESIDE.includes(type))
          .map((one) => recordOf(one, name, "leads elsewhere")),
      ),
    );
    return found.flat();
  },
};

/** In a zone that the stack made: a zone that was there before is somebody's, with all that is in it. */
const records: ExtraReader = {
  what: "records of the zone",
  async read(aws, _stack, seen) {
    const ours = new Set(
      [...seen.values()].flatMap(({ look }) => {
        const [zone, names, type] = (look.live?.id ?? "").split("|");
        if (names === undefined || zone === undefined) return [];
        return names
          .split("+")
          .flatMap((name) => (type ? [`${name} ${type}`] : ["A", ...BESIDE].map((one) => `${name} ${one}`)));
      }),
    );
    const found = await Promise.all(
      standing<Identified & { readonly zoneName?: string }>(seen, "route53:owned-zone").map(async ({ name, live }) =>
        (await recordsIn(aws, live.id))
          .map(plainRecord)
          .filter(({ type }) => type !== "NS" && type !== "SOA")
          .filter((one) => !ours.has(`${one.name} ${one.type}`))
          .map((one) => recordOf(one, name, undefined)),
      ),
    );
    return found.flat();
  },
};

export const extras: readonly ExtraReader[] = [records, beside];
