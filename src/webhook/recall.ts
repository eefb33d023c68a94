/** How many answers are remembered, and how long a call may be for its answer to be remembered. */
const mostAnswers = 256;
const longestBody = 32_768;

/** A call whose answer was not found; `remember` keeps the answer for the calls that are like it. */
export type Recall<T> = {
  readonly find: (
    body: string,
    generation: number,
  ) => {
    readonly uid: string;
    readonly known: T | undefined;
    readonly remember: (answer: T) => void;
  };
};

/**
 * Remembers answers for the siblings of a Pod. The Pods of a ReplicaSet come as reviews that are the same to the
 * letter but for the uid of the request and the random end of the name of the token's volume, so the text without
 * these two is the key, and there is no other way to be taken for a sibling. An answer that holds such a volume's
 * name must not be remembered. What was answered under another generation of the policies is forgotten.
 */
export function createRecall<T>(): Recall<T> {
  const answers = new Map<string, T>();
  let current = 0;
  return {
    find(body, generation) {
      if (generation !== current) answers.clear();
      current = generation;
      const [front = '', head = '', uid = ''] = start.exec(body) ?? [];
      const isKeyed = uid !== '' && body.length <= longestBody && !body.includes(hole);
      if (!isKeyed) return { uid, known: undefined, remember: () => {} };
      const key = (head + hole + body.slice(front.length)).replaceAll(tokenVolume, hole);
      const remember = (answer: T): void => {
        if (answers.size >= mostAnswers) answers.delete(answers.keys().next().value ?? '');
        answers.set(key, answer);
      };
      return { uid, known: answers.get(key), remember };
    },
  };
}

/** How the apiserver begins a review: nothing can stand before the uid that is not looked at. */
const start =
  /^(\{(?:"kind":"AdmissionReview",|"apiVersion":"admission\.k8s\.io\/v1",){2}"request":\{"uid":")([\w-]{1,64})/;

/** A character that no JSON text can hold. */
const hole = '\0';

/** The volume that the ServiceAccount admission plugin adds: a fixed name and five random characters. */
const tokenVolume = /kube-api-access-[a-z0-9]{5}/g;
