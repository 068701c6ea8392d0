/** Data that the finished page carries, in script elements of base64 text. */
export async function element(id: string): Promise<Uint8Array | null> {
  const text = document.getElementById(id)?.textContent;
  return text == null ? null : unzipped(decode(text));
}

export function decode(base64: string): Uint8Array {
  const text = atob(base64.trim());
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** What gzip packed, unpacked; anything else as it is. */
async function unzipped(bytes: Uint8Array): Promise<Uint8Array> {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
