// Giving and taking membership: one PATCH of the group (RFC 7644 §3.5.2).

import { askAll, found, patch, path, value } from './client.js';
import type { Service } from './connection.js';
import { decoded, failure, refusal, thrownFailure } from './errors.js';
import { equals } from './filters.js';
import { parse, text } from './json.js';
import type { JsonObject } from './json.js';
import { GROUP, holds, WITHOUT_MEMBERS } from './records.js';
import { isMembership, named, objectPath } from './read.js';
import { NONE } from './wit.js';
import type { ApplyRequest, GrantKey, ObjectRef, Operation, Outcome, OutcomeKind, RequestPath, Response, Result } from './wit.js';

export interface Change {
  adds: boolean;
  key: GrantKey;
}

/**
 * A refusal is thrown: it is of the whole request, and nothing was changed. What leaves that open is
 * the error of the operation.
 */
export function apply(service: Service, request: ApplyRequest): Result<Outcome>[] {
  const [operation, ...more] = request.operations;
  if (operation === undefined || more.length > 0) {
    throw failure('invalid-request', 'batch-size', 'SCIM takes one change at a time.', {
      remedy: 'Send the operations one by one.',
    });
  }
  return [carryOut(service, changeOf(operation))];
}

/** What the operation asks for, if it is a change of membership. */
export function changeOf({ action }: Operation): Change {
  if (action.tag !== 'grant' && action.tag !== 'revoke') {
    throw failure('unsupported', 'unsupported', `This connector does not offer \`${action.tag}\`.`, {
      remedy: 'Do it in the service itself.',
    });
  }
  const until = action.tag === 'grant' ? (action.val.until ?? undefined) : undefined;
  const { key } = action.val;
  if (until !== undefined || !isMembership(key)) {
    throw failure('unsupported', 'unsupported-grant', 'SCIM knows membership of groups only: without end, scope or activation.', {
      remedy: 'Ask for the entitlement `member` of a group, for good.',
    });
  }
  return { adds: action.tag === 'grant', key };
}

/**
 * SCIM answers alike whether or not something was changed, so what was there is read right before.
 * The change is sent in any case: only its answer proves that we may make it.
 */
function carryOut(service: Service, { adds, key }: Change): Result<Outcome> {
  const held = prior(service, key, adds);
  const already: OutcomeKind = adds ? 'already-granted' : 'already-revoked';
  const done: OutcomeKind = adds ? 'granted' : 'revoked';
  const operation = adds ? adding(key.principal) : removing(key.principal);
  const sent = sending(path(service, 'Groups', key.resource.id), operation);
  if (sent.tag === 'err') {
    return sent;
  }
  const answer = sent.val;
  if (answer.status >= 200 && answer.status < 300) {
    return { tag: 'ok', val: outcome(held === adds ? already : done) };
  }
  if (held === adds && saysSo(answer, adds)) {
    return { tag: 'ok', val: outcome(already) };
  }
  const doing = adds
    ? `to add the ${named(key.principal)} to the ${named(key.resource)}`
    : `to remove the ${named(key.principal)} from the ${named(key.resource)}`;
  const refused = refusal(answer, doing);
  if (answer.status < 500) {
    throw refused;
  }
  return { tag: 'err', val: refused };
}

function sending(path: RequestPath, operation: JsonObject): Result<Response> {
  try {
    return { tag: 'ok', val: patch(path, [operation]) };
  } catch (thrown) {
    return { tag: 'err', val: thrownFailure(thrown) };
  }
}

/** Whether the principal is a member now. Group and, to be added, principal must exist. */
function prior(service: Service, key: GrantKey, adds: boolean): boolean {
  const { principal, resource } = key;
  const asked = [path(service, 'Groups', resource.id)];
  if (adds) {
    asked.push(objectPath(service, principal, WITHOUT_MEMBERS));
  }
  const [group, added] = askAll(asked);
  const object = found(value(group), `for the members of the ${named(resource)}`);
  if (object === undefined) {
    throw missing(resource);
  }
  if (adds && found(value(added), `for the ${named(principal)}`) === undefined) {
    throw missing(principal);
  }
  return holds(object, principal.id);
}

function missing(key: ObjectRef) {
  return failure('not-found', `${key.kind}-not-found`, `The SCIM service does not know the ${named(key)}; nothing was changed.`, {
    remedy: 'Check the id. The object may have been deleted.',
  });
}

/** Whether a refusal means that there is nothing to do (RFC 7644 §3.12: `uniqueness`, `noTarget`). */
function saysSo(answer: Response, adds: boolean): boolean {
  const scimType = text(parse(decoded(answer))?.scimType);
  return scimType === (adds ? 'uniqueness' : 'noTarget');
}

function adding({ kind, id }: ObjectRef): JsonObject {
  return { op: 'add', path: 'members', value: [{ value: id, type: kind === GROUP ? 'Group' : 'User' }] };
}

function removing({ id }: ObjectRef): JsonObject {
  return { op: 'remove', path: `members[${equals('value', id)}]` };
}

export function outcome(kind: OutcomeKind): Outcome {
  return { kind, attributes: NONE };
}
