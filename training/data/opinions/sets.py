"""The table of the sets: what each of them is, where it is from, and how it is used.

`quality` is a judgement of how often a label is right, from samples that were read and from how the labels were made. Fitting
uses it to smooth the labels; the reader does not. `weight` says how often the texts of a set are drawn, compared with others.
"""

from dataclasses import dataclass
from typing import Literal

Use = Literal["training", "validation"]


@dataclass(frozen=True)
class OpinionSet:
    """One set. `licence` is None where none is stated for the data, `home` a repository or an address.

    `only` names the one class of which texts are used, if not all are. `has_neutral` says whether its neutral texts have that
    label; in a set without, a text of both praise and blame has one of the poles as its label. `files` are the parts that a
    directory may hold beside `train`.
    """

    name: str
    domain: str
    licence: str | None
    home: str
    quality: float
    label_quality: str
    has_neutral: bool
    files: tuple[str, ...] = ()
    use: Use = "training"
    weight: float = 1.0
    only: str | None = None


SETS = (
    OpinionSet(
        "imdb",
        "reviews of films",
        None,
        "https://ai.stanford.edu/~amaas/data/sentiment",
        0.97,
        "ratings of up to 4 or from 7 of 10 stars; nothing between",
        has_neutral=False,
        files=("test", "unsup"),
    ),
    OpinionSet(
        "vader_groundtruth",
        "tweets, editorials, snippets of product reviews",
        "MIT",
        "https://github.com/cjhutto/vaderSentiment",
        0.97,
        "mean of 20 ratings from -4 to 4; neutral below 0.5 either way",
        has_neutral=True,
        files=("test",),
        weight=2.0,
    ),
    OpinionSet(
        "imdb_counterfactual",
        "reviews of films, edited to say the opposite",
        "Apache 2.0",
        "https://github.com/acmi-lab/counterfactually-augmented-data",
        0.96,
        "edited and checked by people; the originals are training reviews of imdb",
        has_neutral=False,
    ),
    OpinionSet(
        "sst",
        "sentences of film reviews, and their phrases",
        None,
        "https://github.com/jerbarnes/sota_sentiment",
        0.95,
        "five levels, mean of three ratings",
        has_neutral=True,
        files=("dev", "test", "train_phrases"),
        weight=2.0,
    ),
    OpinionSet(
        "amazon_blitzer",
        "product reviews",
        None,
        "https://github.com/hsqmlzno1/HATN",
        0.96,
        "1 or 2 against 4 or 5 stars",
        has_neutral=False,
        files=("test",),
    ),
    OpinionSet(
        "amazon_fdu",
        "product reviews, in lower case",
        None,
        "https://github.com/ccsasuke/man",
        0.95,
        "1 or 2 against 4 or 5 stars",
        has_neutral=False,
    ),
    OpinionSet(
        "product_hu_liu",
        "sentences of product reviews",
        "CC BY 4.0",
        "https://github.com/nltk/nltk_data",
        0.95,
        "opinions on features of the product; 19 of 20 that were read were right",
        has_neutral=True,
        weight=1.5,
    ),
    OpinionSet(
        "semeval14_absa",
        "sentences on restaurants and laptops",
        None,
        "https://github.com/songyouwei/ABSA-PyTorch",
        0.94,
        "opinions on aspects; only sentences whose aspects agree",
        has_neutral=True,
        weight=1.5,
    ),
    OpinionSet(
        "womens_clothing",
        "reviews of clothes",
        None,
        "Women's E-Commerce Clothing Reviews, said to be CC0",
        0.93,
        "1 to 5 stars",
        has_neutral=True,
    ),
    OpinionSet(
        "senti4sd_stackoverflow",
        "posts on programming",
        "MIT",
        "https://github.com/collab-uniba/Senti4SD",
        0.92,
        "majority of three raters",
        has_neutral=True,
    ),
    OpinionSet(
        "github_pr_comments",
        "comments on pull requests",
        "MIT",
        "https://github.com/opus-research/sentiment-dataset",
        0.9,
        "three raters",
        has_neutral=True,
    ),
    OpinionSet(
        "pros_cons",
        "short pros and cons of products",
        "CC BY 4.0",
        "https://github.com/nltk/nltk_data",
        0.88,
        "the field that the phrase was written in; some phrases are neutral by themselves",
        has_neutral=False,
        weight=0.5,
    ),
    OpinionSet(
        "twitter_financial_news",
        "headlines and tweets on markets",
        None,
        "https://huggingface.co/datasets/zeroshot/twitter-financial-news-sentiment",
        0.85,
        "its poles are directions of a market, not feelings, so only its neutral texts are used",
        has_neutral=True,
        only="neutral",
        weight=0.5,
    ),
    OpinionSet(
        "opener_hotels",
        "sentences on hotels",
        None,
        "https://github.com/jerbarnes/semeval22_structured_sentiment",
        0.84,
        "the polarity of the expressions in it; 2 or 3 of 15 that were read were weak",
        has_neutral=True,
        files=("test",),
        weight=1.5,
    ),
    OpinionSet(
        "goemotions",
        "comments on Reddit",
        "Apache 2.0",
        "https://github.com/monologg/GoEmotions-pytorch",
        0.82,
        "emotions as polarity; 3 or 4 of 18 that were read were doubtful",
        has_neutral=True,
        weight=0.7,
    ),
    OpinionSet(
        "newsmtsc",
        "political news",
        "MIT",
        "https://github.com/fhamborg/NewsMTSC",
        0.75,
        "the tone towards a person in the sentence, not of the sentence",
        has_neutral=True,
        weight=0.5,
    ),
)
BY_NAME = {each.name: each for each in SETS}
