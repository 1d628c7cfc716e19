"""Texts that a tokenizer has to get right, and random ones from what its rules look for."""

from hypothesis import strategies as st

# Text → its words, and where these stand in the text.
CASES = {
    # entities
    "caf&eacute; &amp; t&ecirc;te": (["cafe", "tete"], ["caf&eacute;", "t&ecirc;te"]),
    "don&#39;t isn&rsquo;t won&apos;t can&#x27;t": (
        ["don't", "isn't", "won't", "can't"],
        ["don&#39;t", "isn&rsquo;t", "won&apos;t", "can&#x27;t"],
    ),
    "&quot;odd&quot;&nbsp;end &bogus; AT&T &hellip;": (
        ["odd", "end", "at", "t", "…"],
        ["odd", "end", "AT", "T", "&hellip;"],
    ),
    "a&lt;br&gt;b": (["a", "b"], ["a", "b"]),
    # UTF-8 that was read as Windows-1252
    "itâ€™s cafÃ© seÃ±or Â£5": (["it's", "cafe", "senor", "5"], ["itâ€™s", "cafÃ©", "seÃ±or", "5"]),
    "â€œquotedâ€\x9d waitâ€¦": (["quoted", "wait", "…"], ["quoted", "wait", "â€¦"]),
    # apostrophes
    "don\u2019t don\u00b4t don`t don\u02bct don\uff07t": (
        ["don't"] * 5,
        ["don\u2019t", "don\u00b4t", "don`t", "don\u02bct", "don\uff07t"],
    ),
    "don\u2019t 'quote' me'' a' 'b rock'n'roll": (
        ["don't", "quote", "me", "a", "b", "rock'n'roll"],
        ["don\u2019t", "quote", "me", "a", "b", "rock'n'roll"],
    ),
    # accents, in one character or two
    "ÉTÉ naïve Straße Æon Ёж": (
        ["ete", "naive", "strasse", "aeon", "еж"],
        ["ÉTÉ", "naïve", "Straße", "Æon", "Ёж"],
    ),
    "e\u0301te\u0301s": (["etes"], ["e\u0301te\u0301s"]),
    # characters that are not seen
    "soft\u00adhyphen zero\u200bwidth \ufeffstart": (
        ["softhyphen", "zerowidth", "start"],
        ["soft\u00adhyphen", "zero\u200bwidth", "start"],
    ),
    "a\u2028b\u00a0c\u3000d\u1680e": (["a", "b", "c", "d", "e"], ["a", "b", "c", "d", "e"]),
    # markup, and what looks like it
    "One<br /><br />two<!-- note --><p class='x'>three": (["one", "two", "three"], ["One", "two", "three"]),
    "x < y <y>no tag</y> 4 > 3": (
        ["x", "y", "y", "no", "tag", "y", "4", "3"],
        ["x", "y", "y", "no", "tag", "y", "4", "3"],
    ),
    "I <3 you </3 <33": (["i", "❤", "you", "💔", "❤"], ["I", "<3", "you", "</3", "<33"]),
    "see https://a.b/c?d=1 and www.e.f @some_one": (
        ["see", "url", "and", "url", "usermention"],
        ["see", "https://a.b/c?d=1", "and", "www.e.f", "@some_one"],
    ),
    # ratings
    "4 out of 5 stars": (["4outof5", "stars"], ["4 out of 5", "stars"]),
    "10/10, 95/100, 100/100, 7.5/10, 2 / 5": (
        ["10outof10", "9outof10", "10outof10", "7outof10", "2outof5"],
        ["10/10", "95/100", "100/100", "7.5/10", "2 / 5"],
    ),
    "11/10 1/2 24/7 10/10/2010": (["11", "10", "1", "2", "24", "7", "10", "10", "2010"],) * 2,
    # emoticons and emoji
    ":) :-( :'( ;) :D :P": (["🙂", "🙁", "😢", "😉", "😀", "😛"], [":)", ":-(", ":'(", ";)", ":D", ":P"]),
    "^_^ -_- ;_; :/ :* (:": (["😊", "😑", "😢", "😕", "😘", "🙂"], ["^_^", "-_-", ";_;", ":/", ":*", "(:"]),
    "👍🏽❤️ 👨\u200d👩\u200d👧": (["👍", "❤", "👨", "👩", "👧"],) * 2,
    "4:3 a:b (see 8)": (["4", "3", "a", "b", "see", "8"],) * 2,
    # letters that are repeated
    "Soooo goooood, aaa Nooo": (["soo", "good", "aa", "noo"], ["Soooo", "goooood", "aaa", "Nooo"]),
    # ends of sentences
    "Wait... what?! No. Yes!!! 3.5 a.b": (
        ["wait", "…", "what", "？", "！", "no", "。", "yes", "！", "3", "5", "a", "b"],
        ["Wait", "...", "what", "?", "!", "No", ".", "Yes", "!!!", "3", "5", "a", "b"],
    ),
    "字。！": (["字", "。", "！"],) * 2,
    # nothing
    " \t\n' ''": ([], []),
    "": ([], []),
}

PIECES = [
    *"aAzZtTeE019'\u2019`\u00b4<>/&;:=()[]{}.,!?-_^*|\\@#%$\" \t\n\v\f\r\x00\x1c\x1f\x7f",
    *"\x85\xa0\xad\xbf\xc0\xd7ÉéßÆİıſK\u0301\u0130\u1680\u2000\u200b\u200d\u2018\u2026\u2028\u206f\u2070",
    *"\u3000\u3002\u303f\u3040\ufe0f\ufeff\uff01\uff07\uff1f字Йй😂❤👍🏽🫠☺",
    *(
        "the",
        "don't",
        "'a",
        "a'",
        "aaa",
        "ttt",
        "100",
        "10",
        "5",
        "out of",
        "/10",
        "/100",
        "10/10",
        "95/100",
        " 4 out of 5",
    ),
    *("<br />", "</A>", "<a href='x'>", "<y>", "<!--", "-->", "<3", "</3", "<h1", "<\n", "http://", "www.", "@a_"),
    *("&amp;", "&lt;", "&gt;", "&#39;", "&eacute;", "&hellip;", "&quot;", "&bogus;", "&#", "&x"),
    *("â€", "â€™", "â€¦", "â€œ", "Ã", "Ã©", "Ã\xa0", "Ã§", "Ã¬", "Ã²", "Ã¹", "Â", "Â£", *"ÇĎĜĤĴĶĹÑÒŔŚŢÙŴÝŹŒ"),
    *(":)", ":-(", ":'(", ":')", ";)", ":D", " :p ", ":/ ", " :*", "^_^", "-_-", "t_t"),
    *("...", "..", "!!", "??", ". ", '."', " ' ", "''"),
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(
    st.characters(exclude_categories=["Cs"]), max_size=60
)
