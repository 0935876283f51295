import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from './connector.mjs';
import { answer, answering, asked, CONNECTION, host, thrown } from './fakes.mjs';

const KEY = {
  principal: { kind: 'user', id: 'u"1' },
  resource: { kind: 'group', id: 'g/1' },
  entitlement: 'member',
  kind: 'active',
};
const operation = (tag, more = {}, key = KEY) => ({ id: 'o', action: { tag, val: { key, ...more } }, attributes: '' });
const apply = (...operations) => connector.apply(CONNECTION, { operations, attributes: '' });

/** The outcome of one operation, or its error, or that of the whole request. */
function told(one) {
  try {
    return apply(one)[0].val;
  } catch (error) {
    return thrown(() => {
      throw error;
    });
  }
}

/** A service whose group has these members, and which answers a change so. */
function service(members, change = answer(204, '')) {
  answering(({ method, path }) => {
    if (method === 'patch') {
      return change;
    }
    return answer(200, path.text.includes('/Groups/') ? { id: 'g/1', members: members.map((value) => ({ value })) } : { id: 'u"1' });
  });
}

const refused = (status, scimType) => answer(status, { scimType, detail: 'words', status: String(status) });

test('outcomes say what was there before', () => {
  const [held, notHeld] = [['u"1'], ['other']];
  const table = [
    ['grant', notHeld, answer(204, ''), 'granted'],
    ['grant', held, answer(200, {}), 'already-granted'],
    ['grant', held, refused(409, 'uniqueness'), 'already-granted'],
    ['grant', notHeld, refused(409, 'uniqueness'), 'conflict'],
    ['revoke', held, answer(204, ''), 'revoked'],
    ['revoke', notHeld, answer(204, ''), 'already-revoked'],
    ['revoke', notHeld, refused(400, 'noTarget'), 'already-revoked'],
    ['revoke', held, refused(400, 'noTarget'), 'invalid-request'],
    ['revoke', held, refused(400, 'mutability'), 'not-manageable'],
    ['revoke', held, refused(404), 'not-found'],
    ['grant', notHeld, refused(403), 'permission-denied'],
  ];
  for (const [tag, members, change, expected] of table) {
    service(members, change);
    assert.equal(told(operation(tag)).kind, expected, `${tag} ${members}`);
    assert.equal(host.requests.filter((one) => one.method === 'patch').length, 1);
  }
});

test('a change is one PATCH of the group, quoted and encoded', () => {
  const body = () => JSON.parse(host.requests.at(-1).body);
  service([]);
  apply(operation('grant'));
  assert.deepEqual(host.requests.map((one) => one.path.text), ['/scim/v2/Groups/g%2F1', '/scim/v2/Users/u%221', '/scim/v2/Groups/g%2F1']);
  assert.equal(host.requests.at(-1).path.template, '/{}/{}/Groups/{}');
  assert.deepEqual(body(), {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'add', path: 'members', value: [{ value: 'u"1', type: 'User' }] }],
  });
  service([]);
  apply(operation('revoke'));
  assert.deepEqual(body().Operations, [{ op: 'remove', path: 'members[value eq "u\\"1"]' }]);
});

test('who or what does not exist is told, and nothing is sent', () => {
  for (const [gone, reason] of [['/Groups/', 'group-not-found'], ['/Users/', 'user-not-found']]) {
    answering(({ path }) => (path.text.includes(gone) ? answer(404, {}) : answer(200, { id: 'x' })));
    const error = thrown(() => apply(operation('grant')));
    assert.deepEqual([error.kind, error.reason], ['not-found', reason]);
    assert.ok(asked().every((line) => line.startsWith('get ')));
  }
});

test('a lost answer is handed on as the host gave it', () => {
  const failure = { kind: 'unavailable', reason: 'lost', message: 'Lost.', retry: { tag: 'backoff' }, causes: [], attributes: '' };
  answering(({ method }) => (method === 'patch' ? { failure } : answer(200, { id: 'x' })));
  assert.deepEqual(apply(operation('grant')), [{ tag: 'err', val: failure }]);
});

test('a refusal is of the whole request; a failure may have changed something', () => {
  service([], answer(429, {}, { 'retry-after': '7' }));
  assert.deepEqual(thrown(() => apply(operation('grant'))).retry, { tag: 'after', val: 7000n });
  service([], answer(503, {}));
  const [{ tag, val }] = apply(operation('grant'));
  assert.deepEqual([tag, val.kind], ['err', 'unavailable']);
});

test('what SCIM does not know is not tried', () => {
  service([]);
  const until = { until: { seconds: 1n, nanoseconds: 0 } };
  for (const one of [operation('grant', until), operation('grant', {}, { ...KEY, entitlement: 'owner' }), operation('delete')]) {
    assert.equal(thrown(() => apply(one)).kind, 'unsupported');
  }
  assert.equal(thrown(() => apply(operation('grant'), operation('grant'))).reason, 'batch-size');
  assert.deepEqual(asked(), []);
});

test('a lost change is settled by looking', () => {
  const at = (seconds) => ({ seconds: 1_795_420_800n + BigInt(seconds), nanoseconds: 0 });
  const table = [
    ['grant', ['u"1'], false, 1, undefined, 'granted'],
    ['grant', ['u"1'], true, 1, undefined, 'already-granted'],
    ['grant', [], false, 59, undefined, 'unknown'],
    ['grant', [], false, 60, undefined, 'not-applied'],
    ['revoke', [], true, 1, undefined, 'revoked'],
    ['revoke', [], false, 1, undefined, 'already-revoked'],
    ['revoke', ['u"1'], true, 59, undefined, 'unknown'],
    ['revoke', ['u"1'], true, 60, undefined, 'not-applied'],
    // Right after another change of the same grant, what is seen may be older than that.
    ['grant', ['u"1'], false, 5, -10, 'unknown'],
    ['grant', ['u"1'], false, 60, -10, 'granted'],
    ['grant', ['u"1'], false, 5, -60, 'granted'],
  ];
  for (const [tag, members, before, later, changed, expected] of table) {
    service(members);
    host.now = at(later);
    const settled = connector.settle(CONNECTION, {
      operation: operation(tag),
      prior: before ? { key: KEY, attributes: '' } : undefined,
      sent: at(0),
      givenUp: at(0),
      lastChanged: changed === undefined ? undefined : at(changed),
      attributes: '',
    });
    assert.equal(settled.kind, expected, `${tag} ${members} ${before} ${later} ${changed}`);
    assert.deepEqual(asked(), ['get /scim/v2/Groups/g/1']);
  }
});
