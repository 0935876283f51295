// What came of a change whose answer was lost: by looking, never by guessing.

import { changeOf, outcome } from './changes.js';
import { now, secondsBetween } from './moments.js';
import { holds } from './read.js';

/**
 * A write may take effect, or be seen by reads, some time after it was sent. After this, what is seen
 * is held to be true. Take what your service promises, and more.
 */
const WINDOW_SECONDS = 60;

export function settle(service, request) {
  const { adds, key } = changeOf(request.operation);
  const held = holds(service, key);
  const kind = concluded(adds, held, (request.prior ?? undefined) !== undefined);
  const changed = request.lastChanged ?? undefined;
  const mayLag = secondsBetween(request.givenUp, now()) < WINDOW_SECONDS;
  // What is seen may be older than an earlier change of the same grant.
  const mayBeOlder = changed !== undefined && secondsBetween(changed, request.sent) < WINDOW_SECONDS;
  // Of what is unknown the host asks again later.
  return outcome(mayLag && (mayBeOlder || kind === 'not-applied') ? 'unknown' : kind);
}

function concluded(adds, held, before) {
  if (adds !== held) {
    return 'not-applied';
  }
  if (adds) {
    return before ? 'already-granted' : 'granted';
  }
  return before ? 'revoked' : 'already-revoked';
}
