import type { Identified } from "../../engine/resource.ts";
import { type Extra, type ExtraReader, standing } from "../extra.ts";
import { plainRecord, recordsIn } from "./read-records.ts";

/** In a zone that the stack made: a zone that was there before is somebody's, with all that is in it. */
const records: ExtraReader = {
  what: "records of the zone",
  async read(aws, _stack, seen) {
    const ours = new Set(
      [...seen.values()].flatMap(({ look }) => {
        const [zone, names, type] = (look.live?.id ?? "").split("|");
        if (names === undefined || zone === undefined) return [];
        return names.split("+").flatMap((name) => (type ? [`${name} ${type}`] : [`${name} A`, `${name} AAAA`]));
      }),
    );
    const found = await Promise.all(
      standing<Identified & { readonly zoneName?: string }>(seen, "route53:owned-zone").map(async ({ name, live }) =>
        (await recordsIn(aws, live.id))
          .map(plainRecord)
          .filter(({ type }) => type !== "NS" && type !== "SOA")
          .filter((one) => !ours.has(`${one.name} ${one.type}`))
          .map(
            (one): Extra => ({
              what: `${one.type} record`,
              id: one.name,
              on: name,
              effect: `leads to ${one.alias?.dnsName ?? one.values.join(", ")}`,
              whose: "",
              danger: undefined,
              commands: [],
            }),
          ),
      ),
    );
    return found.flat();
  },
};

export const extras: readonly ExtraReader[] = [records];
