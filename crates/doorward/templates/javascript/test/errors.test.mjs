// What each answer of the service means. Begin here, when your service has other codes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from '../src/plugin.js';
import { answer, answering, CONNECTION, KEY, refused, thrown } from './fakes.mjs';

/** The error that an answer to a question becomes. */
function raised(response) {
  const query = { tag: 'holders', val: { resource: KEY.resource, attributes: '' } };
  answering(() => response);
  return thrown(() => connector.read(CONNECTION, { query, attributes: '' }));
}

test('the code with its status decides, then the status', () => {
  const table = [
    [404, 'not_found', 'not-found', 'not-found'],
    [404, undefined, 'contract-violation', 'unexpected-answer'],
    [403, 'not_found', 'permission-denied', 'missing-permission'],
    [500, 'managed_by_directory', 'unavailable', 'service-unavailable'],
    [409, 'managed_by_directory', 'not-manageable', 'managed-by-directory'],
    [409, 'something_new', 'conflict', 'conflict'],
    [403, 'read_only', 'permission-denied', 'read-only-token'],
    [403, undefined, 'permission-denied', 'missing-permission'],
    [400, 'invalid_cursor', 'cursor-expired', 'cursor-expired'],
    [400, 'something_new', 'invalid-request', 'refused-request'],
    [429, 'slow_down', 'rate-limited', 'throttled'],
    [429, undefined, 'rate-limited', 'throttled'],
    [503, undefined, 'unavailable', 'service-unavailable'],
    [302, undefined, 'contract-violation', 'unexpected-answer'],
  ];
  for (const [status, code, kind, reason] of table) {
    const error = raised(refused(status, code, { 'x-request-id': 'r-1' }));
    assert.deepEqual([error.kind, error.reason, error.providerCode, error.requestId], [kind, reason, code, 'r-1']);
    assert.deepEqual(error.causes, ['Words.']);
    assert.match(error.message, /\.$/);
    assert.match(error.remedy, /\.$/);
  }
});

test('the wait that is asked for is handed on', () => {
  const retry = (status, code, wait) => raised(refused(status, code, { 'retry-after': wait })).retry;
  assert.deepEqual(retry(429, 'slow_down', '7'), { tag: 'after', val: 7000n });
  assert.deepEqual(retry(429, 'slow_down', 'soon'), { tag: 'backoff' });
  assert.deepEqual(retry(403, 'read_only', '7'), { tag: 'never' });
});

test('a page from elsewhere is never taken for an answer', () => {
  for (const body of ['<html>secret</html>', {}, { members: null, next: null }, { members: [] }]) {
    const error = raised(answer(200, body));
    assert.equal(error.kind, 'contract-violation');
    assert.doesNotMatch(JSON.stringify(error), /secret/);
  }
});

test("a refused token is explained without the service's words", () => {
  const body = JSON.stringify({ error: { code: 'unauthorized', message: 'No such token: abc.' } });
  const error = connector.explain(CONNECTION, { body, status: 401, requestId: 'r-1' });
  assert.deepEqual([error.kind, error.providerCode], ['unauthenticated', 'unauthorized']);
  assert.doesNotMatch(JSON.stringify(error), /abc/);
});
