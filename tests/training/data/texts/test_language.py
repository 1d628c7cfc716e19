"""English texts of any kind are told from those of other languages."""

import pytest

from training.data.texts.language import is_foreign


@pytest.mark.parametrize(
    "text",
    [
        "@AirCo flight 1432 cancelled again!! 3 hours waiting, no agent, no updates, no refund #fail http://t.co/x",
        "RT @someone: La La Land at the Rio de Janeiro film festival, and I loved every minute",
        "great coffee, too loud, friendly staff, would come again with my kids",
        "omg so happy rn lol, u guys made my day at the café 😀",
        "Der Film war gut",
        "ok",
        "",
    ],
)
def test_english_and_short_texts_are_not_foreign(text):
    """Mentions, hashtags, addresses and names of other languages do not count, and a few words show nothing."""
    assert not is_foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "dieser Film ist leider sehr schlecht und viel zu lang geworden",
        "la película fue muy buena y los actores son de lo mejor que he visto",
        "le film est trop long et les acteurs ne sont pas bons du tout",
        "de film was niet goed en het duurde veel te lang voor ons",
        "filmen var ikke god og den varede alt for lang tid for os",
        "ten film jest bardzo dobry i na pewno go jeszcze raz obejrzymy",
        "film ini sangat bagus dan saya tidak akan pernah bosan dengan ceritanya",
        "этот фильм очень хороший",
        "この映画はとても面白かったです",
        "这部电影非常好看，我很喜欢",
    ],
)
def test_texts_of_other_languages_are_foreign(text):
    assert is_foreign(text)
