import { suggest } from './suggest.ts';

const repositoryUrl = 'https://github.com/health-injector/health-injector/blob/main';

/** More names do not fit into a sentence that people read to its end. */
const mostNames = 8;

/** Names of which one was expected. */
export type NameList = {
  readonly names: readonly string[];
  /** What else was expected, in front of the list. */
  readonly lead?: string;
  /** What one of them is, with its article, and for what. */
  readonly what?: string;
  readonly of?: string;
  /** The page that lists them, from the root of the repository. */
  readonly page?: string;
  /** What was meant, where the name has another in this list than its letters say: it comes before what is near. */
  readonly meant?: string;
};

/** A name that is in no list. */
export type UnknownName = { readonly name: string; readonly list: NameList };

/**
 * The end of a sentence about a name that is in no list: the list where it is short, else the page that has it, and the name
 * that was probably meant.
 */
export function expectedName({ name, list: { names, lead, what = 'one', of, page, meant } }: UnknownName): string {
  const isLong = page !== undefined && names.length > mostNames;
  const purpose = of === undefined ? '' : ` for ${of}`;
  const list = isLong ? `${what}${purpose} listed in ${repositoryUrl}/${page}` : `one of ${names.join(', ')}${purpose}`;
  return (
    (lead === undefined ? '' : `${lead} `) +
    list +
    (meant === undefined ? didYouMean(name, names) : ` (did you mean ${meant}?)`)
  );
}

/** The question whether another name was meant; empty where none is near. */
export function didYouMean(name: string, names: readonly string[]): string {
  const meant = suggest(name, names);
  return meant === undefined || meant === name ? '' : ` (did you mean ${meant}?)`;
}
