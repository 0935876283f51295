// Builds the connector: `npm run build`. The component is example-teams.wasm.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ID = 'example-teams';
const HERE = dirname(fileURLToPath(import.meta.url));
const SOURCES = join(HERE, 'src');
// `doorward plugin build` says where it wants the component.
const COMPONENT = resolve(process.env.DOORWARD_PLUGIN_OUTPUT || join(HERE, `${ID}.wasm`));
// The interface of a connector. Within Doorward's own repository it lies elsewhere.
const OWN_WIT = join(HERE, 'wit');
const WIT = existsSync(OWN_WIT) ? OWN_WIT : join(HERE, '..', '..', '..', '..', 'schemas', 'wit', '0.2');

/** The only interfaces that a connector may import. */
const OURS = /^doorward:connector\/[a-z-]+@0\.2\.\d+$/;

function stop(message) {
  console.error(`${ID}: ${message}`);
  process.exit(1);
}

/** Installs exactly what the lock file names, unless it is there. No package may run a script. */
function install() {
  const installed = join(HERE, 'node_modules', '.package-lock.json');
  const wanted = statSync(join(HERE, 'package-lock.json')).mtimeMs;
  if (existsSync(installed) && statSync(installed).mtimeMs >= wanted) {
    return;
  }
  const words = ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'];
  const done = spawnSync('npm', words, { cwd: HERE, stdio: 'inherit', shell: process.platform === 'win32' });
  if (done.error) {
    stop(`\`npm\` could not be started (${done.error.code}). Install Node 20.6 or later with npm, and try again.`);
  }
  if (done.status !== 0) {
    stop(`\`npm ${words.join(' ')}\` failed.`);
  }
}

async function build() {
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const { componentWit } = await import('@bytecodealliance/jco');
  // Paths below the current directory are kept relative in the component.
  process.chdir(SOURCES);
  const { component } = await componentize({
    sourcePath: join(SOURCES, 'plugin.js'),
    witPath: WIT,
    worldName: 'plugin',
    // Each of these would import WASI, and the host refuses that.
    disableFeatures: ['random', 'stdio', 'clocks', 'http', 'fetch-event'],
  });
  const wit = await componentWit(component);
  const imports = [...wit.matchAll(/^\s*import ([^;{]+?)(?::[^:;]*func.*)?;/gm)].map((match) => match[1]);
  const foreign = imports.filter((name) => !OURS.test(name));
  if (imports.length === 0 || foreign.length > 0) {
    stop(`the component imports what the host does not give: ${foreign.join(', ') || wit}`);
  }
  // Whole or not at all: somebody may be reading the old one.
  writeFileSync(`${COMPONENT}.new`, component);
  renameSync(`${COMPONENT}.new`, COMPONENT);
  const digest = createHash('sha256').update(readFileSync(COMPONENT)).digest('hex');
  console.log(`${COMPONENT}: ${component.length} bytes, sha256 ${digest}`);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 6)) {
  stop(`Node 20.6 or later is needed; this is ${process.versions.node}.`);
}
install();
await build();
