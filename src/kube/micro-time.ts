/** A time as a field of type MicroTime wants it. */
export const microTime = (date: Date): string => date.toISOString().replace('Z', '000Z');
