// Filters (RFC 7644 §3.4.2.2). A value is a JSON string, which is all the quoting there is.

export function equals(attribute: string, value: string): string {
  return `${attribute} eq ${JSON.stringify(value)}`;
}

export function anyOf(attributes: string[], value: string): string {
  return attributes.map((attribute) => equals(attribute, value)).join(' or ');
}
