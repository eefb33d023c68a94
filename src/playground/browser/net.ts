// https://nodejs.org/api/net.html#netisipinput

/** Four numbers from 0 to 255, none with a leading zero. */
export const isIPv4 = (text: string): boolean =>
  /^(?:(?:0|1\d?\d?|2(?:[0-4]\d?|5[0-5]?|[6-9])?|[3-9]\d?)(?:\.(?!$)|$)){4}$/.test(text);

/** Eight groups of up to four hexadecimal digits, of which `::` may stand for some, and the last two may be an IPv4 address; a zone may follow. */
export function isIPv6(text: string): boolean {
  const [, address = '', zone] = /^([^%]*)(%[0-9a-zA-Z\-.:]+)?$/.exec(text) ?? [];
  if (zone === undefined && text.includes('%')) return false;
  const halves = address.split('::');
  const [front = '', back] = halves;
  if (halves.length > 2) return false;
  const groups = [...groupsOf(front, back === undefined), ...groupsOf(back ?? '', true)];
  if (groups.includes(undefined)) return false;
  return back === undefined ? groups.length === 8 : groups.length < 8;
}

/** One entry for each group of 16 bits, undefined for one that is none; only the last may be an IPv4 address. */
function groupsOf(text: string, isLast: boolean): (string | undefined)[] {
  const parts = text === '' ? [] : text.split(':');
  return parts.flatMap((part, index) => {
    if (isLast && index === parts.length - 1 && isIPv4(part)) return ['v4', 'v4'];
    return [/^[0-9a-fA-F]{1,4}$/.test(part) ? part : undefined];
  });
}

/** 4, 6, or 0 for what is no address. */
export const isIP = (text: string): 0 | 4 | 6 => (isIPv4(text) ? 4 : isIPv6(text) ? 6 : 0);
