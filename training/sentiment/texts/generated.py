"""Short texts that a grammar makes, with their targets: negation, intensity, contrast, hearsay, comparison, time, and statements.

They teach how words work together where few real texts show it. The checklist that measures this is written by hand and
shares no text with this grammar.
"""

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.random import Generator

from service.interfaces import Inputs


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _phrases(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


SURE, LIKELY, MILD = 0.94, 0.86, 0.72  # probability of the class that a text is of
NEUTRAL = 0.9

THINGS = _words(
    "film movie book phone laptop camera headset charger hotel room restaurant meal service staff flight seat app update game "
    "website product delivery course concert album show series plot acting coffee pizza shirt dress mattress car bike battery "
    "screen keyboard design price support manual library patch code design trip tour museum beach city lecture printer router "
    "blender vacuum watch bag boots sound picture menu breakfast location driver airline interface documentation"
)
GOOD = _words(
    "good great excellent wonderful superb fantastic lovely amazing brilliant delightful awesome impressive perfect enjoyable "
    "outstanding pleasant solid charming terrific beautiful reliable helpful comfortable clever fun delicious friendly smooth "
    "elegant useful fast flawless satisfying nice refreshing inspiring incredible fabulous polished"
)
BAD = _words(
    "bad terrible awful horrible dreadful poor boring disappointing lousy ugly annoying useless dull mediocre stupid pathetic "
    "painful slow broken cheap dirty noisy rude tasteless unreliable clumsy frustrating bland buggy confusing weak ridiculous "
    "pointless uncomfortable overpriced sloppy disgusting flimsy tedious messy"
)
LIKED = _words("loved liked enjoyed adored appreciated admired")
DISLIKED = _words("hated disliked regretted despised loathed")
VERY = _words("very really so extremely absolutely incredibly truly totally remarkably unbelievably quite particularly")
PEOPLE = _phrases(
    "my friends|the critics|everyone|most people|my brother|the reviews|the seller|my colleague|they|people|my sister|some users"
)
NAMES = _phrases(
    "Anna|Omar|Wei|Fatima|John|Priya|Carlos|Aisha|Tom|Yuki|Olga|Kwame|Maria|Ahmed|Sarah|David|Ling|Juan|Ivan|Chloe"
)
PLACES = _phrases("Berlin|Lagos|Mumbai|Paris|Texas|Tokyo|Cairo|Lima|Oslo|Delhi|Rome|Boston|Nairobi|Seoul")
DAYS = _phrases(
    "Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|yesterday morning|last week|in March|in July|two days ago"
)
NUMBERS = _phrases("two|three|four|five|six|eight|ten|12|15|20|24|30|48|100|250")
GLAD = _words("😍 😀 😊 👍 ❤ 🥰 🎉 😁 👏 🤩 😄 💯 🙌 😃 ✨ 🙂")
SAD = _words("😡 👎 😠 😢 😞 🤮 😤 💔 🙄 😭 😩 😒 🤬 🙁 😕 💩")

# {t} a thing, {u} another, {g} and {h} good words, {b} and {c} bad ones, {v} very, {l} liked, {d} disliked, {p} people, {n} a
# name, {x} a place, {y} a day, {k} a number, {e} a glad emoji, {f} a sad one. A mirrored template swaps good and bad.
POLAR = (  # text of the positive class; its mirror image is of the negative class
    (SURE, _phrases("The {t} is {g}.|The {t} was {v} {g}.|{g} {t}!|What a {g} {t}.|I {l} the {t}.|The {t} is {g} and the {u} is {h}.|{g}")),
    (SURE, _phrases("I {l} it.|This is a {v} {g} {t}.|{v} {g}!|Such a {g} {t}, {g} {u} too.|We {l} the {t}, {v} {g}.|The {t} {e}|{g} {e}|{e}{e}")),
    (SURE, _phrases("I think the {t} is {g}.|In my opinion this {t} is {v} {g}.|I find the {t} {g}, and the {u} {h}.|{n} says: a {g} {t}.")),
    (LIKELY, _phrases("It was {b} at first, but now the {t} is {g}.|The {t} used to be {b}, now it is {g}.|I used to think the {t} was {b}, but now I {l} it.")),
    (LIKELY, _phrases("I expected the {t} to be {b}, but it was {g}.|{p} said the {t} was {b}, but I {l} it.|{p} told me that it is {b}. They are wrong.")),
    (LIKELY, _phrases("Although the {u} was {b}, I {l} the {t}.|Despite the {b} {u}, the {t} is {g}.|The {u} is a bit {b}, but overall the {t} is {g}.")),
    (LIKELY, _phrases("Yes, the {u} is {b}, but all in all I {l} it.|It looks {b}, but it is {v} {g}.|They call the {t} {b}, I call it {g}.")),
    (MILD, _phrases("The {t} is fairly {g}.|The {t} is somewhat {g}.|The {t} is rather {g}.|a bit {g}|The {t} is {g} enough.|The {t} is sort of {g}.")),
)  # fmt: skip
NEGATED = _phrases(  # text of the negative class; the mirror image is positive, but less surely so
    "The {t} is not {g}.|The {t} isn't {g}.|This is not a {g} {t}.|It was not {v} {g}.|The {t} isn't {g} at all.|not {g}|Not a {g} {t}."
    "|I don't think the {t} is {g}.|I do not believe that this is a {g} {t}.|I wouldn't call the {t} {g}.|I would not say that it is {g}."
    "|I can't say that the {t} was {g}.|There is nothing {g} about the {t}.|The {t} has never been {g}.|Nobody could call this {t} {g}."
    "|Neither the {t} nor the {u} was {g}.|The {t} was neither {g} nor {h}.|It is hardly a {g} {t}.|The {t} is far from {g}."
    "|I have not seen a {g} {u} in this {t}.|No {g} {u}, no {h} {t}.|The {t} was anything but {g}.|It isn't {g} and it isn't {h}."
    "|I don't think, after using the {t} for {k} weeks, that it is {g}.|The {t} that we had in {x} was by no means {g}."
    "|It doesn't seem to me, whatever {p} say, that the {t} is {g}.|Not one {u} of this {t} was {g}.|At no time was the {t} {g}."
)  # fmt: skip
PRAISE = _phrases(
    "I didn't {d} the {t}.|I would recommend the {t} to anyone.|You won't regret buying this {t}.|I will buy this {t} again.|Don't miss this {t}."
    "|Worth every cent.|The {t} never lets me down.|The {t} works without any problem.|No complaints about the {t}.|I couldn't be happier with the {t}."
    "|The {t} could not be better.|The best {t} I have ever had.|Better than the {u}.|The {t} is much better than I expected.|Not as {b} as I had feared."
    "|Nothing beats this {t}.|One of the best {t}s in {x}.|I can't complain.|I can't wait to use it again.|The {t} exceeded my expectations.|Five stars!"
    "|5 out of 5|10/10|4/5|9/10, {g}|★★★★★|8 out of 10|4.5 out of 5 stars|I wish I had bought the {t} sooner.|Go and get this {t}!|Highly recommended."
    "|Thank you {n}, that solved my problem!|Nice work, {n}!|This {t} made my day.|No one will regret this {t}.|I have never been disappointed by this {t}."
)  # fmt: skip
BLAME = _phrases(
    "I didn't like the {t}.|I would not recommend the {t} to anyone.|You will regret buying this {t}.|I will never buy this {t} again.|Avoid this {t}."
    "|Not worth the money.|The {t} always lets me down.|The {t} never works.|I have only complaints about the {t}.|I couldn't be more disappointed with the {t}."
    "|The {t} could not be worse.|The worst {t} I have ever had.|Worse than the {u}.|The {t} is much worse than I expected.|Not as {g} as I had hoped."
    "|Anything beats this {t}.|One of the worst {t}s in {x}.|I want a refund.|I can't wait to return it.|The {t} fell short of my expectations.|One star!"
    "|1 out of 5|1/10|2/5|2/10, {b}|★☆☆☆☆|3 out of 10|1.5 out of 5 stars|I wish I had never bought the {t}.|Stay away from this {t}!|Save your money."
    "|Thanks for nothing, {n}.|A waste of time.|This {t} ruined my day.|No one will like this {t}.|I have seen better {t}s.|The {t} stopped working after {k} days."
    "|I had to wait {k} hours for the {t}.|The {t} broke after {k} days.|Why is the {t} so {b}?|Can you fix this {b} {t}?|How can a {t} be so {b}?"
)  # fmt: skip
STATEMENTS = _phrases(
    "The {t} has {k} parts.|I bought the {t} on {y}.|The {t} arrived {y}.|We stayed in {x} for {k} nights.|Does the {t} come with a {u}?"
    "|Is the {t} {g}?|Is the {t} {b}?|Was it {g} or {b}?|Does anyone know if the {t} is {g}?|How do I turn on the {t}?|Where is the {t}?"
    "|The {t} is in the box.|The {t} is made in {x}.|It weighs {k} pounds.|{n} asked about the {t}.|{n} lives in {x}.|There are {k} {t}s in the list."
    "|The {t} opens at {k} and closes at {k}.|I use the {t} with a {u}.|This is my {k}th {t}.|The {t} costs {k} dollars.|They moved the {t} to {x}."
    "|The {t} was released {y}.|{n} and {n} met {y}.|See the attached file.|The {t} depends on the {u}.|I have not used the {t} yet.|I have no opinion about the {t}."
    "|The meeting is {y}.|Which {t} should I get?|What is the difference between the {t} and the {u}?|I will try the {t} {y}.|The {t} is neither {g} nor {b}."
    "|It is an ordinary {t}.|An average {t}.|The {t} is okay.|3 out of 5|5/10|★★★☆☆|{p} talked about the {t}.|The report names {k} cities, among them {x}."
    "|{n} replaced the {t} {y}.|The function returns the {t}.|I changed the {u} in the second file.|He said that the {t} was in {x}.|Not sure if it is {g} or {b}."
)  # fmt: skip
MIRROR = str.maketrans("ghbcldef", "bcghdlfe")


def generate(count: int, seed: int) -> tuple[list[str], Inputs]:
    """Return `count` texts and their targets (count, 3): probabilities of negative, neutral and positive."""
    rng = np.random.default_rng(seed)
    makers: tuple[Callable[[Generator], tuple[str, Inputs]], ...] = (
        _polar,
        _polar,
        _negated,
        _negated,
        _fixed,
        _statement,
    )
    made = [makers[rng.integers(len(makers))](rng) for _ in range(count)]
    return [text for text, _ in made], np.stack([target for _, target in made])


def _polar(rng: Generator) -> tuple[str, Inputs]:
    probability, templates = POLAR[rng.integers(len(POLAR))]
    return _mirrored(_choose(rng, templates), probability, probability, rng)


def _negated(rng: Generator) -> tuple[str, Inputs]:
    return _mirrored(_choose(rng, NEGATED), MILD, LIKELY, rng)


def _mirrored(template: str, mirrored: float, plain: float, rng: Generator) -> tuple[str, Inputs]:
    """A template or its mirror image. POLAR templates are positive as they are, NEGATED ones negative."""
    is_negated = template in NEGATED
    if rng.random() < 0.5:
        return _fill(template, rng), _target(plain, not is_negated)
    return _fill(_mirror(template), rng), _target(mirrored, is_negated)


def _mirror(template: str) -> str:
    parts = template.split("{")
    return "{".join([parts[0], *(part[0].translate(MIRROR) + part[1:] for part in parts[1:])])


def _fixed(rng: Generator) -> tuple[str, Inputs]:
    is_positive = bool(rng.random() < 0.5)
    return _fill(_choose(rng, PRAISE if is_positive else BLAME), rng), _target(LIKELY, is_positive)


def _statement(rng: Generator) -> tuple[str, Inputs]:
    half = (1 - NEUTRAL) / 2
    return _fill(_choose(rng, STATEMENTS), rng), np.array([half, NEUTRAL, half], np.float32)


def _target(probability: float, is_positive: bool) -> Inputs:
    """Of what is left, more is neutral for a mild text than for a sure one, and a little for the other pole."""
    other = (1 - probability) * 0.3
    target = np.array([other, 1 - probability - other, probability], np.float32)
    return target if is_positive else target[::-1].copy()


def _choose(rng: Generator, values: Sequence[str]) -> str:
    return values[int(rng.integers(len(values)))]


def _fill(template: str, rng: Generator) -> str:
    words = {"t": THINGS, "u": THINGS, "g": GOOD, "h": GOOD, "b": BAD, "c": BAD, "v": VERY, "l": LIKED, "d": DISLIKED}
    words |= {"p": PEOPLE, "n": NAMES, "x": PLACES, "y": DAYS, "k": NUMBERS, "e": GLAD, "f": SAD}
    parts = template.split("{")
    text = parts[0] + "".join(_choose(rng, words[part[0]]) + part[2:] for part in parts[1:])
    return re.sub("\\b([aA]) (?=[aeiou])", "\\1n ", text)
