"""Whether a text is in English."""

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The commonest words, some of which are in the vocabulary of any network for English.
ENGLISH = _words("the a and of to is it in that was for with but be on i this not as are")
MIN_WORDS = 8  # fewer do not show a text's language
MIN_OTHER_WORDS = 2
MIN_LIST_WORDS = 10  # enough to expect an English function word among them
MIN_ENGLISH_SHARE = 0.05  # of the words
MIN_LETTERS = 8
MAX_WIDE_SHARE = 0.25  # of the letters; a Chinese letter says as much as several Latin ones
LAST_LATIN = "\u024f"

# Frequent in English texts, and hardly ever in those of other languages.
ENGLISH_ONLY = _words(
    """
    about after and any are back be because been before being but can can't could couldn't day did didn't does
    doesn't don't dont down even for from going good got great had has have he here how i'll i'm i've if im into
    isn't it it's its just know like lol love make many more most much my need never new not now of only other our
    out people please really see she should some still than thank thanks that that's the their then there there's
    these they think this those time up ur want wasn't well were what when where which who why will with won't
    would you you're your
    """
)
# English words that other languages have too.
ENGLISH_SHARED = _words(
    """
    all also an as at by do get go her his i in is me no off on one or over so them to too u us very was way we
    """
)
# Function words of languages that are written in Latin letters.
OTHERS = _words(
    """
    aan aber ach ada agam agus airson ako ale ali als amb anche ang antud ao ar ate au auf aus av avec az bagi bat
    bei bij bilo bir biti boleh bu bukan byl chan che com como con cu cuando czy da dan dans dapat das dass de dei
    del della den dengan denna der des det dette deur deze dhe di dieser dir dira dit dla donde dos du duhet e edo
    een egin ei eika eine einem einer ek ekki el els en eno er era es est esta este et eta ett eu ez gan geen gli
    gus gyda gyfer ha het hierdie hogy hvis iba ich ihr ikke il ili ini inte ir isso ist itu ja jag jako je jednak
    jeg jest jos jota jsem jsou kaip kaj kan kann kao kas kde keby kein keine koja koji kon kot ku kui kuma kun
    kunnen kunye kwi la las le leis les li lo los lub maar mae mais med mewn mi mich mir mis mit moet molto moram
    mu mutta muy na nach nav ne nebo nel nem ng nga ni nicht nid nie niet nije non nti nu nuk nur och oder og
    okanye olarak ole oleh oli olla oma op oraz os pada para pas pe pela pelo pentru per pero po por porque pour
    przez przy que questa questo qui sa sam samo satu sau se sebuah sein sem sempre seo si sie sind sita skal som
    sono stato sunt sus tai tak te tha tidak tiek til todo todos treba tylko uit ukuba um uma un una und une unha
    untuk vagy vai van ve ved vi vir voce voi von voor wat wedi wenn werden wir wird wordt wurde yang yn yr yra za
    ze zijn zu
    """
)


IGNORED = re.compile(r"https?://\S+|www\.\S+|[@#$]\w+|&\w+;|\[name\]|<[^<>]*>", re.IGNORECASE)
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")


def is_foreign(text: str) -> bool:
    """Whether a text is long enough to tell its language, and is not in English.

    Words are runs of letters; mentions, hashtags, stock symbols, addresses, tags and numbers are ignored. A text is foreign if
    more than a quarter of its letters are not Latin; or if it has eight words or more, of which two different ones are function
    words of other languages or have letters like é, and such words outnumber its English function words (one is enough if there
    is no English one); or if fewer than one in twenty of ten or more words is an English function word.

    The lists and numbers were chosen on English tweets (0.3 % of them are called foreign, half of these rightly), Reddit
    comments (0.02 %), editorials and reviews (0 to 0.1 %) and lists of pros and cons (1.1 %), and on translated messages of
    programs, of eight or more words: 96 % of those in 96 languages are called foreign, and more than 84 % of each language but
    three (Xhosa 64 %, Afrikaans 77 %, Welsh 84 %). These messages quote English terms, so that most texts are easier.
    """
    words = [word.casefold().replace("\u2019", "'") for word in WORD.findall(IGNORED.sub(" ", text))]
    letters = "".join(words)
    if len(letters) >= MIN_LETTERS and sum(letter > LAST_LATIN for letter in letters) > MAX_WIDE_SHARE * len(letters):
        return True
    if len(words) < MIN_WORDS:
        return False
    english = sum(word in ENGLISH_ONLY for word in words)
    shared = sum(word in ENGLISH_SHARED for word in words)
    others = len({word for word in words if word in OTHERS or not word.isascii()})
    if others > english and (others >= MIN_OTHER_WORDS or english + shared == 0):
        return True
    return len(words) >= MIN_LIST_WORDS and english + shared < MIN_ENGLISH_SHARE * len(words)
