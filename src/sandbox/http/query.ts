import { XmlShapeSerializer } from "@aws-sdk/core/protocols";
import type { NormalizedSchema } from "@smithy/core/schema";
import { escaped } from "../../lib/escape.ts";
import type { ServiceModel } from "./model.ts";
import { errorMembers, fromText, type Protocol, type WireError, type WireRequest } from "./protocol.ts";

/** A form's keys as a tree: `Filter.1.Value.2=x`. */
interface Branch {
  text?: string;
  readonly branches: Map<string, Branch>;
}

/** What is in a request of every Query service, beside the parameters. */
const COMMON = /^(Action|Version|AWSAccessKeyId|Signature\w*|Timestamp|Expires|SecurityToken|X-Amz-.*)$/;

function parameters(request: WireRequest): URLSearchParams {
  const form = new URLSearchParams(Buffer.from(request.body).toString());
  return form.has("Action") ? form : request.query;
}

function treeOf(form: URLSearchParams): Branch {
  const root: Branch = { branches: new Map() };
  for (const [key, value] of form) {
    if (COMMON.test(key)) continue;
    let at = root;
    for (const part of key.split(".")) {
      const next: Branch = at.branches.get(part) ?? { branches: new Map() };
      at.branches.set(part, next);
      at = next;
    }
    at.text = value;
  }
  return root;
}

const numbered = (branch: Branch | undefined): Branch[] =>
  [...(branch?.branches ?? [])]
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([one], [other]) => Number(one) - Number(other))
    .map(([, item]) => item);

/** Reads a form by the operation's schema. EC2 has names of its own for members, and all lists flat. */
class FormReader {
  readonly unknown: string[] = [];
  private readonly ec2: boolean;

  constructor(ec2: boolean) {
    this.ec2 = ec2;
  }

  read(schema: NormalizedSchema, branch: Branch, path: string): unknown {
    if (schema.isStructSchema()) return this.struct(schema, branch, path);
    const flat = this.ec2 || Boolean(schema.getMergedTraits().xmlFlattened);
    if (schema.isListSchema()) {
      const value = schema.getValueSchema();
      const items = flat ? branch : branch.branches.get(value.getMergedTraits().xmlName ?? "member");
      return numbered(items).map((item, index) => this.read(value, item, `${path}.${index + 1}`));
    }
    if (schema.isMapSchema()) {
      const [keyName, valueName] = [schema.getKeySchema(), schema.getValueSchema()].map(
        (one) => one.getMergedTraits().xmlName,
      );
      const entries = numbered(flat ? branch : branch.branches.get("entry"));
      return Object.fromEntries(
        entries.map((entry) => [
          entry.branches.get(keyName ?? "key")?.text ?? "",
          this.read(schema.getValueSchema(), entry.branches.get(valueName ?? "value") ?? { branches: new Map() }, path),
        ]),
      );
    }
    return fromText(schema, branch.text ?? "");
  }

  private struct(schema: NormalizedSchema, branch: Branch, path: string): object {
    const known = new Map(
      Object.entries(schema.getMemberSchemas()).map(([name, member]) => [this.key(name, member), { name, member }]),
    );
    const value: Record<string, unknown> = {};
    for (const [key, inner] of branch.branches) {
      const found = known.get(key);
      const at = path === "" ? key : `${path}.${key}`;
      if (found) value[found.name] = this.read(found.member, inner, at);
      else this.unknown.push(at);
    }
    return value;
  }

  private key(name: string, member: NormalizedSchema): string {
    const { ec2QueryName, xmlName } = member.getMergedTraits() as { ec2QueryName?: string; xmlName?: string };
    if (!this.ec2) return xmlName ?? name;
    const key = xmlName ?? name;
    return ec2QueryName ?? key.charAt(0).toUpperCase() + key.slice(1);
  }
}

const serializer = () => new XmlShapeSerializer({ timestampFormat: { useTrait: true, default: 5 } } as never);

/** The elements of a structure, without the one around them. */
function elements(schema: NormalizedSchema, value: object): string {
  if (!schema.isStructSchema()) return "";
  const xml = serializer();
  xml.write(schema as never, value);
  const text = String(xml.flush());
  return text.endsWith("/>") && !text.includes("</") ? "" : text.slice(text.indexOf(">") + 1, text.lastIndexOf("</"));
}

const HEADERS = (requestId: string) => ({ "content-type": "text/xml;charset=UTF-8", "x-amzn-requestid": requestId });
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** What an error has beside its message, as elements. */
export function errorElements(error: WireError): string {
  const members = Object.entries(errorMembers(error)).filter(([name]) => !/^message$/i.test(name));
  return error.schema ? elements(error.schema, Object.fromEntries(members)) : "";
}

export const errorXml = (service: ServiceModel, error: WireError, requestId: string): string =>
  `${HEAD}<ErrorResponse xmlns="${service.xmlNamespace}"><Error><Type>${error.status >= 500 ? "Receiver" : "Sender"}</Type><Code>${escaped(error.code)}</Code><Message>${escaped(error.message)}</Message>${errorElements(error)}</Error><RequestId>${requestId}</RequestId></ErrorResponse>`;

/** A form in, XML out. */
export const query: Protocol = {
  unknownOperation: { name: "InvalidAction", status: 400 },
  operationName: (_service, request) => parameters(request).get("Action") ?? "",
  async read(service, operation, request) {
    const reader = new FormReader(service.protocol === "ec2Query");
    const tree = treeOf(parameters(request));
    const input = operation.input.isStructSchema() ? (reader.read(operation.input, tree, "") as object) : {};
    return { input, unknown: reader.unknown };
  },
  answer(service, { name, output }, value, requestId) {
    const inner = elements(output, value);
    const body =
      service.protocol === "ec2Query"
        ? `<${name}Response xmlns="${service.xmlNamespace}/"><requestId>${requestId}</requestId>${inner}</${name}Response>`
        : `<${name}Response xmlns="${service.xmlNamespace}">${output.isStructSchema() ? `<${name}Result>${inner}</${name}Result>` : ""}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`;
    return { status: 200, headers: HEADERS(requestId), body: HEAD + body };
  },
  error(service, error, requestId) {
    const body =
      service.protocol === "ec2Query"
        ? `${HEAD}<Response><Errors><Error><Code>${escaped(error.code)}</Code><Message>${escaped(error.message)}</Message></Error></Errors><RequestID>${requestId}</RequestID></Response>`
        : errorXml(service, error, requestId);
    return { status: error.status, headers: HEADERS(requestId), body };
  },
};
