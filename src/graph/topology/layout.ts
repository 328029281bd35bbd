import { fitted, textWidth } from "../../lib/drawn-text.ts";
import { cardsIn } from "./cards.ts";
import { legendIn } from "./legend.ts";
import {
  conditionOf,
  type Flow,
  type Known,
  type Lane,
  type Part,
  type Row,
  type Slot,
  type Topology,
} from "./model.ts";
import { type Box, boxHeight, type Frame, partTexts, type Rect, type Sheet, titled } from "./sheet.ts";

/** A picture with a place for each thing. */
export interface Layout extends Sheet {
  readonly width: number;
  readonly height: number;
}

/** How much room things get, pixels. */
interface Form {
  /** A third of a zone, and between two of them. */
  readonly cell: number;
  readonly gap: number;
  readonly subnetPad: number;
  readonly zonePad: number;
  readonly networkPad: number;
  readonly regionPad: number;
}

const WIDE: Form = { cell: 146, gap: 14, subnetPad: 12, zonePad: 10, networkPad: 16, regionPad: 16 };
const NARROW: Form = { cell: 100, gap: 10, subnetPad: 8, zonePad: 6, networkPad: 6, regionPad: 5 };
const MARGIN = 2;
const ZONE_GAP = 20;
/** Between rows: there lines are labelled. */
const ROW_GAP = 36;
const CARD = 232;
/** So many zones leave room for the cards beside them. */
const ZONES_BESIDE_CARDS = 2;
/** In which lanes those outside are, and in a wide picture how far from each other. */
const OUTSIDE: readonly Lane[] = ["out", "middle", "right"];
const OUTSIDE_STEP = 200;
const OUTSIDE_WIDTH = 176;
const LABEL = 10;
const PILL = 17;

/**
 * Zones from left to right, the kinds of subnets from top to bottom, the internet above them. All lines run straight down in lanes of
 * their zone, which nothing else is in; only what goes from zone to zone runs across.
 * @param narrow of one zone's width
 */
