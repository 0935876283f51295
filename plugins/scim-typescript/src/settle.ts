// What came of a change whose answer was lost: by looking, never by guessing.

import { changeOf, outcome } from './changes.js';
import type { Service } from './connection.js';
import { lookedUp } from './read.js';
import { now, secondsBetween } from './time.js';
import type { Outcome, OutcomeKind, SettleRequest } from './wit.js';

/** SCIM promises nothing about when a write is seen by reads. After this it is held to be seen. */
const WINDOW_SECONDS = 60;

export function settle(service: Service, request: SettleRequest): Outcome {
  const { adds, key } = changeOf(request.operation);
  const held = lookedUp(service, key);
  const kind = concluded(adds, held, (request.prior ?? undefined) !== undefined);
  const changed = request.lastChanged ?? undefined;
  const mayLag = secondsBetween(request.givenUp, now()) < WINDOW_SECONDS;
  const mayBeOlder = changed !== undefined && secondsBetween(changed, request.sent) < WINDOW_SECONDS;
  return outcome(mayLag && (mayBeOlder || kind === 'not-applied') ? 'unknown' : kind);
}

function concluded(adds: boolean, held: boolean, before: boolean): OutcomeKind {
  if (adds !== held) {
    return 'not-applied';
  }
  if (adds) {
    return before ? 'already-granted' : 'granted';
  }
  return before ? 'revoked' : 'already-revoked';
}
