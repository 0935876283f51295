import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from './connector.mjs';
import { answer, answering, asked, CONNECTION, host, list, thrown } from './fakes.mjs';

const ask = (tag, val, cursor) => connector.read(CONNECTION, { query: { tag, val }, cursor, attributes: '' });
const find = (kind, tag, val, cursor) => ask('find', { kind, term: { tag, val }, attributes: '' }, cursor);
const USER = { kind: 'user', id: 'u' };
const GROUP = { kind: 'group', id: 'r' };

/** A service with these groups: id, then members. */
function groups(members) {
  answering(({ path }) => {
    const text = decodeURIComponent(path.text);
    const member = /members\.value eq "([^"]*)"/.exec(text)?.[1];
    if (member !== undefined) {
      const found = Object.keys(members).filter((id) => members[id].includes(member));
      return list(found.length, found.map((id) => ({ id, displayName: id.toUpperCase() })));
    }
    const [, collection, id] = /^\/scim\/v2\/(Users|Groups)\/([^?]*)/.exec(text);
    if (collection === 'Users') {
      return id === 'u' ? answer(200, { id, userName: 'ada' }) : answer(404, {});
    }
    return id in members
      ? answer(200, { id, displayName: id.toUpperCase(), members: members[id].map((value) => ({ value })) })
      : answer(404, {});
  });
}

test('quotes and backslashes stay within the value of a filter', () => {
  answering(() => list(0, []));
  find('user', 'name', 'a" or userName pr or userName eq "\\');
  const quoted = '"a\\" or userName pr or userName eq \\"\\\\"';
  assert.deepEqual(asked(), [
    `get /scim/v2/Users?filter=userName eq ${quoted} or displayName eq ${quoted} or name.formatted eq ${quoted}&startIndex=1&count=100`,
  ]);
  assert.match(host.requests[0].path.text, /^[!-~]+$/);
  assert.equal(host.requests[0].path.template, '/{}/{}/Users');
});

test('each kind is searched where its name or mail is', () => {
  answering(() => list(0, []));
  find('user', 'mail', 'a@example.com');
  find('group', 'name', 'Staff');
  find('group', 'mail', 'a@example.com');
  find('device', 'name', 'x');
  find('user', 'name', '');
  assert.deepEqual(asked(), [
    'get /scim/v2/Users?filter=emails.value eq "a@example.com"&startIndex=1&count=100',
    'get /scim/v2/Groups?filter=displayName eq "Staff"&excludedAttributes=members&startIndex=1&count=100',
  ]);
});

test('an answer goes on where it stopped', () => {
  answering(({ path }) => (path.text.includes('startIndex=1&') ? list(2, [{ id: 'a' }]) : list(2, [{ id: 'b' }], 2)));
  const first = find('user', 'name', 'x');
  const second = find('user', 'name', 'x', first.next);
  assert.deepEqual([first, second].flatMap((page) => page.records.map((record) => record.val.key.id)), ['a', 'b']);
  assert.equal(second.next, undefined);
  assert.equal(thrown(() => find('user', 'name', 'x', '{"from":0}')).reason, 'foreign-cursor');
});

test('ids are encoded, and what is no id is not asked for', () => {
  answering(() => answer(404, {}));
  const keys = ['a/b?c', '..', '', 'é'].map((id) => ({ kind: 'user', id }));
  assert.deepEqual(ask('objects', keys).records, []);
  assert.deepEqual(host.requests.map((one) => one.path.text), ['/scim/v2/Users/a%2Fb%3Fc', '/scim/v2/Users/%C3%A9']);
  assert.equal(thrown(() => ask('holders', { resource: { kind: 'group', id: '' }, attributes: '' })).reason, 'invalid-id');
});

test('many objects are asked for 64 at a time', () => {
  answering(({ path }) => answer(200, { id: path.text.split('/').at(-1) }));
  const keys = Array.from({ length: 65 }, (_, index) => ({ kind: 'user', id: `u${index}` }));
  const first = ask('objects', keys);
  const second = ask('objects', keys, first.next);
  assert.deepEqual([first.records.length, second.records.length, second.next], [64, 1, undefined]);
});

test('holders are the members, and missing targets are told', () => {
  groups({ r: ['u', 'v'] });
  const holders = (resource, entitlement) => ask('holders', { resource, entitlement, attributes: '' });
  assert.deepEqual(holders(GROUP).records.map((record) => record.val.key.principal.id), ['u', 'v']);
  assert.deepEqual(holders(GROUP, 'owner').records, []);
  for (const act of [
    () => holders({ kind: 'group', id: 'none' }),
    () => ask('holdings', { kind: 'user', id: 'none' }),
    () => ask('paths', { principal: USER, resource: { kind: 'group', id: 'none' }, entitlement: 'member', attributes: '' }),
  ]) {
    assert.equal(thrown(act).kind, 'not-found');
  }
});

test('one grant is looked up, and a missing one is no error', () => {
  groups({ r: ['u'] });
  const look = (principal, resource, more) =>
    ask('grant', { principal, resource, entitlement: 'member', kind: 'active', ...more }).records.length;
  assert.equal(look(USER, GROUP), 1);
  assert.equal(look({ kind: 'user', id: 'v' }, GROUP), 0);
  assert.equal(look(USER, { kind: 'group', id: 'none' }), 0);
  assert.equal(look(USER, GROUP, { kind: 'eligible' }), 0);
  assert.equal(look(USER, GROUP, { scope: GROUP }), 0);
});

test('what somebody holds through others has its way', () => {
  groups({ a: ['u'], b: ['a', 'c'], c: ['b'], r: ['u', 'b'], other: ['x'] });
  const grants = ask('holdings', USER).records.filter((record) => record.tag === 'grant');
  assert.deepEqual(
    grants.map(({ val }) => [val.key.resource.id, val.via?.id]).sort(),
    [['a', undefined], ['b', 'a'], ['c', 'b'], ['r', undefined]],
  );
});

test('every way is found, and cycles end', () => {
  groups({ a: ['u'], b: ['a', 'c'], c: ['b'], r: ['u', 'b'] });
  const { paths, records } = ask('paths', { principal: USER, resource: GROUP, entitlement: 'member', attributes: '' });
  assert.deepEqual(paths.map((path) => path.names), [['ada', 'R'], ['ada', 'A', 'B', 'R']]);
  assert.deepEqual(
    paths[1].grants.map((key) => `${key.principal.kind}:${key.principal.id}>${key.resource.id}`),
    ['user:u>a', 'group:a>b', 'group:b>r'],
  );
  assert.deepEqual(records, []);
});

test('nothing contains a group', () => {
  answering(() => answer(500, {}));
  assert.deepEqual(ask('containers', GROUP).records, []);
  assert.deepEqual(asked(), []);
});
