// Groups within groups: all that somebody is in, and by which ways.

import { AT_ONCE, askAll, listed, listPath, value } from './client.js';
import type { Service } from './connection.js';
import { text } from './json.js';
import type { JsonObject } from './json.js';
import { equals } from './filters.js';
import { WITHOUT_MEMBERS } from './records.js';

/** Objects whose groups are asked for. */
const MOST_GROUPS = 300;
/** Ways that are told. */
const MOST_WAYS = 200;

/** Who is directly in what. */
export interface Web {
  /** The groups that each object is directly in, by ids. */
  above: Map<string, string[]>;
  groups: Map<string, JsonObject>;
  /** Whether groups were left out. */
  cut: boolean;
}

/** Walks upward, level by level. Each group is looked at once, so that cycles end. */
export function climb(service: Service, principal: string): Web {
  const web: Web = { above: new Map(), groups: new Map(), cut: false };
  let level = [principal];
  while (level.length > 0) {
    const room = MOST_GROUPS - web.above.size;
    web.cut ||= level.length > room;
    const found = containing(service, level.slice(0, Math.max(room, 0)));
    for (const [id, groups] of found) {
      web.above.set(id, [...groups.keys()].sort());
      groups.forEach((group, key) => web.groups.set(key, group));
    }
    const seen = new Set([...found.values()].flatMap((groups) => [...groups.keys()]));
    level = web.cut ? [] : [...seen].filter((id) => !web.above.has(id)).sort();
  }
  return web;
}

/** The groups that each of these is directly in. */
function containing(service: Service, ids: string[]): Map<string, Map<string, JsonObject>> {
  const found = new Map(ids.map((id) => [id, new Map<string, JsonObject>()]));
  let pending = ids.map((id) => ({ id, startIndex: 1 }));
  while (pending.length > 0) {
    const batch = pending.slice(0, AT_ONCE);
    pending = pending.slice(AT_ONCE);
    const answers = askAll(
      batch.map(({ id, startIndex }) =>
        listPath(service, 'Groups', startIndex, { filter: equals('members.value', id), ...WITHOUT_MEMBERS }),
      ),
    );
    batch.forEach(({ id, startIndex }, index) => {
      const page = listed(value(answers[index]), startIndex, `which groups \`${id}\` is in`);
      for (const group of page.items) {
        const key = text(group.id);
        if (key !== undefined) {
          found.get(id)?.set(key, group);
        }
      }
      if (page.next !== undefined) {
        pending.push({ id, startIndex: page.next });
      }
    });
  }
  return found;
}

/** Every way without a repeated object, the shortest first; and whether some were left out. */
export function ways(web: Web, from: string, to: string): { found: string[][]; cut: boolean } {
  const found: string[][] = [];
  // Breadth first gives the shortest ways first, which matters when the bound cuts.
  const open = [[from]];
  for (let way = open.shift(); way !== undefined; way = open.shift()) {
    for (const next of web.above.get(way.at(-1) ?? '') ?? []) {
      if (!way.includes(next)) {
        (next === to ? found : open).push([...way, next]);
      }
    }
    if (found.length > MOST_WAYS || open.length > MOST_WAYS * MOST_GROUPS) {
      return { found: found.slice(0, MOST_WAYS), cut: true };
    }
  }
  return { found, cut: web.cut };
}
