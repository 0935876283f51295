import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from './connector.mjs';
import { answer, answering, CONNECTION, list, thrown } from './fakes.mjs';

const HOLDERS = { query: { tag: 'holders', val: { resource: { kind: 'group', id: 'g' }, attributes: '' } }, attributes: '' };

function refused(status, body = {}, headers = {}) {
  answering(() => answer(status, body, headers));
  return thrown(() => connector.read(CONNECTION, HOLDERS));
}

test('scimType decides, then the status, never the text', () => {
  const table = [
    [400, 'invalidFilter', 'unsupported', 'filter-refused'],
    [400, 'tooMany', 'invalid-request', 'too-many-results'],
    [400, 'mutability', 'not-manageable', 'read-only'],
    [409, 'uniqueness', 'conflict', 'conflict'],
    [400, 'invalidValue', 'invalid-request', 'refused-request'],
    [400, 'toString', 'invalid-request', 'refused-request'],
    [403, undefined, 'permission-denied', 'missing-permission'],
    [404, undefined, 'not-found', 'not-found'],
    [412, undefined, 'conflict', 'changed-meanwhile'],
    [500, undefined, 'unavailable', 'service-unavailable'],
    [501, undefined, 'unsupported', 'not-implemented'],
    [302, undefined, 'contract-violation', 'unexpected-status'],
  ];
  for (const [status, scimType, kind, reason] of table) {
    const error = refused(status, { scimType, detail: 'Not found, unauthorized.' }, { 'x-request-id': 'r-1' });
    assert.deepEqual([error.kind, error.reason, error.providerCode, error.requestId], [kind, reason, scimType, 'r-1']);
    assert.deepEqual(error.causes, ['Not found, unauthorized.']);
    assert.match(error.message, /\.$/);
    assert.ok(error.remedy);
  }
});

test('the wait that is asked for is handed on', () => {
  const wait = (text) => refused(429, {}, text === undefined ? {} : { 'retry-after': text }).retry;
  assert.deepEqual(wait('7'), { tag: 'after', val: 7000n });
  assert.deepEqual(wait('0.5'), { tag: 'after', val: 500n });
  // The fakes' clock shows 2026-11-23T08:00:00Z.
  assert.deepEqual(wait('Mon, 23 Nov 2026 08:00:30 GMT'), { tag: 'after', val: 30_000n });
  assert.deepEqual(wait('Mon, 23 Nov 2026 07:00:00 GMT'), { tag: 'after', val: 0n });
  for (const text of [undefined, 'soon', '-1', '1e9']) {
    assert.deepEqual(wait(text), { tag: 'backoff' });
  }
  assert.deepEqual(refused(503, {}, { 'retry-after': '2' }).retry, { tag: 'after', val: 2000n });
  assert.deepEqual(refused(403, {}, { 'retry-after': '2' }).retry, { tag: 'never' });
});

test('an answer that is no JSON is quoted by its status only', () => {
  assert.deepEqual(refused(500, '<html>secret</html>').causes, ['The answer was 500.']);
  assert.equal([...refused(500, { detail: 'é'.repeat(600) }).causes[0]].length, 501);
});

test('a refused token is explained', () => {
  const explain = (more) =>
    connector.explain(CONNECTION, { endpoint: 'scim', stage: 'endpoint', status: 401, body: '', attributes: '', ...more });
  const expired = explain({ challenge: 'Bearer realm="x", error="invalid_token"', body: '{"detail":"expired"}', requestId: 'r' });
  assert.deepEqual([expired.kind, expired.providerCode, expired.requestId, expired.causes], ['unauthenticated', 'invalid_token', 'r', ['expired']]);
  assert.match(expired.remedy, /new token/);
  assert.deepEqual(JSON.parse(expired.attributes), { pointer: '/token' });
  assert.deepEqual(explain({}).causes, ['The answer was 401.']);
});

test('the reach is the origin of the connection, with its token', () => {
  const reach = (base_url) => connector.reach(JSON.stringify({ base_url, token: { pointer: '/token' } }));
  const [endpoint, ...more] = reach('https://scim.example:8443/a/scim/v2');
  assert.deepEqual(more, []);
  assert.deepEqual([endpoint.origin, endpoint.namedByConnection], ['https://scim.example:8443', true]);
  assert.deepEqual(endpoint.scheme.val, { header: 'Authorization', prefix: 'Bearer ', secret: '/token', attributes: '' });
  assert.equal(reach('http://127.0.0.1:80')[0].origin, 'http://127.0.0.1:80');
  for (const url of ['', 'ftp://x', 'https://a@b/', 'https://x/a?b', 'https://x/../a', 'https://x/%2E./a', 'https://x//a', 'https://x/a b']) {
    assert.equal(thrown(() => reach(url)).reason, 'base-url', url);
  }
});

test('a check tells what was seen, and what cannot be', () => {
  const checked = (config, groups = list(0, [])) => {
    answering(({ path }) =>
      path.text.includes('ServiceProviderConfig') ? config : path.text.includes('/Groups') ? groups : list(3, [{ id: 'u' }]),
    );
    return connector.check(CONNECTION);
  };
  const good = checked(answer(200, { patch: { supported: true }, filter: { supported: true } }));
  assert.deepEqual(good.findings.map((one) => one.code), ['unknown-identity']);
  assert.deepEqual(good.authority.map((one) => one.authority.tag), ['everywhere', 'everywhere', 'everywhere', 'unknown', 'unknown']);
  assert.equal(good.identity.place, 'https://scim.example/scim/v2');
  const poor = checked(answer(200, { patch: { supported: false }, filter: { supported: false } }), answer(403, {}));
  assert.deepEqual(poor.findings.map((one) => one.code), ['unknown-identity', 'no-patch', 'no-filter']);
  assert.deepEqual(poor.authority.map((one) => one.authority.tag), ['everywhere', 'no', 'no', 'no', 'no']);
  assert.deepEqual(checked(answer(404, {})).findings.map((one) => one.code), ['unknown-identity', 'no-configuration']);
  assert.equal(thrown(() => checked(answer(200, {}), answer(503, {}))).kind, 'unavailable');
});

test('the descriptor is one JSON document', () => {
  assert.equal(JSON.parse(connector.describe()).id, 'scim-typescript');
});
