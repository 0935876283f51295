// What users, teams and members become.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connector } from '../src/plugin.js';
import { account, member, team } from '../src/records.js';
import { answer, answering, CONNECTION, simulated, thrown } from './fakes.mjs';

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
