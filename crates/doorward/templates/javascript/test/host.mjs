// Runs the tests without Doorward: what the connector imports from it is in fakes.mjs.
//
// The files are found here, and not by the shell: that of Windows does not know `*`.

import { readdirSync } from 'node:fs';
import { register } from 'node:module';

register('./loader.mjs', import.meta.url);
for (const name of readdirSync(new URL('.', import.meta.url)).sort()) {
  if (name.endsWith('.test.mjs')) {
    await import(`./${name}`);
  }
}
