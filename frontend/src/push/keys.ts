/** The bytes of a key in URL-safe base64. */
export function keyBytes(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function sameKey(first: ArrayBuffer | null, second: Uint8Array): boolean {
  if (first === null || first.byteLength !== second.length) return false;
  return new Uint8Array(first).every((byte, at) => byte === second[at]);
}
