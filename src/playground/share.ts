import type { PlaygroundInput } from './run.ts';
import { longestText } from './run.ts';

/** What a link may unpack to: a link is a stranger's, and a short one may hold gigabytes of zeros. */
const mostBytes = 4 * longestText;

/** Packs the fields of the page into the fragment of a link: JSON, deflated, in the alphabet of URLs. */
export async function packInput(input: PlaygroundInput): Promise<string> {
  const stream = new Blob([JSON.stringify(input)]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const letters = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Unpacks what `packInput` packed; undefined for every other text. */
export async function unpackInput(packed: string): Promise<PlaygroundInput | undefined> {
  try {
    const letters = atob(packed.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(letters, (letter) => letter.charCodeAt(0));
    const text = await readBounded(new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')));
    return text === undefined ? undefined : inputOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function readBounded(stream: ReadableStream<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.length;
    if (length > mostBytes) {
      await reader.cancel();
      return undefined;
    }
    text += decoder.decode(value, { stream: true });
  }
}

function inputOf(value: unknown): PlaygroundInput | undefined {
  const { manifest, policies, settings } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof manifest !== 'string' || typeof policies !== 'string') return undefined;
  const texts = Object.entries(settings ?? {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { manifest, policies, settings: Object.fromEntries(texts) };
}
