// The service's users, teams and members in the words of Doorward.

import { mapping, NONE, text, truth } from './values.js';

// Kinds, which people write in selectors: `user:alice`, `team:Chess`.
export const USER = 'user';
export const TEAM = 'team';
/** The one right on a team. */
export const MEMBER = 'member';
/** The class of a team that is filled from elsewhere; others have the class TEAM. */
export const DIRECTORY_TEAM = 'directory-team';

export function account(found) {
  const user = mapping(found);
  const id = text(user.id);
  if (id === undefined) {
    return withoutId('user');
  }
  return {
    tag: 'account',
    val: {
      key: { kind: USER, id },
      name: text(user.name) ?? id,
      // In the Teams service people sign in with their id.
      login: id,
      mail: text(user.email),
      // Nothing, when the service does not tell: to guess would mark the wrong people.
      enabled: truth(user.active),
      external: false,
      limited: false,
      attributes: NONE,
    },
  };
}

export function team(found) {
  const known = mapping(found);
  const id = text(known.id);
  if (id === undefined) {
    return withoutId('team');
  }
  // Only null says that it is free. What is absent, or new one day, does not: better not changed than wrongly.
  const manager = known.managed_by;
  return {
    tag: 'resource',
    val: {
      key: { kind: TEAM, id },
      name: text(known.name) ?? id,
      class: manager === null ? TEAM : DIRECTORY_TEAM,
      refusals: refusals(manager),
      privileged: false,
      keepsLastHolder: [],
      attributes: NONE,
    },
  };
}

/** Said before anybody tries, so that nobody waits for an approval of what cannot be done. */
function managedByDirectory() {
  const refusal = {
    code: 'managed-by-directory',
    message: 'The members of this team come from the directory, and the Teams service lets nobody change them.',
    remedy: 'Change the membership in the directory; it comes here by itself.',
    attributes: NONE,
  };
  return unchangeable(refusal);
}

function managerUnknown() {
  return unchangeable({
    code: 'manager-unknown',
    message: 'The Teams service does not say who fills this team, so that nothing is changed in it.',
    remedy: 'Look into the Teams service where the members of this team come from, and change them there.',
    attributes: NONE,
  });
}

function refusals(manager) {
  if (manager === null) {
    return [];
  }
  return [manager === 'directory' ? managedByDirectory() : managerUnknown()];
}

function unchangeable(refusal) {
  return { entitlements: [MEMBER], principals: [], canBeTaken: false, refusal, attributes: NONE };
}

/** The grant that a member of a team is. */
export function member(teamId, found) {
  const id = text(mapping(found).id);
  return id === undefined ? withoutId('member', { kind: TEAM, id: teamId }) : grant(membership(id, teamId));
}

export function membership(userId, teamId) {
  return {
    principal: { kind: USER, id: userId },
    resource: { kind: TEAM, id: teamId },
    entitlement: MEMBER,
    kind: 'active',
  };
}

export function grant(key) {
  return { tag: 'grant', val: { key, attributes: NONE } };
}

/** Whether this grant can exist in the service at all. */
export function isMembership(key) {
  const isPlain = key.kind === 'active' && (key.scope ?? undefined) === undefined;
  return isPlain && key.principal.kind === USER && key.resource.kind === TEAM && key.entitlement === MEMBER;
}

function withoutId(what, object) {
  return skipped(object, 'object-without-id', `The Teams service gave a ${what} without an id.`);
}

/** What could not be read must be told: a gap looks like access that is gone. */
export function skipped(object, code, message) {
  return { tag: 'skipped', val: { object, code, message, attributes: NONE } };
}

export function named(key) {
  return `${key.kind} \`${key.id}\``;
}
