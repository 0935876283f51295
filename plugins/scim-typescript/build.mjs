// Builds the connector: `node build.mjs`; runs its tests: `node build.mjs test`.
//
// Everything that is made lies in ignored places: node_modules and generated beside this file, the
// rest in the workspace's target directory. The component is target/plugins/scim-typescript.wasm.

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ID = 'scim-typescript';
const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = join(HERE, '..', '..');
const TARGET = process.env.CARGO_TARGET_DIR ?? join(ROOT, 'target');
const SCRIPTS = join(TARGET, ID, 'scripts');
// `doorward plugin build` says where it wants the component.
const COMPONENT = process.env.DOORWARD_PLUGIN_OUTPUT ?? join(TARGET, 'plugins', `${ID}.wasm`);
const WIT = join(ROOT, 'schemas', 'wit', '0.2');

/** The only interfaces that a connector may import. */
const OURS = /^doorward:connector\/[a-z-]+@0\.2\.\d+$/;

function stop(message) {
  console.error(`${ID}: ${message}`);
  process.exit(1);
}

function run(command, args, options = {}) {
  const done = spawnSync(command, args, { cwd: HERE, stdio: 'inherit', shell: process.platform === 'win32', ...options });
  if (done.error) {
    stop(`\`${command}\` could not be started (${done.error.code}). Install Node 20.6 or later with npm, and try again.`);
  }
  if (done.status !== 0) {
    process.stderr.write(done.stdout ?? '');
    stop(`\`${[command, ...args].join(' ')}\` failed.`);
  }
}

/** Installs exactly what the lock file names, unless it is there. No package may run a script. */
function install() {
  const installed = join(HERE, 'node_modules', '.package-lock.json');
  const wanted = statSync(join(HERE, 'package-lock.json')).mtimeMs;
  if (!existsSync(installed) || statSync(installed).mtimeMs < wanted) {
    run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']);
  }
}

function tool(name) {
  return join(HERE, 'node_modules', '.bin', name);
}

/** The types of the interface, then the scripts from the sources. */
function compile() {
  rmSync(join(HERE, 'generated'), { recursive: true, force: true });
  rmSync(SCRIPTS, { recursive: true, force: true });
  run(tool('jco'), ['guest-types', WIT, '--world-name', 'plugin', '--out-dir', 'generated'], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  run(tool('tsc'), ['--outDir', SCRIPTS]);
}

function test() {
  const files = readdirSync(join(HERE, 'test')).filter((name) => name.endsWith('.test.mjs')).map((name) => join('test', name));
  run(process.execPath, ['--import', './test/host.mjs', '--test', ...files], { env: { ...process.env, SCRIPTS } });
}

async function build() {
  const { componentize } = await import('@bytecodealliance/componentize-js');
  const { componentWit } = await import('@bytecodealliance/jco');
  // Paths below the current directory are kept relative in the component.
  process.chdir(SCRIPTS);
  const { component } = await componentize({
    sourcePath: join(SCRIPTS, 'plugin.js'),
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
  mkdirSync(dirname(COMPONENT), { recursive: true });
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
compile();
if (process.argv[2] === 'test') {
  test();
} else {
  await build();
}
