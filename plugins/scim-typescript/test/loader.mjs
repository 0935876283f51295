// Runs in Node's loader thread.

export function resolve(specifier, context, next) {
  if (specifier.startsWith('doorward:')) {
    return { url: new URL('./fakes.mjs', import.meta.url).href, shortCircuit: true };
  }
  return next(specifier, context);
}
