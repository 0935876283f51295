// JSON from outside: what has another type than it should have is taken for absent.

/** The `attributes` of a record that has no more to say than its fields. */
export const NONE = '';

/** A JSON object, or nothing when the text is something else. */
export function parse(source) {
  try {
    const value = JSON.parse(source);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * What a cursor of ours says: exactly these fields, each a text or null. Nothing for any other: to begin
 * at the beginning instead would give the same people twice, and nobody would know.
 */
export function place(cursor, fields) {
  const said = parse(cursor) ?? {};
  const isOurs = (name) => said[name] === null || text(said[name]) !== undefined;
  return Object.keys(said).length === fields.length && fields.every(isOurs) ? said : undefined;
}

export function mapping(value) {
  return isObject(value) ? value : {};
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text that says something. */
export function text(value) {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function truth(value) {
  return typeof value === 'boolean' ? value : undefined;
}
