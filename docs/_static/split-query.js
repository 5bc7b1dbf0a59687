// What is asked, cut into words: at whatever is no letter, and Chinese by the words of the index, the longest first.
var splitQuery = (query) => {
  const known = Search._index === null ? {} : Search._index.terms;
  const longest = 12;
  const cut = (text) => {
    const words = [];
    for (let at = 0; at < text.length; ) {
      let length = Math.min(longest, text.length - at);
      while (length > 1 && !Object.hasOwn(known, text.slice(at, at + length))) length -= 1;
      if (length > 1) words.push(text.slice(at, at + length));
      at += length;
    }
    return words.length ? words : [text];
  };
  return query
    .split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu)
    .flatMap((run) => run.split(/(\p{Script=Han}+)/u))
    .filter((run) => run)
    .flatMap((run) => (/\p{Script=Han}/u.test(run) ? cut(run) : [run]));
};
