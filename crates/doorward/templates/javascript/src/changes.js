// Giving and taking membership: one request for each.

import { body, path, write } from './client.js';
import { codeOf, failure, refusal, requestId, thrownFailure, unreadable } from './errors.js';
import { isMembership, named } from './records.js';
import { NONE } from './values.js';

/**
 * The difference that matters: what is thrown says that nothing was changed, and the host may send it
 * again. Whatever leaves that open is the error of the operation, and the host calls `settle`.
 */
export function apply(service, request) {
  if (request.operations.length !== 1) {
    throw failure('invalid-request', 'batch-size', 'The Teams service takes one change at a time.', {
      remedy: 'Send the operations one by one.',
    });
  }
  return [carryOut(service, changeOf(request.operations[0]))];
}

/** What the operation asks for, if it is a change of membership. */
export function changeOf({ action }) {
  if (action.tag !== 'grant' && action.tag !== 'revoke') {
    throw failure('unsupported', 'unsupported', 'This connector changes the membership of teams only.', {
      remedy: 'Do it in the Teams service itself.',
    });
  }
  const { key, until } = action.val;
  if ((until ?? undefined) !== undefined || !isMembership(key)) {
    const message = 'The Teams service knows membership of teams only: without end, scope or activation.';
    throw failure('unsupported', 'unsupported-grant', message, {
      remedy: 'Ask for the entitlement `member` of a team, for good.',
    });
  }
  return { adds: action.tag === 'grant', key };
}

function carryOut(service, { adds, key }) {
  const { principal: user, resource: team } = key;
  const place = path(service, ['teams', team.id, 'members', user.id]);
  let response;
  try {
    response = write(adds ? 'put' : 'delete', place);
  } catch (lost) {
    // The request may have arrived, though its answer did not.
    return { tag: 'err', val: thrownFailure(lost) };
  }
  const doing = adds
    ? `to add the ${named(user)} to the ${named(team)}`
    : `to remove the ${named(user)} from the ${named(team)}`;
  try {
    return { tag: 'ok', val: outcome(judged(response, adds, doing)) };
  } catch (refused) {
    if (response.status >= 400 && response.status < 500) {
      throw refused;
    }
    // A gateway's 502, or a page from elsewhere, does not say what the service did.
    return { tag: 'err', val: thrownFailure(refused) };
  }
}

/** What the answer says that happened. What was so before is no error: a repeated command is right. */
function judged(response, adds, doing) {
  const { status } = response;
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && requestId(response) === undefined) {
    // Anybody on the way can answer 204. The service names each of its answers.
    throw unreadable(response, doing, 'it has no X-Request-Id');
  }
  if (adds && (status === 200 || status === 201)) {
    // Not the status alone: a page from elsewhere has it, too.
    body(response, doing);
    return status === 201 ? 'granted' : 'already-granted';
  }
  if (!adds && status === 204) {
    return 'revoked';
  }
  if (!adds && status === 404 && codeOf(response) === 'not_a_member') {
    return 'already-revoked';
  }
  if (isSuccess) {
    throw unreadable(response, doing, `a change is not answered with ${status}`);
  }
  throw refusal(response, doing);
}

export function outcome(kind) {
  return { kind, attributes: NONE };
}
