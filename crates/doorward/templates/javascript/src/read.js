// Questions about single objects and grants. The host asks them before and after each change.

import { ask, askAll, body, found, isId, isNotFound, listed, listPath, path } from './client.js';
import { failure, unreadable } from './errors.js';
import { account, grant, isMembership, MEMBER, member, membership, named, TEAM, team, USER } from './records.js';
import { mapping, NONE, place, text } from './values.js';

/** Where objects of a kind are, and how they are told. */
const COLLECTIONS = new Map([
  [USER, 'users'],
  [TEAM, 'teams'],
]);
const RECORDS = new Map([
  [USER, account],
  [TEAM, team],
]);

export function read(service, request) {
  const { tag, val } = request.query;
  const after = placed(request.cursor ?? undefined);
  switch (tag) {
    case 'find':
      return find(service, val.kind, val.term, after);
    case 'objects':
      return answer(objects(service, val));
    case 'holders':
      return holders(service, val, after);
    case 'holdings':
      return holdings(service, val, after);
    case 'grant':
      return answer(holds(service, val) ? [grant(val)] : []);
    case 'containers':
      // Nothing contains a team.
      return answer([]);
    case 'paths':
      return paths(service, val);
  }
}

/** Candidates are enough: the host compares exactly, and refuses when several fit. */
function find(service, kind, term, after) {
  const collection = COLLECTIONS.get(kind);
  if (collection === undefined) {
    return answer([]);
  }
  if (term.tag === 'id') {
    return answer(objects(service, [{ kind, id: term.val }]));
  }
  const isByMail = term.tag === 'mail';
  if (isByMail && kind === TEAM) {
    return answer([]);
  }
  const wanted = isByMail ? { email: term.val } : { name: term.val };
  const response = ask(listPath(service, [collection], { after, ...wanted }));
  const { items, next } = listed(response, collection, after, `for the ${collection} that fit a name`);
  const records = items.map(RECORDS.get(kind));
  if (kind === USER && !isByMail && after === undefined) {
    // A name is also what somebody signs in with, which is the id here.
    records.push(...objects(service, [{ kind, id: term.val }]));
  }
  return answer(records, next);
}

/** Those that do not exist are missing in the answer, which is no error. */
function objects(service, keys) {
  const asked = keys.filter((key) => COLLECTIONS.has(key.kind) && isId(key.id));
  const answers = askAll(asked.map((key) => objectPath(service, key)));
  return asked.flatMap((key, index) => {
    const known = found(answers[index], `for the ${named(key)}`);
    return known === undefined ? [] : [RECORDS.get(key.kind)(known)];
  });
}

function holders(service, query, after) {
  const key = query.resource;
  if (key.kind !== TEAM || (query.entitlement ?? MEMBER) !== MEMBER) {
    // Nobody holds it, but only of what exists.
    existing(service, key);
    return answer([]);
  }
  const doing = `for the members of the ${named(key)}`;
  const response = ask(listPath(service, ['teams', key.id, 'members'], { after }));
  const { items, next } = listed(response, 'members', after, doing);
  // The service tells its members whole, which saves the host a question for each.
  const people = items.map(account).filter((one) => one.tag === 'account');
  return answer([...people, ...items.map((one) => member(key.id, one))], next);
}

function holdings(service, principal, after) {
  if (principal.kind !== USER) {
    existing(service, principal);
    return answer([]);
  }
  const doing = `for the teams of the ${named(principal)}`;
  const response = ask(listPath(service, ['users', principal.id, 'teams'], { after }));
  const { items, next } = listed(response, 'teams', after, doing);
  const ids = items.map((one) => text(mapping(one).id)).filter((id) => id !== undefined);
  return answer([...items.map(team), ...ids.map((id) => grant(membership(principal.id, id)))], next);
}

/**
 * Whether the grant is there: by the teams of the user, who is in few; a team can have thousands of
 * members. Who does not exist holds nothing.
 */
export function holds(service, key) {
  const { principal, resource } = key;
  if (!isMembership(key) || !isId(principal.id)) {
    return false;
  }
  const doing = `for the teams of the ${named(principal)}`;
  const seen = new Set();
  let after;
  for (;;) {
    const response = ask(listPath(service, ['users', principal.id, 'teams'], { after }));
    if (isNotFound(response)) {
      return false;
    }
    const { items, next } = listed(response, 'teams', after, doing);
    if (items.some((one) => mapping(one).id === resource.id)) {
      return true;
    }
    if (next === undefined) {
      return false;
    }
    if (seen.has(next)) {
      throw unreadable(response, doing, 'its pages go round in a circle');
    }
    seen.add(next);
    after = next;
  }
}

/** There is one way at most: teams do not contain teams. */
function paths(service, { principal, resource, entitlement }) {
  const ends = [existing(service, principal), existing(service, resource)];
  const key = { principal, resource, entitlement, kind: 'active' };
  if (!holds(service, key)) {
    return answer([]);
  }
  const names = ends.map((one) => text(one.name) ?? text(one.id));
  return { ...answer([]), paths: [{ grants: [key], names, attributes: NONE }] };
}

/** The object, which must exist: that nobody has access to what is not there is true and misleads. */
function existing(service, key) {
  if (!COLLECTIONS.has(key.kind)) {
    throw failure('not-found', 'not-found', `There is no ${named(key)}: the Teams service knows users and teams.`, {
      remedy: 'Check the kind.',
    });
  }
  return body(ask(objectPath(service, key)), `for the ${named(key)}`);
}

function objectPath(service, key) {
  return path(service, [COLLECTIONS.get(key.kind), key.id]);
}

function answer(records, next) {
  return { records, paths: [], next: next && JSON.stringify({ after: next }), attributes: NONE };
}

/** Where the page before ended; nothing for the first. */
function placed(cursor) {
  if (cursor === undefined) {
    return undefined;
  }
  const after = place(cursor, ['after'])?.after ?? undefined;
  if (after === undefined) {
    throw failure('invalid-request', 'foreign-cursor', 'The place in the answer is none of this connector.', {
      remedy: 'Ask again without a cursor.',
    });
  }
  return after;
}
