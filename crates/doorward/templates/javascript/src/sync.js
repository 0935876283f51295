// Everything, page by page. The service has no list of changes, so that each sync is a full one.
//
// One cursor in, one page out: users from the stream `users`; from the stream `teams` each page of
// teams, and for each team on it a chain of pages with its members.

import { ask, isNotFound, listed, listPath } from './client.js';
import { failure } from './errors.js';
import { account, member, skipped, TEAM, team } from './records.js';
import { NONE, place } from './values.js';

const STREAMS = ['users', 'teams'];

export function start(request) {
  const wanted = request.stream ?? undefined;
  if (wanted !== undefined && !STREAMS.includes(wanted)) {
    throw unknownStream(wanted);
  }
  return STREAMS.filter((name) => wanted === undefined || wanted === name).map((name) => cursor(name));
}

export function sync(service, request) {
  const { stream, body } = request.cursor;
  if (!STREAMS.includes(stream)) {
    throw unknownStream(stream);
  }
  const told = place(body, ['after', 'team']);
  if (told === undefined || (stream === 'users' && told.team !== null)) {
    throw failure('cursor-expired', 'foreign-cursor', 'The place in the sync is none of this connector.', {
      remedy: 'Read the stream again from its start.',
    });
  }
  const after = told.after ?? undefined;
  if (told.team !== null) {
    return members(service, told.team, after);
  }
  const response = ask(listPath(service, [stream], { after }));
  const { items, next } = listed(response, stream, after, `for the ${stream}`);
  if (stream === 'users') {
    return page(items.map(account), stream, { next });
  }
  const records = items.map(team);
  const forks = records.filter((one) => one.tag === 'resource').map((one) => fork(one.val.key.id));
  return page(records, stream, { next, forks });
}

function members(service, teamId, after) {
  const doing = `for the members of the team \`${teamId}\``;
  const response = ask(listPath(service, ['teams', teamId, 'members'], { after }));
  if (isNotFound(response)) {
    const message = 'The team was deleted while it was read.';
    return page([skipped({ kind: TEAM, id: teamId }, 'deleted-while-reading', message)], 'teams');
  }
  const { items, next } = listed(response, 'members', after, doing);
  return page(items.map((one) => member(teamId, one)), 'teams', { next, teamId });
}

function page(records, stream, { next, teamId, forks = [] } = {}) {
  const continued =
    next === undefined ? [] : [{ cursor: cursor(stream, next, teamId), continues: true, attributes: NONE }];
  return { records, next: [...forks, ...continued], facts: [], usage: { attributes: NONE }, attributes: NONE };
}

/** The members of a team are a chain of their own: the host may read several at once. */
function fork(teamId) {
  return { cursor: cursor('teams', undefined, teamId), continues: false, attributes: NONE };
}

/** All that is needed to go on, since another instance will: nothing may be kept in memory. */
function cursor(stream, after = null, team = null) {
  return { stream, phase: 0, body: JSON.stringify({ after, team }), attributes: NONE };
}

function unknownStream(name) {
  return failure('invalid-request', 'unknown-stream', `There is no stream \`${name}\`: there are users and teams.`);
}
