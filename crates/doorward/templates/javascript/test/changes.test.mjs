// What giving and taking come to.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from '../src/plugin.js';
import { answer, answering, CONNECTION, host, KEY, lost, NOW, refused, simulated, thrown } from './fakes.mjs';

function operation(tag, key = KEY) {
  return { id: 'o', action: { tag, val: { key, attributes: '' } }, attributes: '' };
}

function apply(one) {
  return connector.apply(CONNECTION, { operations: [one], attributes: '' })[0];
}

test('what was so before is no error', () => {
  const table = [
    ['grant', answer(201), 'granted'],
    ['grant', answer(200), 'already-granted'],
    ['revoke', answer(204, ''), 'revoked'],
    ['revoke', refused(404, 'not_a_member'), 'already-revoked'],
  ];
  for (const [action, response, expected] of table) {
    answering(() => response);
    assert.equal(apply(operation(action)).val.kind, expected);
    const method = action === 'grant' ? 'PUT' : 'DELETE';
    assert.deepEqual(host.asked, [`${method} /api/v1/teams/sandbox/members/alice`]);
  }
});

test('the simulated target answers so', () => {
  answering(simulated());
  const kinds = ['grant', 'grant', 'revoke', 'revoke'].map((action) => apply(operation(action)).val.kind);
  assert.deepEqual(kinds, ['granted', 'already-granted', 'revoked', 'already-revoked']);
});

test('a refusal is thrown, since nothing was changed', () => {
  const table = [
    [refused(404, 'not_found'), 'not-found'],
    [refused(409, 'managed_by_directory'), 'not-manageable'],
    [refused(403, 'read_only'), 'permission-denied'],
    [refused(429, 'slow_down'), 'rate-limited'],
  ];
  for (const [response, kind] of table) {
    answering(() => response);
    assert.equal(thrown(() => apply(operation('grant'))).kind, kind);
  }
});

test('what leaves the outcome open is the error of the operation', () => {
  const lose = () => {
    throw lost({ kind: 'unavailable', reason: 'lost' });
  };
  // Whoever answered, it was not the service.
  const bare = (status) => ({ ...answer(status), headers: [] });
  const table = [
    ['grant', lose],
    ['grant', () => answer(503, '<html>')],
    ['grant', () => answer(200, '<html>')],
    ['grant', () => bare(201)],
    ['revoke', () => bare(204)],
  ];
  for (const [action, respond] of table) {
    answering(respond);
    assert.equal(apply(operation(action)).tag, 'err');
  }
});

test('an id stays within its segment', () => {
  answering(() => answer(201));
  const key = { ...KEY, principal: { kind: 'user', id: 'a/../b?c' }, resource: { kind: 'team', id: 'é' } };
  apply(operation('grant', key));
  assert.deepEqual(host.asked, ['PUT /api/v1/teams/%C3%A9/members/a%2F..%2Fb%3Fc']);
});

test('a lost change is settled by looking', () => {
  const table = [
    // What was asked, whether it is held now and before, how many seconds later.
    ['grant', true, false, 1n, 'granted'],
    ['grant', true, true, 1n, 'already-granted'],
    ['grant', false, false, 59n, 'unknown'],
    ['grant', false, false, 60n, 'not-applied'],
    ['revoke', false, true, 1n, 'revoked'],
    ['revoke', false, false, 1n, 'already-revoked'],
    ['revoke', true, true, 59n, 'unknown'],
    ['revoke', true, true, 60n, 'not-applied'],
  ];
  const sent = { seconds: NOW, nanoseconds: 0 };
  for (const [action, held, before, later, expected] of table) {
    const teams = held ? [{ id: 'sandbox', name: 'Sandbox', managed_by: null }] : [];
    answering(() => answer(200, { teams, next: null }));
    host.seconds = NOW + later;
    const prior = before ? { key: KEY, attributes: '' } : undefined;
    const request = { operation: operation(action), prior, sent, givenUp: sent, attributes: '' };
    assert.equal(connector.settle(CONNECTION, request).kind, expected);
    assert.deepEqual(host.asked, ['GET /api/v1/users/alice/teams?limit=100']);
  }
});
