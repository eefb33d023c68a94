// https://www.w3.org/TR/trace-context/#traceparent-header

/** The span that a caller is in. */
export type Parent = { readonly traceId: string; readonly spanId: string; readonly isSampled: boolean };

const form = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})/;

/** Reads the header `traceparent`; undefined where there is none that is well-formed. */
export function parseTraceparent(header: unknown): Parent | undefined {
  const [, traceId, spanId, flags] = (typeof header === 'string' && form.exec(header)) || [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, isSampled: (Number.parseInt(flags ?? '', 16) & 1) === 1 };
}
