"""Where the original files of some sets are, and their conversion to the plain layout.

Files of GitHub repositories are named by a commit, so that they cannot change. Hashes are stated where the home states them;
otherwise the commit is the guarantee. `origin.json` beside each set has the address and the SHA-256 of every file that was read.
"""

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zlib import crc32

from training.data.opinions import originals
from training.data.opinions.originals import Read, Record
from training.data.tables import DataError, fetch, file_sha256
from training.data.texts.reviews import fetch_reviews

VADER = ("cjhutto/vaderSentiment", "18c86513ea60b02fce8f3b1b598da43042d91b08")
GOEMOTIONS = ("monologg/GoEmotions-pytorch", "47f5afbbd1b49401e3204c8b1f228e21bfbd6ee0")
COUNTERFACTUAL = ("acmi-lab/counterfactually-augmented-data", "24d94ba4fccde76af36b051d5ca8acb9d5b8f084")
SST = ("jerbarnes/sota_sentiment", "1af3fb0f3841bae240bc86fc0bfe860dd00d6bfc")
OPENER = ("jerbarnes/semeval22_structured_sentiment", "89b68e77617494471e1d72be318f5ebd66dbf02d")
OPENER_TEST = ("jerbarnes/direct_parsing_to_sent_graph", "8cf4d890210840bdd59da5578902c5387e72a4a6")
RATINGS = "additional_resources/hutto_ICWSM_2014"
TREES = "datasets/stanford_sentanalysis"
TEST_SHARE = 5  # one source of so many is for the test, in sets that come without a test part


@dataclass(frozen=True)
class Original:
    """One file of a repository: which part it belongs to, how it is read, and what its grades are called."""

    part: str
    repository: str
    commit: str
    path: str
    read: Read
    known_hash: str | None = None
    grade: str | None = None

    @property
    def url(self) -> str:
        """The address of the file at its commit."""
        return f"https://raw.githubusercontent.com/{self.repository}/{self.commit}/{self.path}"


def _nltk(commit: str, name: str, md5: str, read: Read) -> Original:
    return Original("train", "nltk/nltk_data", commit, f"packages/corpora/{name}.zip", read, f"md5:{md5}")


ORIGINALS: Mapping[str, Sequence[Original]] = {
    "vader_groundtruth": [
        Original(
            "train", *VADER, f"{RATINGS}/{name}_GroundTruth.txt", originals.vader(f"vader_{domain}"), grade="score"
        )
        for name, domain in (("tweets", "tweets"), ("nytEditorialSnippets", "nyt"), ("amazonReviewSnippets", "amazon"))
    ],  # its snippets of film reviews are left out, because many of them are texts of sst
    "goemotions": [Original("train", *GOEMOTIONS, "data/group/train.tsv", originals.goemotions)],
    "imdb_counterfactual": [
        Original("train", *COUNTERFACTUAL, f"sentiment/new/{part}.tsv", originals.counterfactual)
        for part in ("train", "dev")
    ],
    "sst": [
        *(
            Original(part, *SST, f"{TREES}/{part}.txt", originals.sst, grade="fine")
            for part in ("train", "dev", "test")
        ),
        Original("train_phrases", *SST, f"{TREES}/train.txt", originals.sst_phrases, grade="fine"),
    ],
    "opener_hotels": [
        *(Original("train", *OPENER, f"data/opener_en/{part}.json", originals.opener) for part in ("train", "dev")),
        Original("test", *OPENER_TEST, "data/opener_en/test.json", originals.opener),
    ],
    "product_hu_liu": [
        _nltk(
            "c6e4a418225746479836345a03824ae27d5f9c13",
            "product_reviews_1",
            "c13be66052027a4605ca456d7cda0917",
            originals.product_reviews,
        ),
        _nltk(
            "709516565eb5448559a888c4443dcd9cf8c1f708",
            "product_reviews_2",
            "522134e8b91086473299c3800c4adbae",
            originals.product_reviews,
        ),
    ],
    "pros_cons": [
        _nltk(
            "a35beafa6aaa94b6e93895a86d54ed3827286ac4",
            "pros_cons",
            "c4c7e61fb4d57a2f6c95317194da0f17",
            originals.pros_cons,
        )
    ],
}
FETCHED = frozenset({*ORIGINALS, "imdb"})


def download(name: str, directory: Path) -> dict[str, int]:
    """Fetch a set, write its parts to `directory`, and return their numbers of rows. Raises DataError if that fails."""
    if name == "imdb":
        return _download_reviews(directory)
    parts: dict[str, list[Record]] = {}
    origins, grade = [], None
    for original in ORIGINALS[name]:
        file = f"{name}-{original.commit[:12]}-{original.path.replace('/', '-')}"
        path = fetch(original.url, original.known_hash, file, f"the file yourself, as {directory}/{original.part}.csv,")
        try:
            records = original.read(path.read_bytes())
        except DataError as error:
            raise DataError(f"{original.url}: {error}") from error
        parts.setdefault(original.part, []).extend(records)
        origins.append({"url": original.url, "sha256": file_sha256(path)})
        grade = original.grade
    if name == "vader_groundtruth":
        parts = split_by_group(parts["train"])
    rows = {part: write(directory, part, records, grade) for part, records in parts.items()}
    (directory / "origin.json").write_text(json.dumps(origins, indent=2) + "\n", "utf-8")
    return rows


def split_by_group(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Return a training and a test part; records of one group are in the same part."""
    parts: dict[str, list[Record]] = {"train": [], "test": []}
    for record in records:
        is_test = crc32(f"{record.domain} {record.group}".encode()) % TEST_SHARE == 0
        parts["test" if is_test else "train"].append(record)
    return parts


def write(directory: Path, part: str, records: Sequence[Record], grade: str | None = None) -> int:
    """Write one part in the plain layout, and return its number of rows."""
    header = ["text", "label", "domain", "neutral", *([grade] if grade else [])]
    rows = [
        [r.text, "" if r.label is None else r.label, r.domain, int(r.label is None), *([r.grade] if grade else [])]
        for r in records
    ]
    _write_csv(directory / f"{part}.csv.gz", header, rows)
    return len(rows)


def _download_reviews(directory: Path) -> dict[str, int]:
    """Fetch the reviews of films, and write them with those without labels."""
    train, unlabelled, test = fetch_reviews()
    for part, texts in (("train", train), ("test", test)):
        rows = zip(texts.texts, texts.labels.tolist(), strict=True)
        _write_csv(directory / f"{part}.csv.gz", ["text", "label"], rows)
    _write_csv(directory / "unsup.csv.gz", ["text"], ([text] for text in unlabelled))
    return {"train": len(train), "test": len(test), "unsup": len(unlabelled)}


def _write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.getvalue().encode("utf-8"), mtime=0))
