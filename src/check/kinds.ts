/** Reads `10s`, `1m30s` or `500ms` as milliseconds: units in this order, six digits at most; undefined for all else, and for 0. */
export function parseDuration(text: string): number | undefined {
  const parts = /^(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?(?:(\d{1,6})ms)?$/.exec(text);
  const [hours, minutes, seconds, milliseconds] = (parts ?? []).slice(1).map((part) => Number(part ?? 0));
  const totalMs = (((hours ?? 0) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0)) * 1_000 + (milliseconds ?? 0);
  return totalMs > 0 ? totalMs : undefined;
}

/** Writes milliseconds in the form that `parseDuration` reads. */
export function formatDuration(durationMs: number): string {
  if (durationMs % 1_000 !== 0) return `${durationMs}ms`;
  return durationMs % 60_000 === 0 ? `${durationMs / 60_000}m` : `${durationMs / 1_000}s`;
}

/** A DNS name of at most 253 characters; one whose last label is a number is a misspelt address. */
export const isDnsName = (text: string): boolean =>
  text.length <= 253 &&
  !/(^|\.)\d+$/.test(text) &&
  /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$/.test(text);

function isStatusList(text: string): boolean {
  return text.split(',').every((part) => {
    const [, low, high] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(part) ?? [];
    return low !== undefined && (high === undefined || Number(low) <= Number(high));
  });
}

/** What a value of this kind of option must be, as the end of a sentence; undefined where `value` is one. */
export function expectedOfKind(kind: string, value: string): string | undefined {
  switch (kind) {
    case 'flag':
      return value === '' ? undefined : 'no value';
    case 'integer':
      return /^\d{1,6}$/.test(value) ? undefined : 'a whole number from 0 to 999999';
    case 'duration':
      return parseDuration(value) === undefined ? 'a duration such as 10s, 1m30s or 500ms' : undefined;
    case 'text':
      return value !== '' && [...value].length <= 256 && !/\p{Cc}/u.test(value)
        ? undefined
        : '1 to 256 characters, none of them a control character';
    case 'file':
      return value.startsWith('/') ? undefined : 'an absolute path';
    case 'name':
      return isDnsName(value) ? undefined : 'a DNS name';
    case 'status':
      return isStatusList(value) ? undefined : 'status codes such as 200-399 or 200,204';
    default: {
      const choices = kind.slice('choice:'.length).split('|');
      return choices.includes(value) ? undefined : `one of ${choices.join(', ')}`;
    }
  }
}
