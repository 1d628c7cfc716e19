"""What another teacher says of the same texts, kept in a file; with the first, it teaches more than either."""

import hashlib
import zipfile
import zlib
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training import classification
from training.data import DataError
from training.material import Material
from training.paragraphs import Said
from training.reading import Labels

MOST_BYTES = 1 << 26
LOGITS, FACTS = ("labelled", "more", "validation"), ("parameters", "seconds", "learnt_from")

Logits = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Opinion:
    """Logits: of labelled texts, each by a teacher that did not know its label, of unlabelled and of validation texts."""

    labelled: Logits
    more: Logits
    validation: Logits
    parameters: int
    seconds: float  # that it took to learn
    learnt_from: str

    def keep(self, file: Path) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("wb") as out:
            np.savez_compressed(out, **asdict(self))

    @classmethod
    def read(cls, file: Path, material: Material) -> "Opinion":
        """Raises DataError for a file that is none, or is of other texts."""
        try:
            if file.stat().st_size > MOST_BYTES:
                raise ValueError(f"it has more than {MOST_BYTES >> 20} MiB")
            with np.load(file, allow_pickle=False) as found:
                labelled, more, validation = (np.asarray(found[name], np.float64) for name in LOGITS)
                if not all(np.isfinite(logits).all() for logits in (labelled, more, validation)):
                    raise ValueError("a logit is not a number")
                parameters, seconds, learnt_from = (found[name].item() for name in FACTS)
                read = cls(labelled, more, validation, int(parameters), float(seconds), str(learnt_from))
        except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"{file} keeps no opinion: {error}") from error
        counts = [(len(texts),) for texts in (material.train_rows, material.more, material.validation_rows)]
        if read.learnt_from != of(material) or [getattr(read, name).shape for name in LOGITS] != counts:
            raise DataError(f"{file} is of other texts; make one of these with python -m training.large")
        return read

    def beside(self, said: Said, labels: Labels) -> Said:
        """Both teachers' logits as one, weighed on the labelled texts, whose labels neither knew."""
        both = classification.blend(labels, said.labelled, self.labelled)
        return Said(both(said.labelled, self.labelled), both(said.more, self.more))


def of(material: Material) -> str:
    """Fingerprint of all texts that an opinion is of, in their order."""
    more = hashlib.sha256()
    for text in material.more:
        more.update(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest())
    return f"{material.fingerprint} {more.hexdigest()[:16]}"
