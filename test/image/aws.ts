/** What an instance of the image test meets: metadata service, SSM and S3 (moto), package mirror, primary and replica. */
import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { AGENT_KEY, agentBucket } from "../../src/aws/partition.ts";
import { CLOUD_INIT, cable, inside, namespaces, place, ROOT, sh, until, WORK } from "./machine.ts";

/** The namespace that stands for AWS, and the address of all that is in it. */
export const AWS = "aws";
export const ADDRESS = "10.0.0.1";
/** An address of AWS's namespace that is none of the VPC's. */
export const OUTSIDE = "198.51.100.7";
export const REGION = "ap-northeast-2";
export const BUCKET = "buddy-app";
const [SSM, S3] = [`ssm.${REGION}.amazonaws.com`, `${BUCKET}.s3.${REGION}.amazonaws.com`];
const AGENT_HOSTS = [agentBucket(REGION), AGENT_KEY.url].map((url) => new URL(url).hostname);
const [CHECKIP, TRUSTSTORE, SITES_ADDRESS] = ["checkip.amazonaws.com", "truststore.pki.rds.amazonaws.com", "10.0.0.2"];
/** The databases' names, as RDS gives them, and one that leads to them without being in their certificate. */
const database = (name: string) => `${name}.c9akciq32rgp.${REGION}.rds.amazonaws.com`;
const DATABASE = { primary: database("database1"), replica: database("database1-replica") } as const;
const STRANGER = database("stranger");
const METADATA = join(WORK, "metadata");
/** The port that moto has on the loopback of AWS's namespace. */
const MOTO = "5000";

/** The shared file system's own folder. */
export const SHARE = join(WORK, "share");

/** Starts a program in the AWS namespace; it ends with the run's process namespace. */
function start(...command: readonly string[]): void {
  spawn("nsenter", [`--net=/run/netns/${AWS}`, ...command], { stdio: "ignore" }).unref();
}

/** Brings up the network, the certificates, moto, the metadata service, and both databases with replication. */
export async function startAws(password: string): Promise<void> {
  namespaces(AWS);
  sh("ip", "-n", AWS, "link", "add", "vpc", "type", "bridge");
  sh("ip", "-n", AWS, "address", "add", `${ADDRESS}/24`, "dev", "vpc");
  sh("ip", "-n", AWS, "address", "add", `${SITES_ADDRESS}/24`, "dev", "vpc");
  sh("ip", "-n", AWS, "link", "set", "vpc", "up");
  for (const address of ["169.254.169.254", OUTSIDE])
    sh("ip", "-n", AWS, "address", "add", `${address}/32`, "dev", "lo");
  mkdirSync(SHARE, { recursive: true });
  mkdirSync(METADATA, { recursive: true });
  certificates();
  agentPackage();
  start("moto_server", "-H", "127.0.0.1", "-p", MOTO);
  const [here, packages] = [new URL("aws.py", import.meta.url).pathname, join(WORK, "../packages")];
  const sites = [SITES_ADDRESS, ...["server.pem", "server.key", "ca.pem"].map((file) => join(WORK, file))];
  spawn("python3", [here, `/run/netns/${AWS}`, ADDRESS, MOTO, METADATA, packages, ...sites], {
    stdio: "ignore",
  }).unref();
  await startDatabases(password);
  await until(60, () => attempt(() => inside(AWS, "curl", "-sfk", `https://${ADDRESS}/moto-api/`)) !== undefined);
  // As from a machine that is powered off in the middle of a handshake: for the whole run, and nobody waits for it.
  for (const host of [ADDRESS, SITES_ADDRESS]) start("bash", "-c", `exec 3<>/dev/tcp/${host}/443; exec sleep infinity`);
  s3("PUT", "");
}

/** A place in the network for a machine: the namespace of this name, with an address. */
export interface Place {
  readonly namespace: string;
  readonly address: string;
}
export function plug(namespace: string, address: string): Place {
  namespaces(namespace);
  cable([AWS, namespace], [namespace, "ens5", `${address}/24`]);
  sh("ip", "-n", AWS, "link", "set", namespace, "master", "vpc");
  sh("ip", "-n", namespace, "route", "add", "default", "via", ADDRESS);
  return { namespace, address };
}

const attempt = <T>(look: () => T): T | undefined => {
  try {
    return look();
  } catch {
    return undefined;
  }
};

