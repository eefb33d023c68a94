/** What the webhook uses of Node's `Buffer`: the length of a text in UTF-8, and a text in Base64. */
export const Buffer = {
  byteLength: (text: string): number => new TextEncoder().encode(text).length,
  from: (text: string) => ({
    toString: (_encoding: 'base64'): string =>
      btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join('')),
  }),
};
