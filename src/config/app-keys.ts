import * as z from "zod";
import {
  DEBIAN_PACKAGE,
  ENVIRONMENT_VARIABLE,
  HEALTH_CHECK_PATH,
  PROJECT_PATH,
  PYTHON_MODULE,
  WSGI_ENTRY,
} from "./patterns.ts";
import { quote } from "./quote.ts";
import { type Complaint, group, matching, text } from "./values.ts";

const variable = () =>
  matching(
    ENVIRONMENT_VARIABLE,
    "is not a name of an environment variable: letters, digits and underscores, not a digit first; BUDDYVERSE_ begins the tool's own",
  );

/** "config/settings.py" is meant for a module. */
const moduleHint = (example: string) => (value: string) => {
  const module = value.replace(/^\.\//, "").replace(/\.py$/, "").replaceAll("/", ".");
  return PYTHON_MODULE.test(module) ? `write ${quote(module)}` : example;
};

const pathHint = (example: string) => (value: string) => {
  const path = value.replace(/^(\.?\/)+/, "").replace(/\/+$/, "");
  if (path === "" || path === ".") return "use null: it is looked for";
  return PROJECT_PATH.test(path) ? `write ${quote(path)}` : example;
};

const foundWhenNull = (what: string) => `${what} null: found by looking at the project.`;

/** How an application runs. */
export const appKeys = group({
  directory: matching(PROJECT_PATH, "is not a path inside the project", pathHint('such as "backend"'))
    .nullable()
    .default(null)
    .describe(foundWhenNull("Folder of manage.py in the project.")),
  settings: matching(PYTHON_MODULE, "is not a Python module", moduleHint('such as "config.settings"'))
    .nullable()
    .default(null)
    .describe(foundWhenNull("DJANGO_SETTINGS_MODULE.")),
  wsgi: matching(WSGI_ENTRY, "is not a Python module", moduleHint('such as "config.wsgi" or "config.wsgi:application"'))
    .nullable()
    .default(null)
    .describe(foundWhenNull("The WSGI entry: its module, and after a colon its name where that is not application.")),
  requirements: matching(
    PROJECT_PATH,
    "is not a path inside the project",
    pathHint('such as "requirements/production.txt"'),
  )
    .nullable()
    .default(null)
    .describe(foundWhenNull("What pip installs: a requirements file or a pyproject.toml.")),
  packages: z
    .array(
      matching(DEBIAN_PACKAGE, "is not a name of an Ubuntu package", () => 'such as "libxml2"'),
      {
        error: "must be a list [ … ] of names of Ubuntu packages",
      },
    )
    .default([])
    .describe("Ubuntu packages that the application needs beside what is there."),
  env: z
    .record(variable(), text(envValueComplaint), { error: 'must be an object { "KEY": "value" }' })
    .default({})
    .describe(
      "Environment of the application. No place for secrets: whoever may look at the launch template reads it.",
    ),
  secrets: z
    .array(variable(), { error: 'must be a list [ … ] of names, as ["STRIPE_KEY"]' })
    .default([])
    .describe("Environment variables whose values are kept in SSM Parameter Store: `buddyverse secret set KEY`."),
  release: text(releaseComplaint)
    .nullable()
    .default(null)
    .describe(
      'Command that runs once for each release, before it takes requests. null: "python manage.py migrate --noinput" where there is a manage.py. "": none.',
    ),
  healthCheckPath: matching(HEALTH_CHECK_PATH, "is not a path: it starts with / and holds no spaces", (value) =>
    HEALTH_CHECK_PATH.test(`/${value}`) && !value.includes("://")
      ? `write ${quote(`/${value}`)}`
      : 'such as "/health/"',
  )
    .nullable()
    .default(null)
    .describe("Path that the load balancer asks the application for; it must answer 200. null: web.healthCheckPath."),
});

function envValueComplaint(value: string): Complaint | undefined {
  // The environment is text ended by NUL; all of it is user data, of which EC2 takes 16 KB.
  if (value.includes("\0")) return { message: "the value holds a NUL character" };
  return value.length > 2048
    ? { message: `the value is ${value.length} characters long`, hint: "use 2048 at most" }
    : undefined;
}

function releaseComplaint(value: string): Complaint | undefined {
  if (/[\n\r\0]/.test(value))
    return { message: "must be one line", hint: "put several commands into a script of the project" };
  return value.length > 500
    ? { message: `is ${value.length} characters long`, hint: "put it into a script of the project" }
    : undefined;
}