function certificates(): void {
  const key = (name: string) => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
    "-keyout",
    join(WORK, `${name}.key`),
  ];
  sh("openssl", "req", "-x509", ...key("ca"), "-out", join(WORK, "ca.pem"), "-subj", "/CN=Image test CA", "-days", "2");
  sh("openssl", "req", ...key("server"), "-out", join(WORK, "server.csr"), "-subj", "/CN=aws");
  place(WORK, {
    "server.ext": `subjectAltName=DNS:${SSM},DNS:${S3},DNS:${BUCKET}.s3.amazonaws.com,DNS:${CHECKIP},DNS:${TRUSTSTORE},${AGENT_HOSTS.map((name) => `DNS:${name},`).join("")}${Object.values(DATABASE).map((name) => `DNS:${name}`)}\n`,
  });
  const signing = ["-CA", join(WORK, "ca.pem"), "-CAkey", join(WORK, "ca.key"), "-CAcreateserial", "-days", "2"];
  sh(
    "openssl",
    "x509",
    "-req",
    "-in",
    join(WORK, "server.csr"),
    ...signing,
    "-extfile",
    join(WORK, "server.ext"),
    "-out",
    join(WORK, "server.pem"),
  );
}

/**
 * Stands in for the CloudWatch agent: a package whose control program keeps what it is told, and sends nothing. It is signed by a key of the
 * run, as nobody but AWS has AWS's.
 */
function agentPackage(): void {
  const folder = join(WORK, "agent");
  const bin = "opt/aws/amazon-cloudwatch-agent/bin/amazon-cloudwatch-agent-ctl";
  place(join(folder, "tree"), {
    "DEBIAN/control":
      "Package: amazon-cloudwatch-agent\nVersion: 1.0\nArchitecture: all\nMaintainer: image test <nobody@localhost>\nDescription: stands in for the agent\n",
    [bin]: '#!/bin/sh\necho "$@" >>/var/log/agent-told\ncp /etc/buddyverse-logs.json /var/log/agent-config\n',
  });
  const [deb, home] = [join(folder, "amazon-cloudwatch-agent.deb"), join(folder, "home")];
  sh("dpkg-deb", "--build", "--root-owner-group", join(folder, "tree"), deb);
  sh("install", "-d", "-m", "0700", home);
  const gpg = (...words: readonly string[]) => sh("gpg", "--homedir", home, "--batch", "--passphrase", "", ...words);
  gpg("--quick-generate-key", "Image test", "rsa2048", "sign", "2d");
  gpg("--output", `${deb}.sig`, "--detach-sign", deb);
  gpg("--output", join(folder, "amazon-cloudwatch-agent.gpg"), "--export");
  const listed = gpg("--with-colons", "--list-keys");
  agentKey = /^fpr:+([0-9A-F]{40}):$/m.exec(listed)?.[1] ?? "";
  sh("gpgconf", "--homedir", home, "--kill", "all");
}
let agentKey = "";

/** The builder's user data, with the run's key in place of the one that AWS signs the CloudWatch agent with. */
export const trustingOurAgent = (userData: string): string => userData.replace(AGENT_KEY.fingerprint, agentKey);

/** The files that make a system trust and find the AWS of the test, and its packages. */
export function surroundings(): Readonly<Record<string, string>> {
  const authority = readFileSync(join(WORK, "ca.pem"), "utf8");
  return {
    "/usr/local/share/ca-certificates/image-test.crt": authority,
    "/etc/ssl/certs/ca-certificates.crt":
      readFileSync(join(ROOT, "etc/ssl/certs/ca-certificates.crt"), "utf8") + authority,
    "/etc/hosts": `127.0.0.1 localhost\n${ADDRESS} ${SSM} ${S3} ${BUCKET}.s3.amazonaws.com\n${ADDRESS} ${Object.values(DATABASE).join(" ")} ${STRANGER}\n${SITES_ADDRESS} ${CHECKIP} ${TRUSTSTORE} ${AGENT_HOSTS.join(" ")}\n`,
    "/etc/apt/apt.conf.d/99image-test": `Acquire::http::Proxy "http://${ADDRESS}:3128";\nAcquire::Languages "none";\n`,
    "/etc/pip.conf": `[global]\nindex-url = http://${ADDRESS}:3141/simple/\ntrusted-host = ${ADDRESS}\n`,
    "/etc/cloud/cloud.cfg.d/99-image-test.cfg": `datasource_list: [Ec2]\ndatasource: {Ec2: {strict_id: false, timeout: 5, max_wait: 20, metadata_urls: ["http://169.254.169.254"]}}\n${CLOUD_INIT}`,
  };
}

/** What the metadata service says from now on to the machine at this place: another instance. */
export function describeInstance({ address }: Place, id: string, userData: string): void {
  const folder = join(METADATA, address);
  rmSync(folder, { recursive: true, force: true });
  const role = { Code: "Success", Type: "AWS-HMAC", AccessKeyId: "ASIATEST", SecretAccessKey: "test", Token: "test" };
  const times = {
    LastUpdated: new Date().toISOString(),
    Expiration: new Date(Date.now() + 6 * 3_600_000).toISOString(),
  };
  place(folder, {
    "user-data": userData,
    "meta-data/instance-id": id,
    "meta-data/placement/availability-zone": `${REGION}a`,
    "meta-data/instance-type": "t3.micro",
    "meta-data/ami-id": "ami-0123456789abcdef0",
    "meta-data/local-hostname": `ip-${address.replaceAll(".", "-")}`,
    "meta-data/tags/instance/aws:ec2launchtemplate:version": "1",
    "meta-data/iam/security-credentials/web": JSON.stringify({ ...role, ...times }),
    "dynamic/instance-identity/document": JSON.stringify({ region: REGION, instanceId: id }),
  });
}

