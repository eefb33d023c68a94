// https://github.com/kubernetes/kubernetes/blob/master/third_party/forked/golang/expansion/expand.go

/** Expands `$(NAME)` as the kubelet does in commands and arguments; what it does not know it leaves. */
export function expand(text: string, variables: Readonly<Record<string, string>>): string {
  let out = '';
  for (let at = 0; at < text.length; at++) {
    const next = text[at + 1];
    if (text[at] !== '$' || next === undefined) {
      out += text[at];
    } else if (next === '(') {
      const end = text.indexOf(')', at + 2);
      const name = text.slice(at + 2, end);
      out += end < 0 ? '$(' : (variables[name] ?? `$(${name})`);
      at = end < 0 ? at + 1 : end;
    } else {
      out += next === '$' ? '$' : `$${next}`;
      at++;
    }
  }
  return out;
}
