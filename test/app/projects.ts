import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { filesIn } from "../../src/app/files.ts";
import { type Inspected, inspectProject } from "../../src/app/project.ts";
import { packFolder } from "../../src/cli/app-archive.ts";
import { type ConfigInput, configSchema } from "../../src/config/schema.ts";

/** Files of a project, by their paths. */
export type Layout = Readonly<Record<string, string | Uint8Array>>;

/** Writes a project into a folder. */
export function write(folder: string, layout: Layout): void {
  for (const [path, content] of Object.entries(layout)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
}

/** A project in a folder, which is gone after the test. */
export function written(layout: Layout): string {
  const folder = mkdtempSync(join(tmpdir(), "buddyverse-project-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  write(folder, layout);
  return folder;
}

/** Looks at it as `plan` does: at what would be sent. */
export function inspected(layout: Layout, config: ConfigInput = {}): Inspected {
  const folder = written(layout);
  const asked = configSchema.parse({ domain: null, ...config, image: { app: { folder }, ...config.image } });
  return inspectProject(filesIn(folder, packFolder(folder).files), asked);
}

export const manage = (settings: string): string => `#!/usr/bin/env python
"""Django's command-line utility for administrative tasks."""
import os
import sys


def main():
    os.environ.setdefault('DJANGO_SETTINGS_MODULE', '${settings}')
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
`;

export const wsgi = (settings: string): string => `import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "${settings}")

application = get_wsgi_application()
`;

/** As `django-admin startproject mysite` makes it, with its settings taken from the environment. */
export const STARTPROJECT: Layout = {
  "manage.py": manage("mysite.settings"),
  "mysite/__init__.py": "",
  "mysite/settings.py": `import os

import dj_database_url

DEBUG = False
ALLOWED_HOSTS = os.environ["ALLOWED_HOSTS"].split(",")
WSGI_APPLICATION = "mysite.wsgi.application"
DATABASES = {"default": dj_database_url.config()}
`,
  "mysite/asgi.py": "",
  "mysite/urls.py": "",
  "mysite/wsgi.py": wsgi("mysite.settings"),
  "requirements.txt": "Django>=4.2,<5\ndj-database-url\nmysqlclient==2.2.4\n",
};
