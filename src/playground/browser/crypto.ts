// https://nodejs.org/api/crypto.html#cryptohashalgorithm-data-options
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

/** What `node:crypto` has of this name: a browser's own SHA-256 does not answer at once, as injection does. */
export const hash = (_algorithm: 'sha256', text: string): string => bytesToHex(sha256(new TextEncoder().encode(text)));