const signed = (service: string) =>
  `Authorization: AWS4-HMAC-SHA256 Credential=x/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=x`;

function ssm(operation: string, body: object): unknown {
  const headers = [
    "-H",
    `X-Amz-Target: AmazonSSM.${operation}`,
    "-H",
    "Content-Type: application/x-amz-json-1.1",
    "-H",
    signed("ssm"),
  ];
  const where = ["--cacert", join(WORK, "ca.pem"), "--resolve", `${SSM}:443:${ADDRESS}`, `https://${SSM}/`];
  return JSON.parse(inside(AWS, "curl", "-sS", ...headers, ...where, "-d", JSON.stringify(body)));
}

/** An object of the bucket (or the bucket itself, for ""). */
export function s3(method: "PUT", key: string, file?: string): void {
  const where = ["--cacert", join(WORK, "ca.pem"), "--resolve", `${S3}:443:${ADDRESS}`, `https://${S3}/${key}`];
  const body =
    file === undefined
      ? [
          "-d",
          `<CreateBucketConfiguration><LocationConstraint>${REGION}</LocationConstraint></CreateBucketConfiguration>`,
        ]
      : ["-T", file];
  inside(
    AWS,
    "curl",
    "-sSf",
    "-X",
    method,
    "-H",
    "Content-Type: application/xml",
    "-H",
    signed("s3"),
    ...where,
    ...body,
  );
}

export function putParameter(Name: string, Value: string, Type: "String" | "SecureString" = "String"): void {
  ssm("PutParameter", { Name, Value, Type, Overwrite: true });
}

/** The parameter's value; undefined when there is none. */
export function parameter(Name: string): string | undefined {
  return (ssm("GetParameters", { Names: [Name] }) as { Parameters: { Value: string }[] }).Parameters[0]?.Value;
}

export type Role = "primary" | "replica";
const PORT: Readonly<Record<Role, number>> = { primary: 3306, replica: 3307 };
export const ENDPOINT = {
  primary: `${DATABASE.primary}:${PORT.primary}`,
  replica: `${DATABASE.replica}:${PORT.replica}`,
  stranger: `${STRANGER}:${PORT.primary}`,
} as const;

/** Asks a database as its root. */
export const sql = (role: Role, text: string): string =>
  execFileSync("mariadb", ["--no-defaults", "-N", "-u", "root", "-S", join(WORK, `${role}.sock`)], {
    input: text,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
  }).trim();

async function startDatabases(password: string): Promise<void> {
  for (const [index, role] of (["primary", "replica"] as const).entries()) {
    const data = join(WORK, role);
    sh(
      "mariadb-install-db",
      "--no-defaults",
      `--datadir=${data}`,
      "--user=root",
      "--auth-root-authentication-method=normal",
      "--skip-test-db",
    );
    const tls = [
      `--ssl-cert=${join(WORK, "server.pem")}`,
      `--ssl-key=${join(WORK, "server.key")}`,
      `--ssl-ca=${join(WORK, "ca.pem")}`,
    ];
    const log = [
      `--server-id=${index + 1}`,
      `--log-bin=${role}-bin`,
      "--binlog-format=ROW",
      "--log-slave-updates",
      "--gtid-strict-mode=1",
    ];
    const files = [
      `--datadir=${data}`,
      `--socket=${join(WORK, `${role}.sock`)}`,
      `--pid-file=${join(WORK, `${role}.pid`)}`,
    ];
    const place = ["--user=root", `--bind-address=${ADDRESS}`, `--port=${PORT[role]}`, "--innodb-buffer-pool-size=32M"];
    start(
      "mariadbd",
      "--no-defaults",
      ...files,
      ...place,
      ...tls,
      ...log,
      ...(role === "replica" ? ["--read-only=1"] : []),
    );
    await until(60, () => attempt(() => sql(role, "SELECT 1")) !== undefined);
  }
  sql("replica", "RESET MASTER");
  sql("primary", "RESET MASTER");
  sql(
    "primary",
    `CREATE DATABASE django_db CHARACTER SET utf8mb4;
     CREATE USER 'admin'@'%' IDENTIFIED BY '${password}' REQUIRE SSL; GRANT ALL ON django_db.* TO 'admin'@'%';
     CREATE USER 'copy'@'%' IDENTIFIED BY 'copy'; GRANT REPLICATION SLAVE ON *.* TO 'copy'@'%';`,
  );
  sql(
    "replica",
    `CHANGE MASTER TO MASTER_HOST='${ADDRESS}', MASTER_PORT=3306, MASTER_USER='copy', MASTER_PASSWORD='copy', MASTER_USE_GTID=slave_pos, MASTER_CONNECT_RETRY=1;
     START SLAVE;`,
  );
}
