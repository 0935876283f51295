// Who we are in the service, and what we may do there. What cannot be found out is said to be unknown.

import { ask, body, path } from './client.js';
import { unreadable } from './errors.js';
import { moment } from './moments.js';
import { DIRECTORY_TEAM, MEMBER, TEAM, USER } from './records.js';
import { NONE, text, truth } from './values.js';

/** The service lets every token read everything. */
const EVERYWHERE = { tag: 'everywhere', val: [] };

export function check(service) {
  const doing = 'whose token this is';
  const response = ask(path(service, ['me']));
  const me = body(response, doing);
  const id = text(me.id);
  if (id === undefined) {
    throw unreadable(response, doing, 'it has no id');
  }
  const canWrite = truth(me.can_write);
  const change = changes(canWrite);
  return {
    // One of the users: so Doorward keeps our own access from being changed.
    identity: {
      key: { kind: USER, id },
      login: id,
      name: text(me.name) ?? id,
      place: `${service.origin}${service.base}`,
      attributes: NONE,
    },
    permissions: [],
    authority: [
      entry('read', USER, EVERYWHERE),
      entry('read', TEAM, EVERYWHERE),
      entry('read', TEAM, EVERYWHERE, MEMBER),
      entry('grant', TEAM, change, MEMBER),
      entry('revoke', TEAM, change, MEMBER),
    ],
    findings: canWrite === false ? [readOnly()] : [],
    credentialExpiry: expiry(moment(text(me.token_expires_at))),
    attributes: NONE,
  };
}

function changes(canWrite) {
  if (canWrite === undefined) {
    return { tag: 'unknown', val: 'the service does not tell whether the token may write' };
  }
  return canWrite ? { tag: 'everywhere', val: [DIRECTORY_TEAM] } : { tag: 'no', val: ['a token that may write'] };
}

function expiry(ends) {
  return ends === undefined
    ? { tag: 'unknown', val: 'the service does not tell when the token ends' }
    : { tag: 'at', val: ends };
}

function readOnly() {
  return {
    severity: 'warning',
    code: 'read-only-token',
    message: 'The token may only read, so that no access can be given or taken.',
    remedy: 'If that is not meant, make a token that may write and put it into the connection.',
    attributes: NONE,
  };
}

function entry(action, kind, authority, entitlement) {
  return { ability: { action, kind, entitlement, attributes: NONE }, authority, through: [], attributes: NONE };
}
