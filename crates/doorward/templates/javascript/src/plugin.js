// The connector as Doorward sees it: each export opens its connection and hands on.
//
// Nothing is kept between two calls: each has an instance of its own, and all that it needs is in its
// arguments. No file here opens a socket, waits, tries again or knows a secret: the host does that.

import { apply } from './changes.js';
import { check } from './check.js';
import { openConnection, reach } from './connection.js';
import { DESCRIPTOR } from './descriptor.js';
import { explain } from './explain.js';
import { read } from './read.js';
import { settle } from './settle.js';
import { start, sync } from './sync.js';

export const connector = {
  describe: () => JSON.stringify(DESCRIPTOR),
  reach: (connection) => reach(openConnection(connection)),
  start: (_connection, request) => start(request),
  check: (connection) => check(openConnection(connection)),
  sync: (connection, request) => sync(openConnection(connection), request),
  read: (connection, request) => read(openConnection(connection), request),
  apply: (connection, request) => apply(openConnection(connection), request),
  settle: (connection, request) => settle(openConnection(connection), request),
  explain: (_connection, refused) => explain(refused),
};
