"""The service's tokenizer: for any text it gives the same tokens as the one inside the network."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service.artifacts.tokenizer import Tokenizer, split_words, word_spans

VOCABULARY = ["", "[UNK]", "the", "don't", "é", "br", "a", "b", "'a", "1", "ſ", "k"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A good film, isn't it?", ["a", "good", "film", "isn't", "it"]),
        ("One<br /><br />two</ b >three < 4", ["one", "two", "three", "4"]),
        ("don\u2019t 'quote' me''", ["don't", "quote", "me"]),
        ("ÉTÉ İ K ſ", ["ÉtÉ", "İ", "k", "ſ"]),
        ("a\u2028b\u00a0c\u3000d\u1680e", ["a", "b", "c", "d\u1680e"]),
        ("a' 'b", ["a", "'b"]),
        (" \t\n' ''", []),
        ("", []),
    ],
)
def test_words(text, expected):
    """ASCII letters become lower case, tags and punctuation separate words, apostrophes inside words stay."""
    assert split_words(text) == expected


def test_token_numbers_are_places_in_the_vocabulary():
    assert Tokenizer(VOCABULARY)("The zebra: don't!").tolist() == [2, 1, 3]


@pytest.mark.parametrize("vocabulary", [[], ["the"], ["", "the"], ["", "[UNK]", "the", "the"]])
def test_a_list_that_is_not_a_vocabulary_is_refused(vocabulary):
    with pytest.raises(ValueError, match="vocabulary"):
        Tokenizer(vocabulary)


def test_the_time_is_linear_in_a_text_of_opened_tags():
    """Spaces after "<" are matched in one way only. With backtracking these texts would take hours."""
    assert split_words("<" + " " * 500_000 + "1") == ["1"]
    assert split_words("< " * 200_000 + "<b") == ["b"]
    assert split_words("<" + " " * 200_000 + "/" + " " * 200_000 + "b>end") == ["end"]


ODD = "aAzZ'\u2019<>/ \t\n\v\f\r\x1c\x1f.,!?-_019\x00\x7f\x85\xa0\xbf\xc0\xd7éßİıſK\u1680\u2000\u200b\u2028\u206f\u2070\u3000\u303f\u3040🙂"
PIECES = st.sampled_from([*ODD, "the", "don't", "'a", "a'", "<br />", "</ A>", "<a href='x'>", " ' ", "''", "<\n"])
TEXTS = st.lists(PIECES, max_size=40).map("".join) | st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@settings(derandomize=True, max_examples=300)
@example("A <b>'good'</b> film\u2019s 🙂 <br/> don't''")
@example("'A' 'b 'B' a'a 'a'a'")
@given(TEXTS)
def test_every_span_holds_its_word(text):
    """Spans are in code points of the text as sent. The word there differs only in case and kind of apostrophe."""
    parts = [text[first:end] for first, end in word_spans(text)]
    assert [word.encode().lower().decode().replace("\u2019", "'") for word in parts] == split_words(text)


@pytest.mark.slow
def test_every_text_gets_the_tokens_of_the_network():
    """The TextVectorization that is exported agrees on odd Unicode, punctuation, HTML, and empty and long texts."""
    import tensorflow as tf

    from training.networks import text as text_module

    layer = text_module.tokenizer(len(VOCABULARY))
    layer.set_vocabulary(VOCABULARY[2:])
    tokenize = Tokenizer(VOCABULARY)

    @settings(deadline=None, derandomize=True, max_examples=150)
    @example(["", " ", "'", "''", "<", "<a", "a" * 20_000, "a " * 5_000, "'a' " * 3_000, "<b>" * 3_000])
    @given(st.lists(TEXTS, min_size=20, max_size=40))
    def agree(texts):
        rows = layer(tf.constant([text.encode() for text in texts])).numpy()
        for text, row in zip(texts, rows, strict=True):
            assert tokenize(text).tolist() == row[row != 0].tolist(), repr(text)

    agree()
