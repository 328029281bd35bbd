import type { Recorded } from "./state.ts";

/** What is recorded, by key, and its text. A change of one costs the same however many there are. */
export interface Records {
  /** All of them; it changes with each `set`. */
  readonly all: Readonly<Record<string, Recorded>>;
  /** Those under "KEY#…", in the order in which they came. */
  beside(key: string): readonly Recorded[];
  /** @param recorded undefined: it is recorded no more */
  set(key: string, recorded: Recorded | undefined): void;
  /** The members of a JSON object, indented as such of a second level. */
  text(): string;
}

/** So many records are one text: one of a hundred times as many is then made of few. */
const BLOCK = 64;

interface Block {
  /** Undefined: to be made. So is a record's. */
  text: string | undefined;
  readonly records: Map<string, string | undefined>;
}

/** @param found what is recorded already */
export function keepRecords(found: Readonly<Record<string, Recorded>>): Records {
  const all: Record<string, Recorded> = {};
  const keysBeside = new Map<string, Set<string>>();
  const blocks: Block[] = [];
  const blockOf = new Map<string, Block>();

  function blockFor(key: string): Block {
    const known = blockOf.get(key) ?? blocks.at(-1);
    const block: Block =
      known && (known.records.has(key) || known.records.size < BLOCK) ? known : { text: undefined, records: new Map() };
    if (block !== known) blocks.push(block);
    blockOf.set(key, block);
    return block;
  }

  function set(key: string, recorded: Recorded | undefined): void {
    if (recorded === undefined && !Object.hasOwn(all, key)) return;
    const block = blockFor(key);
    block.text = undefined;
    const mark = key.indexOf("#");
    const base = mark < 0 ? undefined : key.slice(0, mark);
    if (recorded === undefined) {
      delete all[key];
      block.records.delete(key);
      blockOf.delete(key);
      if (base !== undefined) keysBeside.get(base)?.delete(key);
      return;
    }
    all[key] = recorded;
    block.records.set(key, undefined);
    if (base !== undefined) keysBeside.set(base, (keysBeside.get(base) ?? new Set()).add(key));
  }
  for (const [key, recorded] of Object.entries(found)) set(key, recorded);

  function textOf({ records }: Block): string {
    for (const [key, text] of records) if (text === undefined) records.set(key, memberText(key, all[key] as Recorded));
    return [...records.values()].join(",\n");
  }

  return {
    all,
    beside: (key) => [...(keysBeside.get(key) ?? [])].flatMap((other) => all[other] ?? []),
    set,
    text() {
      // Added up, not joined: a text that a later write replaces unread is then never copied together.
      let text = "";
      for (const block of blocks) {
        if (block.records.size === 0) continue;
        block.text ??= textOf(block);
        text += `${text === "" ? "" : ",\n"}${block.text}`;
      }
      return text;
    },
  };
}

/** What AWS said of it is one line. */
function memberText(key: string, { baseline, ...rest }: Recorded): string {
  const open = JSON.stringify(rest, null, 2);
  const text =
    baseline === undefined ? open : `${open.slice(0, -"\n}".length)},\n  "baseline": ${JSON.stringify(baseline)}\n}`;
  return `    ${JSON.stringify(key)}: ${text.replaceAll("\n", "\n    ")}`;
}
