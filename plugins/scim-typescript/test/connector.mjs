// The connector as it was compiled; `build.mjs` says where.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const { connector } = await import(pathToFileURL(join(process.env.SCRIPTS, 'plugin.js')).href);