export function layoutOf(
  topology: Topology,
  known: Known | undefined,
  options: { readonly narrow?: boolean; readonly heading?: readonly string[] } = {},
): Layout {
  const { narrow = false, heading = [] } = options;
  const { zones, outside, network, gateway, tiers, cards } = topology;
  const form = narrow ? NARROW : WIDE;
  const sheet: Sheet = { frames: [], boxes: [], lines: [], pills: [], texts: [] };
  const rects = new Map<string, Rect>();
  const zoneOf = new Map<string, number>();
  /** Middles of the gaps between rows, from top to bottom. */
  const gaps: number[] = [];

  const zoneInner = 3 * form.cell + 2 * form.gap;
  const zoneWidth = zoneInner + 2 * (form.subnetPad + form.zonePad);
  const networkWidth = zones.length * zoneWidth + (zones.length - 1) * ZONE_GAP + 2 * form.networkPad;
  const beside = !narrow && zones.length <= ZONES_BESIDE_CARDS && cards.length > 0;
  const regionX = MARGIN;
  const networkX = regionX + form.regionPad;
  const regionWidth = networkWidth + 2 * form.regionPad + (beside ? form.networkPad + CARD : 0);
  const zoneX = (zone: number) => networkX + form.networkPad + zone * (zoneWidth + ZONE_GAP);
  const innerX = (zone: number) => zoneX(zone) + form.zonePad + form.subnetPad;
  const laneX = (zone: number, lane: Lane) => innerX(zone) + lanes(form)[lane];

  const box = (part: Part, rect: Rect, look: Box["look"] = "box", names = 2) => {
    const condition = conditionOf(part, known);
    sheet.boxes.push({ ...rect, part, condition, look, texts: partTexts(part, condition, rect, names) });
    rects.set(part.id, rect);
  };
  const frame = (look: Frame["look"], rect: Rect, part: Part | undefined, texts: Frame["texts"]) =>
    sheet.frames.push({ ...rect, look, part, condition: part && conditionOf(part, known), texts });

  // From the outside in: what is outside, the region, the VPC with its gateway.
  let y = MARGIN;
  heading.forEach((text, index) => {
    const [size, bold] = index === 0 ? [17, true] : [11.5, false];
    y += size + 6;
    sheet.texts.push({
      x: MARGIN + 2,
      y,
      text: fitted(text, regionWidth - 4, size, bold),
      size,
      bold,
      look: index === 0 ? "title" : "note",
    });
  });
  if (heading.length > 0) y += 14;
  const places = outside.map((_, index) => {
    const lane = OUTSIDE[index] ?? "right";
    const middle = networkX + networkWidth / 2 + (index - 1) * OUTSIDE_STEP;
    const slot = slotIn(form, index === 0 ? "left" : index === 1 ? "middle" : "right");
    return narrow
      ? { lane: laneX(0, lane), x: innerX(0) + slot.x, width: slot.width }
      : { lane: middle, x: middle - OUTSIDE_WIDTH / 2, width: OUTSIDE_WIDTH };
  });
  const outsideHeight = Math.max(
    ...outside.map((part, index) =>
      boxHeight(partTexts(part, undefined, { x: 0, y: 0, width: places[index]?.width ?? 0 }).length),
    ),
  );
  outside.forEach((part, index) => {
    const { x, width } = places[index] as { readonly x: number; readonly width: number };
    box(part, { x, y, width, height: outsideHeight });
  });
  y += outsideHeight + 20;
  const regionY = y;
  // Titles stand where no line passes.
  const [titleX, titleWidth] = narrow
    ? [laneX(0, "out") + 10, lanes(form).middle - lanes(form).out - 18]
    : [networkX + form.networkPad, (places[0]?.lane ?? 0) - networkX - form.networkPad - 10];
  const region = titled(topology.region, "AWS region", narrow ? titleX : networkX, y, titleWidth);
  y += region.height;
  const networkY = y;
  const named = titled(network.name, `VPC ${network.note}`, titleX, y, titleWidth);
  y += named.height;
  const bar = { x: networkX + form.networkPad, y, width: networkWidth - 2 * form.networkPad, height: 0 };
  const barHeight = boxHeight(partTexts(gateway, conditionOf(gateway, known), bar, 1).length);
  box(gateway, { ...bar, height: barHeight }, "bar", 1);
  y += barHeight;
  gaps.push(y + ROW_GAP / 2);
  y += ROW_GAP;

  // The zones, and in them the subnets.
  const zonesY = y;
  const stripX = (zone: number) => laneX(zone, "out") + 10;
  const stripWidth = lanes(form).middle - lanes(form).out - 18;
  const zoneTitles = zones.map((name, zone) => titled(name, "", stripX(zone), zonesY, stripWidth));
  y += Math.max(...zoneTitles.map(({ height }) => height)) - 2;
  const subnets: (() => void)[] = [];
  const groups: (() => void)[] = [];
  tiers.forEach((tier, index) => {
    if (index > 0) {
      gaps.push(y + ROW_GAP / 2);
      y += ROW_GAP;
    }
    const top = y;
    const titles = tier.subnets.map(({ name, note }, zone) => titled(name, note, stripX(zone), top, stripWidth));
    y += Math.max(...titles.map(({ height }) => height));
    tier.rows.forEach((row, at) => {
      if (at > 0) {
        gaps.push(y + ROW_GAP / 2);
        y += ROW_GAP;
      }
      y = placeRow(row, y);
    });
    y += 12;
    const height = y - top;
    tier.subnets.forEach((part, zone) => {
      const rect = { x: zoneX(zone) + form.zonePad, y: top, width: zoneWidth - 2 * form.zonePad, height };
      rects.set(part.id, rect);
      subnets.push(() => frame("subnet", rect, part, titles[zone]?.texts ?? []));
    });
  });
  y += form.zonePad;
  const zonesEnd = y;
  y += form.networkPad;

  /** Places a row's parts, and the group around them. Answers where it ends. */
  function placeRow({ group, zones: cells }: Row, top: number): number {
    const groupTitle = group ? titled(group.name, group.note, stripX(0), top, stripWidth) : undefined;
    const boxesY = top + (groupTitle?.height ?? 0);
    const seats = cells.flatMap((placed, zone) => placed.map((one) => ({ ...one, zone, ...slotIn(form, one.slot) })));
    const lines = seats.map(
      ({ part, width }) => partTexts(part, conditionOf(part, known), { x: 0, y: 0, width }).length,
    );
    const height = boxHeight(Math.max(2, ...lines));
    for (const { part, zone, x, width } of seats) {
      zoneOf.set(part.id, zone);
      box(part, { x: innerX(zone) + x, y: boxesY, width, height });
    }
    const end = boxesY + height;
    if (!group || !groupTitle) return end;
    const last = slotIn(form, "body");
    const left = innerX(0) - 6;
    const rect = { x: left, y: top, width: innerX(zones.length - 1) + last.width + 6 - left, height: end + 8 - top };
    groups.push(() => frame("group", rect, group, groupTitle.texts));
    return end + 8;
  }

  const networkEnd = y;
  const besideX = networkX + networkWidth + form.networkPad;
  y += form.regionPad;
  const cardsEnd = beside
    ? cardsIn(sheet, cards, known, { x: besideX, y: networkY, width: CARD, columns: 1 })
    : cardsIn(sheet, cards, known, columnsIn(networkX, y, networkWidth, form.regionPad));
  const regionEnd = beside ? Math.max(y, cardsEnd + form.regionPad) : cardsEnd + form.regionPad;
  sheet.frames.unshift(
    {
      ...rectTo(regionX, regionY, regionWidth, regionEnd),
      look: "region",
      part: undefined,
      condition: undefined,
      texts: region.texts,
    },
    {
      ...rectTo(networkX, networkY, networkWidth, networkEnd),
      look: "network",
      part: network,
      condition: conditionOf(network, known),
      texts: named.texts,
    },
    ...zones.map(
      (_, zone): Frame => ({
        ...rectTo(zoneX(zone), zonesY, zoneWidth, zonesEnd),
        look: "zone",
        part: undefined,
        condition: undefined,
        texts: zoneTitles[zone]?.texts ?? [],
      }),
    ),
  );
  for (const draw of [...subnets, ...groups]) draw();
  drawFlows(sheet, topology.flows, { rects, gaps, laneOf });
  const end = legendIn(sheet, topology.flows, known, { x: MARGIN + 2, y: regionEnd + 12, width: regionWidth - 4 });
  return { ...sheet, width: regionWidth + 2 * MARGIN, height: end + MARGIN };

  function laneOf({ from, to, lane }: Flow): number {
    const outer = [from, to].map((id) => outside.findIndex((part) => part.id === id)).find((index) => index >= 0);
    if (outer !== undefined) return places[outer]?.lane ?? 0;
    return laneX(zoneOf.get(to) ?? zoneOf.get(from) ?? 0, lane === "across" ? "middle" : lane);
  }
}

