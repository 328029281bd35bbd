import * as z from "zod";
import { document, standing, strings } from "./parts.ts";

/** The documents of `graph`: the stack as a person would draw it, what needs what, or the file that was written. */

const part = z.object({
  id: z.string(),
  keys: strings.describe("the stack's objects that it stands for"),
  kind: z.string(),
  name: z.string(),
  note: z.string(),
  object: z.string().optional().describe("its type; absent: it is none of the stack's objects"),
  several: z.literal(true).optional(),
});

const condition = {
  standing: z.union([standing, z.literal("recorded")]),
  id: z.string().optional(),
  why: z.string().optional(),
};

const topology = document({
  stack: z.string(),
  region: z.string(),
  outside: z.array(part),
  network: part,
  gateway: part,
  zones: strings,
  tiers: z.array(
    z.object({
      name: z.string(),
      subnets: z.array(part),
      rows: z.array(
        z.object({
          group: part.optional(),
          zones: z.array(z.array(z.object({ part, slot: z.string().describe("where in the width of its zone") }))),
        }),
      ),
    }),
  ),
  flows: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      kind: z.enum(["visit", "operate", "data", "out"]),
      label: z.string(),
      lane: z.string(),
    }),
  ),
  reaches: z.array(z.object({ from: strings, to: strings, what: z.string(), by: z.string() })),
  cards: z.array(z.object({ name: z.string(), parts: z.array(part) })),
  source: z.string().nullable().describe("from where it is known how the objects stand; null: it is not"),
  conditions: z.record(z.string(), z.object(condition)),
  extras: z.array(z.object({ ...condition, key: z.string(), name: z.string(), object: z.string() })),
});

const dependencies = document({
  title: z.string(),
  groups: z.array(
    z.object({
      name: z.string(),
      nodes: z.array(z.object({ key: z.string(), label: z.string(), object: z.string(), external: z.boolean() })),
    }),
  ),
  edges: z.array(z.object({ from: z.string(), to: z.string() })),
});

export const graph = z.union([topology, dependencies, document({ file: z.string() })]);
