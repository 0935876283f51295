import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from './connector.mjs';
import { answer, answering, asked, CONNECTION, list, thrown } from './fakes.mjs';

function all(stream) {
  const request = { stream, bookmarks: [], facts: [], attributes: '' };
  const records = [];
  for (let cursors = connector.start(CONNECTION, request); cursors.length > 0; ) {
    const page = connector.sync(CONNECTION, { cursor: cursors[0], facts: [], attributes: '' });
    records.push(...page.records);
    cursors = [...cursors.slice(1), ...page.next.map((next) => next.cursor)];
  }
  return records;
}

const user = (id) => ({ id, userName: `${id}@example.com` });
const kinds = (records) => records.map((record) => record.tag);

test('short pages are no last pages', () => {
  const everybody = ['a', 'b', 'c', 'd', 'e'].map(user);
  answering(({ path }) => {
    const start = Number(/startIndex=(\d+)/.exec(path.text)[1]);
    return list(5, everybody.slice(start - 1, start + 1), start);
  });
  const records = all('users');
  assert.deepEqual(
    records.filter((record) => record.tag === 'account').map((record) => record.val.key.id),
    ['a', 'b', 'c', 'd', 'e'],
  );
  assert.deepEqual(asked(), [1, 3, 5].map((start) => `get /scim/v2/Users?startIndex=${start}&count=100`));
  assert.deepEqual(
    records.filter((record) => record.tag === 'expected').map((record) => record.val),
    [{ what: 'user', count: 5n, attributes: '' }],
  );
});

test('a total that falls, and a page that is missing, are told', () => {
  answering(({ path }) => (path.text.includes('startIndex=1&') ? list(3, [user('a')]) : list(2, [], 2)));
  const codes = all('users').filter((record) => record.tag === 'skipped').map((record) => record.val.code);
  assert.deepEqual(codes, ['missing-page', 'changed-while-reading']);
});

test('a service that gives the first page again and again is refused', () => {
  answering(() => list(3, [user('a')], 1));
  assert.equal(thrown(() => all('users')).reason, 'unexpected-answer');
});

test('members become grants, by type or by place', () => {
  const members = [
    { value: 'u1' },
    { value: 'u2', type: 'User' },
    { value: 'g2', type: 'group' },
    { value: 'g3', $ref: 'https://scim.example/scim/v2/Groups/g3' },
    { value: 'd1', type: 'Device' },
    { display: 'nobody' },
  ];
  answering(() => list(1, [{ id: 'g1', displayName: 'Staff', externalId: 'x', members, meta: { created: '2026-01-02T03:04:05.5Z' } }]));
  const records = all('groups');
  assert.deepEqual(kinds(records), ['resource', 'grant', 'grant', 'grant', 'grant', 'skipped', 'skipped', 'expected']);
  assert.deepEqual(
    records.filter((record) => record.tag === 'grant').map(({ val: { key } }) => `${key.principal.kind} ${key.principal.id} ${key.entitlement} ${key.resource.id}`),
    ['user u1 member g1', 'user u2 member g1', 'group g2 member g1', 'group g3 member g1'],
  );
  const [group] = records;
  assert.deepEqual(group.val.created, { seconds: 1_767_323_045n, nanoseconds: 500_000_000 });
  assert.deepEqual(JSON.parse(group.val.attributes), { externalId: 'x' });
});

test('a user is told as far as the service tells it', () => {
  answering(() =>
    list(3, [
      {
        id: '1', userName: 'ada', name: { formatted: 'Ada L.' }, active: false,
        emails: [{ value: 'second@example.com' }, { value: 'first@example.com', primary: true }],
      },
      { id: '2', userName: 'bo', displayName: 'Bo' },
      { userName: 'nobody' },
    ]),
  );
  const [ada, bo, nobody] = all('users');
  assert.deepEqual([ada.val.name, ada.val.login, ada.val.mail, ada.val.enabled], ['Ada L.', 'ada', 'first@example.com', false]);
  assert.deepEqual([bo.val.name, bo.val.mail, bo.val.enabled], ['Bo', undefined, undefined]);
  assert.equal(nobody.val.code, 'object-without-id');
});

test('all streams are begun, and no other', () => {
  const start = (stream) => connector.start(CONNECTION, { stream, bookmarks: [], facts: [], attributes: '' });
  assert.deepEqual(start(undefined).map((cursor) => cursor.stream), ['users', 'groups']);
  assert.equal(thrown(() => start('devices')).reason, 'unknown-stream');
});

test('a page that is no list is refused', () => {
  for (const [status, body] of [[200, '<html>'], [200, { Resources: [] }], [302, '']]) {
    answering(() => answer(status, body));
    assert.equal(thrown(() => all('users')).kind, 'contract-violation', String(body));
  }
});