const rectTo = (x: number, y: number, width: number, end: number): Rect => ({ x, y, width, height: end - y });

/** Where lines run, from the left of a zone's inside. */
const lanes = ({ cell, gap }: Form): Readonly<Record<Lane, number>> => ({
  out: 20,
  middle: cell + gap + cell / 2,
  right: 2 * (cell + gap) + cell / 2,
  edge: 3 * cell + 2 * gap - 12,
});

/** Where parts stand, from the left of a zone's inside. */
function slotIn(form: Form, slot: Slot): { readonly x: number; readonly width: number } {
  const { cell, gap } = form;
  const whole = 3 * cell + 2 * gap;
  const body = whole - 26;
  const half = whole / 2 - 20;
  const places: Readonly<Record<Slot, readonly [from: number, to: number]>> = {
    left: [0, cell],
    middle: [cell + gap, 2 * cell + gap],
    right: [2 * (cell + gap), whole],
    body: [0, body],
    inner: [40, lanes(form).right - 24],
    beside: [40, body],
    whole: [0, whole],
    "first-half": [0, half],
    "second-half": [whole - half, whole],
  };
  const [from, to] = places[slot];
  return { x: from, width: to - from };
}

function columnsIn(x: number, y: number, width: number, gap: number) {
  const columns = Math.max(1, Math.floor((width + gap) / (CARD + gap)));
  return { x, y, width: (width - (columns - 1) * gap) / columns, columns, gap };
}

/** Draws the lines, and writes on each where there is room: in the last gap before it ends. */
function drawFlows(
  sheet: Sheet,
  flows: readonly Flow[],
  {
    rects,
    gaps,
    laneOf,
  }: {
    readonly rects: ReadonlyMap<string, Rect>;
    readonly gaps: readonly number[];
    readonly laneOf: (flow: Flow) => number;
  },
): void {
  for (const flow of flows) {
    const [from, to] = [rects.get(flow.from), rects.get(flow.to)];
    if (!from || !to) continue;
    const { kind, label } = flow;
    const way = { kind, from: flow.from, to: flow.to };
    if (flow.lane === "across") {
      const y = to.y + to.height / 2;
      const right = from.x < to.x;
      sheet.lines.push({
        ...way,
        points: right
          ? [
              [from.x + from.width, y],
              [to.x, y],
            ]
          : [
              [from.x, y],
              [to.x + to.width, y],
            ],
      });
      continue;
    }
    const x = laneOf(flow);
    const down = from.y < to.y;
    const [start, end] = down ? [from.y + from.height, to.y] : [from.y, to.y + to.height];
    sheet.lines.push({
      ...way,
      points: [
        [x, start],
        [x, end],
      ],
    });
    if (label === "") continue;
    const middle = down
      ? gaps.findLast((gap) => gap < end && gap > start)
      : gaps.find((gap) => gap > end && gap < start);
    if (middle === undefined) continue;
    const width = textWidth(label, LABEL, true) + 10;
    sheet.pills.push({ kind, text: label, x: x - width / 2, y: middle - PILL / 2, width, height: PILL });
  }
}
