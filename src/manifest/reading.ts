// https://github.com/kubernetes-sigs/yaml
import type { DocumentOptions, ParseOptions, SchemaOptions } from 'yaml';

const tags = ['map', 'seq', 'str', 'null', 'bool', 'int', 'float', 'merge'].map((name) => `tag:yaml.org,2002:${name}`);

/**
 * How manifests are read: as kubectl reads them, which is YAML 1.1 without its dates and times of day, so that
 * `yes` is true and `0644` is octal.
 */
export const reading: ParseOptions & DocumentOptions & SchemaOptions = {
  schema: 'yaml-1.1',
  merge: true,
  resolveKnownTags: false,
  customTags: (all) =>
    all.filter(
      (tag) => typeof tag === 'string' || (tags.includes(tag.tag) && !('format' in tag && tag.format === 'TIME')),
    ),
  keepSourceTokens: true,
  prettyErrors: false,
};
