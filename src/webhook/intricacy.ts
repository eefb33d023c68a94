/** A text up to this length is parsed into little, whatever it holds. */
const harmlessLength = 256 * 1024;

/** How many objects, lists and entries of both there may be: an object of 1.5 MiB, which is all that etcd takes, has about 90,000. */
const mostParts = 200_000;

/** How deep they may stand in each other: a Pod is about ten deep, and each level costs several times what an entry does. */
const deepest = 100;

/**
 * Says in a sentence why a JSON text may take more memory once it is parsed than a replica can bear: 7 MiB of `[[[` take 330 MiB, while
 * the same of one long text takes what it is.
 */
export function tooIntricate(text: string): string | undefined {
  if (text.length <= harmlessLength) return undefined;
  let parts = 0;
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index++) {
    const letter = text.charCodeAt(index);
    if (letter === quote) isInText = !isInText;
    else if (isInText) index += letter === backslash ? 1 : 0;
    else if (letter === comma) parts++;
    else if (letter === brace || letter === bracket) {
      parts++;
      if (++depth > deepest) return `The body is more than ${deepest} objects and lists deep.`;
    } else if (letter === closingBrace || letter === closingBracket) depth--;
  }
  return parts > mostParts ? `The body has more than ${mostParts} objects, lists and entries of both.` : undefined;
}

const [quote, backslash, comma, brace, bracket, closingBrace, closingBracket] = [...'"\\,{[}]'].map((letter) =>
  letter.charCodeAt(0),
);
