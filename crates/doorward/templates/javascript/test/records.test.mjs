// What users, teams and members become.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moment } from '../src/moments.js';
import { connector } from '../src/plugin.js';
import { account, member, team } from '../src/records.js';
import { answer, answering, CONNECTION, host, NOW, simulated, thrown } from './fakes.mjs';

/** All records of a sync, read as the host does. */
function everything(respond) {
  answering(respond);
  const records = [];
  const cursors = connector.start(CONNECTION, { bookmarks: [], facts: [], attributes: '' });
  while (cursors.length > 0) {
    const page = connector.sync(CONNECTION, { cursor: cursors.pop(), facts: [], attributes: '' });
    records.push(...page.records);
    cursors.push(...page.next.map((one) => one.cursor));
  }
  return records;
}

test('a user is told as far as the service tells it', () => {
  const table = [
    [{ id: 'a', name: 'Ada', email: 'a@b.c', active: false }, ['Ada', 'a@b.c', false]],
    [{ id: 'a', name: '', email: null, active: 'yes' }, ['a', undefined, undefined]],
  ];
  for (const [found, expected] of table) {
    const { name, mail, enabled, login } = account(found).val;
    assert.deepEqual([name, mail, enabled], expected);
    assert.equal(login, 'a');
  }
});

test('a team says whether it can be changed', () => {
  const table = [
    [null, 'team', []],
    ['directory', 'directory-team', ['managed-by-directory']],
    // What is not told is not free, nor is what nobody knows yet.
    [undefined, 'directory-team', ['manager-unknown']],
    ['payroll', 'directory-team', ['manager-unknown']],
  ];
  for (const [managed_by, expected, codes] of table) {
    const made = team({ id: 't', name: 'T', managed_by }).val;
    assert.equal(made.class, expected);
    assert.deepEqual(made.refusals.map((rule) => rule.refusal.code), codes);
  }
});

test('what has no id is told, and not left out', () => {
  for (const made of [account({}), account(null), team({ id: 1 }), member('t', { name: 'Ada' })]) {
    assert.equal(made.tag, 'skipped');
  }
});

test('a sync reads everything, page by page', () => {
  const records = everything(simulated());
  const counts = ['account', 'resource'].map((tag) => records.filter((one) => one.tag === tag).length);
  assert.deepEqual(counts, [261, 12]);
  const held = records.filter((one) => one.tag === 'grant').map((one) => one.val.key);
  const of = (id) => held.filter((key) => key.resource.id === id).map((key) => key.principal.id);
  assert.equal(of('everyone').length, 261);
  assert.deepEqual(of('sandbox'), ['bob', 'carol', 'dave']);
});

test('a list that leads to itself ends', () => {
  const again = () => answer(200, { users: [], teams: [], next: 'again' });
  assert.equal(thrown(() => everything(again)).reason, 'unexpected-answer');
});

test('a place that is none of ours is an error, and not the beginning', () => {
  answering(simulated());
  const query = { tag: 'holders', val: { resource: { kind: 'team', id: 'everyone' }, attributes: '' } };
  const foreign = ['', 'null', '{}', '{"after":1}', '{"after":null}', '{"after":""}', '{"after":"a","more":null}'];
  for (const cursor of foreign) {
    const error = thrown(() => connector.read(CONNECTION, { query, cursor, attributes: '' }));
    assert.deepEqual([error.kind, error.reason], ['invalid-request', 'foreign-cursor']);
  }
  for (const body of [...foreign, '{"after":"a"}', '{"after":null,"team":1}', '{"after":null,"team":"chess"}']) {
    const cursor = { stream: 'users', phase: 0, body, attributes: '' };
    const error = thrown(() => connector.sync(CONNECTION, { cursor, facts: [], attributes: '' }));
    assert.deepEqual([error.kind, error.reason], ['cursor-expired', 'foreign-cursor']);
  }
  assert.deepEqual(host.asked, []);
});

test('a moment is read to the second', () => {
  const table = [
    ['2026-11-23T08:00:00Z', NOW],
    ['2026-11-23T09:30:00+01:30', NOW],
    ['2026-11-23T08:00:00.000Z', NOW],
    ['2026-11-23T08:00:00.999999999Z', NOW],
    ['1969-12-31T23:59:59.5Z', -1n],
  ];
  for (const [written, seconds] of table) {
    assert.deepEqual(moment(written), { seconds, nanoseconds: 0 });
  }
  for (const written of [undefined, '', '2026-11-23', '2026-11-23T08:00:00', '2026-13-23T08:00:00Z']) {
    assert.equal(moment(written), undefined);
  }
});

test('somebody is found by id, name and mail', () => {
  const terms = [
    { tag: 'id', val: 'alice' },
    { tag: 'name', val: 'alice' },
    { tag: 'name', val: 'Alice Archer' },
    { tag: 'mail', val: 'alice@teams.example' },
  ];
  for (const term of terms) {
    answering(simulated());
    const query = { tag: 'find', val: { kind: 'user', term, attributes: '' } };
    const found = connector.read(CONNECTION, { query, attributes: '' });
    assert.deepEqual(found.records.map((one) => one.val.key.id), ['alice']);
  }
});
