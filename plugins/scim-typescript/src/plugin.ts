// The connector: each export opens its connection and hands on.

import { apply } from './changes.js';
import { check } from './check.js';
import { open, reach } from './connection.js';
import { DESCRIPTOR } from './descriptor.js';
import { explain } from './explain.js';
import { read } from './read.js';
import { settle } from './settle.js';
import { start, sync } from './sync.js';

type Exports = typeof import('doorward:connector/connector@0.2.0');

export const connector: Exports = {
  describe: () => JSON.stringify(DESCRIPTOR),
  reach: (connection) => reach(open(connection)),
  start: (_connection, request) => start(request),
  check: (connection) => check(open(connection)),
  sync: (connection, request) => sync(open(connection), request),
  read: (connection, request) => read(open(connection), request),
  apply: (connection, request) => apply(open(connection), request),
  settle: (connection, request) => settle(open(connection), request),
  explain: (_connection, refused) => explain(refused),
};
